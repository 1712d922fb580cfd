//! The order of a list of messages, and what blocks of rows can have to do with its first rows.

use std::cmp::Ordering;

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
    pub(super) row: Row<'v>,
    pub(super) order: &'o Order,
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
