//! A backup: a copy of a log's archive, signed heads, cursors, values and keys, of as many records as were acknowledged when
//! it began, in a folder of its own. It is made beside whoever writes the log, and is itself no log.
//! It never changes a byte of what it copies, and never says that it holds more than it does.
//!
//! What can be derived from the records is not in it: sled, the journal, tiles and the snapshot. The key that signs is not
//! in it either, because it is not in the log's directory.

mod carry;
mod marker;
mod small;
pub(crate) use small::replace;

pub(crate) use carry::finished;
pub(crate) use marker::Marker;

use crate::error::Hex;
use crate::merkle::Head;

/// How far a backup got, for who shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// Records of so many are in the copy.
    Records {
        /// How many are there.
        copied: u64,
        /// How many there will be.
        of: u64,
    },
    /// So many sealed bytes of values and blobs were copied in this run.
    Values {
        /// Bytes.
        copied: u64,
    },
}

/// What a backup holds now, and what was copied for it in this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BackedUp {
    /// The log's id.
    pub log_id: [u8; 16],
    /// How much of the log it holds: at least all that was acknowledged when the run began.
    pub head: Head,
    /// Records that are new in the backup, and bytes of their frames.
    pub records: u64,
    /// Bytes of the frames that are new.
    pub frame_bytes: u64,
    /// Objects of the data store that are new in the backup.
    pub objects: u64,
    /// Their sealed bytes.
    pub object_bytes: u64,
    /// Objects that were erased or collected since, and are gone from the backup too.
    pub dropped: u64,
    /// Objects of the log's data store that could not be copied: their keys are damaged or their sealed bytes are gone.
    /// Of these the backup keeps what it had.
    pub unreadable: u64,
}

/// Why a backup was not brought up to date, or not restored. What the backup held before it still holds.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The folder is of another log.
    #[error("{} is of log {}, not of log {}", path.display(), Hex(found), Hex(wanted))]
    OtherLog {
        /// The folder.
        path: std::path::PathBuf,
        /// The log that it is of.
        found: [u8; 16],
        /// The log that was to be copied.
        wanted: [u8; 16],
    },
    /// The folder holds records that the log does not have: the log lost them, or has another past.
    #[error(
        "{} holds {size} records, of which the last ones are not those of the log, which has {}: nothing is written over them",
        path.display(), head.size
    )]
    Diverged {
        /// The folder.
        path: std::path::PathBuf,
        /// How many records it holds.
        size: u64,
        /// The log's end.
        head: Head,
    },
    /// A directory cannot be used, or is damaged.
    #[error(transparent)]
    Open(#[from] crate::error::OpenError),
    /// The values cannot be copied.
    #[error("the data store: {0}")]
    Data(#[from] crate::data_store::DataError),
}

impl From<crate::error::Unavailable> for BackupError {
    fn from(error: crate::error::Unavailable) -> Self {
        BackupError::Open(error.into())
    }
}

impl From<crate::error::ReadError> for BackupError {
    fn from(error: crate::error::ReadError) -> Self {
        BackupError::Open(error.into())
    }
}
