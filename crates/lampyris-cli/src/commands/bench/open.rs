//! `bench open`: how long it takes until an engine has its log open.
//!
//! By a snapshot of all records, by one with new records behind it, and by reading all of them; and the store alone,
//! which opens before any record is read.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use lampyris::Lampyris;
use lampyris_log::{Log, SledShard, Verify};
use serde_json::json;

use super::{median, scratch, workload};
use crate::args::{BenchOpen, Global};
use crate::failure::Failure;
use crate::{output, store};

/// Seconds of each round.
#[derive(Debug, Default)]
struct Measured {
    store: Vec<f64>,
    clean: Vec<f64>,
    behind: Vec<f64>,
    whole: Vec<f64>,
    snapshot: u64,
    records: u64,
}

pub(crate) fn run(global: &Global, bench: &BenchOpen) -> Result<ExitCode, Failure> {
    let scratch = scratch(bench.scratch.as_deref())?;
    let path = scratch.path().join("log");
    let log = Log::open(&path, &store::writer_options().snapshot_every(u64::MAX))?;
    let log_id = log.log_id();
    let made = workload::fill(&log, bench.events, false)?;
    drop(log);
    let mut measured = Measured::default();
    // Not counted: writes the snapshot, with all that an engine holds.
    drop(open(&path, Verify::Whole)?);
    for _ in 0..bench.rounds {
        measured.store.push(seconds(|| {
            drop(SledShard::open_in(&path, log_id)?);
            Ok(())
        })?);
        measured.clean.push(by_snapshot(&path, 0)?);
        let mut engine = None;
        measured.whole.push(seconds(|| {
            engine = Some(open(&path, Verify::Whole)?);
            Ok(())
        })?);
        drop(engine);
    }
    measured.snapshot = std::fs::metadata(path.join("snapshot")).map_or(0, |it| it.len());
    // Without an observer of its own this leaves the snapshot as it is.
    let log = Log::open(&path, &store::writer_options().snapshot_every(u64::MAX))?;
    workload::fill_from(&log, made, bench.new, false)?;
    measured.records = log.head().size;
    drop(log);
    for _ in 0..bench.rounds {
        measured.behind.push(by_snapshot(&path, bench.new)?);
    }
    report(global, bench, &measured)?;
    Ok(ExitCode::SUCCESS)
}

/// Opens an engine; one that reads the whole log writes a snapshot when it is dropped.
fn open(path: &Path, verify: Verify) -> Result<Lampyris, Failure> {
    Lampyris::builder().existing().verify(verify).open(path).map_err(Failure::no)
}

/// Opens by a snapshot with at least so many records behind it, and closes without writing another.
fn by_snapshot(path: &Path, behind: u64) -> Result<f64, Failure> {
    let mut engine = None;
    let builder = Lampyris::builder().existing().snapshot_every(u64::MAX);
    let taken = seconds(|| {
        engine = Some(builder.open(path).map_err(Failure::no)?);
        Ok(())
    })?;
    let engine = engine.ok_or_else(|| Failure::no("nothing was opened"))?;
    let (size, from) = (engine.head().size, engine.verified_from());
    if from == 0 || size - from < behind {
        return Err(Failure::no(format!("{size} records were read from {from} on")));
    }
    Ok(taken)
}

#[expect(clippy::disallowed_methods, reason = "a bench measures by the wall clock")]
fn seconds(work: impl FnOnce() -> Result<(), Failure>) -> Result<f64, Failure> {
    let began = Instant::now();
    work()?;
    Ok(began.elapsed().as_secs_f64())
}

fn report(global: &Global, bench: &BenchOpen, measured: &Measured) -> Result<(), Failure> {
    let Measured { store, clean, behind, whole, .. } = measured;
    let mut out = output::answers();
    if global.json {
        output::json_line(
            &mut out,
            &json!({
                "bench": "open",
                "records": measured.records,
                "new": bench.new,
                "rounds": bench.rounds,
                "storeSeconds": median(store),
                "snapshotSeconds": median(clean),
                "snapshotAndNewSeconds": median(behind),
                "wholeSeconds": median(whole),
                "snapshotBytes": measured.snapshot,
            }),
        )?;
        return Ok(out.flush()?);
    }
    let (records, rounds, new) = (measured.records, bench.rounds, bench.new);
    writeln!(out, "{records} records, {rounds} rounds")?;
    writeln!(out, "store alone        {:>8.3} s", median(store))?;
    writeln!(out, "by snapshot        {:>8.3} s  the store's part among it", median(clean))?;
    writeln!(out, "and {new:>6} new     {:>8.3} s", median(behind))?;
    writeln!(out, "whole log          {:>8.3} s", median(whole))?;
    writeln!(out, "snapshot           {:>8} KiB", measured.snapshot / 1024)?;
    out.flush()?;
    Ok(())
}
