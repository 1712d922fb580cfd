//! `kill -9` at each step of opening a cursor and of acknowledging.
//!
//! What could be lost: an acknowledgement that was said to be durable, or a record that was never handled. The program
//! counts the operations of its disk on the cursor's files, and kills itself before the i-th, or in the middle of it
//! if that writes; and so it goes on in the same directory, until a run ends by itself.

use crate::child_cursor::{ACKNOWLEDGEMENTS, KILL_AT};
use crate::process::{Process, command};
use crate::workload::RULES;
use lampyris_log::{Log, Options};
use std::path::Path;

/// Acknowledgements of a run that nobody kills.
const RUN: u64 = 3;

#[test]
fn an_acknowledgement_outlives_kill_9_at_any_step() {
    let mut kills = 0;
    // With a cursor that is new each time, and with one that went on.
    for begun in [false, true] {
        let scratch = tempfile::tempdir().unwrap();
        let directory = scratch.path().join("log");
        let (mut operation, mut said) = (1, 0);
        loop {
            let (now, ended) = run(&directory, operation);
            said = said.max(now);
            let log = Log::open(&directory, &Options::writer(RULES)).unwrap();
            let position = log.cursor("consumer").unwrap().position();
            assert!(
                (said..=said + 1).contains(&position),
                "{operation}: {said}, stands at {position}"
            );
            if ended {
                break;
            }
            if !begun {
                log.remove_cursor("consumer").unwrap();
                said = 0;
            }
            kills += 1;
            operation += 1;
        }
        assert!(operation > 8, "only {operation} operations");
    }
    println!("{kills} kills");
}

/// Runs the program until it is killed; returns the position that it said last, and whether it ended by itself.
fn run(directory: &Path, kill_at: u64) -> (u64, bool) {
    let mut command = command("acknowledge", directory, &[]);
    command.env(KILL_AT, kill_at.to_string()).env(ACKNOWLEDGEMENTS, RUN.to_string());
    let (lines, status) = Process::start(command).rest();
    let mut position = 0;
    for line in &lines {
        assert!(!line.starts_with("failed"), "{line}");
        if let Some(said) = line.strip_prefix("acknowledged ") {
            position = said.parse().unwrap();
        }
    }
    (position, status.success())
}
