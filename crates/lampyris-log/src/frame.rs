//! A frame: the records of one commit, stored under one key; the twin of the table in `docs/format.md`.
//! A frame is never split and never rewritten.

mod unpacked;

pub(crate) use unpacked::Unpacked;

use crate::corrupt::{At, Corrupt, Rule};
use crate::limits::{MAX_FRAME_BYTES, MAX_RAW_BYTES, MAX_RECORD_BYTES};
use crate::merkle::{Hash, Head};
use lz4_flex::block::{
    CompressTable, compress_into_with_table, decompress_into, get_maximum_output_size,
};

/// First bytes of every frame.
pub const MAGIC: [u8; 4] = *b"LMPF";
/// The frame version this crate writes and reads.
pub const FRAME_VERSION: u8 = 1;

/// Offset of the magic bytes.
pub const MAGIC_OFFSET: usize = 0;
/// Offset of the frame version, one byte.
pub const VERSION_OFFSET: usize = MAGIC_OFFSET + 4;
/// Offset of the codec, one byte.
pub const CODEC_OFFSET: usize = VERSION_OFFSET + 1;
/// Offset of the first sequence, eight bytes.
pub const FIRST_SEQUENCE_OFFSET: usize = CODEC_OFFSET + 1;
/// Offset of the number of records, four bytes.
pub const COUNT_OFFSET: usize = FIRST_SEQUENCE_OFFSET + 8;
/// Offset of the length after decompression, four bytes.
pub const RAW_LENGTH_OFFSET: usize = COUNT_OFFSET + 4;
/// Offset of the root of everything before, 32 bytes.
pub const ROOT_BEFORE_OFFSET: usize = RAW_LENGTH_OFFSET + 4;
/// Offset of the checksum, four bytes.
pub const CHECKSUM_OFFSET: usize = ROOT_BEFORE_OFFSET + 32;
/// Length of the header; the records follow.
pub const HEADER_BYTES: usize = CHECKSUM_OFFSET + 4;
/// Length in front of each record.
pub const RECORD_LENGTH_BYTES: usize = 4;

/// A frame whose checksum, lengths and codec were found good; its records are still to be decoded.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// Sequence of the first record.
    pub first_sequence: u64,
    /// Number of records.
    pub count: u32,
    /// Root of everything before, as the frame says.
    pub root_before: Hash,
    raw: &'a [u8],
}

/// Opens frames one after the other, with one buffer for what they decompress to.
#[derive(Debug, Default)]
pub struct FrameReader {
    raw: Vec<u8>,
}

/// One record's bytes in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawRecord<'a> {
    /// The sequence that the record must have.
    pub sequence: u64,
    /// Offset of its first byte in the frame's records.
    pub offset: usize,
    /// Its exact bytes: the Merkle leaf.
    pub bytes: &'a [u8],
}

/// Walks the records of a frame.
#[derive(Debug, Clone)]
pub struct RawRecords<'a> {
    frame: Frame<'a>,
    read: u32,
    offset: usize,
}

impl FrameReader {
    /// A reader with an empty buffer.
    pub fn new() -> FrameReader {
        FrameReader::default()
    }

    /// Checks a stored frame (checksum first) and decompresses it.
    ///
    /// # Errors
    /// [`Corrupt`] names the first rule that the frame breaks.
    pub fn open<'a>(&'a mut self, key: u64, stored: &'a [u8]) -> Result<Frame<'a>, Corrupt> {
        let FrameReader { raw } = self;
        Frame::open_in(key, stored, move |length| {
            if raw.len() < length {
                raw.resize(length, 0);
            }
            raw.get_mut(..length).unwrap_or_default()
        })
    }
}

