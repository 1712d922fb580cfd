//! Stores against their contract, and a whole log on stores that misbehave.
//! `PROPTEST_CASES` scales the number of cases of the properties.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![allow(clippy::indexing_slicing, reason = "so is a failed index")]

mod contract;
mod model;
mod ownership;
mod properties;
mod sample;
mod unknown;
