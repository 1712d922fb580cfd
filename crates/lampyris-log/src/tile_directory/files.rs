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
    /// Folders whose entries may not be durable yet.
    changed: BTreeSet<PathBuf>,
}

impl Tile {
    /// The tile of level 0 whose last hash is that of the last of so many records, of which there are some.
    pub(super) fn ending_at(size: u64) -> Tile {
        let last = size.saturating_sub(1);
        let (index, width) = (last / TILE_HASHES as u64, last % TILE_HASHES as u64 + 1);
        Tile { level: 0, index, width: usize::try_from(width).unwrap_or(TILE_HASHES) }
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
        let missing = root.ancestors().take_while(|above| !above.exists());
        let changed = missing.filter_map(Path::parent).map(Path::to_owned).collect();
        let files = Files { root: root.to_owned(), written: 0, changed };
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

    /// Writes a file of tiles or entries, unless it is there already with these bytes.
    pub(super) fn write(&mut self, path: &Path, bytes: &[u8]) -> Result<(), ExportError> {
        let path = self.root.join(path);
        match fs::read(&path) {
            // Who wrote it may not have come to sync its folder.
            Ok(found) if found == bytes => self.enters(&path),
            Ok(_) => return Err(ExportError::OtherFile { path }),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.replace(&path, bytes)
                    .map_err(|error| Unavailable::io("write", path, error))?;
                self.written += 1;
            }
            Err(error) => return Err(Unavailable::io("read", path, error).into()),
        }
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

    /// Removes the partial tiles of what was not full before and is now, whoever left them.
    pub(super) fn remove_partial(&mut self, before: u64, size: u64) -> Result<(), ExportError> {
        for level in 0..=u8::try_from(u64::BITS).unwrap_or(u8::MAX) / TILE_HEIGHT {
            let above = (u32::from(level) + 1) * u32::from(TILE_HEIGHT);
            let full = |size: u64| size.checked_shr(above).unwrap_or(0);
            for index in full(before)..full(size) {
                // The folder is the same for every width.
                let tile = Tile { level, index, width: 1 };
                let entries = (level == 0).then(|| tile.entries());
                for path in entries.into_iter().chain([tile.path()]) {
                    self.remove_folder_of(&path)?;
                }
            }
        }
        Ok(())
    }

    fn remove_folder_of(&self, path: &Path) -> Result<(), ExportError> {
        let Some(folder) = path.parent().map(|folder| self.root.join(folder)) else {
            return Ok(());
        };
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(Unavailable::io("remove", folder, error).into())
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn replace(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut part = path.as_os_str().to_owned();
        part.push(format!(".{PART}"));
        let mut file = File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(part, path)?;
        self.enters(path);
        Ok(())
    }

    /// A file and the folders above are to be durable, up to the entry of the directory itself: each may be new.
    fn enters(&mut self, path: &Path) {
        let above = path.ancestors().skip(1).take_while(|above| above.starts_with(&self.root));
        self.changed.extend(above.map(Path::to_owned));
        self.changed.extend(self.root.parent().map(Path::to_owned));
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
    fn the_last_tile_is_full_only_at_a_multiple_of_its_hashes() {
        let tile = |size| {
            let tile = Tile::ending_at(size);
            (tile.index, tile.width)
        };
        assert_eq!([1, 255, 256, 257].map(tile), [(0, 1), (0, 255), (0, 256), (1, 1)]);
        assert_eq!(tile(70_000), (273, 112));
    }
}
