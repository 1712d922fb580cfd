//! The signing key and the files that evidence is exchanged in.
//!
//! A key's secret half is read here and handed to the log; it is never shown.

use std::path::{Path, PathBuf};

use lampyris_evidence::checkpoint::SignedCheckpoint;
use lampyris_evidence::key::SigningKey;
use lampyris_log::key_file;

use crate::args::{Global, KeyFile};
use crate::failure::Failure;
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
    key_file::read(&path).map_err(|error| Failure::no(format!("{error}; `lampyris key` makes one")))
}

/// Reads a checkpoint from a file.
pub(crate) fn checkpoint(path: &Path) -> Result<SignedCheckpoint, Failure> {
    let text = Source::text(path, NOTE_BYTES)?;
    let senseless = |why| Failure::Senseless(vec![format!("{}: {why}", path.display())]);
    SignedCheckpoint::parse(&text).map_err(senseless)
}
