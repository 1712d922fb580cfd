//! What anyone can check of a log without a store: its records, the Merkle tree over them, signed notes,
//! checkpoints, proofs and bundles of them.
//! It never opens a file, asks for the time, or knows what a message is.
//!
//! Reading order: [`record`] (the leaf), [`merkle`] (the tree and its proofs), [`note`] and [`checkpoint`] (who
//! vouches for a root), [`bundle`] (what is handed to someone else).

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod bundle;
pub mod checkpoint;
pub mod cosignature;
pub mod identity;
pub mod key;
pub mod limits;
pub mod merkle;
pub mod name;
pub mod note;
pub mod policy;
pub mod record;
mod spelling;
pub mod tlog_proof;
