//! `bench index`: the memory that an open log keeps of its streams and its claims.
//!
//! A log is made in memory and opened a second time over the same frames: what that adds is its
//! index. Once with streams alone, once with a claim for each.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use lampyris_log::{Append, Claim, Log, MemoryShard, NewEvent, StreamName};
use lampyris_message::Bytes32;
use lampyris_projection::record::MESSAGE;
use serde_json::json;

use super::memory;
use crate::args::{BenchIndex, Global};
use crate::failure::{Failure, chain};
use crate::{output, store};

pub(crate) fn run(global: &Global, bench: &BenchIndex) -> Result<ExitCode, Failure> {
    let plain = added(bench.streams, false)?;
    let claimed = added(bench.streams, true)?;
    let (Some(plain), Some(claimed)) = (plain, claimed) else {
        return Err(Failure::no("this system does not say how much memory a process has"));
    };
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let each = |bytes: u64| bytes as f64 / bench.streams as f64;
    let (stream, claim) = (each(plain), each(claimed.saturating_sub(plain)));
    let mut out = output::answers();
    if global.json {
        let answer = json!({
            "bench": "index", "streams": bench.streams,
            "bytesPerStream": stream, "bytesPerClaim": claim,
        });
        output::json_line(&mut out, &answer)?;
    } else {
        writeln!(out, "{} streams, as many claims", bench.streams)?;
        writeln!(out, "stream  {stream:>6.1} bytes\nclaim   {claim:>6.1} bytes")?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Bytes that opening a log of so many streams adds to this process.
fn added(streams: u64, claims: bool) -> Result<Option<u64>, Failure> {
    let shard = Arc::new(MemoryShard::new());
    let log = Log::open_on(
        Arc::clone(&shard) as Arc<dyn lampyris_log::ShardLog>,
        &store::writer_options(),
        |_| {},
    )?;
    for first in (0..streams).step_by(1000) {
        let appends: Vec<_> =
            (first..streams.min(first + 1000)).map(|n| append(n, claims)).collect();
        for result in log.append_group(&appends) {
            result.map_err(|error| Failure::No(chain(&error)))?;
        }
    }
    let before = memory::resident();
    let again = Log::open_on(Arc::new(shard.share()), &lampyris_log::Options::reader(), |_| {})?;
    let after = memory::resident();
    drop(again);
    Ok(before.zip(after).map(|(before, after)| after.saturating_sub(before)))
}

fn append(n: u64, claimed: bool) -> Append {
    let Bytes32(hash) = Bytes32::sha256(&n.to_be_bytes());
    let mut id = [0; 16];
    id.copy_from_slice(hash.split_at(16).0);
    let stream = StreamName::new(MESSAGE, id);
    let event = NewEvent { stream, name: "staged".into(), version: 1, content: Vec::new() };
    let append = Append::new(id, "default", "stage", "bench").event(event);
    let claim = Claim { namespace: "default".into(), key: format!("order-{n}"), fingerprint: hash };
    if claimed { append.claim(claim) } else { append }
}
