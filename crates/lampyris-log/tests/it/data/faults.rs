//! A disk that fails, and damaged files: nothing that was acknowledged is lost, nothing wrong is given out.

use super::{LARGE, files, noise, objects, put};
use crate::faults::FailingDisk;
use crate::scratch::{append, copy, open, samples, writer};
use lampyris_log::{AppendError, Hash, Log};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// Puts, collects, puts; hashes and bytes of what must be there are noted as soon as it must.
fn work(path: &Path, disk: &FailingDisk, durable: &mut BTreeMap<[u8; 32], Vec<u8>>) {
    for round in 0..2u64 {
        let Ok(log) = Log::open(path, &writer().disk(Arc::new(disk.clone()))) else { continue };
        for number in 0..4 {
            let bytes =
                noise(if number == 3 { LARGE + 100 } else { 3000 }, 10 * round + number + 1);
            let orphan = noise(2000, 1000 + 10 * round + number);
            drop(log.data().put(&orphan));
            let Ok(put) = log.data().put(&bytes) else { continue };
            let number = u8::try_from(10 * round + number).unwrap();
            match log.append_blocking(append(number, 0, put.object.hash.0).after(put.ticket)) {
                Ok(_) => drop(durable.insert(put.object.hash.0, bytes)),
                Err(AppendError::Unavailable(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
        drop(log.data().collect(&|hash| durable.contains_key(&hash.0)));
    }
}

/// The disk is what takes the time, so the operations are shared out.
const THREADS: usize = 8;

#[test]
fn no_failing_operation_loses_an_object_that_an_acknowledged_append_relies_on() {
    crate::scratch::keep_guarded_panics_silent();
    std::thread::scope(|scope| {
        for thread in 1..=THREADS {
            scope.spawn(move || {
                for lasting in [false, true] {
                    (thread..).step_by(THREADS).find(|operation| !fail_one(*operation, lasting));
                }
            });
        }
    });
}

/// Fails one operation, and all after it if `lasting`; returns whether the workload has as many.
fn fail_one(operation: usize, lasting: bool) -> bool {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let disk = FailingDisk::new(operation, lasting);
    let mut durable = BTreeMap::new();
    work(&path, &disk, &mut durable);
    let check = |log: &Log| {
        for (hash, bytes) in &durable {
            let read = log.data().read(&Hash(*hash));
            let read = read.unwrap_or_else(|error| panic!("operation {operation}: {error}"));
            assert!(read.as_ref() == Some(bytes), "operation {operation}: an object is lost");
        }
    };
    let log = open(&path).unwrap_or_else(|error| panic!("{operation}: {error}"));
    check(&log);
    log.data().collect(&|hash| durable.contains_key(&hash.0)).unwrap();
    check(&log);
    let left: BTreeSet<[u8; 32]> = objects(log.data()).into_keys().collect();
    assert_eq!(
        left,
        durable.keys().copied().collect(),
        "operation {operation}: an orphan survives"
    );
    drop(log);
    check(&open(&path).unwrap());
    disk.has_failed()
}

#[test]
fn a_damaged_file_gives_the_same_bytes_or_a_named_error() {
    let scratch = tempfile::tempdir().unwrap();
    let original = scratch.path().join("log");
    let log = open(&original).unwrap();
    let values: Vec<Vec<u8>> =
        (0..12).map(|seed| noise(if seed == 5 { LARGE + 1 } else { 300 }, seed)).collect();
    let hashes: Vec<Hash> = values.iter().map(|bytes| put(&log, bytes).object.hash).collect();
    drop(log);
    let (mut same, mut named, mut lost) = (0, 0, 0);
    for (name, length) in files(&original) {
        let bytes = fs::read(original.join("data").join(&name)).unwrap();
        let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        for sample in 0..samples(40) {
            let random = noise(9, 77 * sample as u64 + length);
            let offset = u64::from_be_bytes(random[..8].try_into().unwrap()) % used as u64;
            let copied = scratch.path().join("copy");
            copy(&original, &copied);
            let file =
                fs::File::options().write(true).open(copied.join("data").join(&name)).unwrap();
            if sample % 5 == 4 {
                file.set_len(offset).unwrap();
            } else {
                let flipped = bytes[usize::try_from(offset).unwrap()] ^ (1 << (random[8] % 8));
                file.write_all_at(&[flipped], offset).unwrap();
            }
            let log = open(&copied).unwrap();
            let mut missing = 0;
            for (hash, bytes) in hashes.iter().zip(&values) {
                match log.data().read(hash) {
                    Ok(Some(read)) => {
                        assert!(&read == bytes, "{name} at {offset}: other bytes");
                        same += 1;
                    }
                    Ok(None) => missing += 1,
                    Err(_) => named += 1,
                }
            }
            // A flipped bit in a key's slot is counted; a file that was cut says nothing of what it lost.
            if missing > 0 && sample % 5 != 4 {
                assert_eq!(log.data().unreadable_keys().unwrap(), missing);
            }
            lost += missing;
            drop(log);
            fs::remove_dir_all(&copied).unwrap();
        }
    }
    assert!(same > 0 && named > 0 && lost > 0, "{same} {named} {lost}");
}
