//! The small files of a backup: signed heads, and where consumers stand.
//! Each is copied whole, under another name first.

use crate::directory::{CHECKPOINTS, CURSORS, Directory};
use crate::disk::Disk;
use crate::error::Unavailable;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// How many bytes are read at a time.
const PIECE_BYTES: usize = 64 * 1024;
/// What is behind the name of a file while it is written.
const NEW: &str = "new";

/// What is copied whole.
pub(super) struct Small {
    checkpoints: Option<Vec<u8>>,
    cursors: BTreeMap<String, Vec<u8>>,
}

impl Small {
    /// Reads them. What they say was true before now: none is of more records than are acknowledged by now.
    pub(super) fn read(from: &Directory) -> Result<Small, Unavailable> {
        let disk = from.disk().as_ref();
        let checkpoints = read_small(disk, &from.join(CHECKPOINTS))?;
        let mut cursors = BTreeMap::new();
        for path in cursor_files(from)? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            // One that was removed meanwhile is none any more.
            if let Some(bytes) = read_small(disk, &path)? {
                cursors.insert(name.to_owned(), bytes);
            }
        }
        Ok(Small { checkpoints, cursors })
    }

    /// Removes signed heads that are there and do not go on as these do: they are of a log that had another name, and
    /// nobody may find them beside what comes now.
    pub(super) fn make_way(&self, to: &Directory) -> Result<(), Unavailable> {
        let path = to.join(CHECKPOINTS);
        let Some(there) = read_small(to.disk().as_ref(), &path)? else { return Ok(()) };
        if self.checkpoints.as_ref().is_some_and(|ours| ours.starts_with(&there)) {
            return Ok(());
        }
        let removed = to.disk().remove_file(&path);
        removed.map_err(|error| Unavailable::io("remove", &path, error))?;
        to.sync()
    }

    /// Writes them, and removes cursors that are there no more.
    pub(super) fn write(&self, to: &Directory) -> Result<(), Unavailable> {
        let disk = to.disk().as_ref();
        if let Some(bytes) = &self.checkpoints {
            replace(disk, &to.join(CHECKPOINTS), bytes)?;
        }
        let folder = to.join(CURSORS);
        let io = |operation| {
            let folder = folder.clone();
            move |error| Unavailable::io(operation, folder, error)
        };
        if !self.cursors.is_empty() && !disk.exists(&folder).map_err(io("look for"))? {
            disk.create_dir(&folder).map_err(io("create"))?;
        }
        for (name, bytes) in &self.cursors {
            replace(disk, &folder.join(name), bytes)?;
        }
        let mut removed = false;
        for path in cursor_files(to)? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if !self.cursors.contains_key(name) {
                disk.remove_file(&path).map_err(|e| Unavailable::io("remove", &path, e))?;
                removed = true;
            }
        }
        if removed {
            disk.sync_dir(&folder).map_err(io("sync"))?;
        }
        to.sync()
    }
}

/// The files of cursors, without locks and what was never finished.
fn cursor_files(directory: &Directory) -> Result<Vec<PathBuf>, Unavailable> {
    let folder = directory.join(CURSORS);
    let entries = directory.disk().list(&folder);
    let entries = entries.map_err(|error| Unavailable::io("list", &folder, error))?;
    Ok(entries.into_iter().flatten().filter(|path| path.extension().is_none()).collect())
}

/// All bytes of a file; nothing if there is none.
pub(super) fn read_small(disk: &dyn Disk, path: &Path) -> Result<Option<Vec<u8>>, Unavailable> {
    read_beginning(disk, path, usize::MAX)
}

/// The same of a file of which no more than a few pieces can matter.
pub(super) fn read_beginning(
    disk: &dyn Disk,
    path: &Path,
    enough: usize,
) -> Result<Option<Vec<u8>>, Unavailable> {
    let file = match disk.open_to_read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(|error| Unavailable::io("open", path, error))?,
    };
    let (mut bytes, mut piece) = (Vec::new(), vec![0; PIECE_BYTES]);
    loop {
        let read = file.read_at(&mut piece, bytes.len() as u64);
        let read = read.map_err(|error| Unavailable::io("read", path, error))?;
        bytes.extend_from_slice(piece.get(..read).unwrap_or_default());
        if read < piece.len() || bytes.len() >= enough {
            return Ok(Some(bytes));
        }
    }
}

/// Puts a file of these bytes in place of what is there, durably; a crash leaves the one or the other.
pub(crate) fn replace(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> Result<(), Unavailable> {
    let new = path.with_extension(NEW);
    let io = |operation| {
        let new = new.clone();
        move |error| Unavailable::io(operation, new, error)
    };
    let file = disk.open(&new, true).map_err(io("create"))?;
    file.set_len(0).map_err(io("cut"))?;
    file.write_at(bytes, 0).map_err(io("write"))?;
    file.sync_all().map_err(io("sync"))?;
    disk.rename(&new, path).map_err(io("rename"))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    disk.sync_dir(folder).map_err(|error| Unavailable::io("sync", folder, error))
}
