//! What tests of Lampyris share: the contract of a store, a store with faults, a plain model of the log, and what
//! holds of any bytes that a reader is given.
//! No crate depends on it but for its tests, and it never sleeps, draws randomness or asks the time.
//!
//! A store is held against its contract in one line, see [`shard_contract!`]; each rule becomes a test of its own.
//!
//! Reading order: [`contract`] (what any store must do), [`faulty`] (a store that does it badly, on demand),
//! [`script`] (when and how badly), [`model`] (the log as a map and a vector), [`properties`] (what fuzzers hold each reader to), [`sample_log`] (records,
//! checkpoints and bundles of real lives), [`fixture`] (stores that earlier programs wrote), [`frames`] and
//! [`polling`] (tools).

#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a broken rule fails its test by a panic"
)]

pub mod contract;
pub mod faulty;
pub mod fixture;
pub mod frames;
pub mod model;
pub mod polling;
pub mod properties;
pub mod sample_log;
pub mod script;

pub use faulty::FaultyShard;
pub use frames::Frames;
pub use model::Model;
pub use polling::{Polled, wait};
pub use properties::{PROPERTIES, Property};
pub use sample_log::SampleLog;
pub use script::{Fault, Odds, Script};
