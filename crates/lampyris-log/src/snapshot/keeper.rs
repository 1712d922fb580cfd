//! When a snapshot is written, and by whom: a thread of its own while the log runs, who closes it at the end.
//! Nothing that is appended waits for it, and a snapshot that cannot be written harms nothing but the next opening.

use super::file;
use super::{Section, Snapshot};
use crate::disk::Disk;
use crate::merkle::Head;
use parking_lot::Mutex;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

/// Fewer new records than these are read at the next opening sooner than a snapshot is written for them.
const FEW_RECORDS: u64 = 1024;

/// A running log is written down again when it has grown by this part: all snapshots together are then a fixed
/// multiple of the last one.
const PART: u64 = 8;

/// Where and when snapshots are written.
#[derive(Debug)]
pub(crate) struct Keeper {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    every: u64,
    /// The one that is there was looked at when the log was opened, and is of no use.
    replaces: bool,
    /// At this size of the log the next one is due.
    next: AtomicU64,
    /// Size of the log in the newest one that is known to be good; 0 before there is any.
    written: AtomicU64,
    writing: Mutex<Option<JoinHandle<()>>>,
    /// None is written any more. Held while one is.
    given_up: Mutex<bool>,
}

impl Keeper {
    /// Snapshots of a log that was opened by one of so many records; 0 if by none.
    pub(crate) fn new(
        (disk, path): (Arc<dyn Disk>, PathBuf),
        every: u64,
        written: u64,
        replaces: bool,
    ) -> Keeper {
        let every = every.max(1);
        let (next, written) = (AtomicU64::new(due(written, every)), AtomicU64::new(written));
        let (writing, given_up) = (Mutex::default(), Mutex::default());
        Keeper { disk, path, every, replaces, next, written, writing, given_up }
    }

    /// Whether one is to be taken of a running log of this size.
    pub(crate) fn is_due(&self, size: u64) -> bool {
        let is_writing = |thread: &JoinHandle<()>| !thread.is_finished();
        size >= self.next.load(Ordering::Acquire)
            && !self.writing.lock().as_ref().is_some_and(is_writing)
    }

    /// Whether one is to be taken of a log that is closed at this size.
    pub(crate) fn is_last_due(&self, size: u64) -> bool {
        let grown = size.saturating_sub(self.written.load(Ordering::Acquire));
        grown >= self.every.min(FEW_RECORDS)
    }

    /// Has a cut of so many records written on a thread of its own; no other is taken until the log has grown.
    pub(crate) fn spawn(&self, size: u64, write: impl FnOnce() + Send + 'static) {
        self.next.store(due(size, self.every), Ordering::Release);
        let thread = std::thread::Builder::new().name("log-snapshot".to_owned());
        match thread.spawn(write) {
            Ok(thread) => *self.writing.lock() = Some(thread),
            Err(error) => tracing::warn!(%error, "no thread to write a snapshot"),
        }
    }

    /// Waits until none is being written.
    pub(crate) fn wait(&self) {
        let thread = self.writing.lock().take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that writes snapshots panicked");
        }
    }

    /// Removes the one that is there, and writes none any more: what it would say cannot be trusted.
    pub(crate) fn give_up(&self) {
        let mut given_up = self.given_up.lock();
        *given_up = true;
        self.next.store(u64::MAX, Ordering::Release);
        let path = self.path.display();
        match file::remove(self.disk.as_ref(), &self.path) {
            Ok(()) => tracing::warn!(%path, "the snapshot is removed: the next opening reads all"),
            Err(error) => {
                tracing::error!(%path, %error, "remove this snapshot: it cannot be trusted");
            }
        }
    }

    /// Writes sections down as the snapshot of a log at this head. One that is there and holds more kinds of sections
    /// stays: who wrote it needs them, and it is good for the records before.
    pub(crate) fn write(&self, log_id: [u8; 16], head: Head, sections: &[&dyn Section]) {
        let given_up = self.given_up.lock();
        if *given_up {
            return tracing::debug!("no snapshot is written of what one lied about");
        }
        let there = Snapshot::open(self.disk.as_ref(), &self.path).ok().flatten();
        let stays = there.is_some_and(|there| {
            let (same, older) = (there.log_id() == log_id, there.head().size <= head.size);
            same && older && there.has_more_than(sections)
        });
        if stays && !self.replaces {
            return tracing::debug!("a snapshot with more sections stays");
        }
        match file::write(self.disk.as_ref(), &self.path, log_id, head, sections) {
            Ok(()) => self.written.store(head.size, Ordering::Release),
            Err(error) => {
                let path = self.path.display();
                tracing::warn!(%path, %error, "the snapshot was not written");
            }
        }
    }
}

/// The size at which the next one is due.
fn due(size: u64, every: u64) -> u64 {
    size.saturating_add(every.max(size / PART))
}
