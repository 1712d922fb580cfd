//! Where the log of a trial is kept, with a gate in front: while it is shut, what is queued is not durable.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use async_trait::async_trait;
use lampyris::{EngineOpenError, IdSource, Lampyris};
use lampyris_log::shard::{
    Capabilities, MemoryShard, SealedFrame, ShardError, ShardLog, StoredFrame,
};
use lampyris_log::{Clock, Head, ReadError};
use lampyris_message::MessageId;
use parking_lot::Mutex;
use tempfile::TempDir;
use tokio::sync::watch;

use crate::cast::{BEGINNING, drawn};

/// Where the log is.
pub(crate) trait Place: Send + 'static {
    /// An empty place.
    fn new() -> Self;
    /// Opens the engine on what is there.
    fn open(&self, builder: lampyris::Builder) -> Result<Lampyris, EngineOpenError>;
    /// The gate, if there is one.
    fn gate(&self) -> Option<&watch::Sender<bool>>;
    /// The log of the same records, for reading, if it can be read while an engine has it open.
    fn beside(&self) -> Option<lampyris_log::Log>;
}

/// In memory, with a gate.
#[derive(Debug)]
pub(crate) struct Memory {
    shard: MemoryShard,
    gate: watch::Sender<bool>,
}

impl Place for Memory {
    fn new() -> Self {
        Self { shard: MemoryShard::new(), gate: watch::Sender::new(true) }
    }

    fn open(&self, builder: lampyris::Builder) -> Result<Lampyris, EngineOpenError> {
        builder.open_on(Arc::new(Gated { inner: self.shard.share(), open: self.gate.subscribe() }))
    }

    fn gate(&self) -> Option<&watch::Sender<bool>> {
        Some(&self.gate)
    }

    fn beside(&self) -> Option<lampyris_log::Log> {
        let shard = Arc::new(self.shard.share());
        let options = lampyris_log::Options::reader();
        Some(lampyris_log::Log::open_on(shard, &options, |_| ()).unwrap())
    }
}

/// In a directory of this machine.
#[derive(Debug)]
pub(crate) struct Directory(TempDir);

impl Place for Directory {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn open(&self, builder: lampyris::Builder) -> Result<Lampyris, EngineOpenError> {
        builder.open(self.0.path().join("log"))
    }

    fn gate(&self) -> Option<&watch::Sender<bool>> {
        None
    }

    fn beside(&self) -> Option<lampyris_log::Log> {
        None
    }
}

/// In a directory, with a snapshot after every commit; it is opened by the newest one, by older ones, or by none.
#[derive(Debug)]
pub(crate) struct Snapshots {
    directory: Directory,
    kept: Mutex<Vec<Vec<u8>>>,
}

impl Place for Snapshots {
    fn new() -> Self {
        Self { directory: Directory::new(), kept: Mutex::default() }
    }

    fn open(&self, builder: lampyris::Builder) -> Result<Lampyris, EngineOpenError> {
        let path = self.directory.0.path().join("log").join("snapshot");
        let (mut kept, mut from) = (self.kept.lock(), None);
        if let Ok(newest) = std::fs::read(&path) {
            kept.push(newest);
            let number = kept.len();
            let taken = match number % 4 {
                0 => None,
                1 => kept.get(number / 2),
                2 => kept.get(number.saturating_sub(2)),
                _ => kept.last(),
            };
            let size = |bytes: &Vec<u8>| u64::from_be_bytes(bytes[21..29].try_into().unwrap());
            from = Some(taken.map_or(0, size));
            match taken {
                Some(bytes) => std::fs::write(&path, bytes).unwrap(),
                None => std::fs::remove_file(&path).unwrap(),
            }
        }
        let engine = self.directory.open(builder.snapshot_every(1).verify_in_background())?;
        if let Some(from) = from {
            assert_eq!(engine.verified_from(), from, "the snapshot is used");
        }
        Ok(engine)
    }

    fn gate(&self) -> Option<&watch::Sender<bool>> {
        None
    }

    fn beside(&self) -> Option<lampyris_log::Log> {
        None
    }
}

/// A store that keeps nothing while its gate is shut.
#[derive(Debug)]
struct Gated {
    inner: MemoryShard,
    open: watch::Receiver<bool>,
}

#[async_trait]
impl ShardLog for Gated {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn tail(&self) -> Result<Head, ShardError> {
        self.inner.tail().await
    }

    async fn fence(&self, end: Head) -> Result<(), ShardError> {
        self.inner.fence(end).await
    }

    async fn append(&self, frames: &[SealedFrame]) -> Result<(), ShardError> {
        // Whoever drops the gate leaves it open.
        drop(self.open.clone().wait_for(|open| *open).await);
        self.inner.append(frames).await
    }

    async fn read(&self, from: u64, bytes: usize) -> Result<Vec<StoredFrame>, ReadError> {
        self.inner.read(from, bytes).await
    }

    async fn follow(&self, size: u64) -> Result<Head, ShardError> {
        self.inner.follow(size).await
    }
}

/// A clock that stands until it is set.
#[derive(Debug)]
pub(crate) struct SetClock(AtomicI64);

impl Default for SetClock {
    fn default() -> Self {
        Self(AtomicI64::new(BEGINNING))
    }
}

impl SetClock {
    pub(crate) fn set(&self, now: i64) {
        self.0.store(now, Ordering::Relaxed);
    }
}

impl Clock for SetClock {
    fn now_ns(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Ids that follow one another, or the one that was laid out.
#[derive(Debug, Default)]
pub(crate) struct SetIds {
    next: Mutex<Option<MessageId>>,
    drawn: AtomicU64,
}

impl SetIds {
    /// The id that is drawn next.
    pub(crate) fn lay_out(&self, id: MessageId) {
        *self.next.lock() = Some(id);
    }
}

impl IdSource for SetIds {
    fn draw(&self) -> [u8; 16] {
        let laid_out = self.next.lock().take();
        let number = self.drawn.fetch_add(1, Ordering::Relaxed);
        laid_out.map_or_else(|| drawn("id", number), |id| *id.as_bytes())
    }
}
