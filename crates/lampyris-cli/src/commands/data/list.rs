//! `data list`: data elements in the order they were added, with what is there of each.
//!
//! Bytes are not read, only where they stand.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::process::ExitCode;

use lampyris_projection::Element;
use lampyris_projection::element::{Missing, Parts};
use serde_json::{Map, Value, json};

use super::{erased, state};
use crate::args::{DataList, Global};
use crate::failure::Failure;
use crate::{output, store};

pub(super) fn run(global: &Global, list: &DataList) -> Result<ExitCode, Failure> {
    let log = store::open_to_look(global)?;
    let limit = if list.limit == 0 { usize::MAX } else { list.limit };
    let (mut out, mut told) = (output::answers(), 0);
    let mut one = |element: &Element| -> Result<ControlFlow<()>, Failure> {
        let parts = element.parts(log.data())?;
        if list.missing && matches!(parts.absent(), None | Some(Missing::Erased)) {
            return Ok(ControlFlow::Continue(()));
        }
        if global.json {
            json_line(element, &parts, &mut out)?;
        } else {
            line(element, &parts, &mut out)?;
        }
        told += 1;
        Ok(if told == limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    };
    let mut failure = None;
    Element::for_each(&log, Some(&list.namespace.namespace), |element| {
        one(&element).unwrap_or_else(|error| {
            failure = Some(error);
            ControlFlow::Break(())
        })
    })?;
    if let Some(failure) = failure {
        return Err(failure);
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// What is to be said of the element: whether all of it is held, and if not, what is worst.
fn worst(parts: &Parts) -> &'static str {
    let has = |wanted| {
        let mut states = parts.named().into_iter().filter_map(|(_, part)| state(part));
        states.any(|(_, word)| word == wanted)
    };
    ["missing", "damaged", "erased"].into_iter().find(|word| has(*word)).unwrap_or("held")
}

fn line(element: &Element, parts: &Parts, out: &mut impl Write) -> io::Result<()> {
    write!(out, "{}  {}", element.id(), element.added().hash())?;
    for (name, part) in parts.named() {
        if let Some((held, word)) = state(part) {
            let word = if word == "held" { String::new() } else { format!(" {word}") };
            write!(out, "  {name} {}{word}", held.size)?;
        }
    }
    writeln!(out, "  {}", worst(parts))
}

fn json_line(element: &Element, parts: &Parts, out: &mut impl Write) -> io::Result<()> {
    let mut answer = Map::new();
    let mut say = |name: &str, value: Value| answer.insert(name.to_owned(), value);
    say("id", json!(element.id().to_string()));
    say("hash", json!(element.added().hash().to_string()));
    say("created", json!(element.added().created.to_string()));
    say("sequence", json!(element.sequence()));
    for (name, part) in parts.named() {
        if let Some((held, word)) = state(part) {
            let hash = held.hash.to_string();
            say(name, json!({ "hash": hash, "size": held.size, "state": word }));
        }
    }
    say("state", json!(worst(parts)));
    if let Some(erasure) = element.erasure() {
        say("erased", erased(erasure));
    }
    output::json_line(out, &Value::Object(answer))
}
