//! Backups: made beside a writer, brought up to date, cut short, restored.
//!
//! What could be lost: records or values that were acknowledged before a backup began and are not in it; what a backup
//! held, if a later run is cut short. It must hold because the end of the log is read before its frames and its frames before the values, because the marker
//! is replaced last.

use crate::archive::{Done, contents};
use crate::faults::FailingDisk;
use crate::scratch::{LOG_ID, append, copy, keep_guarded_panics_silent, noise, open, records};
use crate::scratch::{samples, writer};
use lampyris_log::backup::{BackedUp, BackupError, Progress};
use lampyris_log::{Hash, Head, Log, OpenError, Options, directory, key_file};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

pub(crate) fn back_up(log: &Path, backup: &Path) -> Result<BackedUp, BackupError> {
    Log::back_up(log, backup, &Options::reader(), &mut |_| {})
}

pub(crate) fn opened(backup: &Path) -> Log {
    Log::open(backup, &Options::backup()).unwrap()
}

/// Puts bytes and waits until they are durable.
pub(crate) fn put(log: &Log, bytes: &[u8]) -> Hash {
    let put = log.data().put(bytes).unwrap();
    log.data().wait(put.ticket).unwrap();
    put.object.hash
}

/// Every object of a store by its hash, read whole; nothing of one that cannot be.
pub(crate) fn objects(log: &Log) -> BTreeMap<[u8; 32], Option<Vec<u8>>> {
    let mut found = BTreeMap::new();
    log.data().for_each(|object| drop(found.insert(object.hash.0, None))).unwrap();
    for (hash, bytes) in &mut found {
        *bytes = log.data().read(&Hash(*hash)).ok().flatten();
    }
    found
}

#[test]
fn a_backup_beside_a_writer_holds_all_that_was_acknowledged_before_it_began() {
    let scratch = tempfile::tempdir().unwrap();
    let (path, backup) = (scratch.path().join("log"), scratch.path().join("backup"));
    let log = open(&path).unwrap();
    // The head and the objects that were acknowledged.
    let acknowledged = Mutex::new((log.head(), Vec::<Hash>::new()));
    let done = AtomicBool::new(false);
    let backups = std::thread::scope(|scope| {
        scope.spawn(|| {
            let _done = Done(&done);
            for number in 0..samples(600) as u64 {
                let value = put(&log, &noise(20_000, number));
                log.append_blocking(append(1, 1, noise(59_000, number))).unwrap();
                let mut known = acknowledged.lock().unwrap();
                known.0 = log.head();
                known.1.push(value);
                if number % 50 == 49 {
                    // A third goes, and what is left moves.
                    let living: BTreeSet<Hash> = known.1.iter().copied().step_by(3).collect();
                    known.1.retain(|hash| !living.contains(hash));
                    let kept: BTreeSet<[u8; 32]> = known.1.iter().map(|hash| hash.0).collect();
                    log.data().collect(&|hash| kept.contains(&hash.0)).unwrap();
                }
            }
        });
        let mut backups = 0;
        while !done.load(Ordering::SeqCst) {
            let (head, values) = acknowledged.lock().unwrap().clone();
            let made = back_up(&path, &backup).unwrap();
            assert!(made.head.size >= head.size, "{} of {}", made.head.size, head.size);
            let copy = opened(&backup);
            assert_eq!(copy.root_at(head.size).unwrap(), Some(head.root));
            let living: BTreeSet<Hash> = acknowledged.lock().unwrap().1.iter().copied().collect();
            for hash in values.iter().filter(|hash| living.contains(hash)) {
                assert!(copy.data().read(hash).unwrap().is_some(), "{hash} is missing");
            }
            backups += 1;
        }
        backups
    });
    assert!(backups > 2, "{backups} backups");
    let made = back_up(&path, &backup).unwrap();
    let copy = opened(&backup);
    assert_eq!((made.head, made.unreadable), (log.head(), 0));
    assert!(records(&copy) == records(&log) && objects(&copy) == objects(&log));
}

