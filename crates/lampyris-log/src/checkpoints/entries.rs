//! The entries of the file of checkpoints as texts: for a copy of a log, which is to have the same.

use super::entry::{self, Found, Kind};
use super::{Checkpoints, Damage, damaged};
use crate::error::ReadError;

impl Checkpoints {
    /// The whole entries in their order, but for what was signed of more than so many records.
    pub(crate) fn entries(&self, size: u64) -> Result<Vec<(Kind, String)>, ReadError> {
        let bytes = self.place.read_all()?;
        let (mut rest, mut found) = (bytes.as_slice(), Vec::new());
        while let Found::Entry(kind, text, length) = entry::read(rest) {
            let byte = (bytes.len() - rest.len()) as u64;
            let text = str::from_utf8(text).map_err(|_| {
                let detail = "is not a text".to_owned();
                damaged(&self.place, Damage { byte, detail })
            })?;
            if kind == Kind::Key || covered(text).is_some_and(|covered| covered <= size) {
                found.push((kind, text.to_owned()));
            }
            rest = rest.get(length..).unwrap_or_default();
        }
        Ok(found)
    }
}

/// How many records a body, or a note of it, is about: its second line.
fn covered(text: &str) -> Option<u64> {
    text.lines().nth(1)?.parse().ok()
}

/// A file of these entries.
#[cfg(feature = "sled")]
pub(crate) fn file_of(entries: &[(Kind, String)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (kind, text) in entries {
        entry::write(*kind, text, &mut bytes);
    }
    bytes
}
