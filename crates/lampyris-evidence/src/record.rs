//! A record: one event with its envelope, as the log stores it.
//! It never looks into the event's content.

mod claims;
mod decode;
mod encode;

pub use claims::{Claim, ClaimRef, Claims, ClaimsIter};
pub use decode::{Malformed, MalformedRule};

use crate::limits::{self, Bounds};
use alloc::borrow::{Cow, ToOwned};
use alloc::string::String;
use alloc::vec::Vec;

/// The record format this crate writes and reads.
pub const RECORD_FORMAT: u8 = 1;

/// The fields of a record in the order in which they are written; the twin of `docs/record.cddl`.
pub const FIELDS: [&str; 12] = [
    FORMAT, SEQUENCE, NAMESPACE, STREAM, VERSION, PREVIOUS, APPEND, COMMAND, ACTOR, TIME, CLAIMS,
    EVENT,
];

pub(crate) const FORMAT: &str = "format";
pub(crate) const SEQUENCE: &str = "sequence";
pub(crate) const NAMESPACE: &str = "namespace";
pub(crate) const STREAM: &str = "stream";
pub(crate) const VERSION: &str = "version";
pub(crate) const PREVIOUS: &str = "previous";
pub(crate) const APPEND: &str = "append";
pub(crate) const COMMAND: &str = "command";
pub(crate) const ACTOR: &str = "actor";
pub(crate) const TIME: &str = "time";
pub(crate) const CLAIMS: &str = "claims";
pub(crate) const EVENT: &str = "event";

/// A record that borrows from its encoded bytes, or from what a writer is about to encode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordRef<'a> {
    /// Position in the log, dense from 0; also the leaf index in the Merkle tree.
    pub sequence: u64,
    /// The FireFly namespace; empty only for the log's own stream.
    pub namespace: &'a str,
    /// Kind of the stream, such as `message`.
    pub kind: &'a str,
    /// Id of the stream among its kind.
    pub id: &'a [u8],
    /// Position in the stream, dense from 0.
    pub version: u64,
    /// Sequence of the record before this one in its stream.
    pub previous: Option<u64>,
    /// Id of the append that brought this record.
    pub append_id: [u8; 16],
    /// Position among the append's records, from 0.
    pub append_index: u32,
    /// Number of the append's records.
    pub append_count: u32,
    /// Kind of the command that caused the event.
    pub command: &'a str,
    /// Who asked for it.
    pub actor: &'a str,
    /// Nanoseconds since the Unix epoch; never less than in the record before.
    pub time: i64,
    /// Keys that this append used up.
    pub claims: Claims<'a>,
    /// Name of the event.
    pub event: &'a str,
    /// Version of the event's content.
    pub event_version: u64,
    /// The event itself, opaque to the log.
    pub content: &'a [u8],
}

/// A record that owns its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of RecordRef")]
pub struct Record {
    pub sequence: u64,
    pub namespace: String,
    pub stream: StreamName,
    pub version: u64,
    pub previous: Option<u64>,
    pub append_id: [u8; 16],
    pub append_index: u32,
    pub append_count: u32,
    pub command: String,
    pub actor: String,
    pub time: i64,
    pub claims: Vec<Claim>,
    pub event: String,
    pub event_version: u64,
    pub content: Vec<u8>,
}

/// A stream's name within its namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamName {
    /// Kind of the stream, such as `message`.
    pub kind: Cow<'static, str>,
    /// Id among its kind, 1 to 64 bytes.
    pub id: Vec<u8>,
}

/// A field whose length breaks its bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfBounds {
    /// The field.
    pub field: &'static str,
    /// Its bounds, in bytes or in items.
    pub bounds: Bounds,
    /// The length found.
    pub found: usize,
}

impl StreamName {
    /// A name from its two parts; the bounds are checked when it is used.
    pub fn new(kind: impl Into<Cow<'static, str>>, id: impl Into<Vec<u8>>) -> StreamName {
        StreamName { kind: kind.into(), id: id.into() }
    }
}

impl RecordRef<'_> {
    /// The same record with its own memory.
    pub fn to_record(&self) -> Record {
        Record {
            sequence: self.sequence,
            namespace: self.namespace.to_owned(),
            stream: StreamName::new(self.kind.to_owned(), self.id),
            version: self.version,
            previous: self.previous,
            append_id: self.append_id,
            append_index: self.append_index,
            append_count: self.append_count,
            command: self.command.to_owned(),
            actor: self.actor.to_owned(),
            time: self.time,
            claims: self.claims.iter().map(ClaimRef::to_claim).collect(),
            event: self.event.to_owned(),
            event_version: self.event_version,
            content: self.content.to_vec(),
        }
    }

    /// Checks the length of every bounded field.
    ///
    /// # Errors
    /// [`OutOfBounds`] names the first field that breaks its bounds.
    pub fn check_bounds(&self) -> Result<(), OutOfBounds> {
        check("namespace", limits::NAMESPACE, self.namespace.len())?;
        check("stream kind", limits::KIND, self.kind.len())?;
        check("stream id", limits::STREAM_ID, self.id.len())?;
        check("command", limits::COMMAND, self.command.len())?;
        check("actor", limits::ACTOR, self.actor.len())?;
        check("event name", limits::EVENT_NAME, self.event.len())?;
        check("claims", Bounds { min: 0, max: limits::MAX_CLAIMS }, self.claims.len())?;
        for claim in &self.claims {
            check("claim namespace", limits::CLAIM_NAMESPACE, claim.namespace.len())?;
            check("claim key", limits::CLAIM_KEY, claim.key.len())?;
        }
        Ok(())
    }
}

impl Record {
    /// The same record as a borrowing one.
    pub fn borrow(&self) -> RecordRef<'_> {
        RecordRef {
            sequence: self.sequence,
            namespace: &self.namespace,
            kind: &self.stream.kind,
            id: &self.stream.id,
            version: self.version,
            previous: self.previous,
            append_id: self.append_id,
            append_index: self.append_index,
            append_count: self.append_count,
            command: &self.command,
            actor: &self.actor,
            time: self.time,
            claims: Claims::listed(&self.claims),
            event: &self.event,
            event_version: self.event_version,
            content: &self.content,
        }
    }
}

fn check(field: &'static str, bounds: Bounds, found: usize) -> Result<(), OutOfBounds> {
    if bounds.hold(found) { Ok(()) } else { Err(OutOfBounds { field, bounds, found }) }
}
