//! Keys as texts: who signs a log's checkpoints, and whom a reader believes (<https://c2sp.org/signed-note>).
//! No key is drawn here, and no error or debug text shows a secret one.
//!
//! A verifier key is `NAME+ID+KEY`: the key's name, eight hexadecimal digits, and base64 of a byte for the algorithm
//! and the public key. A signing key has `PRIVATE+KEY+` in front and its seed in place of the public key.

use core::fmt;

use ed25519_dalek::{Signature, Signer as _, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::name::{NameError, check_name};
use crate::spelling::{base64, fixed_from_base64};
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

/// What stands in front of a signing key's text, so that nobody takes it for a verifier key.
const PRIVATE: &str = "PRIVATE+KEY+";

/// What a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// Type 0x01: Ed25519 over the text of a note.
    Ed25519,
    /// Type 0x04: Ed25519 over a checkpoint and the time at which a witness saw it.
    CosignatureV1,
}

/// Whom a reader believes: a name and a public key.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: u32,
    algorithm: Algorithm,
    public: VerifyingKey,
}

/// Who signs the checkpoints of a log. The seed is overwritten when it is dropped.
#[derive(Clone)]
pub struct SigningKey(Seeded);

/// Who signs the checkpoints of others, with the time. The seed is overwritten when it is dropped.
#[derive(Clone)]
pub struct WitnessKey(Seeded);

#[derive(Clone)]
struct Seeded {
    verifier: VerifierKey,
    secret: ed25519_dalek::SigningKey,
}

/// A text that is no key, or not of the kind that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// It has not the three parts of a key.
    #[error("a verifier key is a name, an id and a key with `+` between them")]
    Parts,
    /// It is a signing key, which nobody but its owner should have.
    #[error("this is a signing key: a verifier key does not begin with {PRIVATE}")]
    Private,
    /// It is no signing key.
    #[error("a signing key begins with {PRIVATE}")]
    NotPrivate,
    /// Its name is none.
    #[error("key: {0}")]
    Name(#[from] NameError),
    /// Its id is spelled in another way.
    #[error("the id of a key is eight hexadecimal digits in lower case")]
    IdSpelling,
    /// Its id is that of another name or key.
    #[error("the id of the key is {found:08x}, but its name and key make {expected:08x}")]
    Id {
        /// What name and key make.
        expected: u32,
        /// What the text says.
        found: u32,
    },
    /// The key is not base64 of 33 bytes.
    #[error("a key ends with padded base64 of an algorithm and 32 bytes, in its one spelling")]
    Base64,
    /// The algorithm is another than what is asked for, or unknown.
    #[error("a key of algorithm {found:#04x} is of no use here")]
    Algorithm {
        /// The algorithm's byte.
        found: u8,
    },
    /// The public key is no point, has another spelling, or would let anyone sign.
    #[error("the public key is no point of Ed25519 that binds its owner")]
    Point,
}

impl Algorithm {
    /// The byte that stands for it in keys and key ids.
    pub fn byte(self) -> u8 {
        match self {
            Algorithm::Ed25519 => 0x01,
            Algorithm::CosignatureV1 => 0x04,
        }
    }

    fn of(byte: u8) -> Result<Algorithm, KeyError> {
        [Algorithm::Ed25519, Algorithm::CosignatureV1]
            .into_iter()
            .find(|algorithm| algorithm.byte() == byte)
            .ok_or(KeyError::Algorithm { found: byte })
    }
}

impl VerifierKey {
    /// Reads a verifier key; [`Display`](fmt::Display) gives back the same text.
    ///
    /// # Errors
    /// [`KeyError`] if the text is none.
    pub fn parse(text: &str) -> Result<VerifierKey, KeyError> {
        if text.starts_with(PRIVATE) {
            return Err(KeyError::Private);
        }
        let Parts { name, id, algorithm, bytes } = Parts::of(text)?;
        let public = VerifyingKey::from_bytes(&bytes).map_err(|_| KeyError::Point)?;
        if public.is_weak() || public.to_edwards().compress().to_bytes() != bytes {
            return Err(KeyError::Point);
        }
        let key = VerifierKey::new(name.to_owned(), algorithm, public);
        key.check_id(id)?;
        Ok(key)
    }

    /// The name that stands in signature lines; the origin of a log, if it is a log's.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first four bytes of a hash of name, algorithm and key: tells the keys of one name apart.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// What the key signs.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The public key.
    pub fn public(&self) -> [u8; 32] {
        self.public.to_bytes()
    }

