//! Checkpoints: the size and the root of a log, under the log's name, signed (<https://c2sp.org/tlog-checkpoint>).
//! A checkpoint that was only parsed says nothing, and none says that the log is still as large.

use crate::cosignature;
use crate::key::{Algorithm, SigningKey, VerifierKey};
use crate::merkle::{Hash, Head};
use crate::name::{NameError, check_name};
use crate::note::{NoteError, Signature, SignatureError, SignedNote};
use crate::spelling::{base64, decimal, fixed_from_base64};
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Most leaves of a tree: others count them with a signed number of 64 bits.
pub const MAX_SIZE: u64 = i64::MAX.unsigned_abs();

/// What a checkpoint says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name.
    pub origin: String,
    /// Its size and root.
    pub head: Head,
    /// Further lines of the text, not understood here: kept as they are, and never written by Lampyris.
    pub extensions: Vec<String>,
}

/// A checkpoint and the signatures under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    // Invariant: checkpoint.text() == note.text().
    checkpoint: Checkpoint,
    note: SignedNote,
}

/// A text that is no checkpoint, or one that cannot be signed, verified or merged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// It is no signed note.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// A line is missing, or the last has no newline.
    #[error("a checkpoint is three lines or more, each ended by a newline: origin, size, root")]
    Lines,
    /// The first line is no name.
    #[error("line 1 of the checkpoint, its origin: {0}")]
    Origin(NameError),
    /// The second line is no size.
    #[error("line 2 of the checkpoint, its size, is no number up to {MAX_SIZE} in decimal digits")]
    Size,
    /// The third line is no hash.
    #[error("line 3 of the checkpoint, its root, is not padded base64 of 32 bytes")]
    Root,
    /// A further line is empty or more than one.
    #[error("line {line} of the checkpoint, an extension, is empty or has a control character")]
    Extension {
        /// The line, counted from 1.
        line: usize,
    },
    /// The key is not the log's: a log's key has the origin for its name, and signs notes.
    #[error("the key {key} is not one that signs checkpoints of the origin {origin}")]
    OtherKey {
        /// The key's name.
        key: String,
        /// The checkpoint's origin.
        origin: String,
    },
    /// A known key did not sign it, or not well.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// Two notes say different things.
    #[error("the signatures of another checkpoint do not belong under this one")]
    OtherText,
}

impl Checkpoint {
    /// What a log of this name and head says of itself.
    pub fn new(origin: impl Into<String>, head: Head) -> Checkpoint {
        Checkpoint { origin: origin.into(), head, extensions: Vec::new() }
    }

    /// The text that is signed, the newline at its end included.
    pub fn text(&self) -> String {
        let Head { size, root } = self.head;
        let mut text = format!("{}\n{size}\n{}\n", self.origin, base64(&root.0));
        for line in &self.extensions {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    /// Reads the text of a checkpoint; [`text`](Self::text) gives back the same.
    ///
    /// # Errors
    /// [`CheckpointError`] if the text is none.
    pub fn parse(text: &str) -> Result<Checkpoint, CheckpointError> {
        let mut lines = text.strip_suffix('\n').ok_or(CheckpointError::Lines)?.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next())
        else {
            return Err(CheckpointError::Lines);
        };
        let size = decimal(size).ok_or(CheckpointError::Size)?;
        let root = Hash(fixed_from_base64(root).ok_or(CheckpointError::Root)?);
        let checkpoint = Checkpoint {
            origin: origin.to_owned(),
            head: Head { size, root },
            extensions: lines.map(ToOwned::to_owned).collect(),
        };
        checkpoint.check()?;
        Ok(checkpoint)
    }

    fn check(&self) -> Result<(), CheckpointError> {
        check_name(&self.origin).map_err(CheckpointError::Origin)?;
        if self.head.size > MAX_SIZE {
            return Err(CheckpointError::Size);
        }
        for (line, extension) in (4..).zip(&self.extensions) {
            if extension.is_empty() || extension.contains(|character| character < ' ') {
                return Err(CheckpointError::Extension { line });
            }
        }
        Ok(())
    }
}

impl SignedCheckpoint {
    /// A checkpoint that the log's key signs.
    ///
    /// # Errors
    /// [`CheckpointError`] if it is none, or the key is not the log's.
    pub fn sign(
        checkpoint: Checkpoint,
        key: &SigningKey,
    ) -> Result<SignedCheckpoint, CheckpointError> {
        checkpoint.check()?;
        checkpoint.check_key(key.verifier())?;
        let note = SignedNote::sign(checkpoint.text(), key)?;
        Ok(SignedCheckpoint { checkpoint, note })
    }

    /// Reads a signed checkpoint; [`encode`](Self::encode) gives back the same text. No signature is checked.
    ///
    /// # Errors
    /// [`CheckpointError`] if the text is none.
    pub fn parse(text: &str) -> Result<SignedCheckpoint, CheckpointError> {
        let note = SignedNote::parse(text)?;
        Ok(SignedCheckpoint { checkpoint: Checkpoint::parse(note.text())?, note })
    }

    /// The signed note, signatures included.
    pub fn encode(&self) -> String {
        self.note.encode()
    }

    /// What it says.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The note that it is.
    pub fn note(&self) -> &SignedNote {
        &self.note
    }

    /// Checks that the log itself signed it.
    ///
    /// # Errors
    /// [`CheckpointError`] if the key is not one of a log of that origin, or did not sign it.
    pub fn verify(&self, key: &VerifierKey) -> Result<(), CheckpointError> {
        self.checkpoint.check_key(key)?;
        Ok(self.note.verify(key)?)
    }

    /// When the witness cosigned it, in seconds since 1970; nothing if there is no line of that key.
    ///
    /// # Errors
    /// [`SignatureError`] if the witness's line does not verify, or the key is not one of a witness.
    pub fn cosigned_by(&self, key: &VerifierKey) -> Result<Option<u64>, SignatureError> {
        let Some(signature) = self.note.signature_of(key)? else { return Ok(None) };
        let time = match key.algorithm() {
            Algorithm::Ed25519 => None,
            Algorithm::CosignatureV1 => cosignature::time(key, self.note.text(), &signature.bytes),
        };
        match time {
            Some(seconds) => Ok(Some(seconds)),
            None => Err(SignatureError::Wrong { name: key.name().to_owned(), id: key.id() }),
        }
    }

    /// Adds a signature below the others, unchecked.
    ///
    /// # Errors
    /// [`NoteError`] if there is one of that key or no room for it; nothing is changed.
    pub fn add(&mut self, signature: Signature) -> Result<(), NoteError> {
        self.note.add(signature)
    }

    /// Adds the signatures of another copy of the same checkpoint, unchecked and in their order. Of a key that has a
    /// line here the other's is left out: a witness that cosigned twice counts with the line that was here first.
    ///
    /// # Errors
    /// [`CheckpointError`] if the other says something else or there is no room; nothing is changed.
    pub fn merge(&mut self, other: &SignedCheckpoint) -> Result<(), CheckpointError> {
        if other.note.text() != self.note.text() {
            return Err(CheckpointError::OtherText);
        }
        let mut note = self.note.clone();
        for signature in other.note.signatures() {
            match note.add(signature.clone()) {
                Ok(()) | Err(NoteError::Again { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.note = note;
        Ok(())
    }
}

impl Checkpoint {
    fn check_key(&self, key: &VerifierKey) -> Result<(), CheckpointError> {
        if key.name() == self.origin && key.algorithm() == Algorithm::Ed25519 {
            Ok(())
        } else {
            Err(CheckpointError::OtherKey { key: key.name().into(), origin: self.origin.clone() })
        }
    }
}
