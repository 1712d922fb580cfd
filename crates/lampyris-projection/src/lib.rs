//! What a log says of its messages: their current state, derived and disposable, and a verdict.
//!
//! A [`View`] is what a FireFly client sees of one message; [`Views`] hold a [`Row`] for every
//! message, and [`Live`] shares them between who feeds them and who reads; an [`Audit`] judges every
//! record of a log. None is ever the truth: all can be thrown away and derived again at any time.

#![forbid(unsafe_code)]
#![warn(clippy::wildcard_enum_match_arm)]

mod audit;
pub mod element;
mod explain;
mod live;
mod misplaced;
mod position;
pub mod query;
mod rebuild;
pub mod record;
pub mod stored;
mod view;
mod views;

pub use audit::{Audit, Fault, ReadRecord};
pub use element::{Element, ElementError};
pub use explain::{ExplainError, Explanation, Moment, Note, explain};
pub use live::{Ended, Live};
pub use misplaced::{DataMisplaced, Misplaced, TakeError, Why};
pub use position::position_at;
pub use rebuild::{RebuildError, rebuild};
pub use view::View;
pub use views::{
    Bucket, By, Difference, ElementRow, EventRow, Fed, FedData, FedEvent, Histogram, Listing, Plan,
    Row, RowFields, SelectError, Selection, StoredViews, Told, VIEWS, VIEWS_VERSION, Views,
};
