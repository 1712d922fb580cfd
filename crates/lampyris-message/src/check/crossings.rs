//! References of one item to another of the same run, whichever comes first.
//! It keeps ids and hashes only, and no more of them than it is told to.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::{Examined, Hashed, ItemKind};
use crate::hash::Bytes32;
use crate::id::{DataId, MessageId};

/// Something by its id and a hash: it is shown so, or referred to so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// What it is.
    pub kind: ItemKind,
    /// The bytes of its id.
    pub id: [u8; 16],
    /// Its hash.
    pub hash: Bytes32,
    /// Where it is named in its item.
    pub field: String,
}

impl Named {
    /// The id, as it is written.
    pub fn id_text(&self) -> String {
        match self.kind {
            ItemKind::Message | ItemKind::Group => MessageId::from_bytes(self.id).to_string(),
            ItemKind::Data | ItemKind::Batch => DataId::from_bytes(self.id).to_string(),
        }
    }
}

/// A reference to something that is shown with another hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crossing<P> {
    /// What is referred to, and with which hash.
    pub kind: ItemKind,
    /// Its id.
    pub id: String,
    /// The hash in the reference.
    pub referred: Bytes32,
    /// Where the reference is.
    pub by: P,
    /// A hash that it is shown with.
    pub there: Bytes32,
    /// Where it is shown.
    pub at: P,
    /// How many more references to it have the same hash and came before it was shown.
    pub more: u64,
}

type Key = (ItemKind, [u8; 16], Bytes32);

/// All that is shown and referred to in a run, by id; `P` says where.
#[derive(Debug, Clone)]
pub struct Crossings<P> {
    shown: BTreeMap<Key, P>,
    /// References to what is not shown yet.
    wanted: BTreeMap<Key, Waiting<P>>,
    limit: usize,
    left_out: u64,
    resolved: u64,
}

/// References that wait for what they refer to.
#[derive(Debug, Clone)]
struct Waiting<P> {
    /// Where the first is.
    first: P,
    /// How many more there are.
    more: u64,
}

impl<P: Clone> Crossings<P> {
    /// Nothing yet; keeps at most `limit` of what is shown, and of what is referred to.
    pub fn new(limit: usize) -> Self {
        let (shown, wanted) = (BTreeMap::new(), BTreeMap::new());
        Self { shown, wanted, limit, left_out: 0, resolved: 0 }
    }

    /// Takes in an item that stands at `place`; returns the references that it proves wrong, its
    /// own and those to it.
    pub fn take(&mut self, item: &Examined, place: &P) -> Vec<Crossing<P>> {
        let mut wrong = Vec::new();
        for named in &item.shown {
            self.show(named, place.clone());
        }
        for named in &item.shown {
            wrong.append(&mut self.answer(named, &item.shown, place));
        }
        for reference in &item.references {
            wrong.extend(self.refer(reference, place));
        }
        wrong
    }

    /// How many references were found to be right.
    pub fn resolved(&self) -> u64 {
        self.resolved
    }

    /// How many references are to what was not shown.
    pub fn open(&self) -> u64 {
        self.wanted.values().map(|waiting| 1 + waiting.more).sum()
    }

    /// How many were not kept because there were too many: what refers to them is not looked up.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Takes note of something that is shown.
    pub(super) fn show(&mut self, named: &Named, place: P) {
        match keep(&mut self.shown, self.limit, key(named), place) {
            Kept::New | Kept::Before(_) => {}
            Kept::Not => self.left_out += 1,
        }
    }

    /// What is shown under the id of a reference: by its hash if it is there, else by another.
    pub(super) fn look_up(&self, reference: &Named) -> Option<(Bytes32, P)> {
        let exact = self.shown.get(&key(reference)).map(|place| (reference.hash, place.clone()));
        exact.or_else(|| {
            let first = self.shown.range(any_hash(reference)).next();
            first.map(|((_, _, hash), place)| (*hash, place.clone()))
        })
    }

    fn refer(&mut self, reference: &Named, by: &P) -> Option<Crossing<P>> {
        match self.look_up(reference) {
            None => {
                let waiting = Waiting { first: by.clone(), more: 0 };
                match keep(&mut self.wanted, self.limit, key(reference), waiting) {
                    Kept::New => {}
                    Kept::Before(waiting) => waiting.more += 1,
                    Kept::Not => self.left_out += 1,
                }
                None
            }
            Some((hash, _)) if hash == reference.hash => {
                self.resolved += 1;
                None
            }
            Some((there, at)) => {
                let waiting = Waiting { first: by.clone(), more: 0 };
                Some(crossing(reference, waiting, there, at))
            }
        }
    }

    /// Answers the references to something that is shown now, as part of `together`.
    fn answer(&mut self, named: &Named, together: &[Named], place: &P) -> Vec<Crossing<P>> {
        let range = self.wanted.range(any_hash(named));
        let all: Vec<_> = range.map(|(key, waiting)| (*key, waiting.clone())).collect();
        let mut wrong = Vec::new();
        for (key, waiting) in all {
            self.wanted.remove(&key);
            let shown_now = together.iter().any(|named| self::key(named) == key);
            if shown_now || self.shown.contains_key(&key) {
                self.resolved += 1 + waiting.more;
            } else {
                let reference = Named { hash: key.2, ..named.clone() };
                wrong.push(crossing(&reference, waiting, named.hash, place.clone()));
            }
        }
        wrong
    }
}

impl Examined {
    /// Takes note of something that is shown: by the hash it has, and by the one it says it has,
    /// for what is wrong with that is told already.
    pub(super) fn show(&mut self, kind: ItemKind, id: [u8; 16], hashed: &Hashed) {
        let found = hashed.found.as_ref().map(|found| found.hash);
        let claimed = found.filter(|found| Some(*found) != hashed.expected);
        let named = |hash| Named { kind, id, hash, field: hashed.field.clone() };
        self.shown.extend(hashed.expected.into_iter().chain(claimed).map(named));
    }
}

fn crossing<P>(reference: &Named, by: Waiting<P>, there: Bytes32, at: P) -> Crossing<P> {
    let (kind, id, referred) = (reference.kind, reference.id_text(), reference.hash);
    Crossing { kind, id, referred, by: by.first, there, at, more: by.more }
}

fn key(named: &Named) -> Key {
    (named.kind, named.id, named.hash)
}

fn any_hash(named: &Named) -> std::ops::RangeInclusive<Key> {
    let key = |byte| (named.kind, named.id, Bytes32([byte; 32]));
    key(0)..=key(u8::MAX)
}

/// What became of something that was to be kept.
enum Kept<'a, T> {
    New,
    /// The same is kept already.
    Before(&'a mut T),
    /// There is no room.
    Not,
}

/// Keeps the first of each key, if there is room.
fn keep<T>(map: &mut BTreeMap<Key, T>, limit: usize, key: Key, value: T) -> Kept<'_, T> {
    let has_room = map.len() < limit;
    match map.entry(key) {
        Entry::Occupied(kept) => Kept::Before(kept.into_mut()),
        Entry::Vacant(_) if !has_room => Kept::Not,
        Entry::Vacant(empty) => {
            empty.insert(value);
            Kept::New
        }
    }
}