    /// Whether these are 64 bytes that the key's owner signed the message with.
    pub(crate) fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.public.verify_strict(message, &signature).is_ok())
    }

    fn new(name: String, algorithm: Algorithm, public: VerifyingKey) -> VerifierKey {
        let digest = Sha256::new()
            .chain_update(name.as_bytes())
            .chain_update([b'\n', algorithm.byte()])
            .chain_update(public.as_bytes())
            .finalize();
        let [first, second, third, fourth, ..] = <[u8; 32]>::from(digest);
        let id = u32::from_be_bytes([first, second, third, fourth]);
        VerifierKey { name, id, algorithm, public }
    }

    fn check_id(&self, found: u32) -> Result<(), KeyError> {
        if found == self.id { Ok(()) } else { Err(KeyError::Id { expected: self.id, found }) }
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = encode_key(self.algorithm, self.public.as_bytes());
        write!(f, "{}+{:08x}+{key}", self.name, self.id)
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The two keys that sign differ in their algorithm, so that none can be used for the other's work.
macro_rules! signs_with {
    ($key:ident, $algorithm:expr) => {
        impl $key {
            /// The key of a name and a seed, 32 bytes that nobody else knows or can guess.
            ///
            /// # Errors
            /// [`KeyError::Name`] if the name is none.
            pub fn from_seed(name: impl Into<String>, seed: [u8; 32]) -> Result<$key, KeyError> {
                Seeded::new(name.into(), $algorithm, &seed).map($key)
            }

            /// Reads a key; [`encode`](Self::encode) gives back the same text.
            ///
            /// # Errors
            /// [`KeyError`] if the text is none.
            pub fn parse(text: &str) -> Result<$key, KeyError> {
                Seeded::parse(text, $algorithm).map($key)
            }

            /// The key as text. Who has it can sign.
            pub fn encode(&self) -> String {
                self.0.encode()
            }

            /// What others check its signatures with.
            pub fn verifier(&self) -> &VerifierKey {
                &self.0.verifier
            }

            /// The key's name.
            pub fn name(&self) -> &str {
                self.0.verifier.name()
            }

            pub(crate) fn sign_bytes(&self, message: &[u8]) -> [u8; 64] {
                self.0.secret.sign(message).to_bytes()
            }
        }

        impl fmt::Debug for $key {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($key)).field(&self.0.verifier).finish()
            }
        }
    };
}

signs_with!(SigningKey, Algorithm::Ed25519);
signs_with!(WitnessKey, Algorithm::CosignatureV1);

impl Seeded {
    fn new(name: String, algorithm: Algorithm, seed: &[u8; 32]) -> Result<Seeded, KeyError> {
        check_name(&name)?;
        let secret = ed25519_dalek::SigningKey::from_bytes(seed);
        let verifier = VerifierKey::new(name, algorithm, secret.verifying_key());
        Ok(Seeded { verifier, secret })
    }

    fn parse(text: &str, algorithm: Algorithm) -> Result<Seeded, KeyError> {
        let parts = Parts::of(text.strip_prefix(PRIVATE).ok_or(KeyError::NotPrivate)?)?;
        if parts.algorithm != algorithm {
            return Err(KeyError::Algorithm { found: parts.algorithm.byte() });
        }
        let key = Seeded::new(parts.name.to_owned(), algorithm, &parts.bytes)?;
        key.verifier.check_id(parts.id)?;
        Ok(key)
    }

    fn encode(&self) -> String {
        let VerifierKey { name, id, algorithm, .. } = &self.verifier;
        let key = encode_key(*algorithm, self.secret.as_bytes());
        format!("{PRIVATE}{name}+{id:08x}+{key}")
    }
}

/// What both kinds of key have; the id is not checked yet.
struct Parts<'a> {
    name: &'a str,
    id: u32,
    algorithm: Algorithm,
    bytes: [u8; 32],
}

impl Parts<'_> {
    fn of(text: &str) -> Result<Parts<'_>, KeyError> {
        let (name, rest) = text.split_once('+').ok_or(KeyError::Parts)?;
        let (id, key) = rest.split_once('+').ok_or(KeyError::Parts)?;
        check_name(name)?;
        let digits = id.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        if !digits || id.len() != 8 {
            return Err(KeyError::IdSpelling);
        }
        let id = u32::from_str_radix(id, 16).map_err(|_| KeyError::IdSpelling)?;
        let key: [u8; 33] = fixed_from_base64(key).ok_or(KeyError::Base64)?;
        let [algorithm, bytes @ ..] = key;
        Ok(Parts { name, id, algorithm: Algorithm::of(algorithm)?, bytes })
    }
}

fn encode_key(algorithm: Algorithm, key: &[u8; 32]) -> String {
    let mut bytes = [algorithm.byte(); 33];
    let [_, rest @ ..] = &mut bytes;
    *rest = *key;
    base64(&bytes)
}
