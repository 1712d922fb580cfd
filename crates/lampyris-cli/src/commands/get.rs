//! `get`: one message as a FireFly client sees it.
//!
//! It reads the message's own history and nothing else of the log's messages; of its data, what is there.

use std::io::Write;
use std::process::ExitCode;

use lampyris_log::Log;
use lampyris_message::{DataRef, Message, MessageId};
use lampyris_projection::View;
use lampyris_projection::element::{self, Missing};
use serde_json::{Value, json};

use crate::args::{Global, One};
use crate::failure::Failure;
use crate::{output, store};

pub(crate) fn run(global: &Global, one: &One) -> Result<ExitCode, Failure> {
    let log = store::open_to_look(global)?;
    let history = store::history(&log, &one.namespace.namespace, one.id)?;
    store::judged(&history)?;
    let view = history.iter().fold(None, |view: Option<View>, (record, event)| match view {
        None => View::begin(event, record.sequence),
        Some(mut view) => {
            view.apply(event, record.sequence);
            Some(view)
        }
    });
    let Some(view) = view else { return Err(unknown(&one.namespace.namespace, one.id)) };
    let references = references(&log, &one.namespace.namespace, view.message())?;
    let mut out = output::answers();
    if global.json {
        out.write_all(&to_json(&view, &references))?;
        out.write_all(b"\n")?;
    } else {
        let references = references.iter().map(|reference| ("data", told(reference)));
        for (name, value) in fields(view.message()).into_iter().chain(references) {
            writeln!(out, "{name:<15} {}", output::plain(&value))?;
        }
        writeln!(out, "{:<15} {}", "position", view.position())?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// No message of this id is in the namespace.
pub(crate) fn unknown(namespace: &str, id: MessageId) -> Failure {
    Failure::no(format!("no message {id} in namespace '{namespace}'"))
}

/// The data references of a message, and why what they name cannot be read, if it cannot.
fn references(
    log: &Log,
    namespace: &str,
    message: &Message,
) -> Result<Vec<(DataRef, Option<Missing>)>, Failure> {
    let references = message.data.iter().flatten().flatten();
    let judged = references.map(|reference| -> Result<_, Failure> {
        Ok((*reference, element::missing(log, namespace, reference)?))
    });
    judged.collect()
}

/// FireFly's JSON and the position; and what is missing, if something is.
fn to_json(view: &View, references: &[(DataRef, Option<Missing>)]) -> Vec<u8> {
    let missing = references.iter().filter_map(|(reference, why)| {
        let id = reference.id.map(|id| id.to_string());
        why.as_ref().map(|why| json!({ "id": id, "why": why.to_string() }))
    });
    let missing: Vec<Value> = missing.collect();
    let mut json = view.to_json();
    if !missing.is_empty() {
        json.pop();
        json.extend_from_slice(format!(",\"missing\":{}}}", Value::Array(missing)).as_bytes());
    }
    json
}

/// A data reference in a line for people.
fn told((reference, why): &(DataRef, Option<Missing>)) -> String {
    let id = reference.id.map(|id| id.to_string()).unwrap_or_default();
    let hash = reference.hash.map(|hash| hash.to_string()).unwrap_or_default();
    let state = why.as_ref().map_or("held".to_owned(), |why| format!("missing: {why}"));
    format!("{id} {hash} {state}")
}

/// The fields that say something, by FireFly's names, in FireFly's order.
fn fields(message: &Message) -> Vec<(&'static str, String)> {
    let header = &message.header;
    let text = |value: &str| value.to_owned();
    let fields = [
        ("id", header.id.map(|id| id.to_string())),
        ("cid", header.cid.map(|cid| cid.to_string())),
        ("type", Some(text(header.message_type.as_str()))),
        ("txtype", header.tx_type.as_ref().map(|tx_type| text(tx_type.as_str()))),
        ("author", Some(text(&header.author))),
        ("key", Some(text(&header.key))),
        ("created", header.created.map(|created| created.to_string())),
        ("namespace", Some(text(&header.namespace))),
        ("group", header.group.map(|group| group.to_string())),
        ("topics", Some(header.topics.join(", "))),
        ("tag", Some(text(&header.tag))),
        ("datahash", header.data_hash.map(|hash| hash.to_string())),
        (
            "txparent",
            header.tx_parent.as_ref().map(|parent| {
                let id = parent.id.map(|id| id.to_string()).unwrap_or_default();
                format!("{} {id}", parent.tx_type.as_str())
            }),
        ),
        ("localNamespace", Some(text(&message.local_namespace))),
        ("hash", message.hash.map(|hash| hash.to_string())),
        ("batch", message.batch.map(|batch| batch.to_string())),
        ("txid", message.tx_id.map(|tx_id| tx_id.to_string())),
        ("state", message.state.as_ref().map(|state| text(state.as_str()))),
        ("confirmed", message.confirmed.map(|confirmed| confirmed.to_string())),
        ("rejectReason", Some(text(&message.reject_reason))),
        ("pins", Some(message.pins.join(", "))),
        ("idempotencyKey", Some(text(&message.idempotency_key))),
    ];
    let said = fields.into_iter().filter_map(|(name, value)| {
        value.filter(|value| !value.is_empty()).map(|value| (name, value))
    });
    said.collect()
}
