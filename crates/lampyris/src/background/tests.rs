//! Snapshots that lie with the right hashes, and records that went bad before one: both are found, and named.

use super::Background;
use crate::Lampyris;
use crate::error::EngineOpenError;
use crate::scratch::{message, open, seal, submission};
use async_trait::async_trait;
use lampyris_log::shard::{Capabilities, SealedFrame, ShardError, ShardLog, StoredFrame};
use lampyris_log::snapshot::{ROW_BYTES, ROW_HASH_OFFSET, ROW_LENGTH_OFFSET, SECTIONS_OFFSET};
use lampyris_log::{Head, MemoryShard, ReadError, block_on};
use lampyris_message::hash::Bytes32;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Which record goes bad, if none does.
const NONE: u64 = u64::MAX;

/// A store in whose frame with a record a byte is flipped when it is read.
#[derive(Debug)]
struct Rotten {
    inner: MemoryShard,
    record: AtomicU64,
}

#[async_trait]
impl ShardLog for Rotten {
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
        self.inner.append(frames).await
    }

    async fn read(&self, from: u64, bytes: usize) -> Result<Vec<StoredFrame>, ReadError> {
        let (mut frames, record) =
            (self.inner.read(from, bytes).await?, self.record.load(Ordering::Relaxed));
        if let Some(frame) = frames.iter_mut().find(|frame| frame.first_sequence == record) {
            let mut bent = frame.bytes.to_vec();
            let middle = bent.len() / 2;
            bent[middle] ^= 1;
            frame.bytes = bent.into();
        }
        Ok(frames)
    }

    async fn follow(&self, size: u64) -> Result<Head, ShardError> {
        self.inner.follow(size).await
    }
}

/// A log of a few messages, beside it its snapshot.
struct Sample {
    folder: tempfile::TempDir,
    store: Arc<Rotten>,
    size: u64,
}

impl Sample {
    /// Of messages with these numbers, each staged and half of them sealed.
    fn of(numbers: std::ops::Range<u8>) -> Self {
        let (inner, record) = (MemoryShard::new(), AtomicU64::new(NONE));
        let (folder, store) = (tempfile::tempdir().unwrap(), Arc::new(Rotten { inner, record }));
        let mut sample = Self { folder, store, size: 0 };
        let engine = sample.open().unwrap();
        for number in numbers {
            block_on(engine.stage(submission(number))).unwrap();
            if number % 2 == 0 {
                block_on(engine.seal(message(number), seal(number))).unwrap();
            }
        }
        sample.size = engine.head().size;
        block_on(engine.close()).unwrap();
        sample
    }

    fn snapshot(&self) -> PathBuf {
        self.folder.path().join("snapshot")
    }

    fn open(&self) -> Result<Lampyris, EngineOpenError> {
        let shard: Arc<dyn ShardLog> = Arc::clone(&self.store) as _;
        open(Lampyris::builder().snapshot_every(1), &shard, self.folder.path())
    }

    fn section(&self, name: &str) -> Vec<u8> {
        sections(&self.snapshot()).into_iter().find(|(found, _)| found == name).unwrap().1
    }

    /// What the engine fails of once all of the log was verified, if the frame with this record goes bad meanwhile.
    fn verified(&self, rotten: u64) -> Option<String> {
        let engine = self.open().unwrap();
        assert_eq!(engine.verified_from(), self.size, "it opens by the snapshot");
        self.store.record.store(rotten, Ordering::Relaxed);
        let begun = Background::start(&engine.engine).unwrap();
        // Decided before the fault is found, or refused after.
        drop(block_on(engine.stage(submission(99))));
        // Whoever drops it waits for it.
        drop(begun);
        let refused = block_on(engine.stage(submission(100))).err().map(|error| error.to_string());
        drop(block_on(engine.close()));
        refused
    }
}

/// The sections of a snapshot: their names and contents.
fn sections(snapshot: &Path) -> Vec<(String, Vec<u8>)> {
    let bytes = fs::read(snapshot).unwrap();
    let rows = usize::from(bytes[SECTIONS_OFFSET]);
    let (table, mut at) = (SECTIONS_OFFSET + 1, SECTIONS_OFFSET + 1 + rows * ROW_BYTES + 4);
    let section = |row: usize| {
        let row = &bytes[table + row * ROW_BYTES..][..ROW_BYTES];
        let name = row.iter().take_while(|byte| **byte != 0).map(|byte| char::from(*byte));
        let length = row[ROW_LENGTH_OFFSET..ROW_HASH_OFFSET].try_into().unwrap();
        let length = usize::try_from(u64::from_be_bytes(length)).unwrap();
        at += length;
        (name.collect(), bytes[at - length..at].to_vec())
    };
    (0..rows).map(section).collect()
}

