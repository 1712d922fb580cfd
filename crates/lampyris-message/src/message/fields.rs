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
#[expect(missing_docs, reason = "each is told at the field of `Message` with its name")]
pub trait MessageFields {
    fn header(&self) -> &impl HeaderFields;
    fn local_namespace(&self) -> &str;
    fn hash(&self) -> Option<MessageHash>;
    fn batch(&self) -> Option<BatchId>;
    fn tx_id(&self) -> Option<TransactionId>;
    fn state(&self) -> &str;
    fn confirmed(&self) -> Option<Timestamp>;
    fn reject_reason(&self) -> &str;
    fn data(&self) -> Option<impl Iterator<Item = Option<DataRef>>>;
    fn pins(&self) -> impl Iterator<Item: AsRef<str>>;
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
