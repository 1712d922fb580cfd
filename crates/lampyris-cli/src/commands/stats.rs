//! `stats`: how much is in the log, and in which states the messages are.
//!
//! Counting only; a log that breaks a rule is refused, and `replay` says more of it.

use std::io::Write;
use std::process::ExitCode;

use lampyris_message::MessageState;
use lampyris_projection::Views;
use lampyris_projection::record::{DATA, MESSAGE};
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
    let (bytes, messages, states) = (log.record_bytes(), views.len(), states(&views));
    let head = log.head();
    let log_id = Uuid::from_bytes(log.log_id());
    let recoveries = log.recoveries();
    let mut out = output::answers();
    if global.json {
        let states: Map<String, Value> =
            states.map(|(state, count)| (state.as_str().to_owned(), json!(count))).collect();
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
        for (state, count) in states {
            writeln!(out, "  {:<10} {count}", state.as_str())?;
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// How many messages of all namespaces are in each state.
fn states(views: &Views) -> impl Iterator<Item = (MessageState, u64)> {
    let mut all: Vec<_> = MessageState::ALL.iter().map(|state| (*state, 0)).collect();
    for namespace in views.namespaces() {
        for ((_, count), (_, here)) in all.iter_mut().zip(views.counts(namespace)) {
            *count += here;
        }
    }
    all.into_iter()
}
