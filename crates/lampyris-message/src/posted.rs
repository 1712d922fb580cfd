//! A message as a client posts it: what it may set is kept, what it may not is left out and told.
//! Nothing here refuses a message, and nothing fills in what the node sets.

use crate::header::{Header, TransactionRef};
use crate::message::Message;
use crate::open::{Open, Vocabulary};
use crate::time::Timestamp;

/// What becomes of a field that a client gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The client may set it.
    Kept,
    /// The node alone sets it.
    Ignored,
}

/// Every field of a message by its name in JSON, in the order in which they are written.
///
/// Upstream overwrites most of what is ignored here. It takes `header.created`, `header.txparent`, `batch`, `txid`,
/// `rejectReason` and `pins` as they are posted: forged pins count as allocated, and a message that is said to hang
/// on a transfer waits for ever.
pub const FIELDS: [(&str, Fate); 23] = [
    ("header.id", Fate::Ignored),
    ("header.cid", Fate::Kept),
    ("header.type", Fate::Ignored),
    ("header.txtype", Fate::Kept),
    ("header.author", Fate::Kept),
    ("header.key", Fate::Kept),
    ("header.created", Fate::Ignored),
    ("header.namespace", Fate::Ignored),
    ("header.group", Fate::Kept),
    ("header.topics", Fate::Kept),
    ("header.tag", Fate::Kept),
    ("header.datahash", Fate::Ignored),
    ("header.txparent", Fate::Ignored),
    ("localNamespace", Fate::Ignored),
    ("hash", Fate::Ignored),
    ("batch", Fate::Ignored),
    ("txid", Fate::Ignored),
    ("state", Fate::Ignored),
    ("confirmed", Fate::Ignored),
    ("rejectReason", Fate::Ignored),
    ("data", Fate::Kept),
    ("pins", Fate::Ignored),
    ("idempotencyKey", Fate::Kept),
];

/// A posted message without what its client may not set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// The message; every field that is ignored is empty.
    pub message: Message,
    /// The fields that were given and ignored, in the order of [`FIELDS`].
    pub ignored: Vec<&'static str>,
}

impl Posted {
    /// Leaves out of a message what a client may not set.
    ///
    /// A field that is given empty, or as the zero time, is not told. For edges that strangers reach: programs that
    /// embed the engine and the requests of `apply` are trusted with every field, and are not led through here.
    /// What a route sets is set by the route: the type of a message, and that a broadcast has no group.
    pub fn new(message: Message) -> Self {
        // Both patterns name every field: a new one must be given its fate here.
        let Message {
            header,
            local_namespace,
            hash,
            batch,
            tx_id,
            state,
            confirmed,
            reject_reason,
            data,
            pins,
            idempotency_key,
        } = message;
        let Header {
            id,
            cid,
            message_type,
            tx_type,
            author,
            key,
            created,
            namespace,
            group,
            topics,
            tag,
            data_hash,
            tx_parent,
        } = header;
        let given = [
            ("header.id", id.is_some()),
            ("header.type", !message_type.is_empty()),
            ("header.created", is_time(created)),
            ("header.namespace", !namespace.is_empty()),
            ("header.datahash", data_hash.is_some()),
            ("header.txparent", tx_parent.is_some_and(|tx| tx != TransactionRef::default())),
            ("localNamespace", !local_namespace.is_empty()),
            ("hash", hash.is_some()),
            ("batch", batch.is_some()),
            ("txid", tx_id.is_some()),
            ("state", is_word(state.as_ref())),
            ("confirmed", is_time(confirmed)),
            ("rejectReason", !reject_reason.is_empty()),
            ("pins", !pins.is_empty()),
        ];
        let header = Header { cid, tx_type, author, key, group, topics, tag, ..Header::default() };
        let ignored = given.into_iter().filter_map(|(name, given)| given.then_some(name));
        Self {
            message: Message { header, data, idempotency_key, ..Message::default() },
            ignored: ignored.collect(),
        }
    }
}

fn is_time(time: Option<Timestamp>) -> bool {
    time.is_some_and(|time| !time.is_zero())
}

fn is_word<T: Vocabulary>(word: Option<&Open<T>>) -> bool {
    word.is_some_and(|word| !word.is_empty())
}
