//! `bench export`: the whole log written as JSON lines and as a CBOR sequence, to nowhere.
//!
//! Beside the bound, in turn, over the same log in the same process. The bound reads, decompresses, decodes and hashes
//! every record and does nothing else.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use lampyris_log::{Log, Options};
use serde_json::json;

use super::{Ratio, median, scratch, workload};
use crate::args::{BenchLog, Global};
use crate::commands::export::write_whole;
use crate::exchange::Format;
use crate::failure::Failure;
use crate::{output, store};

/// What is measured beside the bound.
const FORMATS: [(&str, Format); 2] = [("jsonl", Format::Jsonl), ("cbor", Format::Cbor)];

/// What was written, in bytes; nothing of it is kept.
struct Counted(u64);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench measures by the wall clock")]
pub(crate) fn run(global: &Global, bench: &BenchLog) -> Result<ExitCode, Failure> {
    let scratch = scratch(bench.scratch.as_deref())?;
    let directory = scratch.path().join("log");
    let log = Log::open(&directory, &store::writer_options())?;
    let events = workload::fill(&log, bench.events, bench.imported)?;
    drop(log);
    let log = Log::open(&directory, &Options::reader())?;
    // Not counted: what is read comes from the machine's memory from here on.
    log.scan_bound()?;
    let (mut bound, mut rates, mut bytes) = (Vec::new(), [const { Vec::new() }; 2], [0; 2]);
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let rate = |began: Instant| events as f64 / began.elapsed().as_secs_f64();
    for _ in 0..bench.rounds {
        let began = Instant::now();
        log.scan_bound()?;
        bound.push(rate(began));
        for (at, (_, format)) in FORMATS.into_iter().enumerate() {
            let (began, mut out) = (Instant::now(), Counted(0));
            write_whole(&log, format, &mut out)?;
            if let (Some(rates), Some(bytes)) = (rates.get_mut(at), bytes.get_mut(at)) {
                rates.push(rate(began));
                *bytes = out.0;
            }
        }
    }
    let mut out = output::answers();
    if !global.json {
        writeln!(
            out,
            "{events} events, {} rounds; scan {:.0} events/s",
            bench.rounds,
            median(&bound)
        )?;
    }
    for ((name, _), (rates, bytes)) in FORMATS.iter().zip(rates.iter().zip(bytes)) {
        let ratio = Ratio::of(&bound, rates);
        if global.json {
            output::json_line(
                &mut out,
                &json!({
                    "bench": "export",
                    "format": name,
                    "events": events,
                    "rounds": bench.rounds,
                    "scanPerSecond": median(&bound).round(),
                    "exportPerSecond": median(rates).round(),
                    "bytes": bytes,
                    "ratio": ratio.middle,
                    "ratioLeast": ratio.least,
                    "ratioMost": ratio.most,
                }),
            )?;
        } else {
            let (rate, each) = (median(rates), bytes / events.max(1));
            writeln!(out, "{name:<6} {rate:>10.0} events/s {each:>5} bytes each  {ratio}")?;
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
