//! A document that was found well-formed, and what the check learned on its way.
//! It never changes a byte, and what it remembers only spares looking at them again.

use super::read::Node;
use super::scan;
use crate::decode::DecodeError;

/// The first JSON value of some bytes, well-formed as a whole.
#[derive(Debug, Clone)]
pub struct Document<'a> {
    /// The value, without white space around it.
    bytes: &'a [u8],
    /// Where it begins.
    offset: usize,
    marks: Marks,
}

impl<'a> Document<'a> {
    /// Reads the first value of `json`; what follows it is not looked at.
    ///
    /// # Errors
    /// If there is none, or it is malformed anywhere.
    pub fn first(json: &'a [u8]) -> Result<Self, DecodeError> {
        let (span, marks) = scan::first_value(json)?;
        let offset = span.start;
        Ok(Self { bytes: json.get(span).unwrap_or_default(), offset, marks })
    }

    /// The value.
    pub fn root(&self) -> Node<'_> {
        Node::new(self.bytes, self.offset, &self.marks)
    }
}

/// Places within a document.
#[derive(Debug, Clone, Default)]
pub(super) struct Marks {
    /// A bit for each byte, from the lowest of the first word on: set where white space stands
    /// between tokens. Words behind the last such place may be left out.
    space: Vec<u64>,
    /// Where long containers begin and end, from first to last.
    containers: Vec<(usize, usize)>,
}

impl Marks {
    /// Bytes of a container that is worth remembering.
    const LONG: usize = 256;

    /// White space stands from `start` on and before `end`.
    #[inline]
    pub(super) fn space(&mut self, mut start: usize, end: usize) {
        while start < end {
            let (at, bit) = (start / 64, start % 64);
            if at >= self.space.len() {
                self.space.resize(at + 1, 0);
            }
            let count = (end - start).min(64 - bit);
            if let Some(word) = self.space.get_mut(at) {
                *word |= (u64::MAX >> (64 - count)) << bit;
            }
            start += count;
        }
    }

    /// A container begins here; answers the ticket to close it with.
    #[inline]
    pub(super) fn open(&mut self, at: usize) -> usize {
        self.containers.push((at, at));
        self.containers.len() - 1
    }

    /// The container of this ticket ends here; all within it are closed.
    #[inline]
    pub(super) fn close(&mut self, ticket: usize, end: usize) {
        let Some(container) = self.containers.get_mut(ticket) else { return };
        container.1 = end;
        if end - container.0 < Self::LONG {
            // What is within a short container is short, so none of it is left behind this one.
            self.containers.truncate(ticket);
        }
    }

    /// Where the container ends that begins here, if it is a long one.
    pub(super) fn end(&self, start: usize) -> Option<usize> {
        let found = self.containers.binary_search_by_key(&start, |container| container.0).ok()?;
        self.containers.get(found).map(|container| container.1)
    }

    /// How many bytes of white space stand from `start` on and before `end`.
    pub(super) fn space_length(&self, start: usize, end: usize) -> usize {
        self.words(start, end).map(|(_, word)| word.count_ones() as usize).sum()
    }

    /// Hands out the runs of white space from `start` on and before `end`, a long one in parts.
    pub(super) fn spaces(&self, start: usize, end: usize, mut each: impl FnMut(usize, usize)) {
        for (first, mut word) in self.words(start, end) {
            while word != 0 {
                let begin = word.trailing_zeros();
                let length = (word >> begin).trailing_ones();
                word &= !(u64::MAX >> (64 - length) << begin);
                each(first + begin as usize, length as usize);
            }
        }
    }

    /// The words that hold bits of these bytes, without bits of others, and their first bytes.
    fn words(&self, start: usize, end: usize) -> impl Iterator<Item = (usize, u64)> {
        let words = self.space.get(start / 64..).unwrap_or_default();
        let words = words.get(..=end / 64 - start / 64).unwrap_or(words);
        words
            .iter()
            .zip(start / 64..)
            .map(move |(word, at)| (at * 64, word & from(start, at) & !from(end, at)))
    }
}

/// The bits of the word `at` that stand for `place` and what follows.
const fn from(place: usize, at: usize) -> u64 {
    match place.saturating_sub(at * 64) {
        bits @ ..64 => u64::MAX << bits,
        _ => 0,
    }
}
