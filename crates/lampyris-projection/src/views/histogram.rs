//! How many messages began, or became final, in each of equal spans of time: by type and by state.
//!
//! Counts only; how they are drawn is for whoever shows them.

use std::collections::BTreeMap;
use std::ops::Range;

use lampyris_message::{MessageState, Timestamp};

use super::Views;
use super::select::SelectError;
use crate::query::{Condition, Field, Filter, Query};

/// Messages over time.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Histogram {
    /// The spans, one after the other.
    pub buckets: Vec<Bucket>,
    /// How many records of the log it reflects.
    pub position: u64,
}

/// One span of time.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bucket {
    /// Where it begins, in nanoseconds since the Unix epoch.
    pub start: i128,
    /// How many messages are in it.
    pub count: u64,
    /// How many of each type.
    pub types: BTreeMap<String, u64>,
    /// How many in each state, in the order of the life of a message.
    pub states: BTreeMap<MessageState, u64>,
}

/// A moment in nanoseconds since the Unix epoch.
pub(crate) fn nanos(time: Timestamp) -> i128 {
    i128::from(time.unix_seconds()) * 1_000_000_000 + i128::from(time.subsec_nanos())
}

impl Views {
    /// Counts the messages that a query asks for in so many spans of equal length, by one of their two times.
    /// The last moment of the range is in it; what has no such time, or one outside, is not counted.
    ///
    /// # Errors
    /// As [`select`](Self::select).
    pub fn histogram(
        &self,
        namespace: &str,
        query: &Query,
        by: Field,
        range: Range<Timestamp>,
        buckets: u32,
    ) -> Result<Histogram, SelectError> {
        let (begin, end, count) =
            (nanos(range.start), nanos(range.end), i128::from(buckets.max(1)));
        let length = (end - begin).max(1);
        let empty = |number: i128| Bucket {
            // Rounded up: a time is in the last bucket that begins by then.
            start: begin + (length * number + count - 1) / count,
            count: 0,
            types: BTreeMap::new(),
            states: BTreeMap::new(),
        };
        let mut found: Vec<Bucket> = (0..count).map(empty).collect();
        let within = [(">=", range.start), ("<=", range.end)].map(|(order, time)| {
            // A time as it is written is read again.
            Condition::parse(by, &format!("{order}{time}")).map(Filter::from)
        });
        let within = within.into_iter().flatten().fold(query.filter.clone(), Filter::and);
        let sort = vec![crate::query::SortBy::ascending(Field::Sequence)];
        let all = Query { filter: within, sort, skip: 0, limit: 0, count: false, ..query.clone() };
        let selection = self.select(namespace, &all)?;
        for row in &selection.rows {
            let time = if by == Field::Confirmed { row.confirmed() } else { row.created() };
            let Some(time) = time.map(nanos).filter(|time| (begin..=end).contains(time)) else {
                continue;
            };
            let at = usize::try_from(((time - begin) * count / length).min(count - 1))
                .unwrap_or_default();
            let Some(bucket) = found.get_mut(at) else { continue };
            bucket.count += 1;
            match bucket.types.get_mut(row.message_type()) {
                Some(count) => *count += 1,
                None => drop(bucket.types.insert(row.message_type().to_owned(), 1)),
            }
            *bucket.states.entry(row.state()).or_default() += 1;
        }
        Ok(Histogram { buckets: found, position: selection.position })
    }

    /// From when to when the messages of a namespace have such a time; nothing if none has.
    pub fn span(&self, namespace: &str, by: Field) -> Option<Range<Timestamp>> {
        let mut span: Option<Range<Timestamp>> = None;
        for row in self.list(namespace, None, None) {
            let time = if by == Field::Confirmed { row.confirmed() } else { row.created() };
            let Some(time) = time else { continue };
            span = Some(match span {
                None => time..time,
                Some(Range { start, end }) => start.min(time)..end.max(time),
            });
        }
        span
    }
}
