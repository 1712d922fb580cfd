//! What the times of neighbouring rows are at most and at least: whole blocks of rows are left out by that.
//!
//! A block may be taken in that has nothing to find in it, and never left out if it has.

use lampyris_message::Timestamp;
use std::ops::{Range, RangeInclusive};

/// Rows in a block.
pub(super) const ZONE: u32 = 1024;

/// The blocks of a namespace.
#[derive(Debug, Default)]
pub(super) struct Zones(Vec<Zone>);

/// A block of rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Zone {
    pub(super) created: Span,
    pub(super) confirmed: Span,
    /// How many of its rows have no time at which they became final.
    pub(super) open: u32,
    /// The most that is in it and in the blocks before it.
    pub(super) created_so_far: i64,
    pub(super) confirmed_so_far: i64,
}

/// From the least to the most of some times; empty if there was none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) least: i64,
    pub(super) most: i64,
}

impl Span {
    const EMPTY: Self = Self { least: i64::MAX, most: i64::MIN };

    fn add(&mut self, time: i64) {
        (self.least, self.most) = (self.least.min(time), self.most.max(time));
    }

    /// Whether it may have a time in a range.
    pub(super) fn meets(self, range: &RangeInclusive<i64>) -> bool {
        self.least <= *range.end() && *range.start() <= self.most
    }
}

/// A time in nanoseconds since 1970; one that does not fit counts as the least or the most that does.
pub(super) fn clamped(time: Timestamp) -> i64 {
    let out = if time.unix_seconds() < 0 { i64::MIN } else { i64::MAX };
    time.unix_nanos_exact().unwrap_or(out)
}

impl Zones {
    /// Takes in the next row.
    pub(super) fn begin(
        &mut self,
        row: u32,
        created: Option<Timestamp>,
        confirmed: Option<Timestamp>,
    ) {
        if row.is_multiple_of(ZONE) {
            let last = self.0.last();
            let (created_so_far, confirmed_so_far) = last
                .map_or((i64::MIN, i64::MIN), |last| (last.created_so_far, last.confirmed_so_far));
            let (created, confirmed) = (Span::EMPTY, Span::EMPTY);
            self.0.push(Zone { created, confirmed, open: 0, created_so_far, confirmed_so_far });
        }
        let Some(zone) = self.0.last_mut() else { return };
        let created = created.map_or(i64::MAX, clamped);
        zone.created.add(created);
        zone.created_so_far = zone.created_so_far.max(created);
        zone.open += 1;
        if let Some(confirmed) = confirmed {
            self.end(row, confirmed);
        }
    }

    /// A row became final.
    pub(super) fn end(&mut self, row: u32, confirmed: Timestamp) {
        let Some((zone, later)) =
            self.0.get_mut((row / ZONE) as usize..).and_then(|rest| rest.split_first_mut())
        else {
            return;
        };
        let confirmed = clamped(confirmed);
        zone.confirmed.add(confirmed);
        zone.open = zone.open.saturating_sub(1);
        // What is so far only grows from block to block: the first that has as much ends it.
        for zone in [zone].into_iter().chain(later) {
            if zone.confirmed_so_far >= confirmed {
                break;
            }
            zone.confirmed_so_far = confirmed;
        }
    }

    /// The block with a number.
    pub(super) fn get(&self, number: u32) -> Option<&Zone> {
        self.0.get(number as usize)
    }

    /// The blocks that rows of a range are in, each with its first row.
    pub(super) fn of(&self, rows: &Range<u32>) -> impl DoubleEndedIterator<Item = (u32, &Zone)> {
        let first = rows.start / ZONE;
        let numbers = first as usize..rows.end.div_ceil(ZONE) as usize;
        let zones = self.0.get(numbers).unwrap_or_default();
        zones.iter().enumerate().map(move |(number, zone)| {
            let number = u32::try_from(number).unwrap_or(u32::MAX).saturating_add(first);
            (number.saturating_mul(ZONE), zone)
        })
    }
}
