//! `witness`: cosigns a checkpoint of someone else's log, if the log goes on from what was cosigned before.
//!
//! What was seen last is kept in one file a log, written before anything is signed. It opens no log.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use lampyris_evidence::bundle::{Bundle, MAX_BUNDLE_BYTES};
use lampyris_evidence::checkpoint::SignedCheckpoint;
use lampyris_evidence::key::VerifierKey;
use lampyris_evidence::note::{Signature, SignedNote};
use lampyris_evidence::policy::Policy;
use lampyris_log::{Clock, SystemClock, key_file};

use super::verify::not_from;
use crate::args::{Global, Witness};
use crate::failure::Failure;
use crate::input::Source;
use crate::{output, signing};

pub(crate) fn run(global: &Global, asked: &Witness) -> Result<ExitCode, Failure> {
    let key = key_file::read_witness(&asked.key_file)?;
    signing::check_out(global, asked.out.as_deref(), &[&asked.key_file, &asked.held, &asked.file])?;
    signing::check_out(global, Some(&asked.held), &[&asked.key_file, &asked.file])?;
    let policy = Policy::of(&signing::verifier_keys("--key", &asked.key)?, &[], 0);
    let policy = policy.map_err(|why| Failure::Senseless(vec![why.to_string()]))?;
    let bytes = Source::whole(&asked.file, MAX_BUNDLE_BYTES)?;
    // A link and its target are one file, with one lock.
    let held = signing::place(&asked.held);
    // Held until the process ends: two that cosign for one log take turns.
    let _lock = lock(&held)?;
    let before = before(asked, &held, policy.logs())?;
    let mut signed = seen(&bytes, &policy, before.as_ref())?;
    output::whole_file(&held, |file| file.write_all(signed.encode().as_bytes()))
        .map_err(|error| Failure::no(format!("cannot write {}: {error}", held.display())))?;
    let seconds = u64::try_from(SystemClock.now_ns() / 1_000_000_000).unwrap_or_default();
    let signature = key.cosign(&signed, seconds).map_err(Failure::no)?;
    signed.add(signature).map_err(Failure::no)?;
    if global.json && asked.out.is_none() {
        let mut out = output::answers();
        output::json_line(&mut out, &super::checkpoint::told(&signed))?;
        out.flush()?;
    } else {
        output::put(asked.out.as_deref(), signed.encode().as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The checkpoint that was cosigned last. That there is none has to be said: a file that cannot be found would let
/// anything be cosigned.
fn before(
    asked: &Witness,
    held: &Path,
    keys: &[VerifierKey],
) -> Result<Option<SignedCheckpoint>, Failure> {
    // A link that leads nowhere is there as well.
    match (held.symlink_metadata(), asked.first) {
        (Ok(_), false) => signing::signed_checkpoint(held, keys).map(Some),
        (Ok(_), true) => {
            Err(Failure::no(format!("{} is there: this is not the first", held.display())))
        }
        (Err(error), true) if error.kind() == ErrorKind::NotFound => Ok(None),
        (Err(error), _) => Err(Failure::no(format!(
            "cannot read {}: {error}; --first takes a checkpoint of a log of which none was cosigned",
            held.display()
        ))),
    }
}

/// The lock that goes with the file of what was seen.
fn lock(held: &Path) -> Result<File, Failure> {
    let mut path = held.as_os_str().to_owned();
    path.push(".lock");
    let no =
        |error: std::io::Error| Failure::no(format!("cannot lock {}: {error}", held.display()));
    let file = File::options().write(true).create(true).truncate(false).open(&path).map_err(no)?;
    file.lock().map_err(no)?;
    Ok(file)
}

/// The checkpoint of a bundle, if it may be cosigned: the log signed it, and it goes on from the one before.
fn seen(
    bytes: &[u8],
    policy: &Policy,
    before: Option<&SignedCheckpoint>,
) -> Result<SignedCheckpoint, Failure> {
    let bundle =
        Bundle::parse(bytes).map_err(|why| Failure::Senseless(vec![format!("MALFORMED {why}")]))?;
    let proven = bundle.check(policy).map_err(|why| Failure::no(format!("FAILED {why}")))?;
    let signed = of_the_log(proven.checkpoint, policy)?;
    let Some(before) = before else { return Ok(signed) };
    let said = signed.checkpoint();
    match not_from(before, &said.origin, said.head, &proven.old) {
        Some(why) => Err(Failure::No(why)),
        None => Ok(signed),
    }
}

/// The checkpoint with the log's own signatures alone: others were not looked at, and this witness signs anew.
fn of_the_log(signed: &SignedCheckpoint, policy: &Policy) -> Result<SignedCheckpoint, Failure> {
    let is_of_the_log =
        |line: &&Signature| policy.logs().iter().any(|key| line.is_of(key.name(), key.id()));
    let lines = signed.note().signatures().iter().filter(is_of_the_log).cloned().collect();
    let note = SignedNote::new(signed.note().text().to_owned(), lines).map_err(Failure::no)?;
    SignedCheckpoint::parse(&note.encode()).map_err(Failure::no)
}
