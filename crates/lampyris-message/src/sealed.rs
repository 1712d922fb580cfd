//! A message whose fields are checked and whose hashes are known to be right.
//! There is no way to one but through the checks, and none to change it.

mod form;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use crate::hash::{Bytes32, DataHash, DataListHash, GroupHash, MessageHash};
use crate::header::{Header, stored};
use crate::id::{DataId, MessageId};
use crate::kind::TxType;
use crate::message::encode;
use crate::open::Open;
use crate::validate::{self, InvalidMessage};

use form::Form;

/// A message that is what its hash says. It never changes, and clones share what is large.
#[derive(Clone)]
pub struct SealedMessage {
    // Invariant: `header_bytes` are the canonical bytes of the header that `form` gives, its id is
    // `id`, its transaction type is one of the three of `Pinning`, `hash` is the hash of the
    // bytes, and its data hash is the hash of `data`.
    id: MessageId,
    hash: MessageHash,
    header_bytes: Arc<[u8]>,
    data: Option<Arc<[SealedRef]>>,
    pinning: Pinning,
    group: Option<GroupHash>,
    topics: usize,
    form: Form,
}

/// A reference to a data element, with both halves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SealedRef {
    /// Names the data element.
    pub id: DataId,
    /// The hash of the data element.
    pub hash: DataHash,
}

/// How a message gets its place in the order of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pinning {
    /// Not at all: nothing of it is written to the ledger.
    Unpinned,
    /// By a pin that all can see through.
    Broadcast,
    /// By a pin that only the members of the group can see through.
    Private,
}

impl SealedMessage {
    /// Names the message.
    pub fn id(&self) -> MessageId {
        self.id
    }

    /// The hash of the header.
    pub fn hash(&self) -> MessageHash {
        self.hash
    }

    /// What is hashed; of a message read from bytes it is decoded when it is first asked for.
    pub fn header(&self) -> &Header {
        self.form.header(&self.header_bytes)
    }

    /// Who sent it: `header.author`.
    pub fn author(&self) -> Cow<'_, str> {
        self.form.author(&self.header_bytes)
    }

    /// The key the sender signs with: `header.key`.
    pub fn key(&self) -> Cow<'_, str> {
        self.form.key(&self.header_bytes)
    }

    /// The group a private message is for: `header.group`.
    pub fn group(&self) -> Option<GroupHash> {
        self.group
    }

    /// How many topics it has.
    pub fn topic_count(&self) -> usize {
        self.topics
    }

    /// The bytes that were hashed.
    pub fn header_bytes(&self) -> &[u8] {
        &self.header_bytes
    }

    /// The data it refers to.
    pub fn data(&self) -> &[SealedRef] {
        self.data_list().unwrap_or_default()
    }

    /// The data it refers to; `None` if the sender left the list away, which hashes differently.
    pub fn data_list(&self) -> Option<&[SealedRef]> {
        self.data.as_deref()
    }

    /// How the message gets its place in the order of the network.
    pub fn pinning(&self) -> Pinning {
        self.pinning
    }

    /// A message rebuilt from the canonical bytes of its header and its list of data.
    ///
    /// # Errors
    /// If the bytes are not exactly what their own content is written as, or do not make a
    /// message that could have been sealed, or refer to other data.
    pub fn from_header_bytes(
        bytes: &[u8],
        data: Option<Vec<SealedRef>>,
    ) -> Result<Self, NotCanonical> {
        let header = stored::header(bytes).ok_or(NotCanonical::Bytes)?;
        validate::parts(header.tx_type.as_ref(), &header.topics, &header.tag.text)?;
        let id = header.id.ok_or(NotCanonical::Invalid(validate::NO_ID))?;
        let found = header.data_hash.ok_or(NotCanonical::Invalid(InvalidMessage::NoHashes))?;
        let data: Option<Arc<[SealedRef]>> = data.map(Into::into);
        validate::sealed_refs(data.as_deref().unwrap_or_default())?;
        let expected = data_list_hash(data.as_ref().map(|data| data.iter().copied()));
        if found != expected {
            return Err(NotCanonical::OtherData { expected, found });
        }
        Ok(Self {
            id,
            hash: MessageHash(Bytes32::sha256(bytes)),
            header_bytes: bytes.into(),
            data,
            pinning: Pinning::of(header.tx_type.as_ref(), header.group.as_ref()),
            group: header.group,
            topics: header.topics.len(),
            form: Form::stored(header.author.at, header.key.at),
        })
    }

    /// Puts together what the caller has checked.
    pub(crate) fn from_checked(
        id: MessageId,
        hash: MessageHash,
        header: Header,
        header_bytes: Vec<u8>,
        data: Option<Vec<SealedRef>>,
    ) -> Self {
        Self {
            id,
            hash,
            header_bytes: header_bytes.into(),
            data: data.map(Into::into),
            pinning: Pinning::of(header.tx_type.as_ref(), header.group.as_ref()),
            group: header.group,
            topics: header.topics.len(),
            form: Form::given(header),
        }
    }
}

/// Two messages are the same if their bytes and their data are: all else follows from these.
impl PartialEq for SealedMessage {
    fn eq(&self, other: &Self) -> bool {
        self.header_bytes == other.header_bytes && self.data == other.data
    }
}

impl Eq for SealedMessage {}

impl fmt::Debug for SealedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedMessage")
            .field("hash", &self.hash)
            .field("header", self.header())
            .field("data", &self.data)
            .finish_non_exhaustive()
    }
}

impl Pinning {
    fn of(tx_type: Option<&Open<TxType>>, group: Option<&GroupHash>) -> Self {
        match (tx_type.and_then(Open::known), group) {
            (Some(TxType::Unpinned), _) => Self::Unpinned,
            (_, Some(_)) => Self::Private,
            (_, None) => Self::Broadcast,
        }
    }
}

/// The hash of a list of data: what a header has in `datahash`. `None` is a list that was left away.
pub fn data_list_hash(data: Option<impl IntoIterator<Item = SealedRef>>) -> DataListHash {
    let mut out = Vec::with_capacity(256);
    encode::sealed_refs(data, &mut out);
    DataListHash(Bytes32::sha256(&out))
}

/// Why stored bytes are not the header of a sealed message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NotCanonical {
    /// The bytes are not what their own content is written as.
    #[error("header bytes are not in canonical form")]
    Bytes,
    /// The header is canonical, but no message with it could have been sealed.
    #[error("header bytes are of no sealed message: {0}")]
    Invalid(#[from] InvalidMessage),
    /// The header was sealed over other data.
    #[error("header bytes name data hash {found}, the list of data has {expected}")]
    OtherData {
        /// The hash of the list of data.
        expected: DataListHash,
        /// The hash in the header.
        found: DataListHash,
    },
}
