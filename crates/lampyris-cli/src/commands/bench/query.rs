//! `bench query`: queries of a large mailbox, each beside looking at every message, and what the views cost.
//!
//! With `--keep`, the log stays, for whoever compares it with another store.

use std::io::Write;
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Instant;

use lampyris_log::{Append, Log, Options, Verify};
use lampyris_projection::query::{Collection, Query, Rules};
use lampyris_projection::{Views, rebuild, record};
use serde_json::{Value, json};

use super::{mailbox, median, memory, scratch, workload};
use crate::args::{BenchQuery, Global};
use crate::failure::Failure;
use crate::{output, store};

/// Appends that are kept with one sync while the log is made.
const GROUP: usize = 1_000;
/// How often every message is looked at for comparison.
const SCANS: u64 = 5;
const NAMESPACE: &str = "default";

/// A query that is asked with changing values.
struct Asked {
    name: &'static str,
    text: fn(u64) -> String,
}

/// What is asked; the argument is the number of a message.
const ASKED: &[Asked] = &[
    Asked { name: "by id", text: |n| format!("id={}", mailbox::id(n)) },
    Asked { name: "state, newest 25", text: |n| format!("state={}&limit=25", state(n)) },
    Asked {
        name: "state, newest by created",
        text: |n| format!("state={}&sort=-created&limit=25", state(n)),
    },
    Asked { name: "topic, 25", text: |n| format!("topics={}&limit=25", mailbox::topic(n)) },
    Asked {
        name: "author, state, times",
        text: |n| {
            let (from, to) = (mailbox::created(n), mailbox::created(n + 50_000));
            format!(
                "author={}&state=confirmed&created=[>={from}&created=[<{to}&limit=25",
                mailbox::author(n)
            )
        },
    },
    Asked { name: "count by state", text: |n| format!("state={}&count&limit=1", state(n)) },
    Asked { name: "page of 1,000", text: |n| format!("sequence=>{n}&sort=sequence&limit=1000") },
    Asked { name: "tag with a part", text: |n| format!("tag=@_{}&limit=25", n % 10) },
    Asked { name: "each row (no index)", text: |n| format!("rejectreason=@no {n}&limit=25") },
];

fn state(n: u64) -> &'static str {
    ["confirmed", "pending", "sent", "ready", "rejected"]
        .get((n % 5) as usize)
        .copied()
        .unwrap_or("ready")
}

/// Seconds of one query, and of looking at every message for the same.
struct Measured {
    name: &'static str,
    p50: f64,
    p99: f64,
    scan: f64,
    rows: usize,
}

pub(crate) fn run(global: &Global, bench: &BenchQuery) -> Result<ExitCode, Failure> {
    let added = memory(bench.messages)?;
    let scratch = scratch(bench.scratch.as_deref())?;
    let path = bench.keep.clone().unwrap_or_else(|| scratch.path().join("log"));
    let log = Log::open(&path, &store::writer_options())?;
    // One that was kept holds its own record and the messages.
    if log.head().size <= 1 {
        fill(&log, bench.messages)?;
    }
    drop(log);
    let log = Log::open(&path, &Options::reader().verify(Verify::New))?;
    log.scan_bound()?;
    let bound = seconds(|| Ok(log.scan_bound()?))?.0;
    let (made, views) =
        seconds(|| rebuild(&log, |_| ControlFlow::Continue(())).map_err(Failure::no))?;
    let mut measured = Vec::new();
    for asked in ASKED {
        measured.push(measure(&views, asked, bench)?);
    }
    measured.push(as_of(&views, bench)?);
    report(global, &views, [bound, made], added, &measured)?;
    Ok(ExitCode::SUCCESS)
}

/// Bytes that views of so many messages add to the process: measured before there is a log, whose freed memory they
/// would be given.
fn memory(messages: u64) -> Result<Option<u64>, Failure> {
    let mut views = Views::new();
    let before = memory::resident();
    for n in 0..messages {
        for (_, events) in workload::decided(mailbox::lifecycle(n, messages)?)? {
            for event in &events {
                let position = views.position();
                views.apply(NAMESPACE, mailbox::id(n), event, position).map_err(Failure::no)?;
            }
        }
    }
    let after = memory::resident();
    drop(views);
    Ok(before.zip(after).map(|(before, after)| after.saturating_sub(before)))
}

fn fill(log: &Log, messages: u64) -> Result<(), Failure> {
    let (mut group, mut made) = (Vec::with_capacity(GROUP), 0);
    for n in 0..messages {
        for (command, events) in workload::decided(mailbox::lifecycle(n, messages)?)? {
            let id = workload::number(5, made);
            made += 1;
            let mut append = Append::new(id, NAMESPACE, command.name(), "bench");
            append.events =
                events.iter().map(|event| record::new_event(mailbox::id(n), event)).collect();
            group.push(append);
        }
        if group.len() >= GROUP {
            workload::keep(log, &mut group)?;
        }
    }
    workload::keep(log, &mut group)
}

