//! The rules in force: the table's version and hash, and the steps that follow from it.
//!
//! A log names the rules it was written under, so that replay judges each step by them. Released
//! tables are never changed; a new table is a new version beside the old one.

use std::sync::LazyLock;

use super::clause::{Outcome, Refusal};
use super::command::CommandKind;
use super::state::Situation;
use super::table::cell;
use crate::event::EventKind;
use crate::hash::Bytes32;

/// The version of the transition table that this crate decides by.
pub const VERSION: u32 = 1;

/// The hash of the table: SHA-256 of its [text](table_text), computed once.
pub fn hash() -> Bytes32 {
    static HASH: LazyLock<Bytes32> = LazyLock::new(|| Bytes32::sha256(table_text().as_bytes()));
    *HASH
}

/// The whole table as text, a line a clause: what [`hash`] commits to.
pub fn table_text() -> String {
    let mut text = String::new();
    for command in CommandKind::ALL {
        for situation in Situation::ALL {
            let cell = cell(*command, *situation);
            for clause in cell.clauses {
                line(&mut text, *command, *situation, clause.when.name(), clause.then);
            }
            line(&mut text, *command, *situation, "else", cell.otherwise);
        }
    }
    text
}

fn line(text: &mut String, on: CommandKind, at: Situation, when: &str, then: Outcome) {
    for part in [on.name(), " | ", at.name(), " | ", when, " | "] {
        text.push_str(part);
    }
    text.push_str(&then.to_string());
    text.push('\n');
}

/// Whether some command appends this kind of event where a message is in this situation.
#[expect(clippy::indexing_slicing, reason = "the array has a place for every variant")]
pub const fn follows(situation: Situation, event: EventKind) -> bool {
    STEPS[situation as usize][event as usize]
}

/// Whether some command that meets this refusal is noted where a message is in this situation.
#[expect(clippy::indexing_slicing, reason = "the array has a place for every variant")]
pub const fn notes(situation: Situation, refusal: Refusal) -> bool {
    NOTES[situation as usize][refusal as usize]
}

/// Where a message is after an event, as far as the table knows it.
pub const fn after(situation: Situation, event: EventKind) -> Situation {
    match event {
        EventKind::Staged => Situation::Staged,
        EventKind::Received => Situation::PendingNoPin,
        EventKind::Imported => Situation::Imported,
        EventKind::Readied => Situation::ReadyUnsealed,
        EventKind::Sealed => Situation::ReadySealed,
        EventKind::Sent => Situation::Sent,
        EventKind::Sequenced => Situation::PendingPinned,
        EventKind::Confirmed => Situation::Confirmed,
        EventKind::Rejected => Situation::Rejected,
        EventKind::Cancelled => Situation::Cancelled,
        EventKind::Noted => situation,
    }
}

type Steps = [[bool; EventKind::ALL.len()]; Situation::ALL.len()];
type Notes = [[bool; Refusal::ALL.len()]; Situation::ALL.len()];

/// Every step that some cell of the table takes, worked out from the table when this is compiled.
const STEPS: Steps = steps_and_notes().0;

/// Every refusal that some cell of the table notes, worked out likewise.
const NOTES: Notes = steps_and_notes().1;

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which checks each index")]
const fn steps_and_notes() -> (Steps, Notes) {
    let mut steps = [[false; EventKind::ALL.len()]; Situation::ALL.len()];
    let mut notes = [[false; Refusal::ALL.len()]; Situation::ALL.len()];
    let mut c = 0;
    while c < CommandKind::ALL.len() {
        let mut s = 0;
        while s < Situation::ALL.len() {
            let (command, situation) = (CommandKind::ALL[c], Situation::ALL[s]);
            let cell = cell(command, situation);
            let mut i = 0;
            while i <= cell.clauses.len() {
                let clause = i < cell.clauses.len();
                let outcome = if clause { cell.clauses[i].then } else { cell.otherwise };
                steps = with_outcome(steps, situation, outcome);
                if let Outcome::Note(refusal) = outcome {
                    notes[situation as usize][refusal as usize] = true;
                }
                i += 1;
            }
            s += 1;
        }
        c += 1;
    }
    (steps, notes)
}

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which checks each index")]
const fn with_outcome(mut steps: Steps, mut situation: Situation, outcome: Outcome) -> Steps {
    match outcome {
        Outcome::Append(events) => {
            let mut e = 0;
            while e < events.len() {
                steps[situation as usize][events[e] as usize] = true;
                situation = after(situation, events[e]);
                e += 1;
            }
        }
        Outcome::Note(_) => steps[situation as usize][EventKind::Noted as usize] = true,
        Outcome::Same | Outcome::Refuse(_) => {}
    }
    steps
}
