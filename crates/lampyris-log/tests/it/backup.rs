//! Backups: made beside a writer, brought up to date, cut short, restored.
//!
//! What could be lost: records or values that were acknowledged before a backup began and are not in it; what a backup
//! held, if a later run is cut short; and an erasure, if what was erased lives on in a backup that was made again since.
//! It must hold because the end of the log is read before its frames and its frames before the values, because the marker
//! is replaced last, and because keys are copied place by place, so that one that is gone is gone in the copy too.

use crate::archive::{Done, contents};
use crate::faults::FailingDisk;
use crate::scratch::{LOG_ID, append, copy, keep_guarded_panics_silent, noise, open, records};
use crate::scratch::{samples, writer};
use lampyris_log::backup::{BackedUp, BackupError, Progress};
use lampyris_log::{Disk, DiskFile, Hash, Head, Log, OpenError, Options, StdDisk, directory};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

fn back_up(log: &Path, backup: &Path) -> Result<BackedUp, BackupError> {
    Log::back_up(log, backup, &Options::reader(), &mut |_| {})
}

fn opened(backup: &Path) -> Log {
    Log::open(backup, &Options::backup()).unwrap()
}

/// Puts bytes and waits until they are durable.
fn put(log: &Log, bytes: &[u8]) -> Hash {
    let put = log.data().put(bytes).unwrap();
    log.data().wait(put.ticket).unwrap();
    put.object.hash
}

