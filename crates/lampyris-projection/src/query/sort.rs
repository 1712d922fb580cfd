//! The order of a list: by which fields, and in which direction.

use std::cmp::Ordering;
use std::fmt;

use super::condition::Cell;
use super::field::Field;

/// One field of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SortBy {
    /// The field.
    pub field: Field,
    /// Whether what is more comes first.
    pub descending: bool,
}

impl SortBy {
    /// What is less comes first.
    pub const fn ascending(field: Field) -> Self {
        Self { field, descending: false }
    }

    /// What is more comes first.
    pub const fn descending(field: Field) -> Self {
        Self { field, descending: true }
    }

    /// How two values stand in this order. A value that is not there counts as more than any other.
    pub fn compare(&self, one: &Cell<'_>, other: &Cell<'_>) -> Ordering {
        let order = order(one, other);
        if self.descending { order.reverse() } else { order }
    }
}

impl fmt::Display for SortBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.descending { "-" } else { "" }, self.field.name())
    }
}

fn order(one: &Cell<'_>, other: &Cell<'_>) -> Ordering {
    match (one, other) {
        (Cell::Text(one), Cell::Text(other)) => one.cmp(other),
        // As upstream compares the one text that it has of them.
        (Cell::Texts(one), Cell::Texts(other)) => one.join(",").cmp(&other.join(",")),
        (Cell::Uuid(one), Cell::Uuid(other)) => one.cmp(other),
        (Cell::Hash(one), Cell::Hash(other)) => one.cmp(other),
        (Cell::Integer(one), Cell::Integer(other)) => one.cmp(other),
        (Cell::Time(one), Cell::Time(other)) => one.cmp(other),
        (one, other) => (*one == Cell::Null).cmp(&(*other == Cell::Null)),
    }
}
