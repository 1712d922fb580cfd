//! Frames in sled behind a journal: the store of a data directory.

use super::{Capabilities, Durability, SealedFrame, ShardError, ShardLog, StoredFrame};
use crate::directory::{Directory, HEAD, SET_ASIDE, SLED};
use crate::disk::DiskFile;
use crate::error::{OpenError, ReadError};
use crate::head_mark::HeadMark;
use crate::limits::MAX_APPEND_BYTES;
use crate::merkle::Head;
use crate::sled_store::SledStore;
use async_trait::async_trait;
use parking_lot::Mutex;
use tokio::sync::watch;

/// sled as a store.
#[derive(Debug)]
pub struct SledShard {
    // Invariant: the store is dropped before the lock is.
    store: SledStore,
    mark: Mutex<HeadMark>,
    tail: watch::Sender<Head>,
    _lock: Box<dyn DiskFile>,
}

impl SledShard {
    pub(crate) fn create(
        directory: &Directory,
        lock: Box<dyn DiskFile>,
        log_id: [u8; 16],
    ) -> Result<SledShard, OpenError> {
        let disk = directory.disk();
        let store = SledStore::open(disk, &directory.join(SLED), &directory.join(SET_ASIDE))?;
        store.sync_new()?;
        let mark = HeadMark::create(disk.as_ref(), &directory.join(HEAD), log_id)?;
        let tail = watch::Sender::new(mark.head());
        Ok(SledShard { store, mark: Mutex::new(mark), tail, _lock: lock })
    }

    pub(crate) fn open(
        directory: &Directory,
        lock: Box<dyn DiskFile>,
    ) -> Result<SledShard, OpenError> {
        let disk = directory.disk();
        let mark = HeadMark::open(disk.as_ref(), &directory.join(HEAD))?;
        let store = SledStore::open(disk, &directory.join(SLED), &directory.join(SET_ASIDE))?;
        let tail = watch::Sender::new(mark.head());
        Ok(SledShard { store, mark: Mutex::new(mark), tail, _lock: lock })
    }
}

#[async_trait]
impl ShardLog for SledShard {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new(Durability::Fsync, MAX_APPEND_BYTES)
    }

    async fn tail(&self) -> Result<Head, ShardError> {
        Ok(*self.tail.borrow())
    }

    async fn fence(&self, end: Head) -> Result<(), ShardError> {
        if end != *self.tail.borrow() {
            self.store.sync()?;
            self.mark.lock().raise(end)?;
            self.tail.send_replace(end);
        }
        Ok(())
    }

    async fn append(&self, frames: &[SealedFrame]) -> Result<(), ShardError> {
        let Some(last) = frames.last() else { return Ok(()) };
        self.store.insert(frames)?;
        self.store.sync()?;
        self.mark.lock().raise(last.after)?;
        self.tail.send_replace(last.after);
        Ok(())
    }

    async fn read(&self, from: u64, bytes: usize) -> Result<Vec<StoredFrame>, ReadError> {
        self.store.read(from, bytes)
    }

    async fn follow(&self, size: u64) -> Result<Head, ShardError> {
        let mut tail = self.tail.subscribe();
        match tail.wait_for(|tail| tail.size > size).await {
            Ok(tail) => Ok(*tail),
            Err(_) => Err(ShardError::NotOwner),
        }
    }
}
