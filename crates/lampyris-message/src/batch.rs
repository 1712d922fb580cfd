//! A batch: the messages and data that one node sends together, and what its hash is made of.
//! Nothing here decides which messages go into one batch.

mod decode;
mod encode;
mod invalid;
mod manifest;
mod transfer;

use crate::data::Data;
use crate::decode::DecodeError;
use crate::hash::{BatchHash, Bytes32, GroupHash};
use crate::header::TransactionRef;
use crate::id::{BatchId, NodeId};
use crate::json::{Document, Node};
use crate::kind::BatchType;
use crate::message::Message;
use crate::open::Open;
use crate::time::Timestamp;

pub use invalid::{BatchEntry, InvalidBatch};
pub use manifest::Manifest;

/// A batch as it travels.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// What is said of the batch as a whole; not hashed but for the id.
    pub header: BatchHeader,
    /// The hash of the manifest, or, from v0.13 and earlier, of the payload.
    pub hash: Option<BatchHash>,
    /// What the batch carries.
    pub payload: BatchPayload,
}

/// What is said of a batch as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchHeader {
    /// Names the batch.
    pub id: Option<BatchId>,
    /// How the batch travels.
    pub batch_type: Open<BatchType>,
    /// The namespace, by the name the whole network uses.
    pub namespace: String,
    /// The node that sends it.
    pub node: Option<NodeId>,
    /// The group a private batch is for.
    pub group: Option<GroupHash>,
    /// When the batch was made, by the sender's clock.
    pub created: Option<Timestamp>,
    /// The DID of the sender, which all messages in it share.
    pub author: String,
    /// The key the sender signs with, which all messages in it share.
    pub key: String,
}

/// What a batch carries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchPayload {
    /// The transaction the batch goes with.
    pub tx: TransactionRef,
    /// The messages. Absent, empty and an absent entry are all written differently.
    pub messages: Option<Vec<Option<Message>>>,
    /// The data they refer to.
    pub data: Option<Vec<Option<Data>>>,
}

/// Which text the hash of a batch is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchHashForm {
    /// The manifest: what is hashed today.
    Manifest,
    /// The whole payload: what v0.13 and earlier hashed, and receivers still accept.
    Payload,
}

impl Batch {
    /// Reads a batch from JSON, with the leniency of upstream's Go.
    ///
    /// # Errors
    /// If the bytes are no JSON or a field cannot hold what is given for it.
    pub fn from_json(json: &[u8]) -> Result<Self, DecodeError> {
        Self::from_node(Document::first(json)?.root())
    }

    /// Reads a batch from a value within a document, with the same leniency.
    ///
    /// # Errors
    /// If a field cannot hold what is given for it.
    pub fn from_node(node: Node<'_>) -> Result<Self, DecodeError> {
        decode::batch(node)
    }

    /// The batch as upstream writes it.
    pub fn to_json(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1024 + self.payload.size_hint());
        encode::batch(self, &mut out);
        out
    }

    /// The list of what the batch carries.
    pub fn manifest(&self) -> Manifest {
        self.payload.manifest(self.header.id)
    }

    /// Sets the hash to that of the manifest and returns the manifest.
    pub fn seal(&mut self) -> Manifest {
        let manifest = self.manifest();
        self.hash = Some(manifest.hash());
        manifest
    }

    /// Checks the hash of a received batch.
    ///
    /// # Errors
    /// If it is missing, or neither the one of the manifest nor the one of the payload.
    pub fn check_hash(&self) -> Result<BatchHashForm, InvalidBatch> {
        let expected = self.manifest().hash();
        match self.hash {
            Some(found) if found == expected => Ok(BatchHashForm::Manifest),
            Some(found) if found == self.payload.legacy_hash() => Ok(BatchHashForm::Payload),
            found => Err(InvalidBatch::HashMismatch { found, expected }),
        }
    }

    /// Checks all that a receiver must before it takes anything of a batch in: the hash of the
    /// batch, each message and element, who sent them, and that exactly the data is there that
    /// the messages refer to.
    ///
    /// Upstream only logs what is wrong, and says it in no code; so do we where it has none.
    ///
    /// # Errors
    /// What is wrong first, with its place in the batch.
    pub fn verify(&self) -> Result<BatchHashForm, InvalidBatch> {
        transfer::verify(self)
    }
}

impl BatchPayload {
    /// Reads a payload from JSON, with the leniency of upstream's Go.
    ///
    /// # Errors
    /// If the bytes are no JSON or a field cannot hold what is given for it.
    pub fn from_json(json: &[u8]) -> Result<Self, DecodeError> {
        decode::payload(Document::first(json)?.root())
    }

    /// The payload of what a sender has stored, reduced to what is transferred.
    ///
    /// Of a message travel header, hash, data references, transaction and pins; of an element all
    /// but the namespace and where its value was published. A private batch does not say where
    /// blobs lie either: the same element may be published later, and the batch must not change.
    pub fn assemble(
        batch_type: &Open<BatchType>,
        tx: TransactionRef,
        messages: impl IntoIterator<Item = Message>,
        data: impl IntoIterator<Item = Data>,
    ) -> Self {
        let messages = messages.into_iter().map(|message| Some(transfer::message(message)));
        let data = data.into_iter().map(|data| Some(transfer::data(data, batch_type)));
        let (messages, data): (Vec<_>, Vec<_>) = (messages.collect(), data.collect());
        // Upstream appends to lists that are absent at first, and an absent list is `null`.
        Self {
            tx,
            messages: (!messages.is_empty()).then_some(messages),
            data: (!data.is_empty()).then_some(data),
        }
    }

    /// The payload as upstream writes it.
    pub fn to_json(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.size_hint());
        encode::payload(self, &mut out);
        out
    }

    /// The list of what the payload carries, in the batch called `id`.
    ///
    /// An entry that is absent or has no id is left out.
    pub fn manifest(&self, id: Option<BatchId>) -> Manifest {
        manifest::of(self, id)
    }

    /// The hash v0.13 and earlier gave a batch: of the whole payload.
    pub fn legacy_hash(&self) -> BatchHash {
        BatchHash(Bytes32::sha256(&self.to_json()))
    }

    fn size_hint(&self) -> usize {
        let data = self.data.iter().flatten().flatten();
        let data: usize = data.map(|data| 512 + data.value_bytes().len()).sum();
        128 + data + 1024 * self.messages.as_ref().map_or(0, Vec::len)
    }
}
