//! A slot at the head of a segment: which use of the segment this is, and what was certainly acknowledged.
//! There are two, written in turn, so that a torn write spares one.

use super::part;
use crate::merkle::{Hash, Head};

/// First bytes of a slot.
pub const SLOT_MAGIC: [u8; 4] = *b"LMPS";
/// Offset of the log id, 16 bytes.
pub const SLOT_LOG_ID_OFFSET: usize = 4;
/// Offset of the generation, eight bytes.
pub const SLOT_GENERATION_OFFSET: usize = SLOT_LOG_ID_OFFSET + 16;
/// Offset of the counter, eight bytes.
pub const SLOT_COUNTER_OFFSET: usize = SLOT_GENERATION_OFFSET + 8;
/// Offset of the acknowledged size, eight bytes.
pub const SLOT_SIZE_OFFSET: usize = SLOT_COUNTER_OFFSET + 8;
/// Offset of the acknowledged root, 32 bytes.
pub const SLOT_ROOT_OFFSET: usize = SLOT_SIZE_OFFSET + 8;
/// Offset of the state, one byte.
pub const SLOT_STATE_OFFSET: usize = SLOT_ROOT_OFFSET + 32;
/// Offset of the checksum over all before it, four bytes.
pub const SLOT_CHECKSUM_OFFSET: usize = SLOT_STATE_OFFSET + 1;
/// Length of a slot.
pub const SLOT_BYTES: usize = SLOT_CHECKSUM_OFFSET + 4;
/// Distance of the two slots.
pub const SLOT_DISTANCE: usize = 4096;

/// What a segment is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotState {
    /// It is being written to, or was when the process ended.
    Open = 0,
    /// It is full; the next generation's segment exists.
    Full = 1,
    /// The log was closed: the acknowledged head is its end, and sled holds all of it.
    Closed = 2,
}

/// A slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// The log it belongs to.
    pub log_id: [u8; 16],
    /// Which use of a segment; 0 is none.
    pub generation: u64,
    /// One more with every slot of the generation.
    pub counter: u64,
    /// What was certainly acknowledged.
    pub acknowledged: Head,
    /// What the segment is in.
    pub state: SlotState,
}

impl Slot {
    /// The slot's bytes.
    pub fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(SLOT_BYTES);
        bytes.extend_from_slice(&SLOT_MAGIC);
        bytes.extend_from_slice(&self.log_id);
        bytes.extend_from_slice(&self.generation.to_be_bytes());
        bytes.extend_from_slice(&self.counter.to_be_bytes());
        bytes.extend_from_slice(&self.acknowledged.size.to_be_bytes());
        bytes.extend_from_slice(&self.acknowledged.root.0);
        bytes.push(self.state as u8);
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
        bytes
    }

    /// Where the slot stands in its segment.
    pub fn offset(&self) -> usize {
        if self.counter.is_multiple_of(2) { 0 } else { SLOT_DISTANCE }
    }

    /// The slot at an offset of a segment, if a valid one stands where it belongs.
    pub fn read(segment: &[u8], offset: usize) -> Option<Slot> {
        let bytes: &[u8; SLOT_BYTES] = segment.get(offset..)?.first_chunk()?;
        let (signed, sum) = bytes.split_last_chunk::<4>()?;
        let state = match part::<1>(bytes, SLOT_STATE_OFFSET)? {
            [0] => SlotState::Open,
            [1] => SlotState::Full,
            [2] => SlotState::Closed,
            _ => return None,
        };
        let slot = Slot {
            log_id: part(bytes, SLOT_LOG_ID_OFFSET)?,
            generation: u64::from_be_bytes(part(bytes, SLOT_GENERATION_OFFSET)?),
            counter: u64::from_be_bytes(part(bytes, SLOT_COUNTER_OFFSET)?),
            acknowledged: Head {
                size: u64::from_be_bytes(part(bytes, SLOT_SIZE_OFFSET)?),
                root: Hash(part(bytes, SLOT_ROOT_OFFSET)?),
            },
            state,
        };
        let valid = part(bytes, 0)? == SLOT_MAGIC
            && crc32fast::hash(signed) == u32::from_be_bytes(*sum)
            && slot.offset() == offset;
        valid.then_some(slot)
    }

    /// The newer valid slot of a segment.
    pub fn newest(segment: &[u8]) -> Option<Slot> {
        let slots = [0, SLOT_DISTANCE].map(|offset| Slot::read(segment, offset));
        slots.into_iter().flatten().max_by_key(|slot| (slot.generation, slot.counter))
    }
}
