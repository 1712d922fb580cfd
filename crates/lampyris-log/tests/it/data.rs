//! Values and blobs beside the log.
//!
//! What could be lost: an object that an acknowledged append relies on, or a living one when others are collected.
//! What could be kept: one whose key was dropped. The faults are a failing disk, damaged files, and a collection
//! that is cut short at each of its operations.

mod erase;
mod faults;
mod model;

use crate::documents::field;
use crate::scratch::open;
use lampyris_log::{DataError, DataStore, Hash, Log, Options, Put};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::Path;

const LARGE: usize = lampyris_log::limits::DATA_LARGE_BYTES;

/// Bytes that no other seed has, quickly.
fn noise(length: usize, seed: u64) -> Vec<u8> {
    let part = crate::scratch::noise(length.min(4096), 2 * seed + 1);
    part.iter().copied().cycle().take(length).collect()
}

fn put(log: &Log, bytes: &[u8]) -> Put {
    let put = log.data().put(bytes).unwrap();
    log.data().wait(put.ticket).unwrap();
    put
}

fn objects(data: &DataStore) -> BTreeMap<[u8; 32], u64> {
    let mut objects = BTreeMap::new();
    data.for_each(|object| {
        assert_eq!(objects.insert(object.hash.0, object.size), None, "an object twice");
    })
    .unwrap();
    objects
}

/// The files of the data store and their lengths.
fn files(path: &Path) -> BTreeMap<String, u64> {
    let entries = fs::read_dir(path.join("data")).unwrap().map(Result::unwrap);
    entries
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().len()))
        .collect()
}

#[test]
fn what_is_put_is_read_piece_by_piece_and_at_once_now_and_after_reopening() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let sizes = [0, 1, 1000, 65_535, 65_536, 65_537, 200_000, LARGE, LARGE + 1, 3 * LARGE];
    let values: Vec<Vec<u8>> = (1..).zip(sizes).map(|(seed, size)| noise(size, seed)).collect();
    let log = open(&path).unwrap();
    let puts: Vec<Put> = values.iter().map(|bytes| log.data().put(bytes).unwrap()).collect();
    let check = |log: &Log| {
        for (bytes, put) in values.iter().zip(&puts) {
            assert_eq!(put.object.size, bytes.len() as u64);
            assert_eq!(log.data().find(&put.object.hash).unwrap(), Some(put.object));
            assert_eq!(log.data().read(&put.object.hash).unwrap().as_ref(), Some(bytes));
            let mut read = Vec::new();
            let mut reader = log.data().reader(&put.object.hash).unwrap().unwrap();
            assert_eq!(reader.size(), bytes.len() as u64);
            reader.read_to_end(&mut read).unwrap();
            assert_eq!(&read, bytes);
        }
        assert_eq!(log.data().read(&Hash([1; 32])).unwrap(), None);
        assert_eq!(objects(log.data()).len(), values.len());
    };
    check(&log);
    drop(log);
    check(&open(&path).unwrap());
    let reader = Log::open(&path, &Options::exclusive()).unwrap();
    check(&reader);
    assert!(matches!(reader.data().put(b"more"), Err(DataError::ReadOnly)));
    assert!(matches!(reader.data().collect(&|_| true), Err(DataError::ReadOnly)));
}

#[test]
fn no_byte_of_a_value_stands_in_a_file() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let log = open(&path).unwrap();
    let text = b"a text that is long enough to be found again".repeat(3);
    put(&log, &text);
    drop(log);
    for name in files(&path).keys() {
        let bytes = fs::read(path.join("data").join(name)).unwrap();
        assert!(!bytes.windows(16).any(|part| part == &text[..16]), "{name}");
    }
}

