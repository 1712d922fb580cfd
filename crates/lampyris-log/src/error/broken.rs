//! What can be wrong with the bytes of a log, each with where it was found.
//! Nothing here is about the machine or the caller's wish.

use super::Hex;
use crate::corrupt::Corrupt;
use crate::merkle::Hash;
use std::path::PathBuf;

/// The log's bytes are not what was acknowledged; no program should go on with them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Broken {
    /// A frame or record breaks a rule.
    #[error(transparent)]
    Corrupt(#[from] Corrupt),
    /// The store holds fewer records than were acknowledged.
    #[error("the log has {have} records, but {want} were acknowledged or signed")]
    LogRolledBack {
        /// Records in the store.
        have: u64,
        /// Records acknowledged.
        want: u64,
    },
    /// The store holds other records than were acknowledged.
    #[error("the first {size} records have root {have}, but {want} was acknowledged")]
    LogDiverged {
        /// Number of records acknowledged.
        size: u64,
        /// Root found; nothing if no frame ends there.
        have: Hash,
        /// Root acknowledged.
        want: Hash,
    },
    /// The tiles do not lead to the log's own root. They are made anew from the records when the log is opened.
    #[error("the tiles are damaged: {detail}; opening the log again makes them anew")]
    TilesDamaged {
        /// What was found.
        detail: String,
    },
    /// The log holds other records than a checkpoint was signed of.
    #[error("the first {size} records have root {have}, but {want} was signed")]
    CheckpointDiverged {
        /// Number of records in the checkpoint.
        size: u64,
        /// Root found.
        have: Hash,
        /// Root in the checkpoint.
        want: Hash,
    },
    /// The file of checkpoints is not as it was written.
    #[error("{} {detail}, at byte {byte}", path.display())]
    CheckpointsDamaged {
        /// The file.
        path: PathBuf,
        /// Where in it.
        byte: u64,
        /// What is wrong there.
        detail: String,
    },
    /// The journal belongs to another log than the store.
    #[error("the journal is of log {}, the store of log {}", Hex(journal), Hex(stored))]
    OtherLog {
        /// Log id in the journal.
        journal: [u8; 16],
        /// Log id in record 0.
        stored: [u8; 16],
    },
    /// The newest segment of the journal is not there.
    #[error("the newest segment of the journal {} is missing", path.display())]
    JournalMissing {
        /// The journal's folder.
        path: PathBuf,
    },
    /// A segment of the journal is damaged so that it does not say what was acknowledged.
    #[error("{} {detail}", path.display())]
    JournalDamaged {
        /// The segment.
        path: PathBuf,
        /// What is wrong with it.
        detail: &'static str,
    },
    /// A log was opened by a snapshot that says other than the records do.
    #[error("the snapshot lied about the first {size} records: {what}")]
    SnapshotLied {
        /// Number of records that were verified.
        size: u64,
        /// What it said, and what the records say.
        what: String,
    },
    /// A file of the archive is not as it was written.
    #[error("{} {detail}, at byte {byte}", path.display())]
    ArchiveDamaged {
        /// The file.
        path: PathBuf,
        /// Where in it.
        byte: u64,
        /// What is wrong there.
        detail: String,
    },
    /// The file that says "this is a log" says something else.
    #[error("{} does not say what it should", path.display())]
    MarkerDamaged {
        /// The marker.
        path: PathBuf,
    },
    /// sled keeps bytes in files that it never syncs, which the limits should have prevented.
    #[error("{} is not empty: sled never syncs what is in it", path.display())]
    Blobs {
        /// sled's folder of blobs.
        path: PathBuf,
    },
    /// sled says its files are damaged, or panicked over them.
    #[error("sled cannot {operation} {}: {detail}", path.display())]
    Store {
        /// What was asked of sled, as a verb.
        operation: &'static str,
        /// sled's folder.
        path: PathBuf,
        /// sled's error, or what it panicked with.
        detail: String,
    },
}
