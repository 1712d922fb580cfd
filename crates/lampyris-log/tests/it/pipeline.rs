//! The way of an append: futures, back-pressure, closing, and stores that fail or do not say.

use crate::scratch::{append, open, records, writer};
use lampyris_log::shard::{Capabilities, SealedFrame, StoredFrame};
use lampyris_log::{
    AppendError, Claim, Head, Log, MemoryShard, ReadError, Refused, ShardError, ShardLog,
    Unavailable,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

#[test]
fn a_dropped_future_cancels_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let log = open(scratch.path()).unwrap();
    for number in 0..50 {
        let future = log.append(append(number, 1, "dropped"));
        assert!(future.is_queued());
        drop(future);
    }
    log.append_blocking(append(50, 1, "awaited")).unwrap();
    assert_eq!(records(&log).len(), 52);
}

#[test]
fn closing_makes_durable_what_is_queued() {
    let scratch = tempfile::tempdir().unwrap();
    let log = open(scratch.path()).unwrap();
    let futures: Vec<_> = (0..200).map(|number| log.append(append(number, 1, "queued"))).collect();
    let clone = log.clone();
    log.close().unwrap();
    for future in futures {
        future.wait().unwrap();
    }
    let late = clone.append_blocking(append(1, 1, "late"));
    assert!(matches!(late, Err(AppendError::Unavailable(Unavailable::Closed))));
    assert_eq!(records(&clone).len(), 201);
    drop((log, clone));
    assert_eq!(open(scratch.path()).unwrap().head().size, 201);
}

#[test]
fn dropping_the_log_drains_it() {
    let scratch = tempfile::tempdir().unwrap();
    let log = open(scratch.path()).unwrap();
    for number in 0..100 {
        drop(log.append(append(number, 1, "queued")));
    }
    drop(log);
    assert_eq!(open(scratch.path()).unwrap().head().size, 101);
}

#[test]
fn settled_answers_once_all_before_it_is_durable() {
    let scratch = tempfile::tempdir().unwrap();
    let log = open(scratch.path()).unwrap();
    for number in 0..50 {
        drop(log.append(append(number, 1, "queued")));
    }
    let settled = log.settled();
    drop(log.append(append(50, 1, "after it")));
    assert_eq!(settled.wait().unwrap().sequences, 51..51);
    assert!(log.head().size >= 51);
    assert_eq!(log.settled().wait().unwrap().sequences, 52..52);
}

/// The sizes it was told.
#[derive(Debug, Default)]
struct Told(std::sync::Mutex<Vec<u64>>);

impl lampyris_log::Observer for Told {
    fn durable(&self, size: u64) {
        self.0.lock().unwrap().push(size);
    }
}

#[test]
fn the_observer_is_told_before_the_caller() {
    let told = Arc::new(Told::default());
    let options = writer().observer(Arc::clone(&told) as Arc<dyn lampyris_log::Observer>);
    let log = Log::open_on(Arc::new(MemoryShard::new()), &options, |_| {}).unwrap();
    for number in 0..20 {
        let appended = log.append_blocking(append(number, 1, "told")).unwrap();
        assert_eq!(told.0.lock().unwrap().last(), Some(&appended.sequences.end));
    }
    log.settled().wait().unwrap();
    let told = told.0.lock().unwrap();
    assert_eq!(told.len(), 21, "record 0 and each append; nothing else grew the log");
    assert!(told.is_sorted());
}

/// More than the queue holds, each in room taken before: they stand in the order of the calls.
#[test]
fn room_is_taken_before_it_is_known_what_for() {
    let log = Log::open_on(Arc::new(MemoryShard::new()), &writer(), |_| {}).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut futures = Vec::new();
        for number in 0..1600u32 {
            let room = log.room(60_000).await.unwrap();
            let mut large = append(1, 1, vec![0; 59_000]);
            large.id[..4].copy_from_slice(&number.to_be_bytes());
            futures.push(log.append_in(room, large));
        }
        for (future, sequence) in futures.into_iter().zip(1..) {
            assert_eq!(future.await.unwrap().sequences, sequence..sequence + 1);
        }
        let room = log.room(1000).await.unwrap();
        let larger = log.append_in(room, append(200, 1, vec![0; 1000])).await;
        assert!(matches!(larger, Err(AppendError::Refused(Refused::TooLarge { limit: 1000, .. }))));
        log.close().unwrap();
        let closed = log.room(1).await;
        assert!(matches!(closed, Err(AppendError::Unavailable(Unavailable::Closed))));
    });
}

#[test]
fn the_record_that_used_a_key_is_found() {
    let scratch = tempfile::tempdir().unwrap();
    let log = open(scratch.path()).unwrap();
    let claim = Claim { namespace: "keys".into(), key: "one".into(), fingerprint: [7; 32] };
    let appended = log.append_blocking(append(1, 1, "used").claim(claim.clone())).unwrap();
    let (found, record) = log.claim("keys", "one").unwrap().unwrap();
    assert_eq!((found, record.sequence), (claim, appended.sequences.start));
    assert!(log.claim("keys", "two").unwrap().is_none());
    assert!(log.claim("other", "one").unwrap().is_none());
}

