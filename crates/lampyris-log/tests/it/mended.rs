//! A damaged journal is mended once: the next opening finds the log whole, and the folder does not grow.
//!
//! What could be lost: the disk, by a segment at every opening, because what was left of an old segment was taken for
//! damage again. It must hold because a segment that counts no more is full of zeros.

use crate::scratch::{append, copy, noise, open, records, samples, writer};
use lampyris_log::journal::{DATA_OFFSET, SEGMENT_NAME};
use lampyris_log::{Log, Options, directory};
use proptest::prelude::*;
use std::fs;
use std::path::Path;

/// How a segment is hurt.
#[derive(Debug, Clone)]
enum Injury {
    Flip(usize, u8),
    Zero(usize),
    Cut(usize),
}

fn injury(end: usize) -> impl Strategy<Value = Injury> {
    prop_oneof![
        4 => (0..end, 0..8u8).prop_map(|(at, bit)| Injury::Flip(at, bit)),
        1 => (0..end).prop_map(Injury::Zero),
        1 => (0..end).prop_map(Injury::Cut),
    ]
}

fn hurt(path: &Path, injury: &Injury) {
    let mut bytes = fs::read(path).unwrap();
    match injury {
        Injury::Flip(at, bit) => bytes[*at] ^= 1 << bit,
        Injury::Zero(at) => bytes[*at..at + 512].fill(0),
        Injury::Cut(at) => bytes.truncate(*at),
    }
    fs::write(path, bytes).unwrap();
}

fn segments(path: &Path) -> usize {
    fs::read_dir(path.join(directory::JOURNAL)).unwrap().count()
}

#[test]
fn a_damaged_journal_is_mended_once_and_does_not_grow() {
    let scratch = tempfile::tempdir().unwrap();
    let whole = scratch.path().join("whole");
    let log = open(&whole).unwrap();
    for number in 0..60 {
        log.append_blocking(append(number, number % 5, noise(1500, number.into()))).unwrap();
    }
    let told = records(&log);
    drop(log);
    let end = DATA_OFFSET + 60 * 1500;
    let cases = u32::try_from(samples(24)).unwrap();
    let config = ProptestConfig { cases, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    runner
        .run(&(injury(end), any::<bool>()), |(injury, reader)| {
            let path = scratch.path().join("hurt");
            drop(fs::remove_dir_all(&path));
            copy(&whole, &path);
            hurt(&path.join(directory::JOURNAL).join(format!("{SEGMENT_NAME}0")), &injury);
            let again = || {
                let options = if reader { Options::reader() } else { writer() };
                Log::open(&path, &options)
            };
            // What cannot be mended is refused by name, and stays so.
            let Ok(first) = again() else { return Ok(()) };
            prop_assert_eq!(&records(&first), &told);
            drop(first);
            let mut sizes = Vec::new();
            for _ in 0..3 {
                let log = again().unwrap();
                prop_assert_eq!(log.repaired(), None);
                prop_assert_eq!(&records(&log), &told);
                sizes.push(segments(&path));
            }
            prop_assert!(sizes.iter().all(|count| *count <= 3), "{:?}", sizes);
            let log = open(&path).unwrap();
            log.append_blocking(append(99, 0, "more")).unwrap();
            drop(log);
            prop_assert_eq!(open(&path).unwrap().repaired(), None);
            Ok(())
        })
        .unwrap();
}
