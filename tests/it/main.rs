//! The whole thing from outside: the program as a user runs it, and what the repository promises.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![allow(clippy::expect_used, reason = "a failed expectation is a failed test")]
#![allow(clippy::indexing_slicing, reason = "an index out of bounds is a failed test")]

mod apply;
mod backup;
mod bad_input;
mod check;
mod damage;
mod data;
mod dialogue;
#[allow(dead_code, clippy::print_stdout, reason = "shared with the crash tests of the log")]
#[path = "../../crates/lampyris-log/tests/crash/dice.rs"]
mod dice;
mod docs;
mod erase;
mod evidence;
mod exchange;
mod fixtures;
mod full_disk;
mod fuzz;
mod import;
mod kill;
mod kill_backup;
mod kill_erase;
mod kill_values;
mod layers;
mod licences;
mod program;
mod reading;
mod recovered;
mod subscribe;
mod tidy;
mod worked_example;
