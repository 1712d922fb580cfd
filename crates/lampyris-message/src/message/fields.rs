//! What a message says, wherever it is kept: in one piece, or spread over the columns of a store.

use super::{DataRef, Message, encode};
use crate::hash::MessageHash;
use crate::header::HeaderFields;
use crate::id::{BatchId, TransactionId};
use crate::open::Open;
use crate::time::Timestamp;

/// The fields of a message, read where they are kept.
///
/// Each means what the field of [`Message`] with its name means; a text is empty where that one is.
pub trait MessageFields {
    /// What is hashed.
    fn header(&self) -> &impl HeaderFields;
    /// The namespace, by the name this node uses.
    fn local_namespace(&self) -> &str;
    /// The hash of the header, as the sender says.
    fn hash(&self) -> Option<MessageHash>;
    /// The batch the message was sent in.
    fn batch(&self) -> Option<BatchId>;
    /// The transaction the message was sent with.
    fn tx_id(&self) -> Option<TransactionId>;
    /// Where the message is on its way.
    fn state(&self) -> &str;
    /// When it was confirmed or rejected.
    fn confirmed(&self) -> Option<Timestamp>;
    /// Why it was rejected.
    fn reject_reason(&self) -> &str;
    /// The data it refers to, in order; no list and an empty one are told apart.
    fn data(&self) -> Option<impl Iterator<Item = Option<DataRef>>>;
    /// The pins of a private message, one a topic.
    fn pins(&self) -> impl Iterator<Item: AsRef<str>>;
    /// The client's word for "this is the same request again".
    fn idempotency_key(&self) -> &str;

    /// Appends the message as upstream writes it.
    fn write_json(&self, out: &mut Vec<u8>)
    where
        Self: Sized,
    {
        // What most messages fit in: growing step by step would cost a single one more than its fields do.
        out.reserve(1024);
        encode::message(self, out);
    }
}

impl MessageFields for Message {
    fn header(&self) -> &impl HeaderFields {
        &self.header
    }

    fn local_namespace(&self) -> &str {
        &self.local_namespace
    }

    fn hash(&self) -> Option<MessageHash> {
        self.hash
    }

    fn batch(&self) -> Option<BatchId> {
        self.batch
    }

    fn tx_id(&self) -> Option<TransactionId> {
        self.tx_id
    }

    fn state(&self) -> &str {
        self.state.as_ref().map(Open::as_str).unwrap_or_default()
    }

    fn confirmed(&self) -> Option<Timestamp> {
        self.confirmed
    }

    fn reject_reason(&self) -> &str {
        &self.reject_reason
    }

    fn data(&self) -> Option<impl Iterator<Item = Option<DataRef>>> {
        self.data.as_ref().map(|data| data.iter().copied())
    }

    fn pins(&self) -> impl Iterator<Item: AsRef<str>> {
        self.pins.iter()
    }

    fn idempotency_key(&self) -> &str {
        &self.idempotency_key
    }
}
