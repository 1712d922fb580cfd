//! `bench engine`: whole lives of messages through the engine, beside durable appends of the same run.
//!
//! A life is five requests and six events. Checking and hashing the message is part of it; making it up is not.
//! The sides take turns, so that a busy machine slows both. Meanwhile a reader looks how long the views take to show
//! what the log shows already.

use std::io::Write;
use std::process::ExitCode;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use lampyris::{Confirmation, Lampyris, LedgerPin, Outcome, Seal, Submission, block_on};
use lampyris_log::Log;
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

use super::closed_loop::rate;
use super::workload::{LIFE_EVENTS, Life, records, unsealed_life};
use super::{Ratio, median, scratch};
use crate::args::{BenchAppend, Global};
use crate::failure::{Failure, chain};
use crate::{output, store};

pub(crate) fn run(global: &Global, bench: &BenchAppend) -> Result<ExitCode, Failure> {
    let runtime = Builder::new_current_thread().build();
    let runtime = runtime.map_err(|error| Failure::no(format!("no runtime: {error}")))?;
    let mut out = output::answers();
    if !global.json {
        writeln!(out, "in flight  appends/s  events/s  lives/s  lag p99  ratio  (least to most)")?;
    }
    for in_flight in &bench.in_flight {
        let row = measure(&runtime, bench, *in_flight)?;
        report(global, &row, &mut out)?;
        out.flush()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The figures of one number in flight, round by round.
#[derive(Debug, Default)]
struct Row {
    in_flight: u32,
    /// Appends of one record each, a second.
    appends: Vec<f64>,
    /// Events through the engine, a second.
    events: Vec<f64>,
    /// How long the views took to show what the log showed, in milliseconds.
    lags: Vec<f64>,
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn measure(runtime: &Runtime, bench: &BenchAppend, in_flight: u32) -> Result<Row, Failure> {
    let scratch = scratch(bench.scratch.as_deref())?;
    let log = Log::open(scratch.path().join("log"), &store::writer_options())?;
    let engine = Lampyris::open(scratch.path().join("engine")).map_err(Failure::no)?;
    let count = u64::from(in_flight) * u64::from(bench.depth);
    let (mut row, mut appended, mut lived) = (Row { in_flight, ..Row::default() }, 0, 0);
    // The first round is not counted: it fills caches and makes the files.
    for round in 0..=bench.rounds {
        let appends = records(usize::try_from(count).unwrap_or(usize::MAX), appended)?;
        appended += appends.len() as u64;
        let writer = log.clone();
        let appends = rate(runtime, in_flight, appends, move |append| {
            let answer = writer.append(append);
            async move { answer.await.map(drop).map_err(|error| chain(&error)) }
        })?;
        let first = lived;
        lived += count.div_ceil(LIFE_EVENTS).max(u64::from(in_flight));
        let items: Vec<Life> = (first..lived).map(unsealed_life).collect();
        let (writer, reader) = (engine.clone(), Reader::start(engine.clone())?);
        let rate = rate(runtime, in_flight, items, move |life| live(writer.clone(), life))?;
        row.lags.extend(reader.finish());
        if round > 0 {
            row.appends.push(appends);
            row.events.push(rate * LIFE_EVENTS as f64);
        }
    }
    log.close().map_err(|error| Failure::No(chain(&error)))?;
    Ok(row)
}

/// How often a reader looks.
const LOOK: Duration = Duration::from_micros(500);

/// A thread that looks now and then how far the views are behind the log.
struct Reader {
    stop: Sender<()>,
    thread: JoinHandle<Vec<f64>>,
}

impl Reader {
    #[expect(clippy::disallowed_methods, reason = "a bench measures by the wall clock")]
    fn start(engine: Lampyris) -> Result<Self, Failure> {
        let (stop, stopped) = channel();
        let look = move || {
            let mut lags = Vec::new();
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(LOOK) {
                let (size, seen) = (engine.head().size, Instant::now());
                if block_on(engine.wait_for(size)).is_err() {
                    break;
                }
                lags.push(seen.elapsed().as_secs_f64() * 1000.0);
            }
            lags
        };
        let thread = std::thread::Builder::new().spawn(look).map_err(Failure::no)?;
        Ok(Self { stop, thread })
    }

    fn finish(self) -> Vec<f64> {
        drop(self.stop);
        self.thread.join().unwrap_or_default()
    }
}

/// The value that 99 of 100 do not exceed.
fn p99(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() * 99 / 100).copied().unwrap_or_default()
}

/// Leads one message through its life.
pub(super) async fn live(engine: Lampyris, life: Life) -> Result<(), String> {
    let Life { message, id, batch, tx_id, pins, position, signer } = life;
    let submission = Submission::new(message, None).map_err(|error| chain(&error))?;
    let pin = LedgerPin::new(batch, position.sequence, signer).pin_index(position.pin_index);
    accepted(engine.stage(submission).await)?;
    accepted(engine.seal(id, Seal::new(batch, tx_id).pins(pins)).await)?;
    accepted(engine.dispatched(id, batch).await)?;
    accepted(engine.sequence(id, pin).await)?;
    accepted(engine.confirm(id, Confirmation::now()).await)
}

/// What keeps a request from counting, in words.
pub(super) fn accepted(outcome: Result<Outcome, lampyris::Error>) -> Result<(), String> {
    match outcome {
        Ok(Outcome::Accepted(_)) => Ok(()),
        Ok(Outcome::Refused(refused)) => Err(refused.to_string()),
        Err(error) => Err(chain(&error)),
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn report(global: &Global, row: &Row, out: &mut impl Write) -> Result<(), Failure> {
    let ratio = Ratio::of(&row.appends, &row.events);
    let (appends, events) = (median(&row.appends), median(&row.events));
    let lives = events / LIFE_EVENTS as f64;
    let (in_flight, lag) = (row.in_flight, p99(&row.lags));
    if global.json {
        let answer = json!({
            "bench": "engine",
            "inFlight": in_flight,
            "rounds": row.appends.len(),
            "appendsPerSecond": appends.round(),
            "eventsPerSecond": events.round(),
            "livesPerSecond": lives.round(),
            "lagP99Milliseconds": lag,
            "ratio": ratio.middle,
            "ratioLeast": ratio.least,
            "ratioMost": ratio.most,
        });
        return Ok(output::json_line(out, &answer)?);
    }
    write!(out, "{in_flight:>9} {appends:>10.0} {events:>9.0} {lives:>8.0} {lag:>5.2} ms  ")?;
    writeln!(out, "{ratio}")?;
    Ok(())
}
