//! Roots and proofs of a log, and its tiles: made anew after every injury, never trusted, never in the way.

use crate::faults::FailingDisk;
use crate::scratch::{append, copy, noise, open, records, samples, writer};
use lampyris_evidence::merkle::proof::{check_consistency, check_inclusion};
use lampyris_log::{Frontier, Hash, Head, Log, MemoryShard, Options, ReadError, Unavailable};
use lampyris_log::{TILE_BYTES, TILE_HASHES};
use proptest::prelude::*;
use std::path::Path;
use std::sync::Arc;

/// Appends so many records, many to a sync.
fn fill(log: &Log, count: usize) {
    let appends: Vec<_> = (0..count).map(|number| append(1, 3, number.to_be_bytes())).collect();
    for result in log.append_group(&appends) {
        result.unwrap();
    }
}

/// The heads at every size and the leaf hashes, by a scan of the records.
fn model(log: &Log) -> (Vec<Head>, Vec<Hash>) {
    let mut frontier = Frontier::new();
    let leaves: Vec<Hash> =
        records(log).iter().map(|record| Hash::leaf(&record.encode())).collect();
    let mut heads = vec![frontier.head()];
    for leaf in &leaves {
        frontier.push(*leaf);
        heads.push(frontier.head());
    }
    (heads, leaves)
}

/// Holds roots and proofs at some sizes against the model.
fn check(log: &Log) {
    let (heads, leaves) = model(log);
    let size = heads.len() as u64 - 1;
    let step = (size / 13).max(1);
    for old in (0..=size).step_by(usize::try_from(step).unwrap()).chain([size]) {
        let head = heads[usize::try_from(old).unwrap()];
        assert_eq!(log.root_at(old).unwrap(), Some(head.root));
        let proof = log.consistency_proof(old, size).unwrap().unwrap();
        check_consistency(head, heads[usize::try_from(size).unwrap()], &proof).unwrap();
        for index in (0..old).step_by(usize::try_from(step).unwrap()) {
            let proof = log.inclusion_proof(index, old).unwrap().unwrap();
            check_inclusion(leaves[usize::try_from(index).unwrap()], index, head, &proof).unwrap();
        }
        assert_eq!(log.inclusion_proof(old, old).unwrap(), None);
    }
    assert_eq!(log.root_at(size + 1).unwrap(), None);
    assert_eq!(log.consistency_proof(size, size + 1).unwrap(), None);
    assert_eq!(log.leaf_bytes(size).unwrap(), None);
    for (index, leaf) in (0..size).zip(&leaves).step_by(37) {
        assert_eq!(Hash::leaf(&log.leaf_bytes(index).unwrap().unwrap()), *leaf);
    }
}

#[test]
fn roots_and_proofs_are_right_while_the_log_grows_and_after_it_is_opened_again() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    for more in [0, 1, TILE_HASHES - 3, 1, 1, TILE_HASHES, 700] {
        let log = open(&path).unwrap();
        fill(&log, more);
        check(&log);
        assert_eq!(log.repaired(), None);
        drop(log);
        check(&Log::open(&path, &Options::exclusive()).unwrap());
    }
    let log = open(&path).unwrap();
    let tiles = log.head().size / TILE_HASHES as u64;
    let length = std::fs::metadata(path.join("tiles/0")).unwrap().len();
    assert_eq!(length, tiles * TILE_BYTES as u64, "full tiles alone are in the file");
}

#[test]
fn a_log_in_memory_proves_as_well_and_one_without_tiles_says_that_it_cannot() {
    let log = Log::open_on(Arc::new(MemoryShard::new()), &writer(), |_| {}).unwrap();
    fill(&log, 600);
    check(&log);
    let log = Log::open_on(Arc::new(MemoryShard::new()), &writer().without_tiles(), |_| {});
    let none = log.unwrap().root_at(1);
    assert!(matches!(none, Err(ReadError::Unavailable(Unavailable::NoTiles))));
}

#[test]
fn proofs_are_right_while_others_append() {
    let log = Log::open_on(Arc::new(MemoryShard::new()), &writer(), |_| {}).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..12 {
                    fill(&log, 100);
                }
            });
        }
        let mut old = log.head();
        while old.size < 2401 {
            let head = log.head();
            let proof = log.consistency_proof(old.size, head.size).unwrap().unwrap();
            check_consistency(old, head, &proof).unwrap();
            assert_eq!(log.root_at(old.size).unwrap(), Some(old.root));
            old = head;
        }
    });
}

/// What may happen to a file of tiles behind the log's back.
#[derive(Debug, Clone)]
enum Injury {
    Remove,
    Cut(prop::sample::Index),
    Zero(prop::sample::Index),
    Flip(prop::sample::Index, u8),
    Lengthen(u16),
}

impl Injury {
    /// Does it; returns whether opening should call it damage, if that is certain.
    fn hurt(&self, path: &Path) -> Option<bool> {
        let Ok(mut bytes) = std::fs::read(path) else { return Some(false) };
        if bytes.is_empty() {
            return Some(false);
        }
        let length = bytes.len();
        let damage = match self {
            Injury::Remove => {
                std::fs::remove_file(path).unwrap();
                return Some(false);
            }
            Injury::Cut(at) => {
                bytes.truncate(at.index(length));
                Some(false)
            }
            Injury::Zero(at) => {
                let from = at.index(length);
                bytes[from..].fill(0);
                Some(false)
            }
            Injury::Flip(at, bit) => {
                let byte = &mut bytes[at.index(length)];
                *byte ^= 1 << (bit % 8);
                // A byte that became zero may be one that was never written.
                (*byte != 0).then_some(true)
            }
            Injury::Lengthen(by) => {
                bytes.extend(noise(usize::from(*by) + 1, 7));
                Some(true)
            }
        };
        std::fs::write(path, bytes).unwrap();
        damage
    }
}

