//! Frames in sled, made durable by a sync of our own.
//! It never trusts sled: the caller verifies every frame, and no sled panic leaves this file.

use crate::disk::{Disk, DiskFile};
use crate::error::{Broken, ReadError, Unavailable};
use crate::guard::guarded;
use crate::limits::{CACHE_BYTES, SEGMENT_BYTES};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The tree that holds the frames.
pub const TREE: &str = "frames";

/// How often, and how far apart, sled's own lock is asked for: sled lets go of it a little after it is dropped.
const LOCK_TRIES: u32 = 60;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// How much of a file is copied at a time.
const COPY_BYTES: usize = 1 << 20;

/// The open store.
#[derive(Debug)]
pub(crate) struct SledStore {
    // Invariant: there until drop.
    sled: Option<(sled::Db, sled::Tree)>,
    file: Box<dyn DiskFile>,
    disk: Arc<dyn Disk>,
    path: PathBuf,
}

/// A frame on its way into the store.
#[derive(Debug)]
pub(crate) struct SealedFrame {
    pub(crate) first_sequence: u64,
    pub(crate) bytes: Vec<u8>,
}

/// The frames from some key on.
pub(crate) struct StoredFrames<'s> {
    store: &'s SledStore,
    frames: Option<sled::Iter>,
}

impl SledStore {
    /// Opens sled in `path`, a folder that exists; what is in the way goes to `aside`.
    pub(crate) fn open(
        disk: &Arc<dyn Disk>,
        path: &Path,
        aside: &Path,
    ) -> Result<SledStore, ReadError> {
        set_aside(disk.as_ref(), path, aside, |name| {
            name.starts_with("snap.") && name.ends_with(".generating")
        })?;
        let sled = match open_sled(path) {
            Err(ReadError::Broken(broken)) => {
                tracing::warn!(%broken, "opening again without snapshots");
                // sled's second try cuts off what it cannot read: the evidence is copied first.
                for name in ["db", "conf"] {
                    copy_aside(disk.as_ref(), &path.join(name), aside)?;
                }
                if set_aside(disk.as_ref(), path, aside, |name| name.starts_with("snap."))? == 0 {
                    return Err(broken.into());
                }
                open_sled(path)?
            }
            Err(unavailable) => return Err(unavailable),
            Ok(sled) => sled,
        };
        let db = path.join("db");
        let file = disk.open(&db, false).map_err(|error| Unavailable::io("open", db, error))?;
        let store =
            SledStore { sled: Some(sled), file, disk: Arc::clone(disk), path: path.to_owned() };
        store.check_blobs()?;
        Ok(store)
    }

    /// Makes a new store durable, with the entries of its folders.
    pub(crate) fn sync_new(&self) -> Result<(), ReadError> {
        self.sync()?;
        let io = |path: &Path| {
            let path = path.to_owned();
            move |error| Unavailable::io("sync", path, error)
        };
        self.file.sync_all().map_err(io(&self.path))?;
        let blobs = self.path.join("blobs");
        if self.disk.exists(&blobs).map_err(io(&blobs))? {
            self.disk.sync_dir(&blobs).map_err(io(&blobs))?;
        }
        self.disk.sync_dir(&self.path).map_err(io(&self.path))?;
        Ok(())
    }

    /// Hands frames to sled, all or none; they are not durable yet.
    pub(crate) fn insert(&self, frames: Vec<SealedFrame>) -> Result<(), ReadError> {
        let mut batch = sled::Batch::default();
        for SealedFrame { first_sequence, bytes } in frames {
            batch.insert(&first_sequence.to_be_bytes(), bytes);
        }
        self.ask("write to", |_, tree| tree.apply_batch(batch))
    }

    /// Makes all that was inserted durable: sled's flush writes, our own sync makes it stay.
    pub(crate) fn sync(&self) -> Result<(), ReadError> {
        self.ask("flush", |db, _| db.flush())?;
        self.file
            .sync_data()
            .map_err(|error| Unavailable::io("sync", self.path.join("db"), error))?;
        self.check_blobs()
    }

    /// The frames in order, from the first key not below `from`.
    pub(crate) fn frames(&self, from: u64) -> Result<StoredFrames<'_>, ReadError> {
        let frames = self.ask("read", |_, tree| Ok(tree.range(from.to_be_bytes()..)))?;
        Ok(StoredFrames { store: self, frames: Some(frames) })
    }

    /// The frame with the greatest key not above `sequence`.
    pub(crate) fn frame_holding(
        &self,
        sequence: u64,
    ) -> Result<Option<(Vec<u8>, sled::IVec)>, ReadError> {
        let found = match sequence.checked_add(1) {
            Some(after) => self.ask("read", |_, tree| tree.get_lt(after.to_be_bytes()))?,
            None => self.ask("read", |_, tree| tree.last())?,
        };
        Ok(found.map(|(key, value)| (key.to_vec(), value)))
    }

    /// Every call into an open sled goes through here.
    fn ask<T>(
        &self,
        operation: &'static str,
        call: impl FnOnce(&sled::Db, &sled::Tree) -> sled::Result<T>,
    ) -> Result<T, ReadError> {
        let Some((db, tree)) = &self.sled else {
            unreachable!("sled is there until drop");
        };
        answer(operation, &self.path, guarded(|| call(db, tree)))
    }

    fn check_blobs(&self) -> Result<(), ReadError> {
        let path = self.path.join("blobs");
        let blobs = self.disk.list(&path).map_err(|error| Unavailable::io("list", &path, error))?;
        if blobs.is_none_or(|blobs| blobs.is_empty()) {
            Ok(())
        } else {
            Err(Broken::Blobs { path }.into())
        }
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        let sled = self.sled.take();
        if let Err(detail) = guarded(move || drop(sled)) {
            tracing::warn!(detail, "sled panicked while closing");
        }
    }
}

