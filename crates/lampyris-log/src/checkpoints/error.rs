//! Why a checkpoint is not signed, not given out, not taken in, or does not go with the log.
//! It never shows a key's secret half.

use crate::corrupt::Corrupt;
use crate::error::{Broken, ReadError, Unavailable};
use lampyris_evidence::checkpoint as evidence;
use lampyris_evidence::note::{NoteError, SignatureError};

/// Why there is no checkpoint, or one does not go with the log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The key goes by another name than the log.
    #[error("the key is for {key}, the log is {origin}")]
    OtherKey {
        /// The key's name.
        key: String,
        /// The log's origin.
        origin: String,
    },
    /// The checkpoint is one of another log.
    #[error("the checkpoint is of {found}, the log is {origin}")]
    OtherLog {
        /// The checkpoint's origin.
        found: String,
        /// The log's origin.
        origin: String,
    },
    /// The checkpoint is of the log before it was lost, and of more records than were recovered.
    #[error(
        "the checkpoint is of {size} records of {found}, of which {recovered} were recovered as {origin}: the others are lost"
    )]
    NotRecovered {
        /// Records under the checkpoint.
        size: u64,
        /// The checkpoint's origin.
        found: String,
        /// How many of them were recovered.
        recovered: u64,
        /// The log's origin since.
        origin: String,
    },
    /// Nothing with this size and root was signed here.
    #[error("no checkpoint of {size} records with that root was signed here")]
    Unknown {
        /// Size in the checkpoint.
        size: u64,
    },
    /// No signature of a witness that was named is there.
    #[error("none of the named witnesses cosigned the checkpoint")]
    NotCosigned,
    /// Writing a checkpoint failed before; none is signed until the log is opened again.
    #[error("no checkpoint is signed since a failure: {cause}; open the log again")]
    Poisoned {
        /// The first failure.
        cause: String,
    },
    /// The checkpoint breaks a rule.
    #[error(transparent)]
    Invalid(#[from] evidence::CheckpointError),
    /// The machine cannot do it now.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The log's bytes are not what was signed.
    #[error(transparent)]
    Broken(#[from] Broken),
}

impl From<ReadError> for CheckpointError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unavailable(unavailable) => unavailable.into(),
            ReadError::Broken(broken) => broken.into(),
        }
    }
}

impl From<Corrupt> for CheckpointError {
    fn from(corrupt: Corrupt) -> Self {
        Broken::from(corrupt).into()
    }
}

impl From<SignatureError> for CheckpointError {
    fn from(error: SignatureError) -> Self {
        evidence::CheckpointError::from(error).into()
    }
}

impl From<NoteError> for CheckpointError {
    fn from(error: NoteError) -> Self {
        evidence::CheckpointError::from(error).into()
    }
}