#[test]
fn a_backup_is_brought_up_to_date_with_what_is_new_and_equals_one_that_is_made_at_once() {
    let scratch = tempfile::tempdir().unwrap();
    let path = |name: &str| scratch.path().join(name);
    let log = open(&path("log")).unwrap();
    let mut seen = Vec::new();
    for round in 0..4_u64 {
        for number in 0..20 {
            put(&log, &noise(500, round * 100 + number));
            log.append_blocking(append(1, 1, noise(40_000, number))).unwrap();
        }
        log.cursor("billing").unwrap().acknowledge(log.head().size - 1).unwrap();
        let mut told = Vec::new();
        let made = Log::back_up(path("log"), path("often"), &Options::reader(), &mut |progress| {
            told.push(progress);
        })
        .unwrap();
        seen.push((made.records, made.objects));
        let Head { size, .. } = made.head;
        assert!(told.contains(&Progress::Records { copied: size, of: size }));
    }
    assert_eq!(seen, [(21, 20), (20, 20), (20, 20), (20, 20)]);
    back_up(&path("log"), &path("once")).unwrap();
    let files = |name: &str| -> BTreeMap<_, _> {
        let all = contents(&path(name)).into_iter();
        all.map(|(file, bytes)| (file.strip_prefix(path(name)).unwrap().to_owned(), bytes))
            .collect()
    };
    let (often, once) = (files("often"), files("once"));
    assert!(often.keys().eq(once.keys()), "{:?} {:?}", often.keys(), once.keys());
    assert!(often == once, "other bytes");
    let names: BTreeSet<_> = often.keys().filter_map(|name| name.iter().next()).collect();
    assert_eq!(names.len(), 5, "{names:?}");
    // And a copy of the copy.
    Log::restore(path("once"), path("there"), &Options::reader(), &mut |_| {}).unwrap();
    assert!(files("there") == once);
    assert_eq!(back_up(&path("log"), &path("there")).unwrap().records, 0);
}

#[test]
fn a_run_that_fails_at_any_point_leaves_what_the_one_before_made() {
    keep_guarded_panics_silent();
    let scratch = tempfile::tempdir().unwrap();
    let path = |name: &str| scratch.path().join(name);
    let log = open(&path("log")).unwrap();
    let key = key_file::draw(&log.origin()).unwrap();
    let grow = |round: u64| {
        for number in 0..5 {
            put(&log, &noise(900, round * 10 + number));
            log.append_blocking(append(1, 1, noise(3_000, number))).unwrap();
        }
        // What stands beside the records grows too, and must never be ahead of them.
        log.checkpoint(&key).unwrap();
        log.cursor("reader").unwrap().acknowledge(log.head().size - 1).unwrap();
    };
    let beside = |copy: &Log| {
        let size = copy.head().size;
        let signed = copy.last_checkpoint().unwrap();
        assert!(signed.is_none_or(|signed| signed.checkpoint().head.size <= size));
        assert!(
            copy.cursors().unwrap().iter().all(|cursor| *cursor.position.as_ref().unwrap() <= size)
        );
    };
    grow(0);
    back_up(&path("log"), &path("first")).unwrap();
    let (before, kept) = (log.head(), objects(&log));
    grow(1);
    let (after, all) = (log.head(), objects(&log));
    for first in [true, false] {
        for operation in 1.. {
            let twin = path("twin");
            if first {
                copy(&path("first"), &twin);
            }
            let disk = FailingDisk::new(operation, operation % 2 == 0);
            let options = Options::reader().disk(Arc::new(disk.clone()));
            let made = Log::back_up(path("log"), &twin, &options, &mut |_| {});
            match Log::open(&twin, &Options::backup()) {
                Ok(copy) if copy.head() == before => {
                    beside(&copy);
                    assert!(first && objects(&copy).keys().all(|hash| all.contains_key(hash)));
                    assert!(kept.iter().all(|(hash, bytes)| {
                        copy.data().read(&Hash(*hash)).unwrap() == *bytes
                    }));
                }
                Ok(copy) => {
                    beside(&copy);
                    assert_eq!(copy.head(), after);
                    assert!(objects(&copy) == all);
                }
                Err(OpenError::UnfinishedBackup { .. } | OpenError::NoBackup { .. }) => {
                    assert!(!first && made.is_err());
                }
                Err(error) => panic!("operation {operation}: {error}"),
            }
            let again = back_up(&path("log"), &twin).unwrap();
            let copy = opened(&twin);
            assert_eq!((again.head, copy.head()), (after, after), "operation {operation}");
            assert!(objects(&copy) == all, "operation {operation}");
            fs::remove_dir_all(&twin).unwrap();
            if !disk.has_failed() {
                assert!(made.is_ok() && operation > 60, "{operation} operations");
                break;
            }
        }
    }
}

