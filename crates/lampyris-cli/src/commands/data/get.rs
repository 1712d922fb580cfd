//! `data get`: one data element as a FireFly client sees it, and what of it is not there.
//!
//! The bytes of its value or its blob alone are another matter: see `bytes`.

mod bytes;

use std::io::Write;
use std::process::ExitCode;

use lampyris_log::Log;
use lampyris_message::Data;
use lampyris_projection::Element;
use lampyris_projection::element::{Part, Parts};
use serde_json::Value;

use super::{erased, told};
use crate::args::{DataGet, Global};
use crate::failure::Failure;
use crate::{output, store};

pub(super) fn run(global: &Global, get: &DataGet) -> Result<ExitCode, Failure> {
    let log = store::open_to_look(global)?;
    let namespace = &get.namespace.namespace;
    let Some(element) = Element::read(&log, namespace, get.id)? else {
        let why = format!("no data element {} in namespace '{namespace}'", get.id);
        return Err(Failure::no(why));
    };
    if get.value || get.blob {
        return bytes::write(global, get, &log, &element);
    }
    show(global, &log, &element)
}

fn show(global: &Global, log: &Log, element: &Element) -> Result<ExitCode, Failure> {
    let (data, parts) = element.load(log.data())?;
    let mut out = output::answers();
    if global.json {
        out.write_all(&json(element, &data, &parts))?;
    } else {
        for (name, value) in fields(&data, &parts) {
            writeln!(out, "{name:<15} {}", output::plain(&value))?;
        }
        writeln!(out, "{:<15} {}", "position", element.sequence())?;
        if let Some(erasure) = element.erasure() {
            let (sequence, actor) = (erasure.sequence, output::plain(&erasure.actor));
            let reason = output::plain(erasure.reason.as_str());
            writeln!(out, "{:<15} at {sequence} by {actor}: {reason}", "erased")?;
        }
    }
    out.flush()?;
    let lost = parts.named().into_iter().filter_map(|(name, part)| lost(element, name, part));
    let mut lost: Vec<String> = lost.collect();
    if element.erasure().is_some() {
        lost.push(format!("data element {} was erased", element.id()));
    }
    if lost.is_empty() { Ok(ExitCode::SUCCESS) } else { Err(Failure::No(lost.join("; "))) }
}

/// Why a part cannot be shown, if it cannot.
fn lost(element: &Element, name: &str, part: &Part) -> Option<String> {
    let id = element.id();
    match part {
        Part::None | Part::Held(_) | Part::Erased(_) => None,
        Part::Missing(held) => {
            let hash = held.hash;
            Some(format!("data element {id}: its {name}, {hash}, is not in the data store"))
        }
        Part::Damaged(_, why) => {
            Some(format!("data element {id}: its {name} cannot be read: {why}"))
        }
    }
}

/// FireFly's JSON of the element, with our members at its end, as a line.
fn json(element: &Element, data: &Data, parts: &Parts) -> Vec<u8> {
    let (mut missing, mut damaged) = (Vec::new(), Vec::new());
    for (name, part) in parts.named() {
        match part {
            Part::None | Part::Held(_) | Part::Erased(_) => {}
            Part::Missing(held) => missing.push(told(name, *held)),
            Part::Damaged(held, _) => damaged.push(told(name, *held)),
        }
    }
    // The value's bytes stay as they are, so the members are put behind them as text.
    let mut json = data.to_json();
    json.pop();
    json.extend_from_slice(format!(",\"position\":{}", element.sequence()).as_bytes());
    for (name, parts) in [("missing", missing), ("damaged", damaged)] {
        if !parts.is_empty() {
            json.extend_from_slice(format!(",\"{name}\":{}", Value::Array(parts)).as_bytes());
        }
    }
    if let Some(erasure) = element.erasure() {
        json.extend_from_slice(format!(",\"erased\":{}", erased(erasure)).as_bytes());
    }
    json.extend_from_slice(b"}\n");
    json
}

/// The fields that say something, by FireFly's names, in FireFly's order.
fn fields(data: &Data, parts: &Parts) -> Vec<(&'static str, String)> {
    let blob = data.blob.as_ref();
    let of_blob = blob.map(|blob| {
        let hash = blob.hash.map(|hash| hash.to_string()).unwrap_or_default();
        format!("{hash} {} bytes", blob.size)
    });
    let value = data.value.as_ref().map(|value| String::from_utf8_lossy(value.as_bytes()).into());
    let fields = [
        ("id", data.id.map(|id| id.to_string())),
        ("validator", Some(data.validator.as_str().to_owned())),
        ("namespace", Some(data.namespace.clone())),
        ("hash", data.hash.map(|hash| hash.to_string())),
        ("created", data.created.map(|created| created.to_string())),
        ("datatype", data.datatype.as_ref().map(|it| format!("{} {}", it.name, it.version))),
        ("value", value),
        ("public", Some(data.public.clone())),
        ("blob", of_blob),
        ("blob.name", blob.map(|blob| blob.name.clone())),
        ("blob.path", blob.map(|blob| blob.path.clone())),
        ("blob.public", blob.map(|blob| blob.public.clone())),
    ];
    let said = fields.into_iter().filter_map(|(name, value)| {
        value.filter(|value| !value.is_empty()).map(|value| (name, value))
    });
    let lost = parts.named().into_iter().filter_map(|(name, part)| {
        let (held, word) = super::state(part).filter(|(_, word)| *word != "held")?;
        Some((word, format!("{name} {} {} bytes", held.hash, held.size)))
    });
    said.chain(lost).collect()
}
