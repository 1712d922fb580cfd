//! The end of the archive after a stop that was not clean, and a journal that is damaged.
//!
//! What could be lost: frames that the kernel showed and never wrote, if the journal forgets them; the second copy of
//! frames that the journal gave up before the archive had them; and a closed log that nobody can read although all of it
//! is there. It must hold because the archive's end is written again before anything is forgotten, because the archive
//! is brought up to the store's end before a journal is written anew, and because a log that says it was closed had
//! handed everything over.

use crate::faults::FailingDisk;
use crate::scratch::{append, copy, keep_guarded_panics_silent, noise, open, records, writer};
use lampyris_log::journal::{DATA_OFFSET, SEGMENT_NAME};
use lampyris_log::{Disk, DiskFile, Log, Options, StdDisk, directory};
use parking_lot::Mutex;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The machine's disk, which notes what is written and synced below a folder of the archive.
#[derive(Debug, Clone, Default)]
struct Noted(Arc<Mutex<Notes>>);

#[derive(Debug, Default)]
struct Notes {
    /// Offsets that were written, from and to.
    written: Vec<(u64, u64)>,
    syncs: usize,
    folders: usize,
}

#[derive(Debug)]
struct NotedFile(Box<dyn DiskFile>, Option<Noted>);

fn archived(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == directory::ARCHIVE)
}

impl Noted {
    fn file(&self, path: &Path, file: Box<dyn DiskFile>) -> Box<dyn DiskFile> {
        Box::new(NotedFile(file, archived(path).then(|| self.clone())))
    }
}

impl Disk for Noted {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        StdDisk.create_dir(path)
    }
    fn open(&self, path: &Path, create: bool) -> io::Result<Box<dyn DiskFile>> {
        StdDisk.open(path, create).map(|file| self.file(path, file))
    }
    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn DiskFile>>> {
        StdDisk.lock(path)
    }
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.0.lock().folders += usize::from(archived(path));
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

impl DiskFile for NotedFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(buffer, offset)
    }
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        if let Some(noted) = &self.1 {
            noted.0.lock().written.push((offset, offset + bytes.len() as u64));
        }
        self.0.write_at(bytes, offset)
    }
    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }
    fn sync_all(&self) -> io::Result<()> {
        if let Some(noted) = &self.1 {
            noted.0.lock().syncs += 1;
        }
        self.0.sync_all()
    }
    fn set_len(&self, length: u64) -> io::Result<()> {
        self.0.set_len(length)
    }
}

/// A log of some 6 MB, copied while it is open as a crash would leave it, and the same after a clean stop.
fn crashed_and_closed(scratch: &Path) -> (PathBuf, PathBuf, Vec<lampyris_log::Record>) {
    let (crashed, closed) = (scratch.join("crashed"), scratch.join("closed"));
    let log = open(&closed).unwrap();
    for number in 0..110 {
        log.append_blocking(append(1, 1, noise(59_000, number))).unwrap();
    }
    // What is fed is synced before more is taken off the queue: the copy has an archive of some of it.
    copy(&closed, &crashed);
    (crashed, closed, records(&log))
}

fn only_file(folder: &Path) -> PathBuf {
    let mut files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let file = files.next().unwrap();
    assert_eq!(files.next(), None);
    file
}

#[test]
fn after_a_crash_the_end_of_the_archive_is_written_again_and_synced_with_its_name() {
    let scratch = tempfile::tempdir().unwrap();
    let (crashed, closed, written) = crashed_and_closed(scratch.path());
    let length = fs::metadata(only_file(&crashed.join(directory::ARCHIVE))).unwrap().len();
    assert!(length > 4 << 20, "{length} bytes");
    for path in [&crashed, &closed] {
        let disk = Noted::default();
        let log = Log::open(path, &writer().disk(Arc::new(disk.clone()))).unwrap();
        assert_eq!(records(&log), written);
        let mut notes = std::mem::take(&mut *disk.0.lock());
        if path == &closed {
            assert_eq!((notes.written.len(), notes.syncs), (0, 0));
            break;
        }
        assert!(notes.syncs > 0 && notes.folders > 0);
        notes.written.sort_unstable();
        let mut at = length - (8 << 20).min(length);
        for (from, to) in notes.written {
            at = if from <= at { at.max(to) } else { at };
        }
        assert!(at >= length, "written again up to {at} of {length}");
    }
}

/// Flips the first entry of a segment of the journal: those behind it prove that it was whole.
fn damage(path: &Path) -> PathBuf {
    let segment = path.join(directory::JOURNAL).join(format!("{SEGMENT_NAME}0"));
    let mut bytes = fs::read(&segment).unwrap();
    bytes[DATA_OFFSET + 200] ^= 1;
    fs::write(&segment, bytes).unwrap();
    segment
}

#[test]
fn a_closed_log_is_read_although_its_journal_is_damaged() {
    let scratch = tempfile::tempdir().unwrap();
    let (crashed, closed, written) = crashed_and_closed(scratch.path());
    damage(&closed);
    assert_eq!(records(&Log::open(&closed, &Options::reader()).unwrap()), written);
    // The archive of the other lacks what the journal lost, or may lack it.
    damage(&crashed);
    assert!(Log::open(&crashed, &Options::reader()).is_err());
    // With less in the archive than was closed there is something missing.
    let file = only_file(&closed.join(directory::ARCHIVE));
    let length = fs::metadata(&file).unwrap().len();
    fs::File::options().write(true).open(&file).unwrap().set_len(length - 1).unwrap();
    assert!(Log::open(&closed, &Options::reader()).is_err());
}

#[test]
fn a_damaged_journal_is_not_written_anew_before_the_archive_has_what_it_held() {
    keep_guarded_panics_silent();
    let scratch = tempfile::tempdir().unwrap();
    let (_, closed, written) = crashed_and_closed(scratch.path());
    let whole = fs::read(only_file(&closed.join(directory::ARCHIVE))).unwrap();
    fs::remove_dir_all(closed.join(directory::ARCHIVE)).unwrap();
    damage(&closed);
    let journal = |path: &Path| {
        let mut names: Vec<_> = fs::read_dir(path.join(directory::JOURNAL))
            .unwrap()
            .map(|e| e.unwrap().path())
            .collect();
        names.sort();
        names.iter().map(|name| fs::read(name).unwrap()).collect::<Vec<_>>()
    };
    let before = journal(&closed);
    let mut rewritten = 0;
    for operation in 1.. {
        let twin = scratch.path().join("twin");
        copy(&closed, &twin);
        let disk = FailingDisk::new(operation, true);
        let failed = Log::open(&twin, &writer().disk(Arc::new(disk.clone()))).is_err();
        if journal(&twin) != before {
            // In the middle of it a reader may be refused; what it needs is there.
            rewritten += 1;
            let copied = fs::read(only_file(&twin.join(directory::ARCHIVE))).unwrap();
            assert!(copied == whole, "operation {operation}: the archive is behind");
        }
        assert_eq!(records(&open(&twin).unwrap()), written, "operation {operation}");
        fs::remove_dir_all(&twin).unwrap();
        if !failed {
            break;
        }
    }
    assert!(rewritten > 3, "{rewritten} openings got that far");
}
