//! What a caller asks the log to keep, and what it gets back.
//! Positions, versions and links are never the caller's: the log assigns them.

use crate::data_store::Ticket;
use crate::error::Refused;
use crate::frame::RECORD_LENGTH_BYTES;
use crate::limits::{MAX_APPEND_RECORDS, MAX_RAW_BYTES, MAX_RECORD_BYTES};
use crate::record::{Claim, Claims, RecordRef, StreamName};
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// Events that are kept together: all or none, in one frame.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Append {
    /// Id of this append, drawn by the caller.
    pub id: [u8; 16],
    /// The FireFly namespace of all its streams; not empty.
    pub namespace: String,
    /// Kind of the command that caused the events.
    pub command: Cow<'static, str>,
    /// Who asked for it.
    pub actor: String,
    /// The events in order, 1 to 1,000.
    pub events: Vec<NewEvent>,
    /// Keys that the append uses up; they are kept in its first record.
    pub claims: Vec<Claim>,
    /// Where streams of the namespace must end for the append to be kept; the log stores nothing of it.
    pub expected: Vec<(StreamName, Expected)>,
    /// What of the data store must be durable before the append is.
    pub after: Ticket,
}

/// Where a stream must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Expected {
    /// It has no record.
    NoStream,
    /// Its last record has exactly this version.
    Version(u64),
    /// Anywhere.
    #[default]
    Any,
}

/// An event that is not in the log yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// The stream it belongs to.
    pub stream: StreamName,
    /// Its name.
    pub name: Cow<'static, str>,
    /// Version of its content.
    pub version: u64,
    /// The event itself, opaque to the log.
    pub content: Vec<u8>,
}

/// An append that is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Appended {
    /// Sequences of its records, in order.
    pub sequences: Range<u64>,
    /// The time its records carry, in nanoseconds since the Unix epoch.
    pub time: i64,
}

impl Expected {
    /// Whether a stream whose last record has this version ends as expected.
    pub fn holds(self, actual: Option<u64>) -> bool {
        match self {
            Expected::NoStream => actual.is_none(),
            Expected::Version(version) => actual == Some(version),
            Expected::Any => true,
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expected::NoStream => f.write_str("no record"),
            Expected::Version(version) => write!(f, "version {version}"),
            Expected::Any => f.write_str("any end"),
        }
    }
}

impl Append {
    /// An append without events yet.
    pub fn new(
        id: [u8; 16],
        namespace: impl Into<String>,
        command: impl Into<Cow<'static, str>>,
        actor: impl Into<String>,
    ) -> Append {
        Append {
            id,
            namespace: namespace.into(),
            command: command.into(),
            actor: actor.into(),
            events: Vec::new(),
            claims: Vec::new(),
            expected: Vec::new(),
            after: Ticket::default(),
        }
    }

    /// Adds an event.
    #[must_use]
    pub fn event(mut self, event: NewEvent) -> Append {
        self.events.push(event);
        self
    }

    /// Adds a claim.
    #[must_use]
    pub fn claim(mut self, claim: Claim) -> Append {
        self.claims.push(claim);
        self
    }

    /// Adds a stream's expected end; a stream that is not named may end anywhere.
    #[must_use]
    pub fn expect(mut self, stream: StreamName, expected: Expected) -> Append {
        self.expected.push((stream, expected));
        self
    }

    /// Has objects of the data store made durable before the append is, so that no record refers to what a crash
    /// could take back. Several tickets may be given.
    #[must_use]
    pub fn after(mut self, ticket: Ticket) -> Append {
        self.after = self.after.max(ticket);
        self
    }

    /// Checks all that can be known without the log. A record is measured with the longest possible numbers,
    /// so that what fits does not depend on where it will stand.
    ///
    /// # Errors
    /// [`Refused`] names the field and the rule, or what is too large.
    pub fn check(&self) -> Result<(), Refused> {
        self.measure().map(drop)
    }

    /// Checks the same and returns how many bytes the append would then have.
    pub(crate) fn measure(&self) -> Result<usize, Refused> {
        if self.namespace.is_empty() {
            let rule = "is empty: that is the log's own";
            return Err(Refused::Invalid { field: "namespace", rule });
        }
        self.check_parts()
    }

    pub(crate) fn check_parts(&self) -> Result<usize, Refused> {
        let found = self.events.len();
        if found == 0 || found > MAX_APPEND_RECORDS {
            return Err(Refused::OutOfBounds {
                field: "events",
                min: 1,
                max: MAX_APPEND_RECORDS,
                found,
            });
        }
        self.check_conditions()?;
        let widest = Place {
            sequence: u64::MAX,
            version: u64::MAX,
            previous: Some(u64::MAX),
            time: i64::MAX,
        };
        let mut total = 0;
        for (index, event) in (0..).zip(&self.events) {
            let record = self.record(index, event, widest);
            record.check_bounds().map_err(|broken| Refused::OutOfBounds {
                field: broken.field,
                min: broken.bounds.min,
                max: broken.bounds.max,
                found: broken.found,
            })?;
            let bytes = record.encoded_len();
            if bytes > MAX_RECORD_BYTES {
                return Err(Refused::TooLarge { what: "record", bytes, limit: MAX_RECORD_BYTES });
            }
            total += RECORD_LENGTH_BYTES + bytes;
        }
        if total > MAX_RAW_BYTES {
            return Err(Refused::TooLarge { what: "append", bytes: total, limit: MAX_RAW_BYTES });
        }
        Ok(total)
    }

    fn check_conditions(&self) -> Result<(), Refused> {
        let found = self.expected.len();
        if found > MAX_APPEND_RECORDS {
            return Err(Refused::OutOfBounds {
                field: "expected",
                min: 0,
                max: MAX_APPEND_RECORDS,
                found,
            });
        }
        let mut keys: Vec<_> = self.claims.iter().map(|c| (&c.namespace, &c.key)).collect();
        keys.sort_unstable();
        if keys.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
            return Err(Refused::Invalid { field: "claims", rule: "name a key twice" });
        }
        Ok(())
    }

    /// The record of one of its events, once the log has found its place.
    pub(crate) fn record<'a>(
        &'a self,
        index: u32,
        event: &'a NewEvent,
        place: Place,
    ) -> RecordRef<'a> {
        RecordRef {
            sequence: place.sequence,
            namespace: &self.namespace,
            kind: &event.stream.kind,
            id: &event.stream.id,
            version: place.version,
            previous: place.previous,
            append_id: self.id,
            append_index: index,
            append_count: u32::try_from(self.events.len()).unwrap_or(u32::MAX),
            command: &self.command,
            actor: &self.actor,
            time: place.time,
            claims: if index == 0 { Claims::listed(&self.claims) } else { Claims::none() },
            event: &event.name,
            event_version: event.version,
            content: &event.content,
        }
    }
}

/// What the log adds to an event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) sequence: u64,
    pub(crate) version: u64,
    pub(crate) previous: Option<u64>,
    pub(crate) time: i64,
}
