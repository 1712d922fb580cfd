//! Lists that only grow, in chunks that clones share until one of them changes: a clone costs a pointer a chunk.
//! Growing never holds the old and the new memory at once.

use std::sync::Arc;

/// Values in one chunk.
const CHUNK: usize = 1024;
/// Bytes in one chunk of an [`Arena`], unless one entry has more.
const ARENA_CHUNK: usize = 64 * 1024;

/// Values, numbered from 0.
#[derive(Debug)]
pub struct Chunks<T> {
    // Invariant: all but the last have `CHUNK` values.
    chunks: Vec<Arc<Vec<T>>>,
}

/// Strings of bytes, each found by the place that adding it gave.
#[derive(Debug, Clone, Default)]
pub struct Arena {
    // Invariant: an entry is never divided between chunks.
    chunks: Vec<Arc<Vec<u8>>>,
}

impl<T> Chunks<T> {
    /// The value with this number.
    pub fn get(&self, number: u32) -> Option<&T> {
        let number = number as usize;
        self.chunks.get(number / CHUNK)?.get(number % CHUNK)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.chunks.last().map_or(0, |last| (self.chunks.len() - 1) * CHUNK + last.len())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// All of them, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flat_map(|chunk| chunk.iter())
    }
}

impl<T: Clone> Chunks<T> {
    /// Adds a value, which gets the number [`len`](Self::len) had.
    pub fn push(&mut self, value: T) {
        if let Some(last) = self.chunks.last_mut().filter(|last| last.len() < CHUNK) {
            let last = Arc::make_mut(last);
            // A chunk that was shared a moment ago has no room left over.
            last.reserve_exact(CHUNK - last.len());
            last.push(value);
        } else {
            let mut chunk = Vec::with_capacity(CHUNK);
            chunk.push(value);
            self.chunks.push(Arc::new(chunk));
        }
    }

    /// The value with this number, to change it.
    pub fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        let number = number as usize;
        Arc::make_mut(self.chunks.get_mut(number / CHUNK)?).get_mut(number % CHUNK)
    }
}

impl<T> Clone for Chunks<T> {
    fn clone(&self) -> Self {
        Chunks { chunks: self.chunks.clone() }
    }
}

impl<T> Default for Chunks<T> {
    fn default() -> Self {
        Chunks { chunks: Vec::new() }
    }
}

impl Arena {
    /// Adds some bytes and says where they begin.
    pub fn add(&mut self, bytes: &[u8]) -> u64 {
        let fits = |last: &&mut Arc<Vec<u8>>| last.len() + bytes.len() <= ARENA_CHUNK;
        let begin = if let Some(last) = self.chunks.last_mut().filter(fits) {
            let last = Arc::make_mut(last);
            let begin = last.len();
            last.reserve_exact(ARENA_CHUNK - begin);
            last.extend_from_slice(bytes);
            begin
        } else {
            let mut chunk = Vec::with_capacity(ARENA_CHUNK.max(bytes.len()));
            chunk.extend_from_slice(bytes);
            self.chunks.push(Arc::new(chunk));
            0
        };
        // There is a chunk now, and an entry begins in its first 64 KiB.
        (self.chunks.len() as u64 - 1) << 16 | begin.min(ARENA_CHUNK - 1) as u64
    }

    /// So many bytes from a place on; none if they were not added there.
    pub fn get(&self, place: u64, length: usize) -> &[u8] {
        let begin = (place & 0xffff) as usize;
        let chunk = usize::try_from(place >> 16).ok().and_then(|chunk| self.chunks.get(chunk));
        chunk.and_then(|chunk| chunk.get(begin..begin + length)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{ARENA_CHUNK, Arena, CHUNK, Chunks};

    #[test]
    fn a_clone_stays_as_it_was_whatever_becomes_of_the_other() {
        let chunk = u32::try_from(CHUNK).unwrap();
        for first in [0, 1, chunk - 1, chunk, chunk + 1, 3 * chunk] {
            let mut list = Chunks::default();
            (0..first).for_each(|value| list.push(value));
            let cut = list.clone();
            (0..2 * chunk).for_each(|value| list.push(first + value));
            (0..first).for_each(|number| *list.get_mut(number).unwrap() += 7);
            assert!(cut.iter().copied().eq(0..first), "{first}");
            assert_eq!((cut.len(), list.len()), (first as usize, (first + 2 * chunk) as usize));
            assert!(cut.get(first).is_none());
            let changed = (0..first).map(|value| value + 7).chain(first..first + 2 * chunk);
            assert!(list.iter().copied().eq(changed), "{first}");
        }
    }

    #[test]
    fn an_arena_gives_back_what_was_added_also_to_its_clones() {
        let mut arena = Arena::default();
        let lengths = [0, 1, ARENA_CHUNK - 1, 1, 1, ARENA_CHUNK, 0, ARENA_CHUNK + 5, 3, 0];
        let entry = |number: u8, length: usize| vec![number; length];
        let places: Vec<u64> =
            (0..).zip(lengths).map(|(n, length)| arena.add(&entry(n, length))).collect();
        let cut = arena.clone();
        arena.add(&entry(200, 70));
        for (n, (place, length)) in (0..).zip(places.iter().zip(lengths)) {
            assert_eq!(arena.get(*place, length), entry(n, length));
            assert_eq!(cut.get(*place, length), entry(n, length));
        }
        assert_eq!(cut.get(u64::MAX, 1), b"");
    }
}
