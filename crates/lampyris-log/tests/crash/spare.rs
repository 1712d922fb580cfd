//! A spare segment of the journal that is late.
//!
//! What could be lost: acknowledged appends in a segment that another thread fills with zeros. A segment is made ahead
//! of need by a thread of its own; if appending is faster, it makes one itself. Here the spare one is held back until
//! appends in the next segment were acknowledged. They must be there when the log is opened as that moment left it:
//! no two threads may ever make the same file. The kill test saw it first, with large records.

use crate::files::copy;
use crate::workload::{LOG_ID, RULES, Which};
use lampyris_log::directory::JOURNAL;
use lampyris_log::journal::SEGMENT_BYTES;
use lampyris_log::{Disk, DiskFile, Log, Options, StdDisk};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The machine's disk, on which the thread that feeds sled makes no segment before it may.
#[derive(Debug)]
struct Late {
    may: Mutex<Receiver<()>>,
    made: Sender<()>,
}

fn feeding() -> bool {
    std::thread::current().name() == Some("log-feeder")
}

#[test]
fn a_late_spare_segment_takes_no_others_place() {
    const CONTENT: usize = 50_000;
    let scratch = tempfile::tempdir().unwrap();
    let directory = scratch.path().join("log");
    let ((let_go, may), (made, was_made)) = (channel(), channel());
    let disk = Arc::new(Late { may: Mutex::new(may), made });
    let options = Options::writer(RULES).create(LOG_ID).disk(disk);
    let log = Log::open(&directory, &options).unwrap();
    // Into the second segment, and no further than the journal runs ahead of sled.
    for number in 0..(SEGMENT_BYTES * 3 / 2 / CONTENT) as u64 {
        log.append_blocking(Which { thread: 0, number }.append(CONTENT)).unwrap();
    }
    let head = log.head();
    let_go.send(()).unwrap();
    was_made.recv_timeout(Duration::from_mins(1)).unwrap();
    let beside = scratch.path().join("copy");
    copy(&directory, &beside);
    drop(let_go);
    drop(log);
    for place in [beside, directory] {
        assert_eq!(Log::open(place, &Options::writer(RULES)).unwrap().head(), head);
    }
}

impl Disk for Late {
    fn open(&self, path: &Path, create: bool) -> io::Result<Box<dyn DiskFile>> {
        if create && feeding() {
            // An error says that the test is over.
            self.may.lock().unwrap().recv().unwrap_or_default();
        }
        StdDisk.open(path, create)
    }
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        StdDisk.sync_dir(path)?;
        if feeding() && path.ends_with(JOURNAL) {
            self.made.send(()).unwrap_or_default();
        }
        Ok(())
    }
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        StdDisk.create_dir(path)
    }
    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn DiskFile>>> {
        StdDisk.lock(path)
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
