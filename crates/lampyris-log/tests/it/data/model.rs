//! The data store against the simplest one there is: a map.

use super::{LARGE, files, noise, objects};
use crate::scratch::open;
use lampyris_log::Hash;
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone)]
enum Step {
    Put(u8),
    PutFrom(u8),
    Reopen,
    /// Nobody refers to objects of this remainder.
    Collect(u8),
    /// The keys of two objects are dropped.
    Erase(u8, u8),
    Sweep,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..24u8).prop_map(Step::Put),
        2 => (0..24u8).prop_map(Step::PutFrom),
        1 => Just(Step::Reopen),
        1 => (0..3u8).prop_map(Step::Collect),
        1 => (0..24u8, 0..24u8).prop_map(|(one, other)| Step::Erase(one, other)),
        1 => Just(Step::Sweep),
    ]
}

/// The value of a number: every sixth one is large.
fn value(number: u8) -> Vec<u8> {
    let size = if number.is_multiple_of(6) {
        LARGE + usize::from(number)
    } else {
        usize::from(number) * 900
    };
    noise(size, number.into())
}

fn hash(number: u8) -> Hash {
    Hash(Sha256::digest(value(number)).into())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    /// The store against a map: an object is there from its put until a collection that nobody saved it from.
    #[test]
    fn the_store_is_a_map_that_forgets_what_is_collected(steps in prop::collection::vec(step(), 1..40)) {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("log");
        let mut log = open(&path).unwrap();
        // Hash, number, and whether it was put since the store was opened.
        let mut model: BTreeMap<[u8; 32], (u8, bool)> = BTreeMap::new();
        for step in steps {
            match step {
                Step::Put(number) => {
                    let put = log.data().put(&value(number)).unwrap();
                    model.insert(put.object.hash.0, (number, true));
                }
                Step::PutFrom(number) => {
                    let put = log.data().put_from(&mut &value(number)[..]).unwrap();
                    model.insert(put.object.hash.0, (number, true));
                }
                Step::Reopen => {
                    drop(log);
                    log = open(&path).unwrap();
                    for (_, fresh) in model.values_mut() {
                        *fresh = false;
                    }
                }
                Step::Erase(one, other) => {
                    let hashes = [one, other].map(hash);
                    let erased = log.data().erase(&hashes).unwrap();
                    let before = model.len();
                    model.retain(|hash, _| !hashes.contains(&Hash(*hash)));
                    prop_assert_eq!(erased.len(), before - model.len());
                }
                Step::Sweep => drop(log.data().sweep().unwrap()),
                Step::Collect(remainder) => {
                    let dead: BTreeSet<[u8; 32]> = model
                        .iter()
                        .filter(|(_, (number, fresh))| number % 3 == remainder && !fresh)
                        .map(|(hash, _)| *hash)
                        .collect();
                    let is_live = |hash: &Hash| model.get(&hash.0).is_some_and(|(number, _)| number % 3 != remainder);
                    let told = log.data().collectable(&is_live).unwrap();
                    let collected = log.data().collect(&is_live).unwrap();
                    prop_assert_eq!(told, collected, "what it would remove is what it removed");
                    prop_assert_eq!(collected.objects, dead.len() as u64);
                    model.retain(|hash, _| !dead.contains(hash));
                }
            }
            let found: BTreeSet<[u8; 32]> = objects(log.data()).into_keys().collect();
            prop_assert_eq!(&found, &model.keys().copied().collect());
        }
        for (hash, (number, _)) in &model {
            prop_assert_eq!(log.data().read(&Hash(*hash)).unwrap(), Some(value(*number)));
        }
        drop(log);
        // What lives is all that takes room.
        let log = open(&path).unwrap();
        log.data().collect(&|_| true).unwrap();
        drop(log);
        if model.is_empty() {
            let packs = files(&path).into_keys().filter(|name| name.starts_with("pack")).count();
            prop_assert_eq!(packs, 0);
        }
    }
}
