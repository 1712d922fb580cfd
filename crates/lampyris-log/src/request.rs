//! An append on its way to the log: what its caller worked out before it queued, and what was decided.
//! It never waits and never asks the log.

use crate::append::{Append, Appended, Place};
use crate::claims_index::{ClaimKey, Secret};
use crate::data_store::Ticket;
use crate::error::Refused;
use crate::merkle::{Frontier, Head};
use crate::shard::SealedFrame;
use crate::tree::Entry;
use std::sync::Arc;

/// A checked append with the hashes of all it names; `T` says whom to answer.
#[derive(Debug)]
pub(crate) struct Request<T> {
    pub(crate) append: Arc<Append>,
    pub(crate) keys: Keys,
    pub(crate) ticket: T,
}

/// Hashes of streams and claims, in the order of the append's lists.
#[derive(Debug)]
pub(crate) struct Keys {
    pub(crate) events: Vec<u128>,
    pub(crate) expected: Vec<u128>,
    pub(crate) claims: Vec<ClaimKey>,
}

/// What the sequencer decided. Nobody hears of it before all that it was judged by is durable.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The append is kept, its events at these places.
    Keep(Appended, Vec<Place>),
    /// An append of this id was kept before.
    Repeat(Appended),
    /// The expectation of this index does not hold; the stream's last version.
    Conflict { index: usize, actual: Option<u64> },
    /// The claim of this index is held by the record at `holder`.
    ClaimTaken { index: usize, holder: u64 },
    /// It breaks a rule.
    Refused(Refused),
}

/// A decision and whose it is.
#[derive(Debug)]
pub(crate) struct Answer<T> {
    pub(crate) request: Request<T>,
    pub(crate) verdict: Verdict,
}

/// Frames that become durable together, and the answers that may be given then.
#[derive(Debug)]
pub(crate) struct Group<T> {
    pub(crate) frames: Vec<SealedFrame>,
    pub(crate) answers: Vec<Answer<T>>,
    /// What their records bring into the tiles.
    pub(crate) entries: Vec<Entry>,
    /// The log's head after them.
    pub(crate) head: Head,
    /// The tree's frontier, and the time of the last record, after them.
    pub(crate) frontier: Frontier,
    pub(crate) time: i64,
    /// Bytes of their records.
    pub(crate) record_bytes: u64,
}

impl Keys {
    pub(crate) fn of(append: &Append, secret: &Secret) -> Keys {
        let stream = |name: &crate::record::StreamName| {
            secret.stream(&append.namespace, &name.kind, &name.id)
        };
        Keys {
            events: append.events.iter().map(|event| stream(&event.stream)).collect(),
            expected: append.expected.iter().map(|(name, _)| stream(name)).collect(),
            claims: append.claims.iter().map(|claim| secret.claim(&claim.borrow())).collect(),
        }
    }
}

impl<T> Group<T> {
    /// Stored bytes of its frames.
    pub(crate) fn bytes(&self) -> usize {
        self.frames.iter().map(|frame| frame.bytes.len()).sum()
    }

    /// What of the data store must be durable before its frames are.
    pub(crate) fn after(&self) -> Ticket {
        let tickets = self.answers.iter().map(|answer| answer.request.append.after);
        tickets.max().unwrap_or_default()
    }

    /// Takes in the group after it.
    pub(crate) fn join(&mut self, next: Group<T>) {
        self.frames.extend(next.frames);
        self.answers.extend(next.answers);
        self.entries.extend(next.entries);
        self.head = next.head;
        (self.frontier, self.time) = (next.frontier, next.time);
        self.record_bytes += next.record_bytes;
    }
}
