//! What the engine knows of a message while it decides: its state after all that is queued.
//!
//! Open messages are always here; final ones for a while, and otherwise as the log tells them.

pub(crate) mod stored;

use lampyris_log::{Log, Record};
use lampyris_message::event::Event;
use lampyris_message::kind::MessageState;
use lampyris_message::lifecycle::command::{GAP_FILL_TAG, GapFill};
use lampyris_message::lifecycle::{State, evolve};
use lampyris_message::{MessageId, Timestamp};
use lampyris_projection::record;

use crate::error::Error;

/// One message.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) state: State,
    /// Sequence of its last event.
    pub(crate) last: u64,
    /// When the last event that moved it was decided on, in nanoseconds since the Unix epoch.
    pub(crate) since: i64,
    /// The time in its header.
    pub(crate) created: Option<Timestamp>,
    /// The evidence that it would be, if it has the tag of a gap-fill.
    pub(crate) gap_fill: Option<Box<GapFill>>,
    /// It is among those that may be forgotten.
    pub(crate) warm: bool,
}

impl Known {
    /// A message of which nothing is known.
    pub(crate) fn absent() -> Self {
        Self { state: State::Absent, last: 0, since: 0, created: None, gap_fill: None, warm: false }
    }

    /// Whether something may still happen to it without its being asked for again.
    pub(crate) fn is_open(&self) -> bool {
        match self.state.message_state() {
            None
            | Some(MessageState::Confirmed | MessageState::Rejected | MessageState::Cancelled) => {
                false
            }
            Some(
                MessageState::Staged
                | MessageState::Ready
                | MessageState::Sent
                | MessageState::Pending,
            ) => matches!(self.state, State::Known(_)),
        }
    }

    /// Takes in an event that was decided on.
    ///
    /// # Errors
    /// If the table does not allow it, which a decision never brings about.
    pub(crate) fn take(&mut self, event: &Event) -> Result<(), String> {
        let state = std::mem::take(&mut self.state);
        self.state = evolve(state, event).map_err(|step| step.to_string())?;
        if let Some(message) = event.message() {
            self.created = message.header().created;
        }
        match event {
            Event::Staged(_) | Event::Received(_) => self.gap_fill = gap_fill(event),
            Event::Imported(_)
            | Event::Readied(_)
            | Event::Sealed(_)
            | Event::Sent(_)
            | Event::Sequenced(_)
            | Event::Confirmed(_)
            | Event::Rejected(_)
            | Event::Cancelled(_)
            | Event::Noted(_) => {}
        }
        if let (Some(gap_fill), State::Known(facts)) = (&mut self.gap_fill, &self.state) {
            gap_fill.state = facts.state;
            if gap_fill.pins.is_empty() {
                gap_fill.pins = facts.pins.to_vec();
            }
        }
        Ok(())
    }

    /// What the log tells of a message; nothing if it has no record.
    ///
    /// # Errors
    /// [`Error`] if its history cannot be read or is not legal.
    pub(crate) fn load(log: &Log, namespace: &str, id: MessageId) -> Result<Option<Self>, Error> {
        Self::load_until(log, namespace, id, u64::MAX)
    }

    /// The same, as of the record with this sequence.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub(crate) fn load_until(
        log: &Log,
        namespace: &str,
        id: MessageId,
        last: u64,
    ) -> Result<Option<Self>, Error> {
        let mut records = log.stream_history(namespace, record::MESSAGE, id.as_bytes())?;
        records.retain(|record| record.sequence <= last);
        let Some(Record { sequence, .. }) = records.last() else { return Ok(None) };
        let mut known = Self { last: *sequence, ..Self::absent() };
        for record in &records {
            let fault = |why: String| Error::History {
                id,
                why: format!("sequence {}: {why}", record.sequence),
            };
            let event = record::event(record).map_err(|error| fault(error.to_string()))?;
            known.take(&event).map_err(fault)?;
            if !matches!(event, Event::Noted(_)) {
                known.since = record.time;
            }
        }
        Ok(Some(known))
    }
}

/// The evidence that a message would be, if it has the tag of a gap-fill.
fn gap_fill(first: &Event) -> Option<Box<GapFill>> {
    let message = first.message()?;
    let header = message.header();
    if header.tag != GAP_FILL_TAG {
        return None;
    }
    Some(Box::new(GapFill {
        id: message.id(),
        cid: header.cid,
        tag: header.tag.clone(),
        author: header.author.clone(),
        group: header.group,
        pins: Vec::new(),
        state: MessageState::Pending,
    }))
}
