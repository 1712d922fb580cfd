//! The right edge of the tree in tiles: of each level the hashes behind its last full tile.
//! It makes every tile above the leaves itself; what it starts from it is shown to have the root that is known.

use super::ExportError;
use super::files::Tile;
use crate::error::ReadError;
use crate::log::Log;
use crate::merkle::Hash;
use crate::tree::{TILE_HASHES, TILE_HEIGHT, missing};
use lampyris_evidence::merkle::proof::{self, Nodes, root};

/// The edge of a tree of so many leaves; the root over them is made of its hashes alone.
#[derive(Debug, Default)]
pub(super) struct Edge {
    size: u64,
    /// Invariant: level `l` has `(size >> 8 * l) % 256` hashes, the highest at least one.
    levels: Vec<Vec<Hash>>,
}

impl Edge {
    /// The edge of the log's first records, full tiles of them, by its kept hashes, which are checked.
    pub(super) fn of(log: &Log, size: u64) -> Result<Edge, ExportError> {
        let mut levels = Vec::new();
        for level in 0u8.. {
            let hashes = size.checked_shr(u32::from(level) * u32::from(TILE_HEIGHT)).unwrap_or(0);
            if hashes == 0 {
                break;
            }
            let width = hashes % TILE_HASHES as u64;
            let count = usize::try_from(width).unwrap_or(TILE_HASHES);
            levels.push(match count {
                0 => Vec::new(),
                _ => log.tile_hashes(level, hashes - width, count)?,
            });
        }
        let edge = Edge { size, levels };
        let want = log.root_at(size)?;
        edge.check(want.ok_or_else(|| missing(0))?)?;
        Ok(edge)
    }

    /// Adds a leaf, and hands out the tiles that are full with it, the lowest first.
    pub(super) fn push(
        &mut self,
        leaf: Hash,
        mut full: impl FnMut(Tile, &[Hash]) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        self.size += 1;
        let (mut hash, mut hashes) = (leaf, self.size);
        for level in 0u8.. {
            let index = usize::from(level);
            if self.levels.len() <= index {
                self.levels.push(Vec::with_capacity(TILE_HASHES));
            }
            let Some(tile) = self.levels.get_mut(index) else { break };
            tile.push(hash);
            if tile.len() < TILE_HASHES {
                break;
            }
            hashes /= TILE_HASHES as u64;
            full(Tile { level, index: hashes - 1, width: TILE_HASHES }, tile)?;
            let Some(above) = proof::full(std::mem::take(tile)) else { break };
            hash = above;
        }
        Ok(())
    }

    /// The tiles that are not full, the lowest first.
    pub(super) fn partial(&self) -> impl Iterator<Item = (Tile, &[Hash])> {
        (0u8..).zip(&self.levels).filter(|(_, hashes)| !hashes.is_empty()).map(|(level, hashes)| {
            let above = (u32::from(level) + 1) * u32::from(TILE_HEIGHT);
            let index = self.size.checked_shr(above).unwrap_or(0);
            (Tile { level, index, width: hashes.len() }, hashes.as_slice())
        })
    }

    /// Shows that the tree has this root.
    pub(super) fn check(&self, want: Hash) -> Result<(), ExportError> {
        let have = root(self, self.size)?;
        if have == want {
            return Ok(());
        }
        Err(ExportError::OtherRoot { size: self.size, have, want })
    }
}

impl Nodes for Edge {
    type Error = ReadError;

    fn node(&self, height: u8, index: u64) -> Result<Hash, ReadError> {
        let (level, inside) = (height / TILE_HEIGHT, height % TILE_HEIGHT);
        let start = usize::try_from((index << inside) % TILE_HASHES as u64).unwrap_or(usize::MAX);
        let tile = self.levels.get(usize::from(level)).and_then(|tile| tile.get(start..));
        let nodes = tile.and_then(|tile| tile.get(..1 << inside)).map(<[Hash]>::to_vec);
        nodes.and_then(proof::full).ok_or_else(|| missing(level))
    }
}
