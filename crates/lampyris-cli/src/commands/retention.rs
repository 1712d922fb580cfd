//! `retention`: erases the data elements that rules say are kept long enough, or says which they are.
//!
//! The rules are read here; which elements fall under them is the library's to say.

mod rules;

use std::io::Write;
use std::process::ExitCode;

use lampyris::{Lampyris, block_on};
use serde_json::json;

use super::erase::told;
use crate::args::{Global, Retention};
use crate::failure::Failure;
use crate::input::Source;
use crate::output;

/// More bytes than any set of rules needs.
const MAX_RULES_BYTES: usize = 1 << 20;

pub(crate) fn run(global: &Global, retention: &Retention) -> Result<ExitCode, Failure> {
    let text = Source::text(&retention.rules, MAX_RULES_BYTES)?;
    let rules = rules::read(&text);
    let rules = rules.map_err(|why| Failure::Senseless(vec![format!("the rules: {why}")]))?;
    let engine = Lampyris::builder().existing().actor(&*retention.actor).open(&global.data)?;
    let retained = block_on(engine.retain(&rules, retention.dry_run));
    let closed = block_on(engine.close());
    let retained = retained?;
    closed?;
    let (mut out, dry_run) = (output::answers(), retention.dry_run);
    for name in &retained.elements {
        if global.json {
            output::json_line(&mut out, &json!({ "erased": told(name), "dryRun": dry_run }))?;
        } else {
            let verb = if dry_run { "would erase" } else { "erased" };
            writeln!(out, "{verb} {}", output::plain(&name.to_string()))?;
        }
    }
    let elements = retained.elements.len();
    let (objects, bytes) = (retained.objects, retained.bytes);
    let (open, shared) = (retained.open, retained.shared);
    if global.json {
        let answer = json!({
            "dryRun": dry_run,
            "elements": elements,
            "objects": objects,
            "bytes": bytes,
            "keptForOpenMessages": open,
            "keptForSharedBytes": shared,
        });
        output::json_line(&mut out, &answer)?;
    } else {
        if dry_run {
            write!(out, "{elements} elements would be erased")?;
        } else {
            write!(out, "{elements} elements erased, {objects} objects, {bytes} bytes")?;
        }
        writeln!(out, "; {open} kept for open messages, {shared} for bytes in common")?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
