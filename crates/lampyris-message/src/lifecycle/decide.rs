//! Deciding: the answer of the table to one command.
//!
//! A fold over one cell: the first clause whose guard holds gives the outcome, and the outcome's
//! events are filled from the command. It reads nothing but its arguments.

use std::fmt;

use super::clause::{Outcome, Refusal};
use super::command::{Command, CommandKind, GapFill};
use super::guard::{gap_fill_fits, holds};
use super::state::{Situation, State};
use super::table::cell;
use crate::event::{Cancelled, Confirmed, Event, EventKind, Imported, Noted, Readied, Readiness};
use crate::event::{Sent, Sequenced};
use crate::hash::Bytes32;
use crate::id::{BatchId, TransactionId};
use crate::limits::NOTED_PER_MESSAGE;
use crate::text::NonBlank;

/// The answer to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Append these events, together.
    Step(Vec<Event>),
    /// The same facts again: accepted, nothing to append.
    Same,
    /// Refused; the state stays as it is.
    Refused(Box<Refused>),
}

/// A refusal: what was asked, what the message's state is, and what would have been accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The name of the refusal.
    pub refusal: Refusal,
    /// The command that met it.
    pub command: CommandKind,
    /// The situation that it saw.
    pub situation: Situation,
    /// What the command said, for people.
    pub detail: String,
    /// The contradiction to append to the history, if it is one that is not noted yet.
    pub noted: Option<Noted>,
}

impl Refused {
    /// The commands that can move a message on from the situation that was seen.
    pub fn accepted(&self) -> impl Iterator<Item = CommandKind> {
        let situation = self.situation;
        CommandKind::ALL.iter().copied().filter(move |command| {
            let cell = cell(*command, situation);
            let outcomes = cell.clauses.iter().map(|clause| clause.then).chain([cell.otherwise]);
            outcomes.into_iter().any(|outcome| matches!(outcome, Outcome::Append(_)))
        })
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { refusal, detail, situation, .. } = self;
        let meaning = refusal.meaning().trim_end_matches('.');
        write!(f, "{refusal}: {detail} of a message that is {situation}: {meaning}")?;
        let mut accepted = self.accepted().peekable();
        if accepted.peek().is_some() {
            f.write_str("; commands that can move it on:")?;
        }
        for command in accepted {
            write!(f, " {command}")?;
        }
        Ok(())
    }
}

/// Decides what a command does to a message in this state.
pub fn decide(state: &State, command: &Command) -> Decision {
    let situation = state.situation();
    let cell = cell(command.kind(), situation);
    let outcome = cell
        .clauses
        .iter()
        .find(|clause| holds(clause.when, state, command))
        .map_or(cell.otherwise, |clause| clause.then);
    match outcome {
        Outcome::Append(kinds) => {
            Decision::Step(kinds.iter().filter_map(|kind| event(*kind, state, command)).collect())
        }
        Outcome::Same => Decision::Same,
        Outcome::Refuse(refusal) => refused(refusal, situation, command, None),
        Outcome::Note(refusal) => {
            let noted = note(refusal, state, command);
            refused(refusal, situation, command, noted)
        }
    }
}

fn refused(
    refusal: Refusal,
    situation: Situation,
    command: &Command,
    noted: Option<Noted>,
) -> Decision {
    let detail = command.to_string();
    Decision::Refused(Box::new(Refused {
        refusal,
        command: command.kind(),
        situation,
        detail,
        noted,
    }))
}

/// The note of a contradiction, unless it stands already or the message has had its share.
fn note(refusal: Refusal, state: &State, command: &Command) -> Option<Noted> {
    let detail = command.to_string();
    let evidence = Bytes32::sha256(detail.as_bytes());
    let noted = state.noted();
    let again = noted.contains(&(refusal, evidence)) || noted.len() >= NOTED_PER_MESSAGE;
    (!again).then_some(Noted { kind: refusal, evidence, detail })
}

