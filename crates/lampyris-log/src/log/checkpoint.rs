//! Signed heads of this log: signing them, reading them, holding one from outside against the records.
//! Nothing here appends: a log that is open for reading can be signed too.

use super::read::missing;
use super::{Log, Shared};
use crate::block_on::block_on;
use crate::checkpoints::{
    Cadence, CheckpointError, Checkpointer, Checkpoints, Growing, Growth, Kind, Rooted,
};
use crate::clock::Clock;
use crate::error::{Broken, ReadError, Unavailable};
use crate::frame::FrameReader;
use crate::merkle::{Hash, Head};
use crate::verify::Chain;
use lampyris_evidence::checkpoint::SignedCheckpoint;
use lampyris_evidence::key::{SigningKey, VerifierKey};
use std::sync::Arc;

impl Log {
    /// Signs what is durable now. The same head is signed once: the next call gives the same checkpoint.
    ///
    /// When this returns, the checkpoint is kept with the log, durably. One that contradicts an earlier one is
    /// never signed; of a raw copy of the directory and the key nothing here can know.
    ///
    /// # Errors
    /// [`CheckpointError::OtherKey`] if the key is not named as the log; [`Broken`] if the log
    /// is not the one that was signed before; [`Unavailable`] if the checkpoint cannot be written: then nothing is
    /// signed until the log is opened again.
    pub fn checkpoint(&self, key: &SigningKey) -> Result<SignedCheckpoint, CheckpointError> {
        self.shared.checkpoints.sign(self.shared.as_ref(), key)
    }

    /// Signs the log as it grows, on a thread of its own.
    ///
    /// # Errors
    /// [`CheckpointError`] if the key is not named as the log, or there is no thread.
    pub fn checkpoint_every(
        &self,
        key: SigningKey,
        cadence: Cadence,
    ) -> Result<Checkpointer, CheckpointError> {
        let (name, origin) = (key.name().to_owned(), self.origin());
        if name != origin {
            return Err(CheckpointError::OtherKey { key: name, origin });
        }
        let started = Checkpointer::start(Arc::clone(&self.shared), key, cadence);
        let io = |error| Unavailable::io("start a thread for", "checkpoints", error);
        Ok(started.map_err(io)?)
    }

    /// The checkpoints that were signed here, oldest first, each with the cosignatures that were added.
    pub fn checkpoints(&self) -> StoredCheckpoints<'_> {
        StoredCheckpoints { checkpoints: &self.shared.checkpoints, next: 0 }
    }

    /// The entries of the file of checkpoints, but for what was signed of more than so many records: what another copy of
    /// the log is given beside its records ([`Receiver::finish`](crate::Receiver::finish)).
    ///
    /// # Errors
    /// [`ReadError`] if the file cannot be read.
    pub fn checkpoint_entries(&self, size: u64) -> Result<Vec<(Kind, String)>, ReadError> {
        self.shared.checkpoints.entries(size)
    }

    /// The newest of them.
    ///
    /// # Errors
    /// [`CheckpointError`] if it cannot be read.
    pub fn last_checkpoint(&self) -> Result<Option<SignedCheckpoint>, CheckpointError> {
        self.shared.checkpoints.last()
    }

    /// The public halves of the keys that sign this log, oldest first, as each was stored before its first signature.
    pub fn verifier_keys(&self) -> Vec<VerifierKey> {
        self.shared.checkpoints.verifier_keys()
    }

    /// Keeps the cosignatures of these witnesses under a checkpoint that was signed here, and returns it with all
    /// that it has now. A witness that is there already keeps its first line; lines of others are left out.
    ///
    /// # Errors
    /// [`CheckpointError::Unknown`] if it was not signed here, [`CheckpointError::NotCosigned`] if no witness
    /// cosigned it, [`CheckpointError::Invalid`] if a signature of a known key does not verify.
    pub fn add_cosignatures(
        &self,
        checkpoint: &SignedCheckpoint,
        witnesses: &[VerifierKey],
    ) -> Result<SignedCheckpoint, CheckpointError> {
        self.shared.checkpoints.add_cosignatures(checkpoint, witnesses)
    }

    /// Holds a checkpoint from outside against this log: the name that the log had at that size, at least as many
    /// records, and the same root over the first of them. Whose signatures it bears is for the caller to verify.
    ///
    /// # Errors
    /// [`CheckpointError::OtherLog`], [`CheckpointError::NotRecovered`] if it covers what was lost before the log was
    /// recovered, or [`Broken::LogRolledBack`] or [`Broken::CheckpointDiverged`] if this is not the log that it was
    /// signed of.
    pub fn agrees_with(&self, checkpoint: &SignedCheckpoint) -> Result<(), CheckpointError> {
        let found = &checkpoint.checkpoint().origin;
        let Head { size, root: want } = checkpoint.checkpoint().head;
        let identity = self.shared.durable.read().identity.clone();
        if *found != identity.origin_at(size) {
            let recovered = identity.recoveries.iter().find(|before| before.old_origin == *found);
            return Err(match recovered.filter(|recovered| size > recovered.head.size) {
                Some(recovered) => CheckpointError::NotRecovered {
                    size,
                    found: found.clone(),
                    recovered: recovered.head.size,
                    origin: recovered.new_origin.clone(),
                },
                None => CheckpointError::OtherLog { found: found.clone(), origin: identity.origin },
            });
        }
        match self.shared.root_at(size)? {
            Some(root) if root == want => Ok(()),
            Some(have) => Err(Broken::CheckpointDiverged { size, have, want }.into()),
            None => Err(Broken::LogRolledBack { have: self.head().size, want: size }.into()),
        }
    }
}

/// The checkpoints that were signed of a log, oldest first.
#[derive(Debug)]
pub struct StoredCheckpoints<'l> {
    checkpoints: &'l Checkpoints,
    next: usize,
}

impl Iterator for StoredCheckpoints<'_> {
    type Item = Result<SignedCheckpoint, CheckpointError>;

    fn next(&mut self) -> Option<Self::Item> {
        let index = self.checkpoints.signed_from(self.next)?;
        self.next = index + 1;
        self.checkpoints.get(index).transpose()
    }
}

impl Rooted for Shared {
    fn origin_at(&self, size: u64) -> String {
        self.durable.read().identity.origin_at(size).to_owned()
    }

    fn head(&self) -> Head {
        Shared::head(self)
    }

    fn root_at(&self, size: u64) -> Result<Option<Hash>, ReadError> {
        if self.tree.is_kept() { Shared::root_at(self, size) } else { self.walked_root(size) }
    }
}

impl Shared {
    /// The root over the first records, by reading and hashing all of them.
    fn walked_root(&self, size: u64) -> Result<Option<Hash>, ReadError> {
        let (mut reader, mut chain) = (FrameReader::new(), Chain::default());
        while size <= self.head().size {
            if chain.head().size == size {
                return Ok(Some(chain.head().root));
            }
            let next = chain.head().size;
            let frames = block_on(self.shard.read(next, 1))?;
            let stored = frames.first().ok_or_else(|| missing(next))?;
            let frame = reader.open(stored.first_sequence, &stored.bytes)?;
            for raw in frame.records() {
                let raw = raw?;
                if (chain.head().size..size).contains(&raw.sequence) {
                    chain.leaf(raw.bytes);
                }
            }
            if chain.head().size == next {
                return Err(missing(next).into());
            }
        }
        Ok(None)
    }
}

impl Growing for Shared {
    fn checkpoints(&self) -> &Checkpoints {
        &self.checkpoints
    }

    fn growth(&self) -> &Arc<Growth> {
        &self.growth
    }

    fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }
}
