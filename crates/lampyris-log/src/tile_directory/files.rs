//! The files of an export: their names, and how they come to be whole.
//! A file is written under another name, synced and renamed; its folder is synced before the checkpoint is written.

use super::ExportError;
use crate::error::Unavailable;
use crate::tree::{TILE_HASHES, TILE_HEIGHT};
use lampyris_evidence::checkpoint::SignedCheckpoint;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

const CHECKPOINT: &str = "checkpoint";
const TILE: &str = "tile";
/// Stands behind the name of a file that is not whole yet.
const PART: &str = "part";

/// A tile: its place, and how many hashes it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tile {
    pub(super) level: u8,
    pub(super) index: u64,
    pub(super) width: usize,
}

/// An export's directory.
#[derive(Debug)]
pub(super) struct Files {
    root: PathBuf,
    /// How many files were written.
    pub(super) written: u64,
    /// Folders with new files, or new folders.
    changed: BTreeSet<PathBuf>,
}

impl Tile {
    /// The tiles of a level of a log with so many records: full ones, and perhaps one that is not.
    pub(super) fn of(level: u8, size: u64) -> impl Iterator<Item = Tile> {
        let hashes = size.checked_shr(u32::from(level * TILE_HEIGHT)).unwrap_or(0);
        let tiles = hashes.div_ceil(TILE_HASHES as u64);
        (0..tiles).map(move |index| {
            let width = (hashes - index * TILE_HASHES as u64).min(TILE_HASHES as u64);
            Tile { level, index, width: usize::try_from(width).unwrap_or(TILE_HASHES) }
        })
    }

    pub(super) fn is_full(self) -> bool {
        self.width == TILE_HASHES
    }

    /// Where the hashes are.
    pub(super) fn path(self) -> PathBuf {
        self.under(&self.level.to_string())
    }

    /// Where the entries are, for a tile of level 0.
    pub(super) fn entries(self) -> PathBuf {
        self.under("entries")
    }

    /// The index in groups of three digits, all but the last with an `x` in front.
    fn under(self, kind: &str) -> PathBuf {
        let digits = format!("{:03}", self.index);
        let mut path = Path::new(TILE).join(kind);
        let groups = digits.len().div_ceil(3);
        let digits = format!("{digits:0>width$}", width = groups * 3);
        for group in 0..groups {
            let part = digits.get(3 * group..3 * group + 3).unwrap_or_default();
            path.push(if group + 1 < groups { format!("x{part}") } else { part.to_owned() });
        }
        if self.is_full() {
            return path;
        }
        path.as_mut_os_string().push(".p");
        path.join(self.width.to_string())
    }
}

impl Files {
    /// Looks at a directory, which is made if it is missing.
    pub(super) fn open(root: &Path) -> Result<Files, ExportError> {
        let files = Files { root: root.to_owned(), written: 0, changed: BTreeSet::new() };
        let entries = match fs::read_dir(root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(files),
            Err(error) => return Err(Unavailable::io("list", root, error).into()),
        };
        let (mut has_checkpoint, mut others) = (false, false);
        for entry in entries {
            let name = entry.map_err(|error| Unavailable::io("list", root, error))?.file_name();
            has_checkpoint |= name == CHECKPOINT;
            others |= name != CHECKPOINT
                && name != TILE
                && name != format!("{CHECKPOINT}.{PART}").as_str();
        }
        if others && !has_checkpoint {
            return Err(ExportError::NotAnExport { path: root.to_owned() });
        }
        Ok(files)
    }

