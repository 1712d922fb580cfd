//! The timeline of a message as it is shown: what each event carried, as JSON and in one line.
//!
//! The names are those of FireFly's JSON where it has one.

use lampyris_log::Record;
use lampyris_message::event::{
    Claims, Confirmed, DataErased, DataEvent, Event, Held, Imported, Noted, Parent, Readiness,
    Received, Rejected, Sealed, Sent, Staged,
};
use lampyris_message::{Pin, SealedMessage, Timestamp};
use serde_json::{Map, Value, json};

use crate::output::plain;

/// One event of a history as a JSON object.
pub(crate) fn entry(record: &Record, event: &Event) -> Value {
    entry_with(record, &carried(event))
}

/// The same of any record, with what its event carried.
pub(crate) fn entry_with(record: &Record, carried: &Value) -> Value {
    json!({
        "sequence": record.sequence,
        "time": time(record),
        "event": record.event,
        "command": record.command,
        "actor": record.actor,
        "carried": carried,
    })
}

/// One event of a history as a line for people.
pub(crate) fn line(record: &Record, event: &Event) -> String {
    line_with(record, carried(event))
}

/// The same of any record, with what its event carried.
pub(crate) fn line_with(record: &Record, carried: Value) -> String {
    let mut text =
        format!("{:>8}  {:<30}  {:<9}", record.sequence, time(record), plain(&record.event));
    if let Value::Object(members) = carried {
        for (name, value) in members {
            if name != "header" {
                text.extend(["  ", &name, "=", &plain(&short(&value))]);
            }
        }
    }
    text
}

/// When the record was appended, in RFC 3339.
fn time(record: &Record) -> String {
    Timestamp::from_unix_nanos(record.time).to_string()
}

