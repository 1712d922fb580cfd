//! A pin as a private message carries it: a hash, and the nonce it was made with.
//! [`context`] says what pins are made of, [`assign`] gives them to the messages of a batch.

pub mod assign;
pub mod context;
mod spent;

use std::fmt;

use thiserror::Error;

use crate::hash::{Bytes32, PinHash};
use crate::scalar::ScalarError;

/// One entry of a message's `pins`, written `hash:nonce`, or only `hash` by old senders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pin {
    /// What stands on the ledger.
    pub hash: PinHash,
    /// The nonce it was made with, if the sender said so.
    pub nonce: Option<u64>,
}

impl Pin {
    /// Digits of the hash.
    const HASH_DIGITS: usize = 64;

    /// Digits the nonce is padded to.
    const NONCE_DIGITS: usize = 16;

    /// The pin that `text` spells.
    ///
    /// # Errors
    /// If the part before the first colon is no hash or the part after it no decimal number.
    pub fn parse(text: &str) -> Result<Self, PinError> {
        let (hash, nonce) = match text.split_once(':') {
            Some((hash, nonce)) => (hash, Some(nonce)),
            None => (text, None),
        };
        let hash = PinHash(Bytes32::parse(hash).map_err(PinError::Hash)?);
        let nonce = nonce.map(Self::parse_nonce).transpose()?;
        Ok(Self { hash, nonce })
    }

    /// The hash of the pin that `text` spells, whatever stands after the colon: upstream writes a
    /// nonce there and never reads it. A text of at most 64 bytes is a hash as a whole.
    ///
    /// # Errors
    /// If there are more or fewer than 64 hex digits (`FF00107`), or others (`FF00106`).
    pub fn parse_hash(text: &str) -> Result<PinHash, ScalarError> {
        let hash = match text.split_once(':') {
            Some((hash, _)) if text.len() > Self::HASH_DIGITS => hash,
            Some(_) | None => text,
        };
        PinHash::parse(hash)
    }

    fn parse_nonce(text: &str) -> Result<u64, PinError> {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let nonce = if digits { text.parse().ok() } else { None };
        nonce.ok_or_else(|| PinError::Nonce { text: text.into() })
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.nonce {
            Some(nonce) => write!(f, "{}:{nonce:0width$}", self.hash, width = Self::NONCE_DIGITS),
            None => write!(f, "{}", self.hash),
        }
    }
}

/// Why a text is no pin.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PinError {
    /// The hash is none.
    #[error("pin has no hash: {0}")]
    Hash(#[source] ScalarError),
    /// The nonce is not a decimal number of 64 bits.
    #[error("pin nonce '{text}' is no decimal number")]
    Nonce {
        /// What stands after the colon.
        text: Box<str>,
    },
}
