//! Cursors: a consumer that comes and goes handles each record, whatever fails in between.
//!
//! What could be lost: an acknowledgement that was durable, or a record that was never handled. The rules are held
//! against a plain number: what was acknowledged last.

use crate::faults::FailingDisk;
use crate::scratch::{append, open, samples, writer};
use lampyris_log::cursors::slot::{FILE_BYTES, SLOT_BYTES, SLOT_DISTANCE};
use lampyris_log::{Cursor, CursorError, Follower, Log, MemoryShard, Options};
use proptest::prelude::*;
use std::path::Path;
use std::sync::Arc;

/// A log of so many records on a store in memory, with cursors in a folder.
fn log_of(folder: &Path, records: u8, options: Options) -> Log {
    let options = options.cursors_folder(folder.join("cursors"));
    let log = Log::open_on(Arc::new(MemoryShard::new()), &options, |_| {}).unwrap();
    let appends: Vec<_> = (1..records).map(|number| append(number, number % 3, "x")).collect();
    assert!(log.append_group(&appends).iter().all(Result::is_ok));
    log
}

fn positions(log: &Log) -> Vec<(String, Option<u64>)> {
    let standing = log.cursors().unwrap().into_iter();
    standing.map(|it| (it.name, it.position.ok())).collect()
}

#[test]
fn a_cursor_stands_where_it_was_left_in_the_next_process_too() {
    let scratch = tempfile::tempdir().unwrap();
    let log = open(scratch.path()).unwrap();
    for number in 0..9 {
        log.append_blocking(append(number, 1, "x")).unwrap();
    }
    let mut cursor = log.cursor("billing").unwrap();
    assert_eq!((cursor.name(), cursor.position()), ("billing", 0));
    for sequence in [0, 3, 3, 1, 4] {
        cursor.acknowledge(sequence).unwrap();
    }
    assert_eq!(cursor.position(), 5);
    assert!(matches!(
        cursor.acknowledge(10),
        Err(CursorError::NotThere { sequence: 10, size: 10 })
    ));
    drop((log.cursor("audit-2").unwrap(), cursor, log));
    let log = open(scratch.path()).unwrap();
    assert_eq!(positions(&log), [("audit-2".into(), Some(0)), ("billing".into(), Some(5))]);
    let mut cursor = log.cursor("billing").unwrap();
    assert_eq!(cursor.position(), 5);
    cursor.acknowledge(9).unwrap();
    drop(cursor);
    assert_eq!(log.cursor("billing").unwrap().position(), 10);
    assert!(log.remove_cursor("billing").unwrap());
    assert!(!log.remove_cursor("billing").unwrap());
    assert_eq!(positions(&log), [("audit-2".into(), Some(0))]);
    assert_eq!(log.cursor("billing").unwrap().position(), 0);
}

/// A consumer needs nothing of the writer, whose log it reads.
#[test]
fn a_cursor_is_moved_beside_a_writer() {
    let scratch = tempfile::tempdir().unwrap();
    let writer = open(scratch.path()).unwrap();
    writer.append_blocking(append(1, 1, "x")).unwrap();
    let reader = Log::open(scratch.path(), &Options::reader()).unwrap();
    let mut cursor = reader.cursor("a").unwrap();
    cursor.acknowledge(1).unwrap();
    assert!(matches!(writer.cursor("a"), Err(CursorError::Held { .. })));
    writer.append_blocking(append(2, 1, "x")).unwrap();
    drop(cursor);
    let mut cursor = writer.cursor("a").unwrap();
    assert_eq!(cursor.position(), 2);
    cursor.acknowledge(2).unwrap();
    drop(cursor);
    // The reader was opened before.
    assert!(matches!(reader.cursor("a"), Err(CursorError::Beyond { position: 3, size: 2, .. })));
}

#[test]
fn a_cursor_has_one_holder() {
    let scratch = tempfile::tempdir().unwrap();
    let log = log_of(scratch.path(), 4, writer());
    let cursor = log.cursor("one").unwrap();
    let refused = |error| matches!(error, CursorError::Held { name } if name == "one");
    assert!(refused(log.clone().cursor("one").unwrap_err()));
    assert!(refused(log.remove_cursor("one").unwrap_err()));
    assert_eq!(positions(&log), [("one".into(), Some(0))]);
    let other = log.cursor("other").unwrap();
    drop(cursor);
    assert_eq!(log.cursor("one").unwrap().position(), other.position());
}

