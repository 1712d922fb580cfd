//! `export --tiles`: the log as static files for others.
//!
//! What is exported is under a checkpoint: the newest if it covers the whole log, else a new one.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use crate::args::{Export, Global};
use crate::failure::Failure;
use crate::{output, signing, store};

pub(crate) fn run(global: &Global, export: &Export, tiles: &Path) -> Result<ExitCode, Failure> {
    signing::check_out(global, Some(tiles), &[])?;
    let mut log = store::open_reader(global, |_| {})?;
    let checkpoint = match log.last_checkpoint()? {
        Some(newest) if newest.checkpoint().head == log.head() => newest,
        Some(_) | None => {
            let key = signing::key(global, &export.key)?;
            log = store::open_to_sign(global)?;
            log.checkpoint(&key)?
        }
    };
    let head = checkpoint.checkpoint().head;
    let bar = output::progress(global, None, "records");
    let exported = log.export_tiles(tiles, &checkpoint, |records| bar.set_position(records));
    bar.finish_and_clear();
    let exported = exported?;
    let mut out = output::answers();
    if global.json {
        let answer = json!({
            "size": head.size,
            "root": head.root.to_string(),
            "before": exported.before,
            "files": exported.files,
        });
        output::json_line(&mut out, &answer)?;
    } else {
        let (new, files) = (head.size - exported.before, exported.files);
        writeln!(out, "{} records, {new} of them new, in {files} new files", head.size)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
