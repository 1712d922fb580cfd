//! Tests of the log from outside, one file a subject.
//! `LAMPYRIS_TEST_SCALE` multiplies the number of samples, `PROPTEST_CASES` that of the properties.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![allow(clippy::indexing_slicing, reason = "so is a failed index")]

mod appending;
mod archive;
mod archive_end;
mod attacker;
mod backup;
mod backup_guards;
mod backup_values;
mod checkpoints;
mod cursors;
mod damage;
mod data;
mod deciding;
mod documents;
mod export;
mod faults;
mod following;
mod frame;
mod journal;
mod key_file;
mod lost_pack;
mod mended;
mod model;
mod opening;
mod pipeline;
mod reading;
mod recovered;
mod recovering;
mod refreshing;
mod repair;
mod scratch;
mod snapshot;
mod threads;
mod tiles;
mod verify;
mod walking;
