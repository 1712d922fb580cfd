//! Files of keys as they are copied: whole in memory, slot by slot.
//!
//! What is not there reads as nothing; what is damaged is told by the slot.

use super::super::DataError;
use super::super::files::{Files, io};
use super::super::index::Place;
use super::super::slot::{self, Header, NOTHING, SLOT_BYTES, SLOTS};
use crate::error::Unavailable;
use std::io::ErrorKind;

/// Bytes of a file of keys.
pub(super) const KEYS_BYTES: usize = SLOTS as usize * SLOT_BYTES;

/// A file of keys, with a header and zeros for what is not there, and how many bytes are.
pub(super) fn keys(files: &Files, number: u32) -> Result<(Vec<u8>, usize), DataError> {
    let (mut bytes, mut length) = (vec![0; KEYS_BYTES], 0);
    let path = files.keys_path(number);
    match files.open_keys(number) {
        Ok(file) => {
            length = file.read_at(&mut bytes, 0).map_err(io("read", &path))?;
        }
        // Never made, or collected.
        Err(Unavailable::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    let place = Place { file: number, slot: 0 };
    match slot::read_header(&at(&bytes, place)) {
        Header::Known(found) if found == number => {}
        Header::Nothing => put(&mut bytes, place, &slot::header(number)),
        Header::Newer(found) => return Err(DataError::NewerFormat { path, found }),
        Header::Known(_) | Header::Damaged => {
            let detail = "does not begin as a file of keys does";
            return Err(DataError::Keys { path, detail });
        }
    }
    Ok((bytes, length))
}

pub(super) fn at(bytes: &[u8], place: Place) -> [u8; SLOT_BYTES] {
    let chunks = bytes.as_chunks().0;
    chunks.get(place.slot as usize).copied().unwrap_or(NOTHING)
}

pub(super) fn put(bytes: &mut [u8], place: Place, slot: &[u8; SLOT_BYTES]) {
    let chunks = bytes.as_chunks_mut().0;
    if let Some(at) = chunks.get_mut(place.slot as usize) {
        *at = *slot;
    }
}
