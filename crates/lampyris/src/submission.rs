//! Submissions: messages of our own, checked field by field before anyone decides on them.
//!
//! There is no way to an invalid one. The id and the time may be left to the engine.

use lampyris_message::event::{Awaited, ParentKind};
use lampyris_message::hash::{Bytes32, DataHash, DataListHash, GroupHash, MessageHash};
use lampyris_message::lifecycle::command::UnpinnedBroadcast;
use lampyris_message::message::DataRefs;
use lampyris_message::text::{IdempotencyKey, TextError};
use lampyris_message::validate::HashMismatch;
use lampyris_message::{
    DataId, DataRef, Header, InvalidMessage, Message, MessageId, MessageType, Open, Pinning,
    SealedMessage, Timestamp, TransactionId, TxType,
};

/// A message to be staged.
///
/// ```
/// use lampyris::Submission;
///
/// let order = Submission::broadcast("did:firefly:org/acme", "0x9f3b")
///     .topic("orders")
///     .tag("purchase_order")
///     .idempotency_key("order-17")
///     .build()?;
/// assert!(order.id().is_none(), "the engine will draw one");
///
/// let wrong = Submission::broadcast("did:firefly:org/acme", "0x9f3b").topic("no spaces here").build();
/// assert_eq!(wrong.unwrap_err().code(), Some("FF00140"));
/// # Ok::<(), lampyris::InvalidSubmission>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    // Invariant: sealing `message` with any id and time succeeds.
    message: Message,
    key: Option<IdempotencyKey>,
    awaits: Option<Awaited>,
    /// The message itself, where nothing is left to fill in.
    sealed: Option<SealedMessage>,
}

/// A message under construction; see [`Submission::broadcast`] and [`Submission::private`].
#[derive(Debug, Clone)]
#[must_use = "nothing is submitted before it is built"]
pub struct Draft {
    message: Message,
    awaits: Option<Awaited>,
    keyed: bool,
}

/// Why a message cannot be submitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSubmission {
    /// A field holds what it may not, or a hash that was given is not the message's.
    #[error(transparent)]
    Message(#[from] InvalidMessage),
    /// The idempotency key is too long.
    #[error(transparent)]
    Key(#[from] TextError),
    /// Nobody would dispatch it.
    #[error(transparent)]
    Unpinned(#[from] UnpinnedBroadcast),
}

impl InvalidSubmission {
    /// Upstream's code for this error, where it has one.
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::Message(invalid) => Some(invalid.code()),
            Self::Key(_) => None,
            Self::Unpinned(_) => Some(UnpinnedBroadcast::CODE),
        }
    }
}

impl Submission {
    /// Begins a message to everyone, by this author, signed with this key.
    pub fn broadcast(author: impl Into<String>, key: impl Into<String>) -> Draft {
        Draft::new(MessageType::Broadcast, author.into(), key.into())
    }

    /// Begins a message to the members of a group.
    pub fn private(author: impl Into<String>, key: impl Into<String>, group: GroupHash) -> Draft {
        let mut draft = Draft::new(MessageType::Private, author.into(), key.into());
        draft.message.header.group = Some(group);
        draft
    }

    /// A submission of a message in upstream's shape. Hashes are computed, and compared where they are given;
    /// what only a node that has sent the message can know of it (state, batch, pins, times) is left away.
    ///
    /// # Errors
    /// [`InvalidSubmission`] names the field and the rule.
    pub fn new(message: Message, awaits: Option<Awaited>) -> Result<Self, InvalidSubmission> {
        let Message { header, local_namespace, hash, tx_id, data, idempotency_key, .. } = message;
        let key = (!idempotency_key.is_empty()).then(|| IdempotencyKey::new(&idempotency_key));
        let (key, data_hash) = (key.transpose()?, header.data_hash);
        let dated = header.id.is_some() && header.created.is_some();
        let kept = Message { header, local_namespace, tx_id, data, ..Message::default() };
        let mut trial = kept.clone();
        trial.header.id.get_or_insert(MessageId::from_bytes([0; 16]));
        trial.header.created.get_or_insert(Timestamp::from_unix_nanos(0));
        let sealed = trial.seal()?;
        check_hashes(&trial, hash.filter(|_| dated), data_hash)?;
        if hash.is_some() && !dated {
            // A hash of a header that is not complete cannot be right.
            return Err(InvalidMessage::Missing { field: "header.id" }.into());
        }
        if sealed.pinning() == Pinning::Unpinned && sealed.group().is_none() {
            return Err(UnpinnedBroadcast.into());
        }
        let complete = dated && (hash.is_some() || !kept.header.namespace.is_empty());
        Ok(Self { message: kept, key, awaits, sealed: complete.then_some(sealed) })
    }

    /// The message's id, if it was given.
    pub fn id(&self) -> Option<MessageId> {
        self.message.header.id
    }

    /// The idempotency key, if there is one.
    pub fn key(&self) -> Option<&IdempotencyKey> {
        self.key.as_ref()
    }

    /// What the message waits for before it is ready.
    pub fn awaits(&self) -> Option<Awaited> {
        self.awaits
    }

    /// The transaction it is born with.
    pub fn tx_id(&self) -> Option<TransactionId> {
        self.message.tx_id
    }

