//! SHA-256 values: one type for each thing that is hashed, so that two hashes cannot be swapped.
//!
//! A hash prints as 64 lower-case hex digits without a prefix.

use std::fmt;

use sha2::{Digest, Sha256};

/// Thirty-two bytes, FireFly's `Bytes32`: a SHA-256 value whose meaning its owner knows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes32(pub [u8; 32]);

impl Bytes32 {
    /// The SHA-256 of `bytes`.
    pub fn sha256(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for Bytes32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 64];
        // Cannot fail: the buffer is exactly twice as long as the bytes.
        const_hex::encode_to_slice(self.0, &mut text).map_err(|_| fmt::Error)?;
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
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
hash_type! {
    /// The hash of a message's list of data references: `header.datahash`.
    DataListHash
}
hash_type! {
    /// The hash that names a privacy group: `header.group`.
    GroupHash
}
hash_type! {
    /// What is written to the ledger for one topic of a message.
    PinHash
}
