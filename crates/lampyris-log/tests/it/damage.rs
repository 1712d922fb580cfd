//! Damaged files.
//!
//! What could be lost: records that were acknowledged, without a word, because sled drops what it cannot read
//! when it opens. The fault is made on a copy of a closed log: one bit flipped, or a file cut, at sampled places
//! of every file. Opening must give exactly the same records or a named error: each frame has a checksum and
//! stands on the root before it, and the journal in front of sled says how many there are.

use crate::scratch::{append, copy, keep_guarded_panics_silent, noise, open, records, samples};
use lampyris_log::{OpenError, Record};
use std::fs;
use std::path::{Path, PathBuf};

/// A closed log of 41 records, some of which compress.
fn closed(path: &Path) -> Vec<Record> {
    let log = open(path).unwrap();
    for number in 0..40u8 {
        let content = if number % 2 == 0 { noise(400, number.into()) } else { vec![number; 400] };
        log.append_blocking(append(number, number % 5, content)).unwrap();
    }
    drop(log);
    // sled writes a snapshot when it opens again.
    records(&open(path).unwrap())
}

fn files(path: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// Offsets in a file, most of them where something is written.
fn offsets(bytes: &[u8], count: usize, seed: u64) -> Vec<usize> {
    let written: Vec<usize> = (0..bytes.len()).filter(|offset| bytes[*offset] != 0).collect();
    let places = if written.is_empty() { (0..bytes.len()).collect() } else { written };
    if places.len() <= count {
        return places;
    }
    noise(count * 4, seed)
        .chunks(4)
        .map(|random| {
            places[u32::from_be_bytes(random.try_into().unwrap()) as usize % places.len()]
        })
        .collect()
}

#[derive(Debug, Default)]
struct Tally {
    same: usize,
    refused: usize,
}

/// Opens a damaged copy: the same records, or an error with a name.
#[track_caller]
fn check(
    original: &Path,
    expected: &[Record],
    what: &str,
    tally: &mut Tally,
    damage: impl FnOnce(&Path),
) {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("copy");
    copy(original, &path);
    damage(&path);
    match open(&path) {
        Ok(log) => {
            assert!(records(&log) == expected, "{what}: other records, without a word");
            tally.same += 1;
        }
        Err(
            OpenError::Broken(_)
            | OpenError::NewerFormat { .. }
            | OpenError::NotALog { .. }
            // sled may take damage for an end of file.
            | OpenError::Unavailable(_),
        ) => tally.refused += 1,
        Err(error) => panic!("{what}: {error}"),
    }
}

#[test]
fn a_flipped_bit_changes_nothing_or_is_named() {
    keep_guarded_panics_silent();
    let scratch = tempfile::tempdir().unwrap();
    let original = scratch.path().join("log");
    let expected = closed(&original);
    let mut tally = Tally::default();
    for (number, file) in files(&original).iter().enumerate() {
        let name = file.strip_prefix(&original).unwrap();
        let bytes = fs::read(file).unwrap();
        let count = samples(if name.ends_with("db") { 60 } else { 12 });
        for offset in offsets(&bytes, count, number as u64 + 1) {
            let what = format!("{} at {offset}", name.display());
            check(&original, &expected, &what, &mut tally, |copy| {
                use std::os::unix::fs::FileExt;
                let file = fs::File::options().write(true).open(copy.join(name)).unwrap();
                file.write_all_at(&[bytes[offset] ^ (1 << (offset % 8))], offset as u64).unwrap();
            });
        }
    }
    assert!(tally.refused > 0 && tally.same > 0, "{tally:?}");
}

#[test]
fn a_cut_file_changes_nothing_or_is_named() {
    keep_guarded_panics_silent();
    let scratch = tempfile::tempdir().unwrap();
    let original = scratch.path().join("log");
    let expected = closed(&original);
    let mut tally = Tally::default();
    for (number, file) in files(&original).iter().enumerate() {
        let name = file.strip_prefix(&original).unwrap();
        let bytes = fs::read(file).unwrap();
        let mut lengths = offsets(&bytes, samples(8), number as u64 + 100);
        lengths.extend([0, bytes.len() / 2, bytes.len().saturating_sub(1)]);
        for length in lengths {
            let what = format!("{} cut to {length}", name.display());
            check(&original, &expected, &what, &mut tally, |copy| {
                let file = fs::File::options().write(true).open(copy.join(name)).unwrap();
                file.set_len(length as u64).unwrap();
            });
        }
    }
    assert!(tally.refused > 0 && tally.same > 0, "{tally:?}");
}

#[test]
fn a_missing_file_changes_nothing_or_is_named() {
    keep_guarded_panics_silent();
    let scratch = tempfile::tempdir().unwrap();
    let original = scratch.path().join("log");
    let expected = closed(&original);
    let mut tally = Tally::default();
    for file in files(&original) {
        let name = file.strip_prefix(&original).unwrap();
        check(&original, &expected, &format!("no {}", name.display()), &mut tally, |copy| {
            fs::remove_file(copy.join(name)).unwrap();
        });
    }
    assert!(tally.refused > 0 && tally.same > 0, "{tally:?}");
}

fn snapshots(path: &Path) -> Vec<PathBuf> {
    let is_snapshot =
        |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with("snap.");
    files(&path.join("sled")).into_iter().filter(is_snapshot).collect()
}

/// sled can do without its snapshots but does not open with a damaged one.
#[test]
fn a_damaged_snapshot_is_set_aside_and_the_store_as_it_was_copied() {
    keep_guarded_panics_silent();
    let scratch = tempfile::tempdir().unwrap();
    let expected = closed(scratch.path());
    let [snapshot] = snapshots(scratch.path()).try_into().unwrap();
    let mut bytes = fs::read(&snapshot).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&snapshot, &bytes).unwrap();
    let store = fs::read(scratch.path().join("sled/db")).unwrap();
    assert!(records(&open(scratch.path()).unwrap()) == expected);
    let kept = files(&scratch.path().join("set-aside"));
    let is_kept = |bytes: &[u8]| kept.iter().any(|file| fs::read(file).unwrap() == bytes);
    assert_eq!(kept.len(), 3, "db, conf and the snapshot: {kept:?}");
    assert!(is_kept(&bytes) && is_kept(&store));
}

/// sled refuses to open beside a half-written snapshot; the log moves it out of the way and keeps it.
#[test]
fn a_snapshot_cut_short_is_set_aside() {
    let scratch = tempfile::tempdir().unwrap();
    let expected = closed(scratch.path());
    let junk = scratch.path().join("sled/snap.0000000000000042.generating");
    fs::write(&junk, noise(300, 5)).unwrap();
    assert!(records(&open(scratch.path()).unwrap()) == expected);
    assert!(!junk.exists());
    assert_eq!(
        files(&scratch.path().join("set-aside")).len(),
        1,
        "a good snapshot was set aside too"
    );
    assert_eq!(
        fs::read(scratch.path().join("set-aside/0-snap.0000000000000042.generating")).unwrap(),
        noise(300, 5)
    );
}
