//! What proves a history and what does not, by our verifier and by one that shares no code with it.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![allow(clippy::indexing_slicing, reason = "an index out of bounds is a failed test")]

mod form;
mod lies;
mod mutations;
mod outside;
mod verdict;
