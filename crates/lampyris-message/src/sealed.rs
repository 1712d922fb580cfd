//! A message whose fields are checked and whose hashes are known to be right.
//! There is no way to one but through the checks, and none to change it.

use thiserror::Error;

use crate::hash::{Bytes32, DataHash, DataListHash, MessageHash};
use crate::header::{Header, stored};
use crate::id::{DataId, MessageId};
use crate::kind::TxType;
use crate::message::encode;
use crate::validate::{self, InvalidMessage};

/// A message that is what its hash says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedMessage {
    // Invariant: `header.id` is `id`, `header.tx_type` is one of the three of `Pinning`,
    // `header_bytes` are the canonical bytes of `header`, `hash` is their hash, and
    // `header.data_hash` is the hash of `data`.
    id: MessageId,
    hash: MessageHash,
    header: Header,
    header_bytes: Box<[u8]>,
    data: Option<Box<[SealedRef]>>,
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

    /// What is hashed.
    pub fn header(&self) -> &Header {
        &self.header
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
        let tx_type = self.header.tx_type.as_ref().and_then(crate::open::Open::known);
        match (tx_type, self.header.group) {
            (Some(TxType::Unpinned), _) => Pinning::Unpinned,
            (_, Some(_)) => Pinning::Private,
            (_, None) => Pinning::Broadcast,
        }
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
        let (header, header_bytes) = stored::header(bytes).ok_or(NotCanonical::Bytes)?;
        validate::header_fields(&header)?;
        let id = header.id.ok_or(NotCanonical::Invalid(validate::NO_ID))?;
        let found = header.data_hash.ok_or(NotCanonical::Invalid(InvalidMessage::NoHashes))?;
        let data = data.map(Vec::into_boxed_slice);
        validate::sealed_refs(data.as_deref().unwrap_or_default())?;
        let expected = data_list_hash(data.as_deref());
        if found != expected {
            return Err(NotCanonical::OtherData { expected, found });
        }
        let hash = MessageHash(Bytes32::sha256(bytes));
        Ok(Self { id, hash, header, header_bytes: header_bytes.into(), data })
    }

    /// Puts together what the caller has checked.
    pub(crate) fn from_checked(
        id: MessageId,
        hash: MessageHash,
        header: Header,
        header_bytes: Vec<u8>,
        data: Option<Box<[SealedRef]>>,
    ) -> Self {
        Self { id, hash, header, header_bytes: header_bytes.into_boxed_slice(), data }
    }
}

/// The hash of a list of complete references.
fn data_list_hash(data: Option<&[SealedRef]>) -> DataListHash {
    let mut out = Vec::with_capacity(128 * data.map_or(1, <[_]>::len) + 2);
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
