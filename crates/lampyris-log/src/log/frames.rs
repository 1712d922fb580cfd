//! Frames at hand: unpacked ones of which records were read lately, because the next record often stands in one too.
//! A frame is checked when it is taken in, and never changes; scans read past this and check everything anew.

use super::Shared;
use crate::block_on::block_on;
use crate::corrupt::{At, Corrupt, Rule};
use crate::error::ReadError;
use crate::frame::{FrameReader, Unpacked};
use crate::record::Record;
use crate::verify::decode;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;

/// How many bytes of unpacked records are kept at hand.
const KEPT_BYTES: usize = 8 * 1024 * 1024;

/// The frames at hand.
#[derive(Debug, Default)]
pub(super) struct Frames(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// The one used last at the end.
    frames: VecDeque<Arc<Unpacked>>,
    bytes: usize,
}

impl Shared {
    /// A durable record, or nothing if the log is not that long.
    pub(super) fn record(&self, wanted: u64) -> Result<Option<Record>, ReadError> {
        if wanted >= self.head().size {
            return Ok(None);
        }
        let frame = match self.frames.find(wanted) {
            Some(frame) => frame,
            None => self.frames.take_in(self.unpack(wanted)?),
        };
        let raw = frame.record(wanted).ok_or_else(|| missing(frame.first_sequence(), wanted))?;
        Ok(Some(decode(&frame.frame(), raw)?.to_record()))
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
        let mut kept = self.0.lock();
        let place = kept.frames.iter().rposition(|frame| frame.holds(wanted))?;
        let frame = kept.frames.remove(place)?;
        kept.frames.push_back(Arc::clone(&frame));
        Some(frame)
    }

    fn take_in(&self, frame: Unpacked) -> Arc<Unpacked> {
        let frame = Arc::new(frame);
        let mut kept = self.0.lock();
        kept.bytes += frame.bytes();
        kept.frames.push_back(Arc::clone(&frame));
        while kept.bytes > KEPT_BYTES
            && let Some(oldest) = kept.frames.pop_front()
        {
            kept.bytes -= oldest.bytes();
        }
        frame
    }
}
