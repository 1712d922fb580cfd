//! The file of one level: full tiles one behind the other, hash `i` at byte 32 times `i`.
//! It is never synced: what a crash takes of it is made again from the records.

use super::{HASH_BYTES, TILE_BYTES, TILE_HASHES};
use crate::disk::DiskFile;
use crate::error::{Broken, ReadError, Unavailable};
use crate::merkle::Hash;
use std::path::PathBuf;
use std::sync::Arc;

/// A level's file.
#[derive(Debug, Clone)]
pub(super) struct TileFile {
    pub(super) path: PathBuf,
    pub(super) file: Arc<dyn DiskFile>,
}

/// What stood where a tile was to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// Nothing, or a part of it: a crash may have taken the rest.
    OverNothing,
    /// The very same; nothing was written.
    Not,
    /// Something else.
    OverAnother,
}

impl TileFile {
    /// Writes a tile; if it is to be compared, only over what is not the same.
    pub(super) fn write(
        &self,
        index: u64,
        tile: &[Hash; TILE_HASHES],
        compare: bool,
    ) -> Result<Written, ReadError> {
        let mut bytes = [0; TILE_BYTES];
        for (place, hash) in bytes.as_chunks_mut::<HASH_BYTES>().0.iter_mut().zip(tile) {
            *place = hash.0;
        }
        let at = index * TILE_BYTES as u64;
        let mut written = Written::OverNothing;
        if compare {
            let mut found = [0; TILE_BYTES];
            let io = |error| Unavailable::io("read", &self.path, error);
            self.file.read_at(&mut found, at).map_err(io)?;
            if found == bytes {
                return Ok(Written::Not);
            }
            // What was not written before a loss of power comes back as zeros.
            let torn = found.iter().zip(&bytes).all(|(found, byte)| *found == 0 || found == byte);
            written = if torn { Written::OverNothing } else { Written::OverAnother };
        }
        let io = |error| Unavailable::io("write", &self.path, error);
        self.file.write_at(&bytes, at).map_err(io)?;
        Ok(written)
    }

    /// Makes durable what was written.
    pub(super) fn sync(&self) -> Result<(), ReadError> {
        Ok(self.file.sync_data().map_err(|error| Unavailable::io("sync", &self.path, error))?)
    }

    /// Some hashes of one tile that was written.
    pub(super) fn read(&self, first: u64, count: usize) -> Result<Vec<Hash>, ReadError> {
        let mut bytes = vec![0; count * HASH_BYTES];
        let io = |error| Unavailable::io("read", &self.path, error);
        let read = self.file.read_at(&mut bytes, first * HASH_BYTES as u64).map_err(io)?;
        if read != bytes.len() {
            let detail = format!("{} is cut", self.path.display());
            return Err(Broken::TilesDamaged { detail }.into());
        }
        let (hashes, _) = bytes.as_chunks::<HASH_BYTES>();
        Ok(hashes.iter().map(|bytes| Hash(*bytes)).collect())
    }
}
