//! What is said of an event that cannot come where it is.

use lampyris_message::MessageId;
use lampyris_message::event::codec::EventError;

/// An event that cannot come where it is; nothing of it was taken in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("sequence {position}, message {message} of namespace '{namespace}': {why}")]
pub struct Misplaced {
    /// The sequence that was given for it.
    pub position: u64,
    /// The namespace that was given for it.
    pub namespace: String,
    /// The message that was given for it.
    pub message: MessageId,
    /// What is wrong.
    pub why: Why,
}

/// Why an event cannot come where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Why {
    /// What stands there is reflected already.
    #[error("{size} records are reflected already")]
    Position {
        /// How many are.
        size: u64,
    },
    /// The first event of a message brings it.
    #[error("its first event brings no message")]
    NotBegun,
    /// A message begins once.
    #[error("it has begun already")]
    BegunTwice,
    /// The event brings another message than the one it is given for.
    #[error("the event brings message {found}")]
    OtherMessage {
        /// The message it brings.
        found: MessageId,
    },
    /// Rows and batches are numbered with 32 bits.
    #[error("there is no room for more messages or batches")]
    Full,
}

/// Why a record of the log could not be taken in; nothing of it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TakeError {
    /// Its event cannot be read.
    #[error("sequence {sequence}: {source}")]
    Event {
        /// The record.
        sequence: u64,
        /// What is wrong with the event.
        source: EventError,
    },
    /// Its event cannot come there.
    #[error(transparent)]
    Misplaced(#[from] Misplaced),
}
