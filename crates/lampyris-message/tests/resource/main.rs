//! What holds for every message, time and text, not only for the golden ones.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![allow(clippy::indexing_slicing, reason = "a failed index is a failed test")]

mod batches;
mod causes;
mod checks;
mod crossings;
mod data;
mod depth;
mod extremes;
mod go_json;
mod groups;
mod hashing;
mod headers;
mod identities;
mod pins;
mod posting;
mod real;
mod reference;
mod requests;
mod respelled;
mod scanning;
mod sealing;
mod spellings;
mod times;