/// More than the queue holds: who comes too late waits, and nothing is lost or out of order.
#[test]
fn a_full_queue_makes_callers_wait() {
    let log = Log::open_on(Arc::new(MemoryShard::new()), &writer(), |_| {}).unwrap();
    let appends: Vec<_> = (0..1600u32)
        .map(|number| {
            let mut large = append(1, 1, vec![0; 59_000]);
            large.events[0].content[..4].copy_from_slice(&number.to_be_bytes());
            large
        })
        .collect();
    let results = log.append_group(&appends);
    assert!(results.iter().all(Result::is_ok));
    let found = records(&log);
    assert_eq!(found.len(), 1601);
    for (number, record) in (0..1600u32).zip(&found[1..]) {
        assert_eq!(record.content[..4], number.to_be_bytes());
    }
}

/// A store that keeps frames, or not, and does not say; or that was taken over.
#[derive(Debug)]
struct Doubtful {
    inner: MemoryShard,
    calls: AtomicU32,
    /// How many calls in a row are not answered.
    silent: u32,
}

#[async_trait::async_trait]
impl ShardLog for Doubtful {
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
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        if call % (self.silent + 1) == self.silent {
            return self.inner.append(frames).await;
        }
        // Every other time all or some of the frames were kept.
        let some = frames.len() * (call as usize % 2).min(1);
        self.inner.append(&frames[..some.div_ceil(1 + call as usize % 3)]).await?;
        Err(ShardError::Unknown)
    }
    async fn read(&self, from: u64, bytes: usize) -> Result<Vec<StoredFrame>, ReadError> {
        self.inner.read(from, bytes).await
    }
    async fn follow(&self, size: u64) -> Result<Head, ShardError> {
        self.inner.follow(size).await
    }
}

#[test]
fn an_unknown_outcome_is_resolved_by_sending_again() {
    for silent in [1, 2, 3, 50] {
        let inner = MemoryShard::new();
        let other = inner.share();
        let shard = Doubtful { inner, calls: AtomicU32::new(0), silent };
        let log = Log::open_on(Arc::new(shard), &writer(), |_| {}).unwrap();
        let appends: Vec<_> =
            (0..100).map(|number| append(number, 1, vec![number; 3000])).collect();
        for (number, result) in (1..).zip(log.append_group(&appends)) {
            assert_eq!(result.unwrap().sequences, number..number + 1);
        }
        let head = log.head();
        drop(log);
        let log = Log::open_on(Arc::new(other), &writer(), |_| {}).unwrap();
        assert_eq!(log.head(), head);
        let found: Vec<u8> = records(&log)[1..].iter().map(|record| record.content[0]).collect();
        assert!(found.into_iter().eq(0..100));
    }
}

#[test]
fn a_store_that_never_says_ends_the_log_and_not_the_process() {
    let shard = Doubtful { inner: MemoryShard::new(), calls: AtomicU32::new(0), silent: 1000 };
    let opened = Log::open_on(Arc::new(shard), &writer(), |_| {});
    let error = opened.unwrap_err().to_string();
    assert!(error.starts_with("the store did not say what became of the append"), "{error}");
}

#[test]
fn who_was_taken_over_writes_no_more() {
    let shard = MemoryShard::new();
    let other = shard.share();
    let first = Log::open_on(Arc::new(shard), &writer(), |_| {}).unwrap();
    first.append_blocking(append(1, 1, "first")).unwrap();
    let second = Log::open_on(Arc::new(other), &writer(), |_| {}).unwrap();
    let deposed = first.append_blocking(append(2, 1, "deposed"));
    assert!(matches!(deposed, Err(AppendError::Unavailable(Unavailable::NotOwner))));
    let poisoned = first.append_blocking(append(3, 1, "poisoned"));
    assert!(matches!(poisoned, Err(AppendError::Unavailable(Unavailable::Poisoned { .. }))));
    assert!(first.close().is_err());
    second.append_blocking(append(4, 1, "second")).unwrap();
    let found: Vec<_> = records(&second).into_iter().map(|record| record.content).collect();
    assert_eq!(found[1..], [b"first".to_vec(), b"second".to_vec()]);
}

/// An observer that panics once the log has three records.
#[derive(Debug)]
struct Panicking;

impl lampyris_log::Observer for Panicking {
    fn durable(&self, size: u64) {
        assert!(size < 3, "as it is meant to");
    }
}

#[test]
fn a_panic_of_who_is_told_ends_the_log_and_nobody_waits_for_ever() {
    let options = writer().observer(Arc::new(Panicking));
    let log = Log::open_on(Arc::new(MemoryShard::new()), &options, |_| {}).unwrap();
    log.append_blocking(append(1, 1, "kept")).unwrap();
    let futures: Vec<_> = (2..40).map(|number| log.append(append(number, 1, "lost"))).collect();
    for future in futures {
        assert!(matches!(future.wait(), Err(AppendError::Unavailable(_))));
    }
    assert!(log.append_blocking(append(50, 1, "late")).is_err());
    assert!(matches!(log.close(), Err(Unavailable::Poisoned { .. })));
}
