//! What a header says, wherever it is kept: in one piece, or spread over the columns of a store.

use super::Header;
use crate::hash::{DataListHash, GroupHash};
use crate::id::{MessageId, TransactionId};
use crate::open::Open;
use crate::time::Timestamp;

/// The fields of a header, read where they are kept.
///
/// Each means what the field of [`Header`] with its name means; a text is empty where that one is.
#[expect(missing_docs, reason = "each is told at the field of `Header` with its name")]
pub trait HeaderFields {
    fn id(&self) -> Option<MessageId>;
    fn cid(&self) -> Option<MessageId>;
    fn message_type(&self) -> &str;
    fn tx_type(&self) -> Option<&str>;
    fn author(&self) -> &str;
    fn key(&self) -> &str;
    fn created(&self) -> Option<Timestamp>;
    fn namespace(&self) -> &str;
    fn group(&self) -> Option<GroupHash>;
    fn topics(&self) -> impl Iterator<Item = &str>;
    fn tag(&self) -> &str;
    fn data_hash(&self) -> Option<DataListHash>;
    /// What the transaction does that the message hangs on, and its name.
    fn tx_parent(&self) -> Option<(&str, Option<TransactionId>)>;
}

impl HeaderFields for Header {
    fn id(&self) -> Option<MessageId> {
        self.id
    }

    fn cid(&self) -> Option<MessageId> {
        self.cid
    }

    fn message_type(&self) -> &str {
        self.message_type.as_str()
    }

    fn tx_type(&self) -> Option<&str> {
        self.tx_type.as_ref().map(Open::as_str)
    }

    fn author(&self) -> &str {
        &self.author
    }

    fn key(&self) -> &str {
        &self.key
    }

    fn created(&self) -> Option<Timestamp> {
        self.created
    }

    fn namespace(&self) -> &str {
        &self.namespace
    }

    fn group(&self) -> Option<GroupHash> {
        self.group
    }

    fn topics(&self) -> impl Iterator<Item = &str> {
        self.topics.iter().map(String::as_str)
    }

    fn tag(&self) -> &str {
        &self.tag
    }

    fn data_hash(&self) -> Option<DataListHash> {
        self.data_hash
    }

    fn tx_parent(&self) -> Option<(&str, Option<TransactionId>)> {
        self.tx_parent.as_ref().map(|parent| (parent.tx_type.as_str(), parent.id))
    }
}
