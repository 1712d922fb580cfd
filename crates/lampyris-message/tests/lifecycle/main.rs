//! The lifecycle, held against a copy of its grid that was written down by hand.
//!
//! [`story`] builds every state a message can be in, [`cases`] every command with what is known of
//! it by construction, [`walk`] asks for the answer and compares. No test here calls a guard.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![allow(clippy::expect_used, reason = "a failed expectation is a failed test")]
#![allow(clippy::indexing_slicing, reason = "a failed index is a failed test")]
#![allow(clippy::panic, reason = "a panic is a failed test")]

mod bytes;
mod cases;
mod cast;
mod element;
mod expected;
mod grid;
mod judging;
mod laws;
mod lives;
mod pages;
mod referee;
mod rules;
mod samples;
mod schema;
mod skimming;
mod story;
mod walk;
