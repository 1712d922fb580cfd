//! The signing key, the keys that are trusted, and the files that evidence is exchanged in.
//!
//! A key's secret half is read here and handed to the log; it is never shown, not even where it was given by mistake.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use lampyris_evidence::checkpoint::SignedCheckpoint;
use lampyris_evidence::key::{KeyError, SigningKey, VerifierKey};
use lampyris_log::key_file::{self, KeyFileError};

use crate::args::{Global, KeyFile};
use crate::failure::{Failure, chain};
use crate::input::Source;

/// Most bytes of a checkpoint's file: it is a note.
const NOTE_BYTES: usize = lampyris_evidence::note::MAX_NOTE_BYTES;

/// Where the signing key is.
pub(crate) fn key_path(global: &Global, key: &KeyFile) -> PathBuf {
    key.key_file.clone().unwrap_or_else(|| key_file::beside(&global.data))
}

/// The signing key.
pub(crate) fn key(global: &Global, key: &KeyFile) -> Result<SigningKey, Failure> {
    let path = key_path(global, key);
    key_file::read(&path).map_err(|error| {
        let missing = matches!(&error, KeyFileError::Io { source, .. } if source.kind() == ErrorKind::NotFound);
        let hint = if missing { "; `lampyris key` makes one" } else { "" };
        Failure::No(chain(&error) + hint)
    })
}

/// Verifier keys, each as text or in a file. The text is not repeated in an error: it may be a secret.
pub(crate) fn verifier_keys(option: &str, given: &[String]) -> Result<Vec<VerifierKey>, Failure> {
    let one = |text: &String| {
        let path = Path::new(text);
        let senseless = |why: String| Failure::Senseless(vec![format!("{option}: {why}")]);
        match VerifierKey::parse(text) {
            Ok(key) => Ok(key),
            Err(why @ KeyError::Private) => Err(senseless(why.to_string())),
            Err(_) if path.is_file() => {
                let text = Source::text(path, key_file::MAX_BYTES)?;
                let key = VerifierKey::parse(text.trim_end());
                key.map_err(|why| senseless(format!("{}: {why}", path.display())))
            }
            Err(why) => Err(senseless(format!("{why}; nor is it a file that holds one"))),
        }
    };
    given.iter().map(one).collect()
}

/// Reads a checkpoint from a file.
pub(crate) fn checkpoint(path: &Path) -> Result<SignedCheckpoint, Failure> {
    let text = Source::text(path, NOTE_BYTES)?;
    let senseless = |why| Failure::Senseless(vec![format!("{}: {why}", path.display())]);
    SignedCheckpoint::parse(&text).map_err(senseless)
}

/// The same, signed by one of the keys of its log.
pub(crate) fn signed_checkpoint(
    path: &Path,
    keys: &[VerifierKey],
) -> Result<SignedCheckpoint, Failure> {
    let signed = checkpoint(path)?;
    let origin = &signed.checkpoint().origin;
    for key in keys.iter().filter(|key| key.name() == origin) {
        if signed.note().signature_of(key).is_ok_and(|line| line.is_some()) {
            let verified = signed.verify(key);
            verified.map_err(|why| Failure::no(format!("{}: {why}", path.display())))?;
            return Ok(signed);
        }
    }
    let why = format!("{} is not signed by a known key of {origin}", path.display());
    Err(Failure::no(why))
}

/// Refuses a file to write to that is in the data directory, or one that the command reads or keeps.
pub(crate) fn check_out(
    global: &Global,
    out: Option<&Path>,
    others: &[&Path],
) -> Result<(), Failure> {
    let Some(out) = out.filter(|path| *path != Path::new("-")) else { return Ok(()) };
    let place = place(out);
    let refused = |why: &str| {
        Err(Failure::Senseless(vec![format!("{} {why}, and is not written over", out.display())]))
    };
    if place.starts_with(self::place(&global.data)) {
        return refused("is in the data directory");
    }
    if place == self::place(&key_file::beside(&global.data)) {
        return refused("is the file of the log's key");
    }
    if others.iter().any(|other| self::place(other) == place) {
        return refused("is a file that this command needs");
    }
    Ok(())
}

/// The one path of a file, whether it is there or not.
pub(crate) fn place(path: &Path) -> PathBuf {
    // What is not there yet stands where the first folder above it does that is.
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let found = whole.ancestors().find_map(|above| Some((above, above.canonicalize().ok()?)));
    match found.map(|(above, real)| (whole.strip_prefix(above), real)) {
        Some((Ok(rest), real)) if rest.as_os_str().is_empty() => real,
        Some((Ok(rest), real)) => real.join(rest),
        Some((Err(_), _)) | None => whole,
    }
}
