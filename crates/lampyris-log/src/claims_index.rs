//! Which keys are used up and by which record, in memory: 16 bytes a claim and what the table adds.
//! It holds hashes under a secret of its own and never a key: whoever shows a hit to a caller reads the record.

use crate::corrupt::Rule;
use crate::parted_table::PartedTable;
use crate::record::ClaimRef;
use hashbrown::hash_table::Entry;
use std::fmt;
use std::hash::{BuildHasher, RandomState};

/// A claim's hash under the secret of one index: 80 bits of it are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ClaimKey(u64, u16);

/// The secret that keeps strangers from choosing keys that meet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Secret(RandomState, RandomState);

/// Used keys, and the sequence of the record that used each.
#[derive(Default)]
pub(crate) struct ClaimsIndex {
    secret: Secret,
    table: PartedTable<Slot>,
}

/// A claim: 64 and 16 bits of its hash, 48 bits of the sequence.
#[derive(Clone, Copy)]
struct Slot {
    hash: u64,
    rest: u64,
}

const _: () = assert!(size_of::<Slot>() == 16);
const SEQUENCE_BITS: u32 = 48;

impl Secret {
    pub(crate) fn claim(&self, claim: &ClaimRef<'_>) -> ClaimKey {
        let (first, second) = self.pair(&(claim.namespace, claim.key));
        ClaimKey(first, second.to_be_bytes().last_chunk().copied().map_or(0, u16::from_be_bytes))
    }

    /// A stream's hash: 128 bits, so that two of those under way at one time do not meet.
    pub(crate) fn stream(&self, namespace: &str, kind: &str, id: &[u8]) -> u128 {
        let (first, second) = self.pair(&(namespace, kind, id));
        u128::from(first) << 64 | u128::from(second)
    }

    fn pair(&self, value: &impl std::hash::Hash) -> (u64, u64) {
        (self.0.hash_one(value), self.1.hash_one(value))
    }
}

impl Slot {
    fn key(self) -> ClaimKey {
        ClaimKey(self.hash, u16::try_from(self.rest >> SEQUENCE_BITS).unwrap_or_default())
    }

    fn sequence(self) -> u64 {
        self.rest & ((1 << SEQUENCE_BITS) - 1)
    }
}

impl ClaimsIndex {
    /// The secret, for who prepares keys ahead.
    pub(crate) fn secret(&self) -> &Secret {
        &self.secret
    }

    /// The record that used a key.
    pub(crate) fn holder(&self, key: ClaimKey) -> Option<u64> {
        self.table.find(key.0, |slot| slot.key() == key).map(|slot| slot.sequence())
    }

    /// Notes that the record at `sequence` uses the key.
    pub(crate) fn insert(&mut self, key: ClaimKey, sequence: u64) -> Result<(), Rule> {
        if sequence >> SEQUENCE_BITS != 0 {
            return Err(Rule::IndexFull);
        }
        match self.table.entry(key.0, |slot| slot.key() == key, |slot| slot.hash) {
            Entry::Occupied(held) => Err(Rule::ClaimTaken { holder: held.get().sequence() }),
            Entry::Vacant(free) => {
                let rest = u64::from(key.1) << SEQUENCE_BITS | sequence;
                free.insert(Slot { hash: key.0, rest });
                Ok(())
            }
        }
    }

    /// Number of used keys.
    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }
}

impl fmt::Debug for ClaimsIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClaimsIndex").field("len", &self.len()).finish_non_exhaustive()
    }
}
