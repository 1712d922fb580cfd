//! A pack of the data store that is gone: its objects are named as damaged, and nothing else is in their way.

use crate::scratch::{noise, open};
use lampyris_log::{DataError, DataStore, Hash, Log, Options};
use std::fs;
use std::path::Path;

const LARGE: usize = lampyris_log::limits::DATA_LARGE_BYTES + 1000;

fn put(log: &Log, bytes: &[u8]) -> Hash {
    let put = log.data().put(bytes).unwrap();
    log.data().wait(put.ticket).unwrap();
    put.object.hash
}

fn is_damaged<T>(result: &Result<T, DataError>) -> bool {
    matches!(result, Err(DataError::Damaged { .. }))
}

/// A store whose first pack, of two small objects, is gone; the third object is a large one.
fn store(path: &Path) -> [Hash; 3] {
    let log = open(path).unwrap();
    let hashes = [noise(100, 1), noise(100, 2), noise(LARGE, 3)].map(|bytes| put(&log, &bytes));
    drop(log);
    fs::remove_file(path.join("data/pack.0")).unwrap();
    hashes
}

#[test]
fn an_object_whose_pack_is_gone_is_damaged_until_it_is_put_again() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let [first, second, large] = store(&path);
    let look = |data: &DataStore, hash: &Hash| {
        assert!(is_damaged(&data.find(hash)) && is_damaged(&data.read(hash)));
        assert!(is_damaged(&data.reader(hash)));
    };
    let reader = Log::open(&path, &Options::exclusive()).unwrap();
    look(reader.data(), &first);
    assert_eq!(reader.data().read(&large).unwrap(), Some(noise(LARGE, 3)));
    drop(reader);
    let log = open(&path).unwrap();
    look(log.data(), &first);
    assert_eq!(put(&log, &noise(100, 1)), first);
    let whole = |log: &Log| {
        assert_eq!(log.data().read(&first).unwrap(), Some(noise(100, 1)));
        look(log.data(), &second);
    };
    whole(&log);
    drop(log);
    whole(&open(&path).unwrap());
}

#[test]
fn a_collection_goes_on_though_a_pack_is_gone() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let [first, second, large] = store(&path);
    let log = open(&path).unwrap();
    // The second lives in the pack of the first, which goes; the large one goes with its pack.
    let is_live = |hash: &Hash| *hash == second;
    let told = log.data().collectable(&is_live).unwrap();
    assert_eq!(log.data().collect(&is_live).unwrap(), told);
    assert_eq!((told.objects, told.files), (2, 1));
    assert_eq!(log.data().find(&first).unwrap(), None);
    assert_eq!(log.data().find(&large).unwrap(), None);
    put(&log, &noise(100, 2));
    assert_eq!(log.data().read(&second).unwrap(), Some(noise(100, 2)));
}