/// A reader of its own, by `format.md` alone.
#[test]
fn a_value_can_be_read_by_who_knows_the_documented_format() {
    use chacha20poly1305::aead::AeadInOut;
    use chacha20poly1305::{ChaCha20Poly1305, KeyInit};
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let values = [b"first".to_vec(), noise(150_000, 1), Vec::new()];
    let log = open(&path).unwrap();
    let hashes = values.clone().map(|bytes| put(&log, &bytes).object.hash);
    drop(log);
    let keys = fs::read(path.join("data/keys.0")).unwrap();
    let number =
        |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte));
    let crc = |bytes: &[u8]| usize::try_from(crc32fast::hash(bytes)).unwrap();
    let header = |name| keys[field("Data store", name)].to_vec();
    assert_eq!(
        (header("magic"), header("format"), header("number")),
        (b"LMPH".to_vec(), vec![1], vec![0; 4])
    );
    assert_eq!(number(&header("checksum")), crc(&keys[..field("Data store", "checksum").start]));
    for (slot, (bytes, hash)) in keys[128..].chunks(128).zip(values.iter().zip(hashes)) {
        let field_of = |name| &slot[field("Key slots", name)];
        assert_eq!(field_of("magic"), b"LMPK");
        assert_eq!(field_of("hash"), hash.0);
        assert_eq!(number(field_of("size")), bytes.len());
        assert_eq!(
            number(field_of("checksum")),
            crc(&slot[..field("Key slots", "checksum").start])
        );
        let pack = fs::read(path.join(format!("data/pack.{}", number(field_of("pack"))))).unwrap();
        let mut sealed = &pack[number(field_of("offset"))..];
        let cipher = ChaCha20Poly1305::new_from_slice(field_of("key")).unwrap();
        let mut opened = Vec::new();
        let mut pieces: Vec<&[u8]> = bytes.chunks(65_536).collect();
        pieces.extend(bytes.is_empty().then_some(&[][..]));
        for (count, piece) in (0u64..).zip(pieces) {
            let (one, rest) = sealed.split_at(piece.len() + 16);
            let (text, tag) = one.split_at(piece.len());
            let mut text = text.to_vec();
            let nonce = [[0; 4].as_slice(), &count.to_be_bytes()].concat();
            let (nonce, tag) = (nonce.as_slice().try_into().unwrap(), tag.try_into().unwrap());
            cipher.decrypt_inout_detached(nonce, &[], text.as_mut_slice().into(), tag).unwrap();
            opened.extend(text);
            sealed = rest;
        }
        assert_eq!(&opened, bytes);
    }
    assert!(keys[128 * 4..].iter().all(|byte| *byte == 0));
}

#[test]
fn what_is_put_again_takes_no_room_unless_it_is_damaged() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let (small, large) = (noise(5000, 1), noise(LARGE + 5000, 2));
    let log = open(&path).unwrap();
    let first = [put(&log, &small), put(&log, &large)];
    let before = files(&path);
    assert_eq!(
        [put(&log, &small), put(&log, &large)].map(|put| put.object),
        first.map(|put| put.object)
    );
    drop(log);
    let log = open(&path).unwrap();
    put(&log, &small);
    put(&log, &large);
    drop(log);
    assert_eq!(files(&path), before);

    for name in files(&path).keys().filter(|name| name.starts_with("pack")) {
        let file =
            fs::File::options().write(true).read(true).open(path.join("data").join(name)).unwrap();
        let mut byte = [0];
        file.read_exact_at(&mut byte, 700).unwrap();
        file.write_all_at(&[byte[0] ^ 4], 700).unwrap();
    }
    let log = open(&path).unwrap();
    for (bytes, put_before) in [(&small, first[0]), (&large, first[1])] {
        let hash = put_before.object.hash;
        assert!(matches!(log.data().read(&hash), Err(DataError::Damaged { .. })));
        put(&log, bytes);
        assert_eq!(log.data().read(&hash).unwrap().as_ref(), Some(bytes));
    }
    assert_eq!(objects(log.data()).len(), 2);
    drop(log);
    let log = open(&path).unwrap();
    assert_eq!(log.data().read(&first[0].object.hash).unwrap(), Some(small));
    assert_eq!(objects(log.data()).len(), 2);
}

