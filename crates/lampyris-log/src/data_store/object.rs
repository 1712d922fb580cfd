//! Reading an object: piece by piece, each authenticated, and at the end held against the hash that it goes by.
//! A reader goes on with what it found even if the object is removed meanwhile.

use super::DataError;
use super::kept::Located;
use super::seal::{Pieces, TAG_BYTES};
use crate::disk::DiskFile;
use crate::error::Unavailable;
use crate::merkle::Hash;
use sha2::{Digest, Sha256};
use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;

/// Reads the bytes of an object; see [`DataStore::reader`](super::DataStore::reader).
///
/// It fails with [`io::ErrorKind::InvalidData`] where the bytes are not what was put: an end without a failure says
/// that all of them were.
pub struct ObjectReader {
    hash: Hash,
    size: u64,
    source: Source,
    hasher: Sha256,
    /// Bytes that were authenticated, and how many of them were given out.
    piece: Vec<u8>,
    given: usize,
    /// Bytes of the object that were authenticated.
    opened: u64,
    checked: bool,
}

enum Source {
    Memory(Arc<[u8]>),
    Pack { file: Arc<dyn DiskFile>, pieces: Box<Pieces>, offset: u64, end: u64 },
}

impl ObjectReader {
    pub(super) fn over(located: Located) -> ObjectReader {
        let slot = located.slot;
        let pieces = Box::new(Pieces::new(&slot.key));
        let end = slot.offset.saturating_add(located.sealed_bytes());
        let source = Source::Pack { file: located.pack, pieces, offset: slot.offset, end };
        ObjectReader::new(slot.hash, slot.size, source)
    }

    pub(super) fn in_memory(bytes: Arc<[u8]>) -> ObjectReader {
        let (hash, size) = (Hash(Sha256::digest(&bytes).into()), bytes.len() as u64);
        ObjectReader::new(hash, size, Source::Memory(bytes))
    }

    fn new(hash: Hash, size: u64, source: Source) -> ObjectReader {
        let (hasher, piece) = (Sha256::new(), Vec::new());
        ObjectReader { hash, size, source, hasher, piece, given: 0, opened: 0, checked: false }
    }

    /// Bytes that the object has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// All bytes of the object.
    pub(super) fn read_all(mut self) -> Result<Vec<u8>, DataError> {
        let mut bytes = Vec::new();
        while self.next_piece()? {
            bytes.append(&mut self.piece);
        }
        Ok(bytes)
    }

    /// Opens the next piece; there is none if this is false, and then the hash was right.
    fn next_piece(&mut self) -> Result<bool, DataError> {
        let damaged = |detail| DataError::Damaged { hash: self.hash, detail };
        self.given = 0;
        self.piece.clear();
        match &mut self.source {
            Source::Memory(bytes) => {
                if self.opened == 0 {
                    self.piece.extend_from_slice(bytes);
                }
            }
            Source::Pack { file, pieces, offset, end } => {
                let left = usize::try_from(*end - *offset).unwrap_or(usize::MAX);
                let length = left.min(Located::PIECE);
                if length > 0 {
                    self.piece.resize(length, 0);
                    let read = file.read_at(&mut self.piece, *offset);
                    let read = read.map_err(|error| Unavailable::io("read", "a pack", error))?;
                    if read < length {
                        return Err(damaged("its pack is cut short"));
                    }
                    pieces
                        .open(&mut self.piece)
                        .map_err(|_| damaged("a piece is not authentic"))?;
                    *offset += length as u64;
                }
                debug_assert!(length == 0 || length >= TAG_BYTES, "a piece has its tag");
            }
        }
        self.hasher.update(&self.piece);
        self.opened += self.piece.len() as u64;
        if !self.piece.is_empty() {
            return Ok(true);
        }
        let hash = Hash(std::mem::take(&mut self.hasher).finalize().into());
        if !self.checked && (hash != self.hash || self.opened != self.size) {
            return Err(damaged("its bytes have another hash"));
        }
        self.checked = true;
        Ok(false)
    }
}

impl Read for ObjectReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.given == self.piece.len() {
            let next = self.next_piece();
            if next.is_err() {
                // Nothing of it was authenticated.
                self.piece.clear();
            }
            let more = next.map_err(|error| match error {
                DataError::Unavailable(Unavailable::Io { source, .. }) => source,
                damaged => io::Error::new(io::ErrorKind::InvalidData, damaged),
            })?;
            if !more {
                return Ok(0);
            }
        }
        let rest = self.piece.get(self.given..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        self.given += count;
        Ok(count)
    }
}

impl fmt::Debug for ObjectReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectReader").field("hash", &self.hash).finish_non_exhaustive()
    }
}
