//! `kill -9`.
//!
//! What could be lost: appends that were acknowledged while their bytes were on the way from the journal to sled, or
//! that stand twice because they were sent again. The program is killed after a random number of acknowledgements
//! or a random time, creation and opening included, and goes on in the same directory. Nothing may be lost, because
//! an acknowledgement follows the sync of the journal, and opening reads the journal before sled.

use crate::child::{FIRST, LARGE};
use crate::dice::{Dice, samples};
use crate::files::copy;
use crate::ledger::Ledger;
use crate::process::{Heard, Process, command};
use std::path::Path;
use std::time::Duration;

/// Kills in one directory.
const KILLS: usize = 25;
/// Bytes by which the records of every fourth directory are larger, so that segments of the journal are used again.
const LARGE_BYTES: usize = 8 * 1024;

#[test]
fn what_was_acknowledged_outlives_the_process() {
    let mut dice = Dice::of("kill");
    let (mut kills, mut acknowledged, mut unheard) = (0, 0, 0);
    for round in 0..samples(KILLS).div_ceil(KILLS) {
        let large = if round % 4 == 3 { LARGE_BYTES } else { 0 };
        let scratch = tempfile::tempdir().unwrap();
        let directory = scratch.path().join("log");
        let mut ledger = Ledger::default();
        for kill in 0..KILLS {
            run_and_kill(&directory, large, &mut ledger, &mut dice);
            // The next run finds the log as the kill left it, or as it was closed after the comparison.
            let account = if kill % 2 == 0 {
                let beside = scratch.path().join("copy");
                copy(&directory, &beside);
                let account = ledger.check(&beside, large);
                std::fs::remove_dir_all(&beside).unwrap();
                account
            } else {
                ledger.check(&directory, large)
            };
            kills += 1;
            unheard += account.unheard;
        }
        acknowledged += ledger.len();
    }
    println!("{kills} kills, {acknowledged} acknowledged, 0 lost, 0 doubled, 0 out of order");
    println!("kept without having been acknowledged: {unheard}");
    assert!(acknowledged > kills * 200, "only {acknowledged} were acknowledged");
}

fn run_and_kill(directory: &Path, large: usize, ledger: &mut Ledger, dice: &mut Dice) {
    let mut command = command("append", directory, &[]);
    command.env(FIRST, ledger.go_on_from()).env(LARGE, large.to_string());
    let mut process = Process::start(command);
    if dice.below(5) == 0 {
        // In the midst of creation, of opening, or a little later.
        let time = Duration::from_micros(dice.below(60_000));
        while let Heard::Line(line) = process.listen(time) {
            ledger.hear(&line);
            if line.starts_with("ack") {
                break;
            }
        }
    } else {
        let mut wanted = dice.below(1_000);
        while wanted > 0 {
            let line = process.next_line();
            let line = line.unwrap_or_else(|| panic!("the program ended by itself"));
            assert!(!line.starts_with("unopened") && !line.starts_with("failed"), "{line}");
            wanted -= u64::from(ledger.hear(&line));
        }
    }
    process.kill();
    for line in process.rest().0 {
        ledger.hear(&line);
    }
}
