//! Cursors: where named consumers of a log stand, kept durably in a folder beside it.
//! A cursor never goes back, and never says that a record was handled before its consumer did.

mod error;
mod folder;
pub mod slot;

pub use error::CursorError;
pub(crate) use folder::Folder;

use crate::disk::DiskFile;
use crate::log::Log;
use slot::Slot;
use std::path::PathBuf;
use tokio::sync::watch;

/// Most bytes of a cursor's name.
pub const NAME_MAX: usize = 64;

/// Where a named consumer stands; see [`Log::cursor`]. One of a name is open at a time, on this machine.
///
/// A consumer begins at [`position`](Cursor::position), and acknowledges what it has handled. What was handled and
/// not acknowledged when the consumer or the machine ended comes again: each record at least once, none is left out.
#[derive(Debug)]
pub struct Cursor {
    name: String,
    path: PathBuf,
    file: Box<dyn DiskFile>,
    /// The newest slot that is certainly on the disk.
    slot: Slot,
    failed: bool,
    /// Number of records that may be seen.
    size: watch::Receiver<u64>,
    // Invariant: let go of last.
    _lock: Box<dyn DiskFile>,
}

/// A cursor of a log, as it is seen from outside; see [`Log::cursors`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Standing {
    /// Its name.
    pub name: String,
    /// Where it stands, or why that cannot be said.
    pub position: Result<u64, CursorError>,
}

impl Log {
    /// Opens the cursor of this name, and makes one that stands at 0 if there is none. A name has 1 to
    /// [`NAME_MAX`] of the characters `a-z A-Z 0-9 - _`.
    ///
    /// It needs the lock of this cursor and not the log's: any log that reads the directory will do.
    ///
    /// # Errors
    /// [`CursorError`] names what is in the way. [`CursorError::Beyond`] is met also where this log was read before
    /// the cursor went on.
    pub fn cursor(&self, name: &str) -> Result<Cursor, CursorError> {
        let size = self.sizes();
        let now = *size.borrow();
        self.cursor_folder()?.open(name, self.log_id(), now).map(|held| Cursor {
            name: name.to_owned(),
            path: held.path,
            file: held.file,
            slot: held.slot,
            failed: false,
            size,
            _lock: held.lock,
        })
    }

    /// The cursors there are, by name, held ones too.
    ///
    /// # Errors
    /// [`CursorError`] if the folder cannot be read.
    pub fn cursors(&self) -> Result<Vec<Standing>, CursorError> {
        self.cursor_folder()?.list(self.log_id())
    }

    /// Removes a cursor that nobody holds, a damaged one too; returns whether there was one.
    ///
    /// # Errors
    /// [`CursorError`] if it is held, or cannot be removed.
    pub fn remove_cursor(&self, name: &str) -> Result<bool, CursorError> {
        self.cursor_folder()?.remove(name)
    }
}

impl Cursor {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The sequence to go on at: the one after what was acknowledged last, or 0.
    pub fn position(&self) -> u64 {
        self.slot.position
    }

    /// Says that the record at a sequence, and all before it, are handled; durable when this returns. What was
    /// acknowledged before is so again, and nothing is written.
    ///
    /// # Errors
    /// [`CursorError::NotThere`] for a record that the log does not show; nothing has changed then. After any other
    /// error the cursor is where it was or where it was to go, and must be opened again.
    pub fn acknowledge(&mut self, sequence: u64) -> Result<(), CursorError> {
        if sequence < self.slot.position {
            return Ok(());
        }
        if self.failed {
            return Err(CursorError::Failed { path: self.path.clone() });
        }
        let size = *self.size.borrow();
        if sequence >= size {
            return Err(CursorError::NotThere { sequence, size });
        }
        let counter = self.slot.counter + 1;
        let slot = Slot { counter, position: sequence + 1, ..self.slot };
        self.failed = true;
        folder::write(self.file.as_ref(), &self.path, &slot)?;
        self.failed = false;
        self.slot = slot;
        Ok(())
    }
}

const _: () = {
    const fn is_send<T: Send + Sync>() {}
    is_send::<Cursor>();
};
