//! `repair` and `upgrade`: a data directory is made whole, or brought up to this program's layout.
//!
//! What is done, and in which order, is the log crate's.

use std::io::Write;
use std::process::ExitCode;

use lampyris_log::{Log, Options};
use serde_json::json;

use crate::args::Global;
use crate::failure::Failure;
use crate::output;

pub(crate) fn repair(global: &Global) -> Result<ExitCode, Failure> {
    let mended = Log::repair(&global.data, &Options::exclusive())?;
    let repaired: Vec<String> = mended.repaired.iter().map(ToString::to_string).collect();
    let (size, root) = (mended.head.size, mended.head.root);
    let mut out = output::answers();
    if global.json {
        let answer = json!({ "repaired": repaired, "records": size, "root": root.to_string() });
        output::json_line(&mut out, &answer)?;
    } else {
        for what in &repaired {
            writeln!(out, "{what}")?;
        }
        let told = if repaired.is_empty() { "nothing to mend" } else { "whole again" };
        writeln!(out, "{told}: {size} records, root {root}")?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn upgrade(global: &Global) -> Result<ExitCode, Failure> {
    let upgraded = Log::upgrade(&global.data, &Options::exclusive())?;
    let (size, root) = (upgraded.head.size, upgraded.head.root);
    let mut out = output::answers();
    if global.json {
        let (from, to) = (upgraded.from, upgraded.to);
        let answer = json!({ "from": from, "to": to, "records": size, "root": root.to_string() });
        output::json_line(&mut out, &answer)?;
    } else if upgraded.from == upgraded.to {
        writeln!(out, "layout {} already: {size} records, root {root}", upgraded.to)?;
    } else {
        let (from, to) = (upgraded.from, upgraded.to);
        writeln!(out, "layout {from} is now layout {to}: {size} records, root {root}")?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
