//! `stats`: how much is in the log, and in which states the messages are.
//!
//! Counting only; a log that breaks a rule is refused, and `replay` says more of it.

use std::io::Write;
use std::process::ExitCode;

use lampyris_projection::Audit;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::args::Global;
use crate::failure::Failure;
use crate::{output, store};

pub(crate) fn run(global: &Global) -> Result<ExitCode, Failure> {
    let (mut audit, mut bytes) = (Audit::new(), 0_u64);
    let log = store::open_reader(global, |record| {
        audit.take(record);
        bytes += record.bytes.len() as u64;
    })?;
    if let Some(fault) = audit.fault() {
        return Err(Failure::no(fault));
    }
    let head = log.head();
    let log_id = Uuid::from_bytes(log.log_id());
    let mut out = output::answers();
    if global.json {
        let states: Map<String, Value> = audit
            .counts()
            .map(|(state, count)| (state.as_str().to_owned(), json!(count)))
            .collect();
        output::json_line(
            &mut out,
            &json!({
                "logId": log_id.to_string(),
                "origin": log.origin(),
                "rules": log.rules().version,
                "records": head.size,
                "recordBytes": bytes,
                "root": head.root.to_string(),
                "events": audit.events(),
                "messages": audit.messages(),
                "dataElements": audit.elements(),
                "states": states,
            }),
        )?;
    } else {
        writeln!(out, "log id     {log_id}")?;
        writeln!(out, "origin     {}", output::plain(&log.origin()))?;
        writeln!(out, "rules      version {}", log.rules().version)?;
        writeln!(out, "records    {} ({bytes} bytes)", head.size)?;
        writeln!(out, "root       {}", head.root)?;
        writeln!(out, "events     {}", audit.events())?;
        writeln!(out, "elements   {}", audit.elements())?;
        writeln!(out, "messages   {}", audit.messages())?;
        for (state, count) in audit.counts() {
            writeln!(out, "  {:<10} {count}", state.as_str())?;
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