fn short(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(short).collect::<Vec<_>>().join(","),
        Value::Object(members) => members.values().map(short).collect::<Vec<_>>().join("/"),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// What an event carried; absent members are left out.
pub(crate) fn carried(event: &Event) -> Value {
    let members = match event {
        Event::Staged(event) => staged(event),
        Event::Received(event) => received(event),
        Event::Imported(event) => imported(event),
        Event::Readied(event) => match &event.why {
            Readiness::NothingToWaitFor => vec![("why", Some(json!("nothing to wait for")))],
            Readiness::Released(None) => vec![("why", Some(json!("released")))],
            Readiness::Released(Some(arrived)) => parent(arrived),
        },
        Event::Sealed(Sealed { batch, tx_id, pins: sealed }) => {
            vec![("batch", shown(batch)), ("txid", shown(tx_id)), ("pins", pins(sealed))]
        }
        Event::Sent(Sent { batch, tx_id }) => vec![("batch", shown(batch)), ("txid", shown(tx_id))],
        Event::Sequenced(event) => vec![
            ("batch", shown(&event.batch)),
            ("txid", shown(&event.tx_id)),
            ("ledgerSequence", Some(json!(event.position.sequence))),
            ("pinIndex", Some(json!(event.position.pin_index))),
            ("signer", Some(json!(event.signer))),
        ],
        Event::Confirmed(Confirmed { at, correlator }) => {
            vec![("confirmed", shown(at)), ("correlator", text(correlator.as_ref()))]
        }
        Event::Rejected(Rejected { at, code, reason }) => {
            vec![("confirmed", shown(at)), ("code", shown(code)), ("reason", shown(reason))]
        }
        Event::Cancelled(event) => vec![
            ("confirmed", shown(&event.at)),
            ("code", shown(&event.code)),
            ("reason", text(event.reason.as_ref())),
            ("by", Some(json!(event.by))),
            ("gapFill", text(event.gap_fill.as_ref())),
        ],
        Event::Noted(Noted { kind, evidence, detail }) => {
            vec![("kind", shown(kind)), ("evidence", shown(evidence)), ("detail", shown(detail))]
        }
    };
    let present = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(present.collect::<Map<_, _>>())
}

/// What the event of a data element carried.
pub(crate) fn data_carried(event: &DataEvent) -> Value {
    let added = match event {
        DataEvent::Added(added) => added,
        DataEvent::Erased(DataErased { reason }) => return json!({ "reason": reason.as_str() }),
    };
    let held = |held: Option<Held>| {
        held.map(|held| json!({ "hash": held.hash.to_string(), "size": held.size }))
    };
    let datatype = added.datatype.as_ref();
    let datatype = datatype.map(|it| json!({ "name": it.name, "version": it.version }));
    let members = [
        ("hash", shown(&added.hash())),
        ("created", shown(&added.created)),
        ("validator", Some(json!(added.validator.as_str()))),
        ("datatype", datatype),
        ("value", held(added.content.value())),
        ("blob", held(added.content.blob())),
        ("details", held(added.details)),
    ];
    let present = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(present.collect::<Map<_, _>>())
}

fn staged(event: &Staged) -> Members {
    let idempotency = event.idempotency.as_ref();
    let mut members = message(&event.message);
    members.extend([
        ("localNamespace", Some(json!(event.local_namespace))),
        ("idempotencyKey", text(idempotency.map(|used| &used.key))),
        ("fingerprint", text(idempotency.map(|used| &used.fingerprint))),
        ("txid", text(event.tx_id.as_ref())),
        ("awaits", text(event.awaits.as_ref().map(|awaited| &awaited.kind))),
        ("parent", text(event.awaits.as_ref().and_then(|awaited| awaited.id.as_ref()))),
    ]);
    members
}

fn received(event: &Received) -> Members {
    let mut members = message(&event.message);
    members.extend([
        ("localNamespace", Some(json!(event.local_namespace))),
        ("batch", shown(&event.batch)),
        ("txid", shown(&event.tx_id)),
        ("pins", pins(&event.pins)),
        ("from", text(event.from.as_ref())),
    ]);
    members
}

fn imported(event: &Imported) -> Members {
    let mut members = message(&event.message);
    members.extend(claims(&event.claims));
    members.push(("source", Some(json!(event.source))));
    members
}

type Members = Vec<(&'static str, Option<Value>)>;

fn message(message: &SealedMessage) -> Members {
    let references = message.data_list().map(|references| {
        let entries = references.iter().map(|reference| {
            json!({ "id": reference.id.to_string(), "hash": reference.hash.to_string() })
        });
        Value::Array(entries.collect())
    });
    let header = serde_json::from_slice(message.header_bytes()).ok();
    vec![("header", header), ("hash", shown(&message.hash())), ("data", references)]
}

fn claims(claims: &Claims) -> Members {
    vec![
        ("localNamespace", text(claims.local_namespace.as_ref())),
        ("state", Some(json!(claims.state.as_str()))),
        ("batch", text(claims.batch.as_ref())),
        ("txid", text(claims.tx_id.as_ref())),
        ("pins", pins(&claims.pins)),
        ("confirmed", text(claims.confirmed.as_ref())),
        ("rejectReason", text(claims.reject_reason.as_ref())),
        ("idempotencyKey", text(claims.idempotency_key.as_ref())),
    ]
}

fn parent(parent: &Parent) -> Members {
    vec![
        ("why", Some(json!("released"))),
        ("parentType", Some(json!(parent.kind.name()))),
        ("parent", shown(&parent.id)),
        ("messageHash", text(parent.message_hash.as_ref())),
    ]
}

fn pins(pins: &[Pin]) -> Option<Value> {
    (!pins.is_empty()).then(|| json!(pins.iter().map(Pin::to_string).collect::<Vec<_>>()))
}

fn shown(value: &impl std::fmt::Display) -> Option<Value> {
    text(Some(value))
}

fn text(value: Option<&impl std::fmt::Display>) -> Option<Value> {
    value.map(|value| Value::String(value.to_string()))
}