    /// The name of the namespace on this node, if it was given.
    pub fn local_namespace(&self) -> Option<&str> {
        Some(&*self.message.local_namespace).filter(|name| !name.is_empty())
    }

    /// Whether the message's time is left to the engine although its id is not: made again, it is the same message,
    /// of the time that it had.
    pub(crate) fn is_named_and_undated(&self) -> bool {
        let Header { id, created, .. } = &self.message.header;
        id.is_some() && created.is_none()
    }

    /// The message with its hashes; with this id, time and namespace where they were not given.
    ///
    /// # Errors
    /// If the time cannot be written in a header.
    pub(crate) fn seal(
        self,
        id: impl FnOnce() -> MessageId,
        now: Timestamp,
        namespace: &str,
    ) -> Result<SealedMessage, InvalidMessage> {
        if let Some(sealed) = self.sealed {
            return Ok(sealed);
        }
        let mut message = self.message;
        if message.header.namespace.is_empty() {
            namespace.clone_into(&mut message.header.namespace);
        }
        message.header.id.get_or_insert_with(id);
        message.header.created.get_or_insert(now);
        message.seal()
    }

    /// The fingerprint of the request: the same for the same submission under the same key, whatever id, time
    /// and hashes it has.
    pub(crate) fn fingerprint(&self) -> Bytes32 {
        let Message { header, local_namespace, tx_id, data, .. } = &self.message;
        let header = Header { id: None, created: None, data_hash: None, ..header.clone() };
        let data = data.clone().or_else(|| Some(Vec::new()));
        let awaited = self.awaits.map(|Awaited { kind, id }| format!("{kind} {id:?}"));
        let parts = [
            header.canonical_bytes(),
            DataRefs(data).canonical_bytes(),
            local_namespace.clone().into_bytes(),
            tx_id.map(|id| id.to_string()).unwrap_or_default().into_bytes(),
            awaited.unwrap_or_default().into_bytes(),
        ];
        let mut bytes = b"lampyris submission 1".to_vec();
        for part in parts {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(&part);
        }
        Bytes32::sha256(&bytes)
    }
}

fn check_hashes(
    sealed: &Message,
    hash: Option<MessageHash>,
    data_hash: Option<DataListHash>,
) -> Result<(), InvalidMessage> {
    let (Some(expected), Some(data_expected)) = (sealed.hash, sealed.header.data_hash) else {
        return Err(InvalidMessage::NoHashes);
    };
    let (hash, data_hash) = (hash.unwrap_or(expected), data_hash.unwrap_or(data_expected));
    if hash == expected && data_hash == data_expected {
        return Ok(());
    }
    let mismatch = HashMismatch { hash, expected, data_hash, data_expected };
    Err(InvalidMessage::HashMismatch(Box::new(mismatch)))
}

impl Draft {
    fn new(message_type: MessageType, author: String, key: String) -> Self {
        let header = Header {
            message_type: Open::from(message_type),
            tx_type: Some(Open::from(TxType::BatchPin)),
            author,
            key,
            ..Header::default()
        };
        Self { message: Message { header, ..Message::default() }, awaits: None, keyed: false }
    }

    /// Adds a topic; without one, the message has the topic `default`.
    pub fn topic(mut self, topic: impl Into<String>) -> Self {
        self.message.header.topics.push(topic.into());
        self
    }

    /// Sets the tag.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.message.header.tag = tag.into();
        self
    }

    /// Sets the message that this one answers, or otherwise belongs to.
    pub fn cid(mut self, cid: MessageId) -> Self {
        self.message.header.cid = Some(cid);
        self
    }

    /// Adds a reference to a data element.
    pub fn data(mut self, id: DataId, hash: DataHash) -> Self {
        let reference = DataRef { id: Some(id), hash: Some(hash) };
        self.message.data.get_or_insert_default().push(Some(reference));
        self
    }

    /// Sets the id; else the engine draws one.
    pub fn id(mut self, id: MessageId) -> Self {
        self.message.header.id = Some(id);
        self
    }

    /// Sets the time; else it is the engine's.
    pub fn created(mut self, created: Timestamp) -> Self {
        self.message.header.created = Some(created);
        self
    }

    /// Sets the name that the whole network knows the namespace by; else it is the engine's.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.message.header.namespace = namespace.into();
        self
    }

    /// Leaves the message off the ledger; it needs a group then.
    pub fn unpinned(mut self) -> Self {
        self.message.header.tx_type = Some(Open::from(TxType::Unpinned));
        self
    }

    /// Makes the submission one that is made at most once under this key, which must not be empty.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.message.idempotency_key = key.into();
        self.keyed = true;
        self
    }

    /// Lets the message wait for a parent.
    pub fn awaits(mut self, kind: ParentKind, id: Option<TransactionId>) -> Self {
        self.awaits = Some(Awaited { kind, id });
        self
    }

    /// Checks all fields.
    ///
    /// # Errors
    /// [`InvalidSubmission`] names the field and the rule.
    pub fn build(self) -> Result<Submission, InvalidSubmission> {
        if self.keyed {
            IdempotencyKey::new(&self.message.idempotency_key)?;
        }
        Submission::new(self.message, self.awaits)
    }
}