#[test]
fn a_name_is_a_plain_one() {
    let scratch = tempfile::tempdir().unwrap();
    let log = log_of(scratch.path(), 2, writer());
    let too_long = "x".repeat(65);
    for name in ["", ".", "..", "a.lock", "a/b", "../a", "a b", "ä", "a\0", too_long.as_str()] {
        assert!(matches!(log.cursor(name), Err(CursorError::Name { .. })), "{name:?}");
        assert!(matches!(log.remove_cursor(name), Err(CursorError::Name { .. })), "{name:?}");
    }
    drop(log.cursor("A-z_09").unwrap());
    let without = Log::open_on(Arc::new(MemoryShard::new()), &writer(), |_| {}).unwrap();
    assert!(matches!(without.cursor("a"), Err(CursorError::NoFolder)));
}

#[test]
fn a_cursor_of_another_log_or_beyond_the_end_is_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let log = log_of(scratch.path(), 8, writer());
    log.cursor("a").unwrap().acknowledge(7).unwrap();
    let shorter = log_of(scratch.path(), 7, writer());
    let error = shorter.cursor("a").unwrap_err();
    assert_eq!(error.to_string(), "cursor a stands at 8, and the log has 7 records");
    let other = log_of(scratch.path(), 8, writer().create(*b"another log's id"));
    assert!(matches!(other.cursor("a"), Err(CursorError::OtherLog { .. })));
    assert_eq!(log.cursor("a").unwrap().position(), 8);
}

/// Every byte of a file of a cursor flipped, and the file cut at every length that matters: it stands where it
/// stood, or where it stood before, or the file is named.
#[test]
fn a_damaged_cursor_is_named_or_stands_where_it_certainly_stood() {
    let scratch = tempfile::tempdir().unwrap();
    let log = log_of(scratch.path(), 20, writer());
    let mut cursor = log.cursor("a").unwrap();
    for sequence in [2, 5, 9] {
        cursor.acknowledge(sequence).unwrap();
    }
    drop(cursor);
    let path = scratch.path().join("cursors/a");
    let whole = std::fs::read(&path).unwrap();
    assert_eq!(whole.len(), FILE_BYTES);
    let judge = |bytes: Vec<u8>, what: String| {
        std::fs::write(&path, bytes).unwrap();
        match log.cursor("a") {
            Ok(cursor) => {
                assert!([6, 10].contains(&cursor.position()), "{what}");
                false
            }
            Err(error @ (CursorError::Damaged { .. } | CursorError::Newer { .. })) => {
                assert!(error.to_string().contains("cursors/a"), "{what}: {error}");
                true
            }
            Err(error) => panic!("{what}: {error}"),
        }
    };
    for at in (0..SLOT_BYTES).chain(SLOT_DISTANCE..SLOT_DISTANCE + SLOT_BYTES) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        let named = judge(bytes, format!("byte {at}"));
        // One slot that is damaged leaves the other; the format is read of either.
        assert!(!named || at % SLOT_DISTANCE == 4, "byte {at}");
    }
    for length in [0, 1, SLOT_BYTES, SLOT_DISTANCE, FILE_BYTES - 1, FILE_BYTES + 1] {
        let mut bytes = whole.clone();
        bytes.resize(length, 0);
        assert!(judge(bytes, format!("length {length}")), "length {length}");
    }
    assert!(judge(vec![0; FILE_BYTES], "zeros".into()));
    assert!(judge(vec![0xff; FILE_BYTES], "ones".into()));
    // The way out is to remove it, and no other.
    assert!(log.cursors().unwrap()[0].position.is_err());
    assert!(log.remove_cursor("a").unwrap());
    assert_eq!(log.cursor("a").unwrap().position(), 0);
}

