//! A data element: what messages carry by reference, as a JSON value, a blob, or both.
//! It never holds the bytes of a blob, only what is known of them.

mod decode;
pub(crate) mod encode;
pub mod inline;
mod invalid;
mod kept;
mod name;
pub mod references;
mod seal;

use crate::decode::DecodeError;
use crate::hash::{BlobHash, DataHash};
use crate::id::DataId;
use crate::json::{Document, JsonValue, Node};
use crate::kind::ValidatorType;
use crate::limits;
use crate::open::Open;
use crate::time::Timestamp;

pub use invalid::InvalidData;
pub use kept::{Parts, WrongPart};

/// A data element.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Data {
    /// Names the element.
    pub id: Option<DataId>,
    /// How the value is checked; written even when it is empty.
    pub validator: Open<ValidatorType>,
    /// The namespace, by the name this node uses.
    pub namespace: String,
    /// The hash of the element, as the sender says.
    pub hash: Option<DataHash>,
    /// When the element was made, by the sender's clock.
    pub created: Option<Timestamp>,
    /// The datatype the value must conform to.
    pub datatype: Option<DatatypeRef>,
    /// The value as it was written; `None` if it is absent or `null`.
    pub value: Option<JsonValue>,
    /// Where shared storage holds the value, if it was published.
    pub public: String,
    /// The blob that goes with the value, or stands for it.
    pub blob: Option<BlobRef>,
}

/// The datatype of an element, by name and version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DatatypeRef {
    /// The name of the datatype.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What an element says of its blob.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BlobRef {
    /// The hash of the blob's bytes; written as `null` when it is absent.
    pub hash: Option<BlobHash>,
    /// Bytes the blob has.
    pub size: i64,
    /// The name of the file.
    pub name: String,
    /// The folders of the name, which upstream keeps for queries.
    pub path: String,
    /// Where shared storage holds the blob, if it was published.
    pub public: String,
}

/// What this node knows of a blob that was uploaded or received.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StoredBlob {
    /// The hash of its bytes.
    pub hash: Option<BlobHash>,
    /// How many there are.
    pub size: i64,
}

impl Data {
    /// Reads an element from JSON, with the leniency of upstream's Go.
    ///
    /// # Errors
    /// If the bytes are no JSON or a field cannot hold what is given for it.
    pub fn from_json(json: &[u8]) -> Result<Self, DecodeError> {
        Self::from_node(Document::first(json)?.root())
    }

    /// Reads an element from a value within a document, with the same leniency.
    ///
    /// # Errors
    /// If a field cannot hold what is given for it.
    pub fn from_node(node: Node<'_>) -> Result<Self, DecodeError> {
        decode::data(node)
    }

    /// The element as upstream writes it.
    pub fn to_json(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(512 + self.value_bytes().len());
        encode::data(self, &mut out);
        out
    }

    /// The bytes of the value as they are stored, sent and hashed; `null` if there is none.
    pub fn value_bytes(&self) -> &[u8] {
        self.value.as_ref().map_or(b"null", JsonValue::as_bytes)
    }

    /// Bytes the value takes of a message; 0 if there is none.
    pub fn value_size(&self) -> usize {
        self.value.as_ref().map_or(0, |value| value.as_bytes().len())
    }

    /// Bytes upstream reckons the element takes of a batch.
    pub fn estimated_size(&self) -> usize {
        limits::DATA_SIZE_BASE.saturating_add(self.value_size())
    }

    /// The hash of the element: of its value, of its blob, or of both.
    ///
    /// Nothing else of it is hashed: neither id and validator nor the name of the blob.
    ///
    /// # Errors
    /// [`InvalidData::NoValue`] if there is neither.
    pub fn calc_hash(&self) -> Result<DataHash, InvalidData> {
        let blob = self.blob.as_ref().and_then(|blob| blob.hash);
        match (&self.value, blob) {
            (None, None) => Err(InvalidData::NoValue),
            (Some(value), None) => Ok(DataHash(value.hash())),
            (None, Some(BlobHash(blob))) => Ok(DataHash(blob)),
            (Some(value), Some(BlobHash(blob))) => Ok(DataHash::of_both(value.hash(), blob)),
        }
    }

    /// Fills in the validator, takes what is known of the blob, and sets the hash.
    ///
    /// The element stays as it was if it is refused. `id` and `created` must be set: nothing here
    /// can draw an id or read a clock.
    ///
    /// # Errors
    /// If there is nothing to hash, `blob` is not the one the element refers to, or a field is
    /// not as it must be.
    pub fn seal(&mut self, blob: Option<&StoredBlob>) -> Result<DataHash, InvalidData> {
        seal::seal(self, blob)
    }

    /// Checks the hash of a received element.
    ///
    /// # Errors
    /// If it is missing or not the one of the value and the blob.
    pub fn check_hash(&self) -> Result<DataHash, InvalidData> {
        let expected = self.calc_hash()?;
        match self.hash {
            Some(found) if found == expected => Ok(expected),
            found => Err(InvalidData::HashMismatch { found, expected }),
        }
    }
}

impl StoredBlob {
    /// Reads the record of a blob from JSON, with the leniency of upstream's Go.
    ///
    /// # Errors
    /// If the bytes are no JSON or a field cannot hold what is given for it.
    pub fn from_json(json: &[u8]) -> Result<Self, DecodeError> {
        decode::stored_blob(Document::first(json)?.root())
    }
}
