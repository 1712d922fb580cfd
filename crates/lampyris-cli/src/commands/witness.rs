//! `witness`: cosigns a checkpoint of someone else's log, if the log goes on from what was cosigned before.
//!
//! What was seen last is kept in one file a log, written before anything is signed. It opens no log.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use lampyris_evidence::bundle::{Bundle, MAX_BUNDLE_BYTES};
use lampyris_evidence::checkpoint::SignedCheckpoint;
use lampyris_evidence::note::{Signature, SignedNote};
use lampyris_evidence::policy::Policy;
use lampyris_log::{Clock, SystemClock, key_file};

use crate::args::Witness;
use crate::failure::Failure;
use crate::input::Source;
use crate::{output, signing};

pub(crate) fn run(asked: &Witness) -> Result<ExitCode, Failure> {
    let key = key_file::read_witness(&asked.key_file)?;
    let policy = Policy::of(&asked.key, &[], 0);
    let policy = policy.map_err(|why| Failure::Senseless(vec![why.to_string()]))?;
    let bytes = Source::whole(&asked.file, MAX_BUNDLE_BYTES)?;
    // Held until the process ends: two that cosign for one log take turns.
    let _lock = lock(&asked.held)?;
    let before = asked.held.exists().then(|| signing::checkpoint(&asked.held)).transpose()?;
    let mut signed = seen(&bytes, &policy, before.as_ref())?;
    output::whole_file(&asked.held, |file| file.write_all(signed.encode().as_bytes()))
        .map_err(|error| Failure::no(format!("cannot write {}: {error}", asked.held.display())))?;
    let seconds = u64::try_from(SystemClock.now_ns() / 1_000_000_000).unwrap_or_default();
    let signature = key.cosign(&signed, seconds).map_err(Failure::no)?;
    signed.add(signature).map_err(Failure::no)?;
    output::put(asked.out.as_deref(), signed.encode().as_bytes())?;
    Ok(ExitCode::SUCCESS)
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
    let (old, new) = (before.checkpoint(), signed.checkpoint());
    if old.origin != new.origin {
        let (old, new) = (&old.origin, &new.origin);
        return Err(Failure::no(format!("what is held is of {old}, the bundle of {new}")));
    }
    let (held, size) = (old.head.size, new.head.size);
    if size < held {
        return Err(Failure::no(format!(
            "the checkpoint of {size} records is smaller than {held}"
        )));
    }
    if old.head != new.head && !proven.old.contains(&old.head) {
        let why = format!("the bundle does not show that the log goes on from {held} records");
        return Err(Failure::no(why));
    }
    Ok(signed)
}

/// The checkpoint with the log's own signatures alone: others were not looked at, and this witness signs anew.
fn of_the_log(signed: &SignedCheckpoint, policy: &Policy) -> Result<SignedCheckpoint, Failure> {
    let is_of_the_log =
        |line: &&Signature| policy.logs().iter().any(|key| line.is_of(key.name(), key.id()));
    let lines = signed.note().signatures().iter().filter(is_of_the_log).cloned().collect();
    let note = SignedNote::new(signed.note().text().to_owned(), lines).map_err(Failure::no)?;
    SignedCheckpoint::parse(&note.encode()).map_err(Failure::no)
}
