//! The ranges of times and rows that a condition leaves: what is outside need not be looked at.
//!
//! What is inside is looked at all the same.

use std::ops::{Range, RangeInclusive};

use super::namespace::Namespace;
use super::zones::clamped;
use crate::query::{Comparison, Condition, Field};

/// Narrows a range of times to those that meet a condition.
pub(super) fn within(condition: &Condition, field: Field, range: &mut RangeInclusive<i64>) {
    let Some(time) =
        condition.time().filter(|_| condition.field() == field && !condition.is_negated())
    else {
        return;
    };
    let time = clamped(time);
    let (least, most) = match condition.comparison() {
        Comparison::Equal => (time, time),
        Comparison::Greater | Comparison::GreaterOrEqual => (time, i64::MAX),
        Comparison::Less | Comparison::LessOrEqual => (i64::MIN, time),
        Comparison::IsNull
        | Comparison::Contains
        | Comparison::StartsWith
        | Comparison::EndsWith => return,
    };
    *range = (*range.start()).max(least)..=(*range.end()).min(most);
}

/// Narrows a range of rows to those whose sequences meet a condition.
pub(super) fn rows_within(namespace: &Namespace, condition: &Condition, rows: &mut Range<u32>) {
    let number = condition.integer().filter(|_| !condition.is_negated());
    let Some(number) = number.filter(|_| condition.field() == Field::Sequence) else { return };
    // How many rows begin before a number, and up to it.
    let begun = |number: Option<u64>| number.map_or(0, |number| namespace.begun_before(number));
    let before = begun(u64::try_from(number).ok());
    let up_to = begun(u64::try_from(number).ok().map(|number| number.saturating_add(1)));
    let meant = match condition.comparison() {
        Comparison::Equal => before..up_to,
        Comparison::Greater => up_to..u32::MAX,
        Comparison::GreaterOrEqual => before..u32::MAX,
        Comparison::Less => 0..before,
        Comparison::LessOrEqual => 0..up_to,
        Comparison::IsNull
        | Comparison::Contains
        | Comparison::StartsWith
        | Comparison::EndsWith => return,
    };
    let start = rows.start.max(meant.start);
    *rows = start..rows.end.min(meant.end).max(start);
}
