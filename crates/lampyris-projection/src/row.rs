//! The row of one message: where it stands, and all that its first event does not say of its view.

use std::borrow::Cow;

use lampyris_log::{Log, ReadError};
use lampyris_message::event::Event;
use lampyris_message::event::codec::EventError;
use lampyris_message::{BatchId, MessageId, MessageState, Pin, Timestamp, TransactionId};

use crate::View;
use crate::record::{self, MESSAGE};

/// One message among [`Views`](crate::Views), as of the position it was read at.
///
/// It is small; with the message's first event it gives the [`View`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<'v> {
    pub(crate) namespace: Cow<'v, str>,
    pub(crate) id: MessageId,
    pub(crate) first: u64,
    pub(crate) position: u64,
    pub(crate) later: Later<'v>,
}

/// What the events after the first one changed; empty where they changed nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Later<'v> {
    pub(crate) state: MessageState,
    pub(crate) batch: Option<(BatchId, TransactionId)>,
    pub(crate) pins: Cow<'v, [Pin]>,
    pub(crate) confirmed: Option<Timestamp>,
    pub(crate) reject_reason: Cow<'v, str>,
}

impl Row<'_> {
    /// The namespace that the message is filed under.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The message.
    pub const fn id(&self) -> MessageId {
        self.id
    }

    /// The message's state; of an imported one, the state that is claimed.
    pub const fn state(&self) -> MessageState {
        self.later.state
    }

    /// The sequence of the message's first event: where a list goes on after this row.
    pub const fn first(&self) -> u64 {
        self.first
    }

    /// The sequence of the message's last event.
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// The same row with its own memory: to let go of the views before the log is read.
    pub fn into_owned(self) -> Row<'static> {
        let Later { state, batch, pins, confirmed, reject_reason } = self.later;
        let (pins, reject_reason) = (pins.into_owned().into(), reject_reason.into_owned().into());
        Row {
            namespace: self.namespace.into_owned().into(),
            id: self.id,
            first: self.first,
            position: self.position,
            later: Later { state, batch, pins, confirmed, reject_reason },
        }
    }

    /// What folding all the message's events gives; `None` if `first` is not its first event.
    pub fn view(&self, first: &Event) -> Option<View> {
        if first.message()?.id() != self.id {
            return None;
        }
        let mut view = View::begin(first, self.first)?;
        view.settle(&self.later, self.position);
        Some(view)
    }
}

/// The view of a message, from its row and one record of the log.
///
/// # Errors
/// [`ViewError`] if the first event cannot be read, or is another message's: then the row is not of
/// this log.
pub fn read_view(log: &Log, row: &Row<'_>) -> Result<View, ViewError> {
    let (sequence, message) = (row.first, row.id);
    let other = || ViewError::Other { sequence, message };
    let record = log.read(sequence)?.ok_or_else(other)?;
    if record.namespace != row.namespace || record.stream.kind != MESSAGE || record.version != 0 {
        return Err(other());
    }
    let event =
        record::event(&record).map_err(|source| ViewError::Event { sequence, message, source })?;
    row.view(&event).ok_or_else(other)
}

/// Why a message cannot be shown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ViewError {
    /// The log cannot be read there.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The event does not say what it should.
    #[error("sequence {sequence}, message {message}: {source}")]
    Event {
        /// The record.
        sequence: u64,
        /// The message.
        message: MessageId,
        /// What is wrong with the event.
        source: EventError,
    },
    /// The record there does not begin the message.
    #[error("sequence {sequence}: message {message} does not begin there")]
    Other {
        /// The record.
        sequence: u64,
        /// The message.
        message: MessageId,
    },
}
