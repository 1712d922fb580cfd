//! A frame with its own memory: any record in it is found without walking through those before.
//! It was checked like every frame, and it holds whole records only.

use super::{Frame, RawRecord};
use crate::corrupt::Corrupt;
use crate::merkle::Hash;

/// A frame with its own memory, and where each record stands in it.
#[derive(Debug)]
pub(crate) struct Unpacked {
    first_sequence: u64,
    root_before: Hash,
    raw: Box<[u8]>,
    /// Where each record begins and ends in `raw`.
    places: Box<[(u32, u32)]>,
}

impl Unpacked {
    /// Takes a frame in.
    ///
    /// # Errors
    /// [`Corrupt`] if its records do not fill it.
    pub(crate) fn of(frame: &Frame<'_>) -> Result<Unpacked, Corrupt> {
        let place = |raw: RawRecord<'_>| {
            // A frame's records have a megabyte at most.
            let begin = u32::try_from(raw.offset).unwrap_or(u32::MAX);
            (begin, begin.saturating_add(u32::try_from(raw.bytes.len()).unwrap_or(u32::MAX)))
        };
        let places = frame.records().map(|raw| raw.map(place)).collect::<Result<_, _>>()?;
        let Frame { first_sequence, root_before, raw, .. } = *frame;
        Ok(Unpacked { first_sequence, root_before, raw: raw.into(), places })
    }

    /// The frame again.
    pub(crate) fn frame(&self) -> Frame<'_> {
        let Unpacked { first_sequence, root_before, raw, places } = self;
        let count = u32::try_from(places.len()).unwrap_or(u32::MAX);
        Frame { first_sequence: *first_sequence, count, root_before: *root_before, raw }
    }

    /// Sequence of the first record.
    pub(crate) fn first_sequence(&self) -> u64 {
        self.first_sequence
    }

    /// Whether the record with this sequence is in it.
    pub(crate) fn holds(&self, sequence: u64) -> bool {
        sequence.checked_sub(self.first_sequence).is_some_and(|at| at < self.places.len() as u64)
    }

    /// The record with this sequence, if it is in it.
    pub(crate) fn record(&self, sequence: u64) -> Option<RawRecord<'_>> {
        let at = usize::try_from(sequence.checked_sub(self.first_sequence)?).ok()?;
        let (begin, end) = *self.places.get(at)?;
        let bytes = self.raw.get(begin as usize..end as usize)?;
        Some(RawRecord { sequence, offset: begin as usize, bytes })
    }

    /// Bytes it takes up.
    pub(crate) fn bytes(&self) -> usize {
        self.raw.len() + size_of_val(&*self.places)
    }
}
