//! The Merkle tree as it is kept: full tiles of 256 hashes in flat files beside the log, what is younger in memory.
//! Derived from the records and never trusted: whenever the log is opened the tiles are made anew and compared.

mod file;
mod place;

#[cfg(test)]
mod tests;

pub(crate) use place::TilePlace;

use crate::error::{Broken, ReadError, Unavailable};
use crate::merkle::{Frontier, Hash};
use crate::snapshot::{Tiles, has_levels};
use file::{TileFile, Written};
use lampyris_evidence::merkle::proof::{Nodes, full};
use parking_lot::Mutex;
use std::io::ErrorKind;

/// Hashes of a full tile, as C2SP tlog-tiles has it.
pub const TILE_HASHES: usize = 256;
/// Bytes of a full tile.
pub const TILE_BYTES: usize = TILE_HASHES * HASH_BYTES;
/// How many levels of the tree one tile spans: a hash of a level is the root of a full tile below.
pub const TILE_HEIGHT: u8 = 8;

const HASH_BYTES: usize = 32;

/// A hash that a tile holds: its level, and its value. They come in the order of their leaves.
pub(crate) type Entry = (u8, Hash);

/// The entries that a leaf brings about.
pub(crate) fn entries(into: &mut Vec<Entry>) -> impl FnMut(u8, Hash) {
    |height, hash| {
        if height.is_multiple_of(TILE_HEIGHT) {
            into.push((height / TILE_HEIGHT, hash));
        }
    }
}

/// The tiles of a log.
#[derive(Debug)]
pub(crate) struct Tree {
    place: TilePlace,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    levels: Vec<Level>,
    /// The files are compared while they are written: the log is being opened, or somebody else writes them.
    comparing: bool,
    /// Full tiles that were found to be others.
    damaged: usize,
    /// A write has failed, and a warning told of it.
    warned: bool,
}

/// One level: the tiles in its file, and the hashes behind them.
#[derive(Debug, Default)]
struct Level {
    file: Option<TileFile>,
    /// Number of tiles in the file.
    kept: u64,
    rest: Vec<Hash>,
}

impl Tree {
    /// A tree of nothing, which is to be given every entry of a log.
    pub(crate) fn new(place: TilePlace) -> Tree {
        let state = State { comparing: true, ..State::default() };
        Tree { place, state: Mutex::new(state) }
    }

    /// Whether there is a tree at all.
    pub(crate) fn is_kept(&self) -> bool {
        !matches!(self.place, TilePlace::Nowhere)
    }

    /// A tree whose full tiles are in files, as an earlier opening found or made them, of a log with these peaks;
    /// nothing if the files do not hold them.
    pub(crate) fn resume(place: TilePlace, levels: Tiles, log: &Frontier) -> Option<Tree> {
        let fits = has_levels(&levels, log.size());
        if !matches!(place, TilePlace::Folder(..)) || !fits {
            return None;
        }
        let mut state = State { comparing: true, ..State::default() };
        for (level, (kept, rest)) in (0u8..).zip(levels) {
            let file = if kept > 0 { Some(place.existing(level, kept).ok()??) } else { None };
            state.levels.push(Level { file, kept, rest });
        }
        let tree = Tree { place, state: Mutex::new(state) };
        tree.has_peaks(log).then_some(tree)
    }

    /// Whether the right edge is that of a log. What is to the left of it was compared before, and no proof is
    /// handed out that does not lead to the log's own root.
    fn has_peaks(&self, log: &Frontier) -> bool {
        let mut begin = 0;
        let heights = (0..64u8).rev().filter(|height| log.size() >> height & 1 == 1);
        heights.zip(log.peaks()).all(|(height, peak)| {
            let found = self.node(height, begin >> height);
            begin += 1 << height;
            found.is_ok_and(|found| found == *peak)
        })
    }

    /// How many tiles of each level are full and in a file, and the hashes behind them; nothing if none are in files.
    pub(crate) fn tiles(&self) -> Option<Tiles> {
        if !matches!(self.place, TilePlace::Folder(..)) {
            return None;
        }
        let state = self.state.lock();
        Some(state.levels.iter().map(|level| (level.kept, level.rest.clone())).collect())
    }

    /// Writes a full tile of a log again if its file should hold it and does not; returns whether it did not.
    pub(crate) fn mend(
        &self,
        level: u8,
        index: u64,
        tile: &[Hash; TILE_HASHES],
    ) -> Result<bool, ReadError> {
        let file = {
            let state = self.state.lock();
            let found = state.levels.get(usize::from(level));
            found.filter(|level| index < level.kept).and_then(|level| level.file.clone())
        };
        let Some(file) = file else { return Ok(false) };
        Ok(file.write(index, tile, true)? != Written::Not)
    }

