//! The file of checkpoints: read once, appended to, synced after each write.
//! It never writes over an entry, and never appends to a file that is not the one it read.

use crate::disk::{Disk, DiskFile};
use crate::error::{Broken, ReadError, Unavailable};
use parking_lot::Mutex;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How much is read at a time.
const READ_BYTES: usize = 1 << 20;

/// Where entries are kept.
#[derive(Debug)]
pub(crate) enum Place {
    /// A file.
    File {
        /// The disk.
        disk: Arc<dyn Disk>,
        /// The file; it is made with the first entry.
        path: PathBuf,
    },
    /// Memory: gone with the process.
    Memory(Mutex<Vec<u8>>),
}

/// A part of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Span {
    pub(super) at: u64,
    pub(super) bytes: usize,
}

impl Span {
    pub(super) fn end(self) -> u64 {
        self.at + self.bytes as u64
    }
}

impl Place {
    /// What a message calls it.
    pub(super) fn path(&self) -> PathBuf {
        match self {
            Place::File { path, .. } => path.clone(),
            Place::Memory(_) => "checkpoints".into(),
        }
    }

    /// All that is there; nothing if there is no file.
    pub(super) fn read_all(&self) -> Result<Vec<u8>, Unavailable> {
        let (disk, path) = match self {
            Place::Memory(bytes) => return Ok(bytes.lock().clone()),
            Place::File { disk, path } => (disk, path),
        };
        if !disk.exists(path).map_err(io("look for", path))? {
            return Ok(Vec::new());
        }
        let file = disk.open(path, false).map_err(io("open", path))?;
        let mut bytes = Vec::new();
        loop {
            let start = bytes.len();
            bytes.resize(start + READ_BYTES, 0);
            let buffer = bytes.get_mut(start..).unwrap_or_default();
            let read = file.read_at(buffer, start as u64).map_err(io("read", path))?;
            bytes.truncate(start + read);
            if read < READ_BYTES {
                return Ok(bytes);
            }
        }
    }

    /// Makes durable what was read: cuts off what follows `end`, writes `tail`, the bytes before it, once more, and
    /// syncs. After a failed sync the kernel may show bytes that are not on the disk.
    pub(super) fn settle(&self, tail: &[u8], end: u64) -> Result<(), Unavailable> {
        let (disk, path) = match self {
            Place::Memory(bytes) => {
                bytes.lock().truncate(usize::try_from(end).unwrap_or(usize::MAX));
                return Ok(());
            }
            Place::File { disk, path } => (disk, path),
        };
        if !disk.exists(path).map_err(io("look for", path))? {
            return Ok(());
        }
        let file = disk.open(path, false).map_err(io("open", path))?;
        file.set_len(end).map_err(io("cut", path))?;
        file.write_at(tail, end - tail.len() as u64).map_err(io("write", path))?;
        sync_new(disk.as_ref(), file.as_ref(), path)
    }

    /// Opens the place to append at `end`, if `last` still stands before it and nothing behind it.
    pub(super) fn at_end(&self, last: &[u8], end: u64) -> Result<End<'_>, ReadError> {
        let (disk, path) = match self {
            Place::Memory(bytes) => return Ok(End::Memory(bytes)),
            Place::File { disk, path } => (disk, path),
        };
        let file = disk.open(path, end == 0).map_err(io("open", path))?;
        let start = end - last.len() as u64;
        // A byte more, to see whether there is one.
        let mut found = vec![0; last.len() + 1];
        let read = file.read_at(&mut found, start).map_err(io("read", path))?;
        if found.get(..read) == Some(last) {
            return Ok(End::File { disk: disk.as_ref(), path, file });
        }
        let detail = "is not what was read from it".to_owned();
        Err(Broken::CheckpointsDamaged { path: path.clone(), byte: start, detail }.into())
    }

    /// The bytes of an entry.
    pub(super) fn read(&self, span: Span) -> Result<Vec<u8>, Unavailable> {
        let (disk, path) = match self {
            Place::Memory(bytes) => {
                let bytes = bytes.lock();
                let start = usize::try_from(span.at).unwrap_or(usize::MAX);
                let found = bytes.get(start..).and_then(|rest| rest.get(..span.bytes));
                return Ok(found.unwrap_or_default().to_vec());
            }
            Place::File { disk, path } => (disk, path),
        };
        let file = disk.open(path, false).map_err(io("open", path))?;
        let mut bytes = vec![0; span.bytes];
        let read = file.read_at(&mut bytes, span.at).map_err(io("read", path))?;
        bytes.truncate(read);
        Ok(bytes)
    }
}

/// The end of a place, as it was found there.
#[derive(Debug)]
pub(super) enum End<'p> {
    File { disk: &'p dyn Disk, path: &'p Path, file: Box<dyn DiskFile> },
    Memory(&'p Mutex<Vec<u8>>),
}

impl End<'_> {
    /// Appends entries at `end` and makes them durable.
    pub(super) fn append(&self, bytes: &[u8], end: u64) -> Result<(), Unavailable> {
        let (disk, path, file) = match self {
            End::Memory(place) => {
                place.lock().extend_from_slice(bytes);
                return Ok(());
            }
            End::File { disk, path, file } => (*disk, *path, file.as_ref()),
        };
        file.write_at(bytes, end).map_err(io("write", path))?;
        if end == 0 {
            return sync_new(disk, file, path);
        }
        file.sync_data().map_err(io("sync", path))
    }
}

/// Makes a file durable that may be new, with its entry in the folder.
fn sync_new(disk: &dyn Disk, file: &dyn DiskFile, path: &Path) -> Result<(), Unavailable> {
    file.sync_all().map_err(io("sync", path))?;
    let folder = path.parent().unwrap_or(path);
    disk.sync_dir(folder).map_err(io("sync", folder))
}

fn io(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Unavailable + use<> {
    let path = path.to_owned();
    move |error| Unavailable::io(operation, path, error)
}
