//! Event content in deterministic CBOR (RFC 8949 §4.2): what stands in a record's event.
//!
//! Every content is a definite-length array with a fixed order; an absent member is `null`. Bytes
//! that are not their own deterministic encoding are refused, so one event has one spelling.
//! The schema is `docs/events.cddl`.

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
    let event =
        read::event(kind, content).map_err(|source| EventError::Content { kind, source })?;
    let mut expected = Expected(Some(content));
    write::event(&mut expected, &event);
    if expected.0 == Some(&[]) { Ok(event) } else { Err(EventError::NotDeterministic { kind }) }
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

/// A writer that keeps nothing: it consumes what it is told to expect, byte for byte.
///
/// `None` for good from the first difference on.
struct Expected<'a>(Option<&'a [u8]>);

impl minicbor::encode::Write for Expected<'_> {
    type Error = std::convert::Infallible;

    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
        self.0 = self.0.and_then(|expected| expected.strip_prefix(bytes));
        Ok(())
    }
}
