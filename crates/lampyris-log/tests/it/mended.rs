//! A damaged journal is mended once: the opening after that finds nothing to mend, and nothing grows.
//!
//! What could be lost: space, by a segment at every opening, and the worth of the warning, if a repair leaves
//! behind what the next opening takes for damage; acknowledged records, if a repair that is cut short gives up the
//! old segments too early. Every part of every segment is damaged in turn. It must hold because the old segments
//! are removed after the new ones are durable, and because a store that was closed holds everything.

use crate::faults::FailingDisk;
use crate::scratch::{append, copy, event, keep_guarded_panics_silent, noise, open, records};
use crate::scratch::{samples, writer};
use lampyris_log::journal::{DATA_OFFSET, Entry, SLOT_DISTANCE};
use lampyris_log::shard::Repaired;
use lampyris_log::{Log, OpenError, Options, Record, directory};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A closed log of groups of four records, each of so many bytes that do not compress.
fn closed(path: &Path, groups: u64, length: usize) -> Vec<Record> {
    let log = open(path).unwrap();
    for number in 0..groups {
        let mut group = append(1, 1, noise(length, 4 * number));
        group.events.extend((1..4).map(|part| event(2, noise(length, 4 * number + part))));
        log.append_blocking(group).unwrap();
    }
    records(&log)
}

/// The segments and their lengths.
fn segments(path: &Path) -> Vec<(PathBuf, u64)> {
    let files = fs::read_dir(path.join(directory::JOURNAL)).unwrap().map(Result::unwrap);
    let mut found: Vec<_> =
        files.map(|file| (file.path(), file.metadata().unwrap().len())).collect();
    found.sort();
    found
}

/// What is done to the bytes of a segment.
#[derive(Debug, Clone, Copy)]
enum Harm {
    Flip(usize),
    Zero(usize, usize),
    Cut(usize),
}

impl Harm {
    fn to(self, bytes: &mut Vec<u8>) {
        match self {
            Harm::Flip(at) => bytes[at] ^= 0xff,
            Harm::Zero(from, length) => {
                let end = bytes.len().min(from + length);
                bytes[from..end].fill(0);
            }
            Harm::Cut(length) => bytes.truncate(length),
        }
    }
}

/// Harm to the slots, to some entries of a segment in all their parts, and to what is around them.
fn harms(bytes: &[u8], entries: usize) -> Vec<Harm> {
    let mut ends = vec![DATA_OFFSET];
    while let Some((entry, _)) = Entry::read(bytes, *ends.last().unwrap()) {
        ends.push(ends.last().unwrap() + entry.bytes());
    }
    let end = *ends.last().unwrap();
    let step = (ends.len() / entries).max(1);
    let mut harms = vec![Harm::Zero(0, DATA_OFFSET), Harm::Zero(0, 2 * DATA_OFFSET)];
    harms.extend([0, 24, SLOT_DISTANCE, SLOT_DISTANCE + 40].map(Harm::Flip));
    for at in ends.iter().copied().step_by(step).take(entries).chain([end]) {
        harms.extend([0, 22, 90, 200].map(|part| Harm::Flip(at + part)));
        harms.extend([Harm::Zero(at / 4096 * 4096, 4096), Harm::Cut(at + 50)]);
    }
    harms.push(Harm::Zero(DATA_OFFSET, end));
    harms.extend([0, 50, 8200, 9000, 20_000, 60_000].map(Harm::Cut));
    harms.extend([8200, 9000, 20_000, 60_000].map(Harm::Flip));
    harms
}

/// Damages every segment of a closed log in every way, one after the other.
fn each_is_mended_once(path: &Path, expected: &[Record], entries: usize) {
    let (whole, mut mended) = (segments(path), 0);
    for (file, _) in &whole {
        let bytes = fs::read(file).unwrap();
        for (number, harm) in harms(&bytes, entries).into_iter().enumerate() {
            let copied = path.with_extension("copied");
            copy(path, &copied);
            let mut damaged = bytes.clone();
            harm.to(&mut damaged);
            let target = copied.join(directory::JOURNAL).join(file.file_name().unwrap());
            fs::write(&target, damaged).unwrap();
            let options = if number % 2 == 0 { Options::exclusive() } else { writer() };
            let what = format!("{harm:?} of {}", file.display());
            match Log::open(&copied, &options) {
                Ok(log) => mended += usize::from(log.repaired() == Some(Repaired::Journal)),
                Err(OpenError::Broken(_)) => {
                    fs::remove_dir_all(&copied).unwrap();
                    continue;
                }
                Err(error) => panic!("{what}: {error}"),
            }
            let count = segments(&copied).len();
            stays_mended(&copied, expected, &what);
            // Written eight frames at a time, large ones do not fill a segment.
            assert!(count <= whole.len() + whole.len() / 3, "{what}: {count} segments");
            fs::remove_dir_all(&copied).unwrap();
        }
    }
    assert!(mended > 20, "only {mended} were mended");
}

fn stays_mended(path: &Path, expected: &[Record], what: &str) {
    let files = segments(path);
    for options in [Options::exclusive(), writer()] {
        let log = Log::open(path, &options).unwrap();
        assert_eq!(log.repaired(), None, "{what}");
        assert!(records(&log) == expected, "{what}: other records");
        drop(log);
        assert_eq!(segments(path), files, "{what}");
    }
    let log = open(path).unwrap();
    log.append_blocking(append(200, 1, "goes on")).unwrap();
    drop(log);
    let log = Log::open(path, &Options::exclusive()).unwrap();
    assert_eq!(log.repaired(), None, "{what}: after an append");
    assert_eq!(log.head().size, expected.len() as u64 + 1);
}

#[test]
fn a_damaged_journal_of_many_entries_is_mended_once() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let expected = closed(&path, 75, 250);
    each_is_mended_once(&path, &expected, samples(4));
}

#[test]
fn a_damaged_journal_of_many_segments_is_mended_once() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let expected = closed(&path, 50, 50_000);
    // One more if there was time to make a spare one.
    assert!((3..=4).contains(&segments(&path).len()));
    each_is_mended_once(&path, &expected, samples(1));
}

/// Fails each operation in turn while a damaged journal is written anew, and all after it every second time.
#[test]
fn no_failing_operation_of_a_repair_loses_anything() {
    keep_guarded_panics_silent();
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let expected = closed(&path, 75, 250);
    let [(file, _)] = segments(&path).try_into().unwrap();
    let mut bytes = fs::read(&file).unwrap();
    bytes[20_000] ^= 0xff;
    fs::write(&file, bytes).unwrap();
    let mut failed = 0;
    for operation in 1.. {
        let copied = scratch.path().join("copied");
        copy(&path, &copied);
        let disk = FailingDisk::new(operation, operation % 2 == 0);
        let mended = Log::open(&copied, &writer().disk(Arc::new(disk.clone()))).is_ok();
        let reached = disk.has_failed();
        failed += usize::from(!mended);
        let log = open(&copied).unwrap_or_else(|error| panic!("operation {operation}: {error}"));
        assert!(records(&log) == expected, "operation {operation}: other records");
        drop(log);
        assert_eq!(segments(&copied).len(), 1, "operation {operation}");
        stays_mended(&copied, &expected, &format!("operation {operation}"));
        fs::remove_dir_all(&copied).unwrap();
        if !reached {
            break;
        }
    }
    assert!(failed > 40, "the repair has only {failed} operations");
}
