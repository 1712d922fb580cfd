//! `check`: a verdict for each message, data element, group and batch, with the cause if it is known.
//!
//! It opens no log. Items are judged as they come; a reference, when both ends of it are there.

mod report;

use std::process::ExitCode;

use lampyris_message::check::Crossings;

use self::report::Report;
use crate::args::{Check, Global};
use crate::failure::Failure;
use crate::input::each_item;
use crate::output;

/// Ids that are kept to hold references against, of what is shown and of what is referred to.
const CROSSINGS: usize = 500_000;

pub(crate) fn run(global: &Global, check: &Check) -> Result<ExitCode, Failure> {
    let mut report = Report::new(global.json, output::answers());
    match judge(global, check, &mut report) {
        Ok(unreadable) if unreadable.is_empty() => {
            Ok(ExitCode::from(u8::from(report.is_no(check.strict))))
        }
        Ok(unreadable) => Err(Failure::Senseless(unreadable)),
        // Not everything was checked, so the answer is not that all agrees.
        Err(Failure::ReaderGone) => Ok(ExitCode::from(1)),
        Err(failure) => Err(failure),
    }
}

/// Judges everything; returns what could not be read.
fn judge<W: std::io::Write>(
    global: &Global,
    check: &Check,
    report: &mut Report<W>,
) -> Result<Vec<String>, Failure> {
    let mut crossings = Crossings::new(CROSSINGS);
    let unreadable = each_item(global, &check.files, |shown| {
        report.item(&shown)?;
        if let Ok(item) = &shown.read {
            for crossing in crossings.take(item, &shown.place) {
                report.crossing(&crossing)?;
            }
        }
        if shown.live {
            report.flush()?;
        }
        Ok(())
    })?;
    report.finish(&crossings)?;
    Ok(unreadable)
}
