//! Answering a query about messages: from what indexes leave, in order, as the rows were at one position.
//!
//! The answer is what [`Filter::holds`](crate::query::Filter::holds) says of each row; how it is come by is told too.

use std::borrow::Cow;
use std::collections::BinaryHeap;
use std::ops::{Range, RangeInclusive};

use roaring::RoaringBitmap;

use super::Listing;
use super::Views;
use super::at::At;
use super::bounds::{rows_within, within};
use super::namespace::Namespace;
use super::narrow::{Narrowed, Told};
use super::order::{Block, First, Order};
use super::row::Row;
use super::zones::{ZONE, Zone};
use crate::query::{Cursor, Field, Filter, Query, list_of};

/// What a query about messages is answered with.
pub type Selection<'v> = Listing<Row<'v>>;

/// How a query is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Plan {
    /// How each part of the filter is answered.
    pub parts: Vec<Told>,
    /// How many rows there are.
    pub rows: u64,
    /// How many of them the indexes leave.
    pub left: u64,
    /// In how many blocks these are after the times of blocks were looked at, and of how many.
    pub blocks: (u64, u64),
}

/// Why a query cannot be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SelectError {
    /// The place to go on after is of another list.
    #[error("'after' is of another list: of another namespace, filter or order")]
    OtherList,
    /// The place to go on after is none in this log.
    #[error("'after' names no message of this log")]
    NoSuchRow,
    /// What is asked for is not reflected yet.
    #[error("position {position} is asked for, and {size} records are reflected")]
    Ahead {
        /// What is asked for.
        position: u64,
        /// What is reflected.
        size: u64,
    },
}

/// A query with all that is known of how to answer it.
struct Search<'v, 'q> {
    namespace: &'v Namespace,
    order: Order,
    position: u64,
    is_now: bool,
    /// The rows that had begun by then and stand where the filter says.
    rows: Range<u32>,
    narrowed: Narrowed<'v>,
    /// The first of the sets that all rows are in.
    driver: Option<Cow<'v, RoaringBitmap>>,
    /// Times that all rows are within.
    created: RangeInclusive<i64>,
    confirmed: RangeInclusive<i64>,
    after: Option<Row<'v>>,
    query: &'q Query,
}

impl Views {
    /// Answers a query about the messages of a namespace.
    ///
    /// # Errors
    /// [`SelectError`] if the query is for a place or a position that these views do not have.
    pub fn select(&self, namespace: &str, query: &Query) -> Result<Selection<'_>, SelectError> {
        let position = self.position_of(query)?;
        let list = || list_of(&[namespace, &query.filter.to_string(), &sorted(query)]);
        if query.after.is_some_and(|after| after.list != list()) {
            return Err(SelectError::OtherList);
        }
        let Some(found) = self.namespace(namespace) else {
            let total = query.count.then_some(0);
            return Ok(Selection { rows: Vec::new(), total, position, next: None });
        };
        let search = Search::new(found, query, position, self.size)?;
        let total = query.count.then(|| search.total());
        let (rows, more) = search.page();
        let end = rows.last().filter(|_| more);
        let next = end.map(|row| Cursor { position, last: row.first(), list: list() });
        Ok(Selection { rows, total, position, next })
    }

    /// Says how a query is answered.
    ///
    /// # Errors
    /// As [`select`](Self::select).
    pub fn explain_query(&self, namespace: &str, query: &Query) -> Result<Plan, SelectError> {
        let position = self.position_of(query)?;
        let Some(found) = self.namespace(namespace) else {
            return Ok(Plan { parts: Vec::new(), rows: 0, left: 0, blocks: (0, 0) });
        };
        let search = Search::new(found, query, position, self.size)?;
        let blocks = search.blocks().count() as u64;
        let all = u64::from(found.len().div_ceil(ZONE));
        let there = search.rows.clone();
        let all_there = there.len() as u64;
        let left = search.driver.as_ref().map_or(all_there, |rows| rows.range_cardinality(there));
        Ok(Plan {
            parts: search.narrowed.told(&query.filter),
            rows: u64::from(found.len()),
            left,
            blocks: (blocks, all),
        })
    }

    /// The row of a message as it was after so many records; `None` if it had not begun by then.
    pub fn row_at(
        &self,
        namespace: &str,
        id: lampyris_message::MessageId,
        position: u64,
    ) -> Option<Row<'_>> {
        let (number, row) = self.find(namespace, id)?;
        let namespace = self.namespaces.get(number)?;
        At::new(namespace, row.ok()?, position.min(self.size)).map(|at| Row { at })
    }

    pub(super) fn position_of(&self, query: &Query) -> Result<u64, SelectError> {
        let asked = query.after.map(|after| after.position).or(query.at);
        match asked {
            Some(position) if position > self.size => {
                Err(SelectError::Ahead { position, size: self.size })
            }
            _ => Ok(asked.unwrap_or(self.size)),
        }
    }
}

