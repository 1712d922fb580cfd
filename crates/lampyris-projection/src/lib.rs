//! The current state of messages, derived from their events and disposable.
//!
//! A [`View`] is what a FireFly client sees of one message, folded from its history; it is never
//! the truth, and can be thrown away and folded again at any time.

#![forbid(unsafe_code)]
#![warn(clippy::wildcard_enum_match_arm)]

mod view;

pub use view::View;
