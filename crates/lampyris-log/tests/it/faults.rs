//! A failing disk.
//!
//! What could be lost: an append that was acknowledged although a sync of the journal failed, or a log whose
//! creation stopped half-way. The fault is made by counting the log's own file operations and failing the i-th,
//! or all from the i-th on, for every i that the workload reaches. It must hold because nothing is acknowledged
//! before the last operation of its commit succeeded, and because a log that failed once takes no more appends.

use crate::scratch::{append, keep_guarded_panics_silent, open, records, writer};
use crate::snapshot::Seen;
use lampyris_log::{AppendError, Disk, DiskFile, Log, StdDisk, Unavailable, Verify};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Debug)]
struct Countdown {
    left: AtomicUsize,
    /// Whether all operations fail after the first that did.
    lasting: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct FailingDisk(Arc<Countdown>);

#[derive(Debug)]
struct FailingFile(Box<dyn DiskFile>, Arc<Countdown>);

impl Countdown {
    /// Fails when the count is down to 1.
    fn step(&self) -> io::Result<()> {
        let step = |left: usize| match left {
            0 => None,
            1 if self.lasting => Some(1),
            left => Some(left - 1),
        };
        match self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, step) {
            Ok(1) => Err(io::Error::other("injected")),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn file(self: &Arc<Self>, file: Box<dyn DiskFile>) -> Box<dyn DiskFile> {
        Box::new(FailingFile(file, Arc::clone(self)))
    }
}

impl FailingDisk {
    /// A disk whose operation of this number fails, from 1 on, and all after it if `lasting`.
    pub(crate) fn new(operation: usize, lasting: bool) -> FailingDisk {
        FailingDisk(Arc::new(Countdown { left: AtomicUsize::new(operation), lasting }))
    }

    /// Counts from now on, to the operation of this number.
    pub(crate) fn arm(&self, operation: usize) {
        self.0.left.store(operation, Ordering::SeqCst);
    }

    /// Whether the operation that fails was reached.
    pub(crate) fn has_failed(&self) -> bool {
        let left = self.0.left.load(Ordering::SeqCst);
        left == 0 || (self.0.lasting && left == 1)
    }
}

impl Disk for FailingDisk {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.0.step().and_then(|()| StdDisk.create_dir(path))
    }
    fn open(&self, path: &Path, create: bool) -> io::Result<Box<dyn DiskFile>> {
        self.0.step().and_then(|()| StdDisk.open(path, create)).map(|file| self.0.file(file))
    }
    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn DiskFile>>> {
        self.0.step().and_then(|()| StdDisk.lock(path))
    }
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.0.step().and_then(|()| StdDisk.sync_dir(path))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.0.step().and_then(|()| StdDisk.rename(from, to))
    }
    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.0.step().and_then(|()| StdDisk.remove_file(path))
    }
    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        self.0.step().and_then(|()| StdDisk.remove_dir_all(path))
    }
    fn list(&self, path: &Path) -> io::Result<Option<Vec<PathBuf>>> {
        self.0.step().and_then(|()| StdDisk.list(path))
    }
    fn exists(&self, path: &Path) -> io::Result<bool> {
        self.0.step().and_then(|()| StdDisk.exists(path))
    }
}

impl DiskFile for FailingFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.1.step().and_then(|()| self.0.read_at(buffer, offset))
    }
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        // Half of a write that fails may have happened.
        self.1.step().inspect_err(|_| drop(self.0.write_at(&bytes[..bytes.len() / 2], offset)))?;
        self.0.write_at(bytes, offset)
    }
    fn sync_data(&self) -> io::Result<()> {
        self.1.step().and_then(|()| self.0.sync_data())
    }
    fn sync_all(&self) -> io::Result<()> {
        self.1.step().and_then(|()| self.0.sync_all())
    }
    fn set_len(&self, length: u64) -> io::Result<()> {
        self.1.step().and_then(|()| self.0.set_len(length))
    }
}

