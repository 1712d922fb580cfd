//! What few messages have: pins, reasons, notes, and times that fit nowhere else.
//!
//! Most messages have none of it, and cost nothing here.

use lampyris_log::snapshot::{SectionReader, SectionWriter, Unfit};
use lampyris_message::hash::DataListHash;
use lampyris_message::{Pin, Timestamp, TransactionId};

use crate::stored::{read_option, read_pins, read_time, write_option, write_pins, write_time};

/// The rest of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Rare {
    /// The pins that it came with.
    pub(super) first_pins: Box<[Pin]>,
    /// The pins that it was sealed with.
    pub(super) pins: Box<[Pin]>,
    /// Why it was rejected; of evidence, as its source claims.
    pub(super) reject_reason: Box<str>,
    /// The idempotency key that a source claims, or that another message used first.
    pub(super) key: Box<str>,
    /// What hardly any message has.
    pub(super) rarer: Option<Box<Rarer>>,
}

/// What hardly any message has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Rarer {
    /// The hash of its list of data, if the header says another than that of the list.
    pub(super) data_hash: Option<DataListHash>,
    /// What its confirmation is correlated with, if that was reported.
    pub(super) correlator: Box<str>,
    /// The parent that the header names.
    pub(super) parent: Option<TransactionId>,
    /// When it was made, if that fits nowhere else.
    pub(super) created: Option<Timestamp>,
    /// When it became final, if that fits nowhere else.
    pub(super) confirmed: Option<Timestamp>,
    /// The batches that it was in before: until which sequence, and which.
    pub(super) batches: Vec<(u64, u32)>,
    /// Sequences of its notes.
    pub(super) notes: Vec<u64>,
}

impl Rare {
    /// Whether the message was in another batch before.
    pub(super) fn has_changed_batch(&self) -> bool {
        self.rarer.as_ref().is_some_and(|rarer| !rarer.batches.is_empty())
    }

    /// What hardly any message has, to change it.
    pub(super) fn rarer(&mut self) -> &mut Rarer {
        self.rarer.get_or_insert_default()
    }

    pub(super) fn write(&self, out: &mut SectionWriter<'_>) {
        let Self { first_pins, pins, reject_reason, key, rarer } = self;
        write_pins(out, first_pins);
        write_pins(out, pins);
        out.text(reject_reason);
        out.text(key);
        write_option(out, rarer.as_deref(), |out, rarer| rarer.write(out));
    }

    pub(super) fn read(from: &mut SectionReader<'_>) -> Result<Self, Unfit> {
        Ok(Self {
            first_pins: read_pins(from)?.into(),
            pins: read_pins(from)?.into(),
            reject_reason: from.text()?.into(),
            key: from.text()?.into(),
            rarer: read_option(from, |from| Rarer::read(from).map(Box::new))?,
        })
    }
}

impl Rarer {
    fn write(&self, out: &mut SectionWriter<'_>) {
        let Self { data_hash, correlator, parent, created, confirmed, batches, notes } = self;
        write_option(out, *data_hash, |out, hash| out.raw(hash.as_bytes()));
        out.text(correlator);
        write_option(out, *parent, |out, parent| out.raw(parent.as_bytes()));
        write_option(out, *created, write_time);
        write_option(out, *confirmed, write_time);
        out.u32(u32::try_from(batches.len()).unwrap_or(u32::MAX));
        for (until, batch) in batches {
            out.u64(*until);
            out.u32(*batch);
        }
        out.u32(u32::try_from(notes.len()).unwrap_or(u32::MAX));
        for note in notes {
            out.u64(*note);
        }
    }

    fn read(from: &mut SectionReader<'_>) -> Result<Self, Unfit> {
        let mut rarer = Self {
            data_hash: read_option(from, |from| from.array().map(DataListHash::from_bytes))?,
            correlator: from.text()?.into(),
            parent: read_option(from, |from| from.array().map(TransactionId::from_bytes))?,
            created: read_option(from, read_time)?,
            confirmed: read_option(from, read_time)?,
            ..Self::default()
        };
        for _ in 0..from.u32()? {
            rarer.batches.push((from.u64()?, from.u32()?));
        }
        for _ in 0..from.u32()? {
            rarer.notes.push(from.u64()?);
        }
        Ok(rarer)
    }
}
