//! A key slot: which object it is for, its key, and where its sealed bytes are.
//! Slots stand in files of keys, apart from what they open, and never cross a sector of a disk.

use super::Object;
use super::seal::Key;
use crate::merkle::Hash;

/// The format of files of keys.
pub(super) const FORMAT: u8 = 1;

/// Bytes of a slot; the first one of a file says which file it is.
pub(super) const SLOT_BYTES: usize = 128;

/// Slots of a file of keys, the first one included: 4 MiB, written once and never longer.
pub(super) const SLOTS: u32 = 32 * 1024;

/// What stands where no slot is.
pub(super) const NOTHING: [u8; SLOT_BYTES] = [0; SLOT_BYTES];

/// What stands in a slot where a key was.
const NO_KEY: Key = Key([0; 32]);

const MAGIC: &[u8; 4] = b"LMPK";
const DROPPED_MAGIC: &[u8; 4] = b"LMPD";
const HEADER_MAGIC: &[u8; 4] = b"LMPH";
const CHECKSUM_AT: usize = 92;
const HEADER_CHECKSUM_AT: usize = 9;

/// A slot in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) hash: Hash,
    pub(super) key: Key,
    /// Number of the pack that has the sealed bytes.
    pub(super) pack: u32,
    /// Where they begin in it.
    pub(super) offset: u64,
    /// Bytes of the object before it was sealed.
    pub(super) size: u64,
}

/// What stands where a slot may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing: it was never written, or the key was dropped and its object is gone.
    Nothing,
    /// A slot.
    Slot(Slot),
    /// A slot whose key was dropped: it says where the sealed bytes are, until they are gone too.
    Dropped(Slot),
    /// What is left of a slot that was being overwritten with nothing.
    Cut,
    /// None of these, with what stands where a hash should.
    Damaged(Hash),
}

/// What stands at the beginning of a file of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Header {
    /// Nothing: its creation was cut short, and no slot was ever written.
    Nothing,
    /// The header of this format, with the number of the file.
    Known(u32),
    /// A newer format.
    Newer(u8),
    /// Something else.
    Damaged,
}

impl Found {
    /// Whether it is a slot for this object.
    pub(super) fn is_of(&self, hash: &Hash) -> bool {
        matches!(self, Found::Slot(slot) if slot.hash == *hash)
    }

    /// The slot, if its key is there.
    pub(super) fn slot(self) -> Option<Slot> {
        if let Found::Slot(slot) = self { Some(slot) } else { None }
    }
}

impl Slot {
    pub(super) fn object(&self) -> Object {
        Object { hash: self.hash, size: self.size }
    }

    pub(super) fn encode(&self) -> [u8; SLOT_BYTES] {
        self.encode_as(*MAGIC)
    }

    /// The same without its key.
    pub(super) fn encode_dropped(&self) -> [u8; SLOT_BYTES] {
        Slot { key: NO_KEY, ..*self }.encode_as(*DROPPED_MAGIC)
    }

    fn encode_as(&self, magic: [u8; 4]) -> [u8; SLOT_BYTES] {
        let mut bytes = [0; SLOT_BYTES];
        bytes[..4].copy_from_slice(&magic);
        bytes[4..36].copy_from_slice(&self.hash.0);
        bytes[36..68].copy_from_slice(&self.key.0);
        bytes[68..72].copy_from_slice(&self.pack.to_be_bytes());
        bytes[72..80].copy_from_slice(&self.offset.to_be_bytes());
        bytes[80..88].copy_from_slice(&self.size.to_be_bytes());
        // Four bytes are left free.
        let checksum = crc32fast::hash(&bytes[..CHECKSUM_AT]);
        bytes[CHECKSUM_AT..CHECKSUM_AT + 4].copy_from_slice(&checksum.to_be_bytes());
        bytes
    }
}