#[test]
fn what_is_no_backup_of_this_log_is_left_alone() {
    let scratch = tempfile::tempdir().unwrap();
    let path = |name: &str| scratch.path().join(name);
    let log = open(&path("log")).unwrap();
    for number in 0..5 {
        log.append_blocking(append(number, 1, vec![number])).unwrap();
    }
    back_up(&path("log"), &path("backup")).unwrap();
    drop(log);
    // It opens as a log for nobody.
    for options in [Options::reader(), Options::exclusive(), writer()] {
        let refused = Log::open(path("backup"), &options);
        assert!(matches!(refused, Err(OpenError::IsABackup { .. })), "{refused:?}");
    }
    let upgraded = Log::upgrade(path("backup"), &Options::exclusive()).map(drop);
    assert!(matches!(upgraded, Err(OpenError::IsABackup { .. })), "{upgraded:?}");
    let repaired = Log::repair(path("backup"), &Options::exclusive()).map(drop);
    assert!(matches!(repaired, Err(OpenError::IsABackup { .. })), "{repaired:?}");
    // Nor a log as a backup.
    let refused = Log::open(path("log"), &Options::backup());
    assert!(matches!(refused, Err(OpenError::NoBackup { .. })), "{refused:?}");
    let taken = back_up(&path("log"), &path("log")).unwrap_err();
    assert!(matches!(taken, BackupError::Open(OpenError::LogThere { .. })), "{taken}");
    // Another log, and another past of this one.
    let other = Log::open(path("other"), &writer().create(*b"another log's id")).unwrap();
    other.append_blocking(append(1, 1, "x")).unwrap();
    let before = contents(&path("backup"));
    let taken = back_up(&path("other"), &path("backup")).unwrap_err();
    assert!(matches!(taken, BackupError::OtherLog { wanted, .. } if wanted != LOG_ID), "{taken}");
    for (name, appends) in [("behind", 2), ("beside", 8)] {
        let log = open(&path(name)).unwrap();
        for number in 0..appends {
            log.append_blocking(append(number, 2, vec![number])).unwrap();
        }
        let taken = back_up(&path(name), &path("backup")).unwrap_err();
        assert!(matches!(taken, BackupError::Diverged { size: 6, .. }), "{name}: {taken}");
    }
    assert!(contents(&path("backup")) == before);
    // A folder of values that is gone takes nothing along.
    let log = open(&path("log")).unwrap();
    let value = put(&log, b"a value");
    drop(log);
    back_up(&path("log"), &path("backup")).unwrap();
    fs::remove_dir_all(path("log").join(directory::DATA)).unwrap();
    let taken = back_up(&path("log"), &path("backup")).unwrap_err();
    assert!(matches!(taken, BackupError::Data(_)), "{taken}");
    assert_eq!(opened(&path("backup")).data().read(&value).unwrap().unwrap(), b"a value");
}

#[test]
fn no_flipped_or_missing_byte_of_a_backup_goes_unnoticed() {
    let scratch = tempfile::tempdir().unwrap();
    let path = |name: &str| scratch.path().join(name);
    let log = open(&path("log")).unwrap();
    for number in 0..4 {
        log.append_blocking(append(number, 1, noise(300, 7))).unwrap();
    }
    back_up(&path("log"), &path("backup")).unwrap();
    let written = records(&log);
    for name in [directory::BACKUP, "archive/00000000000000000000"] {
        let file = path("backup").join(name);
        let whole = fs::read(&file).unwrap();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            fs::write(&file, &bytes).unwrap();
            assert!(Log::open(path("backup"), &Options::backup()).is_err(), "{name}: byte {at}");
            fs::write(&file, &whole[..at]).unwrap();
            assert!(Log::open(path("backup"), &Options::backup()).is_err(), "{name}: cut at {at}");
        }
        fs::write(&file, &whole).unwrap();
    }
    assert_eq!(records(&opened(&path("backup"))), written);
}
