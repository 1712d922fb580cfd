//! `stats`: how much is in the log, in which states the messages are, and since when the oldest of each.
//!
//! Counting only; a log that breaks a rule is refused, and `replay` says more of it.

use std::io::Write;
use std::process::ExitCode;

use lampyris_log::Log;
use lampyris_message::{MessageId, MessageState, Timestamp};
use lampyris_projection::record::{DATA, MESSAGE};
use lampyris_projection::{Row, Views};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::args::Global;
use crate::failure::Failure;
use crate::{output, recoveries, store};

pub(crate) fn run(global: &Global) -> Result<ExitCode, Failure> {
    let (log, views) = store::open_views(global)?;
    let kinds = log.kinds();
    let of = |kind: &str| kinds.iter().find(|(found, ..)| found == kind);
    let elements = of(DATA).map_or(0, |(_, streams, _)| *streams);
    let events = of(MESSAGE).map_or(0, |(.., records)| *records);
    let (bytes, messages) = (log.record_bytes(), views.len());
    let states = states(&log, &views)?;
    let head = log.head();
    let log_id = Uuid::from_bytes(log.log_id());
    let recoveries = log.recoveries();
    let mut out = output::answers();
    if global.json {
        let name = |state: &Counted| state.state.as_str().to_owned();
        let oldest: Map<String, Value> = states
            .iter()
            .filter_map(|state| Some((name(state), state.oldest.as_ref()?.told())))
            .collect();
        let states: Map<String, Value> =
            states.iter().map(|state| (name(state), json!(state.count))).collect();
        output::json_line(
            &mut out,
            &json!({
                "logId": log_id.to_string(),
                "origin": log.origin(),
                "recoveries": recoveries.iter().map(recoveries::told).collect::<Vec<_>>(),
                "rules": log.rules().version,
                "records": head.size,
                "recordBytes": bytes,
                "root": head.root.to_string(),
                "events": events,
                "messages": messages,
                "dataElements": elements,
                "states": states,
                "oldest": oldest,
            }),
        )?;
    } else {
        writeln!(out, "log id     {log_id}")?;
        writeln!(out, "origin     {}", output::plain(&log.origin()))?;
        for recovered in &recoveries {
            writeln!(out, "recovered  {}", recoveries::line(recovered))?;
        }
        writeln!(out, "rules      version {}", log.rules().version)?;
        writeln!(out, "records    {} ({bytes} bytes)", head.size)?;
        writeln!(out, "root       {}", head.root)?;
        writeln!(out, "events     {events}")?;
        writeln!(out, "elements   {elements}")?;
        writeln!(out, "messages   {messages}")?;
        for Counted { state, count, oldest } in &states {
            write!(out, "  {:<10} {count}", state.as_str())?;
            match oldest {
                Some(Oldest { id, since, .. }) => writeln!(out, ", the oldest {id} since {since}")?,
                None => writeln!(out)?,
            }
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// The messages of all namespaces that are in a state.
struct Counted {
    state: MessageState,
    count: u64,
    oldest: Option<Oldest>,
}

/// The message that has been in its state the longest.
struct Oldest {
    id: MessageId,
    namespace: String,
    since: Timestamp,
}

impl Oldest {
    fn told(&self) -> Value {
        let Self { id, namespace, since } = self;
        json!({ "id": id.to_string(), "namespace": namespace, "since": since.to_string() })
    }
}

/// How many messages of all namespaces are in each state, and the oldest of each.
fn states(log: &Log, views: &Views) -> Result<Vec<Counted>, Failure> {
    let mut all = Vec::new();
    for state in MessageState::ALL.iter().copied() {
        let count = |name| views.counts(name).find(|(found, _)| *found == state);
        let count = views.namespaces().filter_map(count).map(|(_, count)| count).sum();
        let oldest = views.namespaces().filter_map(|name| views.oldest(name, state));
        let oldest = match oldest.min_by_key(Row::since) {
            Some(row) => log.read(row.since())?.map(|record| Oldest {
                id: row.id(),
                namespace: row.namespace().to_owned(),
                since: Timestamp::from_unix_nanos(record.time),
            }),
            None => None,
        };
        all.push(Counted { state, count, oldest });
    }
    Ok(all)
}
