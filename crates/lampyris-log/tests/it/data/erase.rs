//! Erasing objects: nothing of them is left in a file, nothing else is lost, and what is cut short is finished.
//!
//! Keys and sealed bytes are read from the files by `format.md` and looked for in every file afterwards.

use super::{LARGE, files, noise, objects, put};
use crate::documents::field;
use crate::faults::FailingDisk;
use crate::scratch::{open, writer};
use lampyris_log::{DataError, Hash, Log, Options};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// What stands in the files for an object: its key and its sealed bytes.
struct Trace {
    key: Vec<u8>,
    sealed: Vec<u8>,
}

/// The traces of all objects, by their hashes.
fn traces(path: &Path) -> BTreeMap<[u8; 32], Vec<Trace>> {
    let mut traces: BTreeMap<[u8; 32], Vec<Trace>> = BTreeMap::new();
    for name in files(path).keys().filter(|name| name.starts_with("keys")) {
        let bytes = fs::read(path.join("data").join(name)).unwrap();
        for slot in bytes[128..].chunks(128).filter(|slot| slot.starts_with(b"LMPK")) {
            let number = |name| {
                let bytes = &slot[field("Key slots", name)];
                bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
            };
            let pack = fs::read(path.join(format!("data/pack.{}", number("pack")))).unwrap();
            let pieces = number("size").div_ceil(65_536).max(1);
            let sealed = &pack[number("offset")..][..number("size") + 16 * pieces];
            let key = slot[field("Key slots", "key")].to_vec();
            let hash = slot[field("Key slots", "hash")].try_into().unwrap();
            traces.entry(hash).or_default().push(Trace { key, sealed: sealed.to_vec() });
        }
    }
    traces
}

/// No 16 bytes of a key, and none of 16 places in the sealed bytes, stand in any file.
fn assert_gone(path: &Path, gone: &[Trace]) {
    for name in files(path).keys() {
        let mut bytes = fs::read(path.join("data").join(name)).unwrap();
        bytes.truncate(bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1));
        let holds = |part: &[u8]| is_in(&bytes, part);
        for Trace { key, sealed } in gone {
            assert!(!holds(&key[..16]) && !holds(&key[16..]), "{name} holds a key");
            let step = (sealed.len() / 16).max(16);
            let mut parts = sealed.windows(16).step_by(step);
            assert!(!parts.any(holds), "{name} holds sealed bytes");
        }
    }
}

fn is_in(bytes: &[u8], part: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == part[0]) {
        if rest[at..].starts_with(part) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}

/// The hashes, in the order of the values.
fn hashes(log: &Log, values: &[Vec<u8>]) -> Vec<Hash> {
    values.iter().map(|bytes| put(log, bytes).object.hash).collect()
}

#[test]
fn nothing_of_an_erased_object_is_left_in_a_file_and_all_others_are() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let sizes = [1, 300, 65_536, 65_537, 200_000, LARGE, LARGE + 1, 2 * LARGE];
    let values: Vec<Vec<u8>> = (1..).zip(sizes).map(|(seed, size)| noise(size, seed)).collect();
    let others: Vec<Vec<u8>> =
        (1..).zip(sizes).map(|(seed, size)| noise(size, 100 + seed)).collect();
    let log = open(&path).unwrap();
    let mixed: Vec<Vec<u8>> =
        values.iter().zip(&others).flat_map(|(one, other)| [one.clone(), other.clone()]).collect();
    let known = hashes(&log, &mixed);
    drop(log);
    let erased: Vec<Hash> = known.iter().copied().step_by(2).collect();
    let kept: Vec<Hash> = known.iter().copied().skip(1).step_by(2).collect();
    let mut before = traces(&path);
    let gone: Vec<Trace> = erased.iter().flat_map(|hash| before.remove(&hash.0).unwrap()).collect();
    let log = open(&path).unwrap();
    let told = log.data().erase(&erased).unwrap();
    assert_eq!(told.len(), erased.len());
    for hash in &erased {
        assert_eq!(log.data().find(hash).unwrap(), None);
        assert_eq!(log.data().hold(hash).unwrap(), None);
        assert_eq!(log.data().read(hash).unwrap(), None);
    }
    let keys: Vec<Trace> =
        gone.iter().map(|it| Trace { key: it.key.clone(), sealed: Vec::new() }).collect();
    assert_gone(&path, &keys);
    assert_eq!(log.data().erase(&erased).unwrap(), [], "they are gone");
    log.data().sweep().unwrap();
    let check = |log: &Log| {
        for (hash, bytes) in kept.iter().zip(&others) {
            assert_eq!(log.data().read(hash).unwrap().as_ref(), Some(bytes));
        }
        assert_eq!(objects(log.data()).len(), kept.len());
        assert_eq!(log.data().unreadable_keys().unwrap(), 0);
    };
    check(&log);
    assert_gone(&path, &gone);
    drop(log);
    assert_gone(&path, &gone);
    let log = open(&path).unwrap();
    check(&log);
    // The same bytes put anew are another object, under another key.
    assert_eq!(hashes(&log, &values), erased);
    assert_gone(&path, &gone);
    let reader = {
        drop(log);
        Log::open(&path, &Options::reader()).unwrap()
    };
    assert!(matches!(reader.data().erase(&erased), Err(DataError::ReadOnly)));
    assert!(matches!(reader.data().announce(&erased), Err(DataError::ReadOnly)));
    assert!(matches!(reader.data().withdraw(), Err(DataError::ReadOnly)));
}

