//! `get`: one message as a FireFly client sees it.
//!
//! It reads the message's own history and nothing else of the log's messages.

use std::io::Write;
use std::process::ExitCode;

use lampyris_message::Message;
use lampyris_projection::View;

use crate::args::{Global, One};
use crate::failure::Failure;
use crate::{output, store};

pub(crate) fn run(global: &Global, one: &One) -> Result<ExitCode, Failure> {
    let log = store::open_reader(global, |_| {})?;
    let history = store::history(&log, &one.namespace.namespace, one.id)?;
    store::judged(&history)?;
    let view = history.iter().fold(None, |view: Option<View>, (record, event)| match view {
        None => View::begin(event, record.sequence),
        Some(mut view) => {
            view.apply(event, record.sequence);
            Some(view)
        }
    });
    let Some(view) = view else { return Err(unknown(one)) };
    let mut out = output::answers();
    if global.json {
        out.write_all(&view.to_json())?;
        out.write_all(b"\n")?;
    } else {
        for (name, value) in fields(view.message()) {
            writeln!(out, "{name:<15} {}", output::plain(&value))?;
        }
        writeln!(out, "{:<15} {}", "position", view.position())?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// No message of this id is in the namespace.
pub(crate) fn unknown(one: &One) -> Failure {
    Failure::no(format!("no message {} in namespace '{}'", one.id, one.namespace.namespace))
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
    let references = message.data.iter().flatten().flatten().map(|reference| {
        let id = reference.id.map(|id| id.to_string()).unwrap_or_default();
        ("data", reference.hash.map_or(id.clone(), |hash| format!("{id} {hash}")))
    });
    said.chain(references).collect()
}
