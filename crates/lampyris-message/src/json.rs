//! JSON as Go's `encoding/json` reads and writes it, byte for byte.
//! Nothing here knows a field of a message, and serde never touches bytes that are hashed.

mod compact;
mod document;
pub(crate) mod fields;
mod number;
pub(crate) mod object;
mod plain;
mod read;
mod scan;
mod strict;
pub(crate) mod text;
pub(crate) mod write;

use crate::decode::DecodeError;
use crate::hash::Bytes32;

pub(crate) use number::{number, numbers_are_finite};

pub use document::Document;
pub use fields::{Field, Problems, Scalar, ScalarProblem, read_member};
pub use read::{Kind, Node};
pub use strict::{MemberError, Members, only_value};
pub use write::string as write_string;

/// A JSON value of any shape, kept as it was written: number spelling, escapes, repeated keys and
/// bytes that are no UTF-8 included.
///
/// Only white space between tokens is gone, and what HTML could mistake is escaped.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JsonValue(Box<[u8]>);

impl JsonValue {
    /// Reads the first value of `json`; what follows is not looked at.
    ///
    /// # Errors
    /// If the bytes do not begin with a JSON value.
    pub fn parse(json: &[u8]) -> Result<Self, DecodeError> {
        Document::first(json).map(|document| Self::from_node(document.root()))
    }

    /// The value that is this text, as a string.
    pub fn text(text: &str) -> Self {
        let mut out = Vec::with_capacity(text.len() + 2);
        write::string(text, &mut out);
        Self(out.into_boxed_slice())
    }

    /// The value of a node.
    pub fn from_node(node: Node<'_>) -> Self {
        Self(node.compact().into_boxed_slice())
    }

    /// The bytes that are stored, sent and hashed.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether the value is `null`.
    pub fn is_null(&self) -> bool {
        *self.0 == *b"null"
    }

    /// The SHA-256 of the bytes.
    pub fn hash(&self) -> Bytes32 {
        Bytes32::sha256(&self.0)
    }
}
