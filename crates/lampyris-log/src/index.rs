//! Which streams there are and where each one ends, in memory.
//! It never holds anything a record: histories are followed by the links in the records.

mod stored;

pub(crate) use stored::StoredStreams;

use crate::chunks::{Arena, Chunks};
use crate::corrupt::Rule;
use crate::limits::{MAX_STREAM_EVENTS, MAX_STREAMS};
use crate::parted_table::PartedTable;
use crate::record::RecordRef;
use hashbrown::hash_table;
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};

/// A stream's number: dense from 0 in the order in which streams first appear in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamOrdinal(pub u32);

/// Where a stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tail {
    /// Number of records, and so the version of the next one.
    pub events: u64,
    /// Sequence of the last record.
    pub last: u64,
}

/// The index of streams: about 50 bytes a stream with an id of 16 bytes.
#[derive(Default)]
pub struct Streams {
    table: PartedTable<Entry>,
    slots: Slots,
    /// The stream of the record before, which is often the next one's too.
    latest: u32,
    hasher: RandomState,
}

/// A stream in the table, with half of its hash: what only seems to match, and what is moved when
/// the table grows, is then told without reading a slot.
#[derive(Debug, Clone, Copy)]
struct Entry {
    ordinal: u32,
    half: u32,
}

impl Streams {
    /// Takes the next record into the index.
    ///
    /// # Errors
    /// The rule that the record's version or link breaks; the index is then as it was.
    pub fn observe(&mut self, record: &RecordRef<'_>) -> Result<StreamOrdinal, Rule> {
        let class = self.slots.classes.intern(record.namespace, record.kind);
        if self.slots.matches(self.latest, class, record.id) {
            return self.slots.go_on(self.latest, record);
        }
        let Streams { table, slots, latest, hasher } = self;
        let half = half_hash(hasher, class, record.id);
        let entry = table.entry(
            spread(half),
            |entry| entry.half == half && slots.matches(entry.ordinal, class, record.id),
            |entry| spread(entry.half),
        );
        match entry {
            hash_table::Entry::Occupied(found) => {
                *latest = found.get().ordinal;
                slots.go_on(*latest, record)
            }
            hash_table::Entry::Vacant(free) => {
                check_tail(record, 0, None)?;
                let tail = Tail { events: 1, last: record.sequence };
                let ordinal = slots.add(class, record.id, tail).ok_or(Rule::IndexFull)?;
                free.insert(Entry { ordinal, half });
                *latest = ordinal;
                Ok(StreamOrdinal(ordinal))
            }
        }
    }

    /// The number of a stream, if it has any record.
    pub fn ordinal(&self, namespace: &str, kind: &str, id: &[u8]) -> Option<StreamOrdinal> {
        let class = self.slots.classes.find(namespace, kind)?;
        let half = half_hash(&self.hasher, class, id);
        let same =
            |entry: &Entry| entry.half == half && self.slots.matches(entry.ordinal, class, id);
        self.table.find(spread(half), same).map(|entry| StreamOrdinal(entry.ordinal))
    }

    /// Where a stream ends, if it has any record.
    pub fn tail(&self, namespace: &str, kind: &str, id: &[u8]) -> Option<Tail> {
        let StreamOrdinal(ordinal) = self.ordinal(namespace, kind, id)?;
        self.slots.all.get(ordinal).map(Slot::tail)
    }

    /// Number of streams.
    pub fn len(&self) -> usize {
        self.slots.all.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streams").field("len", &self.len()).finish_non_exhaustive()
    }
}

fn check_tail(record: &RecordRef<'_>, version: u64, previous: Option<u64>) -> Result<(), Rule> {
    if record.version != version {
        return Err(Rule::Version { expected: version, found: record.version });
    }
    if record.previous != previous {
        return Err(Rule::Previous { expected: previous, found: record.previous });
    }
    Ok(())
}