impl Iterator for StoredFrames<'_> {
    type Item = Result<(Vec<u8>, sled::IVec), ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let frames = self.frames.as_mut()?;
        let item = self.store.ask("read", |_, _| frames.next().transpose());
        if !matches!(item, Ok(Some(_))) {
            // After an error sled's iterator is in no state to go on.
            self.frames = None;
        }
        item.map(|pair| pair.map(|(key, value)| (key.to_vec(), value))).transpose()
    }
}

fn open_sled(path: &Path) -> Result<(sled::Db, sled::Tree), ReadError> {
    let mut tries = 1;
    loop {
        let opened = guarded(|| {
            let db = sled::Config::new()
                .path(path)
                .segment_size(SEGMENT_BYTES)
                .cache_capacity(CACHE_BYTES)
                .mode(sled::Mode::HighThroughput)
                .flush_every_ms(Some(500))
                .open()?;
            let tree = db.open_tree(TREE)?;
            Ok((db, tree))
        });
        match opened {
            Ok(Err(sled::Error::Io(error)))
                if error.to_string().contains("could not acquire lock") =>
            {
                if tries == LOCK_TRIES {
                    return Err(Unavailable::Locked { path: path.join("db") }.into());
                }
                tries += 1;
                #[expect(clippy::disallowed_methods, reason = "sled has no event to wait for")]
                std::thread::sleep(LOCK_PAUSE);
            }
            opened => return answer("open", path, opened),
        }
    }
}

fn answer<T>(
    operation: &'static str,
    path: &Path,
    result: Result<sled::Result<T>, String>,
) -> Result<T, ReadError> {
    let broken = |detail| Broken::Store { operation, path: path.to_owned(), detail }.into();
    match result {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(sled::Error::Io(source))) => Err(Unavailable::io(operation, path, source).into()),
        Ok(Err(error)) => Err(broken(error.to_string())),
        Err(panicked) => Err(broken(panicked)),
    }
}

/// Moves the files whose name matches out of sled's sight and returns how many there were.
fn set_aside(
    disk: &dyn Disk,
    path: &Path,
    aside: &Path,
    matches: impl Fn(&str) -> bool,
) -> Result<usize, Unavailable> {
    let files =
        disk.list(path).map_err(|error| Unavailable::io("list", path, error))?.unwrap_or_default();
    let named =
        |file: &PathBuf| file.file_name().is_some_and(|name| matches(&name.to_string_lossy()));
    let files: Vec<PathBuf> = files.into_iter().filter(named).collect();
    if files.is_empty() {
        return Ok(0);
    }
    for file in &files {
        let to = free_name(disk, file, aside)?;
        tracing::warn!(file = %file.display(), to = %to.display(), "set aside");
        disk.rename(file, &to).map_err(|error| Unavailable::io("set aside", file, error))?;
    }
    Ok(files.len())
}

/// Copies a file to `aside`, if there is one.
fn copy_aside(disk: &dyn Disk, file: &Path, aside: &Path) -> Result<(), Unavailable> {
    let io = |error| Unavailable::io("copy aside", file, error);
    if !disk.exists(file).map_err(io)? {
        return Ok(());
    }
    let to = free_name(disk, file, aside)?;
    tracing::warn!(file = %file.display(), to = %to.display(), "copied aside");
    let (source, copy) = (disk.open(file, false).map_err(io)?, disk.open(&to, true).map_err(io)?);
    let (mut buffer, mut at) = (vec![0; COPY_BYTES], 0);
    loop {
        let count = source.read_at(&mut buffer, at).map_err(io)?;
        let Some(read) = buffer.get(..count).filter(|read| !read.is_empty()) else { break };
        copy.write_at(read, at).map_err(io)?;
        at += count as u64;
    }
    copy.sync_all().map_err(io)
}

/// A name in `aside`, made if it is missing, that nothing has yet.
fn free_name(disk: &dyn Disk, file: &Path, aside: &Path) -> Result<PathBuf, Unavailable> {
    let io = |error| Unavailable::io("set files aside in", aside, error);
    if !disk.exists(aside).map_err(io)? {
        disk.create_dir(aside).map_err(io)?;
    }
    let mut number = disk.list(aside).map_err(io)?.unwrap_or_default().len();
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    loop {
        let to = aside.join(format!("{number}-{name}"));
        if !disk.exists(&to).map_err(io)? {
            return Ok(to);
        }
        number += 1;
    }
}
