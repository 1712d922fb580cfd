//! The frame that the sequencer is filling: whole appends, and behind them one that is not accepted yet.
//! It keeps the limits: no frame it seals is too large.

use crate::error::Refused;
use crate::frame::{FrameWriter, HEADER_BYTES, RECORD_LENGTH_BYTES};
use crate::limits::{MAX_FRAME_BYTES, MAX_RAW_BYTES};
use crate::merkle::{Frontier, Hash, Head};
use crate::record::RecordRef;
use crate::shard::SealedFrame;
use crate::tree::{self, Entry};

const MAX_BODY_BYTES: usize = MAX_FRAME_BYTES - HEADER_BYTES;

/// A frame under construction.
#[derive(Debug)]
pub(super) struct OpenFrame {
    before: Head,
    count: u32,
    /// Accepted records, each with its length in front.
    raw: Vec<u8>,
    /// Records of the append that is being placed.
    pending: Vec<u8>,
    writer: FrameWriter,
    /// What the accepted records bring into the tiles.
    entries: Vec<Entry>,
}

impl OpenFrame {
    pub(super) fn new(frontier: &Frontier) -> OpenFrame {
        OpenFrame {
            before: frontier.head(),
            count: 0,
            raw: Vec::new(),
            pending: Vec::new(),
            writer: FrameWriter::new(),
            entries: Vec::new(),
        }
    }

    /// Bytes of the accepted records.
    pub(super) fn raw_len(&self) -> usize {
        self.raw.len()
    }

    /// Bytes of the accepted records, without the lengths in front.
    pub(super) fn record_bytes(&self) -> u64 {
        (self.raw.len() - self.count as usize * RECORD_LENGTH_BYTES) as u64
    }

    /// Encodes a record of the append that is being placed.
    pub(super) fn encode(&mut self, record: &RecordRef<'_>) {
        let start = self.pending.len() + RECORD_LENGTH_BYTES;
        self.pending.extend_from_slice(&[0; RECORD_LENGTH_BYTES]);
        record.encode_into(&mut self.pending);
        let length = u32::try_from(self.pending.len() - start).unwrap_or(u32::MAX);
        if let Some(front) = self.pending.get_mut(start - RECORD_LENGTH_BYTES..start) {
            front.copy_from_slice(&length.to_be_bytes());
        }
    }

    /// Checks that the append that is being placed fits into a frame of its own.
    pub(super) fn check(&mut self) -> Result<(), Refused> {
        let raw = self.pending.len();
        if raw <= MAX_BODY_BYTES {
            return Ok(());
        }
        if raw > MAX_RAW_BYTES {
            return Err(Refused::TooLarge { what: "append", bytes: raw, limit: MAX_RAW_BYTES });
        }
        let bytes = self.writer.seal(0, 0, Hash([0; 32]), &self.pending).len();
        if bytes > MAX_FRAME_BYTES {
            return Err(Refused::TooLarge { what: "append", bytes, limit: MAX_FRAME_BYTES });
        }
        Ok(())
    }

    /// Whether the append that is being placed needs a frame of its own: the two might not fit together.
    pub(super) fn must_close(&self) -> bool {
        !self.raw.is_empty() && self.raw.len() + self.pending.len() > MAX_BODY_BYTES
    }

    /// Takes the append that is being placed into the frame and its records into the tree.
    pub(super) fn accept(&mut self, frontier: &mut Frontier) {
        for record in records(&self.pending) {
            frontier.push_with(Hash::leaf(record), tree::entries(&mut self.entries));
            self.count += 1;
        }
        self.raw.append(&mut self.pending);
    }

    /// What the accepted records bring into the tiles; told once.
    pub(super) fn take_entries(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.entries)
    }

    /// Forgets the append that is being placed.
    pub(super) fn reject(&mut self) {
        self.pending.clear();
    }

    /// Seals the accepted records, if there are any; `after` is the log's head with them.
    pub(super) fn seal(&mut self, after: Head) -> Option<SealedFrame> {
        if self.raw.is_empty() {
            return None;
        }
        let Head { size: first_sequence, root } = self.before;
        let bytes = self.writer.seal(first_sequence, self.count, root, &self.raw).into();
        self.raw.clear();
        self.count = 0;
        self.before = after;
        Some(SealedFrame { first_sequence, bytes, after })
    }
}

/// The records of a buffer, without the lengths in front.
fn records(mut raw: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = raw.split_first_chunk::<RECORD_LENGTH_BYTES>()?;
        let (record, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        raw = rest;
        Some(record)
    })
}
