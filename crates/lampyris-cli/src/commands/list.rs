//! `list`: messages in the order of their first events.
//!
//! The views say where each message stands; what is read then are the first events of those that are meant.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::process::ExitCode;

use lampyris_log::{Log, VerifiedRecord};
use lampyris_projection::{Row, View, record};

use crate::args::{Global, List};
use crate::failure::Failure;
use crate::{output, store};

pub(crate) fn run(global: &Global, list: &List) -> Result<ExitCode, Failure> {
    let (log, views) = store::open_views(global)?;
    let limit = if list.limit == 0 { usize::MAX } else { list.limit };
    let rows = views.list(&list.namespace.namespace, list.state, None).take(limit);
    let mut out = output::answers();
    print(&log, rows, global.json, &mut out)?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Prints messages, whose rows come in the order of their first events.
fn print<'v>(
    log: &Log,
    rows: impl Iterator<Item = Row<'v>>,
    json: bool,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let mut rows = rows.peekable();
    let Some(first) = rows.peek() else { return Ok(()) };
    let mut failure = None;
    log.for_each(first.first(), |verified| {
        if let Some(row) = rows.next_if(|row| row.first() == verified.record.sequence) {
            let told = shown(&row, verified).and_then(|view| Ok(line(&view, json, out)?));
            failure = told.err();
        }
        if failure.is_some() || rows.peek().is_none() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })?;
    failure.map_or(Ok(()), Err)
}

/// The view of a message, from its row and its first record.
fn shown(row: &Row<'_>, first: &VerifiedRecord<'_>) -> Result<View, Failure> {
    let sequence = row.first();
    let event = record::event(&first.record.to_record())
        .map_err(|error| Failure::no(format!("sequence {sequence}: {error}")))?;
    row.view(&event).ok_or_else(|| {
        Failure::no(format!("sequence {sequence}: message {} does not begin there", row.id()))
    })
}

fn line(view: &View, json: bool, out: &mut impl Write) -> io::Result<()> {
    if json {
        out.write_all(&view.to_json())?;
        return out.write_all(b"\n");
    }
    let message = view.message();
    let header = &message.header;
    writeln!(
        out,
        "{}  {:<9}  {:<10}  {:<30}  {}",
        header.id.map(|id| id.to_string()).unwrap_or_default(),
        message.state.as_ref().map_or("", |state| state.as_str()),
        output::plain(header.message_type.as_str()),
        header.created.map(|created| created.to_string()).unwrap_or_default(),
        output::plain(&header.topics.join(",")),
    )
}
