//! The engine on trial: held against a plain model, raced, failed under, and asked every cell of the table.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![allow(clippy::indexing_slicing, reason = "so is a failed index")]
#![allow(clippy::panic, reason = "and so is a panic")]

mod ask;
mod cast;
mod draw;
mod elements;
mod ends;
mod limits;
mod lives;
mod machine;
mod model;
mod place;
mod races;
mod trial;
