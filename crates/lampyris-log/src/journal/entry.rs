//! An entry of the journal: one frame with the head after it; the twin of a table in `docs/format.md`.
//! It says itself where it belongs, so that bytes left over from an earlier use of a segment are never taken for it.

use super::part;
use crate::frame;
use crate::limits::MAX_FRAME_BYTES;
use crate::merkle::{Hash, Head};

/// First bytes of an entry.
pub const ENTRY_MAGIC: [u8; 4] = *b"LMPJ";
/// Offset of the log id, 16 bytes.
pub const ENTRY_LOG_ID_OFFSET: usize = 4;
/// Offset of the segment's generation, eight bytes.
pub const ENTRY_GENERATION_OFFSET: usize = ENTRY_LOG_ID_OFFSET + 16;
/// Offset of the entry's own offset in the segment, four bytes.
pub const ENTRY_POSITION_OFFSET: usize = ENTRY_GENERATION_OFFSET + 8;
/// Offset of the checksum of the entry before, four bytes.
pub const ENTRY_PREVIOUS_OFFSET: usize = ENTRY_POSITION_OFFSET + 4;
/// Offset of the number of records known to be durable when the entry was written, eight bytes.
pub const ENTRY_ACKNOWLEDGED_OFFSET: usize = ENTRY_PREVIOUS_OFFSET + 4;
/// Offset of the size of the log after the frame, eight bytes.
pub const ENTRY_SIZE_OFFSET: usize = ENTRY_ACKNOWLEDGED_OFFSET + 8;
/// Offset of the root after the frame, 32 bytes.
pub const ENTRY_ROOT_OFFSET: usize = ENTRY_SIZE_OFFSET + 8;
/// Offset of the frame's length, four bytes.
pub const ENTRY_LENGTH_OFFSET: usize = ENTRY_ROOT_OFFSET + 32;
/// Offset of the checksum over all before it and the frame, four bytes.
pub const ENTRY_CHECKSUM_OFFSET: usize = ENTRY_LENGTH_OFFSET + 4;
/// Length of an entry's header; the frame follows.
pub const ENTRY_HEADER_BYTES: usize = ENTRY_CHECKSUM_OFFSET + 4;

/// An entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The log it belongs to.
    pub log_id: [u8; 16],
    /// The segment's generation: no two uses of a segment have the same.
    pub generation: u64,
    /// Its offset in the segment.
    pub position: u32,
    /// Checksum of the entry before; 0 for the first one after a repair.
    pub previous: u32,
    /// Number of records known to be durable when it was written.
    pub acknowledged: u64,
    /// Size and root of the log after the frame.
    pub after: Head,
    /// The frame.
    pub frame: &'a [u8],
}

impl<'a> Entry<'a> {
    /// Appends the entry's bytes to `out` and returns its checksum.
    pub fn write(&self, out: &mut Vec<u8>) -> u32 {
        let start = out.len();
        let length = u32::try_from(self.frame.len()).unwrap_or(u32::MAX);
        out.extend_from_slice(&ENTRY_MAGIC);
        out.extend_from_slice(&self.log_id);
        out.extend_from_slice(&self.generation.to_be_bytes());
        out.extend_from_slice(&self.position.to_be_bytes());
        out.extend_from_slice(&self.previous.to_be_bytes());
        out.extend_from_slice(&self.acknowledged.to_be_bytes());
        out.extend_from_slice(&self.after.size.to_be_bytes());
        out.extend_from_slice(&self.after.root.0);
        out.extend_from_slice(&length.to_be_bytes());
        let sum = checksum(out.get(start..).unwrap_or_default(), self.frame);
        out.extend_from_slice(&sum.to_be_bytes());
        out.extend_from_slice(self.frame);
        sum
    }

    /// The entry that begins at `position` of a segment, with its checksum, if one does.
    pub fn read(segment: &'a [u8], position: usize) -> Option<(Entry<'a>, u32)> {
        let bytes = segment.get(position..)?;
        let (header, rest) = bytes.split_first_chunk::<ENTRY_HEADER_BYTES>()?;
        if part(header, 0)? != ENTRY_MAGIC {
            return None;
        }
        let length = u32::from_be_bytes(part(header, ENTRY_LENGTH_OFFSET)?) as usize;
        let frame = rest.get(..length).filter(|_| length <= MAX_FRAME_BYTES)?;
        let sum = u32::from_be_bytes(part(header, ENTRY_CHECKSUM_OFFSET)?);
        let said = u32::from_be_bytes(part(header, ENTRY_POSITION_OFFSET)?);
        if said as usize != position || checksum(header.get(..ENTRY_CHECKSUM_OFFSET)?, frame) != sum
        {
            return None;
        }
        let entry = Entry {
            log_id: part(header, ENTRY_LOG_ID_OFFSET)?,
            generation: u64::from_be_bytes(part(header, ENTRY_GENERATION_OFFSET)?),
            position: said,
            previous: u32::from_be_bytes(part(header, ENTRY_PREVIOUS_OFFSET)?),
            acknowledged: u64::from_be_bytes(part(header, ENTRY_ACKNOWLEDGED_OFFSET)?),
            after: Head {
                size: u64::from_be_bytes(part(header, ENTRY_SIZE_OFFSET)?),
                root: Hash(part(header, ENTRY_ROOT_OFFSET)?),
            },
            frame,
        };
        // A frame ends where the entry says that the log does.
        (frame::end(frame) == Some(entry.after.size)).then_some((entry, sum))
    }

    /// Bytes of the whole entry.
    pub fn bytes(&self) -> usize {
        ENTRY_HEADER_BYTES + self.frame.len()
    }

    /// Size and root of the log before the frame, as the frame's header says.
    pub fn before(&self) -> Option<Head> {
        frame::before(self.frame)
    }
}

fn checksum(header: &[u8], frame: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(header);
    crc.update(frame);
    crc.finalize()
}
