//! What a storage technology must do to hold a log: keep sealed frames in order, and say honestly when it has.
//! It never looks into a frame: versions, claims, the Merkle tree and the index are written once, above it.

#[cfg(feature = "sled")]
mod backup;
mod memory;
#[cfg(feature = "sled")]
mod shared;
#[cfg(feature = "sled")]
mod sled;

#[cfg(feature = "sled")]
pub(crate) use backup::BackupShard;
pub use memory::MemoryShard;
#[cfg(feature = "sled")]
pub(crate) use shared::SharedShard;
#[cfg(feature = "sled")]
pub use sled::SledShard;

use crate::error::{Broken, ReadError, Unavailable};
use crate::merkle::Head;
use async_trait::async_trait;
use std::fmt::Debug;
use std::sync::Arc;

/// A frame that is ready to be kept. It names the tail it expects: its first sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedFrame {
    /// Sequence of its first record: the size of the log before it.
    pub first_sequence: u64,
    /// Its bytes, as `docs/format.md` says.
    pub bytes: Arc<[u8]>,
    /// Size and root of the log after it.
    pub after: Head,
}

/// A frame as a store gives it back; whoever reads it checks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFrame {
    /// Its key.
    pub first_sequence: u64,
    /// Its bytes.
    pub bytes: Arc<[u8]>,
}

/// What a frame that was acknowledged survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Durability {
    /// Nothing: it is gone with the process.
    Process,
    /// A loss of power.
    Fsync,
    /// The loss of a machine.
    Quorum,
}

/// What a store promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// What an acknowledged frame survives.
    pub durability: Durability,
    /// Most bytes of all frames of one append.
    pub append_bytes: usize,
}

/// Damage that a store found when it was opened, and mended from its other copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Repaired {
    /// Frames that the store had been shown to hold were damaged or missing; they were put back from the journal or
    /// the archive.
    Frames {
        /// Sequence of the first record in them.
        first_sequence: u64,
        /// How many frames.
        count: usize,
    },
    /// The journal was damaged or cut; it was written anew from the store.
    Journal,
    /// The archive was damaged or cut; it was written anew from the store.
    Archive {
        /// Sequence of the first record that it did not have as the store does.
        first_sequence: u64,
    },
    /// Tiles, or files of them, were not those of the log; they were made anew from its records.
    Tiles {
        /// How many.
        count: usize,
    },
}

impl std::fmt::Display for Repaired {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Repaired::Frames { first_sequence, count } => write!(
                f,
                "sequence {first_sequence}: {count} frames of the store were damaged or missing; \
                 they were put back from the other copy"
            ),
            Repaired::Journal => {
                f.write_str("the journal was damaged; it was written anew from the store")
            }
            Repaired::Archive { first_sequence } => write!(
                f,
                "sequence {first_sequence}: the archive was damaged; it was written anew from the store"
            ),
            Repaired::Tiles { count } => {
                write!(f, "{count} tiles were damaged; they were made anew from the records")
            }
        }
    }
}

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShardError {
    /// Another frame stands where this one should, or there is a gap before it. Nothing was kept.
    #[error(
        "the store ends after {tail} records and holds another frame, or a gap, at the one to be kept"
    )]
    Conflict {
        /// Number of records in the store.
        tail: u64,
    },
    /// The frames may or may not have been kept. Only sending the same frames again tells.
    #[error("the store does not say whether it kept the frames")]
    Unknown,
    /// Someone else writes this log now.
    #[error("another writer has taken the log over")]
    NotOwner,
    /// The machine cannot do it now.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The store's bytes are not what was acknowledged.
    #[error(transparent)]
    Broken(#[from] Broken),
}

/// One log's frames, in one store.
///
/// There is one writer: it reads the tail, verifies what is stored, calls [`fence`](ShardLog::fence) and appends
/// from there. A future may block the thread that polls it where the technology cannot do otherwise; the log
/// polls from threads of its own.
#[async_trait]
pub trait ShardLog: Send + Sync + Debug {
    /// What this store promises.
    fn capabilities(&self) -> Capabilities;

    /// What this store found damaged when it was opened, and put back.
    fn repaired(&self) -> Option<Repaired> {
        None
    }

    /// What was certainly acknowledged. The store may hold more, never less.
    async fn tail(&self) -> Result<Head, ShardError>;

    /// Takes the log over at its verified end: what is stored up to there is as durable as the store promises
    /// when this returns, and whoever appended before gets [`ShardError::NotOwner`] from now on. At any other end
    /// than the store's the answer is [`ShardError::Conflict`], and nothing changed.
    async fn fence(&self, end: Head) -> Result<(), ShardError>;

    /// Keeps frames, in order, all or none; they are durable when this returns. Who has not taken the log over
    /// gets [`ShardError::NotOwner`].
    ///
    /// Frames that the store holds already, byte for byte, count as kept: after [`ShardError::Unknown`] the same
    /// frames are sent again until there is another answer.
    async fn append(&self, frames: &[SealedFrame]) -> Result<(), ShardError>;

    /// Stored frames in order, from the one that holds the record `from`: at least one, if there is one, and no
    /// more than make up `bytes` bytes after it.
    async fn read(&self, from: u64, bytes: usize) -> Result<Vec<StoredFrame>, ReadError>;

    /// Returns the tail once the store holds more than `size` records.
    async fn follow(&self, size: u64) -> Result<Head, ShardError>;
}

impl Capabilities {
    /// Capabilities of a store.
    pub fn new(durability: Durability, append_bytes: usize) -> Capabilities {
        Capabilities { durability, append_bytes }
    }
}

impl From<ReadError> for ShardError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unavailable(unavailable) => unavailable.into(),
            ReadError::Broken(broken) => broken.into(),
        }
    }
}

impl From<ShardError> for ReadError {
    fn from(error: ShardError) -> Self {
        match error {
            ShardError::Unavailable(unavailable) => unavailable.into(),
            ShardError::Broken(broken) => broken.into(),
            ShardError::NotOwner => Unavailable::NotOwner.into(),
            error @ (ShardError::Conflict { .. } | ShardError::Unknown) => {
                Unavailable::Undecided { cause: error.to_string() }.into()
            }
        }
    }
}
