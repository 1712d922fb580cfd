//! Roots and proofs over the durable records, and the exact bytes that they are about.
//! A proof is checked against the log's own root before it is handed out: tiles are never trusted.

use super::{Log, Shared};
use crate::error::{Broken, ReadError, Unavailable};
use crate::merkle::{Hash, Head};
use lampyris_evidence::merkle::proof::{
    ProofError, check_consistency, check_inclusion, consistency, inclusion, root,
};

impl Log {
    /// The root over the first `size` records; nothing if there are not so many.
    ///
    /// # Errors
    /// [`ReadError`] if the tiles cannot be read or there are none.
    pub fn root_at(&self, size: u64) -> Result<Option<Hash>, ReadError> {
        self.shared.root_at(size)
    }

    /// The hashes that lead from a record up to the root over the first `size` records, the leaf's sibling first
    /// (RFC 6962 §2.1.1); nothing if the record is not among them, or there are not so many.
    ///
    /// # Errors
    /// [`ReadError`] if the record or the tiles cannot be read, or do not go together.
    pub fn inclusion_proof(
        &self,
        sequence: u64,
        size: u64,
    ) -> Result<Option<Vec<Hash>>, ReadError> {
        self.shared.with_tiles(|shared| shared.inclusion_proof(sequence, size))
    }

    /// The hashes that show the first `new` records to go on from the first `old` (RFC 6962 §2.1.2); nothing if
    /// there are not so many.
    ///
    /// # Errors
    /// [`ReadError`] if the tiles cannot be read, or contradict themselves.
    pub fn consistency_proof(&self, old: u64, new: u64) -> Result<Option<Vec<Hash>>, ReadError> {
        self.shared.with_tiles(|shared| shared.consistency_proof(old, new))
    }

    /// The exact bytes of a record: the leaf that proofs are about; nothing if the log is not that long.
    ///
    /// # Errors
    /// [`ReadError`] if the record cannot be read.
    pub fn leaf_bytes(&self, sequence: u64) -> Result<Option<Vec<u8>>, ReadError> {
        self.shared.leaf_bytes(sequence)
    }
}

impl Log {
    /// Some hashes of a level of tiles, all of one tile.
    pub(crate) fn tile_hashes(
        &self,
        level: u8,
        first: u64,
        count: usize,
    ) -> Result<Vec<Hash>, ReadError> {
        self.shared.with_tiles(|shared| shared.tree.hashes(level, first, count))
    }
}

impl Shared {
    pub(super) fn root_at(&self, size: u64) -> Result<Option<Hash>, ReadError> {
        if !self.tree.is_kept() {
            return Err(Unavailable::NoTiles.into());
        }
        let head = self.head();
        match size.cmp(&head.size) {
            std::cmp::Ordering::Greater => Ok(None),
            // Verified record by record, and so the one root that is known without a tile.
            std::cmp::Ordering::Equal => Ok(Some(head.root)),
            std::cmp::Ordering::Less => {
                self.with_tiles(|shared| shared.earlier_root(size, head)).map(Some)
            }
        }
    }

    fn inclusion_proof(&self, sequence: u64, size: u64) -> Result<Option<Vec<Hash>>, ReadError> {
        let Some(root) = self.root_at(size)? else { return Ok(None) };
        let Some(proof) = inclusion(&self.tree, sequence, size)? else { return Ok(None) };
        let Some(bytes) = self.leaf_bytes(sequence)? else { return Ok(None) };
        check_inclusion(Hash::leaf(&bytes), sequence, Head { size, root }, &proof)
            .map_err(damaged)?;
        Ok(Some(proof))
    }

    fn consistency_proof(&self, old: u64, new: u64) -> Result<Option<Vec<Hash>>, ReadError> {
        let (Some(old_root), Some(new_root)) = (self.root_at(old)?, self.root_at(new)?) else {
            return Ok(None);
        };
        let Some(proof) = consistency(&self.tree, old, new)? else { return Ok(None) };
        let (old, new) = (Head { size: old, root: old_root }, Head { size: new, root: new_root });
        check_consistency(old, new, &proof).map_err(damaged)?;
        Ok(Some(proof))
    }

    /// The root at an earlier size, shown to lead to the head: hashes that lead there are the log's own, whatever
    /// became of the files of tiles since they were compared.
    fn earlier_root(&self, size: u64, head: Head) -> Result<Hash, ReadError> {
        let old = Head { size, root: root(&self.tree, size)? };
        let proof = consistency(&self.tree, size, head.size)?;
        check_consistency(old, head, &proof.unwrap_or_default()).map_err(damaged)?;
        Ok(old.root)
    }
}

fn damaged(error: ProofError) -> ReadError {
    Broken::TilesDamaged { detail: error.to_string() }.into()
}