#[expect(clippy::disallowed_methods, reason = "a bench measures by the wall clock")]
fn seconds<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<(f64, T), Failure> {
    let began = Instant::now();
    let done = work()?;
    Ok((began.elapsed().as_secs_f64(), done))
}

/// The number of a message for the n-th time that something is asked.
fn drawn(n: u64, messages: u64) -> u64 {
    mailbox::drawn(16, n) % messages.max(1)
}

fn measure(views: &Views, asked: &Asked, bench: &BenchQuery) -> Result<Measured, Failure> {
    let (mut times, mut scans, mut rows) = (Vec::new(), Vec::new(), 0);
    for n in 0..bench.queries {
        let query = read(&(asked.text)(drawn(n, bench.messages)))?;
        let (time, found) = seconds(|| {
            let selection = views.select(NAMESPACE, &query).map_err(Failure::no)?;
            // What a client is given, and not only where it stands.
            let mut body = Vec::new();
            selection.rows.iter().for_each(|row| row.write_json(&mut body));
            Ok((selection.rows.len(), selection.total))
        })?;
        times.push(time);
        rows += found.0;
        if n < SCANS {
            let (time, met) = seconds(|| {
                Ok(views.list(NAMESPACE, None, None).filter(|row| query.filter.holds(row)).count()
                    as u64)
            })?;
            scans.push(time);
            if found.1.is_some_and(|total| total != met) {
                return Err(Failure::no(format!("{}: {found:?} where {met} meet it", asked.name)));
            }
        }
    }
    let (p50, p99) = (median(&times), percentile(times));
    Ok(Measured { name: asked.name, p50, p99, scan: median(&scans), rows })
}

/// A message as it was at some position.
fn as_of(views: &Views, bench: &BenchQuery) -> Result<Measured, Failure> {
    let (mut times, mut rows) = (Vec::new(), 0);
    for n in 0..bench.queries {
        let id = mailbox::id(drawn(n, bench.messages));
        let position = drawn(n + 1, views.position());
        let (time, body) = seconds(|| {
            let mut body = Vec::new();
            if let Some(row) = views.row_at(NAMESPACE, id, position) {
                row.write_json(&mut body);
            }
            Ok(body)
        })?;
        times.push(time);
        rows += usize::from(!body.is_empty());
    }
    let (p50, p99) = (median(&times), percentile(times));
    Ok(Measured { name: "by id, as of", p50, p99, scan: f64::NAN, rows })
}

fn read(text: &str) -> Result<Query, Failure> {
    Query::parse(Collection::Messages, text, &Rules::STRICT).map_err(Failure::no)
}

/// The value that 99 of 100 are not above.
fn percentile(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() * 99 / 100).copied().unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn report(
    global: &Global,
    views: &Views,
    [bound, made]: [f64; 2],
    added: Option<u64>,
    measured: &[Measured],
) -> Result<(), Failure> {
    let (messages, records) = (views.len(), views.position());
    let each = added.map(|added| added as f64 / messages.max(1) as f64);
    let rate = records as f64 / made;
    let mut out = output::answers();
    if global.json {
        let queries = measured.iter().map(|measured| {
            let Measured { name, p50, p99, scan, rows } = measured;
            json!({ "query": name, "p50Seconds": p50, "p99Seconds": p99, "scanSeconds": scan, "rows": rows })
        });
        let answer = json!({
            "bench": "query",
            "messages": messages,
            "records": records,
            "bytesPerMessage": each,
            "recordsPerSecond": rate,
            "ratioToScan": bound / made,
            "queries": queries.collect::<Vec<Value>>(),
        });
        output::json_line(&mut out, &answer)?;
        return Ok(out.flush()?);
    }
    writeln!(out, "{messages} messages, {records} records")?;
    writeln!(out, "made       {rate:>10.0} records/s, {:.2} of a scan", bound / made)?;
    if let Some(each) = each {
        writeln!(out, "memory     {each:>10.1} bytes a message, all indexes included")?;
    }
    writeln!(
        out,
        "{:<26} {:>10} {:>10} {:>12} {:>9}",
        "query", "p50 us", "p99 us", "each row us", "ratio"
    )?;
    for Measured { name, p50, p99, scan, .. } in measured {
        let micros = |seconds: f64| seconds * 1e6;
        let (scan, ratio) = if scan.is_nan() {
            (String::new(), String::new())
        } else {
            (format!("{:.0}", micros(*scan)), format!("{:.1}", scan / p50))
        };
        writeln!(
            out,
            "{name:<26} {:>10.1} {:>10.1} {scan:>12} {ratio:>9}",
            micros(*p50),
            micros(*p99)
        )?;
    }
    Ok(out.flush()?)
}
