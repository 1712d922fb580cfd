//! Refreshing: a log that is open for reading shows what another process appends, without being opened again.
//!
//! What could be lost: records that were acknowledged and that a refresh does not see, as when a segment of the journal
//! is freed, used again or ends between two looks; records shown that are not the writer's; and a follower's place.
//! It must hold because a look at the end of the journal takes nothing but whole entries that go on from it, and
//! everything else takes a look at all of it.

use crate::archive::Done;
use crate::faults::FailingDisk;
use crate::scratch::{append, copy, noise, open, records, samples, writer};
use lampyris_log::frame::FrameWriter;
use lampyris_log::shard::SealedFrame;
use lampyris_log::{
    Append, Broken, Follower, Hash, Head, Log, MemoryShard, Observer, Options, ReadError, Record,
    ShardLog, block_on, directory,
};
use proptest::collection::vec;
use proptest::prelude::*;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

fn reader(path: &Path) -> Log {
    Log::open(path, &Options::reader()).unwrap()
}

fn ready(follower: &mut Follower) -> Vec<Record> {
    std::iter::from_fn(|| follower.try_next().unwrap()).collect()
}

/// An append of noise: 0 to 3 are small, 4 fills a frame, 5 is as large as can be.
fn sized(kind: u8, number: u64) -> Append {
    let length = [1, 20, 300, 3_000, 59_000, 59_000][usize::from(kind)];
    let first = append(1, kind, noise(length, number));
    let more = if kind == 5 { 3 } else { 0 };
    (0..more).fold(first, |append, part| {
        append.event(crate::scratch::event(part, noise(length, number * 4 + u64::from(part))))
    })
}

/// What one does to a log.
#[derive(Debug, Clone)]
enum Step {
    /// Appends, one after the other, of one size each.
    Append {
        kind: u8,
        count: u8,
    },
    /// Queues appends together, so that they share frames.
    Group {
        kind: u8,
        count: u8,
    },
    Close,
    Refresh,
    /// Another reader comes, and is brought up to date from then on.
    Join,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let size = || (0..6u8, 1..40u8);
    vec(
        prop_oneof![
            4 => size().prop_map(|(kind, count)| Step::Append { kind, count }),
            2 => size().prop_map(|(kind, count)| Step::Group { kind, count }),
            1 => Just(Step::Close),
            5 => Just(Step::Refresh),
            1 => Just(Step::Join),
        ],
        1..24,
    )
}

/// Whether two logs show the same, by what their indexes, trees and records say.
fn assert_same(refreshed: &Log, fresh: &Log) {
    let head = fresh.head();
    assert_eq!(refreshed.head(), head);
    assert!(records(refreshed) == records(fresh), "other records");
    for stream in 0..6u8 {
        let tail = |log: &Log| log.tail("ns1", "message", &[stream; 16]);
        assert_eq!(tail(refreshed), tail(fresh));
    }
    assert_eq!(refreshed.stream_count(), fresh.stream_count());
    assert_eq!(refreshed.record_bytes(), fresh.record_bytes());
    for size in [head.size, head.size / 2, 1] {
        assert_eq!(refreshed.root_at(size).unwrap(), fresh.root_at(size).unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(u32::try_from(samples(12)).unwrap()))]

    /// A refreshed log is what a log that is opened then is, whatever was appended meanwhile and in which sizes; its
    /// follower hands out every record once.
    #[test]
    fn a_refreshed_log_is_the_one_that_is_opened_then(steps in steps()) {
        let scratch = tempfile::tempdir().unwrap();
        let mut log = Some(open(scratch.path()).unwrap());
        let first = reader(scratch.path());
        let mut beside = vec![(first.follow(0), first, Vec::new())];
        let mut number = 0;
        let mut next = || { number += 1; number };
        for step in steps.into_iter().chain([Step::Refresh]) {
            let writing = log.get_or_insert_with(|| open(scratch.path()).unwrap());
            match step {
                Step::Append { kind, count } => for _ in 0..count {
                    writing.append_blocking(sized(kind, next())).unwrap();
                },
                Step::Group { kind, count } => {
                    let group: Vec<_> = (0..count).map(|_| sized(kind, next())).collect();
                    prop_assert!(writing.append_group(&group).iter().all(Result::is_ok));
                }
                Step::Close => log = None,
                Step::Refresh => {
                    let (acknowledged, fresh) = (writing.head(), reader(scratch.path()));
                    for (follower, reader, handed) in &mut beside {
                        prop_assert_eq!(reader.refresh().unwrap(), acknowledged);
                        prop_assert_eq!(reader.refresh().unwrap(), acknowledged);
                        handed.extend(ready(follower));
                        assert_same(reader, &fresh);
                        prop_assert!(*handed == records(&fresh), "a follower has other records");
                    }
                }
                Step::Join if beside.len() < 3 => {
                    let joining = reader(scratch.path());
                    beside.push((joining.follow(0), joining, Vec::new()));
                }
                Step::Join => {}
            }
        }
    }
}

