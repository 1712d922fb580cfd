//! `bench tiles`: durable appends to a log that keeps the tiles of its tree, beside one that keeps none.
//!
//! The sides take turns, so that a busy machine slows both.

use std::io::Write;
use std::process::ExitCode;

use lampyris_log::Log;
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

use super::closed_loop::rate;
use super::{Ratio, median, scratch, workload};
use crate::args::{BenchAppend, Global};
use crate::failure::{Failure, chain};
use crate::{output, store};

pub(crate) fn run(global: &Global, bench: &BenchAppend) -> Result<ExitCode, Failure> {
    let runtime = Builder::new_current_thread().build();
    let runtime = runtime.map_err(|error| Failure::no(format!("no runtime: {error}")))?;
    let mut out = output::answers();
    if !global.json {
        writeln!(out, "in flight  without/s   tiles/s  ratio  (least to most)")?;
    }
    for in_flight in &bench.in_flight {
        let (without, with) = measure(&runtime, bench, *in_flight)?;
        let ratio = Ratio::of(&without, &with);
        let (plain, tiles) = (median(&without), median(&with));
        if global.json {
            output::json_line(
                &mut out,
                &json!({
                    "bench": "tiles",
                    "inFlight": in_flight,
                    "rounds": with.len(),
                    "withoutPerSecond": plain.round(),
                    "tilesPerSecond": tiles.round(),
                    "ratio": ratio.middle,
                    "ratioLeast": ratio.least,
                    "ratioMost": ratio.most,
                }),
            )?;
        } else {
            writeln!(out, "{in_flight:>9} {plain:>10.0} {tiles:>9.0}  {ratio}")?;
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Appends a second without tiles and with them, round by round.
fn measure(
    runtime: &Runtime,
    bench: &BenchAppend,
    in_flight: u32,
) -> Result<(Vec<f64>, Vec<f64>), Failure> {
    let scratch = scratch(bench.scratch.as_deref())?;
    let with = Log::open(scratch.path().join("tiles"), &store::writer_options())?;
    let options = store::writer_options().without_tiles();
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
        let (plain, tiles) = if round % 2 == 0 {
            let plain = one(&without)?;
            (plain, one(&with)?)
        } else {
            let tiles = one(&with)?;
            (one(&without)?, tiles)
        };
        message += count as u64;
        if round > 0 {
            rates.0.push(plain);
            rates.1.push(tiles);
        }
    }
    for log in [with, without] {
        log.close().map_err(|error| Failure::No(chain(&error)))?;
    }
    Ok(rates)
}