impl<'a> Frame<'a> {
    /// Checks a stored frame (checksum first) and decompresses it into room of the length that it is asked for.
    ///
    /// # Errors
    /// [`Corrupt`] names the first rule that the frame breaks.
    pub(crate) fn open_in(
        key: u64,
        stored: &'a [u8],
        room: impl FnOnce(usize) -> &'a mut [u8],
    ) -> Result<Frame<'a>, Corrupt> {
        let fault = |byte, rule| Corrupt { frame: key, sequence: key, at: At::Stored(byte), rule };
        let header: &[u8; HEADER_BYTES] = match stored.first_chunk() {
            Some(header) if stored.len() <= MAX_FRAME_BYTES => header,
            Some(_) | None => {
                return Err(fault(stored.len().min(MAX_FRAME_BYTES), frame_length(stored.len())));
            }
        };
        let body = stored.get(HEADER_BYTES..).unwrap_or_default();
        if field::<4>(header, MAGIC_OFFSET) != MAGIC {
            return Err(fault(MAGIC_OFFSET, Rule::Magic));
        }
        let said = u32::from_be_bytes(field(header, CHECKSUM_OFFSET));
        let computed = checksum(header, body);
        if said != computed {
            return Err(fault(CHECKSUM_OFFSET, Rule::Checksum { stored: said, computed }));
        }
        let [version] = field(header, VERSION_OFFSET);
        if version != FRAME_VERSION {
            return Err(fault(VERSION_OFFSET, Rule::FrameVersion { found: version }));
        }
        let first_sequence = u64::from_be_bytes(field(header, FIRST_SEQUENCE_OFFSET));
        if first_sequence != key {
            return Err(fault(
                FIRST_SEQUENCE_OFFSET,
                Rule::FirstSequence { found: first_sequence },
            ));
        }
        let count = u32::from_be_bytes(field(header, COUNT_OFFSET));
        if count == 0 {
            return Err(fault(COUNT_OFFSET, Rule::Count { said: 0, found: 0 }));
        }
        let said = u32::from_be_bytes(field(header, RAW_LENGTH_OFFSET)) as usize;
        let [codec] = field(header, CODEC_OFFSET);
        let raw = match Codec::from_byte(codec) {
            None => return Err(fault(CODEC_OFFSET, Rule::Codec { found: codec })),
            Some(codec) => unpack(codec, body, said, room).map_err(|rule| {
                fault(
                    if rule == Rule::Compression { HEADER_BYTES } else { RAW_LENGTH_OFFSET },
                    rule,
                )
            })?,
        };
        Ok(Frame {
            first_sequence,
            count,
            root_before: Hash(field(header, ROOT_BEFORE_OFFSET)),
            raw,
        })
    }

    /// The frame's records in order.
    pub fn records(&self) -> RawRecords<'a> {
        RawRecords { frame: *self, read: 0, offset: 0 }
    }

    /// Length of all records after decompression, with the lengths in front.
    pub fn raw_len(&self) -> usize {
        self.raw.len()
    }

    /// A fault at an offset in the frame's records.
    pub(crate) fn fault(&self, sequence: u64, offset: usize, rule: Rule) -> Corrupt {
        Corrupt { frame: self.first_sequence, sequence, at: At::Raw(offset), rule }
    }
}

impl<'a> Iterator for RawRecords<'a> {
    type Item = Result<RawRecord<'a>, Corrupt>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.frame.raw.get(self.offset..).unwrap_or_default();
        let sequence = self.frame.first_sequence.saturating_add(u64::from(self.read));
        if rest.is_empty() && self.read == self.frame.count {
            return None;
        }
        let offset = self.offset;
        let item = match rest.split_first_chunk::<RECORD_LENGTH_BYTES>() {
            _ if rest.is_empty() || self.read == self.frame.count => {
                let found = self.read.saturating_add(u32::from(!rest.is_empty()));
                Err(Rule::Count { said: self.frame.count, found })
            }
            None => Err(Rule::RecordLength { length: rest.len() }),
            Some((length, rest)) => {
                let length = u32::from_be_bytes(*length) as usize;
                match rest.get(..length) {
                    Some(bytes) if (1..=MAX_RECORD_BYTES).contains(&length) => {
                        Ok(RawRecord { sequence, offset: offset + RECORD_LENGTH_BYTES, bytes })
                    }
                    Some(_) | None => Err(Rule::RecordLength { length }),
                }
            }
        };
        if let Ok(record) = &item {
            self.read += 1;
            self.offset = record.offset + record.bytes.len();
        } else {
            self.read = self.frame.count;
            self.offset = self.frame.raw.len();
        }
        Some(item.map_err(|rule| self.frame.fault(sequence, offset, rule)))
    }
}

/// Builds frames one after the other, with one table for the compressor.
#[derive(Default)]
pub struct FrameWriter {
    table: CompressTable,
}

impl FrameWriter {
    /// A writer with a fresh table.
    pub fn new() -> FrameWriter {
        FrameWriter::default()
    }

