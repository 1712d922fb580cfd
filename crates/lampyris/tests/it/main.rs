//! The engine from outside: what it answers, what it keeps, and what two who ask at once get.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![allow(clippy::indexing_slicing, reason = "so is a failed index")]

mod cast;
mod checkpoints;
#[allow(dead_code, clippy::print_stdout, reason = "shared with the crash tests of the log")]
#[path = "../../../lampyris-log/tests/crash/dice.rs"]
mod dice;
mod elements;
mod erasure;
#[allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "the figures of a run are for whoever reads it"
)]
mod kill_snapshot;
mod opening;
mod queries;
mod snapshot;
mod stream;
mod subscribing;
