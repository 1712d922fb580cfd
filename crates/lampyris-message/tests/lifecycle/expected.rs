//! What is expected next must be what the table can append for, and nothing where nothing can come.

use lampyris_message::lifecycle::clause::{Cell, Outcome};
use lampyris_message::lifecycle::table::cell;
use lampyris_message::lifecycle::{CommandKind, Situation, expected};

fn appends(cell: Cell) -> bool {
    let answers = cell.clauses.iter().map(|clause| clause.then).chain([cell.otherwise]);
    answers.into_iter().any(|answer| matches!(answer, Outcome::Append(_)))
}

#[test]
fn every_command_that_is_expected_moves_the_message_on() {
    for situation in Situation::ALL.iter().copied() {
        let moving: Vec<_> = CommandKind::ALL
            .iter()
            .copied()
            .filter(|command| *command != CommandKind::Cancel && appends(cell(*command, situation)))
            .collect();
        match expected(situation) {
            None => assert!(
                situation == Situation::Absent || moving.is_empty(),
                "{situation}: {moving:?}"
            ),
            Some(expected) => {
                assert!(!expected.waits_for.is_empty() && !expected.from.is_empty());
                for command in expected.commands {
                    assert!(moving.contains(command), "{situation}: {command}");
                }
            }
        }
    }
}
