//! The nonces spent so far on one batch, looked up by keys that are hashes already.
//! Its order is never seen: what is handed out is sorted.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use crate::hash::NonceKey;

/// The last nonce spent by key.
pub(super) type Spent = HashMap<NonceKey, u64, BuildHasherDefault<Prefix>>;

/// The rows to be written.
pub(super) fn rows(spent: Spent) -> BTreeMap<NonceKey, u64> {
    spent.into_iter().collect()
}

/// The first eight bytes of a SHA-256 value, which are as good as any hash of it.
#[derive(Debug, Default)]
pub(super) struct Prefix(u64);

impl Hasher for Prefix {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 ^= u64::from_le_bytes(*first);
        }
    }

    fn write_usize(&mut self, _length: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}
