//! A full disk: each command says what is in the way, nothing that was acknowledged is lost, and all goes on when there is room again.
//!
//! The disk is a small tmpfs in a mount namespace of its own, so this needs Linux and `unshare` of util-linux; elsewhere it
//! says that it was left out. What the program prints goes to the full disk too, as the output of a service may.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::apply::{life, stage, text};

/// Set where the small disk can be mounted.
const INSIDE: &str = "LAMPYRIS_TEST_FULL_DISK";
/// How much is free when a command begins, in KiB: from nothing to more than a segment of each kind.
const FREE_KIB: [u64; 8] = [0, 8, 96, 700, 4200, 9000, 17_000, 24_000];
/// Whoever takes longer hangs.
const PATIENCE: Duration = Duration::from_mins(1);

/// A data element of the log, and one that is added to it.
const ELEMENT: &str = "0f1c6e05-2a5f-4d0d-a9b1-000000000008";
const OTHER: &str = "0f1c6e05-2a5f-4d0d-a9b1-000000000009";

/// A command that meets the full disk.
struct Stage {
    args: &'static [&'static str],
    input: String,
}

#[test]
fn a_full_disk_is_told_and_loses_nothing() {
    let unshared = |program: &Path, args: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount"]).arg(program).args(args);
        command.env(INSIDE, "1").status()
    };
    if !unshared(Path::new("true"), &[]).is_ok_and(|status| status.success()) {
        eprintln!("left out: this machine gives no mount namespace");
        return;
    }
    let this = std::env::current_exe().unwrap();
    let args = ["--exact", "full_disk::inside", "--ignored", "--nocapture"];
    assert!(unshared(&this, &args).unwrap().success());
}

#[test]
#[ignore = "run by a_full_disk_is_told_and_loses_nothing where it can mount a disk"]
fn inside() {
    assert!(std::env::var_os(INSIDE).is_some(), "never on the machine's own disks");
    let scratch = tempfile::tempdir().unwrap();
    let (kept, disk) = (scratch.path().join("kept"), scratch.path().join("disk"));
    fs::create_dir(&disk).unwrap();
    let options = ["-t", "tmpfs", "-o", "size=96m", "tmpfs"];
    assert!(Command::new("mount").args(options).arg(&disk).status().unwrap().success());
    prepare(&kept);
    for stage in stages() {
        for (number, free) in FREE_KIB.iter().enumerate() {
            let at = format!("{:?} with {free} KiB free", stage.args);
            for folder in ["data", "backup"] {
                fs::remove_dir_all(disk.join(folder)).unwrap_or_default();
            }
            copy(&kept, &disk);
            fill(&disk, *free);
            // Every other time there is no room for a word either.
            let told = if number % 2 == 0 { scratch.path() } else { &disk };
            let code = run(&stage, &disk, told, &at);
            let [out, err] =
                ["out", "err"].map(|name| fs::read_to_string(told.join(name)).unwrap());
            if code != 0 && told != disk {
                assert!(out.contains("o space") || err.contains("o space"), "{at}: {out}{err}");
            }
            fs::remove_file(disk.join("ballast")).unwrap();
            let replay = Stage { args: &["replay"], input: String::new() };
            assert_eq!(run(&replay, &disk, scratch.path(), &at), 0, "{at}");
            assert_eq!(
                run(&stage, &disk, scratch.path(), &at),
                0,
                "{at}, when there is room again"
            );
            let again = fs::read_to_string(scratch.path().join("out")).unwrap();
            assert_kept(&out, &again, &at);
            assert_eq!(run(&replay, &disk, scratch.path(), &at), 0, "{at}");
            let verify = Stage { args: &["backup", "--verify", "backup"], input: String::new() };
            if stage.args.contains(&"backup") {
                assert_eq!(run(&verify, &disk, scratch.path(), &at), 0, "{at}");
            }
        }
    }
}