#[test]
fn what_waits_in_a_batch_is_erased_too_and_what_is_put_anew_is_not() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let (first, other) = (noise(900, 1), noise(900, 2));
    let log = open(&path).unwrap();
    let hash = log.data().put(&first).unwrap().object.hash;
    let kept = log.data().put(&other).unwrap().object.hash;
    assert_eq!(log.data().erase(&[hash]).unwrap().len(), 1);
    assert_eq!(log.data().find(&hash).unwrap(), None);
    let again = put(&log, &first);
    log.data().sweep().unwrap();
    drop(log);
    let log = open(&path).unwrap();
    assert_eq!(log.data().read(&again.object.hash).unwrap(), Some(first));
    assert_eq!(log.data().read(&kept).unwrap(), Some(other));
    assert_eq!(traces(&path).values().map(Vec::len).sum::<usize>(), 2);
}

#[test]
fn what_is_put_before_the_sealed_bytes_are_gone_is_not_written_over() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let log = open(&path).unwrap();
    let known = hashes(&log, &[noise(900, 1), noise(5000, 2)]);
    log.data().erase(&known[1..]).unwrap();
    drop(log);
    let log = open(&path).unwrap();
    let new = noise(4000, 3);
    let hash = put(&log, &new).object.hash;
    log.data().sweep().unwrap();
    for (hash, bytes) in [(known[0], noise(900, 1)), (hash, new)] {
        assert_eq!(log.data().read(&hash).unwrap(), Some(bytes));
    }
}

#[test]
fn an_object_that_is_there_twice_or_damaged_goes_as_a_whole() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let log = open(&path).unwrap();
    let (first, other) = (noise(3000, 1), noise(3000, 2));
    let known = hashes(&log, &[first.clone(), other.clone()]);
    drop(log);
    // Damaged and put again: two slots of one object.
    let pack = fs::File::options().write(true).open(path.join("data/pack.0")).unwrap();
    pack.write_all_at(&[1, 2, 3], 100).unwrap();
    let log = open(&path).unwrap();
    put(&log, &first);
    let gone = traces(&path).remove(&known[0].0).unwrap();
    assert_eq!(gone.len(), 2);
    drop(log);
    // And a slot whose checksum is wrong, with the key in it.
    let keys = fs::File::options().write(true).open(path.join("data/keys.0")).unwrap();
    keys.write_all_at(&[0xff; 4], 128 + field("Key slots", "checksum").start as u64).unwrap();
    let log = open(&path).unwrap();
    assert_eq!(log.data().unreadable_keys().unwrap(), 1);
    log.data().erase(&known[..1]).unwrap();
    assert_eq!(log.data().unreadable_keys().unwrap(), 0);
    log.data().sweep().unwrap();
    drop(log);
    let keys: Vec<Trace> =
        gone.into_iter().map(|it| Trace { key: it.key, sealed: Vec::new() }).collect();
    assert_gone(&path, &keys);
    let log = open(&path).unwrap();
    assert_eq!(log.data().unreadable_keys().unwrap(), 0);
    assert_eq!(log.data().read(&known[1]).unwrap(), Some(other));
    log.data().sweep().unwrap();
}

#[test]
fn sealed_bytes_are_overwritten_where_a_lost_key_keeps_their_pack() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let log = open(&path).unwrap();
    let values = [noise(3000, 1), noise(3000, 2), noise(LARGE + 5, 3)];
    let known = hashes(&log, &values);
    let mut before = traces(&path);
    drop(log);
    let keys = fs::File::options().write(true).open(path.join("data/keys.0")).unwrap();
    keys.write_all_at(&[0xff], 2 * 128 + 50).unwrap();
    let log = open(&path).unwrap();
    let erased = [known[0], known[2]];
    let gone: Vec<Trace> = erased.iter().flat_map(|hash| before.remove(&hash.0).unwrap()).collect();
    log.data().erase(&erased).unwrap();
    log.data().sweep().unwrap();
    assert!(files(&path).contains_key("pack.0"), "what the lost key opens may be rescued");
    assert_gone(&path, &gone);
}