/// The event of this kind that the command brings about.
///
/// `None` only for a pair that no cell of the table holds; a test walks them all.
fn event(kind: EventKind, state: &State, command: &Command) -> Option<Event> {
    match (kind, command) {
        (EventKind::Staged, Command::Stage(submission)) => {
            Some(Event::Staged(Box::new(submission.staged().clone())))
        }
        (EventKind::Readied, Command::Stage(_)) => {
            Some(Event::Readied(Readied { why: Readiness::NothingToWaitFor }))
        }
        (EventKind::Readied, Command::Release(release)) => {
            let why = match state {
                State::Known(facts) if facts.awaits.is_none() => Readiness::NothingToWaitFor,
                State::Known(_) | State::Absent | State::Imported(_) => {
                    Readiness::Released(release.parent)
                }
            };
            Some(Event::Readied(Readied { why }))
        }
        (EventKind::Received, Command::Receive(receive)) => {
            Some(Event::Received(Box::new(receive.received.clone())))
        }
        (EventKind::Imported, Command::Import(import)) => {
            Some(Event::Imported(Box::new(Imported {
                message: import.message.clone(),
                claims: import.claims.clone(),
                source: import.source.clone(),
            })))
        }
        (EventKind::Sealed, Command::Seal(seal)) => Some(Event::Sealed(seal.clone())),
        (EventKind::Sent, _) => {
            sealed_in(state).map(|(batch, tx_id)| Event::Sent(Sent { batch, tx_id }))
        }
        (EventKind::Sequenced, Command::Sequence(sequence)) => {
            let tx_id = sequence.tx_id.or(sealed_in(state).map(|(_, tx_id)| tx_id))?;
            Some(Event::Sequenced(Sequenced {
                batch: sequence.batch,
                tx_id,
                position: sequence.position,
                signer: sequence.signer.clone(),
            }))
        }
        (EventKind::Confirmed, _) => confirmed(command).map(Event::Confirmed),
        (EventKind::Rejected, Command::Reject(rejected)) => Some(Event::Rejected(rejected.clone())),
        (EventKind::Cancelled, _) => cancelled(state, command).map(Event::Cancelled),
        (
            EventKind::Staged
            | EventKind::Received
            | EventKind::Imported
            | EventKind::Readied
            | EventKind::Sealed
            | EventKind::Sequenced
            | EventKind::Rejected
            | EventKind::Noted,
            _,
        ) => None,
    }
}

fn sealed_in(state: &State) -> Option<(BatchId, TransactionId)> {
    if let State::Known(facts) = state { facts.batch } else { None }
}

fn confirmed(command: &Command) -> Option<Confirmed> {
    match command {
        Command::Receive(receive) => Some(Confirmed { at: receive.at, correlator: None }),
        Command::Dispatched(dispatched) => Some(Confirmed { at: dispatched.at, correlator: None }),
        Command::Confirm(confirmed) => Some(confirmed.clone()),
        Command::Stage(_)
        | Command::Import(_)
        | Command::Release(_)
        | Command::Seal(_)
        | Command::Sequence(_)
        | Command::Reject(_)
        | Command::Cancel(_) => None,
    }
}

/// The cancellation; it names a gap-fill only if that stands in for the message.
fn cancelled(state: &State, command: &Command) -> Option<Cancelled> {
    let stands_in = |gap_fill: &GapFill| gap_fill_fits(state, command).then_some(gap_fill.id);
    match command {
        Command::Receive(receive) => Some(Cancelled {
            at: receive.at,
            code: NonBlank::literal("GapFilled"),
            reason: None,
            by: receive.received.message.author().into_owned(),
            gap_fill: receive.gap_fill.as_ref().and_then(stands_in),
        }),
        Command::Release(release) => Some(Cancelled {
            at: release.at,
            code: NonBlank::literal("ParentMismatch"),
            reason: Some("the parent that arrived carries another message".to_owned()),
            by: release.by.clone(),
            gap_fill: None,
        }),
        Command::Cancel(cancel) => Some(Cancelled {
            at: cancel.at,
            code: cancel.code.clone(),
            reason: cancel.reason.clone(),
            by: cancel.by.clone(),
            gap_fill: cancel.gap_fill.as_ref().and_then(stands_in),
        }),
        Command::Stage(_)
        | Command::Import(_)
        | Command::Seal(_)
        | Command::Dispatched(_)
        | Command::Sequence(_)
        | Command::Confirm(_)
        | Command::Reject(_) => None,
    }
}
