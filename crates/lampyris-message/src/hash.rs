//! SHA-256 values: one type for each thing that is hashed, so that two hashes cannot be swapped.
//!
//! A hash prints as 64 lower-case hex digits without a prefix.

mod parse;

use std::fmt;

use sha2::{Digest, Sha256};

use crate::json::write::plain_string;
use crate::scalar::{HexProblem, ScalarError};

/// Thirty-two bytes, FireFly's `Bytes32`: a SHA-256 value whose meaning its owner knows.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes32(pub [u8; 32]);

impl Bytes32 {
    /// The SHA-256 of `bytes`.
    pub fn sha256(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The value of 64 hex digits with an optional `0x`, as a URL parameter spells it.
    ///
    /// # Errors
    /// If there are more or fewer digits (`FF00107`), or other characters (`FF00106`).
    pub fn parse(text: &str) -> Result<Self, ScalarError> {
        parse::strict(text.as_bytes())
    }

    /// Overwrites the value by the hex digits of a JSON body: as many bytes from the front as
    /// there are pairs of digits, after an optional `0x`.
    ///
    /// # Errors
    /// If there is a character that is no digit, a lone digit, or too many.
    pub fn overwrite_from_hex(&mut self, text: &[u8]) -> Result<(), HexProblem> {
        parse::lenient(text, &mut self.0)
    }

    /// Appends the value as a JSON string.
    pub(crate) fn write_json(&self, out: &mut Vec<u8>) {
        plain_string(const_hex::Buffer::<32>::new().format(&self.0).as_bytes(), out);
    }
}

impl fmt::Display for Bytes32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(const_hex::Buffer::<32>::new().format(&self.0))
    }
}

impl fmt::Debug for Bytes32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bytes32({self})")
    }
}

/// Declares one hash type around [`Bytes32`].
macro_rules! hash_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Bytes32);

        impl $name {
            /// The hash with these thirty-two bytes.
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(Bytes32(bytes))
            }

            /// The thirty-two bytes of the hash.
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0.0
            }

            /// The hash of 64 hex digits with an optional `0x`.
            ///
            /// # Errors
            /// If there are more or fewer digits (`FF00107`), or other characters (`FF00106`).
            pub fn parse(text: &str) -> Result<Self, ScalarError> {
                Bytes32::parse(text).map(Self)
            }
        }

        impl From<Bytes32> for $name {
            fn from(bytes: Bytes32) -> Self {
                Self(bytes)
            }
        }

        impl From<$name> for Bytes32 {
            fn from(hash: $name) -> Self {
                hash.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}

hash_type! {
    /// The hash of a message: SHA-256 of its canonical header bytes.
    MessageHash
}
hash_type! {
    /// The hash of one data element, as a message refers to it.
    DataHash
}
impl DataHash {
    /// The hash of an element that has a value and a blob: of both hashes as hex digits.
    pub fn of_both(value: Bytes32, blob: Bytes32) -> Self {
        Self(Bytes32::sha256(Self::text_of_both(value, blob).as_bytes()))
    }

    /// What is hashed of an element that has a value and a blob.
    pub(crate) fn text_of_both(value: Bytes32, blob: Bytes32) -> String {
        format!("{value}{blob}")
    }
}
hash_type! {
    /// The hash of a message's list of data references: `header.datahash`.
    DataListHash
}
hash_type! {
    /// The hash that names a privacy group: `header.group`.
    GroupHash
}
hash_type! {
    /// The hash of the bytes of a blob: what was uploaded beside the messages.
    BlobHash
}
hash_type! {
    /// The hash of a batch: SHA-256 of its manifest, or once of its payload.
    BatchHash
}
hash_type! {
    /// What the order of one topic is named by, for all or within a group.
    ContextHash
}
hash_type! {
    /// What the last nonce of one author, topic and group is kept by.
    NonceKey
}
hash_type! {
    /// What is written to the ledger for one topic of a message.
    PinHash
}
