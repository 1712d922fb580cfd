//! The header of a message: every field that is hashed.
//! It never checks a field: what may stand in one is for [`validate`](crate::validate).

pub(crate) mod decode;
pub(crate) mod encode;
mod fields;
pub(crate) mod stored;

use crate::decode::DecodeError;
use crate::hash::{Bytes32, DataListHash, GroupHash, MessageHash};
use crate::id::{MessageId, TransactionId};
use crate::kind::{MessageType, TxType};
use crate::open::Open;
use crate::time::Timestamp;

pub use fields::HeaderFields;

/// The hashed part of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header {
    /// Names the message.
    pub id: Option<MessageId>,
    /// The message this one answers, or otherwise belongs to.
    pub cid: Option<MessageId>,
    /// What the message is for; written even when it is empty.
    pub message_type: Open<MessageType>,
    /// The transaction the message goes with; `None` when upstream's field is empty.
    pub tx_type: Option<Open<TxType>>,
    /// The DID of the sender.
    pub author: String,
    /// The key the sender signs with.
    pub key: String,
    /// When the message was made, by the sender's clock.
    pub created: Option<Timestamp>,
    /// The namespace, by the name the whole network uses.
    pub namespace: String,
    /// The group a private message is for.
    pub group: Option<GroupHash>,
    /// The streams of order the message takes part in.
    pub topics: Vec<String>,
    /// What the message means to the applications.
    pub tag: String,
    /// The hash of the list of data references.
    pub data_hash: Option<DataListHash>,
    /// The token transfer or approval the message hangs on.
    pub tx_parent: Option<TransactionRef>,
}

/// A reference to a transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TransactionRef {
    /// What the transaction does; written even when it is empty.
    pub tx_type: Open<TxType>,
    /// Names the transaction.
    pub id: Option<TransactionId>,
}

impl Header {
    /// Reads a header from JSON, with the leniency of upstream's Go.
    ///
    /// # Errors
    /// If the bytes are no JSON or a field cannot hold what is given for it.
    pub fn from_json(json: &[u8]) -> Result<Self, DecodeError> {
        decode::header(json)
    }

    /// The bytes that are hashed.
    pub fn canonical_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(encode::size_hint(self));
        self.write_canonical(&mut out);
        out
    }

    /// Appends the bytes that are hashed.
    pub fn write_canonical(&self, out: &mut Vec<u8>) {
        encode::header(self, out);
    }

    /// The hash of the message: SHA-256 of [`canonical_bytes`](Self::canonical_bytes).
    pub fn hash(&self) -> MessageHash {
        MessageHash(Bytes32::sha256(&self.canonical_bytes()))
    }
}
