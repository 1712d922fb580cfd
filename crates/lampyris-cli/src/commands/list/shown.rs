//! How a message, an event or a data element is told in a list.

use std::fmt::Display;

use lampyris_message::event::Held;
use lampyris_projection::{ElementRow, EventRow, Row};
use serde_json::{Value, json};

use super::Told;
use crate::output;

/// A message in a line for people.
pub(crate) fn line(row: &Row<'_>) -> String {
    let topics: Vec<&str> = row.topics().collect();
    format!(
        "{}  {:<9}  {:<10}  {:<30}  {}",
        row.id(),
        row.state().as_str(),
        output::plain(row.message_type()),
        text(row.created()),
        output::plain(&topics.join(",")),
    )
}

pub(super) fn message(row: &Row<'_>) -> Told {
    Told { line: line(row), json: row.view().to_json() }
}

pub(super) fn event(row: &EventRow<'_>) -> Told {
    let (sequence, kind, message) = (row.sequence(), row.event_type(), row.reference());
    let (created, topic) = (text(row.created()), output::plain(row.topic()).into_owned());
    let line = format!("{sequence:>8}  {created:<30}  {kind}  {message}  {topic}");
    let mut json = json!({
        "id": row.id().to_string(),
        "sequence": sequence,
        "type": kind,
        "namespace": row.namespace(),
        "reference": message.to_string(),
        "correlator": row.correlator(),
        "tx": row.transaction().map(|tx| tx.to_string()),
        "topic": row.topic(),
        "created": row.created().map(|created| created.to_string()),
    });
    strip(&mut json);
    Told { line, json: json.to_string().into_bytes() }
}

pub(super) fn element(row: &ElementRow<'_>) -> Told {
    let (id, hash, created) = (row.id, row.hash, text(row.created));
    let erased = row.erased.map(|sequence| format!("  erased at {sequence}"));
    let line = format!("{id}  {hash}  {created:<30}  {}", erased.unwrap_or_default());
    let blob = |blob: Held| json!({ "hash": blob.hash.to_string(), "size": blob.size });
    let datatype = |(name, version): (&str, &str)| json!({ "name": name, "version": version });
    let mut json = json!({
        "id": id.to_string(),
        "validator": row.validator,
        "namespace": row.namespace,
        "hash": hash.to_string(),
        "created": row.created.map(|created| created.to_string()),
        "datatype": row.datatype.map(datatype),
        "blob": row.blob.map(blob),
        "sequence": row.sequence,
        "erased": row.erased,
    });
    strip(&mut json);
    Told { line: line.trim_end().to_owned(), json: json.to_string().into_bytes() }
}

/// Leaves out members that say nothing.
fn strip(value: &mut Value) {
    if let Value::Object(members) = value {
        members.retain(|_, value| !value.is_null());
    }
}

fn text(value: Option<impl Display>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
