//! A store in memory: the reference of what a store must do, for tests and for logs that need not last.
//! It keeps nothing beyond the process, and says so.

use super::{Capabilities, Durability, SealedFrame, ShardError, ShardLog, StoredFrame};
use crate::error::ReadError;
use crate::limits::MAX_APPEND_BYTES;
use crate::merkle::{Hash, Head};
use async_trait::async_trait;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::watch;

/// A handle on frames in memory; [`MemoryShard::share`] gives another one.
#[derive(Debug)]
pub struct MemoryShard {
    kept: Arc<Kept>,
    /// The epoch this handle writes in; 0 before it took over.
    epoch: AtomicU64,
}

#[derive(Debug)]
struct Kept {
    frames: Mutex<Frames>,
    tail: watch::Sender<Head>,
}

#[derive(Debug, Default)]
struct Frames {
    by_sequence: BTreeMap<u64, Arc<[u8]>>,
    epoch: u64,
}

impl Default for MemoryShard {
    fn default() -> Self {
        MemoryShard::new()
    }
}

impl MemoryShard {
    /// An empty store.
    pub fn new() -> MemoryShard {
        let (tail, _) = watch::channel(Head { size: 0, root: Hash::of(&[]) });
        let kept = Kept { frames: Mutex::default(), tail };
        MemoryShard { kept: Arc::new(kept), epoch: AtomicU64::new(0) }
    }

    /// Another handle on the same frames: for who opens the log again, or takes it over.
    #[must_use]
    pub fn share(&self) -> MemoryShard {
        MemoryShard { kept: Arc::clone(&self.kept), epoch: AtomicU64::new(0) }
    }
}

#[async_trait]
impl ShardLog for MemoryShard {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new(Durability::Process, MAX_APPEND_BYTES)
    }

    async fn tail(&self) -> Result<Head, ShardError> {
        Ok(*self.kept.tail.borrow())
    }

    async fn fence(&self, end: Head) -> Result<(), ShardError> {
        let mut frames = self.kept.frames.lock();
        let tail = *self.kept.tail.borrow();
        if tail != end {
            return Err(ShardError::Conflict { tail: tail.size });
        }
        frames.epoch += 1;
        self.epoch.store(frames.epoch, Ordering::Release);
        Ok(())
    }

    async fn append(&self, sealed: &[SealedFrame]) -> Result<(), ShardError> {
        let mut frames = self.kept.frames.lock();
        let epoch = self.epoch.load(Ordering::Acquire);
        if epoch == 0 || epoch != frames.epoch {
            return Err(ShardError::NotOwner);
        }
        let tail = self.kept.tail.borrow().size;
        let kept = sealed.iter().take_while(|frame| frame.first_sequence < tail).count();
        let (old, new) = sealed.split_at(kept);
        let same = |frame: &SealedFrame| {
            frames.by_sequence.get(&frame.first_sequence) == Some(&frame.bytes)
        };
        let ends = std::iter::once(tail).chain(new.iter().map(|frame| frame.after.size));
        let dense = new.iter().zip(ends).all(|(frame, end)| frame.first_sequence == end);
        if !dense || !old.iter().all(same) {
            return Err(ShardError::Conflict { tail });
        }
        for frame in new {
            frames.by_sequence.insert(frame.first_sequence, Arc::clone(&frame.bytes));
        }
        if let Some(last) = new.last() {
            self.kept.tail.send_replace(last.after);
        }
        Ok(())
    }

    async fn read(&self, from: u64, bytes: usize) -> Result<Vec<StoredFrame>, ReadError> {
        let frames = self.kept.frames.lock();
        if from >= self.kept.tail.borrow().size {
            return Ok(Vec::new());
        }
        let first = frames.by_sequence.range(..=from).next_back().map_or(from, |(key, _)| *key);
        let (mut found, mut taken) = (Vec::new(), 0);
        for (key, frame) in frames.by_sequence.range(first..) {
            if !found.is_empty() && taken + frame.len() > bytes {
                break;
            }
            taken += frame.len();
            found.push(StoredFrame { first_sequence: *key, bytes: Arc::clone(frame) });
        }
        Ok(found)
    }

    async fn follow(&self, size: u64) -> Result<Head, ShardError> {
        let mut tail = self.kept.tail.subscribe();
        match tail.wait_for(|tail| tail.size > size).await {
            Ok(tail) => Ok(*tail),
            Err(_) => Err(ShardError::NotOwner),
        }
    }
}
