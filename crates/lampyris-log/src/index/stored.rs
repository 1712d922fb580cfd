//! The index of streams as a snapshot keeps it: a cut that is taken at once, written later and read back.
//! The table of hashes is not stored: it is made anew, under a key drawn anew, without reading a record.

use super::{Entry, Slot, Slots, Streams, Tail, half_hash, spread};
use crate::error::Hex;
use crate::limits::{KIND, NAMESPACE, STREAM_ID};
use crate::parted_table::PartedTable;
use crate::snapshot::{SectionReader, SectionWriter, Unfit};

/// The streams of a log as they were at one size.
#[derive(Debug)]
pub(crate) struct StoredStreams(Slots);

impl Streams {
    /// The streams as they are now; what is taken in later does not change them.
    pub(crate) fn cut(&self) -> StoredStreams {
        StoredStreams(self.slots.clone())
    }

    /// Number of streams and of records in them, of all kinds, in the order in which they first appeared.
    pub(crate) fn kinds(&self) -> Vec<(String, u64, u64)> {
        let mut found: Vec<(String, u64, u64)> = Vec::new();
        let names = &self.slots.classes.names;
        let mut counts = vec![(0u64, 0u64); names.len()];
        for slot in self.slots.all.iter() {
            if let Some((streams, records)) = counts.get_mut((slot.class >> 1) as usize) {
                *streams += 1;
                *records += u64::from(slot.events);
            }
        }
        for ((_, kind), (streams, records)) in names.iter().zip(counts) {
            match found.iter_mut().find(|(found, ..)| found == kind) {
                Some((_, all, in_them)) => {
                    *all += streams;
                    *in_them += records;
                }
                None => found.push((kind.clone(), streams, records)),
            }
        }
        found
    }
}

impl StoredStreams {
    /// The first stream of which these say other than `found` do.
    pub(crate) fn difference(&self, found: &Streams) -> Option<String> {
        let StoredStreams(slots) = self;
        let (said, known) = (slots.all.len(), found.len());
        if said != known {
            return Some(format!("it has {said} streams and not {known}"));
        }
        (0u32..).zip(slots.all.iter()).find_map(|(ordinal, slot)| {
            let (namespace, kind) = slots.classes.names.get((slot.class >> 1) as usize)?;
            let id = slots.id(slot);
            let known = found.ordinal(namespace, kind, id).filter(|known| known.0 == ordinal);
            let known = known.and_then(|known| found.slots.all.get(known.0)).map(Slot::tail);
            let name = || format!("stream {namespace} {kind} {}", Hex(id));
            match (slot.tail(), known) {
                (said, Some(known)) if said == known => None,
                (_, None) => Some(format!("{} is not number {ordinal}", name())),
                (Tail { events, last }, Some(known)) => Some(format!(
                    "{} ends with record {last} of {events} and not with {} of {}",
                    name(),
                    known.last,
                    known.events,
                )),
            }
        })
    }

    /// Writes them: the pairs of namespace and kind, then each stream in the order of its number.
    pub(crate) fn write(&self, out: &mut SectionWriter<'_>) {
        let StoredStreams(slots) = self;
        out.u32(u32::try_from(slots.classes.names.len()).unwrap_or(u32::MAX));
        for (namespace, kind) in &slots.classes.names {
            out.text(namespace);
            out.text(kind);
        }
        out.u32(u32::try_from(slots.all.len()).unwrap_or(u32::MAX));
        for slot in slots.all.iter() {
            out.u32(slot.class >> 1);
            out.u32(slot.events);
            out.u64(slot.last);
            out.short(slots.id(slot));
        }
    }

    /// Reads them back, of a log of so many records.
    ///
    /// # Errors
    /// [`Unfit`] if no index of such a log reads so.
    pub(crate) fn read(from: &mut SectionReader<'_>, size: u64) -> Result<Streams, Unfit> {
        let (mut slots, mut events) = (Slots::default(), 0u64);
        for number in 0..from.u32()? {
            let (namespace, kind) = (from.text()?, from.text()?);
            let bounds = NAMESPACE.hold(namespace.len()) && KIND.hold(kind.len());
            if !bounds || slots.classes.intern(namespace, kind) != number {
                return Err(Unfit("names a kind of stream twice"));
            }
        }
        let count = from.u32()?;
        let room = from.room(count, 17)?;
        let mut table = PartedTable::with_room(room);
        let hasher = std::hash::RandomState::new();
        for _ in 0..count {
            let (class, events_here, last) = (from.u32()?, from.u32()?, from.u64()?);
            let id = from.short()?;
            let known = (class as usize) < slots.classes.names.len();
            if !known || events_here == 0 || last >= size || !STREAM_ID.hold(id.len()) {
                return Err(Unfit("holds a stream that cannot be"));
            }
            events += u64::from(events_here);
            let tail = Tail { events: u64::from(events_here), last };
            let ordinal = slots.add(class, id, tail).ok_or(Unfit("holds too many streams"))?;
            let half = half_hash(&hasher, class, id);
            table.add(spread(half), Entry { ordinal, half }, |entry| spread(entry.half));
        }
        if events != size {
            return Err(Unfit("has streams of another number of records"));
        }
        Ok(Streams { table, slots, latest: 0, hasher })
    }
}