    /// The frame of `count` records whose bytes, each with its length in front, are `raw`.
    /// The caller keeps the limits.
    pub fn seal(
        &mut self,
        first_sequence: u64,
        count: u32,
        root_before: Hash,
        raw: &[u8],
    ) -> Vec<u8> {
        let mut stored = vec![0; HEADER_BYTES + get_maximum_output_size(raw.len())];
        let room = stored.get_mut(HEADER_BYTES..).unwrap_or_default();
        let codec = match compress_into_with_table(raw, room, &mut self.table) {
            Ok(length) if length < raw.len() => {
                stored.truncate(HEADER_BYTES + length);
                Codec::Lz4
            }
            Ok(_) | Err(_) => {
                stored.truncate(HEADER_BYTES);
                stored.extend_from_slice(raw);
                Codec::Stored
            }
        };
        let raw_length = u32::try_from(raw.len()).unwrap_or(u32::MAX);
        if let Some((header, body)) = stored.split_first_chunk_mut::<HEADER_BYTES>() {
            put(header, MAGIC_OFFSET, &MAGIC);
            put(header, VERSION_OFFSET, &[FRAME_VERSION]);
            put(header, CODEC_OFFSET, &[codec as u8]);
            put(header, FIRST_SEQUENCE_OFFSET, &first_sequence.to_be_bytes());
            put(header, COUNT_OFFSET, &count.to_be_bytes());
            put(header, RAW_LENGTH_OFFSET, &raw_length.to_be_bytes());
            put(header, ROOT_BEFORE_OFFSET, &root_before.0);
            let sum = checksum(header, body);
            put(header, CHECKSUM_OFFSET, &sum.to_be_bytes());
        }
        stored
    }
}

impl std::fmt::Debug for FrameWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FrameWriter")
    }
}

/// How the records of a frame are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Codec {
    Stored = 0,
    Lz4 = 1,
}

impl Codec {
    fn from_byte(byte: u8) -> Option<Codec> {
        match byte {
            0 => Some(Codec::Stored),
            1 => Some(Codec::Lz4),
            _ => None,
        }
    }
}

/// Whether a frame says that it reaches to the record at `sequence`; a frame too short to say so may.
pub fn may_hold(stored: &[u8], sequence: u64) -> bool {
    end(stored).is_none_or(|end| end > sequence)
}

/// Size and root of the log before a frame, as its header says.
pub fn before(stored: &[u8]) -> Option<Head> {
    let header: &[u8; HEADER_BYTES] = stored.first_chunk()?;
    let size = u64::from_be_bytes(field(header, FIRST_SEQUENCE_OFFSET));
    Some(Head { size, root: Hash(field(header, ROOT_BEFORE_OFFSET)) })
}

/// The sequence after a frame's last record, as its header says.
pub fn end(stored: &[u8]) -> Option<u64> {
    let header: &[u8; HEADER_BYTES] = stored.first_chunk()?;
    let count = u32::from_be_bytes(field(header, COUNT_OFFSET));
    u64::from_be_bytes(field(header, FIRST_SEQUENCE_OFFSET)).checked_add(u64::from(count))
}

/// Length of a frame's records after decompression, as its header says, if that can be true.
pub(crate) fn raw_length(stored: &[u8]) -> Option<usize> {
    let header: &[u8; HEADER_BYTES] = stored.first_chunk()?;
    let length = u32::from_be_bytes(field(header, RAW_LENGTH_OFFSET)) as usize;
    (length <= MAX_RAW_BYTES).then_some(length)
}

fn unpack<'a>(
    codec: Codec,
    body: &'a [u8],
    said: usize,
    room: impl FnOnce(usize) -> &'a mut [u8],
) -> Result<&'a [u8], Rule> {
    let length = |found| Rule::RawLength { said, max: MAX_RAW_BYTES, found };
    if said > MAX_RAW_BYTES {
        return Err(length(said));
    }
    let raw = match codec {
        Codec::Stored => body,
        Codec::Lz4 => {
            let room = room(said);
            let found = decompress_into(body, room).map_err(|_| Rule::Compression)?;
            room.get(..found).unwrap_or_default()
        }
    };
    if raw.len() == said { Ok(raw) } else { Err(length(raw.len())) }
}

fn frame_length(found: usize) -> Rule {
    Rule::FrameLength { min: HEADER_BYTES, max: MAX_FRAME_BYTES, found }
}

fn checksum(header: &[u8; HEADER_BYTES], body: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(header.get(..CHECKSUM_OFFSET).unwrap_or_default());
    crc.update(body);
    crc.finalize()
}

fn field<const N: usize>(header: &[u8; HEADER_BYTES], offset: usize) -> [u8; N] {
    header.get(offset..).and_then(<[u8]>::first_chunk).copied().unwrap_or([0; N])
}

fn put(header: &mut [u8; HEADER_BYTES], offset: usize, bytes: &[u8]) {
    if let Some(place) = header.get_mut(offset..offset + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}
