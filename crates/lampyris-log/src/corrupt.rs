//! A fault in stored bytes: where it is, to the byte, and which rule it breaks.
//! It never says how the fault came about.

use crate::identity::NotOwn;
use crate::merkle::Hash;
use crate::record::Malformed;
use std::fmt;

/// A fault in a frame or in one of its records.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("frame {frame}, sequence {sequence}, {at}: {rule}")]
pub struct Corrupt {
    /// The frame's key: the first sequence it should hold.
    pub frame: u64,
    /// The record at fault; the first one if the whole frame is.
    pub sequence: u64,
    /// Where the fault is.
    pub at: At,
    /// The rule that is broken.
    pub rule: Rule,
}

/// A place in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// Offset in the frame as it is stored, header included.
    Stored(usize),
    /// Offset in the frame's records after decompression.
    Raw(usize),
}

/// What frames and records must keep.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rule {
    /// A frame has a whole header and no more than the limit.
    #[error("a frame of {found} bytes is not within {min} to {max}")]
    FrameLength {
        /// Length of the header.
        min: usize,
        /// Largest frame.
        max: usize,
        /// Length found.
        found: usize,
    },
    /// A frame's key is eight bytes.
    #[error("a key of {found} bytes is not a sequence")]
    Key {
        /// Length found.
        found: usize,
    },
    /// A frame starts with `LMPF`.
    #[error("the frame does not start with LMPF")]
    Magic,
    /// The checksum covers header and stored bytes.
    #[error("checksum {computed:08x} is not {stored:08x}")]
    Checksum {
        /// Checksum in the header.
        stored: u32,
        /// Checksum of the bytes.
        computed: u32,
    },
    /// The frame version is known.
    #[error("frame version {found} is not known")]
    FrameVersion {
        /// Version found.
        found: u8,
    },
    /// The codec is known.
    #[error("codec {found} is not known")]
    Codec {
        /// Codec found.
        found: u8,
    },
    /// The header repeats the key.
    #[error("the header says first sequence {found}")]
    FirstSequence {
        /// First sequence in the header.
        found: u64,
    },
    /// The raw length keeps its limit and is the length of the records.
    #[error("{found} bytes of records are not the {said} of the header, at most {max}")]
    RawLength {
        /// Raw length in the header.
        said: usize,
        /// Largest allowed.
        max: usize,
        /// Length found.
        found: usize,
    },
    /// The stored bytes decompress.
    #[error("the records do not decompress")]
    Compression,
    /// Each record has a whole length in front and all its bytes behind it.
    #[error("a record of {length} bytes does not fit")]
    RecordLength {
        /// Length in front of the record.
        length: usize,
    },
    /// The header counts the records.
    #[error("{found} records are not the {said} of the header")]
    Count {
        /// Count in the header.
        said: u32,
        /// Records found.
        found: u32,
    },
    /// A record is in its deterministic encoding.
    #[error(transparent)]
    Record(#[from] Malformed),
    /// Sequences are dense.
    #[error("the sequence is {found}")]
    Sequence {
        /// Sequence in the record, or in the frame's header.
        found: u64,
    },
    /// The frame names the root of everything before it.
    #[error("the root before is {found}, the frame says {said}")]
    RootBefore {
        /// Root in the header.
        said: Hash,
        /// Root of the records before.
        found: Hash,
    },
    /// Time does not go back.
    #[error("time {found} is before {earlier}")]
    Time {
        /// Time of the record before.
        earlier: i64,
        /// Time of this record.
        found: i64,
    },
    /// Versions of a stream are dense.
    #[error("version {found} of the stream should be {expected}")]
    Version {
        /// The next version.
        expected: u64,
        /// Version in the record.
        found: u64,
    },
    /// A record links to its stream's record before.
    #[error("the link {found:?} to the stream's record before should be {expected:?}")]
    Previous {
        /// Sequence of the stream's last record.
        expected: Option<u64>,
        /// Link in the record.
        found: Option<u64>,
    },
    /// The records of an append stand together, in order, complete, in one frame.
    #[error("part {index} of {count} of an append stands where part {expected} should")]
    Append {
        /// The part that should stand here.
        expected: u32,
        /// Part found.
        index: u32,
        /// Parts of that append.
        count: u32,
    },
    /// The last append of a frame ends in it.
    #[error("the frame ends in the middle of an append")]
    AppendCut,
    /// The log's own stream holds `opened` first, and nothing but `rules` and `recovered` later, each in its place.
    #[error(transparent)]
    OwnStream(#[from] NotOwn),
    /// A key is used up once.
    #[error("the record uses a key that the record at {holder} used")]
    ClaimTaken {
        /// The record that used it first.
        holder: u64,
    },
    /// A record that the index names as a key's holder holds the key.
    #[error("the record does not use the key it is said to")]
    ClaimMissing,
    /// There is room in the index.
    #[error("more streams, or more events of one, than the format allows")]
    IndexFull,
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            At::Stored(byte) => write!(f, "byte {byte}"),
            At::Raw(byte) => write!(f, "byte {byte} of the records"),
        }
    }
}
