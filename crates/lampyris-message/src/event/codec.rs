//! Event content in deterministic CBOR (RFC 8949 §4.2): what stands in a record's event.
//!
//! Every content is a definite-length array with a fixed order; an absent member is `null`. Bytes
//! that are not their own deterministic encoding are refused, so one event has one spelling.
//! The schema is `docs/events.cddl`.

mod item;
mod read;
mod write;

use super::{Event, EventKind};
use crate::hash::MessageHash;
use crate::id::MessageId;
use crate::sealed::NotCanonical;

/// The version of each event's content that [`encode`] writes.
pub const VERSION: u64 = 1;

/// The content of an event, in [`VERSION`]'s form.
pub fn encode(event: &Event) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(512);
    write::event(&mut bytes, event);
    bytes
}

/// Reads the event with this name, version and content, as it stands in the log.
///
/// A message that comes with it is checked: its header bytes are canonical, its hashes are right.
///
/// # Errors
/// [`EventError`], naming the event and what is wrong with it.
pub fn decode(name: &str, version: u64, content: &[u8]) -> Result<Event, EventError> {
    let Some(kind) = EventKind::from_name(name).filter(|_| version == VERSION) else {
        return Err(EventError::Unknown { name: name.to_owned(), version });
    };
    read::event(kind, content).map_err(|refused| match refused {
        Refused::Content(source) => EventError::Content { kind, source },
        Refused::Spelling => EventError::NotDeterministic { kind },
    })
}

/// Why content is refused, before it is said of which event.
enum Refused {
    /// It is not what the schema says, or its message does not hold.
    Content(ContentError),
    /// It is, but not in its own deterministic encoding.
    Spelling,
}

impl From<ContentError> for Refused {
    fn from(error: ContentError) -> Self {
        Self::Content(error)
    }
}

/// Why an event's bytes are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// This program does not know the event.
    #[error("event '{name}' version {version} is not known to this program")]
    Unknown {
        /// Its name.
        name: String,
        /// Its version.
        version: u64,
    },
    /// The content is not what the schema says.
    #[error("event '{kind}': {source}")]
    Content {
        /// The event.
        kind: EventKind,
        /// What is wrong.
        source: ContentError,
    },
    /// The content has a shorter or another spelling.
    #[error("event '{kind}': the content is not its own deterministic encoding")]
    NotDeterministic {
        /// The event.
        kind: EventKind,
    },
}

/// What is wrong with an event's content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContentError {
    /// Not CBOR, or not of the schema.
    #[error("{rule} (byte {at})")]
    Schema {
        /// What was expected.
        rule: String,
        /// Where, from the beginning of the content.
        at: usize,
    },
    /// The message that came with it does not hold.
    #[error("{0}")]
    Message(#[from] NotCanonical),
    /// The recorded hash is not the one of the header bytes.
    #[error("the hash of message {id} is {found}, recorded as {recorded}")]
    MessageHash {
        /// The message.
        id: MessageId,
        /// What stands in the record.
        recorded: MessageHash,
        /// What the header bytes hash to.
        found: MessageHash,
    },
}
