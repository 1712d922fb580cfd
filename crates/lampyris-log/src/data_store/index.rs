//! Where the key of each object is, in memory: 16 bytes an object and a little air.
//! It holds a part of each hash, so what it finds is held against the slot itself.

use crate::merkle::Hash;
use hashbrown::HashTable;
use std::hash::{BuildHasher, RandomState};

/// The place of a slot: the number of its file, and its own in there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    pub(super) file: u32,
    pub(super) slot: u32,
}

/// Places by hashes.
#[derive(Debug, Default)]
pub(super) struct Index {
    table: HashTable<Entry>,
    hasher: RandomState,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    part: u64,
    file: u32,
    /// The slot, and in the highest bit whether the object was put or read whole since the store was opened.
    slot: u32,
}

const SEEN: u32 = 1 << 31;

/// In the second highest bit: somebody is about to refer to the object, which nobody read.
const HELD: u32 = 1 << 30;

impl Entry {
    fn place(self) -> Place {
        Place { file: self.file, slot: self.slot & !(SEEN | HELD) }
    }
}

impl Index {
    /// The places where the slot of an object may be: one, but for a freak.
    pub(super) fn places(&self, hash: &Hash) -> impl Iterator<Item = Place> {
        let part = part(hash);
        let candidates = self.table.iter_hash(self.hasher.hash_one(part));
        candidates.filter(move |entry| entry.part == part).map(|entry| entry.place())
    }

    /// Takes in the slot of an object.
    pub(super) fn insert(&mut self, hash: &Hash, place: Place, seen: bool) {
        let part = part(hash);
        let entry =
            Entry { part, file: place.file, slot: place.slot | if seen { SEEN } else { 0 } };
        let hasher = &self.hasher;
        let rehash = |entry: &Entry| hasher.hash_one(entry.part);
        self.table.insert_unique(hasher.hash_one(part), entry, rehash);
    }

    /// Forgets the slot at a place.
    pub(super) fn remove(&mut self, hash: &Hash, place: Place) {
        let part = part(hash);
        let same = |entry: &Entry| entry.part == part && entry.place() == place;
        if let Ok(found) = self.table.find_entry(self.hasher.hash_one(part), same) {
            found.remove();
        }
    }

    /// Whether the object at a place was put or read whole since the store was opened.
    pub(super) fn is_seen(&self, hash: &Hash, place: Place) -> bool {
        let part = part(hash);
        let same = |entry: &Entry| entry.part == part && entry.place() == place;
        let found = self.table.find(self.hasher.hash_one(part), same);
        found.is_some_and(|entry| entry.slot & SEEN != 0)
    }

    /// Whether a collection leaves the object at a place alone, whoever refers to it.
    pub(super) fn is_kept(&self, hash: &Hash, place: Place) -> bool {
        let part = part(hash);
        let same = |entry: &Entry| entry.part == part && entry.place() == place;
        let found = self.table.find(self.hasher.hash_one(part), same);
        found.is_some_and(|entry| entry.slot & (SEEN | HELD) != 0)
    }

    /// Notes that somebody is about to refer to the object at a place.
    pub(super) fn hold(&mut self, hash: &Hash, place: Place) {
        let part = part(hash);
        let same = |entry: &Entry| entry.part == part && entry.place() == place;
        if let Some(entry) = self.table.find_mut(self.hasher.hash_one(part), same) {
            entry.slot |= HELD;
        }
    }

    /// Notes that the object at a place was put again and read whole; false if it is not there any more.
    pub(super) fn see(&mut self, hash: &Hash, place: Place) -> bool {
        let part = part(hash);
        let same = |entry: &Entry| entry.part == part && entry.place() == place;
        let found = self.table.find_mut(self.hasher.hash_one(part), same);
        found.map(|entry| entry.slot |= SEEN).is_some()
    }
}

fn part(hash: &Hash) -> u64 {
    hash.0.first_chunk().map_or(0, |part| u64::from_be_bytes(*part))
}
