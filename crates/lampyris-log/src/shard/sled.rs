//! The store of a data directory: a journal of our own, and sled behind it.
//! It acknowledges what the journal holds, and never lets the journal forget what sled was not shown to hold.

mod feeder;
mod repair;

use super::{Capabilities, Durability, Repaired, SealedFrame, ShardError, ShardLog, StoredFrame};
use crate::archive::Writer;
use crate::directory::{ARCHIVE, Directory, JOURNAL, MARKER, Survey};
use crate::disk::{DiskFile, StdDisk};
use crate::error::{Broken, OpenError, ReadError, Unavailable};
use crate::journal::{self, Journal, Recovery};
use crate::limits::{JOURNAL_COVER_BYTES, LAG_BYTES, MAX_APPEND_BYTES};
use crate::merkle::Head;
use crate::sled_store::SledStore;
use async_trait::async_trait;
use feeder::Waiting;
use parking_lot::{Condvar, Mutex};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::watch;

/// A journal with sled behind it.
///
/// Its futures block: an append for one sync, and while sled is too far behind.
#[derive(Debug)]
pub struct SledShard {
    parts: Arc<Parts>,
    feeder: Mutex<Option<JoinHandle<()>>>,
    log_id: [u8; 16],
    repaired: Option<Repaired>,
}

#[derive(Debug)]
struct Parts {
    // Invariant: the store is dropped before the lock is.
    store: SledStore,
    journal: Mutex<Journal>,
    /// What sled holds, once more: never behind a segment of the journal that is free.
    archive: Mutex<Writer>,
    /// What opening found, until the log is taken over.
    recovery: Mutex<Option<Recovery>>,
    waiting: Mutex<Waiting>,
    /// There is something to feed, or the log is to be closed.
    due: Condvar,
    /// sled has caught up a little.
    fed: Condvar,
    tail: watch::Sender<Head>,
    _lock: Box<dyn DiskFile>,
}

impl SledShard {
    /// The store in a directory, without a log over it; a directory that is empty or missing becomes one.
    ///
    /// [`Log::open`](crate::Log::open) does the same and more: this is for who needs the frames alone, and for
    /// tests of what a store must do.
    ///
    /// # Errors
    /// [`OpenError`] names what is in the way; see there.
    pub fn open_in(path: impl AsRef<Path>, log_id: [u8; 16]) -> Result<SledShard, OpenError> {
        let directory = Directory::new(path.as_ref(), Arc::new(StdDisk));
        if directory.survey()? != Survey::Finished {
            directory.claim()?;
        }
        let lock = directory.lock()?;
        if directory.survey()? == Survey::Finished {
            directory.tidy()?;
            return SledShard::open(&directory, lock);
        }
        SledShard::clear(&directory)?;
        let shard = SledShard::create(&directory, lock, log_id)?;
        directory.finish()?;
        Ok(shard)
    }

    /// Empties a directory whose creation was cut short. A creation never gets past record 0: where the journal
    /// holds more, it is the marker that is gone, and nothing is cleared away.
    pub(crate) fn clear(directory: &Directory) -> Result<(), OpenError> {
        let folder = directory.join(JOURNAL);
        let (_, found) = journal::read(directory.disk().as_ref(), &folder)?;
        match journal::recover(&found, &folder) {
            Ok(recovery) if recovery.head.size.max(recovery.acknowledged) > 1 => {
                Err(Broken::MarkerDamaged { path: directory.join(MARKER) }.into())
            }
            Ok(_) | Err(_) => Ok(directory.clear()?),
        }
    }

    /// A new store in a directory whose folders are empty.
    pub(crate) fn create(
        directory: &Directory,
        lock: Box<dyn DiskFile>,
        log_id: [u8; 16],
    ) -> Result<SledShard, OpenError> {
        let store = repair::open(directory)?;
        store.sync_new()?;
        let journal = Journal::create(directory.disk(), &directory.join(JOURNAL), log_id)?;
        let archive = Writer::open(directory.disk(), &directory.join(ARCHIVE), log_id, true)?;
        Ok(SledShard::over(store, journal, archive, None, lock))
    }

