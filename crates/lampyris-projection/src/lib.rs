//! What a log says of its messages: their current state, derived and disposable, and a verdict.
//!
//! A [`View`] is what a FireFly client sees of one message; an [`Audit`] judges every record of a
//! log. Neither is ever the truth: both can be thrown away and derived again at any time.

#![forbid(unsafe_code)]
#![warn(clippy::wildcard_enum_match_arm)]

mod audit;
pub mod record;
mod view;

pub use audit::{Audit, Fault};
pub use view::View;