/// Reads what stands where a slot may.
pub(super) fn read(bytes: &[u8; SLOT_BYTES]) -> Found {
    if *bytes == NOTHING {
        return Found::Nothing;
    }
    if bytes.starts_with(&[0; 4]) {
        return Found::Cut;
    }
    let u64_at = |at| array(bytes, at).map(u64::from_be_bytes);
    let parts = || {
        let checksum = u32::from_be_bytes(array(bytes, CHECKSUM_AT)?);
        let rest = bytes.get(CHECKSUM_AT + 4..)?;
        let whole = checksum == crc32fast::hash(bytes.get(..CHECKSUM_AT)?)
            && rest.iter().all(|byte| *byte == 0);
        let slot = Slot {
            hash: Hash(array(bytes, 4)?),
            key: Key(array(bytes, 36)?),
            pack: u32::from_be_bytes(array(bytes, 68)?),
            offset: u64_at(72)?,
            size: u64_at(80)?,
        };
        let is_dropped = bytes.starts_with(DROPPED_MAGIC) && slot.key == NO_KEY;
        match (whole, bytes.starts_with(MAGIC), is_dropped) {
            (true, true, _) => Some(Found::Slot(slot)),
            (true, false, true) => Some(Found::Dropped(slot)),
            (..) => None,
        }
    };
    parts().unwrap_or_else(|| Found::Damaged(Hash(array(bytes, 4).unwrap_or_default())))
}

/// The first slot of the file of keys with this number.
pub(super) fn header(number: u32) -> [u8; SLOT_BYTES] {
    let mut bytes = [0; SLOT_BYTES];
    bytes[..4].copy_from_slice(HEADER_MAGIC);
    bytes[4] = FORMAT;
    bytes[5..9].copy_from_slice(&number.to_be_bytes());
    let checksum = crc32fast::hash(&bytes[..HEADER_CHECKSUM_AT]);
    bytes[HEADER_CHECKSUM_AT..HEADER_CHECKSUM_AT + 4].copy_from_slice(&checksum.to_be_bytes());
    bytes
}

/// Reads the first slot of a file of keys.
pub(super) fn read_header(bytes: &[u8; SLOT_BYTES]) -> Header {
    let number = array(bytes, 5).map(u32::from_be_bytes);
    match (bytes.get(4), number) {
        _ if *bytes == NOTHING => Header::Nothing,
        (Some(format), _) if bytes.starts_with(HEADER_MAGIC) && *format > FORMAT => {
            Header::Newer(*format)
        }
        (_, Some(number)) if *bytes == header(number) => Header::Known(number),
        (_, _) => Header::Damaged,
    }
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::{CHECKSUM_AT, Found, Header, Key, SLOT_BYTES, Slot, header, read, read_header};
    use crate::merkle::Hash;

    #[test]
    fn a_slot_reads_as_it_was_written_and_no_flipped_bit_goes_unnoticed() {
        let slot = Slot {
            hash: Hash([1; 32]),
            key: Key([2; 32]),
            pack: 3,
            offset: 1 << 40,
            size: u64::MAX,
        };
        let bytes = slot.encode();
        assert_eq!(read(&bytes), Found::Slot(slot));
        let dropped = slot.encode_dropped();
        assert_eq!(read(&dropped), Found::Dropped(Slot { key: Key([0; 32]), ..slot }));
        assert!(!dropped.windows(8).any(|bytes| bytes == [2; 8]), "a byte of the key stays");
        assert_eq!(read(&[0; SLOT_BYTES]), Found::Nothing);
        for at in 4..CHECKSUM_AT + 4 {
            let cleared = [&[0; SLOT_BYTES][..at], &bytes[at..]].concat();
            assert_eq!(read(cleared.as_chunks().0.first().unwrap()), Found::Cut, "at {at}");
        }
        assert_eq!(read_header(&header(9)), Header::Known(9));
        assert_eq!(read_header(&[0; SLOT_BYTES]), Header::Nothing);
        for bit in 0..SLOT_BYTES * 8 {
            for mut flipped in [bytes, dropped] {
                flipped[bit / 8] ^= 1 << (bit % 8);
                assert!(matches!(read(&flipped), Found::Damaged(_)), "bit {bit}");
            }
            let mut flipped = header(9);
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(
                !matches!(read_header(&flipped), Header::Known(_) | Header::Nothing),
                "bit {bit}"
            );
        }
    }
}