    /// The checkpoint of the last export that came to its end.
    pub(super) fn checkpoint(&self) -> Result<Option<SignedCheckpoint>, ExportError> {
        let path = self.root.join(CHECKPOINT);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Unavailable::io("read", path, error).into()),
        };
        let parsed = SignedCheckpoint::parse(&text);
        parsed
            .map(Some)
            .map_err(|error| ExportError::Checkpoint { path, reason: error.to_string() })
    }

    /// Writes a file of tiles or entries, unless it is there already.
    pub(super) fn write(&mut self, path: &Path, bytes: &[u8]) -> Result<(), ExportError> {
        let path = self.root.join(path);
        if path.exists() {
            return Ok(());
        }
        self.replace(&path, bytes).map_err(|error| Unavailable::io("write", path, error))?;
        self.written += 1;
        Ok(())
    }

    /// Makes everything else durable, and then writes the checkpoint.
    pub(super) fn write_checkpoint(
        &mut self,
        signed: &SignedCheckpoint,
    ) -> Result<(), ExportError> {
        self.sync()?;
        let path = self.root.join(CHECKPOINT);
        let text = signed.encode();
        self.replace(&path, text.as_bytes())
            .map_err(|error| Unavailable::io("write", path, error))?;
        self.sync()
    }

    /// Removes the partial tiles of an earlier size whose full ones are there.
    pub(super) fn remove_partial(&mut self, before: u64, size: u64) -> Result<(), ExportError> {
        for level in 0..=u8::try_from(u64::BITS).unwrap_or(u8::MAX) / TILE_HEIGHT {
            let partial = Tile::of(level, before).filter(|tile| !tile.is_full()).last();
            let Some(tile) = partial else { continue };
            let full = Tile { width: TILE_HASHES, ..tile };
            if !Tile::of(level, size).any(|tile| tile == full) {
                continue;
            }
            let entries = (level == 0).then(|| tile.entries());
            for path in entries.into_iter().chain([tile.path()]) {
                let Some(folder) = path.parent().map(|folder| self.root.join(folder)) else {
                    continue;
                };
                match fs::remove_dir_all(&folder) {
                    Err(error) if error.kind() != ErrorKind::NotFound => {
                        return Err(Unavailable::io("remove", folder, error).into());
                    }
                    Ok(()) | Err(_) => {}
                }
            }
        }
        Ok(())
    }

    fn replace(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        if !folder.exists() {
            fs::create_dir_all(folder)?;
            // Each of them may be new.
            let above = folder.ancestors().take_while(|above| above.starts_with(&self.root));
            self.changed.extend(above.map(Path::to_owned));
            self.changed.extend(self.root.parent().map(Path::to_owned));
        }
        let mut part = path.as_os_str().to_owned();
        part.push(format!(".{PART}"));
        let mut file = File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(part, path)?;
        self.changed.insert(folder.to_owned());
        Ok(())
    }

    /// Makes the entries of changed folders durable.
    fn sync(&mut self) -> Result<(), ExportError> {
        for folder in std::mem::take(&mut self.changed) {
            let path = if folder.as_os_str().is_empty() { Path::new(".") } else { &folder };
            let synced = File::open(path).and_then(|folder| folder.sync_all());
            synced.map_err(|error| Unavailable::io("sync", path, error))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Tile;

    #[test]
    fn a_tile_has_the_path_that_c2sp_gives_it() {
        let path = |level, index, width| Tile { level, index, width }.path();
        assert_eq!(path(0, 0, 256).to_str(), Some("tile/0/000"));
        assert_eq!(path(3, 999, 256).to_str(), Some("tile/3/999"));
        assert_eq!(path(0, 1000, 256).to_str(), Some("tile/0/x001/000"));
        assert_eq!(path(1, 1_234_067, 256).to_str(), Some("tile/1/x001/x234/067"));
        assert_eq!(path(1, 1_234_067, 7).to_str(), Some("tile/1/x001/x234/067.p/7"));
        let entries = Tile { level: 0, index: 12, width: 255 }.entries();
        assert_eq!(entries.to_str(), Some("tile/entries/012.p/255"));
    }

    #[test]
    fn the_tiles_of_the_example_of_c2sp_are_those() {
        let tiles =
            |level| -> Vec<usize> { Tile::of(level, 70_000).map(|tile| tile.width).collect() };
        let level_0 = tiles(0);
        assert_eq!((level_0.len(), level_0.last()), (274, Some(&112)));
        assert_eq!(tiles(1), [256, 17]);
        assert_eq!(tiles(2), [1]);
        assert!(tiles(3).is_empty());
        assert_eq!(Tile::of(1, 256).map(|tile| tile.width).collect::<Vec<_>>(), [1]);
    }
}
