//! `bench append`: durable appends of one record each, beside a raw append and fdatasync.
//!
//! Both sides are driven alike: so many tasks, each waiting for its answer before it appends again.
//! The sides take turns, so that a busy machine slows both.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use lampyris_log::{Append, Claims, Log, RecordRef};
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

use super::closed_loop::rate;
use super::raw::Raw;
use super::{Ratio, median, scratch, workload};
use crate::args::{BenchAppend, Global};
use crate::failure::{Failure, chain};
use crate::{output, store};

/// Below this raw rate with 512 in flight the machine was busy, and the run says little.
const QUIET: f64 = 300_000.0;

pub(crate) fn run(global: &Global, bench: &BenchAppend) -> Result<ExitCode, Failure> {
    let runtime = Builder::new_current_thread().build();
    let runtime = runtime.map_err(|error| Failure::no(format!("no runtime: {error}")))?;
    let mut rows = Vec::new();
    for in_flight in &bench.in_flight {
        rows.push(measure(&runtime, bench, *in_flight)?);
    }
    report(global, &rows)?;
    Ok(ExitCode::SUCCESS)
}

/// The figures of one number in flight.
#[derive(Debug, Default)]
struct Row {
    in_flight: u32,
    /// Appends a second, round by round.
    raw: Vec<f64>,
    log: Vec<f64>,
}

fn measure(runtime: &Runtime, bench: &BenchAppend, in_flight: u32) -> Result<Row, Failure> {
    let scratch = scratch(bench.scratch.as_deref())?;
    let log = Log::open(scratch.path().join("log"), &store::writer_options())?;
    let raw = Raw::create(&scratch.path().join("raw"));
    let raw = Arc::new(raw.map_err(|error| Failure::no(format!("no raw file: {error}")))?);
    let count = in_flight as usize * bench.depth as usize;
    let mut row = Row { in_flight, ..Row::default() };
    let mut message = 0;
    // The first round is not counted: it fills caches and makes the files.
    for round in 0..=bench.rounds {
        let appends = workload::records(count, message)?;
        message += appends.len() as u64;
        let bytes: Vec<Vec<u8>> = appends.iter().map(encoded).collect();
        let raw = Arc::clone(&raw);
        let raw_rate = rate(runtime, in_flight, bytes, move |record| {
            let answer = raw.append(record);
            async move { answer.await.map_err(|_| "the raw file failed".to_owned()) }
        })?;
        let writer = log.clone();
        let log_rate = rate(runtime, in_flight, appends, move |append| {
            let answer = writer.append(append);
            async move { answer.await.map(drop).map_err(|error| chain(&error)) }
        })?;
        if round > 0 {
            row.raw.push(raw_rate);
            row.log.push(log_rate);
        }
    }
    log.close().map_err(|error| Failure::No(chain(&error)))?;
    Ok(row)
}

/// About the bytes that the log keeps of an append of one record.
fn encoded(append: &Append) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1024);
    for event in &append.events {
        let record = RecordRef {
            sequence: 1_000_000,
            namespace: &append.namespace,
            kind: &event.stream.kind,
            id: &event.stream.id,
            version: 3,
            previous: Some(999_999),
            append_id: append.id,
            append_index: 0,
            append_count: 1,
            command: &append.command,
            actor: &append.actor,
            time: 1_700_000_000_000_000_000,
            claims: Claims::none(),
            event: &event.name,
            event_version: event.version,
            content: &event.content,
        };
        record.encode_into(&mut bytes);
    }
    bytes
}

fn report(global: &Global, rows: &[Row]) -> Result<(), Failure> {
    let mut out = output::answers();
    if !global.json {
        writeln!(out, "in flight     raw/s     log/s  ratio  (least to most)")?;
    }
    for row in rows {
        let ratio = Ratio::of(&row.raw, &row.log);
        let (raw, log) = (median(&row.raw), median(&row.log));
        let busy = row.in_flight == 512 && raw < QUIET;
        if global.json {
            output::json_line(
                &mut out,
                &json!({
                    "bench": "append",
                    "inFlight": row.in_flight,
                    "rounds": row.raw.len(),
                    "rawPerSecond": raw.round(),
                    "logPerSecond": log.round(),
                    "ratio": ratio.middle,
                    "ratioLeast": ratio.least,
                    "ratioMost": ratio.most,
                    "busy": busy,
                }),
            )?;
        } else {
            let in_flight = row.in_flight;
            let busy = if busy { "  machine was busy" } else { "" };
            writeln!(out, "{in_flight:>9} {raw:>9.0} {log:>9.0}  {ratio}{busy}")?;
        }
    }
    out.flush()?;
    Ok(())
}
