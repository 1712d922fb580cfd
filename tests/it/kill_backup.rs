//! `kill -9` of the writer, or of `backup` itself, while `backup` runs beside `apply`: what the last finished run was of
//! restores to a log that holds everything that was answered before that run began, values too, and is VERIFIED.
//!
//! `LAMPYRIS_TEST_SCALE` multiplies the number of kills.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Child, Command, Stdio};

use lampyris::MessageId;
use lampyris::log::{Log, Options};

use crate::apply::id;
use crate::dice::{Dice, samples};
use crate::kill::apply_and_kill;
use crate::kill_values::{AHEAD, IN_FLIGHT, line};
use crate::program::Program;

/// Kills that CI runs.
const KILLS: usize = 10;
/// Kills in one directory, with one backup.
const IN_ONE: usize = 5;

fn start(program: &Program) -> Child {
    Command::new(env!("CARGO_BIN_EXE_lampyris"))
        .arg("backup")
        .arg(program.path("backup"))
        .arg("--data")
        .arg(program.data())
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}

/// Restores the backup and holds it against what was answered before its last finished run began.
#[track_caller]
fn check(program: &Program, held: Option<&BTreeSet<u64>>) {
    let there = program.path("restored");
    let restored =
        program.run_on(&there, &["restore", program.path("backup").to_str().unwrap()], "");
    let Some(held) = held else {
        assert!(restored.code == 1 && restored.err.contains("backup"), "{restored:?}");
        return;
    };
    let restored = restored.exits(0);
    assert_eq!(restored.out.matches("VERIFIED ").count(), 2, "{}", restored.out);
    let log = Log::open(&there, &Options::backup()).unwrap();
    for message in held {
        let stream = MessageId::parse(&id(*message)).unwrap();
        let history = log.stream_history("default", "message", stream.as_bytes()).unwrap();
        assert!(!history.is_empty(), "message {message} is lost");
    }
    fs::remove_dir_all(&there).unwrap();
}

#[test]
fn a_backup_holds_all_that_was_answered_before_it_began_whoever_is_killed() {
    let mut dice = Dice::of("backup");
    let (mut kills, mut of_backups, mut finished, mut messages) = (0, 0, 0, 0);
    while kills < samples(KILLS) {
        let (program, mut answered) = (Program::new(), BTreeSet::new());
        let mut held: Option<BTreeSet<u64>> = None;
        for _ in 0..IN_ONE {
            let first = answered.last().map_or(0, |last: &u64| last.saturating_sub(IN_FLIGHT));
            let lines: String = (first..first + AHEAD).map(line).collect();
            let wanted = 2 + dice.below(AHEAD / 2);
            let (begins, goes_on) = (1 + dice.below(wanted), dice.below(12));
            // Else the writer is, when it has answered enough.
            let is_killed = dice.below(2) == 0;
            let (mut running, mut count) = (None::<(Child, BTreeSet<u64>)>, 0);
            apply_and_kill(&program, IN_FLIGHT, lines, wanted, &mut dice, |answer| {
                assert_eq!(answer["ok"], true, "{answer}");
                answered.insert(first + answer["line"].as_u64().unwrap() - 1);
                count += 1;
                if count == begins {
                    running = Some((start(&program), answered.clone()));
                }
                if let Some((child, _)) =
                    running.as_mut().filter(|_| is_killed && count == begins + goes_on)
                {
                    child.kill().unwrap();
                }
            });
            kills += 1;
            // Too few answers before the kill: there is none.
            let Some((mut child, began)) = running else { continue };
            if is_killed {
                child.kill().unwrap();
            }
            let status = child.wait().unwrap();
            assert!(is_killed || status.success(), "{status}");
            of_backups += usize::from(!status.success());
            if status.success() {
                finished += 1;
                held = Some(began);
            }
            check(&program, held.as_ref());
        }
        messages += answered.len();
    }
    println!(
        "{kills} kills, {of_backups} of them of a backup, {finished} backups finished, {messages} messages answered: 0 lost"
    );
    assert!(finished > 0 && of_backups > 0, "{finished} finished, {of_backups} killed");
}
