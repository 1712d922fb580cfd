//! Why a cursor cannot be opened or moved.
//! Each names the cursor or its file.

use crate::error::Unavailable;
use std::path::PathBuf;

/// Why a cursor cannot be opened or moved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CursorError {
    /// The name breaks a rule.
    #[error("a cursor's name has 1 to 64 of the characters a-z A-Z 0-9 - _, and {name:?} has not")]
    Name {
        /// The name.
        name: String,
    },
    /// The log was opened on a store of the caller's, without a folder for cursors.
    #[error("the log has no folder for cursors")]
    NoFolder,
    /// Another consumer has it open, here or in another process.
    #[error("cursor {name} is held by another consumer, and one has it at a time")]
    Held {
        /// The name.
        name: String,
    },
    /// The file does not say where the consumer stands.
    #[error("{} {detail}: remove the cursor, and begin where you know", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: &'static str,
    },
    /// A newer program wrote the file.
    #[error("{} has format {found}, this program knows up to {supported}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u8,
        /// Newest format this crate knows.
        supported: u8,
    },
    /// The cursor stands in another log.
    #[error("{} is of log {}, and this log is {}", path.display(), uuid(found), uuid(log))]
    OtherLog {
        /// The file.
        path: PathBuf,
        /// The id in it.
        found: [u8; 16],
        /// The id of the log.
        log: [u8; 16],
    },
    /// The cursor stands behind the log's end.
    #[error("cursor {name} stands at {position}, and the log has {size} records")]
    Beyond {
        /// The name.
        name: String,
        /// Where it stands.
        position: u64,
        /// How many records the log shows.
        size: u64,
    },
    /// There is no such record to acknowledge.
    #[error("there is no record {sequence} to acknowledge: the log has {size}")]
    NotThere {
        /// The sequence.
        sequence: u64,
        /// How many records the log shows.
        size: u64,
    },
    /// It could not be moved before.
    #[error("{} could not be written before; open the cursor again", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
    },
    /// The machine cannot do it now.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// A log id as it is written elsewhere.
fn uuid(id: &[u8; 16]) -> String {
    lampyris_evidence::identity::Identity::default_origin(*id)
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_owned()
}
