//! Erasing: drops the keys of objects, whoever put or holds them; the sealed bytes go with the next collection.
//! Why an object is erased, and who else refers to it, is not asked here.
//!
//! An erasure is announced before it is recorded, and recorded before a key is dropped: so what a crash cut short
//! is found in the announcement, and finished or forgotten by what the log says.

use super::files::io;
use super::kept::Kept;
use super::slot::{Found, NOTHING};
use super::{DataError, Object};
use crate::disk::DiskFile;
use crate::error::Unavailable;
use crate::merkle::Hash;
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;

const MAGIC: &[u8; 4] = b"LMPE";
const FORMAT: u8 = 1;

/// How many bytes of an announcement are read at a time.
const READ_BYTES: usize = 64 * 1024;

impl Kept {
    /// Notes durably which objects are about to be erased.
    pub(super) fn announce(&self, hashes: &[Hash]) -> Result<(), DataError> {
        // It makes the folder, if there is none.
        drop(self.open()?);
        let path = self.files.erasing_path();
        let mut bytes = [&MAGIC[..], &[FORMAT]].concat();
        bytes.extend(u32::try_from(hashes.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend(hashes.iter().flat_map(|hash| hash.0));
        bytes.extend(crc32fast::hash(&bytes).to_be_bytes());
        let file = self.files.create_erasing()?;
        file.set_len(0).map_err(io("cut", &path))?;
        file.write_at(&bytes, 0).map_err(io("write", &path))?;
        file.sync_all().map_err(io("sync", &path))?;
        Ok(self.files.sync()?)
    }

    /// What was announced and not withdrawn; nothing of an announcement that a crash cut short.
    pub(super) fn announced(&self) -> Result<Vec<Hash>, DataError> {
        let path = self.files.erasing_path();
        let file = match self.files.open_erasing() {
            Ok(file) => file,
            Err(Unavailable::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {
                return Ok(Vec::new());
            }
            Err(error) => return Err(error.into()),
        };
        let bytes = read_all(file.as_ref(), &path)?;
        match bytes.strip_prefix(MAGIC) {
            Some([found, ..]) if *found > FORMAT => {
                Err(DataError::NewerFormat { path, found: *found })
            }
            Some(_) | None => Ok(whole(&bytes).unwrap_or_default()),
        }
    }

    /// Forgets what was announced.
    pub(super) fn withdraw(&self) -> Result<(), DataError> {
        match self.files.remove_erasing() {
            Ok(()) => Ok(self.files.sync()?),
            Err(Unavailable::Io { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Drops the keys of these objects, durably; returns those that were there.
    pub(super) fn drop_keys(&self, hashes: &BTreeSet<[u8; 32]>) -> Result<Vec<Object>, DataError> {
        let _alone = self.collecting.lock();
        let (mut doomed, mut instead, mut objects) = (Vec::new(), Vec::new(), Vec::new());
        let mut unreadable = 0;
        let ticket = {
            let mut state = self.open()?;
            let mut index = state.index.take().unwrap_or_default();
            let walked = self.walk_all(&state, &mut |place, found| match found {
                Found::Slot(slot) if hashes.contains(&slot.hash.0) => {
                    if index.places(&slot.hash).any(|at| at == place) {
                        index.remove(&slot.hash, place);
                        objects.push(slot.object());
                    }
                    doomed.push((place, slot.hash));
                    instead.push((place, slot.encode_dropped()));
                }
                // Where its bytes are is lost with it; without a key they stay until their pack goes.
                Found::Damaged(hash) if hashes.contains(&hash.0) => {
                    instead.push((place, NOTHING));
                    unreadable += 1;
                }
                Found::Slot(_)
                | Found::Dropped(_)
                | Found::Cut
                | Found::Nothing
                | Found::Damaged(_) => {}
            });
            state.index = Some(index);
            walked?;
            // What is put from here on is another object; a batch still writes the slots of this one.
            for (place, hash) in &doomed {
                if state.pending.get(hash).is_some_and(|(at, _)| at == place) {
                    state.pending.remove(hash);
                }
            }
            state.ticket()
        };
        self.wait(ticket)?;
        self.overwrite(instead)?;
        let mut state = self.state.lock();
        state.unreadable = state.unreadable.saturating_sub(unreadable);
        Ok(objects)
    }
}

/// All bytes of a file.
pub(super) fn read_all(file: &dyn DiskFile, path: &Path) -> Result<Vec<u8>, Unavailable> {
    let (mut bytes, mut piece) = (Vec::new(), vec![0; READ_BYTES]);
    loop {
        let read = file.read_at(&mut piece, bytes.len() as u64).map_err(io("read", path))?;
        bytes.extend_from_slice(piece.get(..read).unwrap_or_default());
        if read < piece.len() {
            return Ok(bytes);
        }
    }
}

/// The hashes in an announcement; nothing if it is not whole.
fn whole(bytes: &[u8]) -> Option<Vec<Hash>> {
    let (said, checksum) = bytes.split_last_chunk()?;
    let (count, listed) = said.strip_prefix(MAGIC)?.strip_prefix(&[FORMAT])?.split_first_chunk()?;
    let (listed, []) = listed.as_chunks() else { return None };
    let is_whole = u32::from_be_bytes(*checksum) == crc32fast::hash(said)
        && u32::from_be_bytes(*count) as usize == listed.len();
    is_whole.then(|| listed.iter().map(|hash| Hash(*hash)).collect())
}