#[test]
fn a_reader_that_fails_leaves_nothing() {
    struct Failing(usize);
    impl Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = buffer.len().min(self.0);
            self.0 -= count;
            if count == 0 { Err(std::io::Error::other("gone")) } else { Ok(count) }
        }
    }
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let log = open(&path).unwrap();
    for size in [10, LARGE + 10] {
        assert!(matches!(log.data().put_from(&mut Failing(size)), Err(DataError::Source(_))));
    }
    assert_eq!(objects(log.data()).len(), 0);
    assert_eq!(files(&path).len(), 0);
    let whole = noise(LARGE + 10, 3);
    let put = log.data().put_from(&mut &whole[..]).unwrap();
    assert_eq!(log.data().read(&put.object.hash).unwrap(), Some(whole));
}

#[test]
fn what_somebody_is_about_to_refer_to_stays() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let log = open(&path).unwrap();
    let [held, other] = [noise(100, 1), noise(100, 2)].map(|bytes| put(&log, &bytes).object);
    drop(log);
    let log = open(&path).unwrap();
    assert_eq!(log.data().hold(&held.hash).unwrap(), Some(held));
    assert_eq!(log.data().hold(&Hash([1; 32])).unwrap(), None);
    for _ in 0..2 {
        log.data().collect(&|_| false).unwrap();
        assert_eq!(log.data().find(&held.hash).unwrap(), Some(held));
        assert_eq!(log.data().find(&other.hash).unwrap(), None);
    }
    drop(log);
    let log = open(&path).unwrap();
    log.data().collect(&|_| false).unwrap();
    assert_eq!(objects(log.data()).len(), 0);
}

#[test]
fn what_a_damaged_key_opens_is_not_written_over() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let log = open(&path).unwrap();
    let [first, last] = [noise(100, 1), noise(100, 2)].map(|bytes| put(&log, &bytes).object);
    drop(log);
    let keys = fs::File::options().write(true).open(path.join("data/keys.0")).unwrap();
    keys.write_all_at(&[0xff], 2 * 128 + 50).unwrap();
    let before = fs::read(path.join("data/pack.0")).unwrap();
    let log = open(&path).unwrap();
    assert_eq!(log.data().unreadable_keys().unwrap(), 1);
    put(&log, &noise(100, 3));
    log.data().collect(&|hash| *hash == first.hash).unwrap();
    assert_eq!(log.data().find(&last.hash).unwrap(), None);
    drop(log);
    assert!(fs::read(path.join("data/pack.0")).unwrap() == before);
}

#[test]
fn a_newer_format_is_refused_by_name() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    put(&open(&path).unwrap(), b"value");
    let file = fs::File::options().write(true).open(path.join("data/keys.0")).unwrap();
    file.write_all_at(&[2], 4).unwrap();
    let log = open(&path).unwrap();
    assert!(matches!(log.data().put(b"other"), Err(DataError::NewerFormat { found: 2, .. })));
}

#[test]
fn many_threads_put_and_one_collects_and_nothing_is_lost() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let old = open(&path).unwrap();
    for seed in 0..200 {
        old.data().put(&noise(700, seed)).unwrap();
    }
    drop(old);
    let log = open(&path).unwrap();
    let kept = |seed: u64| noise(700, seed);
    std::thread::scope(|scope| {
        for thread in 0..4u64 {
            let log = &log;
            scope.spawn(move || {
                for seed in (thread * 37..).step_by(3).take(120) {
                    let put = log.data().put(&kept(seed)).unwrap();
                    log.data().wait(put.ticket).unwrap();
                    assert_eq!(log.data().read(&put.object.hash).unwrap(), Some(kept(seed)));
                }
            });
        }
        scope.spawn(|| (0..6).for_each(|_| assert!(log.data().collect(&|_| false).is_ok())));
    });
    let expected: BTreeSet<u64> =
        (0..4u64).flat_map(|thread| (thread * 37..).step_by(3).take(120)).collect();
    log.data().collect(&|_| false).unwrap();
    assert_eq!(objects(log.data()).len(), expected.len());
    drop(log);
    let log = open(&path).unwrap();
    for seed in expected {
        let hash = put(&log, &kept(seed)).object.hash;
        assert_eq!(log.data().read(&hash).unwrap(), Some(kept(seed)));
    }
}
