//! Tests of evidence from outside, one file a subject.
//! `PROPTEST_CASES` is the number of samples of the properties.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![allow(clippy::indexing_slicing, reason = "so is a failed index")]

mod checkpoint;
mod cosignature;
mod identity;
mod key;
mod note;
mod policy;
mod proofs;
mod record;
mod signers;
mod tlog_proof;
mod tree;
