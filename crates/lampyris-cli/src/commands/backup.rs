//! `backup` and `restore`: a copy of the log is made beside its writer, judged, and brought back.
//!
//! What is copied, and in which order, is the log crate's; judging is that of `replay` and `data verify`.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use lampyris_log::backup::{BackedUp, Progress};
use lampyris_log::{Log, Options};
use serde_json::json;

use super::{data, replay};
use crate::args::{Backup, Global, Replay, Restore};
use crate::failure::Failure;
use crate::pace::Pace;
use crate::{output, signing};

pub(crate) fn run(global: &Global, backup: &Backup) -> Result<ExitCode, Failure> {
    if backup.verify {
        return judge(global, &backup.folder);
    }
    signing::check_out(global, Some(&backup.folder), &[])?;
    let bar = output::progress(global, None, "records");
    let mut pace = Pace::new(backup.share);
    let mut told = |progress| {
        show(&bar, progress);
        pace.rest();
    };
    let made = Log::back_up(&global.data, &backup.folder, &Options::reader(), &mut told)?;
    bar.finish_and_clear();
    tell(global, "backed up", &made)
}

pub(crate) fn restore(global: &Global, restore: &Restore) -> Result<ExitCode, Failure> {
    let bar = output::progress(global, None, "records");
    let mut told = |progress| show(&bar, progress);
    let made = Log::restore(&restore.folder, &global.data, &Options::reader(), &mut told)?;
    bar.finish_and_clear();
    let copied = tell(global, "restored", &made)?;
    let judged = judge(global, &global.data)?;
    Ok(if judged == ExitCode::SUCCESS { copied } else { judged })
}

fn show(bar: &indicatif::ProgressBar, progress: Progress) {
    match progress {
        Progress::Records { copied, .. } => bar.set_position(copied),
        Progress::Values { copied } => bar.set_message(format!("{copied} bytes of values")),
        _ => {}
    }
}

fn tell(global: &Global, done: &str, made: &BackedUp) -> Result<ExitCode, Failure> {
    let (size, root) = (made.head.size, made.head.root);
    let mut out = output::answers();
    if global.json {
        let answer = json!({
            "records": size,
            "root": root.to_string(),
            "new": {
                "records": made.records,
                "frameBytes": made.frame_bytes,
                "objects": made.objects,
                "objectBytes": made.object_bytes,
            },
            "dropped": made.dropped,
            "unreadable": made.unreadable,
        });
        output::json_line(&mut out, &answer)?;
    } else {
        writeln!(out, "{done} {size} records, root {root}")?;
        let (records, objects) = (made.records, made.objects);
        let bytes = made.frame_bytes + made.object_bytes;
        writeln!(out, "new: {records} records and {objects} objects, {bytes} bytes")?;
        if made.dropped > 0 {
            writeln!(out, "gone: {} objects that were erased, collected or moved", made.dropped)?;
        }
        if made.unreadable > 0 {
            writeln!(
                out,
                "NOT copied: {} objects that cannot be read; `data verify` names them",
                made.unreadable
            )?;
        }
    }
    out.flush()?;
    Ok(if made.unreadable == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Judges a backup: its records, and then its values.
fn judge(global: &Global, backup: &Path) -> Result<ExitCode, Failure> {
    let global = Global { data: backup.to_owned(), ..global.clone() };
    match replay::judge(&global, &Replay::default(), Options::backup())? {
        (_, Some(log)) => data::verify::judge(&global, &log),
        (records, None) => Ok(records),
    }
}
