//! `bench prove`: roots, proofs and signatures over a made-up log, beside the hashes of a proof alone; and opening.
//!
//! Places and sizes are spread over the whole log, so most tiles are read for the first time.

use std::hint::black_box;
use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

use lampyris_evidence::merkle::Hash;
use lampyris_log::{Log, Options, ReadError, key_file};
use serde_json::json;

use super::{median, scratch, workload};
use crate::args::{BenchLog, Global};
use crate::failure::Failure;
use crate::{output, store};

/// How many of each are made in a round.
const SAMPLES: u32 = 200;

pub(crate) fn run(global: &Global, bench: &BenchLog) -> Result<ExitCode, Failure> {
    let scratch = scratch(bench.scratch.as_deref())?;
    let directory = scratch.path().join("log");
    let log = Log::open(&directory, &store::writer_options())?;
    workload::fill(&log, bench.events, bench.imported)?;
    drop(log);
    let mut rows = Rows::default();
    for _ in 0..bench.rounds {
        rows.opened.push(seconds(|| Ok(Log::open(&directory, &Options::exclusive())?))?.0);
        let bare = Options::exclusive().without_tiles();
        rows.opened_without.push(seconds(|| Ok(Log::open(&directory, &bare)?))?.0);
    }
    let log = Log::open(&directory, &Options::exclusive())?;
    let size = log.head().size;
    let spread = |round: u32, at: u32| {
        let number = u64::from(round) * u64::from(SAMPLES) + u64::from(at);
        number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % size
    };
    let key = key_file::draw(&log.origin())?;
    for round in 0..bench.rounds {
        let each = |make: &dyn Fn(u64) -> Result<(), ReadError>| -> Result<f64, Failure> {
            let all = || (0..SAMPLES).try_for_each(|at| make(spread(round, at)));
            Ok(seconds(|| Ok(all()?))?.0 / f64::from(SAMPLES))
        };
        let height = u64::from(size.max(2).ilog2()) + 1;
        rows.hashes.push(each(&|at| {
            let mut node = Hash::of(&at.to_be_bytes());
            (0..height).for_each(|_| node = Hash::node(&node, &node));
            black_box(node);
            Ok(())
        })?);
        rows.roots.push(each(&|at| log.root_at(at).map(|it| discard(&it)))?);
        rows.inclusion.push(each(&|at| log.inclusion_proof(at, size).map(|it| discard(&it)))?);
        rows.consistency.push(each(&|at| log.consistency_proof(at, size).map(|it| discard(&it)))?);
    }
    let (signed, _) = seconds(|| Ok(log.checkpoint(&key)?))?;
    report(global, size, signed, &rows)?;
    Ok(ExitCode::SUCCESS)
}

/// What was made is needed, as far as the compiler knows.
fn discard<T>(made: &T) {
    black_box(made);
}

/// Seconds of one of each, round by round.
#[derive(Debug, Default)]
struct Rows {
    opened: Vec<f64>,
    opened_without: Vec<f64>,
    hashes: Vec<f64>,
    roots: Vec<f64>,
    inclusion: Vec<f64>,
    consistency: Vec<f64>,
}

#[expect(clippy::disallowed_methods, reason = "a bench measures by the wall clock")]
fn seconds<T>(make: impl FnOnce() -> Result<T, Failure>) -> Result<(f64, T), Failure> {
    let began = Instant::now();
    let result = make()?;
    Ok((began.elapsed().as_secs_f64(), result))
}

fn report(global: &Global, size: u64, signed: f64, rows: &Rows) -> Result<(), Failure> {
    let mut out = output::answers();
    let (opened, without) = (median(&rows.opened), median(&rows.opened_without));
    let hashes = median(&rows.hashes);
    let made = [
        ("root", median(&rows.roots)),
        ("inclusion", median(&rows.inclusion)),
        ("consistency", median(&rows.consistency)),
    ];
    let micro = |seconds: f64| seconds * 1e6;
    if global.json {
        let mut answer = json!({
            "bench": "prove",
            "records": size,
            "rounds": rows.roots.len(),
            "openedSeconds": opened,
            "openedWithoutTilesSeconds": without,
            "hashesMicroseconds": micro(hashes),
            "checkpointMicroseconds": micro(signed),
        });
        if let serde_json::Value::Object(members) = &mut answer {
            for (name, seconds) in made {
                members.insert(format!("{name}Microseconds"), json!(micro(seconds)));
            }
        }
        output::json_line(&mut out, &answer)?;
    } else {
        writeln!(out, "{size} records, {} rounds", rows.roots.len())?;
        writeln!(out, "hashes of a proof alone {:>8.1} us", micro(hashes))?;
        for (name, seconds) in made {
            writeln!(out, "{name:<23} {:>8.1} us", micro(seconds))?;
        }
        writeln!(out, "checkpoint, durable     {:>8.1} us", micro(signed))?;
        writeln!(out, "opened in {opened:.2} s with tiles, {without:.2} s without")?;
    }
    out.flush()?;
    Ok(())
}
