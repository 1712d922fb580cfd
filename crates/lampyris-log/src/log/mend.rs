//! Mending tiles of an open log that was opened by a snapshot, and so without comparing those of the records before.
//! They are made from the records, as they are when the whole log is read, once something shows that they are damaged.

use super::Shared;
use super::read::{READ_BYTES, missing};
use crate::block_on::block_on;
use crate::error::{Broken, ReadError};
use crate::frame::FrameReader;
use crate::merkle::Hash;
use crate::tree::{Entry, TILE_HASHES};
use crate::verify::Chain;
use std::sync::atomic::Ordering;

impl Shared {
    /// Does what needs tiles; if they turn out to be damaged, and were not compared with the records since the log
    /// was opened, mends them and does it again.
    pub(super) fn with_tiles<R>(
        &self,
        work: impl Fn(&Shared) -> Result<R, ReadError>,
    ) -> Result<R, ReadError> {
        match work(self) {
            Err(ReadError::Broken(Broken::TilesDamaged { .. }))
                if self.tiles_trusted.swap(false, Ordering::AcqRel) =>
            {
                let count = self.mend_tiles()?;
                tracing::warn!(count, "tiles were damaged; they were made anew from the records");
                self.mended_tiles.fetch_add(count, Ordering::Relaxed);
                work(self)
            }
            done => done,
        }
    }

    /// Compares all full tiles with the records; returns how many were others.
    fn mend_tiles(&self) -> Result<usize, ReadError> {
        let (end, mut mended) = (self.head().size, 0);
        let (mut reader, mut chain) = (FrameReader::new(), Chain::with_entries());
        let mut levels: Vec<(u64, Vec<Hash>)> = Vec::new();
        while chain.size() < end {
            let frames = block_on(self.shard.read(chain.size(), READ_BYTES))?;
            if frames.is_empty() {
                return Err(missing(chain.size()).into());
            }
            for stored in frames {
                if chain.size() >= end {
                    break;
                }
                let frame = reader.open(stored.first_sequence, &stored.bytes)?;
                chain.link(&frame)?;
                for raw in frame.records() {
                    chain.leaf(raw?.bytes);
                }
                for entry in chain.take_entries() {
                    mended += usize::from(self.mend_with(&mut levels, entry)?);
                }
            }
        }
        Ok(mended)
    }

    /// Takes in the next hash of a level; returns whether that showed a tile to be another.
    fn mend_with(
        &self,
        levels: &mut Vec<(u64, Vec<Hash>)>,
        (level, hash): Entry,
    ) -> Result<bool, ReadError> {
        if levels.len() <= usize::from(level) {
            levels.resize(usize::from(level) + 1, (0, Vec::new()));
        }
        let Some((index, hashes)) = levels.get_mut(usize::from(level)) else { return Ok(false) };
        hashes.push(hash);
        let Some(tile) = hashes.first_chunk::<TILE_HASHES>() else { return Ok(false) };
        let mended = self.tree.mend(level, *index, tile)?;
        *index += 1;
        hashes.clear();
        Ok(mended)
    }
}
