//! `key`: makes the key that signs a log's checkpoints, or a witness's, and prints its public half.
//!
//! A key that is there is never overwritten: its public half is printed again.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use lampyris_evidence::key::VerifierKey;
use lampyris_log::{Identity, Log, OpenError, Options, key_file};
use serde_json::json;

use crate::args::{Global, Key};
use crate::failure::Failure;
use crate::{output, signing, store};

pub(crate) fn run(global: &Global, key: &Key) -> Result<ExitCode, Failure> {
    let path = signing::key_path(global, &key.file);
    let made = !path.exists();
    let verifier = match &key.witness {
        Some(name) => witness(&path, name, made)?,
        None if made => make(global, key, &path)?,
        None => key_file::read(&path)?.verifier().clone(),
    };
    let wanted = key.witness.as_ref().or(key.origin.as_ref());
    if let Some(wanted) = wanted.filter(|wanted| *wanted != verifier.name()) {
        let (path, name) = (path.display(), verifier.name());
        return Err(Failure::no(format!("{path} holds the key of {name}, not of {wanted}")));
    }
    let mut out = output::answers();
    if global.json {
        let answer = json!({
            "verifierKey": verifier.to_string(),
            "name": verifier.name(),
            "keyFile": path.display().to_string(),
            "made": made,
        });
        output::json_line(&mut out, &answer)?;
    } else {
        writeln!(out, "{verifier}")?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Makes the key of the log, under the name that it has or will have.
fn make(global: &Global, key: &Key, path: &Path) -> Result<VerifierKey, Failure> {
    let name = match &key.origin {
        Some(origin) => origin.clone(),
        None => match Log::open(&global.data, &Options::reader()) {
            Ok(log) => log.origin(),
            Err(OpenError::NoLog { .. }) => Identity::default_origin(store::draw_id()),
            Err(error) => return Err(error.into()),
        },
    };
    let drawn = key_file::draw(&name)?;
    key_file::create(path, &drawn)?;
    Ok(drawn.verifier().clone())
}

fn witness(path: &Path, name: &str, made: bool) -> Result<VerifierKey, Failure> {
    if !made {
        return Ok(key_file::read_witness(path)?.verifier().clone());
    }
    let drawn = key_file::draw_witness(name)?;
    key_file::create_witness(path, &drawn)?;
    Ok(drawn.verifier().clone())
}