    /// An existing store: the journal is read first, and sled gets back what it lost.
    pub(crate) fn open(
        directory: &Directory,
        lock: Box<dyn DiskFile>,
    ) -> Result<SledShard, OpenError> {
        let (disk, folder) = (directory.disk(), directory.join(JOURNAL));
        let (segments, found) = journal::read(disk.as_ref(), &folder)?;
        let recovery = journal::recover(&found, &folder)?;
        drop(found);
        let (store, repaired) = repair::open_and_repair(directory, &recovery)?;
        let repaired = repaired.or(recovery.damaged.then_some(Repaired::Journal));
        let have = store.end()?;
        if have < recovery.acknowledged {
            return Err(Broken::LogRolledBack { have, want: recovery.acknowledged }.into());
        }
        let (log_id, settled) = (recovery.log_id, recovery.closed);
        let archive = Writer::open(disk, &directory.join(ARCHIVE), log_id, settled)?;
        if have < archive.next() {
            return Err(Broken::LogRolledBack { have, want: archive.next() }.into());
        }
        // What a log that was closed has, its archive had.
        let first_sequence = archive.next();
        let cut = recovery.closed && first_sequence < have;
        let repaired = repaired.or(cut.then_some(Repaired::Archive { first_sequence }));
        let journal = Journal::reopen(disk, &folder, &recovery, segments);
        let mut shard = SledShard::over(store, journal, archive, Some(recovery), lock);
        shard.repaired = repaired;
        Ok(shard)
    }

    /// Fills sled's empty folder with the frames that are handed over, a few at a time, until there are none.
    pub(crate) fn fill(
        directory: &Directory,
        more: &mut dyn FnMut() -> Result<Vec<StoredFrame>, ReadError>,
    ) -> Result<(), ReadError> {
        let store = repair::open(directory)?;
        loop {
            let frames = more()?;
            if frames.is_empty() {
                break;
            }
            let sealed = |frame: StoredFrame| SealedFrame {
                first_sequence: frame.first_sequence,
                bytes: frame.bytes,
                // sled keeps no heads.
                after: Head { size: 0, root: crate::merkle::Hash([0; 32]) },
            };
            store.insert(&frames.into_iter().map(sealed).collect::<Vec<_>>())?;
        }
        store.sync_new()
    }

    /// The store of a log of which only the archive is there, in a directory where the folders of sled and the journal are
    /// empty: `more` hands its frames over, a few at a time, up to `end`.
    pub(crate) fn create_from(
        directory: &Directory,
        lock: Box<dyn DiskFile>,
        log_id: [u8; 16],
        end: Head,
        more: &mut dyn FnMut() -> Result<Vec<StoredFrame>, ReadError>,
    ) -> Result<SledShard, ReadError> {
        SledShard::fill(directory, more)?;
        let (store, disk) = (repair::open(directory)?, directory.disk());
        let newest = store.newest(JOURNAL_COVER_BYTES)?;
        let journal = Journal::create_at(disk, &directory.join(JOURNAL), log_id, &newest, end)?;
        let archive = Writer::open(disk, &directory.join(ARCHIVE), log_id, false)?;
        Ok(SledShard::over(store, journal, archive, None, lock))
    }

    fn over(
        store: SledStore,
        journal: Journal,
        archive: Writer,
        recovery: Option<Recovery>,
        lock: Box<dyn DiskFile>,
    ) -> SledShard {
        let log_id = journal.log_id();
        let parts = Parts {
            store,
            tail: watch::Sender::new(journal.durable()),
            journal: Mutex::new(journal),
            archive: Mutex::new(archive),
            recovery: Mutex::new(recovery),
            waiting: Mutex::default(),
            due: Condvar::new(),
            fed: Condvar::new(),
            _lock: lock,
        };
        SledShard { parts: Arc::new(parts), feeder: Mutex::default(), log_id, repaired: None }
    }

    /// The log that the journal says this is.
    pub(crate) fn log_id(&self) -> [u8; 16] {
        self.log_id
    }
}

#[async_trait]
impl ShardLog for SledShard {
    fn repaired(&self) -> Option<Repaired> {
        self.repaired
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::new(Durability::Fsync, MAX_APPEND_BYTES)
    }

    async fn tail(&self) -> Result<Head, ShardError> {
        Ok(*self.parts.tail.borrow())
    }

