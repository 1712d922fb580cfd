//! A walk hands out what a scan does, and nothing else than what was verified on opening.

use crate::scratch::{append, records, writer};
use async_trait::async_trait;
use lampyris_log::shard::{Capabilities, SealedFrame, StoredFrame};
use lampyris_log::{Head, Log, MemoryShard, Options, ReadError, ShardError, ShardLog};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A log in memory of ten records, and a handle on its frames.
fn filled(content: &str) -> (Log, MemoryShard) {
    let shard = Arc::new(MemoryShard::new());
    let log = Log::open_on(Arc::clone(&shard) as Arc<dyn ShardLog>, &writer(), |_| {}).unwrap();
    for number in 1..10 {
        log.append_blocking(append(number, number % 3, content)).unwrap();
    }
    (log, shard.share())
}

#[test]
fn a_walk_hands_out_what_a_scan_does() {
    let (log, _) = filled("the same");
    let mut walked = Vec::new();
    let head = log.walk(|record| {
        walked.push(record.to_record());
        ControlFlow::Continue(())
    });
    assert_eq!(head.unwrap(), log.head());
    assert_eq!(walked, records(&log));
}

#[test]
fn a_walk_stops_when_told() {
    let (log, _) = filled("the same");
    let mut count = 0;
    let head = log.walk(|_| {
        count += 1;
        if count == 4 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!((count, head.unwrap().size), (4, 4));
}

/// A store that shows another log, as long and as well made, once it is told to.
#[derive(Debug)]
struct Swapped {
    ours: MemoryShard,
    theirs: MemoryShard,
    now: AtomicBool,
}

#[async_trait]
impl ShardLog for Swapped {
    fn capabilities(&self) -> Capabilities {
        self.ours.capabilities()
    }

    async fn tail(&self) -> Result<Head, ShardError> {
        self.ours.tail().await
    }

    async fn fence(&self, end: Head) -> Result<(), ShardError> {
        self.ours.fence(end).await
    }

    async fn append(&self, frames: &[SealedFrame]) -> Result<(), ShardError> {
        self.ours.append(frames).await
    }

    async fn read(&self, from: u64, bytes: usize) -> Result<Vec<StoredFrame>, ReadError> {
        let shown = if self.now.load(Ordering::Acquire) { &self.theirs } else { &self.ours };
        shown.read(from, bytes).await
    }

    async fn follow(&self, size: u64) -> Result<Head, ShardError> {
        self.ours.follow(size).await
    }
}

#[test]
fn a_walk_refuses_another_log_that_is_as_well_made() {
    let ((_, ours), (_, theirs)) = (filled("ours"), filled("theirs"));
    let shard = Arc::new(Swapped { ours, theirs, now: AtomicBool::new(false) });
    let opened =
        Log::open_on(Arc::clone(&shard) as Arc<dyn ShardLog>, &Options::exclusive(), |_| {})
            .unwrap();
    assert_eq!(opened.walk(|_| ControlFlow::Continue(())).unwrap(), opened.head());
    shard.now.store(true, Ordering::Release);
    let refused = opened.walk(|_| ControlFlow::Continue(())).unwrap_err().to_string();
    assert!(refused.contains("root"), "{refused}");
}
