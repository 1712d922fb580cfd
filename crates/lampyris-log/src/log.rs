//! The log: appends that are durable when they are answered, and reads of what is durable.
//! It never shows a record that a crash could still take back.

mod append;
mod checkpoint;
mod follow;
mod frames;
mod mend;
mod open;
mod pipeline;
mod prove;
mod read;
mod refresh;
mod resolve;
mod reverify;
mod snapshot;
mod walk;

pub use append::{AppendFuture, Room};
pub use checkpoint::StoredCheckpoints;
pub use follow::Follower;
#[cfg(feature = "sled")]
pub use open::{Mended, ReceiveError, Receiver, Upgraded};
pub use read::Scan;
pub use reverify::Reverify;

use crate::append::{Append, Appended};
use crate::checkpoints::{Checkpoints, Growth};
use crate::claims_index::{ClaimKey, ClaimsIndex, Secret};
use crate::clock::Clock;
use crate::cursors::{CursorError, Folder};
use crate::data_store::DataStore;
use crate::error::{AppendError, Broken, Unavailable};
use crate::identity::{Identity, Recovered, Rules};
use crate::index::{Streams, Tail};
use crate::merkle::{Frontier, Head};
use crate::options::Observer;
use crate::recent::RecentReader;
use crate::shard::{Capabilities, Repaired, ShardLog};
use crate::snapshot::Keeper;
use crate::speculation::Known;
use crate::tree::Tree;
use frames::Frames;
use parking_lot::{Mutex, RwLock};
use pipeline::Pipeline;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::sync::watch;

/// An open log. Clones share it; when the last one is dropped, what is queued is made durable and the log closed.
#[derive(Debug, Clone)]
pub struct Log {
    /// What appends; nothing if the log was opened for reading.
    // Invariant: dropped before `shared`, so that its threads are done when the store is closed.
    writer: Option<Arc<Pipeline>>,
    shared: Arc<Shared>,
}

/// What readers, writers and followers share.
#[derive(Debug)]
struct Shared {
    // Invariant: dropped before the store is, which holds the lock of both.
    data: DataStore,
    tree: Tree,
    shard: Arc<dyn ShardLog>,
    durable: RwLock<Durable>,
    /// Taken by who refreshes, with what was found broken; nothing if nobody else appends to what this log reads.
    refreshing: Option<Mutex<Option<Broken>>>,
    /// Number of records that may be seen, for who waits for more.
    size: watch::Sender<u64>,
    secret: Secret,
    clock: Arc<dyn Clock>,
    observer: Option<Arc<dyn Observer>>,
    frames: Frames,
    /// How many tiles were mended.
    mended_tiles: AtomicUsize,
    /// The log was read from this record on when it was opened.
    verified_from: u64,
    /// Tiles of the records before were not compared yet.
    tiles_trusted: AtomicBool,
    // Invariant: written to only while the store holds the lock.
    checkpoints: Checkpoints,
    growth: Arc<Growth>,
    cursors: Option<Folder>,
    /// Writes snapshots, if the log appends and has a place for them.
    keeper: Option<Keeper>,
}

/// What may be seen.
#[derive(Debug)]
struct Durable {
    head: Head,
    identity: Identity,
    streams: Streams,
    claims: ClaimsIndex,
    /// What a snapshot has and the sequencer, who is ahead of it, cannot give.
    frontier: Frontier,
    time: i64,
    recent: RecentReader,
    record_bytes: u64,
}

impl Log {
    /// Queues an append; the future answers once the append is durable, or once it is durable why it is not kept.
    ///
    /// What can be checked without the log is checked here. The append is queued before this returns if there is
    /// room, else when the future is polled; dropping the future cancels nothing that was queued.
    ///
    /// # Errors
    /// The future answers [`AppendError::Refused`] for an append that is not in the log. After any other error
    /// the append may or may not be found when the log is opened again; sending it again with the same id is
    /// answered as the first one was.
    pub fn append(&self, append: Append) -> AppendFuture {
        AppendFuture::new(self, append)
    }

    /// Waits until the queue has room for an append of up to so many bytes, and keeps it.
    ///
    /// An append has at most the bytes of its events' contents and 400 more for each of them, and its claims' bytes.
    ///
    /// # Errors
    /// If the log takes no appends.
    pub async fn room(&self, bytes: usize) -> Result<Room, AppendError> {
        Room::take(self, bytes).await
    }

    /// Queues an append in room that was taken before, and so at once: appends are in the log in the order of
    /// these calls.
    ///
    /// # Errors
    /// As [`Log::append`]; an append that is larger than its room is refused.
    pub fn append_in(&self, room: Room, append: Append) -> AppendFuture {
        AppendFuture::in_room(self, room, append)
    }

    /// Answers once all that was queued before is durable, with an empty range at the end of it.
    ///
    /// # Errors
    /// As [`Log::append`].
    pub fn settled(&self) -> AppendFuture {
        AppendFuture::settled(self, None)
    }

    /// The same, in room that was taken before: so many may wait, and no more.
    ///
    /// # Errors
    /// As [`Log::append`].
    pub fn settled_in(&self, room: Room) -> AppendFuture {
        AppendFuture::settled(self, Some(room))
    }

