//! What is kept of one message: where its first event stands, and what later events changed.

use lampyris_log::snapshot::{SectionReader, SectionWriter, Unfit};
use lampyris_message::{MessageId, Pin, Timestamp};

use super::batches::NO_BATCH;
use crate::stored::{
    read_message, read_option, read_pins, read_time, write_option, write_pins, write_time,
};

/// A message's part of the memory, beside its state: 56 bytes, and more only for pins and reasons.
#[derive(Debug, Clone)]
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
#[derive(Debug, Clone, Default)]
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

    pub(super) fn write(&self, out: &mut SectionWriter<'_>) {
        out.raw(self.id.as_bytes());
        out.u64(self.first);
        out.u64(self.position);
        out.u32(self.batch);
        write_option(out, self.confirmed(), write_time);
        write_option(out, self.rare.as_ref(), |out, rare| {
            write_pins(out, &rare.pins);
            out.text(&rare.reject_reason);
        });
    }

    /// Reads one of a log of so many records, with so many batches.
    pub(super) fn read(
        from: &mut SectionReader<'_>,
        size: u64,
        batches: u32,
    ) -> Result<Self, Unfit> {
        let mut slot = Self::new(read_message(from)?, from.u64()?);
        (slot.position, slot.batch) = (from.u64()?, from.u32()?);
        let placed = slot.first <= slot.position && slot.position < size;
        if !placed || (slot.batch >= batches && slot.batch != NO_BATCH) {
            return Err(Unfit("holds a message that cannot be"));
        }
        if let Some(at) = read_option(from, read_time)? {
            slot.set_confirmed(at);
        }
        slot.rare = read_option(from, |from| {
            let pins = read_pins(from)?.into();
            Ok(Box::new(Rare { pins, reject_reason: from.text()?.into() }))
        })?;
        Ok(slot)
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
