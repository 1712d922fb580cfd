//! `bench backup`: durable appends while backups of the log are made beside them, one after the other, each from nothing;
//! beside the same appends alone.
//!
//! The sides take turns, so that a busy machine slows both.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use lampyris_log::{Log, Options};
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

use super::closed_loop::rate;
use super::{Ratio, median, scratch, workload};
use crate::args::{BenchAppend, Global, SHARE};
use crate::failure::{Failure, chain};
use crate::pace::Pace;
use crate::{output, store};

/// Events of the log before anything is measured: what the first backup copies.
const EVENTS: u64 = 300_000;

/// Appends a second, round by round, and how many backups were made.
#[derive(Default)]
struct Measured {
    alone: Vec<f64>,
    beside: Vec<f64>,
    backups: u64,
}

pub(crate) fn run(global: &Global, bench: &BenchAppend) -> Result<ExitCode, Failure> {
    let runtime = Builder::new_current_thread().build();
    let runtime = runtime.map_err(|error| Failure::no(format!("no runtime: {error}")))?;
    let mut out = output::answers();
    if !global.json {
        writeln!(out, "in flight    alone/s   beside/s  ratio  (least to most)  backups")?;
    }
    for in_flight in &bench.in_flight {
        let Measured { alone, beside, backups } = measure(&runtime, bench, *in_flight)?;
        let ratio = Ratio::of(&alone, &beside);
        let (plain, slowed) = (median(&alone), median(&beside));
        if global.json {
            output::json_line(
                &mut out,
                &json!({
                    "bench": "backup",
                    "inFlight": in_flight,
                    "rounds": beside.len(),
                    "alonePerSecond": plain.round(),
                    "besidePerSecond": slowed.round(),
                    "backups": backups,
                    "ratio": ratio.middle,
                    "ratioLeast": ratio.least,
                    "ratioMost": ratio.most,
                }),
            )?;
        } else {
            writeln!(out, "{in_flight:>9} {plain:>10.0} {slowed:>10.0}  {ratio}  {backups:>7}")?;
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn measure(runtime: &Runtime, bench: &BenchAppend, in_flight: u32) -> Result<Measured, Failure> {
    let scratch = scratch(bench.scratch.as_deref())?;
    let path = scratch.path().join("log");
    let log = Log::open(&path, &store::writer_options())?;
    workload::fill(&log, EVENTS, false)?;
    let count = in_flight as usize * bench.depth as usize;
    let (mut measured, mut message) = (Measured::default(), EVENTS);
    // The first round is not counted: it fills caches and makes the files.
    for round in 0..=bench.rounds {
        let mut one = || {
            let (appends, writer) = (workload::records(count, message)?, log.clone());
            message += count as u64;
            rate(runtime, in_flight, appends, move |append| {
                let answer = writer.append(append);
                async move { answer.await.map(drop).map_err(|error| chain(&error)) }
            })
        };
        let (mut alone, mut beside) = (0.0, 0.0);
        // Who goes first may find the disk busy with the round before.
        for side in [round % 2, (round + 1) % 2] {
            if side == 0 {
                alone = one()?;
            } else {
                let (rate, backups) = besides(&path, scratch.path(), &mut one)?;
                beside = rate;
                measured.backups += backups;
            }
        }
        if round > 0 {
            measured.alone.push(alone);
            measured.beside.push(beside);
        }
    }
    log.close().map_err(|error| Failure::No(chain(&error)))?;
    Ok(measured)
}

/// Measures while backups are made; returns how many were finished, too.
fn besides(
    log: &Path,
    folder: &Path,
    measure: &mut dyn FnMut() -> Result<f64, Failure>,
) -> Result<(f64, u64), Failure> {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let making = scope.spawn(|| {
            let mut made = 0;
            while !done.load(Ordering::Relaxed) {
                let backup = folder.join("backup");
                let mut pace = Pace::new(SHARE);
                Log::back_up(log, &backup, &Options::reader(), &mut |_| pace.rest())?;
                let removed = std::fs::remove_dir_all(&backup);
                removed.map_err(|error| Failure::no(format!("the backup stays: {error}")))?;
                made += 1;
            }
            Ok::<u64, Failure>(made)
        });
        let rate = measure();
        done.store(true, Ordering::Relaxed);
        let made = making.join().unwrap_or_else(|_| Err(Failure::no("a backup failed")))?;
        Ok((rate?, made))
    })
}
