//! A hash index of numbered values: it holds their numbers and never the values.

use std::fmt;
use std::hash::{BuildHasher, Hash, RandomState};

use hashbrown::HashTable;

/// The numbers of values, by value.
///
/// Hashes are keyed and the key is drawn anew for each index: ids come from strangers.
#[derive(Default)]
pub(super) struct Index {
    table: HashTable<Entry>,
    hasher: RandomState,
}

/// A number, with half of its value's hash: the table grows, and skips what only seems to match,
/// without a look at a value.
#[derive(Clone, Copy)]
struct Entry {
    number: u32,
    half: u32,
}

/// Where a value belongs in the index, so that it is hashed once to be sought and added.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place(u32);

impl Index {
    /// The number of a value, or the place where it belongs; `is` says whether a number is the
    /// value's.
    pub(super) fn find(&self, value: &impl Hash, is: impl Fn(u32) -> bool) -> Result<u32, Place> {
        let [.., a, b, c, d] = self.hasher.hash_one(value).to_le_bytes();
        let half = u32::from_le_bytes([a, b, c, d]);
        let same = |entry: &Entry| entry.half == half && is(entry.number);
        self.table.find(spread(half), same).map(|entry| entry.number).ok_or(Place(half))
    }

    /// Adds a number where [`find`](Self::find) said that its value belongs.
    pub(super) fn add(&mut self, Place(half): Place, number: u32) {
        self.table.insert_unique(spread(half), Entry { number, half }, |entry| spread(entry.half));
    }
}

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Index").field("len", &self.table.len()).finish_non_exhaustive()
    }
}

/// The hash that the table is given: it takes the place from the low bits and a tag from the high.
fn spread(half: u32) -> u64 {
    u64::from(half) << 32 | u64::from(half)
}
