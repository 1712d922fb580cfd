//! Why a log was not exported.
//! What was written by then stays, and the next export goes on from it.

use crate::checkpoints::CheckpointError;
use crate::error::{ReadError, Unavailable};
use crate::merkle::Hash;
use std::path::PathBuf;

/// Why a log was not exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The directory has files, and none says that it is an export.
    #[error("{} is neither empty nor an export: it has no checkpoint", path.display())]
    NotAnExport {
        /// The directory.
        path: PathBuf,
    },
    /// The directory's checkpoint cannot be read as one.
    #[error("{} is no checkpoint: {reason}", path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The directory has more than is to be exported.
    #[error("{} has {before} records already, the checkpoint covers {size}", path.display())]
    Newer {
        /// The directory.
        path: PathBuf,
        /// Records in it.
        before: u64,
        /// Records under the checkpoint.
        size: u64,
    },
    /// A file is there already with other bytes: it is damaged, or an interrupted export of another log left it.
    #[error("{} is there with other bytes than are to be written; remove it if nobody needs it", path.display())]
    OtherFile {
        /// The file.
        path: PathBuf,
    },
    /// What was read of the log has another root than the log had when it was opened: its files were changed.
    #[error("the first {size} records as they were read have the root {have}, not {want}")]
    OtherRoot {
        /// How many records.
        size: u64,
        /// The root of what was read.
        have: Hash,
        /// The root that it should have.
        want: Hash,
    },
    /// A checkpoint, the directory's or the one to export, is not this log's.
    #[error(transparent)]
    Log(#[from] CheckpointError),
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A file cannot be read or written.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}
