//! Conditions that go together, and which rows meet them.
//!
//! A filter is what a query means, however it was spelled: one evaluator tells what meets it.

use std::fmt;

use super::condition::{Cell, Condition};
use super::field::Field;

/// What a row must meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// All of these; of none, every row does.
    All(Vec<Filter>),
    /// One of these at least.
    Any(Vec<Filter>),
    /// This condition.
    Is(Condition),
}

/// A row that can be asked what it has in a field.
pub trait Fields {
    /// What it has; of a field that its collection has not, nothing.
    fn cell(&self, field: Field) -> Cell<'_>;
}

impl Filter {
    /// What every row meets.
    pub const fn everything() -> Self {
        Self::All(Vec::new())
    }

    /// Whether a row meets it.
    pub fn holds(&self, row: &impl Fields) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(row)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(row)),
            Self::Is(condition) => condition.holds(&row.cell(condition.field())),
        }
    }

    /// Both this and another one.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match self {
            Self::All(mut parts) => {
                parts.push(other);
                Self::All(parts)
            }
            Self::Any(_) | Self::Is(_) => Self::All(vec![self, other]),
        }
    }

    /// These conditions together, or one of them at least.
    pub(super) fn of(conditions: Vec<Condition>, together: bool) -> Option<Self> {
        let mut parts: Vec<Self> = conditions.into_iter().map(Self::Is).collect();
        match (parts.len(), together) {
            (0 | 1, _) => parts.pop(),
            (_, true) => Some(Self::All(parts)),
            (_, false) => Some(Self::Any(parts)),
        }
    }
}

impl From<Condition> for Filter {
    fn from(condition: Condition) -> Self {
        Self::Is(condition)
    }
}

/// A filter as a person reads it.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (parts, between) = match self {
            Self::Is(condition) => return condition.fmt(f),
            Self::All(parts) if parts.is_empty() => return f.write_str("everything"),
            Self::All(parts) => (parts, " and "),
            Self::Any(parts) => (parts, " or "),
        };
        for (number, part) in parts.iter().enumerate() {
            f.write_str(if number == 0 { "" } else { between })?;
            match part {
                Self::Is(condition) => condition.fmt(f)?,
                Self::All(_) | Self::Any(_) => write!(f, "({part})")?,
            }
        }
        Ok(())
    }
}
