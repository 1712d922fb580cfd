//! Crash safety from outside: a program that appends is killed, starved of its disk, or loses its power, and its
//! files are damaged. What it acknowledged must be there afterwards, once, or opening must say why not.
//!
//! `LAMPYRIS_TEST_SCALE` multiplies the number of samples; `LAMPYRIS_TEST_SEED` draws others (each test prints its own).
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![allow(clippy::indexing_slicing, reason = "so is a failed index")]
#![allow(clippy::print_stdout, reason = "the figures of a run are for whoever reads it")]

mod child;
mod child_cursor;
mod dice;
mod files;
mod injuries;
mod kill;
mod kill_cursor;
mod kill_signing;
mod ledger;
mod powercut;
mod process;
mod spare;
mod strace;
mod workload;