/// The order as it is spelled.
pub(super) fn sorted(query: &Query) -> String {
    query.sort.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

impl<'v, 'q> Search<'v, 'q> {
    fn new(
        namespace: &'v Namespace,
        query: &'q Query,
        position: u64,
        size: u64,
    ) -> Result<Self, SelectError> {
        let is_now = position >= size;
        let mut narrowed = Narrowed::of(namespace, &query.filter, is_now);
        let driver = (!narrowed.sets.is_empty()).then(|| narrowed.sets.remove(0));
        let (mut created, mut confirmed) = (i64::MIN..=i64::MAX, i64::MIN..=i64::MAX);
        let mut rows = 0..namespace.begun_before(position);
        for part in &narrowed.left {
            if let Filter::Is(condition) = part {
                within(condition, Field::Created, &mut created);
                within(condition, Field::Confirmed, &mut confirmed);
                rows_within(namespace, condition, &mut rows);
            }
        }
        let after = match query.after {
            None => None,
            Some(after) => {
                Some(row_of(namespace, after.last, position).ok_or(SelectError::NoSuchRow)?)
            }
        };
        let order = Order::of(&query.sort);
        Ok(Self {
            namespace,
            order,
            position,
            is_now,
            rows,
            narrowed,
            driver,
            created,
            confirmed,
            after,
            query,
        })
    }

    fn row(&self, number: u32) -> Option<Row<'v>> {
        At::new(self.namespace, number, self.position).map(|at| Row { at })
    }

    /// The row with a number, if it meets the filter.
    fn met(&self, number: u32) -> Option<Row<'v>> {
        if self.narrowed.sets.iter().any(|set| !set.contains(number)) {
            return None;
        }
        let row = self.row(number)?;
        self.narrowed.left.iter().all(|filter| filter.holds(&row)).then_some(row)
    }

    /// The blocks that may have rows of the answer, as far as their times tell.
    fn blocks(&self) -> impl DoubleEndedIterator<Item = (u32, &'v Zone)> {
        let is_by_end = self.confirmed != (i64::MIN..=i64::MAX);
        let zones = self.namespace.zones.of(&self.rows);
        zones.filter(move |(_, zone)| {
            zone.created.meets(&self.created)
                && (!is_by_end || zone.confirmed.meets(&self.confirmed))
        })
    }

    /// The rows that can meet the filter, if they are so few that blocks need not be looked at.
    fn few(&self) -> Option<impl DoubleEndedIterator<Item = u32>> {
        let driver = self.driver.as_ref().filter(|rows| rows.len() <= u64::from(ZONE))?;
        Some(driver.range(self.rows.clone()))
    }

    fn rows_of(&self, first: u32) -> Range<u32> {
        first.max(self.rows.start)..first.saturating_add(ZONE).min(self.rows.end)
    }

    /// The rows of a block that meet the filter.
    fn of_block(&self, first: u32) -> impl DoubleEndedIterator<Item = Row<'v>> {
        let range = self.rows_of(first);
        let (driven, all) = match &self.driver {
            Some(rows) => (Some(rows.range(range)), 0..0),
            None => (None, range),
        };
        driven.into_iter().flatten().chain(all).filter_map(|number| self.met(number))
    }

    /// How many rows meet the filter.
    fn total(&self) -> u64 {
        if self.narrowed.left.is_empty() {
            let Some(driver) = &self.driver else { return self.rows.len() as u64 };
            if self.narrowed.sets.is_empty() {
                return driver.range_cardinality(self.rows.clone());
            }
        }
        match self.few() {
            Some(few) => few.filter_map(|number| self.met(number)).count() as u64,
            None => self.blocks().map(|(first, _)| self.of_block(first).count() as u64).sum(),
        }
    }

    /// The rows of the page, and whether there may be more.
    fn page(&self) -> (Vec<Row<'v>>, bool) {
        let limit = if self.query.limit == 0 { u64::MAX } else { self.query.limit };
        // One more than is shown, to know whether the list goes on.
        let wanted = self.query.skip.saturating_add(limit).saturating_add(1);
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
        let mut rows = match self.order.along_log() {
            Some(descending) => self.along_log(wanted, descending),
            None => self.best(wanted),
        };
        let skip = usize::try_from(self.query.skip).unwrap_or(usize::MAX).min(rows.len());
        let mut shown = rows.split_off(skip);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = shown.len() > limit;
        shown.truncate(limit);
        (shown, more)
    }

    /// The first rows in the order of the log, or against it.
    fn along_log(&self, wanted: usize, descending: bool) -> Vec<Row<'v>> {
        let comes = |row: &Row<'v>| self.comes(row);
        if let Some(few) = self.few() {
            let rows = few.filter_map(|number| self.met(number));
            return if descending {
                rows.rev().filter(comes).take(wanted).collect()
            } else {
                rows.filter(comes).take(wanted).collect()
            };
        }
        let last = self.after.map(|after| after.at.number());
        // Whole blocks before the place to go on after are not looked at.
        let is_ahead = |first: u32| match last {
            Some(last) if descending => first <= last,
            Some(last) => first.saturating_add(ZONE) > last,
            None => true,
        };
        let blocks = self.blocks().map(|(first, _)| first).filter(|first| is_ahead(*first));
        if descending {
            let rows = blocks.rev().flat_map(|first| self.of_block(first).rev());
            rows.filter(comes).take(wanted).collect()
        } else {
            blocks.flat_map(|first| self.of_block(first)).filter(comes).take(wanted).collect()
        }
    }

    /// Whether a row comes behind the one to go on after.
    fn comes(&self, row: &Row<'v>) -> bool {
        self.after.as_ref().is_none_or(|after| self.order.compare(row, after).is_gt())
    }

    /// The first rows in any order: block by block, as long as one can have a row among them.
    fn best(&self, wanted: usize) -> Vec<Row<'v>> {
        let mut first = First { rows: BinaryHeap::new(), wanted, order: &self.order };
        let rows = |block: u32| self.of_block(block).filter(|row| self.comes(row));
        if let Some(few) = self.few() {
            // So few that all of them are wanted are not worth asking which blocks can be left out.
            let is_more = || self.driver.as_ref().is_some_and(|rows| rows.len() > wanted as u64);
            let zones = (self.order.falls() && is_more()).then(|| self.may_be_open());
            let mut seen = u32::MAX;
            // The newest first: once they are ahead of a block, they are ahead of all before it.
            for number in few.rev() {
                let block = number / ZONE;
                if let Some(open) = zones
                    && block != std::mem::replace(&mut seen, block)
                    && let Some(zone) = self.namespace.zones.get(block)
                    && first.is_ahead_of(self.order.best_so_far(zone, open))
                {
                    break;
                }
                first.add(self.met(number).into_iter().filter(|row| self.comes(row)));
            }
            return first.into_rows();
        }
        let after = self.after.as_ref().map(|after| self.order.place(after));
        // A block that stands before the place to go on after as a whole is not looked at.
        let is_ahead =
            |zone: &Zone| after.is_none_or(|after| self.order.bounds(zone, self.is_now).1 >= after);
        let blocks = self.blocks().filter(|(_, zone)| is_ahead(zone));
        if self.order.falls() {
            let open = self.may_be_open();
            for (block, zone) in blocks.rev() {
                if first.is_ahead_of(self.order.best_so_far(zone, open)) {
                    break;
                }
                first.add(rows(block).rev());
            }
        } else {
            let block = |(first, zone): (u32, &Zone)| Block {
                best: self.order.bounds(zone, self.is_now).0,
                first,
            };
            let mut blocks: BinaryHeap<Block> = blocks.map(block).collect();
            while let Some(block) = blocks.pop() {
                if first.is_ahead_of(block.best) {
                    break;
                }
                first.add(rows(block.first));
            }
        }
        first.into_rows()
    }

    /// Whether a row that meets the filter may have no time at which it became final.
    fn may_be_open(&self) -> bool {
        let open = &self.namespace.open;
        let is_apart = |rows: &RoaringBitmap| rows.is_disjoint(open);
        let sets = self.driver.iter().chain(&self.narrowed.sets);
        !self.is_now || !self.order.is_by_end() || !sets.into_iter().any(|rows| is_apart(rows))
    }
}

/// The row of the message whose first event has a sequence.
fn row_of(namespace: &Namespace, first: u64, position: u64) -> Option<Row<'_>> {
    let number = namespace.begun_before(first);
    let at = At::new(namespace, number, position)?;
    (at.slot().first == first).then_some(Row { at })
}