    async fn fence(&self, end: Head) -> Result<(), ShardError> {
        let parts = &self.parts;
        let tail = *parts.tail.borrow();
        let taken = parts.recovery.lock().is_none();
        if end.size < tail.size || (end.size == tail.size || taken) && end != tail {
            return Err(ShardError::Conflict { tail: tail.size });
        }
        parts.store.sync()?;
        if let Some(recovery) = parts.recovery.lock().take() {
            // Before the journal forgets a frame the archive has it.
            let newest = || {
                parts.archive_up_to(end.size)?;
                parts.store.newest(JOURNAL_COVER_BYTES)
            };
            parts.journal.lock().adopt(&recovery, end, newest)?;
            parts.archive_up_to(end.size)?;
        }
        parts.tail.send_replace(end);
        let mut feeder = self.feeder.lock();
        if feeder.is_none() {
            let parts = Arc::clone(parts);
            let thread = std::thread::Builder::new().name("log-feeder".to_owned());
            let started = thread.spawn(move || parts.feed());
            let io = |error| Unavailable::io("start a thread for", "the log", error);
            *feeder = Some(started.map_err(io)?);
        }
        Ok(())
    }

    async fn append(&self, frames: &[SealedFrame]) -> Result<(), ShardError> {
        if self.feeder.lock().is_none() {
            return Err(ShardError::NotOwner);
        }
        let new = self.parts.not_kept_yet(frames)?;
        self.parts.keep(new)
    }

    async fn read(&self, from: u64, bytes: usize) -> Result<Vec<StoredFrame>, ReadError> {
        match self.parts.waiting.lock().read(from, bytes) {
            Some(frames) => Ok(frames),
            // What sled holds by now ends where the waiting frames began a moment ago, or later.
            None => self.parts.store.read(from, bytes),
        }
    }

    async fn follow(&self, size: u64) -> Result<Head, ShardError> {
        let mut tail = self.parts.tail.subscribe();
        match tail.wait_for(|tail| tail.size > size).await {
            Ok(tail) => Ok(*tail),
            Err(_) => Err(ShardError::NotOwner),
        }
    }
}

impl Parts {
    /// The frames behind those that are stored already, byte for byte.
    fn not_kept_yet<'f>(&self, frames: &'f [SealedFrame]) -> Result<&'f [SealedFrame], ShardError> {
        let tail = self.tail.borrow().size;
        let kept = frames.iter().take_while(|frame| frame.first_sequence < tail).count();
        let (old, new) = frames.split_at(kept);
        for frame in old {
            let waiting = self.waiting.lock().read(frame.first_sequence, 1);
            let found = match waiting {
                Some(found) => found,
                None => self.store.read(frame.first_sequence, 1)?,
            };
            if found.first().is_none_or(|found| found.bytes != frame.bytes) {
                return Err(ShardError::Conflict { tail });
            }
        }
        let mut end = tail;
        for frame in new {
            if frame.first_sequence != end {
                return Err(ShardError::Conflict { tail });
            }
            end = frame.after.size;
        }
        Ok(new)
    }

    /// Makes frames durable in the journal and leaves them to the feeder.
    fn keep(&self, frames: &[SealedFrame]) -> Result<(), ShardError> {
        let Some(last) = frames.last() else { return Ok(()) };
        let mut waiting = self.waiting.lock();
        while waiting.bytes() > LAG_BYTES && waiting.failed.is_none() {
            self.fed.wait(&mut waiting);
        }
        if let Some(cause) = waiting.failed.clone() {
            let durable = self.tail.borrow().size;
            return Err(Unavailable::Poisoned { durable, cause }.into());
        }
        drop(waiting);
        let needs_spare = {
            let mut journal = self.journal.lock();
            journal.append(frames)?;
            journal.needs_spare()
        };
        let mut waiting = self.waiting.lock();
        if waiting.push(frames, needs_spare) {
            self.due.notify_one();
        }
        drop(waiting);
        self.tail.send_replace(last.after);
        Ok(())
    }
}

impl Drop for SledShard {
    fn drop(&mut self) {
        let Some(feeder) = self.feeder.lock().take() else { return };
        self.parts.waiting.lock().closing = true;
        self.parts.due.notify_one();
        if feeder.join().is_err() {
            tracing::error!("the thread that feeds sled panicked");
        }
    }
}
