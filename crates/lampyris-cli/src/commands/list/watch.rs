//! A list on the terminal that is shown again whenever it changes.
//!
//! It reads beside whoever writes the log, and disturbs nobody.

use std::io::{self, IsTerminal, Write};
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Duration;

use lampyris_log::Log;
use lampyris_projection::query::Query;
use lampyris_projection::{Listing, Views};

use super::Shown;
use crate::args::{Global, List, Of};
use crate::ending::Ending;
use crate::failure::Failure;
use crate::output;

/// How long it is waited before the log is looked at again.
const POLL: Duration = Duration::from_millis(500);
/// Moves the cursor to the top of the terminal and clears it.
const CLEAR: &str = "\x1b[H\x1b[2J";

pub(super) fn run(
    global: &Global,
    list: &List,
    query: &Query,
    log: &Log,
    mut views: Views,
) -> Result<ExitCode, Failure> {
    if !io::stdout().is_terminal() || global.json {
        return Err(Failure::Senseless(vec![
            "--watch shows a list on a terminal; `subscribe --follow` is for programs".to_owned(),
        ]));
    }
    let (ending, mut before) = (Ending::listen()?, None);
    let query = Query { count: true, ..query.clone() };
    loop {
        let namespace = &list.namespace.namespace;
        let text = match list.of {
            Of::Messages => views.select(namespace, &query).map(|page| screen(&page)),
            Of::Events => views.select_events(namespace, &query).map(|page| screen(&page)),
            Of::Data => views.select_data(namespace, &query).map(|page| screen(&page)),
        };
        let text = text.map_err(Failure::no)?;
        if before.as_ref() != Some(&text) {
            let mut out = output::answers();
            out.write_all(text.as_bytes())?;
            out.flush()?;
            before = Some(text);
        }
        if ending.comes_within(POLL) {
            return Ok(ExitCode::SUCCESS);
        }
        log.refresh()?;
        feed(log, &mut views)?;
    }
}

/// All that stands on the terminal.
fn screen<R: Shown>(page: &Listing<R>) -> String {
    let mut text = format!("{CLEAR}after {} records\n\n", page.position);
    for row in &page.rows {
        text.extend([row.line().as_str(), "\n"]);
    }
    text.extend(page.total.map(|total| format!("\n{} of {total}\n", page.rows.len())));
    text
}

/// Feeds what came since.
fn feed(log: &Log, views: &mut Views) -> Result<(), Failure> {
    let mut unfit = None;
    log.for_each(views.position(), |verified| match views.take(&verified.record) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            unfit = Some(error);
            ControlFlow::Break(())
        }
    })?;
    unfit.map_or(Ok(()), |error| Err(Failure::no(error)))
}
