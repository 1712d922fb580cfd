//! The bounds of a record, each with its reason.
//! Nothing here is a setting: a log written with other bounds is another format.

/// Largest encoded record, in bytes.
///
/// A C2SP entry bundle gives an entry a 16-bit length (65,535 bytes); the rest is kept for a wrapper.
pub const MAX_RECORD_BYTES: usize = 60_000;

/// Most records in one append: an append is one frame, and a reader holds a whole frame.
pub const MAX_APPEND_RECORDS: usize = 1_000;

/// Most claims in one record: a command uses one or two keys, and a reader walks them all.
pub const MAX_CLAIMS: usize = 64;

/// How many bytes a field may have. The same bounds hold for writing and for reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Fewest bytes.
    pub min: usize,
    /// Most bytes.
    pub max: usize,
}

impl Bounds {
    /// Whether a field of `bytes` bytes keeps the bounds.
    pub fn hold(self, bytes: usize) -> bool {
        (self.min..=self.max).contains(&bytes)
    }
}

/// A namespace: FireFly's own limit; empty only for the log's own stream.
pub const NAMESPACE: Bounds = Bounds { min: 0, max: 64 };
/// A stream's kind: a word of ours, such as `message`.
pub const KIND: Bounds = Bounds { min: 1, max: 64 };
/// A stream's id: 16 bytes for a uuid, 32 for a hash, up to 64 for a name.
pub const STREAM_ID: Bounds = Bounds { min: 1, max: 64 };
/// A command's kind: a word of ours.
pub const COMMAND: Bounds = Bounds { min: 1, max: 64 };
/// An actor: a decentralised identifier fits.
pub const ACTOR: Bounds = Bounds { min: 1, max: 255 };
/// An event's name: a word of ours.
pub const EVENT_NAME: Bounds = Bounds { min: 1, max: 64 };
/// A claim's namespace.
pub const CLAIM_NAMESPACE: Bounds = Bounds { min: 1, max: 64 };
/// A claimed key: FireFly's idempotency keys have up to 256 characters of up to four bytes.
pub const CLAIM_KEY: Bounds = Bounds { min: 1, max: 1024 };
/// A log's origin: a line of a C2SP checkpoint.
pub const ORIGIN: Bounds = Bounds { min: 1, max: 255 };
