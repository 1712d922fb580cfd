//! The layout of a data directory, and its creation, which a crash may cut short at any point.
//! It never creates or removes anything in a directory that is neither empty nor a log's.

use crate::disk::{Disk, DiskFile};
use crate::error::{Broken, OpenError, Unavailable};
use crate::identity::LAYOUT;
use crate::sled_store::move_aside;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Says that the directory is a log, and of which layout.
pub const MARKER: &str = "format";
/// The marker of a newer layout, before it takes the place of the old one.
pub const UPGRADING: &str = "format.upgrading";
/// Stands in for the marker while a log is taken in.
pub const IMPORTING: &str = "format.importing";
/// Stands in for the marker until creation is finished; nothing was acknowledged while it is there.
pub const CREATING: &str = "format.creating";
/// Stands in for the marker of a log in a backup.
pub const BACKUP: &str = "backup";
/// The same while it is written.
pub const BACKUP_NEW: &str = "backup.new";
/// Locked as long as the log is open.
pub const LOCK: &str = "lock";
/// The journal's folder.
pub const JOURNAL: &str = "journal";
/// The archive's folder.
pub const ARCHIVE: &str = "archive";
/// The data store's folder.
pub const DATA: &str = "data";
/// The folder of tiles.
pub const TILES: &str = "tiles";
/// What opening derives from the records, so that it need not be derived again.
pub const SNAPSHOT: &str = "snapshot";
/// The same while it is written.
pub const SNAPSHOT_NEW: &str = "snapshot.new";
/// The file of signed heads.
pub const CHECKPOINTS: &str = "checkpoints";
/// The folder of cursors.
pub const CURSORS: &str = "cursors";
/// sled's folder.
pub const SLED: &str = "sled";
/// Files that stood in sled's way, kept as evidence.
pub const SET_ASIDE: &str = "set-aside";

/// How often the lock is asked for, and how long is waited between: a child process that another thread has just begun
/// holds what its parent let go until it runs its program.
const LOCK_TRIES: u32 = 10;
const LOCK_PAUSE: Duration = Duration::from_millis(20);
const MARKER_START: &str = "lampyris-log layout ";
const MARKER_MAX_BYTES: usize = 64;

/// A data directory.
#[derive(Debug, Clone)]
pub(crate) struct Directory {
    pub(crate) path: PathBuf,
    disk: Arc<dyn Disk>,
}

/// What is in a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Survey {
    /// Nothing, or the directory is missing.
    Vacant,
    /// A log whose creation was cut short.
    CutShort,
    /// A log.
    Finished,
}

impl Directory {
    pub(crate) fn new(path: &Path, disk: Arc<dyn Disk>) -> Directory {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        Directory { path: path.to_owned(), disk }
    }

