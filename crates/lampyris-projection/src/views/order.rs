//! The order of a list of messages, and what blocks of rows can have to do with its first rows.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::row::Row;
use super::zones::{Zone, clamped};
use crate::query::{Field, Fields, SortBy};

/// The order of a list; rows that it leaves equal stand in the order of the log, or against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Order(Vec<SortBy>);

impl Order {
    /// The order that is asked for, or upstream's own: what is not final first, then what became final last.
    pub(super) fn of(sort: &[SortBy]) -> Self {
        if sort.is_empty() {
            Self(vec![SortBy::descending(Field::Confirmed), SortBy::descending(Field::Created)])
        } else {
            Self(sort.to_vec())
        }
    }

    fn is_descending(&self) -> bool {
        self.0.last().is_some_and(|last| last.descending)
    }

    /// The direction, if it is the order of the log or against it.
    pub(super) fn along_log(&self) -> Option<bool> {
        self.0.first().filter(|first| first.field == Field::Sequence).map(|first| first.descending)
    }

    pub(super) fn compare(&self, one: &Row<'_>, other: &Row<'_>) -> Ordering {
        for by in &self.0 {
            let order = by.compare(&one.cell(by.field), &other.cell(by.field));
            if order.is_ne() {
                return order;
            }
        }
        let order = one.at.number().cmp(&other.at.number());
        if self.is_descending() { order.reverse() } else { order }
    }

    /// The fields at the front of the order that blocks of rows know something of.
    fn times(&self) -> impl Iterator<Item = &SortBy> {
        self.0.iter().take_while(|by| matches!(by.field, Field::Created | Field::Confirmed))
    }

    /// Where the first row of a block can stand at best, and the last one at worst.
    pub(super) fn bounds(&self, zone: &Zone, is_now: bool) -> (Place, Place) {
        let (mut best, mut worst) = (Place::default(), Place::default());
        for (at, by) in self.times().enumerate().take(PARTS) {
            let (least, most) = if by.field == Field::Created {
                (zone.created.least, zone.created.most)
            } else if zone.open > 0 || !is_now {
                (zone.confirmed.least, i64::MAX)
            } else {
                (zone.confirmed.least, zone.confirmed.most)
            };
            best.set(at, if by.descending { most } else { least }, by.descending);
            worst.set(at, if by.descending { least } else { most }, by.descending);
        }
        (best, worst)
    }

    /// Whether what blocks know of comes first the more it is.
    pub(super) fn falls(&self) -> bool {
        self.times().next().is_some() && self.times().all(|by| by.descending)
    }

    /// Whether the first thing that tells rows apart is when they became final.
    pub(super) fn is_by_end(&self) -> bool {
        self.0.first().is_some_and(|first| first.field == Field::Confirmed)
    }

    /// Where the first row of a block, or of one before it, can stand at best in an order that falls; `open` says that
    /// one of them may have no time at which it became final.
    pub(super) fn best_so_far(&self, zone: &Zone, open: bool) -> Place {
        let mut best = Place::default();
        for (at, by) in self.times().enumerate().take(PARTS) {
            let most = if by.field == Field::Created {
                zone.created_so_far
            } else if open {
                i64::MAX
            } else {
                zone.confirmed_so_far
            };
            best.set(at, most, true);
        }
        best
    }

    /// Where a row stands, as far as blocks are compared.
    pub(super) fn place(&self, row: &Row<'_>) -> Place {
        let mut place = Place::default();
        for (at, by) in self.times().enumerate().take(PARTS) {
            let time = if by.field == Field::Created { row.created() } else { row.confirmed() };
            place.set(at, time.map_or(i64::MAX, clamped), by.descending);
        }
        place
    }
}

/// How many fields blocks are compared by.
const PARTS: usize = 2;

/// A place in an order, as far as it goes by times: what is less comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Place([i64; PARTS]);

impl Place {
    fn set(&mut self, at: usize, time: i64, descending: bool) {
        if let Some(place) = self.0.get_mut(at) {
            // The complement turns the order round without leaving the numbers there are.
            *place = if descending { !time } else { time };
        }
    }
}

/// A row with the order that it is ranked by: the last one is the greatest.
pub(super) struct Ranked<'v, 'o> {
    row: Row<'v>,
    order: &'o Order,
}

impl Ord for Ranked<'_, '_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order.compare(&self.row, &other.row)
    }
}

impl PartialOrd for Ranked<'_, '_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked<'_, '_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ranked<'_, '_> {}

/// The first rows of a list, as far as they were found.
pub(super) struct First<'v, 'o> {
    pub(super) rows: BinaryHeap<Ranked<'v, 'o>>,
    pub(super) wanted: usize,
    pub(super) order: &'o Order,
}

impl<'v> First<'v, '_> {
    /// Takes in rows, and lets go of those that are not among the first any more.
    pub(super) fn add(&mut self, rows: impl Iterator<Item = Row<'v>>) {
        for row in rows {
            let ranked = Ranked { row, order: self.order };
            if self.rows.len() < self.wanted {
                self.rows.push(ranked);
            } else if let Some(mut last) = self.rows.peek_mut()
                && ranked < *last
            {
                *last = ranked;
            }
        }
    }

    /// Whether nothing that stands there at best is among the first.
    pub(super) fn is_ahead_of(&self, best: Place) -> bool {
        self.rows.len() >= self.wanted
            && self.rows.peek().is_some_and(|last| best > self.order.place(&last.row))
    }

    pub(super) fn into_rows(self) -> Vec<Row<'v>> {
        self.rows.into_sorted_vec().into_iter().map(|ranked| ranked.row).collect()
    }
}

/// A block of rows: the one whose first row can stand first is the greatest.
#[derive(PartialEq, Eq)]
pub(super) struct Block {
    pub(super) best: Place,
    pub(super) first: u32,
}

impl Ord for Block {
    fn cmp(&self, other: &Self) -> Ordering {
        other.best.cmp(&self.best).then(self.first.cmp(&other.first))
    }
}

impl PartialOrd for Block {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