/// Puts another content in the place of a section, under hashes that are right.
fn forge(snapshot: &Path, name: &str, content: &[u8]) {
    let (bytes, all) = (fs::read(snapshot).unwrap(), sections(snapshot));
    let mut header = bytes[..SECTIONS_OFFSET + 1 + all.len() * ROW_BYTES].to_vec();
    let mut rest = Vec::new();
    for (number, (found, old)) in all.iter().enumerate() {
        let content = if found == name { content } else { old };
        let row = &mut header[SECTIONS_OFFSET + 1 + number * ROW_BYTES..][..ROW_BYTES];
        let length = (content.len() as u64).to_be_bytes();
        row[ROW_LENGTH_OFFSET..ROW_HASH_OFFSET].copy_from_slice(&length);
        row[ROW_HASH_OFFSET..].copy_from_slice(&Bytes32::sha256(content).0);
        rest.extend_from_slice(content);
    }
    header.extend_from_slice(&crc32fast::hash(&header).to_be_bytes());
    header.extend_from_slice(&rest);
    fs::write(snapshot, header).unwrap();
}

/// Where in the log's own section a few things stand.
fn places(index: &[u8]) -> Vec<(&'static str, usize)> {
    let number = |at: usize| u32::from_be_bytes(index[at..at + 4].try_into().unwrap()) as usize;
    // The log was never recovered: four bytes say so.
    let peaks = 4 + number(0) + 8 + 4 + 32 + 4;
    let time = peaks + 4 + 32 * number(peaks);
    let tiles = time + 16 + 8 + 32;
    let mut recent = tiles + 4;
    for _ in 1..number(tiles) {
        recent += 12 + 32 * number(recent + 8);
    }
    let claims = recent + 4 + 40 * number(recent) + 32;
    let stream = index.len() - 17;
    vec![
        ("the name of the log, or its rules, differs", 4),
        ("the time of the last record differs", time + 7),
        ("the number of bytes of all records differs", time + 15),
        ("what the newest appends were answered differs", recent + 4 + 39),
        ("it has a claim of record", claims + 8),
        ("ends with record", stream - 1),
        ("is not number", index.len() - 1),
    ]
}

/// A lie is found by what it is called, the engine decides nothing more, and the next one reads the whole log.
#[track_caller]
fn is_found(lie: &str, section: &str, tell: impl Fn(&Sample) -> Vec<u8>) {
    let sample = Sample::of(0..8);
    forge(&sample.snapshot(), section, &tell(&sample));
    let refused = sample.verified(NONE).unwrap_or_else(|| panic!("{lie}: nothing was found"));
    let lied = format!("the snapshot lied about the first {} records: ", sample.size);
    assert!(refused.contains(&lied) && refused.contains(lie), "{lie}: {refused}");
    assert!(!sample.snapshot().exists(), "{lie}: it is removed, and none is written");
    assert_eq!(sample.open().unwrap().verified_from(), 0, "{lie}");
}

#[test]
fn an_honest_snapshot_is_found_to_be_one() {
    let sample = Sample::of(0..8);
    assert_eq!(sample.verified(NONE), None);
    assert!(sample.snapshot().exists());
    let content = sections(&sample.snapshot());
    for (name, content) in &content {
        forge(&sample.snapshot(), name, content);
    }
    assert_eq!(sections(&sample.snapshot()), content);
    assert!(sample.open().unwrap().verified_from() > sample.size);
}

#[test]
fn a_snapshot_that_lies_with_the_right_hashes_is_found_named_and_removed() {
    for (number, (lie, _)) in places(&Sample::of(0..8).section("index")).into_iter().enumerate() {
        is_found(lie, "index", |sample| {
            let mut index = sample.section("index");
            let (_, at) = places(&index)[number];
            index[at] ^= 0x10;
            index
        });
    }
    // Of as many records, and of other messages.
    let other = Sample::of(20..28);
    for (lie, section) in
        [("the views of messages differ", "views"), ("is not open as it says", "open")]
    {
        is_found(lie, section, |sample| {
            assert_eq!(sample.size, other.size);
            other.section(section)
        });
    }
}

#[test]
fn a_record_that_went_bad_before_the_snapshot_is_found_and_named() {
    let sample = Sample::of(0..8);
    // The frame of a message's first two records.
    let refused = sample.verified(1).unwrap();
    assert!(refused.contains("frame 1"), "{refused}");
    assert!(!sample.snapshot().exists(), "the next opening reads the whole log");
    let error = sample.open().unwrap_err().to_string();
    assert!(error.contains("frame 1"), "{error}");
    sample.store.record.store(NONE, Ordering::Relaxed);
    assert_eq!(sample.open().unwrap().verified_from(), 0);
}