/// Half of a stream's hash. The hash is keyed and drawn anew for each index: ids come from strangers.
fn half_hash(hasher: &RandomState, class: u32, id: &[u8]) -> u32 {
    let mut state = hasher.build_hasher();
    state.write_u32(class);
    state.write(id);
    let [.., a, b, c, d] = state.finish().to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// The hash that the table is given: the part comes from the half's lowest byte, the place in it from the others.
fn spread(half: u32) -> u64 {
    u64::from(half) << 32 | u64::from(half >> 8)
}

/// One stream: 32 bytes.
#[derive(Debug, Clone)]
struct Slot {
    /// The id if it has 16 bytes, else where it stands in the arena.
    id: [u8; 16],
    last: u64,
    events: u32,
    /// Number of (namespace, kind), shifted by one bit; that bit says "the id is in the arena".
    class: u32,
}

const _: () = assert!(size_of::<Slot>() == 32);

/// The streams by their numbers. A clone shares what neither changes, and is a cut of the index.
#[derive(Debug, Clone, Default)]
struct Slots {
    all: Chunks<Slot>,
    /// Ids that have not 16 bytes.
    far: Arena,
    classes: Classes,
}

impl Slot {
    fn tail(&self) -> Tail {
        Tail { events: u64::from(self.events), last: self.last }
    }
}

impl Slots {
    fn id<'a>(&'a self, slot: &'a Slot) -> &'a [u8] {
        if slot.class & 1 == 0 {
            return &slot.id;
        }
        let place = u128::from_be_bytes(slot.id);
        self.far.get(u64::try_from(place >> 8).unwrap_or(u64::MAX), (place & 0xff) as usize)
    }

    /// Whether the stream with this number, if there is one, has this class and id.
    fn matches(&self, ordinal: u32, class: u32, id: &[u8]) -> bool {
        let Some(slot) = self.all.get(ordinal) else { return false };
        if let (0, Ok(id)) = (slot.class & 1, <&[u8; 16]>::try_from(id)) {
            return slot.class >> 1 == class && slot.id == *id;
        }
        slot.class >> 1 == class && self.id(slot) == id
    }

    /// Takes a further record of a stream, if it is the next one.
    fn go_on(&mut self, ordinal: u32, record: &RecordRef<'_>) -> Result<StreamOrdinal, Rule> {
        let slot = self.all.get_mut(ordinal).ok_or(Rule::IndexFull)?;
        check_tail(record, slot.tail().events, Some(slot.last))?;
        if record.version >= MAX_STREAM_EVENTS {
            return Err(Rule::IndexFull);
        }
        slot.last = record.sequence;
        slot.events += 1;
        Ok(StreamOrdinal(ordinal))
    }

    fn add(&mut self, class: u32, id: &[u8], tail: Tail) -> Option<u32> {
        let (len, events) = (self.all.len(), u32::try_from(tail.events).ok()?);
        let ordinal = u32::try_from(len).ok().filter(|_| len < MAX_STREAMS)?;
        let (id, far) = if let Ok(near) = <[u8; 16]>::try_from(id) {
            (near, 0)
        } else {
            let place = u128::from(self.far.add(id)) << 8 | id.len() as u128;
            (place.to_be_bytes(), 1)
        };
        self.all.push(Slot { id, last: tail.last, events, class: class << 1 | far });
        Some(ordinal)
    }
}

/// The pairs of namespace and kind, numbered; there are few, and neighbours mostly share one.
#[derive(Debug, Clone, Default)]
struct Classes {
    names: Vec<(String, String)>,
    numbers: HashMap<(String, String), u32>,
    latest: u32,
}

impl Classes {
    fn intern(&mut self, namespace: &str, kind: &str) -> u32 {
        if let Some(number) = self.find(namespace, kind) {
            self.latest = number;
            return number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        let name = (namespace.to_owned(), kind.to_owned());
        self.names.push(name.clone());
        self.numbers.insert(name, number);
        number
    }

    fn find(&self, namespace: &str, kind: &str) -> Option<u32> {
        let latest = self.names.get(self.latest as usize);
        if latest.is_some_and(|name| name.0 == namespace && name.1 == kind) {
            return Some(self.latest);
        }
        self.numbers.get(&(namespace.to_owned(), kind.to_owned())).copied()
    }
}
