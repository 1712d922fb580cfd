//! `bench values`: messages staged with a value in line, beside the same messages staged without.
//!
//! Hashing, sealing and keeping the values is part of it; making them up is not. Every value is another one.

use std::io::Write;
use std::process::ExitCode;

use lampyris::message::Message;
use lampyris::message::data::inline::InlineData;
use lampyris::message::json::JsonValue;
use lampyris::{Lampyris, Submission};
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

use super::closed_loop::rate;
use super::engine::accepted;
use super::workload::unsealed_life;
use super::{Ratio, median, scratch};
use crate::args::{BenchValues, Global};
use crate::failure::{Failure, chain};
use crate::output;

pub(crate) fn run(global: &Global, bench: &BenchValues) -> Result<ExitCode, Failure> {
    let runtime = Builder::new_current_thread().build();
    let runtime = runtime.map_err(|error| Failure::no(format!("no runtime: {error}")))?;
    let mut out = output::answers();
    if !global.json {
        writeln!(out, "in flight  without/s    with/s    MB/s  ratio  (least to most)")?;
    }
    for in_flight in &bench.appends.in_flight {
        let row = measure(&runtime, bench, *in_flight)?;
        report(global, bench.bytes, &row, &mut out)?;
        out.flush()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The figures of one number in flight: messages a second, round by round.
#[derive(Debug, Default)]
struct Row {
    in_flight: u32,
    without: Vec<f64>,
    with: Vec<f64>,
}

fn measure(runtime: &Runtime, bench: &BenchValues, in_flight: u32) -> Result<Row, Failure> {
    let scratch = scratch(bench.appends.scratch.as_deref())?;
    let bare = Lampyris::open(scratch.path().join("without"))?;
    let full = Lampyris::open(scratch.path().join("with"))?;
    let count = u64::from(in_flight) * u64::from(bench.appends.depth) / 2;
    let mut row = Row { in_flight, ..Row::default() };
    // The first round is not counted: it fills caches and makes the files.
    for round in 0..=u64::from(bench.appends.rounds) {
        let numbers = || round * count..(round + 1) * count;
        let items = numbers().map(|n| (message(n), Vec::new())).collect();
        let without = rate(runtime, in_flight, items, stage(&bare))?;
        let items: Result<Vec<_>, Failure> =
            numbers().map(|n| Ok((message(n), vec![Some(value(n, bench.bytes)?)]))).collect();
        let with = rate(runtime, in_flight, items?, stage(&full))?;
        if round > 0 {
            row.without.push(without);
            row.with.push(with);
        }
    }
    Ok(row)
}

type Item = (Message, Vec<Option<InlineData>>);

fn stage(engine: &Lampyris) -> impl Fn(Item) -> Staging + Clone + Send + use<> {
    let engine = engine.clone();
    move |(message, data)| {
        let engine = engine.clone();
        Box::pin(async move {
            let submission = Submission::with_data(message, Some(data), None);
            accepted(engine.stage(submission.map_err(|error| chain(&error))?).await)
        })
    }
}

type Staging = std::pin::Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

fn message(n: u64) -> Message {
    Message { data: None, ..unsealed_life(n).message }
}

/// A value that no other number has, of so many bytes, which do not repeat themselves.
fn value(n: u64, bytes: u32) -> Result<InlineData, Failure> {
    let mut state = n + 1;
    let digits = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from_digit((state >> 40) as u32 % 36, 36).unwrap_or('0')
    });
    let length = usize::try_from(bytes).unwrap_or(usize::MAX);
    let text: String = digits.take(length.saturating_sub(32)).collect();
    let json = format!("{{\"number\":{n},\"text\":\"{text}\"}}");
    let value = JsonValue::parse(json.as_bytes()).map_err(Failure::no)?;
    Ok(InlineData { value: Some(value), ..InlineData::default() })
}

fn report(global: &Global, bytes: u32, row: &Row, out: &mut impl Write) -> Result<(), Failure> {
    let ratio = Ratio::of(&row.without, &row.with);
    let (without, with) = (median(&row.without), median(&row.with));
    let megabytes = with * f64::from(bytes) / 1e6;
    let in_flight = row.in_flight;
    if global.json {
        let answer = json!({
            "bench": "values",
            "inFlight": in_flight,
            "bytes": bytes,
            "rounds": row.with.len(),
            "withoutPerSecond": without.round(),
            "withPerSecond": with.round(),
            "ratio": ratio.middle,
            "ratioLeast": ratio.least,
            "ratioMost": ratio.most,
        });
        return Ok(output::json_line(out, &answer)?);
    }
    writeln!(out, "{in_flight:>9} {without:>10.0} {with:>9.0} {megabytes:>7.1}  {ratio}")?;
    Ok(())
}
