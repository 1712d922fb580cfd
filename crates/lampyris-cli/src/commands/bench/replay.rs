//! `bench replay`: judged replay on one thread and on two beside its bound, in turn, over the same log in the same
//! process.
//!
//! The bound reads, decompresses, decodes and hashes every record and does nothing else, on one core. Opening
//! verifies the same as replay and judges nothing.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use lampyris_log::{Log, Options};
use lampyris_projection::Audit;
use serde_json::json;

use super::{Ratio, median, memory, scratch, workload};
use crate::args::{BenchLog, Global};
use crate::failure::Failure;
use crate::{output, store};

pub(crate) fn run(global: &Global, bench: &BenchLog) -> Result<ExitCode, Failure> {
    let scratch = scratch(bench.scratch.as_deref())?;
    let directory = scratch.path().join("log");
    let log = Log::open(&directory, &store::writer_options())?;
    let events = workload::fill(&log, bench.events, bench.imported)?;
    drop(log);
    let mut measured = Measured { disk: folder_bytes(&directory), ..Measured::default() };
    for _ in 0..bench.rounds {
        measured.opened_on_one.push(opening(&directory, 1)?);
        measured.opened_on_two.push(opening(&directory, 2)?);
    }
    let log = Log::open_with(&directory, &Options::exclusive(), |record| {
        measured.records += record.bytes.len() as u64;
    })?;
    measure(&log, bench.rounds, &mut measured)?;
    report(global, events, &measured)?;
    Ok(ExitCode::SUCCESS)
}

/// Seconds of each round, and memory at the end of each side.
#[derive(Debug, Default)]
struct Measured {
    bound: Vec<f64>,
    on_one: Vec<f64>,
    on_two: Vec<f64>,
    opened_on_one: Vec<f64>,
    opened_on_two: Vec<f64>,
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

/// Seconds that opening takes on so many threads.
#[expect(clippy::disallowed_methods, reason = "a bench measures by the wall clock")]
fn opening(directory: &Path, threads: usize) -> Result<f64, Failure> {
    let began = Instant::now();
    let log = Log::open(directory, &Options::exclusive().verify_threads(threads))?;
    let seconds = began.elapsed().as_secs_f64();
    drop(log);
    Ok(seconds)
}

#[expect(clippy::disallowed_methods, reason = "a bench measures by the wall clock")]
fn measure(log: &Log, rounds: u32, measured: &mut Measured) -> Result<(), Failure> {
    // Not counted: fills the caches of all, sled's among them.
    log.scan_bound()?;
    measured.memory_open = memory::resident();
    for _ in 0..rounds {
        let began = Instant::now();
        log.scan_bound()?;
        measured.bound.push(began.elapsed().as_secs_f64());
        for (threads, side) in [(1, &mut measured.on_one), (2, &mut measured.on_two)] {
            let began = Instant::now();
            let mut audit = Audit::new();
            log.for_each_on(threads, Audit::read, |record, read| {
                audit.take_read(record, read);
                ControlFlow::Continue(())
            })?;
            side.push(began.elapsed().as_secs_f64());
            if let Some(fault) = audit.fault() {
                return Err(Failure::no(fault));
            }
            measured.messages = audit.messages();
            measured.memory_judged = measured.memory_judged.max(memory::resident());
        }
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn report(global: &Global, events: u64, measured: &Measured) -> Result<(), Failure> {
    let Measured { bound, on_one, on_two, opened_on_one, opened_on_two, messages, .. } = measured;
    let rate = |seconds: &[f64]| (events as f64 / median(seconds)).round();
    // Seconds stand the other way round than rates.
    let (one_ratio, two_ratio) = (Ratio::of(on_one, bound), Ratio::of(on_two, bound));
    let (speed_up, open_up) = (Ratio::of(on_two, on_one), Ratio::of(opened_on_two, opened_on_one));
    let mib = |bytes: Option<u64>| bytes.map(|bytes| bytes / (1024 * 1024));
    let added = mib(measured.memory_judged)
        .zip(mib(measured.memory_open))
        .map(|(judged, open)| judged.saturating_sub(open));
    let mut out = output::answers();
    if global.json {
        let ratio = |ratio: &Ratio| json!([ratio.middle, ratio.least, ratio.most]);
        output::json_line(
            &mut out,
            &json!({
                "bench": "replay",
                "events": events,
                "messages": messages,
                "rounds": bound.len(),
                "boundEventsPerSecond": rate(bound),
                "oneThreadEventsPerSecond": rate(on_one),
                "twoThreadsEventsPerSecond": rate(on_two),
                "oneThreadOfBound": ratio(&one_ratio),
                "twoThreadsOfBound": ratio(&two_ratio),
                "twoThreadsOfOne": ratio(&speed_up),
                "openedOnOneSeconds": median(opened_on_one),
                "openedOnTwoSeconds": median(opened_on_two),
                "openedTwoThreadsOfOne": ratio(&open_up),
                "memoryOpenMiB": mib(measured.memory_open),
                "memoryAddedMiB": added,
                "diskBytes": measured.disk,
                "recordBytes": measured.records,
            }),
        )?;
        return Ok(out.flush()?);
    }
    writeln!(out, "{events} events, {messages} messages, {} rounds", bound.len())?;
    writeln!(out, "bound        {:>10.0} events/s", rate(bound))?;
    writeln!(out, "one thread   {:>10.0} events/s {one_ratio} of the bound", rate(on_one))?;
    writeln!(out, "two threads  {:>10.0} events/s {two_ratio} of the bound", rate(on_two))?;
    writeln!(out, "                                 {speed_up} of one thread")?;
    let (one, two) = (median(opened_on_one), median(opened_on_two));
    writeln!(out, "opened in    {one:.2} s on one thread, {two:.2} s on two: {open_up} as fast")?;
    if let (Some(open), Some(added)) = (mib(measured.memory_open), added) {
        writeln!(
            out,
            "memory       {open} MiB with the log open and scanned, {added} MiB more judged"
        )?;
    }
    let ratio = measured.disk as f64 / measured.records.max(1) as f64;
    let (disk, records) = (measured.disk >> 20, measured.records >> 20);
    writeln!(out, "disk         {disk} MiB for {records} MiB of records: {ratio:.2}")?;
    out.flush()?;
    Ok(())
}
