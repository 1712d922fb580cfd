//! What is kept of one message: where its first event stands, and what later events changed.

use lampyris_message::{MessageId, Pin, Timestamp};

use super::batches::NO_BATCH;

/// A message's part of the memory, beside its state: 56 bytes, and more only for pins and reasons.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) id: MessageId,
    /// Sequence of the first event.
    pub(super) first: u64,
    /// Sequence of the last event.
    pub(super) position: u64,
    /// Whole seconds and nanoseconds of the moment it became final; `NEVER` if it did not.
    ///
    /// Apart, because together they would take twice the room if there may be none.
    seconds: i64,
    nanos: u32,
    /// Number of the batch that a later event put it into.
    pub(super) batch: u32,
    rare: Option<Box<Rare>>,
}

const _: () = assert!(size_of::<Slot>() == 56);

/// More nanoseconds than a second has.
const NEVER: u32 = u32::MAX;

/// What few messages have.
#[derive(Debug, Default)]
struct Rare {
    pins: Box<[Pin]>,
    reject_reason: Box<str>,
}

impl Slot {
    /// A message that began at this sequence, with nothing changed.
    pub(super) const fn new(id: MessageId, first: u64) -> Self {
        let (seconds, nanos, batch, rare) = (0, NEVER, NO_BATCH, None);
        Self { id, first, position: first, seconds, nanos, batch, rare }
    }

    /// When a later event made it final.
    pub(super) const fn confirmed(&self) -> Option<Timestamp> {
        Timestamp::from_unix_seconds(self.seconds, self.nanos)
    }

    pub(super) const fn set_confirmed(&mut self, at: Timestamp) {
        (self.seconds, self.nanos) = (at.unix_seconds(), at.subsec_nanos());
    }

    /// The pins it was sealed with.
    pub(super) fn pins(&self) -> &[Pin] {
        self.rare.as_ref().map(|rare| &*rare.pins).unwrap_or_default()
    }

    pub(super) fn set_pins(&mut self, pins: &[Pin]) {
        if !pins.is_empty() || self.rare.is_some() {
            self.rare.get_or_insert_default().pins = pins.into();
        }
    }

    /// Why it was rejected, in the words a client sees; empty if it was not.
    pub(super) fn reject_reason(&self) -> &str {
        self.rare.as_ref().map(|rare| &*rare.reject_reason).unwrap_or_default()
    }

    pub(super) fn set_reject_reason(&mut self, reason: String) {
        self.rare.get_or_insert_default().reject_reason = reason.into();
    }
}
