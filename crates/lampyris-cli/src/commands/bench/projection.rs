//! `bench projection`: the live views, made anew from a log and fed events that are decoded already.
//!
//! Both beside the bound, in turn, over the same log in the same process and on one core. The bound
//! reads, decompresses, decodes and hashes every record and does nothing else.

use std::io::Write;
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Instant;

use lampyris_log::{Log, Options};
use lampyris_message::MessageId;
use lampyris_message::event::Event;
use lampyris_projection::{Views, rebuild, record};
use serde_json::json;

use super::{median, memory, scratch, workload};
use crate::args::{BenchLog, Global};
use crate::failure::Failure;
use crate::{output, store};

/// Events that are decoded before they are fed, so that decoding is not counted.
const BATCH: usize = 10_000;

pub(crate) fn run(global: &Global, bench: &BenchLog) -> Result<ExitCode, Failure> {
    let memory = memory(bench)?;
    let scratch = scratch(bench.scratch.as_deref())?;
    let directory = scratch.path().join("log");
    let log = Log::open(&directory, &store::writer_options())?;
    let events = workload::fill(&log, bench.events, bench.imported)?;
    drop(log);
    let log = Log::open(&directory, &Options::exclusive())?;
    report(global, events, &Measured { memory, ..measure(&log, bench.rounds)? })?;
    Ok(ExitCode::SUCCESS)
}

/// Seconds of each round.
#[derive(Debug, Default)]
struct Measured {
    bound: Vec<f64>,
    rebuilt: Vec<f64>,
    fed: Vec<f64>,
    messages: usize,
    /// Bytes that a message adds to the process.
    memory: Option<f64>,
}

/// Bytes a message: measured before there is a log, whose freed memory the views would be given.
fn memory(bench: &BenchLog) -> Result<Option<f64>, Failure> {
    let (mut views, mut message) = (Views::new(), 0);
    let before = memory::resident();
    while views.position() < bench.events {
        let (id, events) = workload::events(message, bench.imported)?;
        for event in &events {
            views.apply("default", id, event, views.position()).map_err(Failure::no)?;
        }
        message += 1;
    }
    let added = before.zip(memory::resident()).map(|(before, after)| after.saturating_sub(before));
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let each = added.map(|bytes| bytes as f64 / views.len().max(1) as f64);
    Ok(each)
}

#[expect(clippy::disallowed_methods, reason = "a bench measures by the wall clock")]
fn measure(log: &Log, rounds: u32) -> Result<Measured, Failure> {
    // Not counted: fills the store's cache.
    log.scan_bound()?;
    let kept = whole(log)?;
    let mut measured = Measured { messages: kept.len(), ..Measured::default() };
    for _ in 0..rounds {
        let began = Instant::now();
        log.scan_bound()?;
        measured.bound.push(began.elapsed().as_secs_f64());
        let began = Instant::now();
        let rebuilt = whole(log)?;
        measured.rebuilt.push(began.elapsed().as_secs_f64());
        let (fed, seconds) = feed(log)?;
        measured.fed.push(seconds);
        if rebuilt != kept || fed != kept {
            return Err(Failure::no("what was fed and what was rebuilt differ"));
        }
    }
    Ok(measured)
}

fn whole(log: &Log) -> Result<Views, Failure> {
    rebuild(log, |_| ControlFlow::Continue(())).map_err(Failure::no)
}

/// Feeds the events of a log; the seconds are those of feeding alone.
#[expect(clippy::disallowed_methods, reason = "a bench measures by the wall clock")]
fn feed(log: &Log) -> Result<(Views, f64), Failure> {
    let (mut views, mut seconds, mut scan) = (Views::new(), 0.0, log.scan(0));
    let (mut batch, mut fault) = (Vec::with_capacity(BATCH), Ok(()));
    loop {
        let more = scan.next_frame(|verified| {
            if let Some(id) = record::message_id(&verified.record) {
                match record::event(&verified.record.to_record()) {
                    Ok(event) => batch.push(Decoded {
                        namespace: verified.record.namespace.to_owned(),
                        id,
                        event,
                        position: verified.record.sequence,
                    }),
                    Err(error) => fault = Err(Failure::no(error)),
                }
            }
            ControlFlow::Continue(())
        })?;
        std::mem::replace(&mut fault, Ok(()))?;
        if batch.len() >= BATCH || !more {
            let began = Instant::now();
            for Decoded { namespace, id, event, position } in &batch {
                views.apply(namespace, *id, event, *position).map_err(Failure::no)?;
            }
            seconds += began.elapsed().as_secs_f64();
            batch.clear();
        }
        if !more {
            return Ok((views, seconds));
        }
    }
}

/// An event as it is fed.
struct Decoded {
    namespace: String,
    id: MessageId,
    event: Event,
    position: u64,
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn report(global: &Global, events: u64, measured: &Measured) -> Result<(), Failure> {
    let rate = |seconds: &[f64]| (events as f64 / median(seconds)).round();
    let ratio = |seconds: &[f64]| {
        let mut ratios: Vec<f64> =
            measured.bound.iter().zip(seconds).map(|(bound, seconds)| bound / seconds).collect();
        ratios.sort_by(f64::total_cmp);
        let ends = (ratios.first().copied(), ratios.last().copied());
        (median(&ratios), ends.0.unwrap_or_default(), ends.1.unwrap_or_default())
    };
    let (rebuilt, least, most) = ratio(&measured.rebuilt);
    let (fed, fed_least, fed_most) = ratio(&measured.fed);
    let mut out = output::answers();
    if global.json {
        output::json_line(
            &mut out,
            &json!({
                "bench": "projection",
                "events": events,
                "messages": measured.messages,
                "rounds": measured.bound.len(),
                "boundEventsPerSecond": rate(&measured.bound),
                "rebuiltEventsPerSecond": rate(&measured.rebuilt),
                "rebuiltRatio": rebuilt,
                "rebuiltRatioLeast": least,
                "rebuiltRatioMost": most,
                "fedEventsPerSecond": rate(&measured.fed),
                "fedRatio": fed,
                "fedRatioLeast": fed_least,
                "fedRatioMost": fed_most,
                "bytesPerMessage": measured.memory,
            }),
        )?;
    } else {
        let (messages, rounds) = (measured.messages, measured.bound.len());
        writeln!(out, "{events} events, {messages} messages, {rounds} rounds")?;
        writeln!(out, "bound    {:>10.0} events/s", rate(&measured.bound))?;
        writeln!(
            out,
            "rebuilt  {:>10.0} events/s  {rebuilt:.2} of it ({least:.2} to {most:.2})",
            rate(&measured.rebuilt)
        )?;
        writeln!(
            out,
            "fed      {:>10.0} events/s  {fed:.2} of it ({fed_least:.2} to {fed_most:.2})",
            rate(&measured.fed)
        )?;
        if let Some(each) = measured.memory {
            writeln!(out, "memory   {each:>10.1} bytes a message")?;
        }
    }
    out.flush()?;
    Ok(())
}
