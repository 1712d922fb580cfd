//! `bench tiles` and `bench snapshot`: durable appends to a log that keeps one thing more, beside one that does not.
//!
//! The sides take turns, so that a busy machine slows both.

use std::io::Write;
use std::process::ExitCode;

use lampyris_log::{Log, Options};
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

use super::closed_loop::rate;
use super::{Ratio, median, scratch, workload};
use crate::args::{BenchAppend, Global};
use crate::failure::{Failure, chain};
use crate::{output, store};

/// Tiles of the log's tree.
pub(crate) const TILES: Extra = Extra { name: "tiles", without: Options::without_tiles };
/// Snapshots, as often as a log writes them if nobody says.
pub(crate) const SNAPSHOT: Extra =
    Extra { name: "snapshot", without: |options| options.snapshot_every(u64::MAX) };

/// What one of the logs keeps, and how a log is opened that does not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extra {
    name: &'static str,
    without: fn(Options) -> Options,
}

pub(crate) fn run(global: &Global, bench: &BenchAppend, extra: Extra) -> Result<ExitCode, Failure> {
    let runtime = Builder::new_current_thread().build();
    let runtime = runtime.map_err(|error| Failure::no(format!("no runtime: {error}")))?;
    let (mut out, name) = (output::answers(), extra.name);
    if !global.json {
        writeln!(out, "in flight  without/s {:>11}  ratio  (least to most)", format!("{name}/s"))?;
    }
    for in_flight in &bench.in_flight {
        let (without, with) = measure(&runtime, bench, *in_flight, extra)?;
        let ratio = Ratio::of(&without, &with);
        let (plain, kept) = (median(&without), median(&with));
        if global.json {
            output::json_line(
                &mut out,
                &json!({
                    "bench": name,
                    "inFlight": in_flight,
                    "rounds": with.len(),
                    "withoutPerSecond": plain.round(),
                    format!("{name}PerSecond"): kept.round(),
                    "ratio": ratio.middle,
                    "ratioLeast": ratio.least,
                    "ratioMost": ratio.most,
                }),
            )?;
        } else {
            writeln!(out, "{in_flight:>9} {plain:>10.0} {kept:>11.0}  {ratio}")?;
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Appends a second without it and with it, round by round.
fn measure(
    runtime: &Runtime,
    bench: &BenchAppend,
    in_flight: u32,
    extra: Extra,
) -> Result<(Vec<f64>, Vec<f64>), Failure> {
    let scratch = scratch(bench.scratch.as_deref())?;
    let with = Log::open(scratch.path().join("with"), &store::writer_options())?;
    let options = (extra.without)(store::writer_options());
    let without = Log::open(scratch.path().join("without"), &options)?;
    let count = in_flight as usize * bench.depth as usize;
    let (mut rates, mut message) = ((Vec::new(), Vec::new()), 0);
    // The first round is not counted: it fills caches and makes the files.
    for round in 0..=bench.rounds {
        let one = |log: &Log| {
            let (appends, writer) = (workload::records(count, message)?, log.clone());
            rate(runtime, in_flight, appends, move |append| {
                let answer = writer.append(append);
                async move { answer.await.map(drop).map_err(|error| chain(&error)) }
            })
        };
        // Who goes first may find the disk busy with the round before.
        let (plain, kept) = if round % 2 == 0 {
            let plain = one(&without)?;
            (plain, one(&with)?)
        } else {
            let kept = one(&with)?;
            (one(&without)?, kept)
        };
        message += count as u64;
        if round > 0 {
            rates.0.push(plain);
            rates.1.push(kept);
        }
    }
    for log in [with, without] {
        log.close().map_err(|error| Failure::No(chain(&error)))?;
    }
    Ok(rates)
}
