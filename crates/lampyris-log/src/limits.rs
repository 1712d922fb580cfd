//! The bounds of everything the log stores, each with its reason.
//! Nothing here is a setting: a log written with other bounds is another format.

pub use lampyris_evidence::limits::{
    ACTOR, Bounds, CLAIM_KEY, CLAIM_NAMESPACE, COMMAND, EVENT_NAME, KIND, MAX_APPEND_RECORDS,
    MAX_CLAIMS, MAX_RECORD_BYTES, NAMESPACE, ORIGIN, STREAM_ID,
};

/// Largest frame as stored, header included, in bytes.
///
/// sled moves a leaf over a quarter of a segment into a file it never syncs.
/// A leaf holds up to 16 items, so 16 × 240 KiB stays below a quarter of [`SEGMENT_BYTES`].
pub const MAX_FRAME_BYTES: usize = 240 * 1024;

/// Largest content of a frame after decompression, in bytes: what a reader sets aside before it trusts a frame.
pub const MAX_RAW_BYTES: usize = 1024 * 1024;

/// A frame is closed once its records have this many bytes: a reader of one record decompresses no more,
/// and while it is compressed the frame before is being synced.
pub const FRAME_BYTES: usize = 64 * 1024;

/// Most bytes of frames that become durable with one sync: a few frames of the largest size, and little
/// beside a segment of the journal.
pub const MAX_APPEND_BYTES: usize = 1024 * 1024;

/// Appends under way, in bytes: who would queue more waits.
pub const QUEUE_BYTES: usize = 64 * 1024 * 1024;

/// How many of the newest appends are known by their id alone.
pub const RECENT_APPENDS: usize = 16 * 1024;

/// After so many new records, and an eighth of those before, a running log is written down as a snapshot: reading so
/// many takes a part of a second.
pub const SNAPSHOT_RECORDS: u64 = 64 * 1024;

/// Size of a sled segment in bytes, fixed when a store is created (see [`MAX_FRAME_BYTES`]).
pub const SEGMENT_BYTES: usize = 16 * 1024 * 1024;

/// sled's cache in bytes: frames are read once in order, so more buys nothing.
pub const CACHE_BYTES: u64 = 64 * 1024 * 1024;

/// Most events of one stream: the index keeps the count in 32 bits, and no message lives that long.
pub const MAX_STREAM_EVENTS: u64 = u32::MAX as u64;

/// Most streams of one log: an ordinal has 32 bits, and the index of so many would need 200 GB.
pub const MAX_STREAMS: usize = u32::MAX as usize;

/// How much of the newest entries the journal keeps although the store holds them: what sled's last two
/// segments can hold at most, because that is what it may lose when it opens damaged files.
pub const JOURNAL_COVER_BYTES: usize = 2 * SEGMENT_BYTES;

/// Frames are handed to sled when so many bytes of them are waiting: each sync of sled is one for all of them.
pub const FEED_BYTES: usize = 4 * 1024 * 1024;

/// Most bytes of frames that are in the journal and not in sled: who would append more waits.
pub const LAG_BYTES: usize = 32 * 1024 * 1024;

/// A pack of the data store takes small objects up to so many bytes: what one collection has to copy at most for
/// one object that is dropped.
pub const DATA_PACK_BYTES: u64 = 64 * 1024 * 1024;

/// An object of more bytes has a pack of its own, so that it is never copied, and is removed with its file.
pub const DATA_LARGE_BYTES: usize = 1024 * 1024;

/// Most bytes that wait to be written to the data store: who would put more waits.
pub const DATA_BATCH_BYTES: usize = 8 * 1024 * 1024;
