//! The program that is killed while it moves a cursor: it kills itself, at the operation that it was told.
//! It says a position only once that was acknowledged.

use crate::child::{number, say};
use crate::workload::{LOG_ID, RULES, Which};
use lampyris_log::{Disk, DiskFile, Log, Options, StdDisk};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The operation on the cursor's files, from 1 on, at which the program is killed.
pub(crate) const KILL_AT: &str = "LAMPYRIS_CRASH_KILL_AT";
/// How many records it acknowledges if it lives.
pub(crate) const ACKNOWLEDGEMENTS: &str = "LAMPYRIS_CRASH_ACKNOWLEDGEMENTS";

/// Opens a log and its cursor, and acknowledges record after record.
pub(crate) fn acknowledge(directory: &Path) {
    let kill_at = number(KILL_AT).unwrap();
    let disk = Killing { left: Arc::new(AtomicU64::new(kill_at)) };
    let options = Options::writer(RULES).create(LOG_ID).disk(Arc::new(disk));
    let log = Log::open(directory, &options).unwrap();
    let mut cursor = log.cursor("consumer").unwrap();
    say(&format!("acknowledged {}", cursor.position()));
    for _ in 0..number(ACKNOWLEDGEMENTS).unwrap() {
        let next = cursor.position();
        if next == log.head().size {
            let which = Which { thread: 0, number: next };
            log.append_blocking(which.append(0)).unwrap();
        }
        match cursor.acknowledge(next) {
            Ok(()) => say(&format!("acknowledged {}", cursor.position())),
            Err(error) => return say(&format!("failed {error}")),
        }
    }
}

/// The machine's disk, until an operation on a cursor's files is reached; that kills this process.
#[derive(Debug)]
struct Killing {
    left: Arc<AtomicU64>,
}

#[derive(Debug)]
struct KillingFile(Box<dyn DiskFile>, Arc<AtomicU64>);

/// Counts an operation; true if it is the one.
fn is_last(left: &AtomicU64) -> bool {
    left.fetch_sub(1, Ordering::SeqCst) == 1
}

fn kill_myself() -> ! {
    let id = std::process::id().to_string();
    std::process::Command::new("kill").args(["-9", id.as_str()]).status().unwrap();
    loop {
        std::thread::park();
    }
}

impl Killing {
    fn step(&self, path: &Path) {
        if path.to_string_lossy().contains("cursors") && is_last(&self.left) {
            kill_myself();
        }
    }
}

impl Disk for Killing {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.step(path);
        StdDisk.create_dir(path)
    }
    fn open(&self, path: &Path, create: bool) -> io::Result<Box<dyn DiskFile>> {
        self.step(path);
        let file = StdDisk.open(path, create)?;
        if path.to_string_lossy().contains("cursors") {
            return Ok(Box::new(KillingFile(file, Arc::clone(&self.left))));
        }
        Ok(file)
    }
    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn DiskFile>>> {
        self.step(path);
        StdDisk.lock(path)
    }
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.step(path);
        StdDisk.sync_dir(path)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(from);
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

impl DiskFile for KillingFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(buffer, offset)
    }
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        if is_last(&self.1) {
            // Three quarters of a slot are its counter and a part of its position.
            drop(self.0.write_at(&bytes[..bytes.len() * 3 / 4], offset));
            kill_myself();
        }
        self.0.write_at(bytes, offset)
    }
    fn sync_data(&self) -> io::Result<()> {
        if is_last(&self.1) {
            kill_myself();
        }
        self.0.sync_data()
    }
    fn sync_all(&self) -> io::Result<()> {
        if is_last(&self.1) {
            kill_myself();
        }
        self.0.sync_all()
    }
    fn set_len(&self, length: u64) -> io::Result<()> {
        if is_last(&self.1) {
            kill_myself();
        }
        self.0.set_len(length)
    }
}
