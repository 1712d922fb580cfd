//! The archive: a second copy of every frame, which anyone may read beside the writer.
//!
//! What could be lost: records that were acknowledged and that a reader does not see; the writer's peace, if a reader
//! changes a byte or holds a lock; and the worth of a second copy, if damage to one of the two is not noticed, or cannot be
//! mended from the other. It must hold because the archive is synced before the journal forgets, and because a
//! reader gets a disk that refuses to write.

use crate::scratch::{append, copy, keep_guarded_panics_silent, noise, open, records};
use crate::scratch::{samples, writer};
use lampyris_log::archive::{FILE_BYTES, HEADER_BYTES, LENGTH_BYTES};
use lampyris_log::shard::Repaired;
use lampyris_log::{Head, Log, OpenError, Options, directory};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A log of so many appends of noise, left open.
fn grown(path: &Path, appends: u64, length: usize) -> Log {
    let log = open(path).unwrap();
    for number in 0..appends {
        log.append_blocking(append(1, 1, noise(length, number))).unwrap();
    }
    log
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

pub(crate) fn contents(path: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    files(path).into_iter().map(|file| (file.clone(), fs::read(file).unwrap())).collect()
}

/// Says that a thread is done, also if it panics.
pub(crate) struct Done<'d>(pub(crate) &'d AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn a_reader_beside_a_writer_sees_all_that_was_acknowledged_before_it() {
    let scratch = tempfile::tempdir().unwrap();
    let log = grown(scratch.path(), 1, 10);
    let (acknowledged, done) = (AtomicU64::new(log.head().size), AtomicBool::new(false));
    let seen = std::thread::scope(|scope| {
        scope.spawn(|| {
            let _done = Done(&done);
            // Enough for segments of the journal to be freed and used again.
            for number in 0..samples(1500) as u64 {
                let appended = log.append_blocking(append(1, 1, noise(59_000, number))).unwrap();
                acknowledged.store(appended.sequences.end, Ordering::SeqCst);
            }
        });
        let mut seen = Vec::new();
        while !done.load(Ordering::SeqCst) {
            let before = acknowledged.load(Ordering::SeqCst);
            let reader = Log::open(scratch.path(), &Options::reader()).unwrap();
            assert!(reader.head().size >= before, "{} of {before}", reader.head().size);
            seen.push(reader.head());
        }
        seen
    });
    // Every head that a reader verified is one that the writer's log went through.
    for Head { size, root } in &seen {
        assert_eq!(log.root_at(*size).unwrap(), Some(*root));
    }
    assert!(seen.len() > 2, "{} readers", seen.len());
    assert!(fs::read_dir(scratch.path().join(directory::ARCHIVE)).unwrap().count() > 1);
}

#[test]
fn a_reader_changes_no_byte_and_holds_no_lock() {
    let scratch = tempfile::tempdir().unwrap();
    let log = grown(scratch.path(), 40, 3_000);
    let written = records(&log);
    for closed in [false, true] {
        let before = contents(scratch.path());
        let reader = Log::open(scratch.path(), &Options::reader()).unwrap();
        assert_eq!(records(&reader), written);
        assert_eq!(reader.root_at(7).unwrap(), log.root_at(7).unwrap());
        assert!(reader.append_blocking(append(1, 1, vec![1])).is_err());
        assert!(reader.data().put(b"a value").is_err());
        assert!(contents(scratch.path()) == before, "a reader changed a file");
        if closed {
            break;
        }
    }
    drop(log);
    let reader = Log::open(scratch.path(), &Options::reader()).unwrap();
    let again = open(scratch.path()).unwrap();
    again.append_blocking(append(1, 1, vec![2])).unwrap();
    // It shows what was there when it was opened.
    assert_eq!(records(&reader), written);
}

#[test]
fn archives_of_one_log_are_the_same_bytes_however_often_it_was_closed() {
    let scratch = tempfile::tempdir().unwrap();
    let (once, often) = (scratch.path().join("once"), scratch.path().join("often"));
    // The same frames: one append each, of one size.
    let log = grown(&once, 60, 59_000);
    drop(log);
    copy(&once, &often);
    fs::remove_dir_all(often.join(directory::ARCHIVE)).unwrap();
    // What is missing comes from the store.
    assert_eq!(records(&open(&often).unwrap()), records(&open(&once).unwrap()));
    let archive = |path: &Path| {
        let files = contents(&path.join(directory::ARCHIVE)).into_iter();
        files.map(|(path, bytes)| (path.file_name().unwrap().to_owned(), bytes)).collect::<Vec<_>>()
    };
    assert!(archive(&once) == archive(&often));
    let [(name, bytes)] = &archive(&once)[..] else { panic!("one file") };
    assert_eq!(name.len(), 20);
    assert!(bytes.starts_with(b"LMPA\x01") && (bytes.len() as u64) < FILE_BYTES);
    assert_eq!(&bytes[HEADER_BYTES + LENGTH_BYTES..][..4], b"LMPF");
}

#[test]
fn a_torn_end_of_the_archive_is_made_whole_from_the_store() {
    let scratch = tempfile::tempdir().unwrap();
    let log = grown(&scratch.path().join("log"), 12, 900);
    let written = records(&log);
    drop(log);
    let file = |path: &Path| {
        let mut files = files(&path.join(directory::ARCHIVE));
        files.pop().unwrap()
    };
    let whole = fs::read(file(&scratch.path().join("log"))).unwrap();
    for length in (0..whole.len()).step_by(whole.len() / samples(40)).chain([whole.len() - 1]) {
        let twin = scratch.path().join(format!("cut-{length}"));
        copy(&scratch.path().join("log"), &twin);
        fs::write(file(&twin), &whole[..length]).unwrap();
        let log = open(&twin).unwrap();
        assert_eq!(records(&log), written, "cut at {length}");
        drop(log);
        assert!(fs::read(file(&twin)).unwrap() == whole, "cut at {length}");
        fs::remove_dir_all(&twin).unwrap();
    }
}

#[test]
fn damage_to_either_copy_is_found_and_mended_from_the_other() {
    keep_guarded_panics_silent();
    let scratch = tempfile::tempdir().unwrap();
    let healthy = scratch.path().join("log");
    // More than the journal keeps, so that it alone could not mend.
    let log = grown(&healthy, 1_000, 59_000);
    let (head, written) = (log.head(), records(&log));
    drop(log);
    let archive = files(&healthy.join(directory::ARCHIVE)).remove(0);
    let bytes = fs::read(&archive).unwrap();
    let name = archive.strip_prefix(&healthy).unwrap();
    for at in [5, 90_000] {
        let twin = scratch.path().join("twin");
        copy(&healthy, &twin);
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x10;
        fs::write(twin.join(name), flipped).unwrap();
        let reader = Log::open(&twin, &Options::reader());
        assert!(matches!(reader, Err(OpenError::Broken(_))), "byte {at}: {reader:?}");
        let mended = Log::repair(&twin, &Options::exclusive()).unwrap();
        assert!(
            matches!(mended.repaired[..], [Repaired::Archive { .. }]) && mended.head == head,
            "byte {at}: {mended:?}"
        );
        assert_eq!(records(&Log::open(&twin, &Options::reader()).unwrap()), written);
        assert_eq!(Log::repair(&twin, &Options::exclusive()).unwrap().repaired, []);
        fs::remove_dir_all(&twin).unwrap();
    }
    // Nothing that sled can read.
    {
        let twin = scratch.path().join("twin");
        copy(&healthy, &twin);
        fs::write(twin.join(directory::SLED).join("db"), vec![0; 1 << 20]).unwrap();
        assert!(matches!(open(&twin), Err(OpenError::Broken(_))));
        // Readers do not need it.
        assert_eq!(records(&Log::open(&twin, &Options::reader()).unwrap()), written);
        let mended = Log::repair(&twin, &Options::exclusive()).unwrap();
        assert_eq!(mended.head, head);
        assert!(!mended.repaired.is_empty());
        assert_eq!(records(&open(&twin).unwrap()), written);
        // With the archive damaged too there is nothing to mend from, and nothing is touched.
        let both = scratch.path().join("both");
        copy(&healthy, &both);
        fs::write(both.join(directory::SLED).join("db"), vec![0; 1 << 20]).unwrap();
        let mut flipped = bytes.clone();
        flipped[90_000] ^= 1;
        fs::write(both.join(name), flipped).unwrap();
        assert!(matches!(Log::repair(&both, &Options::exclusive()), Err(OpenError::Broken(_))));
        fs::remove_dir_all(&both).unwrap();
        fs::remove_dir_all(&twin).unwrap();
    }
}

#[test]
fn an_archive_that_has_more_than_the_store_says_that_the_log_was_rolled_back() {
    let scratch = tempfile::tempdir().unwrap();
    let (log, twin) = (scratch.path().join("log"), scratch.path().join("twin"));
    drop(grown(&log, 5, 100));
    copy(&log, &twin);
    drop(grown(&log, 5, 100));
    fs::remove_dir_all(twin.join(directory::ARCHIVE)).unwrap();
    copy(&log.join(directory::ARCHIVE), &twin.join(directory::ARCHIVE));
    assert!(matches!(
        open(&twin),
        Err(OpenError::Broken(lampyris_log::Broken::LogRolledBack { have: 6, want: 11 }))
    ));
    let disk: Arc<dyn lampyris_log::Disk> = Arc::new(lampyris_log::StdDisk);
    assert!(Log::open(&twin, &writer().disk(disk)).is_err());
}