/// What is done on a disk that is full, and must succeed when it is done again.
fn stages() -> Vec<Stage> {
    let value = |number| json!([{ "value": { "order": number, "pad": "x".repeat(9000) } }]);
    let filled = |number| {
        let mut line = stage(number);
        line["message"]["data"] = value(number);
        line
    };
    let lines = text(&(100..1500).map(filled).collect::<Vec<_>>());
    vec![
        Stage { args: &["apply", "--strict", "-"], input: lines },
        Stage { args: &["checkpoint"], input: String::new() },
        Stage { args: &["data", "put", "-", "--id", OTHER], input: "{\"put\":1}".to_owned() },
        Stage { args: &["erase", ELEMENT, "--reason", "asked for"], input: String::new() },
        Stage { args: &["data", "gc"], input: String::new() },
        Stage { args: &["backup", "backup"], input: String::new() },
    ]
}

/// A log with a key, a few messages and a value, off the small disk.
fn prepare(kept: &Path) {
    fs::create_dir(kept).unwrap();
    let lines = text(&(1..5).flat_map(life).collect::<Vec<_>>());
    let steps = [
        Stage { args: &["key"], input: String::new() },
        Stage { args: &["apply", "--strict", "-"], input: lines },
        Stage { args: &["data", "put", "-", "--id", ELEMENT], input: "{\"goes\":1}".to_owned() },
    ];
    for step in steps {
        assert_eq!(run(&step, kept, kept, "preparing"), 0);
    }
}

/// Runs the program on the data directory of a folder; what it prints goes into two files of `told`.
fn run(stage: &Stage, folder: &Path, told: &Path, at: &str) -> i32 {
    let into = |name: &str| Stdio::from(File::create(told.join(name)).unwrap());
    let mut child = Command::new(env!("CARGO_BIN_EXE_lampyris"))
        .args(stage.args)
        .arg("--data")
        .arg(folder.join("data"))
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(into("out"))
        .stderr(into("err"))
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let text = stage.input.clone();
    // It may end before it has read everything.
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let code = patiently(&mut child, at);
    let _written = writer.join().unwrap();
    code
}

/// How the program ended; if it does not, it is killed and the test fails.
fn patiently(child: &mut Child, at: &str) -> i32 {
    let (sender, ended) = channel::<()>();
    let pid = child.id().to_string();
    let watch = std::thread::spawn(move || {
        if ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            Command::new("kill").args(["-9", &pid]).status().unwrap();
        }
    });
    let status = child.wait().unwrap();
    drop(sender);
    watch.join().unwrap();
    status.code().unwrap_or_else(|| panic!("{at}: the program hangs, or was killed"))
}

/// What was answered on the full disk is the same again afterwards: no event of it was lost.
fn assert_kept(out: &str, again: &str, at: &str) {
    let acknowledged = |line: &str| {
        let answer: Value = serde_json::from_str(line).ok()?;
        (answer["ok"] == true).then(|| answer["id"].as_str().map(str::to_owned))?
    };
    let before: Vec<String> = out.lines().filter_map(acknowledged).collect();
    for line in again.lines() {
        let Some(id) = acknowledged(line) else { continue };
        if before.contains(&id) {
            let answer: Value = serde_json::from_str(line).unwrap();
            assert_eq!(answer["events"], json!([]), "{at}: {line}");
        }
    }
}

/// Leaves so much room on the disk.
fn fill(disk: &Path, free_kib: u64) {
    let path = disk.join("ballast");
    let mut ballast = File::create(&path).unwrap();
    let piece = vec![0; 64 * 1024];
    let mut size = 0;
    while let Ok(written) = ballast.write(&piece) {
        size += written as u64;
    }
    ballast.set_len(size.saturating_sub(free_kib * 1024)).unwrap();
}

fn copy(from: &Path, to: &Path) {
    let files: Vec<PathBuf> = fs::read_dir(from).unwrap().map(|it| it.unwrap().path()).collect();
    for file in files {
        let into = to.join(file.file_name().unwrap());
        if file.is_dir() {
            fs::create_dir_all(&into).unwrap();
            copy(&file, &into);
        } else {
            fs::copy(&file, &into).unwrap();
        }
    }
}
