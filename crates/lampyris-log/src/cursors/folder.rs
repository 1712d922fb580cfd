//! The folder of cursors: a file for each, made whole under another name, and a lock beside it.
//! It never writes over the newest slot of a file, but with the same bytes.

use super::slot::{self, FILE_BYTES, Found, SLOT_FORMAT, Slot};
use super::{CursorError, NAME_MAX, Standing};
use crate::disk::{Disk, DiskFile};
use crate::error::Unavailable;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is behind the name of a cursor in the name of its lock.
const LOCK: &str = "lock";
/// What is behind it while its file is made.
const NEW: &str = "new";

/// Where the cursors of a log are.
#[derive(Debug)]
pub(crate) struct Folder {
    disk: Arc<dyn Disk>,
    path: PathBuf,
}

/// A cursor that is locked and on the disk.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) path: PathBuf,
    pub(super) file: Box<dyn DiskFile>,
    pub(super) slot: Slot,
    pub(super) lock: Box<dyn DiskFile>,
}

impl Folder {
    pub(crate) fn new(disk: Arc<dyn Disk>, path: PathBuf) -> Folder {
        Folder { disk, path }
    }

    /// Locks the cursor, reads it or makes it, and makes durable what it says.
    pub(super) fn open(
        &self,
        name: &str,
        log_id: [u8; 16],
        size: u64,
    ) -> Result<Held, CursorError> {
        check(name)?;
        let path = self.path.join(name);
        self.make()?;
        let lock = self.lock(name)?;
        let is_there = self.disk.exists(&path).map_err(io("look for", &path))?;
        let (file, slot) = if is_there {
            let file = self.disk.open(&path, false).map_err(io("open", &path))?;
            let slot = read(file.as_ref(), &path, log_id)?;
            if slot.position > size {
                let (name, position) = (name.to_owned(), slot.position);
                return Err(CursorError::Beyond { name, position, size });
            }
            // After a failed sync the kernel may show bytes that are not on the disk.
            write(file.as_ref(), &path, &slot)?;
            (file, slot)
        } else {
            let slot = Slot { log_id, counter: 0, position: 0 };
            (self.create(&path, &slot)?, slot)
        };
        // The name too may have come from a creation whose sync failed.
        self.sync()?;
        Ok(Held { path, file, slot, lock })
    }

    /// Every cursor and where it stands, without locking any.
    pub(super) fn list(&self, log_id: [u8; 16]) -> Result<Vec<Standing>, CursorError> {
        let entries = self.disk.list(&self.path).map_err(io("list", &self.path))?;
        let names = entries.into_iter().flatten().filter_map(|path| {
            path.file_name()?.to_str().filter(|name| check(name).is_ok()).map(str::to_owned)
        });
        let position = |name: &str| {
            let path = self.path.join(name);
            let file = self.disk.open(&path, false).map_err(io("open", &path))?;
            read(file.as_ref(), &path, log_id).map(|slot| slot.position)
        };
        Ok(names.map(|name| Standing { position: position(&name), name }).collect())
    }

    /// Removes a cursor; its lock stays, so that no two ever hold different files of that name.
    pub(super) fn remove(&self, name: &str) -> Result<bool, CursorError> {
        check(name)?;
        let path = self.path.join(name);
        if !self.disk.exists(&path).map_err(io("look for", &path))? {
            return Ok(false);
        }
        let _lock = self.lock(name)?;
        match self.disk.remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            removed => removed.map_err(io("remove", &path))?,
        }
        self.sync()?;
        Ok(true)
    }

    fn make(&self) -> Result<(), Unavailable> {
        match self.disk.create_dir(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            created => created.map_err(io("create", &self.path))?,
        }
        let parent = self.path.parent().unwrap_or(&self.path);
        self.disk.sync_dir(parent).map_err(io("sync", parent))
    }

    fn lock(&self, name: &str) -> Result<Box<dyn DiskFile>, CursorError> {
        let path = self.path.join(name).with_extension(LOCK);
        let lock = self.disk.lock(&path).map_err(io("lock", &path))?;
        lock.ok_or_else(|| CursorError::Held { name: name.to_owned() })
    }

    /// A file with its first slot, which has the cursor's name only once it is whole.
    fn create(&self, path: &Path, slot: &Slot) -> Result<Box<dyn DiskFile>, Unavailable> {
        let new = path.with_extension(NEW);
        let file = self.disk.open(&new, true).map_err(io("create", &new))?;
        file.set_len(0).map_err(io("cut", &new))?;
        file.write_at(&slot.first_file(), 0).map_err(io("write", &new))?;
        file.sync_all().map_err(io("sync", &new))?;
        self.disk.rename(&new, path).map_err(io("rename", &new))?;
        Ok(file)
    }

    fn sync(&self) -> Result<(), Unavailable> {
        self.disk.sync_dir(&self.path).map_err(io("sync", &self.path))
    }
}

/// What a file says.
fn read(file: &dyn DiskFile, path: &Path, log_id: [u8; 16]) -> Result<Slot, CursorError> {
    // A byte more, to see whether there is one.
    let mut bytes = vec![0; FILE_BYTES + 1];
    let read = file.read_at(&mut bytes, 0).map_err(io("read", path))?;
    let path = || path.to_owned();
    match slot::read(bytes.get(..read).unwrap_or_default()) {
        Found::Slot { slot, .. } if slot.log_id != log_id => {
            Err(CursorError::OtherLog { path: path(), found: slot.log_id, log: log_id })
        }
        Found::Slot { slot, torn } => {
            if torn {
                let (path, position) = (path(), slot.position);
                tracing::warn!(?path, position, "one slot of a cursor is torn or damaged");
            }
            Ok(slot)
        }
        Found::Newer(found) => {
            Err(CursorError::Newer { path: path(), found, supported: SLOT_FORMAT })
        }
        Found::Damaged(detail) => Err(CursorError::Damaged { path: path(), detail }),
    }
}

/// Writes a slot in its place and makes it durable.
pub(super) fn write(file: &dyn DiskFile, path: &Path, slot: &Slot) -> Result<(), Unavailable> {
    file.write_at(&slot.write(), slot.offset() as u64).map_err(io("write", path))?;
    file.sync_data().map_err(io("sync", path))
}

/// Holds a name against its rule: it is a file's, and has no dot, which locks have.
fn check(name: &str) -> Result<(), CursorError> {
    let is_right = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if (1..=NAME_MAX).contains(&name.len()) && name.bytes().all(is_right) {
        return Ok(());
    }
    Err(CursorError::Name { name: name.to_owned() })
}

fn io(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Unavailable + use<> {
    let path = path.to_owned();
    move |error| Unavailable::io(operation, path, error)
}
