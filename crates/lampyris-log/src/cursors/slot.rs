//! A slot of a cursor's file: of which log, and where its consumer stands.
//! There are two, written in turn, so that a torn write spares one.

/// First bytes of a slot.
pub const SLOT_MAGIC: [u8; 4] = *b"LMPP";
/// The format of slots.
pub const SLOT_FORMAT: u8 = 1;
/// Offset of the format, one byte.
pub const SLOT_FORMAT_OFFSET: usize = 4;
/// Offset of the log id, 16 bytes.
pub const SLOT_LOG_ID_OFFSET: usize = SLOT_FORMAT_OFFSET + 1;
/// Offset of the counter, eight bytes.
pub const SLOT_COUNTER_OFFSET: usize = SLOT_LOG_ID_OFFSET + 16;
/// Offset of the position, eight bytes.
pub const SLOT_POSITION_OFFSET: usize = SLOT_COUNTER_OFFSET + 8;
/// Offset of the checksum over all before it, four bytes.
pub const SLOT_CHECKSUM_OFFSET: usize = SLOT_POSITION_OFFSET + 8;
/// Length of a slot.
pub const SLOT_BYTES: usize = SLOT_CHECKSUM_OFFSET + 4;
/// Distance of the two slots.
pub const SLOT_DISTANCE: usize = 4096;
/// Length of a cursor's file, always.
pub const FILE_BYTES: usize = 2 * SLOT_DISTANCE;

/// A slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    /// The log that the position is one of.
    pub(super) log_id: [u8; 16],
    /// One more with every slot of the file, 0 in the first.
    pub(super) counter: u64,
    /// The sequence to go on at.
    pub(super) position: u64,
}

/// What the file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// This slot is the newest; `torn` if the other place holds neither a slot nor nothing.
    Slot { slot: Slot, torn: bool },
    /// A slot is of a newer format.
    Newer(u8),
    /// It does not say where the consumer stands.
    Damaged(&'static str),
}

impl Slot {
    /// The slot's bytes.
    pub(super) fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(SLOT_BYTES);
        bytes.extend_from_slice(&SLOT_MAGIC);
        bytes.push(SLOT_FORMAT);
        bytes.extend_from_slice(&self.log_id);
        bytes.extend_from_slice(&self.counter.to_be_bytes());
        bytes.extend_from_slice(&self.position.to_be_bytes());
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
        bytes
    }

    /// Where the slot stands in its file.
    pub(super) fn offset(&self) -> usize {
        if self.counter.is_multiple_of(2) { 0 } else { SLOT_DISTANCE }
    }

    /// The bytes of a file whose first slot this is.
    pub(super) fn first_file(&self) -> Vec<u8> {
        let mut bytes = self.write();
        bytes.resize(FILE_BYTES, 0);
        bytes
    }
}

/// Reads a file.
pub(super) fn read(file: &[u8]) -> Found {
    if file.len() != FILE_BYTES {
        return Found::Damaged("has not the length of a cursor");
    }
    let (first, second) = file.split_at(SLOT_DISTANCE);
    let newer = |bytes: &&[u8]| match bytes.get(SLOT_FORMAT_OFFSET) {
        Some(format) if bytes.starts_with(&SLOT_MAGIC) => {
            Some(*format).filter(|it| *it > SLOT_FORMAT)
        }
        Some(_) | None => None,
    };
    if let Some(format) = [first, second].iter().find_map(newer) {
        return Found::Newer(format);
    }
    let is_blank = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0);
    match (slot(first, 0), slot(second, SLOT_DISTANCE)) {
        (Some(one), Some(other)) if one.counter.abs_diff(other.counter) != 1 => {
            Found::Damaged("has two slots that do not follow each other")
        }
        (Some(one), Some(other)) => {
            let slot = if one.counter > other.counter { one } else { other };
            Found::Slot { slot, torn: false }
        }
        (Some(slot), None) => Found::Slot { slot, torn: !(slot.counter == 0 && is_blank(second)) },
        (None, Some(slot)) => Found::Slot { slot, torn: true },
        (None, None) => Found::Damaged("has no whole slot"),
    }
}

/// The slot at the beginning of some bytes, if a valid one stands where it belongs.
fn slot(bytes: &[u8], offset: usize) -> Option<Slot> {
    let (said, sum) = bytes.get(..SLOT_BYTES)?.split_last_chunk::<4>()?;
    let right = said.starts_with(&SLOT_MAGIC)
        && said.get(SLOT_FORMAT_OFFSET) == Some(&SLOT_FORMAT)
        && crc32fast::hash(said) == u32::from_be_bytes(*sum);
    let slot = Slot {
        log_id: *said.get(SLOT_LOG_ID_OFFSET..)?.first_chunk()?,
        counter: u64::from_be_bytes(*said.get(SLOT_COUNTER_OFFSET..)?.first_chunk()?),
        position: u64::from_be_bytes(*said.get(SLOT_POSITION_OFFSET..)?.first_chunk()?),
    };
    (right && slot.offset() == offset).then_some(slot)
}

#[cfg(test)]
mod tests {
    use super::{FILE_BYTES, Found, SLOT_BYTES, SLOT_DISTANCE, Slot, read};

    fn slot(counter: u64) -> Slot {
        Slot { log_id: [7; 16], counter, position: 10 * counter }
    }

    fn file(counter: u64) -> Vec<u8> {
        let mut bytes = slot(0).first_file();
        for counter in 1..=counter {
            let slot = slot(counter);
            bytes[slot.offset()..][..SLOT_BYTES].copy_from_slice(&slot.write());
        }
        bytes
    }

    #[test]
    fn the_newest_slot_is_read_and_no_flipped_bit_makes_another_position() {
        for counter in 0..5 {
            let whole = file(counter);
            assert_eq!(read(&whole), Found::Slot { slot: slot(counter), torn: false });
            for bit in (0..SLOT_BYTES * 8).flat_map(|bit| [bit, bit + SLOT_DISTANCE * 8]) {
                let mut flipped = whole.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                match read(&flipped) {
                    // A flipped bit is as a torn write: of the newest slot, the one before is left.
                    Found::Slot { slot: found, torn } => {
                        assert!(torn);
                        assert!(found == slot(counter) || found == slot(counter - 1), "bit {bit}");
                    }
                    Found::Newer(_) => assert_eq!((bit / 8) % SLOT_DISTANCE, 4),
                    Found::Damaged(_) => assert_eq!(counter, 0, "bit {bit}"),
                }
            }
        }
    }

    #[test]
    fn what_is_not_a_cursor_is_damaged() {
        for length in [0, 1, SLOT_BYTES, SLOT_DISTANCE, FILE_BYTES - 1] {
            assert!(matches!(read(&file(3)[..length]), Found::Damaged(_)), "{length}");
        }
        let longer = [file(3), vec![0]].concat();
        assert!(matches!(read(&longer), Found::Damaged(_)));
        assert!(matches!(read(&[0; FILE_BYTES]), Found::Damaged(_)));
        // Two slots of which one was put back from a copy.
        let (mut bytes, old) = (file(5), slot(2));
        bytes[old.offset()..][..SLOT_BYTES].copy_from_slice(&old.write());
        assert!(matches!(read(&bytes), Found::Damaged(_)));
    }
}