/// A writer frees segments and uses them again under readers that refresh without a pause; every other append is tiny.
#[test]
fn each_refresh_beside_a_writer_shows_all_that_was_acknowledged_before_it() {
    let scratch = tempfile::tempdir().unwrap();
    let log = open(scratch.path()).unwrap();
    let (acknowledged, done) = (AtomicU64::new(log.head().size), AtomicBool::new(false));
    let beside: Vec<Log> = (0..2).map(|_| reader(scratch.path())).collect();
    let seen: Vec<Head> = std::thread::scope(|scope| {
        scope.spawn(|| {
            let _done = Done(&done);
            for number in 0..samples(300) as u64 {
                for kind in [0, 5, 1, 4] {
                    let appended = log.append_blocking(sized(kind, number)).unwrap();
                    acknowledged.store(appended.sequences.end, Ordering::SeqCst);
                }
            }
        });
        let refreshing = |reader: &Log| {
            let (mut follower, mut seen, mut next) = (reader.follow(0), Vec::new(), 0);
            while !done.load(Ordering::SeqCst) {
                let before = acknowledged.load(Ordering::SeqCst);
                let head = reader.refresh().unwrap();
                assert!(head.size >= before, "{} of {before}", head.size);
                for record in ready(&mut follower) {
                    assert_eq!(record.sequence, next);
                    next += 1;
                }
                assert_eq!(next, head.size);
                seen.push(head);
            }
            seen
        };
        let threads = beside.iter().map(|reader| scope.spawn(move || refreshing(reader)));
        let threads: Vec<_> = threads.collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    // Every head that was shown is one that the writer's log went through.
    for Head { size, root } in &seen {
        assert_eq!(log.root_at(*size).unwrap(), Some(*root));
    }
    assert!(seen.len() > 4, "only {} refreshes", seen.len());
    let archive = fs::read_dir(scratch.path().join(directory::ARCHIVE)).unwrap().count();
    assert!(archive > 1, "the journal kept everything");
    for reader in &beside {
        reader.refresh().unwrap();
        assert_same(reader, &self::reader(scratch.path()));
    }
}

/// A folder of a log that was replaced by a copy of another: its name stays.
fn put_in_place(of: &Path, copied: &Path) {
    fs::remove_dir_all(of).unwrap();
    copy(copied, of);
}

fn broken(refreshed: Result<Head, ReadError>) -> Broken {
    match refreshed {
        Err(ReadError::Broken(broken)) => broken,
        other => panic!("{other:?}"),
    }
}

/// Appends to a log and closes it; the contents are told by a number.
fn append_to(path: &Path, contents: &[u8]) -> Head {
    let log = open(path).unwrap();
    for content in contents {
        log.append_blocking(append(*content, 1, vec![*content; 40])).unwrap();
    }
    log.head()
}

#[test]
fn a_log_that_went_back_or_was_replaced_is_refused_by_name_until_it_is_there_again() {
    let scratch = tempfile::tempdir().unwrap();
    let path = |name: &str| scratch.path().join(name);
    let (log, whole, earlier) = (path("log"), path("whole"), path("earlier"));
    append_to(&log, &[1, 2]);
    copy(&log, &earlier);
    let beside = reader(&log);
    append_to(&log, &[3]);
    let head = beside.refresh().unwrap();
    let (shown, mut follower) = (records(&beside), beside.follow(0));
    copy(&log, &whole);

    put_in_place(&log, &earlier);
    let rolled_back = Broken::LogRolledBack { have: 3, want: 4 };
    assert_eq!(broken(beside.refresh()), rolled_back);
    // The same bytes but for what the last append says.
    append_to(&log, &[4]);
    assert!(
        matches!(broken(beside.refresh()), Broken::LogDiverged { size: 4, want, .. } if want == head.root)
    );
    append_to(&log, &[5, 6]);
    assert!(
        matches!(broken(beside.refresh()), Broken::LogDiverged { size: 4, want, .. } if want == head.root)
    );
    // One append where there were two: no frame begins where the log ended.
    put_in_place(&log, &earlier);
    let other = open(&log).unwrap();
    let two = append(7, 1, "7").event(crate::scratch::event(1, "and 7"));
    other.append_blocking(two).unwrap();
    drop(other);
    let refused = broken(beside.refresh());
    assert!(matches!(refused, Broken::LogDiverged { size: 4, .. }), "{refused:?}");

    fs::remove_dir_all(&log).unwrap();
    drop(Log::open(&log, &Options::writer(crate::scratch::RULES).create([9; 16])).unwrap());
    let other_log = Broken::OtherLog { journal: [9; 16], stored: crate::scratch::LOG_ID };
    assert_eq!(broken(beside.refresh()), other_log);
    fs::remove_dir_all(&log).unwrap();
    assert!(matches!(broken(beside.refresh()), Broken::JournalMissing { .. }));

    // All that while it shows what it showed.
    assert_eq!(beside.head(), head);
    assert!(records(&beside) == shown && ready(&mut follower) == shown);
    copy(&whole, &log);
    assert_eq!(beside.refresh().unwrap(), head);
    append_to(&log, &[8]);
    assert_eq!(beside.refresh().unwrap(), append_to(&log, &[]));
    assert_same(&beside, &reader(&log));
}

#[test]
fn a_log_whose_files_are_other_ones_and_go_further_is_followed() {
    let scratch = tempfile::tempdir().unwrap();
    let (path, twin) = (scratch.path().join("log"), scratch.path().join("twin"));
    let grow = |path: &Path, appends: u64| {
        let log = open(path).unwrap();
        for number in 0..appends {
            log.append_blocking(sized(5, number)).unwrap();
        }
    };
    // More than the journal keeps; then more than one file of the archive takes.
    grow(&path, 80);
    let beside = reader(&path);
    copy(&path, &twin);
    grow(&twin, 240);
    put_in_place(&path, &twin);
    beside.refresh().unwrap();
    assert_same(&beside, &reader(&path));
}

#[test]
fn a_refresh_reads_a_few_blocks_if_nothing_came() {
    let scratch = tempfile::tempdir().unwrap();
    let log = open(scratch.path()).unwrap();
    for number in 0..40 {
        log.append_blocking(sized(5, number)).unwrap();
    }
    let disk = FailingDisk::new(usize::MAX, false);
    let beside =
        Log::open(scratch.path(), &Options::reader().disk(Arc::new(disk.clone()))).unwrap();
    for round in 0..2 {
        // It opens the newest segment of several, and reads its slots, its last entry and what follows.
        disk.arm(5);
        assert_eq!(beside.refresh().unwrap(), log.head());
        assert!(!disk.has_failed(), "round {round}");
        disk.arm(0);
        log.append_blocking(sized(1, round)).unwrap();
        assert_eq!(beside.refresh().unwrap(), log.head());
    }
}

/// Refreshes while an operation of the disk fails, then again: nothing panics, nothing false is shown, all is shown then.
fn refresh_failing(beside: &Log, disk: &FailingDisk, operation: usize, head: Head) -> bool {
    let before = beside.head();
    disk.arm(operation);
    let refreshed = beside.refresh();
    let failed = disk.has_failed();
    disk.arm(0);
    match refreshed {
        Ok(shown) => assert_eq!(shown, head, "operation {operation}"),
        Err(ReadError::Unavailable(_)) => {
            assert!(beside.head().size >= before.size, "operation {operation}");
        }
        Err(error) => panic!("operation {operation}: {error}"),
    }
    assert_eq!(beside.refresh().unwrap(), head, "operation {operation}");
    failed
}

#[test]
fn a_failing_operation_costs_a_refresh_and_no_more() {
    let scratch = tempfile::tempdir().unwrap();
    let log = open(scratch.path()).unwrap();
    for lasting in [false, true] {
        let opened = |_| {
            let disk = FailingDisk::new(0, lasting);
            let options = Options::reader().disk(Arc::new(disk.clone()));
            (Log::open(scratch.path(), &options).unwrap(), disk)
        };
        // Each looks at everything once, because the segment it knows is full, and then at the end alone.
        let readers: Vec<(Log, FailingDisk)> = (0..200).map(opened).collect();
        for number in 0..40 {
            log.append_blocking(sized(5, number)).unwrap();
        }
        let whole = (1..).zip(readers).find(|(operation, (beside, disk))| {
            !refresh_failing(beside, disk, *operation, log.head())
        });
        let (operations, (beside, disk)) = whole.expect("a reader for each operation");
        assert!(operations > 15, "{operations} operations");
        let at_the_end = (1..).take_while(|operation| {
            log.append_blocking(sized(2, *operation as u64)).unwrap();
            refresh_failing(&beside, &disk, *operation, log.head())
        });
        assert!(at_the_end.count() >= 6);
        assert_same(&beside, &reader(scratch.path()));
    }
}

#[derive(Debug, Default)]
struct Told(Mutex<Vec<u64>>);

impl Observer for Told {
    fn durable(&self, size: u64) {
        self.0.lock().unwrap().push(size);
    }
}

/// A frame of one record, as a writer would seal it.
fn sealed(end: Head, raw: &[u8]) -> SealedFrame {
    let bytes = FrameWriter::new().seal(end.size, 1, end.root, raw).into();
    let after = Head { size: end.size + 1, root: Hash([1; 32]) };
    SealedFrame { first_sequence: end.size, bytes, after }
}

#[test]
fn a_store_of_the_callers_is_refreshed_up_to_what_breaks_a_rule_and_no_further() {
    let store = MemoryShard::new();
    let log = Log::open_on(Arc::new(store.share()), &writer(), |_| {}).unwrap();
    let told = Arc::new(Told::default());
    let options = Options::reader().observer(Arc::clone(&told) as Arc<dyn Observer>);
    let beside = Log::open_on(Arc::new(store.share()), &options, |_| {}).unwrap();
    let other = Log::open_on(Arc::new(store.share()), &options, |_| {}).unwrap();
    for number in 0..3 {
        log.append_blocking(append(number, 1, "content")).unwrap();
    }
    assert_eq!(log.refresh().unwrap(), log.head());
    assert_eq!(beside.refresh().unwrap(), log.head());
    assert_same(&beside, &log);
    assert_eq!(*told.0.lock().unwrap(), [4]);
    let (end, shown) = (log.head(), records(&log));
    drop(log);
    let mut next = shown[3].clone();
    (next.sequence, next.version, next.previous) = (4, 3, Some(3));
    let mut raw = u32::try_from(next.encode().len()).unwrap().to_be_bytes().to_vec();
    raw.extend(next.encode());
    // A record in order, which leads to another root than the store says.
    block_on(store.fence(end)).unwrap();
    block_on(store.append(&[sealed(end, &raw)])).unwrap();
    for log in [&beside, &other, &beside] {
        let refused = broken(log.refresh());
        assert!(matches!(refused, Broken::LogDiverged { size: 5, .. }), "{refused:?}");
    }
    assert_eq!(beside.head(), end);
    assert!(records(&beside) == shown);
    assert_eq!(*told.0.lock().unwrap(), [4]);
}
