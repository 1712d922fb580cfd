//! Answering a query about what is numbered in the order in which it came: FireFly's events, and data elements.
//!
//! What came never changes, so a position is a count.

use std::cmp::Ordering;

use super::select::{SelectError, sorted};
use crate::query::{Cursor, Field, Fields, Query, SortBy, list_of};

/// A page of a list, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listing<R> {
    /// The rows of this page.
    pub rows: Vec<R>,
    /// How many rows meet the filter on all pages, if that was asked.
    pub total: Option<u64>,
    /// How many records of the log the answer reflects.
    pub position: u64,
    /// Where the list goes on, if it does.
    pub next: Option<Cursor>,
}

/// What is listed.
pub(super) struct Numbered<'a, R> {
    /// What tells it from other lists.
    pub(super) name: &'a str,
    /// How many there are.
    pub(super) count: u64,
    /// The numbers of those that can meet the filter, in order; all of them if nothing is known.
    pub(super) candidates: Option<Vec<u64>>,
    /// The one with a number.
    pub(super) get: &'a dyn Fn(u64) -> Option<R>,
}

impl<R: Fields> Numbered<'_, R> {
    pub(super) fn list(self, query: &Query, position: u64) -> Result<Listing<R>, SelectError> {
        let list = list_of(&[self.name, &query.filter.to_string(), &sorted(query)]);
        if query.after.is_some_and(|after| after.list != list) {
            return Err(SelectError::OtherList);
        }
        let after = query.after.map(|after| after.last);
        if after.is_some_and(|after| after >= self.count) {
            return Err(SelectError::NoSuchRow);
        }
        let numbers: Vec<u64> = match self.candidates {
            Some(candidates) => {
                candidates.into_iter().filter(|number| *number < self.count).collect()
            }
            None => (0..self.count).collect(),
        };
        let get = self.get;
        let met = |number: u64| {
            get(number).filter(|row| query.filter.holds(row)).map(|row| (number, row))
        };
        let default = [SortBy::descending(Field::Sequence)];
        let sort = if query.sort.is_empty() { &default } else { query.sort.as_slice() };
        let descending = sort.last().is_some_and(|last| last.descending);
        let limit = if query.limit == 0 { u64::MAX } else { query.limit };
        let (skip, limit) = (size(query.skip), size(limit));
        let wanted = skip.saturating_add(limit).saturating_add(1);
        let by_number = sort.first().is_some_and(|first| first.field == Field::Sequence);
        let comes = |number: u64| match after {
            Some(after) if sort.first().is_some_and(|first| first.descending) => number < after,
            Some(after) => number > after,
            None => true,
        };
        let mut rows: Vec<(u64, R)> = if by_number {
            let rest = numbers.iter().copied().filter(|number| comes(*number));
            if sort.first().is_some_and(|first| first.descending) {
                rest.rev().filter_map(met).take(wanted).collect()
            } else {
                rest.filter_map(met).take(wanted).collect()
            }
        } else {
            let compare = |one: &(u64, R), other: &(u64, R)| compare(sort, descending, one, other);
            let mut rows: Vec<(u64, R)> = numbers.iter().copied().filter_map(met).collect();
            rows.sort_by(compare);
            if let Some(after) = after.and_then(|after| get(after).map(|row| (after, row))) {
                rows.retain(|row| compare(row, &after).is_gt());
            }
            rows.truncate(wanted);
            rows
        };
        let mut shown = rows.split_off(skip.min(rows.len()));
        let more = shown.len() > limit;
        shown.truncate(limit);
        let end = shown.last().filter(|_| more).map(|(number, _)| *number);
        let next = end.map(|last| Cursor { position, last, list });
        let total =
            query.count.then(|| numbers.iter().filter_map(|number| met(*number)).count() as u64);
        Ok(Listing { rows: shown.into_iter().map(|(_, row)| row).collect(), total, position, next })
    }
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn compare<R: Fields>(
    sort: &[SortBy],
    descending: bool,
    one: &(u64, R),
    other: &(u64, R),
) -> Ordering {
    for by in sort {
        let order = by.compare(&one.1.cell(by.field), &other.1.cell(by.field));
        if order.is_ne() {
            return order;
        }
    }
    let order = one.0.cmp(&other.0);
    if descending { order.reverse() } else { order }
}
