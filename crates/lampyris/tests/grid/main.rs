//! Every cell of the table, asked of the engine through lines of JSON, twice in a row.
//!
//! The stories, the commands and the grid are those that the table itself is held against; here each
//! story is a log, and what a command takes as evidence is another message in it.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![allow(clippy::expect_used, reason = "a failed expectation is a failed test")]
#![allow(clippy::indexing_slicing, reason = "a failed index is a failed test")]
#![allow(clippy::panic, reason = "a panic is a failed test")]
#![allow(dead_code, reason = "the table's own tests use more of the files that are shared")]

#[path = "../../../lampyris-message/tests/lifecycle/cases.rs"]
mod cases;
#[path = "../../../lampyris-message/tests/lifecycle/cast.rs"]
mod cast;
#[path = "../../../lampyris-message/tests/lifecycle/grid.rs"]
mod grid;
#[path = "../../../lampyris-message/tests/lifecycle/story.rs"]
mod story;

mod evidence;
mod line;
mod walk;
