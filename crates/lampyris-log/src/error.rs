//! What can go wrong, in three families that callers treat differently: refused, unavailable, broken.
//! An error never hides which record, file or limit it is about.

mod broken;

pub use broken::Broken;

use crate::append::Expected;
use crate::corrupt::Corrupt;
use crate::key_file::KeyFileError;
use crate::merkle::Hash;
use crate::record::StreamName;
use std::{fmt, io, path::PathBuf};

/// The caller's wish breaks a rule; nothing was queued or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// Too many bytes, of a record or of a whole append.
    #[error("{what} has {bytes} bytes, the limit is {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its size; of an append as it would be stored.
        bytes: usize,
        /// The most it may have.
        limit: usize,
    },
    /// A field's length, or the number of its items, is out of bounds.
    #[error("{field} has {found} where {min} to {max} are allowed")]
    OutOfBounds {
        /// The field.
        field: &'static str,
        /// Fewest.
        min: usize,
        /// Most.
        max: usize,
        /// What it has.
        found: usize,
    },
    /// A field breaks a rule other than its length.
    #[error("{field} {rule}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// The rule.
        rule: &'static str,
    },
    /// A stream does not end where the append expects it.
    #[error(
        "stream {}/{} ends at {}, the append expects {expected}",
        stream.kind, Hex(&stream.id), End(*actual)
    )]
    Conflict {
        /// The stream.
        stream: StreamName,
        /// What the append expects.
        expected: Expected,
        /// Version of the stream's last record; nothing if there is no such stream.
        actual: Option<u64>,
    },
    /// A key is used up already.
    #[error("key {key:?} of {namespace} was used by the record at {holder}")]
    ClaimTaken {
        /// Namespace of the key.
        namespace: String,
        /// The key.
        key: String,
        /// Sequence of the record that used it.
        holder: u64,
        /// Fingerprint of the request that used it.
        fingerprint: [u8; 32],
    },
    /// The append id is in the log, with other content.
    #[error("the append id was used for another append, at {holder}")]
    IdTaken {
        /// Sequence of that append's first record.
        holder: u64,
    },
    /// The log was opened for reading only.
    #[error("the log is open for reading only")]
    ReadOnly,
}

/// Bytes as hexadecimal digits.
pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);
struct End(Option<u64>);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Expected::NoStream, Expected::Version).fmt(f)
    }
}

/// The machine cannot do it now; the log's bytes are not in question.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unavailable {
    /// A file operation failed.
    #[error("cannot {operation} {}", path.display())]
    Io {
        /// What was tried, as a verb.
        operation: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// No space is left.
    #[error("no space left to {operation} {}", path.display())]
    Full {
        /// What was tried, as a verb.
        operation: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process, or another `Log` of this one, has it open.
    #[error("{} is locked: the log is open elsewhere, and one process has it at a time, for reading too", path.display())]
    Locked {
        /// The lock.
        path: PathBuf,
    },
    /// An earlier write or sync failed; nothing is appended until the log is opened again.
    #[error(
        "the log takes no appends since a failure after {durable} records: {cause}; open it again"
    )]
    Poisoned {
        /// Number of records known to be durable.
        durable: u64,
        /// The first failure.
        cause: String,
    },
    /// The log was closed before the append was queued.
    #[error("the log is closed")]
    Closed,
    /// Another writer has taken the log over.
    #[error("another writer has taken the log over")]
    NotOwner,
    /// The log was opened with [`Options::without_tiles`](crate::Options::without_tiles).
    #[error("the log was opened without tiles, of which proofs are made")]
    NoTiles,
    /// The store did not say what became of an append.
    #[error("the store did not say what became of the append: {cause}")]
    Undecided {
        /// The store's last answer.
        cause: String,
    },
}

/// Why records could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The machine cannot do it now.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The bytes are damaged.
    #[error(transparent)]
    Broken(#[from] Broken),
}

/// Why an append was not acknowledged.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The append breaks a rule; the log is as it was.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The append may or may not be found after the log is opened again.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The store turned out to be damaged while appending; the same holds.
    #[error(transparent)]
    Broken(#[from] Broken),
}