    /// Makes durable what is in the files.
    pub(crate) fn sync(&self) -> Result<(), ReadError> {
        let files: Vec<TileFile> =
            self.state.lock().levels.iter().filter_map(|level| level.file.clone()).collect();
        for file in &files {
            file.sync()?;
        }
        if files.is_empty() { Ok(()) } else { self.place.sync() }
    }

    /// Takes in the next entries. What cannot be written stays in memory and is tried again with the next tile.
    pub(crate) fn take(&self, entries: &[Entry]) {
        if !self.is_kept() {
            return;
        }
        let mut state = self.state.lock();
        for (level, hash) in entries {
            state.take(&self.place, *level, *hash);
        }
    }

    /// The log was read to its end: what the files hold beyond is cut. Returns how many tiles were mended.
    /// Tiles that come are compared on if it is `beside` who writes them.
    pub(crate) fn adopt(&self, beside: bool) -> usize {
        let state = &mut *self.state.lock();
        state.comparing = beside;
        // A level that could not be written or compared is not known well enough to cut its file.
        let kept = |level: &Level| (level.rest.len() < TILE_HASHES).then_some(level.kept);
        let kept: Vec<Option<u64>> = state.levels.iter().map(kept).collect();
        match self.place.cut(&kept) {
            Ok(cut) => state.damaged += cut,
            Err(error) => state.warn(&error),
        }
        state.damaged
    }
}

impl Nodes for Tree {
    type Error = ReadError;

    fn node(&self, height: u8, index: u64) -> Result<Hash, ReadError> {
        let (level, inside) = (height / TILE_HEIGHT, height % TILE_HEIGHT);
        let (first, count) = (index << inside, 1 << inside);
        full(self.hashes(level, first, count)?).ok_or_else(|| missing(level))
    }
}

impl Tree {
    /// Some hashes of a level, all of one tile.
    pub(crate) fn hashes(
        &self,
        level: u8,
        first: u64,
        count: usize,
    ) -> Result<Vec<Hash>, ReadError> {
        let file = {
            let state = self.state.lock();
            let found = state.levels.get(usize::from(level)).ok_or_else(|| missing(level))?;
            let kept = found.kept * TILE_HASHES as u64;
            match (first.checked_sub(kept), &found.file) {
                (None, Some(file)) => file.clone(),
                (None, None) => return Err(missing(level)),
                (Some(first), _) => {
                    let first = usize::try_from(first).unwrap_or(usize::MAX);
                    let hashes = found.rest.get(first..).and_then(|rest| rest.get(..count));
                    return Ok(hashes.ok_or_else(|| missing(level))?.to_vec());
                }
            }
        };
        file.read(first, count)
    }
}

/// A hash that the log's size says is there.
pub(crate) fn missing(level: u8) -> ReadError {
    Broken::TilesDamaged { detail: format!("a hash of level {level} is missing") }.into()
}

impl State {
    fn take(&mut self, place: &TilePlace, level: u8, hash: Hash) {
        let index = usize::from(level);
        if self.levels.len() <= index {
            self.levels.resize_with(index + 1, Level::default);
        }
        let comparing = self.comparing;
        let Some(found) = self.levels.get_mut(index) else { return };
        found.rest.push(hash);
        if !found.rest.len().is_multiple_of(TILE_HASHES) {
            return;
        }
        match found.write(place, level, comparing) {
            Ok(damaged) => self.damaged += damaged,
            Err(error) => self.warn(&error),
        }
    }

    fn warn(&mut self, error: &ReadError) {
        if is_read_only(error) {
            return;
        }
        if !std::mem::replace(&mut self.warned, true) {
            tracing::warn!(%error, "tiles stay in memory until they can be written");
        }
    }
}

/// Whether tiles cannot be written because nothing can: who writes the log has them, or will.
fn is_read_only(error: &ReadError) -> bool {
    let ReadError::Unavailable(Unavailable::Io { source, .. }) = error else { return false };
    source.kind() == ErrorKind::ReadOnlyFilesystem
}

impl Level {
    /// Writes the full tiles that are not in the file yet; returns how many others stood there.
    fn write(&mut self, place: &TilePlace, level: u8, compare: bool) -> Result<usize, ReadError> {
        if self.file.is_none() {
            self.file = place.open(level)?;
        }
        // In memory the hashes stay where they are.
        let Some(file) = &self.file else { return Ok(0) };
        let mut damaged = 0;
        while let Some((tile, _)) = self.rest.split_first_chunk::<TILE_HASHES>() {
            let written = file.write(self.kept, tile, compare)?;
            damaged += usize::from(written == Written::OverAnother);
            self.kept += 1;
            self.rest.drain(..TILE_HASHES);
        }
        Ok(damaged)
    }
}
