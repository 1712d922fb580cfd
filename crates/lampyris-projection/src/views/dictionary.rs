//! A column whose values many rows share: each value is a word, and of each word it is known which rows have it.
//!
//! A condition on such a column is asked of the words and not of the rows. The words are stored, the rest is made
//! anew from the rows.

use std::borrow::Cow;
use std::collections::HashMap;

use roaring::RoaringBitmap;

use super::words::Words;

/// What a row holds where it has no word.
pub(super) const NO_WORD: u32 = u32::MAX;

/// The words of a column and the rows that have them.
#[derive(Debug, Default)]
pub(super) struct Dictionary {
    pub(super) words: Words,
    rows: Vec<Rows>,
    /// All rows that have a word.
    present: RoaringBitmap,
    /// The words that have something as one of several, by that part.
    parts: HashMap<Box<[u8]>, Vec<u32>>,
}

/// The rows of one word.
#[derive(Debug, Clone, Default)]
enum Rows {
    #[default]
    None,
    One(u32),
    Many(Box<RoaringBitmap>),
}

impl Rows {
    fn add(&mut self, row: u32) {
        match self {
            Self::None => *self = Self::One(row),
            Self::One(first) => *self = Self::Many(Box::new([*first, row].into_iter().collect())),
            Self::Many(many) => add(many, row),
        }
    }

    fn remove(&mut self, row: u32) {
        match self {
            Self::One(one) if *one == row => *self = Self::None,
            Self::None | Self::One(_) => {}
            Self::Many(many) => {
                many.remove(row);
            }
        }
    }

    fn add_to(&self, all: &mut RoaringBitmap) {
        match self {
            Self::None => {}
            Self::One(row) => {
                all.insert(*row);
            }
            Self::Many(many) => *all |= &**many,
        }
    }
}

impl Dictionary {
    /// A dictionary of these words, which no row has yet.
    pub(super) fn of(words: Words) -> Self {
        Self { words, ..Self::default() }
    }

    /// Takes note that a row has a word.
    pub(super) fn add(&mut self, number: u32, row: u32) {
        let at = number as usize;
        if at >= self.rows.len() {
            self.rows.resize_with(at + 1, Rows::default);
        }
        if let Some(rows) = self.rows.get_mut(at) {
            rows.add(row);
        }
        add(&mut self.present, row);
    }

    /// Takes note that a row has a word no more.
    pub(super) fn remove(&mut self, number: u32, row: u32) {
        if let Some(rows) = self.rows.get_mut(number as usize) {
            rows.remove(row);
        }
        self.present.remove(row);
    }

    /// The number of a word; of a new one, `parts` are what it is also found by.
    pub(super) fn number<'p>(
        &mut self,
        word: &[u8],
        parts: impl IntoIterator<Item = &'p [u8]>,
    ) -> u32 {
        let before = self.words.list.len();
        let number = self.words.number(word);
        if number == before {
            self.found_by(number, parts);
        }
        number
    }

    /// Takes note of what a word is also found by.
    pub(super) fn found_by<'p>(&mut self, number: u32, parts: impl IntoIterator<Item = &'p [u8]>) {
        for part in parts {
            match self.parts.get_mut(part) {
                Some(words) => words.push(number),
                None => drop(self.parts.insert(part.into(), vec![number])),
            }
        }
    }

    /// Takes note of what each word is also found by.
    pub(super) fn find_all_by(&mut self, parts_of: impl Fn(&[u8]) -> Vec<&[u8]>) {
        let list = self.words.list.clone();
        for number in 0..list.len() {
            self.found_by(number, parts_of(list.get(number)));
        }
    }

    /// The words that are also found by this.
    pub(super) fn with_part(&self, part: &[u8]) -> &[u32] {
        self.parts.get(part).map(Vec::as_slice).unwrap_or_default()
    }

    /// All rows that have a word.
    pub(super) const fn present(&self) -> &RoaringBitmap {
        &self.present
    }

    pub(super) fn len(&self) -> u32 {
        self.words.list.len()
    }

    /// The rows that have one of these words.
    pub(super) fn rows(&self, words: &[u32]) -> Cow<'_, RoaringBitmap> {
        let mut rows = words.iter().filter_map(|number| self.rows.get(*number as usize));
        let all = match rows.next() {
            None => return Cow::default(),
            Some(Rows::Many(many)) => Cow::Borrowed(&**many),
            Some(few) => {
                let mut all = RoaringBitmap::new();
                few.add_to(&mut all);
                Cow::Owned(all)
            }
        };
        rows.fold(all, |all, more| {
            let mut all = all.into_owned();
            more.add_to(&mut all);
            Cow::Owned(all)
        })
    }

    /// The rows whose words meet something.
    pub(super) fn meeting(&self, meets: impl Fn(&[u8]) -> bool) -> Cow<'_, RoaringBitmap> {
        let (met, unmet): (Vec<u32>, Vec<u32>) =
            (0..self.len()).partition(|number| meets(self.words.list.get(*number)));
        if met.len() <= unmet.len() {
            self.rows(&met)
        } else if unmet.is_empty() {
            Cow::Borrowed(&self.present)
        } else {
            Cow::Owned(&self.present - &*self.rows(&unmet))
        }
    }
}

/// Adds a row to a set: mostly behind all others.
pub(super) fn add(rows: &mut RoaringBitmap, row: u32) {
    if rows.try_push(row).is_err() {
        rows.insert(row);
    }
}
