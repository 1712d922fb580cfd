//! System calls that fail, sled's own among them.
//!
//! What could be lost: an acknowledgement that was given although a write or a sync before it failed, or that stands
//! on pages the kernel threw away. `strace` makes the n-th call of a thread fail, or kills the process there; the log
//! is then opened without it, and must hold everything that was acknowledged. Needs `strace`; `LAMPYRIS_LONG=1` asks
//! for it.

use crate::child::{LARGE, LAST};
use crate::ledger::Ledger;
use crate::process::{Process, command};
use std::process::Command;

const CALLS: [&str; 8] =
    ["write", "pwrite64", "fsync", "fdatasync", "sync_file_range", "ftruncate", "rename", "openat"];
const FAULTS: [&str; 3] = ["error=EIO", "error=ENOSPC", "signal=SIGKILL"];
/// Which call of a thread: all of the first ones, then fewer.
const WHEN: [u32; 18] = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 19, 24, 30, 38, 48, 60, 75];

#[test]
#[ignore = "takes minutes: LAMPYRIS_LONG=1, with strace"]
fn a_failing_system_call_takes_back_no_acknowledgement() {
    let there = Command::new("strace").arg("-V").output().is_ok();
    if !there || std::env::var_os("LAMPYRIS_LONG").is_none() {
        println!(
            "SKIP: strace is {}, LAMPYRIS_LONG=1 asks for it",
            if there { "there" } else { "missing" }
        );
        return;
    }
    println!("{:16} {:14} {:>5} {:>9} {:>12}", "call", "fault", "runs", "went off", "acknowledged");
    let (mut runs, mut went_off, mut acknowledged) = (0, 0, 0);
    for call in CALLS {
        for fault in FAULTS {
            let results: Vec<_> = WHEN.iter().map(|when| run(call, fault, *when)).collect();
            let off = results.iter().filter(|(_, off)| *off).count();
            let heard: usize = results.iter().map(|(heard, _)| heard).sum();
            println!("{call:16} {fault:14} {:5} {off:9} {heard:12}", results.len());
            (runs, went_off, acknowledged) =
                (runs + results.len(), went_off + off, acknowledged + heard);
        }
    }
    println!("{runs} runs, {went_off} faults went off, {acknowledged} acknowledged, 0 lost");
    assert!(went_off > runs / 4, "only {went_off} of {runs} faults went off");
}

/// Runs the program to its end with one fault, on a log that an earlier run has closed; returns how many
/// acknowledgements were heard and whether the fault showed.
fn run(call: &str, fault: &str, when: u32) -> (usize, bool) {
    let scratch = tempfile::tempdir().unwrap();
    let directory = scratch.path().join("log");
    let mut ledger = Ledger::default();
    let log = scratch.path().join("strace.txt");
    let inject = format!("inject={call}:{fault}:when={when}");
    let strace = ["strace", "-f", "-qq", "-o", log.to_str().unwrap(), "-e"];
    let mut wrapper: Vec<String> = strace.map(str::to_owned).to_vec();
    wrapper.extend([format!("trace={call}"), "-e".to_owned(), inject, "--".to_owned()]);
    // Half of the runs create the log under the fault, half find one.
    if when.is_multiple_of(2) {
        let mut quiet = command("append", &directory, &[]);
        quiet.env(LAST, "4").env(LARGE, "3000");
        hear_all(&mut ledger, quiet);
    }
    let mut faulty = command("append", &directory, &wrapper);
    // 30 appends of 4 threads, large enough that sled's own threads have something to write.
    faulty.env(LAST, "30").env(LARGE, "3000");
    hear_all(&mut ledger, faulty);
    let traced = std::fs::read_to_string(&log).unwrap_or_default();
    let went_off = traced.contains("(INJECTED)") || traced.contains("killed by SIGKILL");
    compare(&ledger, &directory, call, fault, when);
    (ledger.len(), went_off)
}

fn hear_all(ledger: &mut Ledger, command: Command) {
    for line in Process::start(command).rest().0 {
        ledger.hear(&line);
    }
}

/// A directory whose creation was cut short is no log yet, and holds nothing that was acknowledged.
#[track_caller]
fn compare(ledger: &Ledger, directory: &std::path::Path, call: &str, fault: &str, when: u32) {
    let account = ledger.compare(directory, 3000);
    let account = account.unwrap_or_else(|error| panic!("{call} {fault} {when}: {error:?}"));
    let faults = (account.lost, account.doubled, account.out_of_order);
    assert_eq!(faults, (0, 0, 0), "{call} {fault} {when}: {account:?}");
}