/// Acknowledges on a disk of which one operation fails; returns whether it was reached.
fn fail_one(operation: usize, lasting: bool) -> bool {
    let scratch = tempfile::tempdir().unwrap();
    let disk = FailingDisk::new(0, lasting);
    let log = log_of(scratch.path(), 12, writer().disk(Arc::new(disk.clone())));
    disk.arm(operation);
    let (mut acknowledged, mut tried) = (0, 0);
    for _ in 0..2 {
        let Ok(mut cursor) = log.cursor("a") else { continue };
        assert!((acknowledged..=tried).contains(&cursor.position()), "operation {operation}");
        for _ in 0..3 {
            tried = tried.max(cursor.position() + 1);
            if cursor.acknowledge(cursor.position()).is_ok() {
                acknowledged = cursor.position();
            } else {
                let again = cursor.acknowledge(cursor.position()).unwrap_err();
                assert!(matches!(again, CursorError::Failed { .. }), "{again}");
            }
        }
    }
    let reached = disk.has_failed();
    disk.arm(0);
    let position = log.cursor("a").unwrap().position();
    assert!((acknowledged..=tried).contains(&position), "operation {operation}: {position}");
    reached
}

#[test]
fn no_failing_operation_takes_an_acknowledgement_back_or_moves_beyond_it() {
    for lasting in [false, true] {
        let mut operation = 1;
        while fail_one(operation, lasting) {
            operation += 1;
        }
        assert!(operation > 20, "only {operation} operations");
    }
}

#[derive(Debug, Clone)]
enum Step {
    Append(u8),
    Handle(usize),
    Acknowledge(usize),
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1..9u8).prop_map(Step::Append),
        (0..12usize).prop_map(Step::Handle),
        (0..12usize).prop_map(Step::Acknowledge),
        Just(Step::Reopen),
    ]
}

/// A consumer that follows from its cursor, and ends at random.
struct Consumer {
    cursor: Cursor,
    follower: Follower,
    from: u64,
    /// What it was handed since it began.
    handed: Vec<u64>,
}

impl Consumer {
    fn begin(log: &Log) -> Consumer {
        let cursor = log.cursor("a").unwrap();
        let from = cursor.position();
        Consumer { follower: log.follow(from), cursor, from, handed: Vec::new() }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(u32::try_from(samples(64)).unwrap()))]

    /// Whatever is appended, handled, acknowledged and begun anew: a consumer is handed what follows what it
    /// acknowledged last, each record once until it begins anew.
    #[test]
    fn a_consumer_that_comes_and_goes_misses_nothing(steps in proptest::collection::vec(step(), 1..40)) {
        let scratch = tempfile::tempdir().unwrap();
        let log = log_of(scratch.path(), 1, writer());
        let (mut size, mut acknowledged) = (1u64, 0);
        let mut consumer = Consumer::begin(&log);
        for step in steps {
            match step {
                Step::Append(count) => {
                    for number in 0..count {
                        log.append_blocking(append(number, number % 3, "x")).unwrap();
                        size += 1;
                    }
                }
                Step::Handle(count) => {
                    for _ in 0..count {
                        let Some(record) = consumer.follower.try_next().unwrap() else { break };
                        consumer.handed.push(record.sequence);
                    }
                    let end = consumer.from + consumer.handed.len() as u64;
                    prop_assert!(consumer.handed.iter().copied().eq(consumer.from..end));
                }
                Step::Acknowledge(back) => {
                    let Some(at) = consumer.handed.len().checked_sub(back + 1) else { continue };
                    let sequence = consumer.handed[at];
                    consumer.cursor.acknowledge(sequence).unwrap();
                    acknowledged = acknowledged.max(sequence + 1);
                }
                Step::Reopen => {
                    drop(consumer);
                    consumer = Consumer::begin(&log);
                }
            }
            prop_assert_eq!(consumer.cursor.position(), acknowledged);
        }
        drop(consumer);
        let mut consumer = Consumer::begin(&log);
        for sequence in acknowledged..size {
            prop_assert_eq!(consumer.follower.try_next().unwrap().map(|it| it.sequence), Some(sequence));
        }
        prop_assert!(consumer.follower.try_next().unwrap().is_none());
    }
}
