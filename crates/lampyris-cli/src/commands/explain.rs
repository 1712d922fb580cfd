//! `explain`: why a message is not confirmed yet.
//!
//! What there is to say is the projection's; here it is shown.

use std::io::Write;
use std::process::ExitCode;

use lampyris_message::event::Awaited;
use lampyris_projection::{Explanation, Moment};
use serde_json::{Value, json};

use crate::args::{Global, One};
use crate::failure::Failure;
use crate::{output, store};

pub(crate) fn run(global: &Global, one: &One) -> Result<ExitCode, Failure> {
    let (id, namespace) = (one.id, &one.namespace.namespace);
    let log = store::open_to_look(global)?;
    let explained = lampyris_projection::explain(&log, namespace, id).map_err(Failure::no)?;
    let Some(explained) = explained else { return Err(super::get::unknown(namespace, id)) };
    let mut out = output::answers();
    if global.json {
        output::json_line(&mut out, &told(&explained))?;
    } else {
        for (name, value) in lines(&explained) {
            writeln!(out, "{name:<10} {}", output::plain(&value))?;
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn lines(explained: &Explanation) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        (
            "message",
            explained.view.message().header.id.map(|id| id.to_string()).unwrap_or_default(),
        ),
        ("state", explained.situation.to_string()),
        ("since", moment(&explained.since)),
        ("last", moment(&explained.last)),
    ];
    match &explained.expected {
        Some(expected) => {
            lines.push(("waits for", expected.waits_for.to_owned()));
            lines.extend(explained.awaits.as_ref().map(|awaits| ("parent", parent(awaits))));
            let commands: Vec<String> = expected.commands.iter().map(ToString::to_string).collect();
            lines.push(("expected", format!("{}, from {}", commands.join(" or "), expected.from)));
        }
        None => lines.push(("waits for", "nothing: no report moves it on here".to_owned())),
    }
    let reason = &explained.view.message().reject_reason;
    if !reason.is_empty() {
        lines.push(("reason", reason.clone()));
    }
    for (reference, why) in &explained.missing {
        let id = reference.id.map(|id| id.to_string()).unwrap_or_default();
        lines.push(("missing", format!("data {id}: {why}")));
    }
    for note in &explained.notes {
        lines.push((
            "noted",
            format!("{} at {}, sequence {}: {}", note.kind, note.time, note.sequence, note.detail),
        ));
    }
    lines
}

fn moment(moment: &Moment) -> String {
    let Moment { sequence, time, event, actor, .. } = moment;
    format!("{time}, by {event} of {actor}, sequence {sequence}")
}

fn parent(awaits: &Awaited) -> String {
    let id = awaits.id.map_or("of any id".to_owned(), |id| id.to_string());
    format!("{} {id}", awaits.kind)
}

fn told(explained: &Explanation) -> Value {
    let moment = |moment: &Moment| {
        let Moment { sequence, time, event, actor, .. } = moment;
        json!({ "sequence": sequence, "time": time.to_string(), "event": event.to_string(), "actor": actor })
    };
    let view: Value = serde_json::from_slice(&explained.view.to_json()).unwrap_or_default();
    let expected = explained.expected.as_ref();
    let missing = explained.missing.iter().map(|(reference, why)| {
        json!({ "id": reference.id.map(|id| id.to_string()), "why": why.to_string() })
    });
    let notes = explained.notes.iter().map(|note| {
        json!({
            "sequence": note.sequence,
            "time": note.time.to_string(),
            "kind": note.kind.to_string(),
            "detail": note.detail,
        })
    });
    json!({
        "message": view,
        "situation": explained.situation.to_string(),
        "since": moment(&explained.since),
        "last": moment(&explained.last),
        "waitsFor": expected.map(|expected| expected.waits_for),
        "parent": explained.awaits.as_ref().map(parent),
        "expected": expected.map(|expected| expected.commands.iter().map(ToString::to_string).collect::<Vec<_>>()),
        "from": expected.map(|expected| expected.from),
        "missing": missing.collect::<Vec<_>>(),
        "noted": notes.collect::<Vec<_>>(),
    })
}
