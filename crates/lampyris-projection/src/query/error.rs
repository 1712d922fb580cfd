//! What can be wrong with a query, with upstream's codes and texts, and where in it.
//!
//! Only the query is judged here; what a log cannot answer is told by whoever reads it.

use std::ops::Range;

use lampyris_message::ScalarError;

use super::field::{Field, Kind};

/// Why a query makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct QueryError {
    /// What is wrong.
    pub fault: Fault,
    /// Where: bytes of the text that was given, or of the value if names and values were given apart.
    pub at: Range<usize>,
}

/// What is wrong with a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// There is no such field, nor such a parameter.
    #[error("FF00142: Unknown filter '{name}'")]
    Unknown {
        /// The name as it was given.
        name: String,
    },
    /// The value is none of the field's.
    #[error("FF00143: Unable to parse value for filter '{}': {why}", .field.name())]
    Value {
        /// The field.
        field: Field,
        /// What is wrong with it.
        why: WrongValue,
    },
    /// Null is only compared for equality.
    #[error("FF00144: Comparison operator for field '{}' cannot accept a null value", .field.name())]
    Null {
        /// The field.
        field: Field,
    },
    /// Parts of values, and values of any case, are only asked for of texts.
    #[error(
        "FF00145: Field '{}' of type '{kind}' does not support partial or case-insensitive string matching",
        .field.name()
    )]
    NoText {
        /// The field.
        field: Field,
        /// What its values are.
        kind: Kind,
    },
    /// More rows are skipped than are allowed.
    #[error("FF00191: You have reached the maximum pagination limit for this query ({})", grouped(*.max))]
    Skip {
        /// How many are allowed.
        max: u64,
    },
    /// More rows are asked for than are allowed.
    #[error("FF00192: Your query exceeds the maximum filter limit ({})", grouped(*.max))]
    Limit {
        /// How many are allowed.
        max: u64,
    },
    /// An order cannot be negated, nor look past the case, nor be asked of null.
    #[error("FF00193: Operation '{operator}' on '{}' does not support modifiers", .field.name())]
    Modifiers {
        /// The field.
        field: Field,
        /// The operator.
        operator: &'static str,
    },
    /// A list cannot be sorted by this.
    #[error("cannot sort by '{name}'")]
    Sort {
        /// The name as it was given.
        name: String,
    },
    /// The place to go on after is of another query, another log, or none at all.
    #[error("'after' {0}")]
    Cursor(&'static str),
    /// A parameter has no value where it needs one, or more than one.
    #[error("'{name}' {rule}")]
    Parameter {
        /// Its name.
        name: &'static str,
        /// What it must be.
        rule: &'static str,
    },
    /// After a percent sign there are two digits of base 16.
    #[error("a percent sign is not followed by two hexadecimal digits")]
    Percent,
    /// What percent signs spell is no UTF-8.
    #[error("what the percent signs spell is not UTF-8")]
    Utf8,
}

/// Why a text is none of a field's values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WrongValue {
    /// It is no whole number.
    #[error(
        "FF00105: Failed to restore type 'string' into 'int64': strconv.ParseInt: parsing \"{text}\": invalid syntax"
    )]
    Integer {
        /// The text.
        text: String,
    },
    /// It is a whole number that 64 bits cannot hold.
    #[error(
        "FF00105: Failed to restore type 'string' into 'int64': strconv.ParseInt: parsing \"{text}\": value out of range"
    )]
    Range {
        /// The text.
        text: String,
    },
    /// It is no moment.
    #[error(transparent)]
    Time(#[from] ScalarError),
}

impl Fault {
    /// Upstream's code, if upstream has this fault.
    pub const fn code(&self) -> Option<&'static str> {
        Some(match self {
            Self::Unknown { .. } => "FF00142",
            Self::Value { .. } => "FF00143",
            Self::Null { .. } => "FF00144",
            Self::NoText { .. } => "FF00145",
            Self::Skip { .. } => "FF00191",
            Self::Limit { .. } => "FF00192",
            Self::Modifiers { .. } => "FF00193",
            Self::Sort { .. }
            | Self::Cursor(_)
            | Self::Parameter { .. }
            | Self::Percent
            | Self::Utf8 => return None,
        })
    }

    pub(super) const fn at(self, at: Range<usize>) -> QueryError {
        QueryError { fault: self, at }
    }
}

/// A number with commas between its thousands, as upstream prints it.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
