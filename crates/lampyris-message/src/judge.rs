//! The judge: replays the histories of many messages and holds every step against the table.
//!
//! It is fed events in the order of the log and keeps one state a message. It reads nothing by
//! itself, and never decides anything: it says whether what was decided may stand.

use crate::event::codec::{EventError, decode, decode_data};
use crate::event::{DataEvent, DataState, Event, EventKind, IllegalDataStep};
use crate::id::MessageId;
use crate::kind::MessageState;
use crate::lifecycle::{IllegalStep, State, evolve, rules};

/// Judges the events of a log, one after the other.
///
/// Messages are numbered by the caller, densely and in the order in which they first appear, so
/// that a judgement costs no look-up.
#[derive(Debug, Default)]
pub struct Judge {
    states: Vec<State>,
    counts: [u64; MessageState::ALL.len()],
    events: u64,
    ended: bool,
}

impl Judge {
    /// A judge that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Judges the next event of the message with this number.
    ///
    /// # Errors
    /// The [`Fault`]; from then on every step is [`Fault::Ended`].
    pub fn step(&mut self, number: usize, id: MessageId, event: Stored<'_>) -> Result<(), Fault> {
        self.step_read(number, id, event.read())
    }

    /// The same for an event that is read already, or could not be.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn step_read(
        &mut self,
        number: usize,
        id: MessageId,
        event: Result<Event, EventError>,
    ) -> Result<(), Fault> {
        if std::mem::replace(&mut self.ended, true) {
            return Err(Fault::Ended);
        }
        self.judge(number, id, &event?)?;
        self.ended = false;
        Ok(())
    }

    fn judge(&mut self, number: usize, id: MessageId, event: &Event) -> Result<(), Fault> {
        if let Some(message) = event.message()
            && message.id() != id
        {
            return Err(Fault::OtherMessage { stream: id, message: message.id() });
        }
        if number > self.states.len() {
            return Err(Fault::Number { number, next: self.states.len() });
        }
        if number == self.states.len() {
            self.states.push(State::Absent);
        }
        let Some(slot) = self.states.get_mut(number) else {
            return Err(Fault::Number { number, next: 0 });
        };
        let before = slot.message_state();
        let state = evolve(std::mem::take(slot), event)?;
        let after = state.message_state();
        *slot = state;
        if before != after {
            self.count(before, after);
        }
        self.events += 1;
        Ok(())
    }

    fn count(&mut self, before: Option<MessageState>, after: Option<MessageState>) {
        if let Some(count) = before.and_then(|state| self.counts.get_mut(state as usize)) {
            *count -= 1;
        }
        if let Some(count) = after.and_then(|state| self.counts.get_mut(state as usize)) {
            *count += 1;
        }
    }

    /// The state of the message with this number.
    pub fn state(&self, number: usize) -> Option<&State> {
        self.states.get(number)
    }

    /// How many messages are in each state, in the order of [`MessageState::ALL`].
    pub fn counts(&self) -> impl Iterator<Item = (MessageState, u64)> {
        MessageState::ALL.iter().copied().zip(self.counts)
    }

    /// How many events were judged.
    pub const fn events(&self) -> u64 {
        self.events
    }

    /// How many messages they belong to.
    pub fn messages(&self) -> usize {
        self.states.len()
    }
}

/// An event as it stands in the log.
#[derive(Debug, Clone, Copy)]
pub struct Stored<'a> {
    /// Its name.
    pub name: &'a str,
    /// The version of its content.
    pub version: u64,
    /// Its content.
    pub content: &'a [u8],
}

impl Stored<'_> {
    /// Reads it as a message's event, and recomputes the hashes of a message that comes with it.
    ///
    /// # Errors
    /// [`EventError`], naming the event and what is wrong with it.
    pub fn read(self) -> Result<Event, EventError> {
        decode(self.name, self.version, self.content)
    }

    /// Reads it as a data element's event.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_data(self) -> Result<DataEvent, EventError> {
        decode_data(self.name, self.version, self.content)
    }
}

/// Judges the next event of a data element whose stream stands at `state`; returns where it stands
/// after it.
///
/// # Errors
/// The [`Fault`].
pub fn data_step(state: DataState, event: Stored<'_>) -> Result<DataState, Fault> {
    data_step_read(state, event.read_data())
}

/// The same for an event that is read already, or could not be.
///
/// # Errors
/// The [`Fault`].
pub fn data_step_read(
    state: DataState,
    event: Result<DataEvent, EventError>,
) -> Result<DataState, Fault> {
    Ok(state.after(&event?)?)
}

/// Checks that this program has the rules that a log says it was written under.
///
/// # Errors
/// [`Fault::Rules`] if it has not.
pub fn know_rules(version: u32, hash: &[u8; 32]) -> Result<(), Fault> {
    if version == rules::VERSION && *hash == rules::hash().0 {
        Ok(())
    } else {
        Err(Fault::Rules { version })
    }
}

/// Why an event may not stand where it does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// It cannot be read, or its hashes are wrong.
    #[error(transparent)]
    Event(#[from] EventError),
    /// The table does not allow it.
    #[error(transparent)]
    Step(#[from] IllegalStep),
    /// A data element's stream does not go on so.
    #[error(transparent)]
    DataStep(#[from] IllegalDataStep),
    /// The stream is another message's.
    #[error("the stream of message {stream} begins with message {message}")]
    OtherMessage {
        /// Whose stream it is.
        stream: MessageId,
        /// Whose header it holds.
        message: MessageId,
    },
    /// The caller's numbering has a gap.
    #[error("message number {number} where {next} comes next")]
    Number {
        /// The number given.
        number: usize,
        /// The next that may be given.
        next: usize,
    },
    /// A fault was found before: what follows it proves nothing.
    #[error("the judge has ended at an earlier fault")]
    Ended,
    /// The log was written under rules that this program does not have.
    #[error("rules version {version} are not in this program, or not the same")]
    Rules {
        /// Their version.
        version: u32,
    },
}

impl Fault {
    /// The event that the table does not allow, where that is the fault.
    pub const fn illegal(&self) -> Option<EventKind> {
        if let Self::Step(step) = self { Some(step.event) } else { None }
    }
}
