//! Which entries of a list repeat one before them.
//! A short list is only looked through: it costs no memory.

use std::collections::BTreeSet;

/// Tells which entries of a list repeat one before them, by a key of theirs.
pub(super) struct Repeats<'a, E, K> {
    entries: &'a [E],
    key: fn(&'a E) -> K,
    /// The keys so far, if the list is too long to look through it again and again.
    seen: Option<BTreeSet<K>>,
}

impl<'a, E, K: Ord> Repeats<'a, E, K> {
    const SHORT: usize = 16;

    pub(super) fn new(entries: &'a [E], key: fn(&'a E) -> K) -> Self {
        let seen = (entries.len() > Self::SHORT).then(BTreeSet::new);
        Self { entries, key, seen }
    }

    /// Whether the entry repeats one before it; to be asked for each entry in its turn.
    pub(super) fn at(&mut self, index: usize, entry: &'a E) -> bool {
        let key = (self.key)(entry);
        match &mut self.seen {
            Some(seen) => !seen.insert(key),
            None => self.entries.iter().take(index).any(|before| (self.key)(before) == key),
        }
    }
}
