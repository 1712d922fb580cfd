//! What a header says, wherever it is kept: in one piece, or spread over the columns of a store.

use super::Header;
use crate::hash::{DataListHash, GroupHash};
use crate::id::{MessageId, TransactionId};
use crate::open::Open;
use crate::time::Timestamp;

/// The fields of a header, read where they are kept.
///
/// Each means what the field of [`Header`] with its name means; a text is empty where that one is.
pub trait HeaderFields {
    /// Names the message.
    fn id(&self) -> Option<MessageId>;
    /// The message this one answers, or otherwise belongs to.
    fn cid(&self) -> Option<MessageId>;
    /// What the message is for.
    fn message_type(&self) -> &str;
    /// The transaction the message goes with.
    fn tx_type(&self) -> Option<&str>;
    /// The DID of the sender.
    fn author(&self) -> &str;
    /// The key the sender signs with.
    fn key(&self) -> &str;
    /// When the message was made, by the sender's clock.
    fn created(&self) -> Option<Timestamp>;
    /// The namespace, by the name the whole network uses.
    fn namespace(&self) -> &str;
    /// The group a private message is for.
    fn group(&self) -> Option<GroupHash>;
    /// The streams of order the message takes part in, in order.
    fn topics(&self) -> impl Iterator<Item = &str>;
    /// What the message means to the applications.
    fn tag(&self) -> &str;
    /// The hash of the list of data references.
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
