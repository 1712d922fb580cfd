//! `bench apply`: whole lives of messages as lines of JSON, beside the engine without the lines.
//!
//! Reading the lines, finding what they ask for and writing the answers is part of it; making the lines is not.

use std::io::{self, Cursor, Write};
use std::process::ExitCode;
use std::time::Instant;

use lampyris::{Lampyris, stream};
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

use super::closed_loop::rate;
use super::engine::live;
use super::workload::{LIFE_EVENTS, Life, unsealed_life};
use super::{Ratio, median, scratch};
use crate::args::{BenchAppend, Global};
use crate::commands::apply::session;
use crate::failure::Failure;
use crate::input::read_ahead;
use crate::output;

pub(crate) fn run(global: &Global, bench: &BenchAppend) -> Result<ExitCode, Failure> {
    let runtime = Builder::new_current_thread().build();
    let runtime = runtime.map_err(|error| Failure::no(format!("no runtime: {error}")))?;
    let mut out = output::answers();
    if !global.json {
        writeln!(out, "in flight  engine/s   apply/s   lines/s  ratio  (least to most)")?;
    }
    for in_flight in &bench.in_flight {
        let row = measure(&runtime, bench, *in_flight)?;
        report(global, &row, &mut out)?;
        out.flush()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The figures of one number in flight: lives a second, round by round.
#[derive(Debug, Default)]
struct Row {
    in_flight: u32,
    engine: Vec<f64>,
    apply: Vec<f64>,
}

/// Requests of one life.
const LIFE_LINES: f64 = 5.0;

fn measure(runtime: &Runtime, bench: &BenchAppend, in_flight: u32) -> Result<Row, Failure> {
    let scratch = scratch(bench.scratch.as_deref())?;
    let engine = Lampyris::open(scratch.path().join("engine"))?;
    let streamed = Lampyris::open(scratch.path().join("apply"))?;
    let events = u64::from(in_flight) * u64::from(bench.depth);
    let count = events.div_ceil(LIFE_EVENTS).max(u64::from(in_flight));
    let mut row = Row { in_flight, ..Row::default() };
    // The first round is not counted: it fills caches and makes the files.
    for round in 0..=u64::from(bench.rounds) {
        let lives = || (round * count..(round + 1) * count).map(unsealed_life);
        let (items, text) = (lives().collect(), lines(&lives().collect::<Vec<_>>()));
        let one = engine.clone();
        let plain = rate(runtime, in_flight, items, move |life| live(one.clone(), life))?;
        let applied = apply(runtime, &streamed, in_flight, text, count)?;
        if round > 0 {
            row.engine.push(plain);
            row.apply.push(applied);
        }
    }
    Ok(row)
}

/// Applies lines of `count` lives: lives a second.
#[expect(clippy::disallowed_methods, reason = "a bench measures by the wall clock")]
#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn apply(
    runtime: &Runtime,
    engine: &Lampyris,
    in_flight: u32,
    text: Vec<u8>,
    count: u64,
) -> Result<f64, Failure> {
    let began = Instant::now();
    let (bytes, bar) = (Box::new(Cursor::new(text)), output::no_progress());
    let lines = read_ahead(bytes, stream::LINE_BYTES, bar, stream::is_blank);
    let enqueue = async |request| engine.enqueue(request).await;
    let in_flight = usize::try_from(in_flight).unwrap_or(usize::MAX);
    let told = runtime.block_on(session::run(lines, in_flight, enqueue, io::sink()))?;
    if told.not_ok > 0 {
        return Err(Failure::no(format!("{} lines were not accepted", told.not_ok)));
    }
    Ok(count as f64 / began.elapsed().as_secs_f64())
}

/// The lines of lives; fifty messages go through each step together, as a batch does.
fn lines(lives: &[Life]) -> Vec<u8> {
    let mut text = Vec::new();
    for batch in lives.chunks(50) {
        let mut steps: [Vec<u8>; 5] = Default::default();
        for life in batch {
            for (step, line) in steps.iter_mut().zip(life_lines(life)) {
                step.extend_from_slice(line.as_bytes());
                step.push(b'\n');
            }
        }
        text.extend(steps.into_iter().flatten());
    }
    text
}

fn life_lines(life: &Life) -> [String; 5] {
    let Life { message, id, batch, tx_id, pins, position, signer } = life;
    let (id, batch) = (id.to_string(), batch.to_string());
    let pins: Vec<String> = pins.iter().map(ToString::to_string).collect();
    let message = String::from_utf8_lossy(&message.to_json()).into_owned();
    [
        format!("{{\"do\":\"stage\",\"message\":{message}}}"),
        json!({"do": "seal", "id": id, "batch": batch, "txid": tx_id.to_string(), "pins": pins})
            .to_string(),
        json!({"do": "dispatched", "id": id, "batch": batch}).to_string(),
        json!({
            "do": "sequence", "id": id, "batch": batch, "ledgerSequence": position.sequence,
            "pinIndex": position.pin_index, "signer": signer,
        })
        .to_string(),
        json!({"do": "confirm", "id": id}).to_string(),
    ]
}

fn report(global: &Global, row: &Row, out: &mut impl Write) -> Result<(), Failure> {
    let ratio = Ratio::of(&row.engine, &row.apply);
    let (engine, apply) = (median(&row.engine), median(&row.apply));
    let lines = apply * LIFE_LINES;
    let in_flight = row.in_flight;
    if global.json {
        let answer = json!({
            "bench": "apply",
            "inFlight": in_flight,
            "rounds": row.engine.len(),
            "engineLivesPerSecond": engine.round(),
            "applyLivesPerSecond": apply.round(),
            "linesPerSecond": lines.round(),
            "ratio": ratio.middle,
            "ratioLeast": ratio.least,
            "ratioMost": ratio.most,
        });
        return Ok(output::json_line(out, &answer)?);
    }
    write!(out, "{in_flight:>9} {engine:>9.0} {apply:>9.0} {lines:>9.0}  ")?;
    writeln!(out, "{ratio}")?;
    Ok(())
}