    pub(crate) fn disk(&self) -> &Arc<dyn Disk> {
        &self.disk
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Looks, and refuses what is not ours or too new.
    pub(crate) fn survey(&self) -> Result<Survey, OpenError> {
        let Some(entries) = self.disk.list(&self.path).map_err(self.io("list", ""))? else {
            return Ok(Survey::Vacant);
        };
        let has = |name: &str| {
            entries.iter().any(|entry| entry.file_name().is_some_and(|entry| entry == name))
        };
        if has(MARKER) {
            return self.read_marker(has(JOURNAL) || has(SLED));
        }
        if has(BACKUP) {
            return Err(OpenError::IsABackup { path: self.path.clone() });
        }
        if has(IMPORTING) {
            return Err(OpenError::ImportCutShort { path: self.path.clone() });
        }
        let ours = |entry: &PathBuf| {
            entry.file_name().is_some_and(|name| {
                let ours = [
                    CREATING,
                    LOCK,
                    JOURNAL,
                    ARCHIVE,
                    DATA,
                    TILES,
                    SNAPSHOT,
                    SNAPSHOT_NEW,
                    CHECKPOINTS,
                    SLED,
                    SET_ASIDE,
                ];
                ours.iter().any(|ours| name == *ours)
            })
        };
        let begun = |entry: &PathBuf| {
            entry.file_name().is_some_and(|name| name == LOCK || name == BACKUP_NEW)
        };
        match entries.as_slice() {
            // A backup of which nothing was written yet.
            entries if has(BACKUP_NEW) && entries.iter().all(begun) => Ok(Survey::Vacant),
            [] => Ok(Survey::Vacant),
            entries if has(CREATING) && entries.iter().all(ours) => Ok(Survey::CutShort),
            _ => Err(OpenError::NotALog { path: self.path.clone() }),
        }
    }

    /// Whether there is a lock and nothing else.
    pub(crate) fn has_a_lock_alone(&self) -> Result<bool, Unavailable> {
        let entries = self.disk.list(&self.path).map_err(self.io("list", ""))?;
        let names: Vec<_> =
            entries.iter().flatten().filter_map(|entry| entry.file_name()).collect();
        Ok(names == [LOCK])
    }

    /// Takes the lock for as long as the result lives.
    pub(crate) fn lock(&self) -> Result<Box<dyn DiskFile>, Unavailable> {
        for tried in 0..LOCK_TRIES {
            if tried > 0 {
                #[expect(clippy::disallowed_methods, reason = "a lock has no event to wait for")]
                std::thread::sleep(LOCK_PAUSE);
            }
            if let Some(lock) = self.disk.lock(&self.join(LOCK)).map_err(self.io("lock", LOCK))? {
                return Ok(lock);
            }
        }
        Err(Unavailable::Locked { path: self.join(LOCK) })
    }

    /// Makes the directory ours: it exists, and says durably that its creation is not finished.
    pub(crate) fn claim(&self) -> Result<(), Unavailable> {
        self.create_path(&self.path)?;
        let file =
            self.disk.open(&self.join(CREATING), true).map_err(self.io("create", CREATING))?;
        file.write_at(marker().as_bytes(), 0).map_err(self.io("write", CREATING))?;
        file.sync_all().map_err(self.io("sync", CREATING))?;
        self.sync()
    }

    /// Removes what an earlier creation left, and makes the folders of the store.
    pub(crate) fn clear(&self) -> Result<(), Unavailable> {
        self.empty(&[JOURNAL, ARCHIVE, SLED])
    }

    /// Makes folders, and empties those that are there.
    pub(crate) fn empty(&self, folders: &[&'static str]) -> Result<(), Unavailable> {
        for folder in folders {
            if self.disk.exists(&self.join(folder)).map_err(self.io("look for", folder))? {
                self.disk.remove_dir_all(&self.join(folder)).map_err(self.io("remove", folder))?;
            }
            self.disk.create_dir(&self.join(folder)).map_err(self.io("create", folder))?;
        }
        Ok(())
    }

    /// Moves a file aside, if it is there.
    pub(crate) fn set_file_aside(&self, name: &'static str) -> Result<(), Unavailable> {
        if self.disk.exists(&self.join(name)).map_err(self.io("look for", name))? {
            move_aside(self.disk.as_ref(), &self.join(name), &self.join(SET_ASIDE))?;
            // Its new name is durable before the old one is gone.
            self.disk.sync_dir(&self.join(SET_ASIDE)).map_err(self.io("sync", SET_ASIDE))?;
            self.sync()?;
        }
        Ok(())
    }

    /// Moves a folder aside and makes an empty one in its place.
    pub(crate) fn set_aside(&self, folder: &'static str) -> Result<(), Unavailable> {
        move_aside(self.disk.as_ref(), &self.join(folder), &self.join(SET_ASIDE))?;
        self.disk.create_dir(&self.join(folder)).map_err(self.io("create", folder))?;
        self.sync()
    }

    /// Turns a directory whose content is durable into a log.
    pub(crate) fn finish(&self) -> Result<(), Unavailable> {
        self.sync()?;
        self.disk
            .rename(&self.join(CREATING), &self.join(MARKER))
            .map_err(self.io("rename", CREATING))?;
        self.sync()
    }

    /// Makes the directory ours, to take a log in.
    pub(crate) fn begin_import(&self) -> Result<(), Unavailable> {
        self.create_path(&self.path)?;
        let file =
            self.disk.open(&self.join(IMPORTING), true).map_err(self.io("create", IMPORTING))?;
        file.write_at(marker().as_bytes(), 0).map_err(self.io("write", IMPORTING))?;
        file.sync_all().map_err(self.io("sync", IMPORTING))?;
        self.sync()
    }

    /// Turns a directory whose log was taken in into a log.
    pub(crate) fn end_import(&self) -> Result<(), Unavailable> {
        self.sync()?;
        let renamed = self.disk.rename(&self.join(IMPORTING), &self.join(MARKER));
        renamed.map_err(self.io("rename", IMPORTING))?;
        self.sync()
    }

    /// Writes a whole file of checkpoints, unless there is nothing to write.
    pub(crate) fn write_checkpoints(&self, bytes: &[u8]) -> Result<(), Unavailable> {
        if bytes.is_empty() {
            return Ok(());
        }
        let file = self.disk.open(&self.join(CHECKPOINTS), true);
        let file = file.map_err(self.io("create", CHECKPOINTS))?;
        file.write_at(bytes, 0).map_err(self.io("write", CHECKPOINTS))?;
        file.sync_all().map_err(self.io("sync", CHECKPOINTS))
    }

    /// Removes a file, if it is there.
    pub(crate) fn remove(&self, name: &'static str) -> Result<(), Unavailable> {
        if self.disk.exists(&self.join(name)).map_err(self.io("look for", name))? {
            self.disk.remove_file(&self.join(name)).map_err(self.io("remove", name))?;
        }
        Ok(())
    }

    /// Says that the directory has this program's layout; what it consists of is durable.
    pub(crate) fn upgraded(&self) -> Result<(), Unavailable> {
        let new = self.join(UPGRADING);
        let file = self.disk.open(&new, true).map_err(self.io("create", UPGRADING))?;
        file.set_len(0).map_err(self.io("cut", UPGRADING))?;
        file.write_at(marker().as_bytes(), 0).map_err(self.io("write", UPGRADING))?;
        file.sync_all().map_err(self.io("sync", UPGRADING))?;
        self.sync()?;
        self.disk.rename(&new, &self.join(MARKER)).map_err(self.io("rename", UPGRADING))?;
        self.sync()
    }

    /// Turns a backup whose log is whole, and was given its new name, into a log.
    pub(crate) fn recovered(&self) -> Result<(), Unavailable> {
        self.upgraded()?;
        self.tidy()
    }

    /// Removes the stand-in that a loser of a race to create left in a finished log, and what it was when it was a backup.
    pub(crate) fn tidy(&self) -> Result<(), Unavailable> {
        [CREATING, BACKUP, BACKUP_NEW].into_iter().try_for_each(|name| self.remove(name))
    }

    pub(crate) fn sync(&self) -> Result<(), Unavailable> {
        self.disk.sync_dir(&self.path).map_err(self.io("sync", ""))
    }

    /// Creates the directory, and those above it.
    pub(crate) fn create(&self) -> Result<(), Unavailable> {
        self.create_path(&self.path)
    }

    /// Creates a folder and those above it, each durable in its parent.
    fn create_path(&self, path: &Path) -> Result<(), Unavailable> {
        let io = |operation| move |error| Unavailable::io(operation, path, error);
        if self.disk.exists(path).map_err(io("look for"))? {
            return Ok(());
        }
        let parent =
            path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        self.create_path(parent)?;
        match self.disk.create_dir(path) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            created => created.map_err(io("create"))?,
        }
        self.disk.sync_dir(parent).map_err(|error| Unavailable::io("sync", parent, error))
    }

    fn read_marker(&self, beside_a_log: bool) -> Result<Survey, OpenError> {
        let path = self.join(MARKER);
        let file = self.disk.open(&path, false).map_err(self.io("open", MARKER))?;
        let mut bytes = [0; MARKER_MAX_BYTES];
        let length = file.read_at(&mut bytes, 0).map_err(self.io("read", MARKER))?;
        let text =
            bytes.get(..length).and_then(|bytes| str::from_utf8(bytes).ok()).unwrap_or_default();
        let layout = text
            .strip_prefix(MARKER_START)
            .and_then(|rest| rest.strip_suffix('\n')?.parse::<u64>().ok());
        match layout {
            Some(LAYOUT) if text == marker() => Ok(Survey::Finished),
            Some(found) if found > LAYOUT => {
                Err(OpenError::NewerFormat { found, supported: LAYOUT })
            }
            Some(found) if text == marker_of(found) => {
                let path = self.path.clone();
                Err(OpenError::OlderLayout { path, found, supported: LAYOUT })
            }
            None if !beside_a_log => Err(OpenError::NotALog { path: self.path.clone() }),
            Some(_) | None => Err(Broken::MarkerDamaged { path }.into()),
        }
    }

    fn io(
        &self,
        operation: &'static str,
        name: &str,
    ) -> impl FnOnce(std::io::Error) -> Unavailable + use<> {
        let path = if name.is_empty() { self.path.clone() } else { self.join(name) };
        move |error| Unavailable::io(operation, path, error)
    }
}

fn marker() -> String {
    marker_of(LAYOUT)
}

fn marker_of(layout: u64) -> String {
    format!("{MARKER_START}{layout}\n")
}
