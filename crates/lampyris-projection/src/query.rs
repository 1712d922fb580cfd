//! What can be asked of views: FireFly's filter language, with its defects fixed and more to page by.
//!
//! One parser, one expression, one evaluator. What answers a query, and how fast, is not here: [`Filter::holds`] says
//! what the answer is.

mod condition;
mod cursor;
mod error;
mod field;
mod filter;
mod parse;
mod sort;

pub use condition::{Cell, Comparison, Condition, moment};
pub(crate) use cursor::list_of;
pub use cursor::{Cursor, NoCursor};
pub use error::{Fault, QueryError, WrongValue};
pub use field::{Collection, Field, Kind};
pub use filter::{Fields, Filter};
pub use sort::SortBy;

use parse::Parameter;

/// What is asked of a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// What a row must meet.
    pub filter: Filter,
    /// The order; of none, the collection's own.
    pub sort: Vec<SortBy>,
    /// How many rows to leave out first.
    pub skip: u64,
    /// How many rows at most; 0 means all.
    pub limit: u64,
    /// Whether to count all rows that meet the filter.
    pub count: bool,
    /// Where to go on, in the list as it was then.
    pub after: Option<Cursor>,
    /// How many records of the log to reflect; of none, all that are reflected.
    pub at: Option<u64>,
}

/// What is allowed in a query beyond what makes sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// How many rows are meant where nothing is said.
    pub limit: u64,
    /// How many rows may be asked for at once.
    pub max_limit: Option<u64>,
    /// How many rows may be left out.
    pub max_skip: Option<u64>,
    /// Whether unknown names, and numbers that are none, are refused, and not ignored.
    pub refuses_unknown: bool,
}

impl Rules {
    /// Upstream's rules, with its defaults: unknown names are ignored, pages and skips are capped.
    pub const UPSTREAM: Self =
        Self { limit: 25, max_limit: Some(250), max_skip: Some(1_000), refuses_unknown: false };

    /// Nothing is capped, and what is not understood is refused.
    pub const STRICT: Self =
        Self { limit: 25, max_limit: None, max_skip: None, refuses_unknown: true };
}

impl Default for Query {
    fn default() -> Self {
        Self {
            filter: Filter::everything(),
            sort: Vec::new(),
            skip: 0,
            limit: 0,
            count: false,
            after: None,
            at: None,
        }
    }
}

impl Query {
    /// Everything, in the order of the log.
    pub fn in_log_order() -> Self {
        Self { sort: vec![SortBy::ascending(Field::Sequence)], ..Self::default() }
    }

    /// Reads a query as it stands in an address after the question mark: names and values with `=` between, parts with
    /// `&`. Percent signs are decoded, and a plus sign is one.
    ///
    /// # Errors
    /// [`QueryError`] names the first thing that is wrong, and where in `text`.
    pub fn parse(collection: Collection, text: &str, rules: &Rules) -> Result<Self, QueryError> {
        parse::query(collection, &parse::parameters(text)?, rules)
    }

    /// Reads a query from names and values that are decoded already.
    ///
    /// # Errors
    /// [`QueryError`] names the first thing that is wrong, and where in its value.
    pub fn from_pairs<'a>(
        collection: Collection,
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
        rules: &Rules,
    ) -> Result<Self, QueryError> {
        let parameter = |(name, value): (&'a str, &'a str)| Parameter {
            name: name.into(),
            value: value.into(),
            named: 0..name.len(),
            at: 0..value.len(),
        };
        let parameters: Vec<_> = pairs.into_iter().map(parameter).collect();
        parse::query(collection, &parameters, rules)
    }
}
