//! Why a message is not confirmed yet: one answer from its history, the table and the data store.
//!
//! Everything is read from the log; nothing is guessed, and nothing is asked of the network.

use lampyris_log::{Log, ReadError, Record};
use lampyris_message::event::codec::EventError;
use lampyris_message::event::{Awaited, Event, EventKind};
use lampyris_message::lifecycle::{
    Expected, IllegalStep, Refusal, Situation, State, evolve, expected,
};
use lampyris_message::{DataRef, MessageId, Timestamp};

use crate::View;
use crate::element::{ElementError, Missing, missing};
use crate::record::{self, MESSAGE};

/// What there is to say of a message.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Explanation {
    /// The message as a client sees it.
    pub view: View,
    /// Where in the table it is.
    pub situation: Situation,
    /// What brought it there.
    pub since: Moment,
    /// What came last.
    pub last: Moment,
    /// The parent that it waits for, if it waits for one that is known.
    pub awaits: Option<Awaited>,
    /// What is expected next; nothing if nothing is.
    pub expected: Option<Expected>,
    /// The data that it refers to and that cannot be read here.
    pub missing: Vec<(DataRef, Missing)>,
    /// What was reported that contradicts its history.
    pub notes: Vec<Note>,
}

/// An event of the message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Moment {
    /// Where it stands.
    pub sequence: u64,
    /// When it was appended.
    pub time: Timestamp,
    /// Which event it is.
    pub event: EventKind,
    /// Who reported it.
    pub actor: String,
}

/// Something that was reported and contradicts the history.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Note {
    /// Where it is noted.
    pub sequence: u64,
    /// When.
    pub time: Timestamp,
    /// The refusal that it met.
    pub kind: Refusal,
    /// What was reported.
    pub detail: String,
}

/// Why a message cannot be explained.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExplainError {
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// What it says of data elements cannot be read.
    #[error(transparent)]
    Element(#[from] ElementError),
    /// An event of the message cannot be read.
    #[error("sequence {sequence}: {source}")]
    Event {
        /// The record.
        sequence: u64,
        /// What is wrong with it.
        source: EventError,
    },
    /// An event of the message may not stand there.
    #[error("sequence {sequence}: {source}")]
    Illegal {
        /// The record.
        sequence: u64,
        /// What is wrong with it.
        source: IllegalStep,
    },
}

/// Explains a message; nothing if it is not known.
///
/// # Errors
/// [`ExplainError`] if its history cannot be read, or is not legal.
pub fn explain(
    log: &Log,
    namespace: &str,
    id: MessageId,
) -> Result<Option<Explanation>, ExplainError> {
    let (mut state, mut view, mut told) = (State::Absent, None::<View>, None::<(Moment, Moment)>);
    let mut notes = Vec::new();
    for record in log.stream_history(namespace, MESSAGE, id.as_bytes())? {
        let sequence = record.sequence;
        let event =
            record::event(&record).map_err(|source| ExplainError::Event { sequence, source })?;
        let before = state.situation();
        state =
            evolve(state, &event).map_err(|source| ExplainError::Illegal { sequence, source })?;
        match &mut view {
            Some(view) => view.apply(&event, sequence),
            None => view = View::begin(&event, sequence),
        }
        let now = Moment::of(&record, &event);
        if let Event::Noted(noted) = &event {
            let (kind, detail) = (noted.kind, noted.detail.clone());
            notes.push(Note { sequence, time: now.time, kind, detail });
        }
        told = Some(match told {
            Some((since, _)) if before == state.situation() => (since, now),
            _ => (now.clone(), now),
        });
    }
    let Some((view, (since, last))) = view.zip(told) else { return Ok(None) };
    let situation = state.situation();
    let awaits = match &state {
        State::Known(facts) if situation == Situation::Staged => facts.awaits,
        State::Known(_) | State::Imported(_) | State::Absent => None,
    };
    let mut lacking = Vec::new();
    for reference in view.message().data.iter().flatten().flatten() {
        lacking.extend(missing(log, namespace, reference)?.map(|why| (*reference, why)));
    }
    let expected = expected(situation);
    Ok(Some(Explanation {
        view,
        situation,
        since,
        last,
        awaits,
        expected,
        missing: lacking,
        notes,
    }))
}

impl Moment {
    fn of(record: &Record, event: &Event) -> Self {
        Self {
            sequence: record.sequence,
            time: Timestamp::from_unix_nanos(record.time),
            event: event.kind(),
            actor: record.actor.clone(),
        }
    }
}
