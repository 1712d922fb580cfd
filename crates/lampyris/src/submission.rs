//! Submissions: messages of our own, checked field by field before anyone decides on them.
//!
//! There is no way to an invalid one. The id and the time may be left to the engine.

mod draft;
mod entries;

use lampyris_log::limits::MAX_APPEND_RECORDS;
use lampyris_message::data::inline::{InlineData, InvalidEntry};
use lampyris_message::event::Awaited;
use lampyris_message::hash::{BlobHash, Bytes32, DataListHash, GroupHash, MessageHash};
use lampyris_message::lifecycle::command::UnpinnedBroadcast;
use lampyris_message::message::DataRefs;
use lampyris_message::text::{IdempotencyKey, TextError};
use lampyris_message::validate::{FieldError, HashMismatch};
use lampyris_message::{
    DataId, DataRef, Header, InvalidMessage, Message, MessageId, MessageType, Pinning,
    SealedMessage, Timestamp, TransactionId,
};

use crate::error::Error;
pub use draft::Draft;
use entries::Entry;
pub(crate) use entries::{Found, InLine};

/// New data elements that a message may bring along: each is a record, and so are its first two events.
pub const NEW_ELEMENTS: usize = MAX_APPEND_RECORDS - 2;

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
    // Invariant: sealing `message` with any id and time succeeds, once `entries` are resolved.
    message: Message,
    /// The data, if not all of it is references with both halves; then `message` has none yet.
    entries: Option<Vec<Entry>>,
    /// The hashes that it must have then, where they were given.
    told: (Option<MessageHash>, Option<DataListHash>),
    key: Option<IdempotencyKey>,
    awaits: Option<Awaited>,
    /// The message itself, where nothing is left to fill in.
    sealed: Option<SealedMessage>,
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
    /// An entry of its data asks for nothing, or for an element that cannot be.
    #[error("data[{index}]: {0}", index = .0.index())]
    Data(#[from] InvalidEntry),
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
            Self::Data(invalid) => Some(invalid.code()),
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
    /// A data reference may lack its hash: the engine then looks its element up.
    ///
    /// # Errors
    /// [`InvalidSubmission`] names the field and the rule.
    pub fn new(message: Message, awaits: Option<Awaited>) -> Result<Self, InvalidSubmission> {
        let reference = |reference: &Option<DataRef>| {
            reference.map(|DataRef { id, hash }| InlineData { id, hash, ..InlineData::default() })
        };
        let data = message.data.as_ref().map(|data| data.iter().map(reference).collect());
        Self::with_data(message, data, awaits)
    }

    /// The same, with data as a client posts it: references, and new elements in line. The data of `message` itself
    /// is not looked at.
    ///
    /// # Errors
    /// [`InvalidSubmission`] names the field and the rule.
    pub fn with_data(
        message: Message,
        data: Option<Vec<Option<InlineData>>>,
        awaits: Option<Awaited>,
    ) -> Result<Self, InvalidSubmission> {
        let Message { header, local_namespace, hash, tx_id, idempotency_key, .. } = message;
        let key = (!idempotency_key.is_empty()).then(|| IdempotencyKey::new(&idempotency_key));
        let (key, data_hash) = (key.transpose()?, header.data_hash);
        let dated = header.id.is_some() && header.created.is_some();
        let entries = data.map(|data| entries::check(&data)).transpose()?;
        check_count(entries.as_deref().unwrap_or_default())?;
        let data = entries.as_deref().map(entries::placeholders);
        // References with both halves stand for themselves.
        let entries = entries.filter(|entries| !entries.iter().all(Entry::is_given));
        let mut kept = Message { header, local_namespace, tx_id, data, ..Message::default() };
        let mut trial = kept.clone();
        trial.header.id.get_or_insert(MessageId::from_bytes([0; 16]));
        trial.header.created.get_or_insert(Timestamp::from_unix_nanos(0));
        let sealed = trial.seal()?;
        if hash.is_some() && !dated {
            // A hash of a header that is not complete cannot be right.
            return Err(InvalidMessage::Missing { field: "header.id" }.into());
        }
        let told = if entries.is_some() {
            kept.data = None;
            (hash, data_hash)
        } else {
            check_hashes(&trial, hash, data_hash)?;
            (None, None)
        };
        if sealed.pinning() == Pinning::Unpinned && sealed.group().is_none() {
            return Err(UnpinnedBroadcast.into());
        }
        let complete = dated && (hash.is_some() || !kept.header.namespace.is_empty());
        let sealed = (complete && entries.is_none()).then_some(sealed);
        Ok(Self { message: kept, entries, told, key, awaits, sealed })
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

    /// The elements that it refers to.
    pub(crate) fn elements(&self) -> impl Iterator<Item = DataId> {
        let entries = self.entries.iter().flatten().filter_map(Entry::element);
        let references = self.message.data.iter().flatten().flatten();
        entries.chain(references.filter_map(|reference| reference.id))
    }

    /// The blobs that its new elements refer to.
    pub(crate) fn blobs(&self) -> impl Iterator<Item = BlobHash> {
        self.entries.iter().flatten().filter_map(Entry::blob)
    }

    /// Puts references in the place of what came in line, and gives out the new elements; the id is given for good
    /// then, because theirs follow from it.
    ///
    /// # Errors
    /// [`Error`] names the first entry whose element or blob is not there.
    pub(crate) fn resolve(
        &mut self,
        id: impl FnOnce() -> MessageId,
        found: &Found,
    ) -> Result<Vec<InLine>, Error> {
        let Some(entries) = self.entries.take() else { return Ok(Vec::new()) };
        let id = *self.message.header.id.get_or_insert_with(id);
        let (references, new) = entries::resolve(entries, id, found)?;
        self.message.data = Some(references);
        Ok(new)
    }

    /// The message with its hashes; with this id, time and namespace where they were not given.
    ///
    /// # Errors
    /// If the time cannot be written in a header, two references turn out to be one, or a hash that was given is
    /// not the message's.
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
        let sealed = message.seal()?;
        let (hash, data_hash) = self.told;
        check_hashes(&message, hash, data_hash)?;
        Ok(sealed)
    }

    /// The fingerprint of the request: the same for the same submission under the same key, whatever id, time
    /// and hashes it has. To be asked before the data is resolved: a new element counts for what came, not for its id.
    pub(crate) fn fingerprint(&self) -> Bytes32 {
        let Message { header, local_namespace, tx_id, data, .. } = &self.message;
        let header = Header { id: None, created: None, data_hash: None, ..header.clone() };
        let data = match &self.entries {
            Some(entries) => framed(entries.iter().flat_map(Entry::fingerprint)),
            None => DataRefs(data.clone().or_else(|| Some(Vec::new()))).canonical_bytes(),
        };
        let awaited = self.awaits.map(|Awaited { kind, id }| format!("{kind} {id:?}"));
        let parts = [
            header.canonical_bytes(),
            data,
            local_namespace.clone().into_bytes(),
            tx_id.map(|id| id.to_string()).unwrap_or_default().into_bytes(),
            awaited.unwrap_or_default().into_bytes(),
        ];
        let mut bytes = b"lampyris submission 1".to_vec();
        bytes.extend(framed(parts));
        Bytes32::sha256(&bytes)
    }
}

/// The parts one after the other, each after its length.
fn framed(parts: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(&part);
    }
    bytes
}

/// Checks that all new elements fit one append.
fn check_count(entries: &[Entry]) -> Result<(), InvalidMessage> {
    let found = entries.iter().filter(|entry| entry.is_new()).count();
    if found <= NEW_ELEMENTS {
        return Ok(());
    }
    let (field, limit) = ("data".into(), NEW_ELEMENTS);
    Err(FieldError::TooMany { field, limit, found }.into())
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
