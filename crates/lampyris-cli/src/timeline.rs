//! The timeline of a message as it is shown: what each event carried, as JSON and in one line.
//!
//! The names are those of FireFly's JSON where it has one.

use lampyris_log::Record;
use lampyris_message::event::{Claims, Event, Parent, Readiness};
use lampyris_message::{Pin, SealedMessage, Timestamp};
use serde_json::{Map, Value, json};

/// One event of a history as a JSON object.
pub(crate) fn entry(record: &Record, event: &Event) -> Value {
    json!({
        "sequence": record.sequence,
        "time": time(record),
        "event": record.event,
        "command": record.command,
        "actor": record.actor,
        "carried": carried(event),
    })
}

/// One event of a history as a line for people.
pub(crate) fn line(record: &Record, event: &Event) -> String {
    let mut text =
        format!("{:>8}  {:<30}  {:<9}", record.sequence, time(record), record.event);
    if let Value::Object(members) = carried(event) {
        for (name, value) in members {
            if name != "header" {
                text.push_str(&format!("  {name}={}", short(&value)));
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
fn carried(event: &Event) -> Value {
    let members = match event {
        Event::Staged(staged) => {
            let idempotency = staged.idempotency.as_ref();
            let mut members = message(&staged.message);
            members.extend([
                ("localNamespace", Some(json!(staged.local_namespace))),
                ("idempotencyKey", idempotency.map(|used| json!(used.key.as_str()))),
                ("fingerprint", idempotency.map(|used| json!(used.fingerprint.to_string()))),
                ("txid", text(staged.tx_id.as_ref())),
                ("awaits", staged.awaits.map(|awaited| json!(awaited.kind.name()))),
                ("parent", staged.awaits.and_then(|awaited| text(awaited.id.as_ref()))),
            ]);
            members
        }
        Event::Received(received) => {
            let mut members = message(&received.message);
            members.extend([
                ("localNamespace", Some(json!(received.local_namespace))),
                ("batch", text(Some(&received.batch))),
                ("txid", text(Some(&received.tx_id))),
                ("pins", pins(&received.pins)),
                ("from", received.from.as_ref().map(|from| json!(from))),
            ]);
            members
        }
        Event::Imported(imported) => {
            let mut members = message(&imported.message);
            members.extend(claims(&imported.claims));
            members.push(("source", Some(json!(imported.source))));
            members
        }
        Event::Readied(readied) => match &readied.why {
            Readiness::NothingToWaitFor => vec![("why", Some(json!("nothing to wait for")))],
            Readiness::Released(None) => vec![("why", Some(json!("released")))],
            Readiness::Released(Some(arrived)) => parent(arrived),
        },
        Event::Sealed(sealed) => vec![
            ("batch", text(Some(&sealed.batch))),
            ("txid", text(Some(&sealed.tx_id))),
            ("pins", pins(&sealed.pins)),
        ],
        Event::Sent(sent) => {
            vec![("batch", text(Some(&sent.batch))), ("txid", text(Some(&sent.tx_id)))]
        }
        Event::Sequenced(sequenced) => vec![
            ("batch", text(Some(&sequenced.batch))),
            ("txid", text(Some(&sequenced.tx_id))),
            ("ledgerSequence", Some(json!(sequenced.position.sequence))),
            ("pinIndex", Some(json!(sequenced.position.pin_index))),
            ("signer", Some(json!(sequenced.signer))),
        ],
        Event::Confirmed(confirmed) => vec![
            ("confirmed", text(Some(&confirmed.at))),
            ("correlator", confirmed.correlator.as_ref().map(|correlator| json!(correlator))),
        ],
        Event::Rejected(rejected) => vec![
            ("confirmed", text(Some(&rejected.at))),
            ("code", Some(json!(rejected.code.as_str()))),
            ("reason", Some(json!(rejected.reason.as_str()))),
        ],
        Event::Cancelled(cancelled) => vec![
            ("confirmed", text(Some(&cancelled.at))),
            ("code", Some(json!(cancelled.code.as_str()))),
            ("reason", cancelled.reason.as_ref().map(|reason| json!(reason))),
            ("by", Some(json!(cancelled.by))),
            ("gapFill", text(cancelled.gap_fill.as_ref())),
        ],
        Event::Noted(noted) => vec![
            ("kind", Some(json!(noted.kind.name()))),
            ("evidence", text(Some(&noted.evidence))),
            ("detail", Some(json!(noted.detail))),
        ],
    };
    let present = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(present.collect::<Map<_, _>>())
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
    vec![("header", header), ("hash", text(Some(&message.hash()))), ("data", references)]
}

fn claims(claims: &Claims) -> Members {
    vec![
        ("localNamespace", claims.local_namespace.as_ref().map(|name| json!(name))),
        ("state", Some(json!(claims.state.as_str()))),
        ("batch", text(claims.batch.as_ref())),
        ("txid", text(claims.tx_id.as_ref())),
        ("pins", pins(&claims.pins)),
        ("confirmed", text(claims.confirmed.as_ref())),
        ("rejectReason", claims.reject_reason.as_ref().map(|reason| json!(reason))),
        ("idempotencyKey", claims.idempotency_key.as_ref().map(|key| json!(key))),
    ]
}

fn parent(parent: &Parent) -> Members {
    vec![
        ("why", Some(json!("released"))),
        ("parentType", Some(json!(parent.kind.name()))),
        ("parent", text(Some(&parent.id))),
        ("messageHash", text(parent.message_hash.as_ref())),
    ]
}

fn pins(pins: &[Pin]) -> Option<Value> {
    (!pins.is_empty()).then(|| json!(pins.iter().map(Pin::to_string).collect::<Vec<_>>()))
}

fn text(value: Option<&impl std::fmt::Display>) -> Option<Value> {
    value.map(|value| Value::String(value.to_string()))
}
