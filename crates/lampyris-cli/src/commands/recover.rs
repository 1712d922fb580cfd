//! `recover`: makes a log of a backup, under a new name.
//!
//! What is done, and in which order, is the log crate's; what was being erased is erased.

use std::io::Write;
use std::process::ExitCode;

use lampyris_evidence::name::check_name;
use lampyris_log::{Head, Log, key_file};
use serde_json::json;

use crate::args::{Global, Recover};
use crate::failure::Failure;
use crate::{output, recoveries, signing, store};

pub(crate) fn run(global: &Global, recover: &Recover) -> Result<ExitCode, Failure> {
    let origin = origin(global, recover)?;
    let options = store::writer_options();
    let options = match lost(recover)? {
        Some((head, name)) => options.recovered(origin, Some(head)).signed_as(name),
        None => options.recovered(origin, None),
    };
    let log = Log::recover(&global.data, &options)?;
    lampyris::finish_erasures(&log)?;
    let Head { size, root } = log.head();
    let mut out = output::answers();
    if let Some(recovered) = log.recoveries().last() {
        if global.json {
            let answer = json!({
                "records": size,
                "root": root.to_string(),
                "recovery": recoveries::told(recovered),
            });
            output::json_line(&mut out, &answer)?;
        } else {
            writeln!(out, "recovered {}", recoveries::line(recovered))?;
            let name = output::plain(&recovered.new_origin).into_owned();
            writeln!(out, "{name}: {size} records, root {root}")?;
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// The new name: what is given, or that of the key beside the directory.
fn origin(global: &Global, recover: &Recover) -> Result<String, Failure> {
    if let Some(name) = &recover.origin {
        let senseless = |why| Failure::Senseless(vec![format!("'{name}': {why}")]);
        check_name(name).map_err(senseless)?;
        return Ok(name.clone());
    }
    let path = key_file::beside(&global.data);
    if path.exists() {
        return Ok(key_file::read(&path)?.name().to_owned());
    }
    let why = format!(
        "--origin is needed: the log's new name; or a key of that name in {}",
        path.display()
    );
    Err(Failure::Senseless(vec![why]))
}

/// How far the lost log is known to have gone, and under which name that was signed.
fn lost(recover: &Recover) -> Result<Option<(Head, String)>, Failure> {
    let Some(path) = &recover.known else { return Ok(None) };
    let keys = signing::verifier_keys("--key", &recover.key)?;
    let signed = signing::signed_checkpoint(path, &keys)?;
    let checkpoint = signed.checkpoint();
    Ok(Some((checkpoint.head, checkpoint.origin.clone())))
}
