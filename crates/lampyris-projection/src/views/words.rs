//! Strings of bytes that many rows share, each kept once and numbered; a clone of the list is a cut of it.
//!
//! What they mean is for whoever keeps them: a text, several texts, a hash.

use lampyris_log::snapshot::{Arena, Chunks, SectionReader, SectionWriter, Unfit};

use super::index::Index;

/// Words by number, and numbers by word.
#[derive(Debug, Default)]
pub(super) struct Words {
    pub(super) list: WordList,
    index: Index,
    /// The word asked for last: neighbours mostly share one.
    latest: u32,
}

/// Words in the order in which they first came.
#[derive(Debug, Clone, Default)]
pub(super) struct WordList {
    entries: Chunks<Entry>,
    bytes: Arena,
}

/// Where a word stands.
#[derive(Debug, Clone, Copy)]
struct Entry {
    place: u64,
    length: u32,
}

impl WordList {
    /// The word with a number; an empty one if there is none.
    pub(super) fn get(&self, number: u32) -> &[u8] {
        let entry = self.entries.get(number);
        entry.map(|entry| self.bytes.get(entry.place, entry.length as usize)).unwrap_or_default()
    }

    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.entries.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn write(&self, out: &mut SectionWriter<'_>) {
        out.u32(self.len());
        for number in 0..self.len() {
            out.bytes(self.get(number));
        }
    }
}

impl Words {
    /// The number of a word, if it ever came.
    pub(super) fn find(&self, word: &[u8]) -> Option<u32> {
        self.index.find(&word, |number| self.list.get(number) == word).ok()
    }

    /// The number of a word, which is added if it is new. The caller has seen to it that there is room.
    pub(super) fn number(&mut self, word: &[u8]) -> u32 {
        let Self { list, index, latest } = self;
        if *latest < list.len() && list.get(*latest) == word {
            return *latest;
        }
        *latest = match index.find(&word, |number| list.get(number) == word) {
            Ok(number) => number,
            Err(place) => {
                let number = list.len();
                let length = u32::try_from(word.len()).unwrap_or(u32::MAX);
                list.entries.push(Entry { place: list.bytes.add(word), length });
                index.add(place, number);
                number
            }
        };
        *latest
    }

    pub(super) fn read(from: &mut SectionReader<'_>) -> Result<Self, Unfit> {
        let mut words = Self::default();
        for number in 0..from.u32()? {
            if words.number(from.bytes()?) != number {
                return Err(Unfit("holds a word twice"));
            }
        }
        Ok(words)
    }
}

/// A word of several texts, some of which may be absent.
pub(super) fn joined<'t>(texts: impl IntoIterator<Item = Option<&'t str>>) -> Vec<u8> {
    let mut word = Vec::with_capacity(64);
    for text in texts {
        // No text is so long: a record holds 60,000 bytes.
        let length =
            text.map_or(u32::MAX, |text| u32::try_from(text.len()).unwrap_or(u32::MAX - 1));
        word.extend_from_slice(&length.to_be_bytes());
        word.extend_from_slice(text.unwrap_or_default().as_bytes());
    }
    word
}

/// The texts of a word that [`joined`] made.
pub(super) fn parts(word: &[u8]) -> Parts<'_> {
    Parts(word)
}

/// The texts of a word, one after the other.
#[derive(Debug, Clone)]
pub(super) struct Parts<'w>(&'w [u8]);

impl<'w> Parts<'w> {
    /// The next text; an absent one as an empty one.
    pub(super) fn text(&mut self) -> &'w str {
        self.next().flatten().unwrap_or_default()
    }
}

impl<'w> Iterator for Parts<'w> {
    type Item = Option<&'w str>;

    fn next(&mut self) -> Option<Option<&'w str>> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        let length = u32::from_be_bytes(*length);
        let (text, rest) = if length == u32::MAX {
            (None, rest)
        } else {
            let (text, rest) = rest.split_at_checked(length as usize)?;
            (Some(std::str::from_utf8(text).unwrap_or_default()), rest)
        };
        self.0 = rest;
        Some(text)
    }
}
