//! The log as a directory of static files for others: checkpoint, tiles and entries (<https://c2sp.org/tlog-tiles>).
//! A file never changes once it is there, but for the checkpoint, which is written last.

mod edge;
mod error;
mod files;

pub use error::ExportError;

use crate::log::Log;
use crate::merkle::Hash;
use crate::tree::TILE_HASHES;
use edge::Edge;
use files::{Files, Tile};
use lampyris_evidence::checkpoint::SignedCheckpoint;
use std::ops::ControlFlow;
use std::path::Path;

/// What an export did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exported {
    /// How many records the directory had before.
    pub before: u64,
    /// How many it has now.
    pub size: u64,
    /// How many files of tiles and entries were written.
    pub files: u64,
}

impl Log {
    /// Writes the records under a checkpoint, with their tiles, into a directory, or brings one up to date that an
    /// earlier export of this log made. `progress` is told how many records are written.
    ///
    /// Files appear under their names when they are whole and durable, the checkpoint after all others, so a reader
    /// finds everything that it covers at any time, and an export that was interrupted goes on where it stopped.
    /// Partial tiles are removed once the full one is there. Every tile is made of hashes that lead to the
    /// checkpoint's root; the records under the directory's own checkpoint are not read again.
    /// A file that is there already is compared, and never overwritten.
    ///
    /// # Errors
    /// [`ExportError`] if the checkpoint or the directory is not this log's, or something cannot be read or written.
    pub fn export_tiles(
        &self,
        out: &Path,
        checkpoint: &SignedCheckpoint,
        mut progress: impl FnMut(u64),
    ) -> Result<Exported, ExportError> {
        self.agrees_with(checkpoint)?;
        let size = checkpoint.checkpoint().head.size;
        let mut files = Files::open(out)?;
        let before = match files.checkpoint()? {
            None => 0,
            Some(before) => {
                self.agrees_with(&before)?;
                before.checkpoint().head.size
            }
        };
        if before > size {
            return Err(ExportError::Newer { path: out.to_owned(), before, size });
        }
        let edge = self.export_records(&mut files, before, size, &mut progress)?;
        for (tile, hashes) in edge.partial() {
            files.write(&tile.path(), &bytes(hashes))?;
        }
        edge.check(checkpoint.checkpoint().head.root)?;
        files.write_checkpoint(checkpoint)?;
        files.remove_partial(before, size)?;
        Ok(Exported { before, size, files: files.written })
    }

    /// The records from the first tile on that was not full before, and the full tiles that they make. Returns the
    /// edge with what is in no full tile.
    fn export_records(
        &self,
        files: &mut Files,
        before: u64,
        size: u64,
        progress: &mut impl FnMut(u64),
    ) -> Result<Edge, ExportError> {
        let first = before - before % TILE_HASHES as u64;
        let mut edge = Edge::of(self, first)?;
        let (mut entries, mut failure) = (Vec::new(), None);
        if first == size {
            return Ok(edge);
        }
        self.for_each(first, |verified| {
            // A record has at most 60,000 bytes.
            let length = u16::try_from(verified.bytes.len()).unwrap_or(u16::MAX);
            entries.extend_from_slice(&length.to_be_bytes());
            entries.extend_from_slice(verified.bytes);
            let next = verified.record.sequence + 1;
            let mut written =
                edge.push(verified.leaf, |tile, hashes| files.write(&tile.path(), &bytes(hashes)));
            if next == size || next.is_multiple_of(TILE_HASHES as u64) {
                let bundle = Tile::ending_at(next).entries();
                written = written.and_then(|()| files.write(&bundle, &entries));
                entries.clear();
                progress(next);
            }
            failure = written.err();
            if failure.is_some() || next == size {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
        failure.map_or(Ok(edge), Err)
    }
}

fn bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}
