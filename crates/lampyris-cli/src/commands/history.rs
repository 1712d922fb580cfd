//! `history`: everything that happened to one message, in order.
//!
//! It shows what the log says, and judges nothing: `replay` does.

use std::io::Write;
use std::process::ExitCode;

use crate::args::{Global, One};
use crate::failure::Failure;
use crate::{output, store, timeline};

pub(crate) fn run(global: &Global, one: &One) -> Result<ExitCode, Failure> {
    let log = store::open_to_look(global)?;
    let history = store::history(&log, &one.namespace.namespace, one.id)?;
    if history.is_empty() {
        return Err(super::get::unknown(&one.namespace.namespace, one.id));
    }
    let mut out = output::answers();
    for (record, event) in &history {
        if global.json {
            output::json_line(&mut out, &timeline::entry(record, event))?;
        } else {
            writeln!(out, "{}", timeline::line(record, event))?;
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
