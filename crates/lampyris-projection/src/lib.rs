//! What a log says of its messages: their current state, derived and disposable, and a verdict.
//!
//! A [`View`] is what a FireFly client sees of one message; [`Views`] hold a [`Row`] for every
//! message, and [`Live`] shares them between who feeds them and who reads; an [`Audit`] judges every
//! record of a log. None is ever the truth: all can be thrown away and derived again at any time.

#![forbid(unsafe_code)]
#![warn(clippy::wildcard_enum_match_arm)]

mod audit;
pub mod element;
mod live;
mod misplaced;
mod rebuild;
pub mod record;
mod row;
pub mod stored;
mod view;
mod views;

pub use audit::{Audit, Fault, ReadRecord};
pub use element::{Element, ElementError};
pub use live::{Ended, Live};
pub use misplaced::{Misplaced, TakeError, Why};
pub use rebuild::{RebuildError, rebuild};
pub use row::{Row, ViewError, read_view};
pub use view::View;
pub use views::{Fed, StoredViews, VIEWS, VIEWS_VERSION, Views};