fn injury() -> impl Strategy<Value = Injury> {
    prop_oneof![
        Just(Injury::Remove),
        any::<prop::sample::Index>().prop_map(Injury::Cut),
        any::<prop::sample::Index>().prop_map(Injury::Zero),
        (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, bit)| Injury::Flip(at, bit)),
        any::<u16>().prop_map(Injury::Lengthen),
    ]
}

#[test]
fn an_injured_file_of_tiles_is_made_anew_and_damage_is_told() {
    let scratch = tempfile::tempdir().unwrap();
    let whole = scratch.path().join("whole");
    let log = open(&whole).unwrap();
    fill(&log, 3 * TILE_HASHES + 40);
    drop(log);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: u32::try_from(samples(16)).unwrap(),
        ..ProptestConfig::default()
    });
    runner
        .run(&injury(), |injury| {
            let path = scratch.path().join("hurt");
            copy(&whole, &path);
            let told = injury.hurt(&path.join("tiles/0"));
            let log = open(&path).unwrap();
            if let Some(damage) = told {
                prop_assert_eq!(log.repaired().is_some(), damage, "{:?}", log.repaired());
            }
            check(&log);
            fill(&log, TILE_HASHES);
            check(&log);
            drop(log);
            prop_assert_eq!(open(&path).unwrap().repaired(), None, "it is mended");
            let files = std::fs::read(path.join("tiles/0")).unwrap();
            prop_assert!(files.starts_with(&std::fs::read(whole.join("tiles/0")).unwrap()));
            std::fs::remove_dir_all(path).unwrap();
            Ok(())
        })
        .unwrap();
}

#[test]
fn tiles_that_change_under_an_open_log_give_no_wrong_root_and_no_wrong_proof() {
    let scratch = tempfile::tempdir().unwrap();
    let log = open(scratch.path()).unwrap();
    fill(&log, 3 * TILE_HASHES + 40);
    let (heads, leaves) = model(&log);
    let file = scratch.path().join("tiles/0");
    let whole = std::fs::read(&file).unwrap();
    let mut refused = 0;
    for at in (0..whole.len()).step_by(601) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        std::fs::write(&file, &bytes).unwrap();
        for size in (1..heads.len()).step_by(97) {
            let head = heads[size];
            match log.root_at(head.size) {
                Ok(root) => assert_eq!(root, Some(head.root), "byte {at}, size {size}"),
                Err(_) => refused += 1,
            }
            if let Ok(proof) = log.inclusion_proof(0, head.size) {
                check_inclusion(leaves[0], 0, head, &proof.unwrap()).unwrap();
            }
        }
    }
    assert!(refused > 0, "no root stood on a changed hash");
}

#[test]
fn a_disk_that_fails_at_opening_is_not_taken_for_damage() {
    let scratch = tempfile::tempdir().unwrap();
    let (path, shard) = (scratch.path().join("tiles"), MemoryShard::new());
    let open = |disk: &FailingDisk| {
        let options = writer().disk(Arc::new(disk.clone())).tiles_folder(&path);
        Log::open_on(Arc::new(shard.share()), &options, |_| {}).unwrap()
    };
    let log = open(&FailingDisk::new(usize::MAX, false));
    fill(&log, 5 * TILE_HASHES);
    drop(log);
    let whole = std::fs::read(path.join("0")).unwrap();
    for operation in 1.. {
        let disk = FailingDisk::new(operation, operation % 2 == 0);
        let log = open(&disk);
        assert_eq!(log.repaired(), None, "operation {operation}");
        assert_eq!(std::fs::read(path.join("0")).unwrap(), whole, "operation {operation}");
        if !disk.has_failed() {
            break;
        }
    }
    check(&open(&FailingDisk::new(usize::MAX, false)));
}

#[test]
fn a_failing_disk_neither_stops_appends_nor_makes_a_proof_wrong() {
    for operation in 1.. {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("tiles");
        let disk = FailingDisk::new(operation, operation % 2 == 0);
        let options = writer().disk(Arc::new(disk.clone())).tiles_folder(&path);
        let log = Log::open_on(Arc::new(MemoryShard::new()), &options, |_| {}).unwrap();
        fill(&log, 3 * TILE_HASHES);
        let (heads, leaves) = model(&log);
        for (index, leaf) in (0u64..).zip(&leaves).step_by(101) {
            match log.inclusion_proof(index, log.head().size) {
                Ok(proof) => {
                    let head = *heads.last().unwrap();
                    check_inclusion(*leaf, index, head, &proof.unwrap()).unwrap();
                }
                Err(ReadError::Unavailable(Unavailable::Io { .. })) => {}
                Err(error) => panic!("operation {operation}: {error}"),
            }
        }
        if !disk.has_failed() {
            return;
        }
    }
}
