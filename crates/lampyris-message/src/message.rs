//! A message as it is received, stored and sent: the header, the hash, and what is only local.
//! It never promises that its hashes are right: a [`SealedMessage`] does.

pub(crate) mod decode;
pub(crate) mod encode;
mod fields;

use crate::decode::DecodeError;
use crate::hash::{Bytes32, DataHash, DataListHash, MessageHash};
use crate::header::Header;
use crate::id::{BatchId, DataId, TransactionId};
use crate::json::{Document, Node};
use crate::kind::MessageState;
use crate::open::Open;
use crate::sealed::SealedMessage;
use crate::time::Timestamp;
use crate::validate::InvalidMessage;

pub use fields::MessageFields;

/// A message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// What is hashed.
    pub header: Header,
    /// The namespace, by the name this node uses.
    pub local_namespace: String,
    /// The hash of the header, as the sender says.
    pub hash: Option<MessageHash>,
    /// The batch the message was sent in.
    pub batch: Option<BatchId>,
    /// The transaction the message was sent with.
    pub tx_id: Option<TransactionId>,
    /// Where the message is on its way; `None` when upstream's field is empty.
    pub state: Option<Open<MessageState>>,
    /// When it was confirmed or rejected.
    pub confirmed: Option<Timestamp>,
    /// Why it was rejected.
    pub reject_reason: String,
    /// The data it refers to. Absent, empty and an absent entry all hash differently.
    pub data: Option<Vec<Option<DataRef>>>,
    /// The pins of a private message, one a topic.
    pub pins: Vec<String>,
    /// The client's word for "this is the same request again".
    pub idempotency_key: String,
}

/// A reference to a data element, which may still lack a half.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DataRef {
    /// Names the data element.
    pub id: Option<DataId>,
    /// The hash of the data element.
    pub hash: Option<DataHash>,
}

impl Message {
    /// Reads a message from JSON, with the leniency of upstream's Go.
    ///
    /// # Errors
    /// If the bytes are no JSON or a field cannot hold what is given for it.
    pub fn from_json(json: &[u8]) -> Result<Self, DecodeError> {
        decode::message(Document::first(json)?.root())
    }

    /// Reads a message from a value within a document, with the same leniency.
    ///
    /// # Errors
    /// If a field cannot hold what is given for it.
    pub fn from_node(node: Node<'_>) -> Result<Self, DecodeError> {
        decode::message(node)
    }

    /// The message as upstream writes it.
    pub fn to_json(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write_json(&mut out);
        out
    }

    /// Fills in the defaults, checks the fields and sets both hashes.
    ///
    /// The message stays as it was if it is refused. `header.id` and `header.created` must be set:
    /// nothing here can draw an id or read a clock.
    ///
    /// # Errors
    /// If a field is not as it must be.
    pub fn seal(&mut self) -> Result<SealedMessage, InvalidMessage> {
        crate::seal::seal(self)
    }

    /// Checks the fields and both hashes of a received message.
    ///
    /// # Errors
    /// If a field is not as it must be, a hash is missing or wrong, or there is no `header.id`.
    pub fn verify(&self) -> Result<SealedMessage, InvalidMessage> {
        crate::seal::verify(self)
    }

    /// Checks the fields and both hashes as upstream does, which does not ask for a `header.id`.
    ///
    /// # Errors
    /// If a field is not as it must be, or a hash is missing or wrong.
    pub fn check_hashes(&self) -> Result<(), InvalidMessage> {
        crate::seal::check_hashes(self).map(drop)
    }

    /// Checks the fields, without defaults and without the hashes.
    ///
    /// # Errors
    /// If a field is not as it must be.
    pub fn check_fields(&self) -> Result<(), InvalidMessage> {
        crate::validate::message_fields(self)
    }
}

/// A `data` array on its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DataRefs(pub Option<Vec<Option<DataRef>>>);

impl DataRefs {
    /// Reads a `data` array from JSON, with the leniency of upstream's Go.
    ///
    /// # Errors
    /// If the bytes are no JSON or a field cannot hold what is given for it.
    pub fn from_json(json: &[u8]) -> Result<Self, DecodeError> {
        Self::from_node(Document::first(json)?.root())
    }

    /// Reads a `data` array from a value within a document, with the same leniency.
    ///
    /// # Errors
    /// If a field cannot hold what is given for it.
    pub fn from_node(node: Node<'_>) -> Result<Self, DecodeError> {
        decode::data_refs(node).map(Self)
    }

    /// The bytes that are hashed for `header.datahash`.
    pub fn canonical_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        encode::data_refs(self.0.as_ref().map(|list| list.iter().copied()), &mut out);
        out
    }

    /// The hash that belongs in `header.datahash`.
    pub fn hash(&self) -> DataListHash {
        DataListHash(Bytes32::sha256(&self.canonical_bytes()))
    }
}
