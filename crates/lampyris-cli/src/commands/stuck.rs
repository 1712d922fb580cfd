//! `stuck`: messages that have been in a state for longer than they may.
//!
//! How long is allowed is the operator's to say.

use std::collections::HashMap;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use lampyris_log::{Clock, SystemClock};
use lampyris_message::{MessageState, Timestamp};
use lampyris_projection::position_at;
use serde_json::json;

use super::list::Shown;
use crate::args::{Global, Stuck};
use crate::failure::Failure;
use crate::{output, store};

pub(crate) fn run(global: &Global, stuck: &Stuck) -> Result<ExitCode, Failure> {
    let (log, views) = store::open_views(global)?;
    let now = stuck.now.map_or_else(|| SystemClock.now_ns(), |now| now.unix_nanos());
    let deadlines = [
        (MessageState::Staged, stuck.staged),
        (MessageState::Ready, stuck.ready),
        (MessageState::Sent, stuck.sent),
        (MessageState::Pending, stuck.pending),
    ];
    let mut before = Vec::new();
    for (state, allowed) in deadlines {
        before.push((state, position_at(&log, earlier(now, allowed))?));
    }
    let rows = views.stuck(&stuck.namespace.namespace, &before);
    let limit = if stuck.limit == 0 { usize::MAX } else { stuck.limit };
    let (mut out, mut times) = (output::answers(), HashMap::new());
    for row in rows.iter().take(limit) {
        let sequence = row.since();
        // Many came into their state by one append.
        if let std::collections::hash_map::Entry::Vacant(time) = times.entry(sequence) {
            let record = log.read(sequence)?;
            time.insert(record.map(|record| Timestamp::from_unix_nanos(record.time)));
        }
        let since = times.get(&sequence).copied().flatten().unwrap_or(Timestamp::ZERO);
        let seconds = now.saturating_sub(since.unix_nanos()).max(0) / 1_000_000_000;
        if global.json {
            let told = json!({
                "id": row.id().to_string(),
                "state": row.state().as_str(),
                "since": since.to_string(),
                "sequence": sequence,
                "seconds": seconds,
                "topics": row.topics().collect::<Vec<_>>(),
            });
            output::json_line(&mut out, &told)?;
        } else {
            writeln!(out, "{}  for {}", row.line(), age(seconds))?;
        }
    }
    if !global.json {
        writeln!(out, "{} stuck", rows.len())?;
    }
    out.flush()?;
    Ok(if rows.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A moment so long before another one.
fn earlier(now: i64, by: Duration) -> Timestamp {
    let by = i64::try_from(by.as_nanos()).unwrap_or(i64::MAX);
    Timestamp::from_unix_nanos(now.saturating_sub(by))
}

/// A number of seconds in the two largest units that it has.
fn age(seconds: i64) -> String {
    match (seconds / 86_400, seconds % 86_400 / 3_600, seconds % 3_600 / 60, seconds % 60) {
        (0, 0, 0, seconds) => format!("{seconds}s"),
        (0, 0, minutes, seconds) => format!("{minutes}m {seconds}s"),
        (0, hours, minutes, _) => format!("{hours}h {minutes}m"),
        (days, hours, ..) => format!("{days}d {hours}h"),
    }
}
