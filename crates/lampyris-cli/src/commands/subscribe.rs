//! `subscribe`: events in the order of the log, from a sequence or a cursor on.
//!
//! A cursor is moved only behind what standard output has taken.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use lampyris_log::{Cursor, Filter, Log, Record};
use lampyris_projection::record::{self, DATA, MESSAGE};
use serde_json::{Map, Value, json};

use crate::args::{Cursors, Global, Subscribe};
use crate::ending::Ending;
use crate::failure::{Failure, chain};
use crate::{output, store, timeline};

/// Events that are written before the cursor is moved.
const STRIDE: usize = 256;
/// How long it is waited at the end of the log before it is looked for more.
const POLL: Duration = Duration::from_millis(200);

pub(crate) fn run(global: &Global, subscribe: &Subscribe) -> Result<ExitCode, Failure> {
    let log = store::open_to_look(global)?;
    match &subscribe.cursors {
        None => write(global, subscribe, &log),
        Some(Cursors::Cursors) => list(global, &log),
        Some(Cursors::Forget { name }) if log.remove_cursor(name)? => Ok(ExitCode::SUCCESS),
        Some(Cursors::Forget { name }) => Err(Failure::no(format!("there is no cursor {name}"))),
    }
}

fn write(global: &Global, subscribe: &Subscribe, log: &Log) -> Result<ExitCode, Failure> {
    let mut cursor = subscribe.cursor.as_deref().map(|name| log.cursor(name)).transpose()?;
    let from = cursor.as_ref().map_or(subscribe.from, Cursor::position);
    let mut events = log.follow_only(filter(subscribe), from);
    let mut out = output::answers();
    let ending = if subscribe.follow { Some(Ending::listen()?) } else { None };
    let is_over = || ending.as_ref().is_some_and(Ending::has_come);
    loop {
        let mut written = 0_usize;
        while let Some(record) = events.try_next()? {
            show(global, &mut out, &record)?;
            written += 1;
            if written.is_multiple_of(STRIDE) {
                acknowledge(&mut out, cursor.as_mut(), record.sequence + 1)?;
                if is_over() {
                    return Ok(ExitCode::SUCCESS);
                }
            }
        }
        // What nobody asked for need not be read again.
        acknowledge(&mut out, cursor.as_mut(), events.position())?;
        match &ending {
            Some(ending) if !ending.comes_within(POLL) => log.refresh()?,
            Some(_) | None => return Ok(ExitCode::SUCCESS),
        };
    }
}

/// Moves the cursor to a position, once what was written before it is out of this process.
fn acknowledge(
    out: &mut impl Write,
    cursor: Option<&mut Cursor>,
    position: u64,
) -> Result<(), Failure> {
    out.flush()?;
    if let (Some(cursor), Some(last)) = (cursor, position.checked_sub(1)) {
        cursor.acknowledge(last)?;
    }
    Ok(())
}

fn filter(subscribe: &Subscribe) -> Filter {
    let mut filter = Filter::new().namespace(subscribe.namespace.namespace.as_str());
    for kind in [MESSAGE, DATA] {
        filter = match subscribe.stream {
            None => filter.kind(kind),
            Some(id) => filter.stream(kind, *id.as_bytes()),
        };
    }
    subscribe.event.iter().fold(filter, |filter, name| filter.event(name.as_str()))
}

fn show(global: &Global, out: &mut impl Write, record: &Record) -> Result<(), Failure> {
    let unreadable =
        |error| Failure::no(format!("sequence {}: {}", record.sequence, chain(&error)));
    let (kind, id, carried) = if let Some(id) = record::message_id(&record.borrow()) {
        let event = record::event(record).map_err(unreadable)?;
        ("message", id.to_string(), timeline::carried(&event))
    } else if let Some(id) = record::data_id(&record.borrow()) {
        let event = record::data_event(record).map_err(unreadable)?;
        ("data", id.to_string(), timeline::data_carried(&event))
    } else {
        return Ok(());
    };
    if !global.json {
        writeln!(out, "{}  {kind}={id}", timeline::line_with(record, carried))?;
        return Ok(());
    }
    let mut members = Map::new();
    members.insert(kind.to_owned(), Value::String(id));
    if let Value::Object(rest) = timeline::entry_with(record, &carried) {
        members.extend(rest);
    }
    output::json_line(out, &Value::Object(members))?;
    Ok(())
}

fn list(global: &Global, log: &Log) -> Result<ExitCode, Failure> {
    let mut out = output::answers();
    let mut all_are_whole = true;
    for standing in log.cursors()? {
        let name = standing.name;
        let (position, fault) = match standing.position {
            Ok(position) => (Some(position), None),
            Err(error) => (None, Some(chain(&error))),
        };
        all_are_whole &= fault.is_none();
        if global.json {
            let members = json!({ "cursor": name, "position": position, "fault": fault });
            output::json_line(&mut out, &members)?;
        } else {
            let position = position.map(|position| position.to_string());
            writeln!(out, "{:>8}  {name}", position.or(fault).unwrap_or_default())?;
        }
    }
    out.flush()?;
    Ok(if all_are_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