#[test]
fn an_announcement_is_whole_or_none() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let log = open(&path).unwrap();
    let file = path.join("data/erasing");
    assert_eq!(log.data().announced().unwrap(), []);
    log.data().withdraw().unwrap();
    let hashes: Vec<Hash> =
        (0..3000u32).map(|n| Hash([n.to_be_bytes(); 8].concat().try_into().unwrap())).collect();
    log.data().announce(&hashes).unwrap();
    assert_eq!(log.data().announced().unwrap(), hashes);
    log.data().announce(&hashes[..2]).unwrap();
    drop(log);
    let log = open(&path).unwrap();
    assert_eq!(log.data().announced().unwrap(), hashes[..2]);
    let whole = fs::read(&file).unwrap();
    assert_eq!(whole.len(), 9 + 64 + 4);
    for at in 0..whole.len() {
        fs::write(&file, &whole[..at]).unwrap();
        assert_eq!(log.data().announced().unwrap(), [], "cut at {at}");
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        fs::write(&file, &flipped).unwrap();
        assert!(log.data().announced().is_ok_and(|it| it.is_empty()), "flipped at {at}");
    }
    let mut newer = whole.clone();
    newer[4] = 2;
    fs::write(&file, &newer).unwrap();
    assert!(matches!(log.data().announced(), Err(DataError::NewerFormat { found: 2, .. })));
    log.data().withdraw().unwrap();
    assert_eq!(log.data().announced().unwrap(), []);
    assert!(!file.exists());
}

/// The disk is what takes the time, so the operations are shared out.
const THREADS: usize = 8;

#[test]
fn an_erasure_that_fails_anywhere_is_finished_by_the_next() {
    crate::scratch::keep_guarded_panics_silent();
    let scratch = tempfile::tempdir().unwrap();
    let original = scratch.path().join("log");
    let log = open(&original).unwrap();
    let values: Vec<Vec<u8>> =
        (0..6).map(|seed| noise(if seed == 2 { LARGE + 9 } else { 3000 }, seed)).collect();
    let known = hashes(&log, &values);
    drop(log);
    let original = &original;
    let (known, values) = (&known, &values);
    std::thread::scope(|scope| {
        for thread in 1..=THREADS {
            scope.spawn(move || {
                for lasting in [false, true] {
                    (thread..)
                        .step_by(THREADS)
                        .find(|operation| !fail_one(original, known, values, *operation, lasting));
                }
            });
        }
    });
}

/// Fails one operation, and all after it if `lasting`; returns whether the workload has as many.
fn fail_one(
    original: &Path,
    known: &[Hash],
    values: &[Vec<u8>],
    operation: usize,
    lasting: bool,
) -> bool {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    crate::scratch::copy(original, &path);
    let mut before = traces(&path);
    let (erased, kept) = known.split_at(3);
    let gone: Vec<Trace> = erased.iter().flat_map(|hash| before.remove(&hash.0).unwrap()).collect();
    let disk = FailingDisk::new(operation, lasting);
    let mut announced = false;
    if let Ok(log) = Log::open(&path, &writer().disk(Arc::new(disk.clone()))) {
        announced = log.data().announce(erased).is_ok();
        if announced && log.data().erase(erased).is_ok() {
            for hash in erased {
                assert!(!matches!(log.data().read(hash), Ok(Some(_))), "{operation}: it is read");
            }
            drop(log.data().sweep().and_then(|_| log.data().withdraw()));
        }
    }
    let log = open(&path).unwrap_or_else(|error| panic!("{operation}: {error}"));
    let left = log.data().announced().unwrap();
    assert!(left.is_empty() || left == erased, "{operation}");
    if announced && left.is_empty() {
        assert_eq!(log.data().erase(erased).unwrap(), [], "{operation}: given up too early");
    }
    log.data().erase(erased).unwrap();
    log.data().sweep().unwrap();
    for (hash, bytes) in kept.iter().zip(&values[3..]) {
        let read = log.data().read(hash).unwrap();
        assert!(read.as_ref() == Some(bytes), "{operation}: another object is lost");
    }
    assert_eq!(objects(log.data()).len(), kept.len(), "{operation}");
    drop(log);
    assert_gone(&path, &gone);
    disk.has_failed()
}