/// Creates a log, appends, opens it again and appends more; notes in `acknowledged` what was.
fn work(path: &Path, disk: &FailingDisk, acknowledged: &mut Vec<u8>) {
    // A snapshot now and then, and at each end: none that is cut short may be taken for one.
    let options = writer().disk(Arc::new(disk.clone())).snapshot_every(20).verify(Verify::New);
    for round in 0..2u8 {
        let Ok(log) = Log::open(path, &options) else { continue };
        let mut poisoned = false;
        for number in 0..30 {
            let number = 100 * round + number;
            match log.append_blocking(append(number, number % 2, vec![number; 50])) {
                Ok(_) => {
                    assert!(!poisoned, "an append after a failed one was acknowledged");
                    acknowledged.push(number);
                }
                Err(AppendError::Unavailable(Unavailable::Poisoned { .. })) => assert!(poisoned),
                Err(AppendError::Unavailable(_)) => poisoned = true,
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// The disk is what takes the time, so the operations are shared out.
const THREADS: usize = 8;

#[test]
fn no_failing_operation_loses_what_was_acknowledged() {
    keep_guarded_panics_silent();
    std::thread::scope(|scope| {
        for thread in 1..=THREADS {
            scope.spawn(move || {
                for lasting in [false, true] {
                    (thread..).step_by(THREADS).find(|operation| fail_one(*operation, lasting));
                }
            });
        }
    });
}

/// Fails one operation, and all after it if `lasting`; returns whether the workload has fewer operations.
fn fail_one(operation: usize, lasting: bool) -> bool {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let countdown = Arc::new(Countdown { left: AtomicUsize::new(operation), lasting });
    let mut acknowledged = Vec::new();
    work(&path, &FailingDisk(Arc::clone(&countdown)), &mut acknowledged);
    // Every third time twice: what opening adopts and repairs must itself be kept.
    for more in 0..if operation.is_multiple_of(3) { 2 } else { 1 } {
        let whole = open(&path).unwrap_or_else(|error| panic!("{operation}: {error}"));
        let seen = Seen::of(&whole);
        drop(whole);
        let log = Log::open(&path, &writer().verify(Verify::New)).unwrap();
        assert_eq!(Seen::of(&log), seen, "operation {operation}: by the snapshot");
        let found: Vec<u8> = records(&log).iter().skip(1).map(|record| record.content[0]).collect();
        let mut rest = found.iter();
        for number in &acknowledged {
            let kept = rest.any(|found| found == number);
            assert!(kept, "operation {operation}: {number} is not in {found:?}");
        }
        let added = found.iter().rev().take_while(|number| **number == 250);
        assert!(found.is_sorted() && added.count() == more);
        log.append_blocking(append(99, 1, vec![250])).unwrap();
    }
    let all = countdown.left.load(Ordering::SeqCst) > 1;
    if all {
        assert!(acknowledged.iter().copied().eq((0..30).chain(100..130)));
        assert!(operation > 200, "the workload has only {operation} operations");
    }
    all
}

#[test]
fn a_log_that_failed_to_sync_takes_no_more_appends() {
    let scratch = tempfile::tempdir().unwrap();
    let countdown = Arc::new(Countdown { left: AtomicUsize::new(0), lasting: false });
    let log =
        Log::open(scratch.path(), &writer().disk(Arc::new(FailingDisk(Arc::clone(&countdown)))))
            .unwrap();
    log.append_blocking(append(1, 1, "kept")).unwrap();
    countdown.left.store(1, Ordering::SeqCst);
    let failed = log.append_blocking(append(2, 1, "unknown")).unwrap_err().to_string();
    let named = failed.starts_with("cannot write ") && failed.ends_with("journal/segment.0");
    assert!(named, "{failed}");
    for result in log.append_group(&[append(3, 1, "x"), append(4, 1, "y")]) {
        let poisoned = result.unwrap_err().to_string();
        assert!(
            poisoned.starts_with(
                "the log takes no appends since a failure after 2 records: cannot write"
            )
        );
    }
    assert_eq!(log.head().size, 2);
    assert_eq!(records(&log).len(), 2);
    assert_eq!(log.stream_history("ns1", "message", &[1; 16]).unwrap().len(), 1);
    drop(log);
    let log = open(scratch.path()).unwrap();
    log.append_blocking(append(5, 1, "after")).unwrap();
}
