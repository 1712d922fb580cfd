//! `bench`: measures this program on this machine, each figure beside a bound of the same run.
//!
//! Absolute numbers move with the machine; the ratios are what to look at.

mod append;
mod apply;
mod backup;
mod beside;
mod closed_loop;
mod engine;
mod export;
mod index;
mod large;
mod mailbox;
mod memory;
mod open;
mod projection;
mod prove;
mod query;
mod raw;
mod replay;
mod values;
mod workload;

use std::fmt;
use std::path::Path;
use std::process::ExitCode;

use tempfile::TempDir;

use crate::args::{Bench, Global};
use crate::failure::Failure;

/// The value in the middle.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// What was measured against its bound, round by round.
#[derive(Debug)]
struct Ratio {
    middle: f64,
    least: f64,
    most: f64,
}

impl Ratio {
    /// The ratios of two sides that took turns.
    fn of(bound: &[f64], measured: &[f64]) -> Self {
        let pairs = bound.iter().zip(measured);
        let mut ratios: Vec<f64> = pairs.map(|(bound, measured)| measured / bound).collect();
        ratios.sort_by(f64::total_cmp);
        let end = |ratio: Option<&f64>| ratio.copied().unwrap_or_default();
        Self { middle: median(&ratios), least: end(ratios.first()), most: end(ratios.last()) }
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>5.2}  ({:.2} to {:.2})", self.middle, self.least, self.most)
    }
}

/// A folder that is removed with everything in it at the end.
fn scratch(parent: Option<&Path>) -> Result<TempDir, Failure> {
    let made = parent.map_or_else(tempfile::tempdir, tempfile::tempdir_in);
    made.map_err(|error| Failure::no(format!("no scratch folder: {error}")))
}

pub(crate) fn run(global: &Global, bench: &Bench) -> Result<ExitCode, Failure> {
    match bench {
        Bench::Append(append) => append::run(global, append),
        Bench::Apply(apply) => apply::run(global, apply),
        Bench::Backup(backup) => backup::run(global, backup),
        Bench::Export(export) => export::run(global, export),
        Bench::Large(large) => large::run(global, large),
        Bench::Engine(engine) => engine::run(global, engine),
        Bench::Index(index) => index::run(global, index),
        Bench::Open(open) => open::run(global, open),
        Bench::Projection(projection) => projection::run(global, projection),
        Bench::Prove(prove) => prove::run(global, prove),
        Bench::Query(query) => query::run(global, query),
        Bench::Replay(replay) => replay::run(global, replay),
        Bench::Snapshot(appends) => beside::run(global, appends, beside::SNAPSHOT),
        Bench::Tiles(appends) => beside::run(global, appends, beside::TILES),
        Bench::Values(values) => values::run(global, values),
    }
}
