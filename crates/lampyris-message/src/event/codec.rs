//! Event content in deterministic CBOR (RFC 8949 §4.2): what stands in a record's event.
//!
//! Every content is a definite-length array with a fixed order; an absent member is `null`. Bytes
//! that are not their own deterministic encoding are refused, so one event has one spelling.
//! The schema is `docs/events.cddl`.

mod item;
mod read;
mod write;

use super::beginning::Skimmed;
use super::{DataEvent, DataEventKind, Event, EventKind};
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
    let kind = known(EventKind::from_name, name, version)?;
    read::event(kind, content).map_err(|refused| refused.of(kind))
}

/// The content of a data element's event, in [`VERSION`]'s form.
pub fn encode_data(event: &DataEvent) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256);
    write::data_event(&mut bytes, event);
    bytes
}

/// Reads the event of a data element with this name, version and content, as it stands in the log.
///
/// # Errors
/// [`EventError`], naming the event and what is wrong with it.
pub fn decode_data(name: &str, version: u64, content: &[u8]) -> Result<DataEvent, EventError> {
    let kind = known(DataEventKind::from_name, name, version)?;
    read::data_event(kind, content).map_err(|refused| refused.of(kind))
}

/// Reads of an event what its message is found by, and recomputes no hash.
///
/// A later event is read as [`decode`] reads it. Of a first one the schema and the spelling are
/// checked and the header's id is read: whether the header is canonical and the hashes are right is
/// left to whoever decodes it. Every event that decodes can be skimmed, and says the same.
///
/// # Errors
/// [`EventError`], naming the event and what is wrong with it.
pub fn skim<'b>(name: &str, version: u64, content: &'b [u8]) -> Result<Skimmed<'b>, EventError> {
    let kind = known(EventKind::from_name, name, version)?;
    read::skim(kind, content).map_err(|refused| refused.of(kind))
}

/// The event with this name, if its content is of a version that is read.
///
/// An older version is read from its own bytes into what the event is today; they are never written anew.
/// So far there is one.
fn known<K>(from_name: fn(&str) -> Option<K>, name: &str, version: u64) -> Result<K, EventError> {
    let owned = || name.to_owned();
    match from_name(name) {
        Some(kind) if version == VERSION => Ok(kind),
        Some(_) if version > VERSION => {
            Err(EventError::Newer { name: owned(), version, newest: VERSION })
        }
        Some(_) | None => Err(EventError::Unknown { name: owned(), version }),
    }
}

/// Why content is refused, before it is said of which event.
enum Refused {
    /// It is not what the schema says, or its message does not hold.
    Content(ContentError),
    /// It is, but not in its own deterministic encoding.
    Spelling,
}

impl Refused {
    fn of(self, kind: impl Into<StoredKind>) -> EventError {
        let kind = kind.into();
        match self {
            Self::Content(source) => EventError::Content { kind, source },
            Self::Spelling => EventError::NotDeterministic { kind },
        }
    }
}

impl From<ContentError> for Refused {
    fn from(error: ContentError) -> Self {
        Self::Content(error)
    }
}

/// The kind of an event of any stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoredKind {
    /// An event of a message.
    Message(EventKind),
    /// An event of a data element.
    Data(DataEventKind),
}

impl From<EventKind> for StoredKind {
    fn from(kind: EventKind) -> Self {
        Self::Message(kind)
    }
}

impl From<DataEventKind> for StoredKind {
    fn from(kind: DataEventKind) -> Self {
        Self::Data(kind)
    }
}

impl std::fmt::Display for StoredKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Message(kind) => kind.name(),
            Self::Data(kind) => kind.name(),
        })
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
    /// A newer program wrote the event.
    #[error("event '{name}' has version {version}, this program knows up to {newest}")]
    Newer {
        /// Its name.
        name: String,
        /// Its version.
        version: u64,
        /// The newest version that this program reads.
        newest: u64,
    },
    /// The content is not what the schema says.
    #[error("event '{kind}': {source}")]
    Content {
        /// The event.
        kind: StoredKind,
        /// What is wrong.
        source: ContentError,
    },
    /// The content has a shorter or another spelling.
    #[error("event '{kind}': the content is not its own deterministic encoding")]
    NotDeterministic {
        /// The event.
        kind: StoredKind,
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
