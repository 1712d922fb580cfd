//! What is said of an event that cannot come where it is.

use lampyris_message::event::DataEvent;
use lampyris_message::event::codec::EventError;
use lampyris_message::{DataId, MessageId};

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
    /// Each step of a message's life comes once, and none after a later one; evidence takes none.
    #[error("it cannot come after what came before")]
    OutOfOrder,
    /// Messages of a namespace, and what they refer to, are numbered with 32 bits; the first and the last event of a
    /// message are less than 2^40 records apart.
    #[error("there is no room for it")]
    Full,
}

/// Why an event of a data element cannot come where it is said to stand; nothing of it was taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DataMisplaced {
    /// What stands there is reflected already.
    #[error("what stands there is reflected already")]
    Position,
    /// An element is added once.
    #[error("it was added already")]
    AddedTwice,
    /// An element is erased once.
    #[error("it was erased already")]
    ErasedTwice,
    /// Only what was added can be erased.
    #[error("it was not added")]
    NotAdded,
    /// Elements of a namespace are numbered with 32 bits.
    #[error("there is no room for it")]
    Full,
}

impl DataMisplaced {
    /// Judges an event of an element that was added, or erased too, or neither; says whether it is erased then.
    pub(crate) const fn judge(is_erased: Option<bool>, event: &DataEvent) -> Result<bool, Self> {
        match (is_erased, event) {
            (None, DataEvent::Added(_)) => Ok(false),
            (Some(false), DataEvent::Erased(_)) => Ok(true),
            (Some(_), DataEvent::Added(_)) => Err(Self::AddedTwice),
            (Some(true), DataEvent::Erased(_)) => Err(Self::ErasedTwice),
            (None, DataEvent::Erased(_)) => Err(Self::NotAdded),
        }
    }
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
    /// Its event of a data element cannot come there.
    #[error("sequence {sequence}, data element {id}: {why}")]
    Data {
        /// The record.
        sequence: u64,
        /// The element.
        id: DataId,
        /// Why.
        why: DataMisplaced,
    },
}
