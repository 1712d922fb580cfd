//! Idempotency keys and the messages that first used them; a clone of the list is a cut of it.

use lampyris_log::snapshot::{Arena, Chunks, SectionReader, SectionWriter, Unfit};

use super::ends::first;
use super::index::Index;

/// The keys of a namespace.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pub(super) list: KeyList,
    index: Index,
}

/// Keys in the order in which they were first used.
#[derive(Debug, Clone, Default)]
pub(super) struct KeyList {
    entries: Chunks<Entry>,
    texts: Arena,
}

/// A key, where it stands, and the number of the row of the message that first used it.
#[derive(Debug, Clone, Copy)]
struct Entry {
    place: u64,
    length: u32,
    row: u32,
}

impl KeyList {
    /// The keys with their rows.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], u32)> {
        self.entries.iter().map(|entry| (self.text(entry), entry.row))
    }

    fn text(&self, entry: &Entry) -> &[u8] {
        self.texts.get(entry.place, entry.length as usize)
    }

    pub(super) fn write(&self, out: &mut SectionWriter<'_>) {
        out.u32(u32::try_from(self.entries.len()).unwrap_or(u32::MAX));
        for (key, row) in self.iter() {
            out.bytes(key);
            out.u32(row);
        }
    }
}

impl Keys {
    /// The row of the message that first used a key.
    pub(super) fn get(&self, key: &str) -> Option<u32> {
        let number = self.index.find(&key.as_bytes(), |number| self.is(number, key)).ok()?;
        self.list.entries.get(number).map(|entry| entry.row)
    }

    /// The key that the message of a row used first.
    pub(super) fn of_row(&self, row: u32) -> Option<&str> {
        let entries = &self.list.entries;
        let count = u32::try_from(entries.len()).unwrap_or(u32::MAX);
        // Keys were added in the order of their rows.
        let number =
            first(count, |number| entries.get(number).is_some_and(|entry| entry.row >= row));
        let entry = entries.get(number).filter(|entry| entry.row == row)?;
        std::str::from_utf8(self.list.text(entry)).ok()
    }

    /// Notes the first use of a key, and says whether it is; a later one changes nothing.
    pub(super) fn add(&mut self, key: &str, row: u32) -> bool {
        let place = self.index.find(&key.as_bytes(), |number| self.is(number, key)).err();
        let (number, length) = (u32::try_from(self.list.entries.len()), u32::try_from(key.len()));
        if let (Some(place), Ok(number), Ok(length)) = (place, number, length) {
            let at = self.list.texts.add(key.as_bytes());
            self.list.entries.push(Entry { place: at, length, row });
            self.index.add(place, number);
            return true;
        }
        false
    }

    pub(super) fn read(from: &mut SectionReader<'_>, rows: u32) -> Result<Keys, Unfit> {
        let (mut keys, mut before) = (Keys::default(), None);
        for _ in 0..from.u32()? {
            let (key, row) = (from.text()?, from.u32()?);
            let is_next = before.replace(row) < Some(row);
            if row >= rows || !is_next || !keys.add(key, row) {
                return Err(Unfit("holds an idempotency key that cannot be"));
            }
        }
        Ok(keys)
    }

    fn is(&self, number: u32, key: &str) -> bool {
        let entry = self.list.entries.get(number);
        entry.is_some_and(|entry| self.list.text(entry) == key.as_bytes())
    }
}

impl PartialEq for Keys {
    fn eq(&self, other: &Self) -> bool {
        self.list.iter().eq(other.list.iter())
    }
}
