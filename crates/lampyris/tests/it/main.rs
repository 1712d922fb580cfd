//! The engine from outside: what it answers, what it keeps, and what two who ask at once get.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![allow(clippy::indexing_slicing, reason = "so is a failed index")]

mod cast;
mod checkpoints;
mod elements;
mod erasure;
mod opening;
mod snapshot;
mod stream;
mod subscribing;