/// Why a log could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The directory holds something that is not a log; it was left alone.
    #[error("{} is not empty and not a log", path.display())]
    NotALog {
        /// The directory.
        path: PathBuf,
    },
    /// There is no log and the options do not ask for a new one.
    #[error("there is no log in {}", path.display())]
    NoLog {
        /// The directory.
        path: PathBuf,
    },
    /// A newer program wrote this log.
    #[error("the log has layout {found}, this program knows up to {supported}")]
    NewerFormat {
        /// Layout of the directory.
        found: u64,
        /// Newest layout this crate knows.
        supported: u64,
    },
    /// A log was being taken in here and is not whole.
    #[error("{} is a log that was not imported to its end: import it again", path.display())]
    ImportCutShort {
        /// The directory.
        path: PathBuf,
    },
    /// There is a log where another was to be made.
    #[error("there is a log in {} already", path.display())]
    LogThere {
        /// The directory.
        path: PathBuf,
    },
    /// A backup is no log before it was recovered.
    #[error("{} is a backup: `lampyris recover` makes a log of it", path.display())]
    IsABackup {
        /// The directory.
        path: PathBuf,
    },
    /// There is no backup where one was to be read.
    #[error("there is no backup in {}", path.display())]
    NoBackup {
        /// The directory.
        path: PathBuf,
    },
    /// No run of a backup came to its end: it holds nothing that is whole.
    #[error("{} is a backup that was never finished: make it again", path.display())]
    UnfinishedBackup {
        /// The directory.
        path: PathBuf,
    },
    /// A newer program wrote this backup.
    #[error("the backup {} has format {found}, this program knows up to {supported}", path.display())]
    NewerBackup {
        /// The marker.
        path: PathBuf,
        /// Its format.
        found: u64,
        /// Newest format this crate knows.
        supported: u64,
    },
    /// An older program wrote this log; nothing was changed.
    #[error(
        "{} has layout {found}, this program opens {supported}: `lampyris upgrade` brings it up",
        path.display()
    )]
    OlderLayout {
        /// The directory.
        path: PathBuf,
        /// Its layout.
        found: u64,
        /// The layout that this crate opens.
        supported: u64,
    },
    /// The log was last written under newer rules than the caller's.
    #[error("the log is under rules version {log}, this program has version {ours}")]
    RulesNewer {
        /// Version in force in the log.
        log: u32,
        /// The caller's version.
        ours: u32,
    },
    /// The same version of the rules, but not the same rules.
    #[error("rules version {version} has hash {log} in the log and {ours} in this program")]
    RulesDiffer {
        /// The version both have.
        version: u32,
        /// Hash in the log.
        log: Hash,
        /// The caller's hash.
        ours: Hash,
    },
    /// An option breaks a rule.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The key beside the directory cannot be used.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The options name a new log in another way than the key beside the directory does.
    #[error("the log is to be named {origin}, the key {} is for {key}", path.display())]
    OtherKey {
        /// The key's file.
        path: PathBuf,
        /// The key's name.
        key: String,
        /// The name in the options.
        origin: String,
    },
    /// The machine cannot do it now.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The bytes are damaged.
    #[error(transparent)]
    Broken(#[from] Broken),
}

impl From<Corrupt> for ReadError {
    fn from(corrupt: Corrupt) -> Self {
        ReadError::Broken(corrupt.into())
    }
}

impl From<ReadError> for OpenError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unavailable(unavailable) => unavailable.into(),
            ReadError::Broken(broken) => broken.into(),
        }
    }
}

impl From<ReadError> for AppendError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unavailable(unavailable) => unavailable.into(),
            ReadError::Broken(broken) => broken.into(),
        }
    }
}

impl From<AppendError> for OpenError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Refused(refused) => refused.into(),
            AppendError::Unavailable(unavailable) => unavailable.into(),
            AppendError::Broken(broken) => broken.into(),
        }
    }
}

impl Unavailable {
    /// Names what failed on which file, and keeps "no space left" apart.
    pub(crate) fn io(
        operation: &'static str,
        path: impl Into<PathBuf>,
        source: io::Error,
    ) -> Unavailable {
        let path = path.into();
        if source.kind() == io::ErrorKind::StorageFull {
            Unavailable::Full { operation, path, source }
        } else {
            Unavailable::Io { operation, path, source }
        }
    }
}
