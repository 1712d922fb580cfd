//! The values in a backup: copied while they come, go and are moved.
//!
//! What could be lost: a value that was moved while it was copied, or that took the place of one that is gone; and an
//! erasure, if what was erased lives on in a backup that was made again since. It must hold because keys are copied place
//! by place, in the order in which a collection moves them, and because what no key opens is cleared and nothing else.

use crate::archive::contents;
use crate::backup::{back_up, objects, opened, put};
use crate::faults::FailingDisk;
use crate::scratch::{append, noise, open};
use lampyris_log::{Disk, DiskFile, Hash, Log, Options, StdDisk, directory};
use proptest::prelude::*;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

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

/// The machine's disk, on which a collection runs when a file whose name begins so is first opened for reading.
#[derive(Debug)]
struct Meddling {
    log: Log,
    kept: Hash,
    on: &'static str,
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
        let is_it = path.file_name().unwrap().to_str().unwrap().starts_with(self.on);
        if is_it && self.armed.swap(false, Ordering::SeqCst) {
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
    let disk = Arc::new(Meddling { log, kept, on: "pack.", armed: AtomicBool::new(true) });
    let options = Options::reader().disk(Arc::clone(&disk) as Arc<dyn Disk>);
    let made = Log::back_up(&path, &backup, &options, &mut |_| {}).unwrap();
    assert_eq!(made.unreadable, 0);
    let copy = opened(&backup);
    assert_eq!(copy.data().read(&kept).unwrap().unwrap(), b"what is moved");
    assert!(!disk.armed.load(Ordering::SeqCst), "nothing was moved");
    assert!(objects(&copy) == objects(&disk.log));
}

#[test]
fn what_is_moved_to_a_file_of_keys_that_was_not_there_is_found() {
    let scratch = tempfile::tempdir().unwrap();
    let (path, backup) = (scratch.path().join("log"), scratch.path().join("backup"));
    let log = open(&path).unwrap();
    let kept = put(&log, b"what is moved");
    // The first file of keys is full.
    let rest: Vec<_> = (0..32_766_u32)
        .map(|number| log.data().put(&number.to_be_bytes()).unwrap().ticket)
        .collect();
    log.data().wait(*rest.last().unwrap()).unwrap();
    drop(log);
    back_up(&path, &backup).unwrap();
    let log = open(&path).unwrap();
    let disk = Arc::new(Meddling { log, kept, on: "keys.0", armed: AtomicBool::new(true) });
    let options = Options::reader().disk(Arc::clone(&disk) as Arc<dyn Disk>);
    Log::back_up(&path, &backup, &options, &mut |_| {}).unwrap();
    assert!(!disk.armed.load(Ordering::SeqCst), "nothing was moved");
    assert!(path.join(directory::DATA).join("keys.1").exists(), "it was moved to the same file");
    let copy = opened(&backup);
    assert_eq!(copy.data().read(&kept).unwrap().unwrap(), b"what is moved");
    assert!(objects(&copy) == objects(&disk.log));
}
