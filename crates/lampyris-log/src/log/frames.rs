//! Frames at hand: unpacked ones of which records were read lately, because the next record often stands in one too.
//! A frame is checked when it is taken in, and never changes; scans read past this and check everything anew.

use super::Shared;
use crate::block_on::block_on;
use crate::corrupt::{At, Corrupt, Rule};
use crate::error::ReadError;
use crate::frame::{FrameReader, RawRecord, Unpacked};
use crate::record::Record;
use crate::verify::decode;
use parking_lot::Mutex;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// How many bytes of unpacked records are kept at hand.
const KEPT_BYTES: usize = 8 * 1024 * 1024;

/// The frames at hand.
#[derive(Debug, Default)]
pub(super) struct Frames(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// By their first sequences.
    frames: BTreeMap<u64, Arc<Unpacked>>,
    /// In the order in which they were taken in.
    order: VecDeque<u64>,
    bytes: usize,
}

impl Shared {
    /// A durable record, or nothing if the log is not that long.
    pub(super) fn record(&self, wanted: u64) -> Result<Option<Record>, ReadError> {
        self.in_frame(wanted, |frame, raw| Ok(decode(&frame.frame(), raw)?.to_record()))
    }

    /// The exact bytes of a durable record, or nothing if the log is not that long.
    pub(super) fn leaf_bytes(&self, wanted: u64) -> Result<Option<Vec<u8>>, ReadError> {
        self.in_frame(wanted, |_, raw| Ok(raw.bytes.to_vec()))
    }

    /// What is made of a durable record and its frame, or nothing if the log is not that long.
    fn in_frame<T>(
        &self,
        wanted: u64,
        make: impl FnOnce(&Unpacked, RawRecord<'_>) -> Result<T, Corrupt>,
    ) -> Result<Option<T>, ReadError> {
        if wanted >= self.head().size {
            return Ok(None);
        }
        let frame = match self.frames.find(wanted) {
            Some(frame) => frame,
            None => self.frames.take_in(self.unpack(wanted)?),
        };
        let raw = frame.record(wanted).ok_or_else(|| missing(frame.first_sequence(), wanted))?;
        Ok(Some(make(&frame, raw)?))
    }

    /// Reads the frame that holds a record.
    fn unpack(&self, wanted: u64) -> Result<Unpacked, ReadError> {
        let stored = block_on(self.shard.read(wanted, 1))?.into_iter().next();
        let stored = stored.ok_or_else(|| missing(wanted, wanted))?;
        let mut reader = FrameReader::new();
        Ok(Unpacked::of(&reader.open(stored.first_sequence, &stored.bytes)?)?)
    }
}

fn missing(frame: u64, sequence: u64) -> Corrupt {
    let rule = Rule::Sequence { found: frame };
    Corrupt { frame, sequence, at: At::Stored(0), rule }
}

impl Frames {
    fn find(&self, wanted: u64) -> Option<Arc<Unpacked>> {
        let kept = self.0.lock();
        let (_, frame) = kept.frames.range(..=wanted).next_back()?;
        frame.holds(wanted).then(|| Arc::clone(frame))
    }

    /// Keeps a frame, unless another reader has taken it in meanwhile, and lets the oldest go.
    fn take_in(&self, frame: Unpacked) -> Arc<Unpacked> {
        let (first, frame) = (frame.first_sequence(), Arc::new(frame));
        let mut kept = self.0.lock();
        if let Some(found) = kept.frames.get(&first) {
            return Arc::clone(found);
        }
        kept.bytes += cost(&frame);
        kept.order.push_back(first);
        kept.frames.insert(first, Arc::clone(&frame));
        while kept.bytes > KEPT_BYTES
            && let Some(oldest) = kept.order.pop_front()
        {
            kept.bytes -= kept.frames.remove(&oldest).map_or(0, |oldest| cost(&oldest));
        }
        frame
    }
}

/// Bytes that a frame at hand takes up, about.
fn cost(frame: &Unpacked) -> usize {
    frame.bytes() + 256
}
