//! `key`: makes the key that signs a log's checkpoints, or a witness's, and prints its public half.
//!
//! A key that is there is never overwritten: its public half is printed again.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use lampyris_evidence::key::VerifierKey;
use lampyris_evidence::name::check_name;
use lampyris_log::{Identity, Log, OpenError, Options, key_file};
use serde_json::json;

use crate::args::{Global, Key};
use crate::failure::Failure;
use crate::{output, signing, store};

pub(crate) fn run(global: &Global, key: &Key) -> Result<ExitCode, Failure> {
    let path = signing::key_path(global, &key.file);
    for name in key.origin.iter().chain(&key.witness) {
        let checked = check_name(name);
        checked.map_err(|why| Failure::Senseless(vec![format!("'{name}': {why}")]))?;
    }
    if key.file.key_file.is_some() {
        // A copy of the directory would have the key.
        signing::check_out(global, key.file.key_file.as_deref().filter(|_| !path.exists()), &[])?;
    }
    let made = !path.exists();
    if key.another && !made {
        let path = path.display();
        let why = format!("{path} is there: move it away first, and then make another");
        return Err(Failure::no(why));
    }
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
    let name = match Log::open(&global.data, &Options::reader()) {
        Ok(log) => of_the_log(&log, key)?,
        Err(OpenError::NoLog { .. }) => {
            key.origin.clone().unwrap_or_else(|| Identity::default_origin(store::draw_id()))
        }
        // The log that will be recovered here needs a name that it never had.
        Err(OpenError::IsABackup { path }) => key.origin.clone().ok_or_else(|| {
            let why = "is a backup: the log that is made of it needs a new name, with --origin";
            Failure::no(format!("{} {why}", path.display()))
        })?,
        Err(error) => return Err(error.into()),
    };
    let drawn = key_file::draw(&name)?;
    key_file::create(path, &drawn)?;
    Ok(drawn.verifier().clone())
}

/// The name of a log that is there: its key can have no other, and a log that was signed has a key.
fn of_the_log(log: &Log, key: &Key) -> Result<String, Failure> {
    let origin = log.origin();
    if let Some(wanted) = key.origin.as_ref().filter(|wanted| **wanted != origin) {
        return Err(Failure::no(format!(
            "the log is {origin}: a key of {wanted} is of no use to it"
        )));
    }
    match log.verifier_keys().last() {
        Some(before) if !key.another => Err(Failure::no(format!(
            "the log was signed with {before}, whose file is not there: bring it back, or make another key with \
             --another, which nobody who knows the first one will believe"
        ))),
        Some(_) | None => Ok(origin),
    }
}

fn witness(path: &Path, name: &str, made: bool) -> Result<VerifierKey, Failure> {
    if !made {
        return Ok(key_file::read_witness(path)?.verifier().clone());
    }
    let drawn = key_file::draw_witness(name)?;
    key_file::create_witness(path, &drawn)?;
    Ok(drawn.verifier().clone())
}
