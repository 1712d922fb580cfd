//! `bench replay`: judged replay beside its bound, in turn, over the same log in the same process.
//!
//! The bound reads, decompresses, decodes and hashes every record and does nothing else. Both run
//! on one core.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use lampyris_log::{Log, Options};
use lampyris_projection::Audit;
use serde_json::json;

use super::{median, memory, scratch, workload};
use crate::args::{BenchLog, Global};
use crate::failure::Failure;
use crate::{output, store};

pub(crate) fn run(global: &Global, bench: &BenchLog) -> Result<ExitCode, Failure> {
    let scratch = scratch(bench.scratch.as_deref())?;
    let directory = scratch.path().join("log");
    let log = Log::open(&directory, &store::writer_options())?;
    let events = workload::fill(&log, bench.events, bench.imported)?;
    drop(log);
    let disk = folder_bytes(&directory);
    let mut records = 0;
    let log = Log::open_with(&directory, &Options::reader(), |record| {
        records += record.bytes.len() as u64;
    })?;
    let measured = Measured { disk, records, ..measure(&log, bench.rounds)? };
    report(global, events, &measured)?;
    Ok(ExitCode::SUCCESS)
}

/// Seconds of each round, and memory at the end of each side.
#[derive(Debug, Default)]
struct Measured {
    bound: Vec<f64>,
    judged: Vec<f64>,
    messages: usize,
    memory_open: Option<u64>,
    memory_judged: Option<u64>,
    /// Bytes of the directory's files, and of the records in them.
    disk: u64,
    records: u64,
}

/// The bytes of all files in a folder; what cannot be read counts nothing.
fn folder_bytes(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => folder_bytes(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

#[expect(clippy::disallowed_methods, reason = "a bench measures by the wall clock")]
fn measure(log: &Log, rounds: u32) -> Result<Measured, Failure> {
    let mut measured = Measured::default();
    // Not counted: fills the caches of both, sled's among them.
    log.scan_bound()?;
    measured.memory_open = memory::resident();
    for _ in 0..rounds {
        let began = Instant::now();
        log.scan_bound()?;
        measured.bound.push(began.elapsed().as_secs_f64());
        let began = Instant::now();
        let mut audit = Audit::new();
        log.for_each(0, |record| {
            audit.take(record);
            ControlFlow::Continue(())
        })?;
        measured.judged.push(began.elapsed().as_secs_f64());
        if let Some(fault) = audit.fault() {
            return Err(Failure::no(fault));
        }
        measured.messages = audit.messages();
        measured.memory_judged = measured.memory_judged.max(memory::resident());
    }
    Ok(measured)
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn report(global: &Global, events: u64, measured: &Measured) -> Result<(), Failure> {
    let rate = |seconds: f64| events as f64 / seconds;
    let (bound, judged) = (median(&measured.bound), median(&measured.judged));
    let mut ratios: Vec<f64> =
        measured.bound.iter().zip(&measured.judged).map(|(bound, judged)| bound / judged).collect();
    ratios.sort_by(f64::total_cmp);
    let (least, most) = (ratios.first().copied(), ratios.last().copied());
    let mib = |bytes: Option<u64>| bytes.map(|bytes| bytes / (1024 * 1024));
    let added = mib(measured.memory_judged)
        .zip(mib(measured.memory_open))
        .map(|(judged, open)| judged.saturating_sub(open));
    let mut out = output::answers();
    if global.json {
        output::json_line(
            &mut out,
            &json!({
                "bench": "replay",
                "events": events,
                "messages": measured.messages,
                "rounds": ratios.len(),
                "boundEventsPerSecond": rate(bound).round(),
                "judgedEventsPerSecond": rate(judged).round(),
                "ratio": median(&ratios),
                "ratioLeast": least,
                "ratioMost": most,
                "memoryOpenMiB": mib(measured.memory_open),
                "memoryAddedMiB": added,
                "diskBytes": measured.disk,
                "recordBytes": measured.records,
            }),
        )?;
    } else {
        let of = |value: Option<f64>| value.unwrap_or_default();
        writeln!(out, "{events} events, {} messages, {} rounds", measured.messages, ratios.len())?;
        writeln!(out, "bound   {:>10.0} events/s", rate(bound))?;
        writeln!(out, "judged  {:>10.0} events/s", rate(judged))?;
        writeln!(out, "ratio   {:>10.2} ({:.2} to {:.2})", median(&ratios), of(least), of(most))?;
        if let (Some(open), Some(added)) = (mib(measured.memory_open), added) {
            writeln!(
                out,
                "memory  {open} MiB with the log open and scanned, {added} MiB more judged"
            )?;
        }
    }
    if !global.json {
        let ratio = measured.disk as f64 / measured.records.max(1) as f64;
        let (disk, records) = (measured.disk >> 20, measured.records >> 20);
        writeln!(out, "disk    {disk} MiB for {records} MiB of records: {ratio:.2}")?;
    }
    out.flush()?;
    Ok(())
}
