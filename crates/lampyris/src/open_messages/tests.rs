//! Open messages that the decider knows more of than is durable when a snapshot is cut.
//! The store lets appends through up to a number of records: what is behind it is decided, and never durable.

use super::*;
use crate::Lampyris;
use crate::error::Error;
use crate::outcome::Outcome;
use crate::scratch::{message, open, seal, submission};
use async_trait::async_trait;
use lampyris_log::frame::FrameReader;
use lampyris_log::shard::{Capabilities, SealedFrame, ShardError, ShardLog, StoredFrame};
use lampyris_log::{Frontier, Hash, Head, MemoryShard, ReadError, Verify, block_on};
use lampyris_message::BatchId;
use lampyris_testkit::Polled;
use std::path::Path;
use tokio::sync::watch;

/// Messages; each begins with two records, so the log has 9 then.
const MESSAGES: u8 = 4;

/// A store that keeps no frame beyond a number of records until that number is raised.
#[derive(Debug)]
struct Dammed {
    inner: MemoryShard,
    limit: watch::Receiver<u64>,
    /// How many records came so far.
    arrived: watch::Sender<u64>,
}

#[async_trait]
impl ShardLog for Dammed {
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
        let end = frames.last().map_or(0, |frame| frame.after.size);
        self.arrived.send_replace(end);
        // Whoever drops the dam takes what is behind it away.
        let passed = self.limit.clone().wait_for(|limit| *limit >= end).await.is_ok();
        if passed { self.inner.append(frames).await } else { Err(ShardError::NotOwner) }
    }

    async fn read(&self, from: u64, bytes: usize) -> Result<Vec<StoredFrame>, ReadError> {
        self.inner.read(from, bytes).await
    }

    async fn follow(&self, size: u64) -> Result<Head, ShardError> {
        self.inner.follow(size).await
    }
}

/// A store with the same frames up to a number of records.
fn copy(store: &MemoryShard, end: u64) -> Arc<dyn ShardLog> {
    let copy = MemoryShard::new();
    block_on(copy.fence(block_on(copy.tail()).unwrap())).unwrap();
    let mut frontier = Frontier::new();
    for StoredFrame { first_sequence, bytes } in block_on(store.read(0, usize::MAX)).unwrap() {
        if first_sequence >= end {
            break;
        }
        let mut reader = FrameReader::new();
        for record in reader.open(first_sequence, &bytes).unwrap().records() {
            frontier.push(Hash::leaf(record.unwrap().bytes));
        }
        let frame = SealedFrame { first_sequence, bytes, after: frontier.head() };
        block_on(copy.append(&[frame])).unwrap();
    }
    Arc::new(copy)
}

/// What an engine on these records knows of open messages, and what it answers to the same requests.
fn told(store: &MemoryShard, end: u64, snapshot: &[u8], tiles: &Path, verify: Verify) -> Told {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("snapshot"), snapshot).unwrap();
    std::fs::create_dir(folder.path().join("tiles")).unwrap();
    for file in std::fs::read_dir(tiles).into_iter().flatten().map(Result::unwrap) {
        std::fs::copy(file.path(), folder.path().join("tiles").join(file.file_name())).unwrap();
    }
    let builder = Lampyris::builder().verify(verify).snapshot_every(u64::MAX);
    let engine = open(builder, &copy(store, end), folder.path()).unwrap();
    let from = engine.verified_from();
    let mut known: Vec<_> = {
        let decider = engine.engine.decider.lock();
        let open = decider.open_messages();
        open.map(|(id, known)| (id, known.state.clone(), known.last)).collect()
    };
    known.sort_by_key(|(id, ..)| *id);
    let mut answers = Vec::new();
    for number in 0..MESSAGES {
        let batch = BatchId::from_bytes([number + 50; 16]);
        answers.push(block_on(engine.dispatched(message(number), batch)).unwrap());
        answers.push(block_on(engine.seal(message(number), seal(number))).unwrap());
        answers.push(block_on(engine.dispatched(message(number), batch)).unwrap());
    }
    Told { from, known, answers: format!("{answers:?}"), head: engine.head().size }
}

#[derive(Debug)]
struct Told {
    from: u64,
    known: Vec<(MessageId, State, u64)>,
    answers: String,
    head: u64,
}

/// Waits for the answer to a request that was accepted.
fn answer(mut request: Polled<impl Future<Output = Result<Outcome, Error>>>) {
    let outcome = loop {
        match request.poll() {
            Some(outcome) => break outcome,
            None => std::thread::yield_now(),
        }
    };
    assert!(outcome.unwrap().accepted().is_ok());
}

#[test]
fn what_is_decided_and_not_durable_is_not_in_the_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let (store, (limit, dam)) = (MemoryShard::new(), watch::channel(u64::MAX));
    let (arrived, mut arrivals) = watch::channel(0);
    let dammed = Dammed { inner: store.share(), limit: dam, arrived };
    let dammed: Arc<dyn ShardLog> = Arc::new(dammed);
    let begun = 1 + 2 * u64::from(MESSAGES);
    // The first cut is taken when one seal is durable, and the decider has three more that are not.
    let (cut, last) = (begun + 1, begun + 4);
    let engine = open(Lampyris::builder().snapshot_every(cut), &dammed, folder.path()).unwrap();
    for number in 0..MESSAGES {
        block_on(engine.stage(submission(number))).unwrap();
    }
    assert_eq!(engine.head().size, begun);
    limit.send_replace(begun);
    let mut under_way = Vec::new();
    let mut request = |number: u8, is_dispatch: bool| {
        let engine = engine.clone();
        let mut request = Polled::new(async move {
            let batch = BatchId::from_bytes([number + 50; 16]);
            if is_dispatch {
                engine.dispatched(message(number), batch).await
            } else {
                engine.seal(message(number), seal(number)).await
            }
        });
        assert!(request.poll().is_none(), "nothing behind the dam is answered");
        under_way.push(request);
    };
    request(0, false);
    block_on(arrivals.wait_for(|end| *end == cut)).unwrap();
    request(0, true);
    request(1, false);
    request(2, false);
    limit.send_replace(cut);
    answer(under_way.remove(0));
    // Written by a thread of its own, and there when it has its name.
    let snapshot = loop {
        match std::fs::read(folder.path().join("snapshot")) {
            Ok(snapshot) => break snapshot,
            Err(_) => std::thread::yield_now(),
        }
    };
    let tiles = folder.path().join("tiles");
    assert_eq!(block_on(store.tail()).unwrap().size, cut, "the rest is not durable");
    // A crash right after the cut, and one after the rest is durable too.
    limit.send_replace(last);
    for request in under_way {
        answer(request);
    }
    assert_eq!(block_on(store.tail()).unwrap().size, last);
    for end in [cut, last] {
        let quick = told(&store, end, &snapshot, &tiles, Verify::New);
        let whole = told(&store, end, &snapshot, &tiles, Verify::Whole);
        assert_eq!((quick.from, whole.from), (cut, 0), "of {end} records");
        assert_eq!((quick.known.len(), &quick.known), (4, &whole.known), "of {end} records");
        assert_eq!((quick.answers, quick.head), (whole.answers, whole.head), "of {end} records");
    }
}