/// Every object of a store by its hash, read whole; nothing of one that cannot be.
fn objects(log: &Log) -> BTreeMap<[u8; 32], Option<Vec<u8>>> {
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
    let grow = |round: u64| {
        for number in 0..5 {
            put(&log, &noise(900, round * 10 + number));
            log.append_blocking(append(1, 1, noise(3_000, number))).unwrap();
        }
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
                    assert!(first && objects(&copy).keys().all(|hash| all.contains_key(hash)));
                    assert!(kept.iter().all(|(hash, bytes)| {
                        copy.data().read(&Hash(*hash)).unwrap() == *bytes
                    }));
                }
                Ok(copy) => {
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
fn what_was_erased_is_gone_from_the_next_backup() {
    let scratch = tempfile::tempdir().unwrap();
    let (path, backup) = (scratch.path().join("log"), scratch.path().join("backup"));
    let log = open(&path).unwrap();
    let doomed = put(&log, b"what must go");
    let large = put(&log, &noise(3 << 20, 1));
    let kept = put(&log, b"what may stay");
    back_up(&path, &backup).unwrap();
    let keys = |folder: &Path| fs::read(folder.join(directory::DATA).join("keys.0")).unwrap();
    let secrets: Vec<Vec<u8>> = [doomed, large]
        .iter()
        .map(|hash| {
            let bytes = keys(&path);
            let at = bytes.windows(32).position(|window| window == hash.0).unwrap();
            bytes[at + 32..at + 64].to_vec()
        })
        .collect();
    let traces = |folder: &Path| {
        let all = contents(folder).into_values();
        let holds = |bytes: &Vec<u8>| {
            secrets.iter().any(|secret| bytes.windows(32).any(|window| window == secret))
        };
        all.filter(holds).count()
    };
    assert!(traces(&backup) > 0, "the search finds nothing at all");
    log.data().erase(&[doomed, large]).unwrap();
    let made = back_up(&path, &backup).unwrap();
    assert_eq!((made.dropped, traces(&backup)), (2, 0));
    let copy = opened(&backup);
    assert!(copy.data().read(&doomed).unwrap().is_none());
    assert!(copy.data().read(&large).unwrap().is_none());
    assert_eq!(copy.data().read(&kept).unwrap().unwrap(), b"what may stay");
    // The sealed bytes of the large one are gone with its pack.
    let packs = |folder: &Path| {
        let data = fs::read_dir(folder.join(directory::DATA)).unwrap();
        data.map(|entry| entry.unwrap().metadata().unwrap().len())
            .filter(|size| *size > 1 << 20)
            .count()
    };
    log.data().sweep().unwrap();
    back_up(&path, &backup).unwrap();
    assert_eq!(packs(&backup), 1, "the file of keys alone");
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

#[derive(Debug, Clone)]
enum Step {
    Put(u8, usize),
    Erase(u8),
    Collect(u8),
    Reopen,
    BackUp,
    /// A run that fails at its so many-th operation.
    CutShort(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let sizes = prop_oneof![5 => 0..3_000_usize, 1 => Just(1_100_000)];
    let step = prop_oneof![
        6 => (0..20_u8, sizes).prop_map(|(value, size)| Step::Put(value, size)),
        2 => (0..20_u8).prop_map(Step::Erase),
        1 => (1..6_u8).prop_map(Step::Collect),
        1 => Just(Step::Reopen),
        2 => Just(Step::BackUp),
        2 => (1..80_usize).prop_map(Step::CutShort),
    ];
    prop::collection::vec(step, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_backup_has_the_objects_of_the_store_however_they_came_and_went(steps in steps()) {
        let scratch = tempfile::tempdir().unwrap();
        let (path, backup) = (scratch.path().join("log"), scratch.path().join("backup"));
        let mut log = Some(open(&path).unwrap());
        for step in steps.into_iter().chain([Step::BackUp]) {
            let open_log = log.as_ref().unwrap();
            match step {
                Step::Put(value, size) => {
                    put(open_log, &noise(size, u64::from(value)));
                    open_log.append_blocking(append(1, 1, vec![value])).unwrap();
                }
                Step::Erase(value) => {
                    let all: Vec<Hash> = objects(open_log).into_keys().map(Hash).collect();
                    if let Some(hash) = all.get(usize::from(value)) {
                        open_log.data().erase(&[*hash]).unwrap();
                    }
                }
                Step::Collect(one_in) => {
                    open_log.data().collect(&|hash| hash.0[0] % one_in != 0).unwrap();
                }
                Step::Reopen => {
                    drop(log.take());
                    log = Some(open(&path).unwrap());
                }
                Step::BackUp => {
                    let made = back_up(&path, &backup).unwrap();
                    let copy = opened(&backup);
                    prop_assert_eq!((copy.head(), made.unreadable), (open_log.head(), 0));
                    prop_assert!(objects(&copy) == objects(open_log));
                }
                Step::CutShort(operation) => {
                    let disk = Arc::new(FailingDisk::new(operation, true));
                    let options = Options::reader().disk(disk);
                    drop(Log::back_up(&path, &backup, &options, &mut |_| {}));
                }
            }
        }
    }
}

/// The number of a pack, and the places of keys, are given out again once what had them was collected and the log closed.
#[test]
fn what_takes_the_place_of_what_is_gone_is_not_cleared_with_it() {
    let scratch = tempfile::tempdir().unwrap();
    let (path, backup) = (scratch.path().join("log"), scratch.path().join("backup"));
    let mut before = None;
    for value in 0..4_u8 {
        let log = open(&path).unwrap();
        if before.is_some() {
            log.data().collect(&|_| false).unwrap();
        }
        drop(log);
        let log = open(&path).unwrap();
        let hash = put(&log, &[value; 5_000]);
        log.append_blocking(append(value, 1, vec![value])).unwrap();
        let made = back_up(&path, &backup).unwrap();
        assert_eq!((made.objects, made.dropped), (1, u64::from(before.is_some())));
        let copy = opened(&backup);
        assert_eq!(copy.data().read(&hash).unwrap().unwrap(), [value; 5_000]);
        assert!(before.is_none_or(|before| copy.data().read(&before).unwrap().is_none()));
        before = Some(hash);
    }
}

/// An erasure that was announced and recorded is finished wherever the log goes on, so the announcement is in the backup.
#[test]
fn an_erasure_that_is_under_way_is_under_way_in_the_backup() {
    let scratch = tempfile::tempdir().unwrap();
    let (path, backup) = (scratch.path().join("log"), scratch.path().join("backup"));
    let log = open(&path).unwrap();
    let hash = put(&log, b"is about to go");
    log.data().announce(&[hash]).unwrap();
    back_up(&path, &backup).unwrap();
    assert_eq!(opened(&backup).data().announced().unwrap(), [hash]);
    log.data().withdraw().unwrap();
    back_up(&path, &backup).unwrap();
    assert_eq!(opened(&backup).data().announced().unwrap(), []);
}

/// The machine's disk, on which a collection runs when a pack is first opened for reading.
#[derive(Debug)]
struct Meddling {
    log: Log,
    kept: Hash,
    armed: AtomicBool,
}

impl Disk for Meddling {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        StdDisk.create_dir(path)
    }
    fn open(&self, path: &Path, create: bool) -> io::Result<Box<dyn DiskFile>> {
        StdDisk.open(path, create)
    }
    fn open_to_read(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let is_pack = path.file_name().unwrap().to_str().unwrap().starts_with("pack.");
        if is_pack && self.armed.swap(false, Ordering::SeqCst) {
            self.log.data().collect(&|hash| *hash == self.kept).unwrap();
        }
        StdDisk.open_to_read(path)
    }
    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn DiskFile>>> {
        StdDisk.lock(path)
    }
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        StdDisk.sync_dir(path)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        StdDisk.rename(from, to)
    }
    fn remove_file(&self, path: &Path) -> io::Result<()> {
        StdDisk.remove_file(path)
    }
    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        StdDisk.remove_dir_all(path)
    }
    fn list(&self, path: &Path) -> io::Result<Option<Vec<PathBuf>>> {
        StdDisk.list(path)
    }
    fn exists(&self, path: &Path) -> io::Result<bool> {
        StdDisk.exists(path)
    }
}

#[test]
fn what_is_moved_while_it_is_copied_is_found_where_it_went() {
    let scratch = tempfile::tempdir().unwrap();
    let (path, backup) = (scratch.path().join("log"), scratch.path().join("backup"));
    let log = open(&path).unwrap();
    put(&log, b"what is collected");
    let kept = put(&log, b"what is moved");
    drop(log);
    // A pack that is written to is never collected.
    let log = open(&path).unwrap();
    put(&log, &noise(2 << 20, 1));
    let disk = Arc::new(Meddling { log, kept, armed: AtomicBool::new(true) });
    let options = Options::reader().disk(Arc::clone(&disk) as Arc<dyn Disk>);
    let made = Log::back_up(&path, &backup, &options, &mut |_| {}).unwrap();
    assert_eq!(made.unreadable, 0);
    let copy = opened(&backup);
    assert_eq!(copy.data().read(&kept).unwrap().unwrap(), b"what is moved");
    assert!(!disk.armed.load(Ordering::SeqCst), "nothing was moved");
    assert!(objects(&copy) == objects(&disk.log));
}
