//! Sealing: ChaCha20-Poly1305 (RFC 8439) over pieces of an object, under a key that no other object has.
//! A nonce is the number of the piece, since no key seals two objects. That the pieces are all there and in order
//! is shown by the object's hash, which every reader computes.

use crate::error::Unavailable;
use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce, Tag};
use std::fmt;
use std::io;

/// Bytes of a piece before it is sealed; the last one of an object may have fewer.
pub(super) const PIECE_BYTES: usize = 64 * 1024;

/// Bytes by which a piece grows.
pub(super) const TAG_BYTES: usize = 16;

/// A key; it is never printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Key(pub(super) [u8; 32]);

/// Seals or opens the pieces of one object in order.
pub(super) struct Pieces {
    cipher: ChaCha20Poly1305,
    next: u64,
}

/// The bytes are not what was sealed under this key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotAuthentic;

impl Key {
    /// A key from the operating system: the only randomness of this crate that must be secret.
    pub(super) fn draw() -> Result<Key, Unavailable> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|error| {
            Unavailable::io("draw a key from", "the system", io::Error::other(error))
        })?;
        Ok(Key(key))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

/// Bytes that an object of `size` bytes has when it is sealed.
pub(super) const fn sealed_bytes(size: u64) -> u64 {
    size.saturating_add(pieces(size).saturating_mul(TAG_BYTES as u64))
}

/// How many pieces an object of `size` bytes has; an empty one has one.
const fn pieces(size: u64) -> u64 {
    let pieces = size.div_ceil(PIECE_BYTES as u64);
    if pieces == 0 { 1 } else { pieces }
}

/// Seals an object.
pub(super) fn seal(key: &Key, bytes: &[u8]) -> Vec<u8> {
    let mut sealed =
        Vec::with_capacity(usize::try_from(sealed_bytes(bytes.len() as u64)).unwrap_or(0));
    let mut pieces = Pieces::new(key);
    let mut chunks = bytes.chunks(PIECE_BYTES);
    pieces.seal_onto(&mut sealed, chunks.next().unwrap_or_default());
    chunks.for_each(|piece| pieces.seal_onto(&mut sealed, piece));
    sealed
}

impl Pieces {
    pub(super) fn new(key: &Key) -> Pieces {
        Pieces { cipher: ChaCha20Poly1305::new(&key.0.into()), next: 0 }
    }

    /// Seals the next piece and adds it to `sealed`.
    pub(super) fn seal_onto(&mut self, sealed: &mut Vec<u8>, piece: &[u8]) {
        let start = sealed.len();
        sealed.extend_from_slice(piece);
        let nonce = self.nonce();
        let text = sealed.get_mut(start..).unwrap_or_default();
        // A piece is far shorter than what the cipher refuses.
        let tag = self.cipher.encrypt_inout_detached(&nonce, &[], text.into()).unwrap_or_default();
        sealed.extend_from_slice(&tag);
    }

    /// Opens the next piece in place, and leaves its bytes without the tag.
    pub(super) fn open(&mut self, sealed: &mut Vec<u8>) -> Result<(), NotAuthentic> {
        let nonce = self.nonce();
        let length = sealed.len().checked_sub(TAG_BYTES).ok_or(NotAuthentic)?;
        let (text, tag) = sealed.split_at_mut_checked(length).ok_or(NotAuthentic)?;
        let tag = Tag::try_from(&*tag).map_err(|_| NotAuthentic)?;
        let opened = self.cipher.decrypt_inout_detached(&nonce, &[], text.into(), &tag);
        opened.map_err(|_| NotAuthentic)?;
        sealed.truncate(length);
        Ok(())
    }

    fn nonce(&mut self) -> Nonce {
        let mut nonce = [0; 12];
        nonce[4..].copy_from_slice(&self.next.to_be_bytes());
        self.next += 1;
        nonce.into()
    }
}

#[cfg(test)]
mod tests {
    use super::{Key, NotAuthentic, PIECE_BYTES, Pieces, TAG_BYTES, seal, sealed_bytes};

    fn open(key: &Key, sealed: &[u8]) -> Result<Vec<u8>, NotAuthentic> {
        let (mut pieces, mut bytes) = (Pieces::new(key), Vec::new());
        for piece in sealed.chunks(PIECE_BYTES + TAG_BYTES) {
            let mut piece = piece.to_vec();
            pieces.open(&mut piece)?;
            bytes.extend(piece);
        }
        Ok(bytes)
    }

    /// The cipher is the crate's; what is ours is pieces, their numbers and their lengths.
    #[test]
    fn what_is_sealed_opens_under_its_key_alone_and_in_its_order() {
        let (key, other) = (Key([7; 32]), Key([8; 32]));
        for size in [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES] {
            let bytes: Vec<u8> = (0..=250).cycle().take(size).collect();
            let sealed = seal(&key, &bytes);
            assert_eq!(sealed.len() as u64, sealed_bytes(size as u64));
            assert_eq!(open(&key, &sealed), Ok(bytes));
            assert_eq!(open(&other, &sealed), Err(NotAuthentic));
            let mut flipped = sealed.clone();
            let last = flipped.len() - 1;
            flipped[last] ^= 1;
            assert_eq!(open(&key, &flipped), Err(NotAuthentic));
        }
        let sealed = seal(&key, &vec![1; 2 * PIECE_BYTES]);
        let (one, two) = sealed.split_at(PIECE_BYTES + TAG_BYTES);
        assert_eq!(open(&key, &[two, one].concat()), Err(NotAuthentic));
    }
}
