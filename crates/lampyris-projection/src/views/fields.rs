//! The fields of a row where they are kept: what is written to a client without a message being made of it.

use lampyris_message::hash::{DataListHash, GroupHash, MessageHash};
use lampyris_message::{
    BatchId, DataRef, HeaderFields, MessageFields, MessageId, Pin, SealedRef, Timestamp,
    TransactionId,
};

use super::at::At;

/// The fields of one message of [`Views`](crate::Views), read where they are kept: texts are lent and not copied.
#[derive(Debug, Clone, Copy)]
pub struct RowFields<'v> {
    at: At<'v>,
    message_type: &'v str,
    tx_type: Option<&'v str>,
    parent: Option<&'v str>,
    namespace: &'v str,
    local_namespace: &'v str,
    author: &'v str,
    key: &'v str,
    batch: Option<BatchId>,
    tx_id: Option<TransactionId>,
}

impl<'v> RowFields<'v> {
    pub(super) fn of(at: At<'v>) -> Self {
        let mut kind = at.kind();
        let (message_type, tx_type, parent) =
            (kind.text(), kind.next().flatten(), kind.next().flatten());
        let (namespace, local_namespace) = (kind.text(), kind.text());
        let ((author, key), (batch, tx_id)) = (at.sender(), at.batch());
        Self {
            at,
            message_type,
            tx_type,
            parent,
            namespace,
            local_namespace,
            author,
            key,
            batch,
            tx_id,
        }
    }
}

impl HeaderFields for RowFields<'_> {
    fn id(&self) -> Option<MessageId> {
        Some(self.at.slot().id)
    }

    fn cid(&self) -> Option<MessageId> {
        self.at.cid()
    }

    fn message_type(&self) -> &str {
        self.message_type
    }

    fn tx_type(&self) -> Option<&str> {
        self.tx_type
    }

    fn author(&self) -> &str {
        self.author
    }

    fn key(&self) -> &str {
        self.key
    }

    fn created(&self) -> Option<Timestamp> {
        self.at.created()
    }

    fn namespace(&self) -> &str {
        self.namespace
    }

    fn group(&self) -> Option<GroupHash> {
        self.at.group().map(GroupHash::from_bytes)
    }

    fn topics(&self) -> impl Iterator<Item = &str> {
        self.at.topics()
    }

    fn tag(&self) -> &str {
        self.at.tag()
    }

    fn data_hash(&self) -> Option<DataListHash> {
        self.at.data_hash()
    }

    fn tx_parent(&self) -> Option<(&str, Option<TransactionId>)> {
        self.parent.map(|tx_type| (tx_type, self.at.parent()))
    }
}

impl MessageFields for RowFields<'_> {
    fn header(&self) -> &impl HeaderFields {
        self
    }

    fn local_namespace(&self) -> &str {
        self.local_namespace
    }

    fn hash(&self) -> Option<MessageHash> {
        Some(MessageHash::from_bytes(self.at.slot().hash))
    }

    fn batch(&self) -> Option<BatchId> {
        self.batch
    }

    fn tx_id(&self) -> Option<TransactionId> {
        self.tx_id
    }

    fn state(&self) -> &str {
        self.at.state().as_str()
    }

    fn confirmed(&self) -> Option<Timestamp> {
        self.at.confirmed()
    }

    fn reject_reason(&self) -> &str {
        self.at.reject_reason()
    }

    fn data(&self) -> Option<impl Iterator<Item = Option<DataRef>>> {
        let reference = |SealedRef { id, hash }| Some(DataRef { id: Some(id), hash: Some(hash) });
        self.at.has_data_list().then(|| self.at.data().map(reference))
    }

    fn pins(&self) -> impl Iterator<Item: AsRef<str>> {
        self.at.pins().iter().map(Pin::to_string)
    }

    fn idempotency_key(&self) -> &str {
        self.at.idempotency_key()
    }
}
