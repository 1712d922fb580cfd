//! Which keys are used up and by which record, in memory: 16 bytes a claim and what the table adds.
//! It holds hashes under a secret of its own and never a key: whoever shows a hit to a caller reads the record.

use crate::corrupt::Rule;
use crate::parted_table::PartedTable;
use crate::record::ClaimRef;
use hashbrown::hash_table::Entry;
use siphasher::sip::SipHasher13;
use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};

/// A claim's hash under the secret of one index: 80 bits of it are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ClaimKey(u64, u16);

/// The secret that keeps strangers from choosing keys that meet: two keys of SipHash-1-3. It goes into snapshots,
/// and the hashes under it with it, so what is hashed is spelled out here and not left to the standard library.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Secret([u64; 4]);

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

impl Default for Secret {
    /// One that was not there before: the standard library draws it.
    fn default() -> Self {
        let drawn = RandomState::new();
        Secret([0u8, 1, 2, 3].map(|part| drawn.hash_one(part)))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// A secret that was stored.
    pub(crate) fn stored(keys: [u64; 4]) -> Secret {
        Secret(keys)
    }

    /// The keys, to store them.
    pub(crate) fn keys(&self) -> [u64; 4] {
        self.0
    }

    pub(crate) fn claim(&self, claim: &ClaimRef<'_>) -> ClaimKey {
        let (first, second) = self.pair(&[claim.namespace.as_bytes(), claim.key.as_bytes()]);
        ClaimKey(first, second.to_be_bytes().last_chunk().copied().map_or(0, u16::from_be_bytes))
    }

    /// A stream's hash: 128 bits, so that two of those under way at one time do not meet.
    pub(crate) fn stream(&self, namespace: &str, kind: &str, id: &[u8]) -> u128 {
        let (first, second) = self.pair(&[namespace.as_bytes(), kind.as_bytes(), id]);
        u128::from(first) << 64 | u128::from(second)
    }

    /// Both hashes of some strings, each with its length in front.
    fn pair(&self, parts: &[&[u8]]) -> (u64, u64) {
        let Secret([a, b, c, d]) = *self;
        let hash = |mut state: SipHasher13| {
            for part in parts {
                state.write(&(part.len() as u64).to_be_bytes());
                state.write(part);
            }
            state.finish()
        };
        (hash(SipHasher13::new_with_keys(a, b)), hash(SipHasher13::new_with_keys(c, d)))
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
    /// An index of no claims, with room for so many, under a secret that was stored.
    pub(crate) fn with_secret(secret: Secret, room: usize) -> ClaimsIndex {
        ClaimsIndex { secret, table: PartedTable::with_room(room) }
    }

    /// The claims of one part that records before `size` made, each as it is stored: 64 and 16 bits of its hash and
    /// 48 of the sequence. Claims are never taken back, so these are all there were when the log had that size.
    pub(crate) fn part(&self, part: usize, size: u64) -> Option<Vec<[u64; 2]>> {
        let slots = self.table.part(part)?.filter(|slot| slot.sequence() < size);
        Some(slots.map(|slot| [slot.hash, slot.rest]).collect())
    }

    /// Puts back a claim that was stored; nothing if the key is there already.
    pub(crate) fn put_back(&mut self, [hash, rest]: [u64; 2], size: u64) -> Option<()> {
        let slot = Slot { hash, rest };
        if slot.sequence() >= size {
            return None;
        }
        let same = |found: &Slot| found.key() == slot.key();
        match self.table.entry(hash, same, |slot| slot.hash) {
            Entry::Occupied(_) => None,
            Entry::Vacant(free) => {
                free.insert(slot);
                Some(())
            }
        }
    }

    /// Whether this claim is here, as it is stored.
    pub(crate) fn has(&self, [hash, rest]: [u64; 2]) -> bool {
        self.table.find(hash, |slot| (slot.hash, slot.rest) == (hash, rest)).is_some()
    }

    /// The sequence in the second part of a claim as it is stored.
    pub(crate) fn sequence_of(rest: u64) -> u64 {
        Slot { hash: 0, rest }.sequence()
    }

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
