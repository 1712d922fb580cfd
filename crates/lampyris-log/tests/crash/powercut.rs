//! Loss of power.
//!
//! What could be lost: acknowledged appends that were in the kernel's memory alone. The log stands on a file system in
//! an image on a loop device. The writer is stopped at a random moment and the image copied as the block device had
//! received it until then, so that nothing which was not synced is in the copy. The copy is mounted, which replays
//! the file system's own journal, and opened. Nothing that was heard may be missing. The same program without the sync
//! of the journal must lose something, or this test could not see a loss.
//!
//! It models lost memory; not a drive that lies about its cache, and not torn sectors. Needs root and a loop device.

use crate::child::UNSYNCED;
use crate::dice::Dice;
use crate::ledger::Ledger;
use crate::process::{Heard, Process, command};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const RUNS: usize = 24;
const UNSYNCED_RUNS: usize = 4;
/// Syncs that are made before they are taken out.
const SYNCS: u64 = 20;
const IMAGE_BYTES: u64 = 192 * 1024 * 1024;

#[test]
#[ignore = "needs root and a loop device: `just powercut`"]
fn what_was_acknowledged_outlives_the_power() {
    if std::env::var_os("LAMPYRIS_POWERCUT").is_none() {
        println!("SKIP: LAMPYRIS_POWERCUT=1 asks for it");
        return;
    }
    let mut dice = Dice::of("powercut");
    println!("{:8} {:>4} {:>12} {:>8} {:>8}  found", "sync", "run", "acknowledged", "kept", "lost");
    let mut totals = [(0, 0), (0, 0)];
    for run in 0..RUNS + UNSYNCED_RUNS {
        let synced = run < RUNS;
        let (heard, kept, found) = cut(synced, &mut dice);
        let sync = if synced { "yes" } else { "taken out" };
        println!("{sync:9} {run:3} {heard:12} {kept:8} {:8}  {found}", heard - kept);
        let (all, lost) = &mut totals[usize::from(!synced)];
        *all += heard;
        *lost += heard - kept;
    }
    let [(heard, lost), (heard_unsynced, lost_unsynced)] = totals;
    println!("with the sync: {lost} of {heard} lost in {RUNS} runs");
    println!("without it: {lost_unsynced} of {heard_unsynced} lost in {UNSYNCED_RUNS} runs");
    assert_eq!(lost, 0);
    assert!(heard > RUNS * 20 && lost_unsynced > 0);
}

/// One loss of power; returns how many appends were acknowledged, how many of them were found, and what opening said.
fn cut(synced: bool, dice: &mut Dice) -> (usize, usize, String) {
    let scratch = tempfile::tempdir().unwrap();
    let image = scratch.path().join("image");
    File::create(&image).unwrap().set_len(IMAGE_BYTES).unwrap();
    run("mkfs.ext4", &["-q", "-F"], &[&image]);
    let mounted = Mounted::new(&image, scratch.path().join("before"));
    let mut command = command("append", &mounted.folder.join("log"), &[]);
    if !synced {
        command.env(UNSYNCED, SYNCS.to_string());
    }
    let mut process = Process::start(command);
    let mut ledger = Ledger::default();
    // Mostly some time after the first acknowledgement; now and then before it.
    let mut wanted = if dice.below(8) == 0 { 0 } else { 1 + dice.below(1_500) };
    while wanted > 0 {
        wanted -= u64::from(ledger.hear(&process.next_line().unwrap()));
    }
    if let Heard::Line(line) = process.listen(Duration::from_micros(dice.below(20_000))) {
        ledger.hear(&line);
    }
    run("kill", &["-STOP", &process.id().to_string()], &[]);
    let copy = scratch.path().join("copy");
    mounted.copy_image(&image, &copy);
    process.kill();
    for line in process.rest().0 {
        ledger.hear(&line);
    }
    drop(mounted);
    let mounted = Mounted::new(&copy, scratch.path().join("after"));
    let (lost, found) = match ledger.compare(&mounted.folder.join("log"), 0) {
        Ok(account) => (account.lost, format!("{} records", account.records)),
        Err(error) => (ledger.len(), format!("{error}")),
    };
    (ledger.len(), ledger.len() - lost, found)
}

/// A file system in an image.
struct Mounted {
    folder: PathBuf,
}

impl Mounted {
    fn new(image: &Path, folder: PathBuf) -> Mounted {
        fs::create_dir(&folder).unwrap();
        run("mount", &["-o", "loop"], &[image, &folder]);
        Mounted { folder }
    }

    /// Copies the image as the block device had received it. A copy during which the device received more is no
    /// picture of one moment and is made again.
    fn copy_image(&self, image: &Path, to: &Path) {
        let device = run("findmnt", &["-n", "-o", "SOURCE"], &[&self.folder]);
        let name = Path::new(device.trim()).file_name().unwrap();
        let received = Path::new("/sys/block").join(name).join("stat");
        for _ in 0..20 {
            let before = writes(&received);
            run("cp", &["--sparse=always"], &[image, to]);
            if writes(&received) == before {
                return;
            }
        }
        panic!("the device is never at rest");
    }
}

/// Writes that the device has finished and, as the last number, requests it is at.
fn writes(stat: &Path) -> (u64, u64) {
    let text = fs::read_to_string(stat).unwrap();
    let numbers: Vec<u64> = text.split_whitespace().map(|word| word.parse().unwrap()).collect();
    (numbers[4], numbers[8])
}

impl Drop for Mounted {
    fn drop(&mut self) {
        run("umount", &[], &[&self.folder]);
    }
}

#[track_caller]
fn run(program: &str, words: &[&str], paths: &[&Path]) -> String {
    let output = Command::new(program).args(words).args(paths).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {words:?} {paths:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}
