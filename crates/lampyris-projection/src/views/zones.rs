//! What the times of neighbouring rows are at most and at least: whole blocks of rows are left out by that.
//!
//! A block may be taken in that has nothing to find in it, and never left out if it has.

use lampyris_message::Timestamp;
use std::ops::RangeInclusive;

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
            self.0.push(Zone { created: Span::EMPTY, confirmed: Span::EMPTY, open: 0 });
        }
        let Some(zone) = self.0.last_mut() else { return };
        zone.created.add(created.map_or(i64::MAX, clamped));
        zone.open += 1;
        if let Some(confirmed) = confirmed {
            self.end(row, confirmed);
        }
    }

    /// A row became final.
    pub(super) fn end(&mut self, row: u32, confirmed: Timestamp) {
        if let Some(zone) = self.0.get_mut((row / ZONE) as usize) {
            zone.confirmed.add(clamped(confirmed));
            zone.open = zone.open.saturating_sub(1);
        }
    }

    /// The blocks, each with its first row.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (u32, &Zone)> {
        self.0.iter().enumerate().map(|(number, zone)| {
            (u32::try_from(number).unwrap_or(u32::MAX).saturating_mul(ZONE), zone)
        })
    }
}
