//! A hash table in parts: when it grows, one part moves at a time, and no large hole is left in memory.
//! It never hashes; who looks something up brings the hash, and every entry can give its own.

use hashbrown::{HashTable, hash_table::Entry};

/// How many parts there are: with a million entries, growing moves some four thousand of them.
const PARTS: usize = 256;

/// A table whose entries know their hashes.
pub(crate) struct PartedTable<T> {
    parts: Box<[HashTable<T>]>,
}

impl<T> Default for PartedTable<T> {
    fn default() -> Self {
        Self { parts: std::iter::repeat_with(HashTable::new).take(PARTS).collect() }
    }
}

impl<T> PartedTable<T> {
    /// An empty table with room for about so many entries.
    pub(crate) fn with_room(entries: usize) -> Self {
        let each = entries / PARTS;
        let part = || HashTable::with_capacity(each + each / 16);
        Self { parts: std::iter::repeat_with(part).take(PARTS).collect() }
    }

    /// The entries of one part, by its number; nothing if there are not so many parts.
    pub(crate) fn part(&self, part: usize) -> Option<impl Iterator<Item = &T>> {
        self.parts.get(part).map(HashTable::iter)
    }

    /// Adds an entry that is not there yet.
    #[expect(clippy::indexing_slicing, reason = "there is a part for each byte")]
    pub(crate) fn add(&mut self, hash: u64, entry: T, rehash: impl Fn(&T) -> u64) {
        self.parts[part(hash)].insert_unique(hash, entry, rehash);
    }

    /// The entry that `same` accepts.
    pub(crate) fn find(&self, hash: u64, same: impl FnMut(&T) -> bool) -> Option<&T> {
        self.parts.get(part(hash))?.find(hash, same)
    }

    /// The place of the entry that `same` accepts, or where it would go; `rehash` gives an entry's hash again.
    #[expect(clippy::indexing_slicing, reason = "there is a part for each byte")]
    pub(crate) fn entry(
        &mut self,
        hash: u64,
        same: impl FnMut(&T) -> bool,
        rehash: impl Fn(&T) -> u64,
    ) -> Entry<'_, T> {
        self.parts[part(hash)].entry(hash, same, rehash)
    }

    /// Number of entries.
    pub(crate) fn len(&self) -> usize {
        self.parts.iter().map(HashTable::len).sum()
    }
}

/// Which part a hash belongs to. A table takes the place from the lowest bits and a tag from the highest seven:
/// these are between them.
fn part(hash: u64) -> usize {
    (hash >> 32) as usize % PARTS
}
