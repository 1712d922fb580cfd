//! `data`: the elements that messages refer to, and the store that keeps their bytes.
//!
//! One file a subcommand; here is what several of them tell.

mod gc;
mod get;
mod list;
mod put;
pub(super) mod verify;

use std::process::ExitCode;

use lampyris_message::Timestamp;
use lampyris_message::event::Held;
use lampyris_projection::element::{Erasure, Part};
use serde_json::{Value, json};

use crate::args::{Data, Global};
use crate::failure::Failure;

/// Runs what was asked for.
pub(super) fn run(global: &Global, data: &Data) -> Result<ExitCode, Failure> {
    match data {
        Data::Put(put) => put::run(global, put),
        Data::Get(get) => get::run(global, get),
        Data::List(list) => list::run(global, list),
        Data::Verify => verify::run(global),
        Data::Gc(gc) => gc::run(global, gc),
    }
}

/// What is recorded of a part, and the word for what is there of it; nothing if there is no such part.
fn state(part: &Part) -> Option<(Held, &'static str)> {
    match part {
        Part::None => None,
        Part::Held(held) => Some((*held, "held")),
        Part::Missing(held) => Some((*held, "missing")),
        Part::Damaged(held, _) => Some((*held, "damaged")),
        Part::Erased(held) => Some((*held, "erased")),
    }
}

/// What is recorded of a part, as JSON.
fn told(part: &'static str, held: Held) -> Value {
    json!({ "part": part, "hash": held.hash.to_string(), "size": held.size })
}

/// What is recorded of an erasure, as JSON.
fn erased(erasure: &Erasure) -> Value {
    json!({
        "sequence": erasure.sequence,
        "time": Timestamp::from_unix_nanos(erasure.time).to_string(),
        "actor": erasure.actor,
        "reason": erasure.reason.as_str(),
    })
}