    /// Queues an append and waits, without a runtime, until it is durable.
    ///
    /// # Errors
    /// As [`Log::append`].
    pub fn append_blocking(&self, append: Append) -> Result<Appended, AppendError> {
        self.append(append).wait()
    }

    /// Queues many appends in order and waits for all of them; there is one result each, in order.
    /// An append that is refused does not harm its neighbours.
    pub fn append_group(&self, appends: &[Append]) -> Vec<Result<Appended, AppendError>> {
        let mut waiting = std::collections::VecDeque::with_capacity(appends.len());
        let mut results = Vec::with_capacity(appends.len());
        for append in appends {
            let mut future = self.append(append.clone());
            while !future.is_queued() {
                // There is no room: those before must be durable first.
                match waiting.pop_front().map(AppendFuture::wait) {
                    Some(result) => results.push(result),
                    None => break,
                }
                future.queue_now();
            }
            waiting.push_back(future);
        }
        results.extend(waiting.into_iter().map(AppendFuture::wait));
        results
    }

    /// Takes no more appends, makes durable what is queued, and says whether that succeeded.
    /// Clones of this log can still read.
    ///
    /// # Errors
    /// [`Unavailable::Poisoned`] if an append failed since the log was opened.
    pub fn close(&self) -> Result<(), Unavailable> {
        self.writer.as_ref().map_or(Ok(()), |writer| writer.close())
    }

    /// Sequence of the first record that was read when this log was opened: 0 if all of it was, else the size of the
    /// snapshot that it went on from.
    pub fn verified_from(&self) -> u64 {
        self.shared.verified_from
    }

    /// The same log for who only reads it: what it holds keeps the store open, and no thread that appends.
    #[must_use]
    pub fn reading(&self) -> Log {
        Log { writer: None, shared: Arc::clone(&self.shared) }
    }

    /// Size and root of what is durable.
    pub fn head(&self) -> Head {
        self.shared.head()
    }

    /// The log's id.
    pub fn log_id(&self) -> [u8; 16] {
        self.shared.durable.read().identity.log_id
    }

    /// The log's name in checkpoints.
    pub fn origin(&self) -> String {
        self.shared.durable.read().identity.origin.clone()
    }

    /// The log's name in a checkpoint of so many records: another one before it was recovered.
    pub fn origin_at(&self, size: u64) -> String {
        self.shared.durable.read().identity.origin_at(size).to_owned()
    }

    /// How often the log was recovered from a copy, oldest first.
    pub fn recoveries(&self) -> Vec<Recovered> {
        self.shared.durable.read().identity.recoveries.clone()
    }

    /// The rules in force at the end of the log.
    pub fn rules(&self) -> Rules {
        self.shared.durable.read().identity.rules
    }

    /// Where a stream ends, if it has any record.
    pub fn tail(&self, namespace: &str, kind: &str, id: &[u8]) -> Option<Tail> {
        self.shared.durable.read().streams.tail(namespace, kind, id)
    }

    /// Number of streams, the log's own included.
    pub fn stream_count(&self) -> usize {
        self.shared.durable.read().streams.len()
    }

    /// Kinds of streams, in the order in which they first appear: how many streams there are, and how many records
    /// are in them. It looks at every stream.
    pub fn kinds(&self) -> Vec<(String, u64, u64)> {
        self.shared.durable.read().streams.kinds()
    }

    /// Bytes of all records together, as they are hashed.
    pub fn record_bytes(&self) -> u64 {
        self.shared.durable.read().record_bytes
    }

    /// Number of claims.
    pub fn claim_count(&self) -> usize {
        self.shared.durable.read().claims.len()
    }

    /// What the store found damaged when this log was opened, or tiles were since, and was put back; the records are whole again.
    pub fn repaired(&self) -> Option<Repaired> {
        let count = self.shared.mended_tiles.load(Ordering::Relaxed);
        self.shared.shard.repaired().or((count > 0).then_some(Repaired::Tiles { count }))
    }

    /// The values and blobs beside the log.
    pub fn data(&self) -> &DataStore {
        &self.shared.data
    }

    pub(crate) fn cursor_folder(&self) -> Result<&Folder, CursorError> {
        self.shared.cursors.as_ref().ok_or(CursorError::NoFolder)
    }

    /// The number of records that may be seen, as it grows.
    pub(crate) fn sizes(&self) -> watch::Receiver<u64> {
        self.shared.size.subscribe()
    }

    /// What the store under the log promises.
    pub fn capabilities(&self) -> Capabilities {
        self.shared.shard.capabilities()
    }
}

impl Shared {
    fn head(&self) -> Head {
        self.durable.read().head
    }
}

impl Known for Shared {
    fn tail(&self, namespace: &str, kind: &str, id: &[u8]) -> Option<Tail> {
        self.durable.read().streams.tail(namespace, kind, id)
    }

    fn holder(&self, claim: ClaimKey) -> Option<u64> {
        self.durable.read().claims.holder(claim)
    }
}

const _: () = {
    const fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<Log>();
    is_send_and_sync::<AppendFuture>();
    is_send_and_sync::<Follower>();
};
