//! The ends of messages that FireFly tells its clients of: each is an event for every topic of its message.
//!
//! Numbers count from 0 in the order of the log, so they are the same whenever they are made.

use lampyris_log::snapshot::{Chunks, SectionReader, SectionWriter, Unfit};

/// The messages that were confirmed or rejected here, in the order in which they were.
#[derive(Debug, Clone, Default)]
pub(super) struct Ends {
    list: Chunks<End>,
    total: u64,
}

/// The end of a message.
#[derive(Debug, Clone, Copy)]
struct End {
    row: u32,
    /// How many events came before: high and low halves, so that 12 bytes are enough.
    before: [u32; 2],
}

impl End {
    const fn before(self) -> u64 {
        let [high, low] = self.before;
        (high as u64) << 32 | low as u64
    }
}

impl Ends {
    /// A message ended, and is told of in so many events.
    pub(super) fn add(&mut self, row: u32, events: usize) {
        let low = u32::try_from(self.total & u64::from(u32::MAX)).unwrap_or_default();
        let high = u32::try_from(self.total >> 32).unwrap_or_default();
        self.list.push(End { row, before: [high, low] });
        self.total += events as u64;
    }

    /// How many events there are.
    pub(super) const fn total(&self) -> u64 {
        self.total
    }

    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.list.len()).unwrap_or(u32::MAX)
    }

    /// The row of an end and the number of its first event.
    pub(super) fn get(&self, number: u32) -> Option<(u32, u64)> {
        self.list.get(number).map(|end| (end.row, end.before()))
    }

    /// The number of the end that an event tells of.
    pub(super) fn of_event(&self, event: u64) -> Option<u32> {
        if event >= self.total {
            return None;
        }
        first(self.len(), |number| self.get(number).is_some_and(|(_, before)| before > event))
            .checked_sub(1)
    }

    pub(super) fn write(&self, out: &mut SectionWriter<'_>) {
        out.u32(self.len());
        for end in self.list.iter() {
            out.u32(end.row);
            out.u64(end.before());
        }
        out.u64(self.total);
    }

    pub(super) fn read(from: &mut SectionReader<'_>, rows: u32) -> Result<Self, Unfit> {
        let (mut ends, mut last) = (Self::default(), None);
        for _ in 0..from.u32()? {
            let (row, before) = (from.u32()?, from.u64()?);
            if row >= rows || last.is_some_and(|last| before < last) {
                return Err(Unfit("holds an event that cannot be"));
            }
            (ends.total, last) = (before, Some(before));
            ends.add(row, 0);
        }
        ends.total = from.u64()?;
        if last.is_some_and(|last| ends.total < last) {
            return Err(Unfit("holds events that cannot be"));
        }
        Ok(ends)
    }
}

/// The first of so many numbers that is past something; the count if none is.
pub(super) fn first(count: u32, is_past: impl Fn(u32) -> bool) -> u32 {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if is_past(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}
