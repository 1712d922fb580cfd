//! What a log says of its messages, and what the audit says of the log.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![allow(clippy::indexing_slicing, reason = "an index out of bounds is a failed test")]

mod audit;
mod element;
mod language;
mod late;
mod listings;
mod live;
mod lives;
mod many;
mod query;
mod rebuild;
mod snapshot;
mod story;
mod view;
mod views;
