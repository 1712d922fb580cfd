//! The data of a message as a client posts it: references to elements, or new elements in line.
//! Nothing here stores an element or draws an id for it.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::data::{BlobRef, Data, DatatypeRef, InvalidData, StoredBlob, decode};
use crate::decode::DecodeError;
use crate::hash::{BlobHash, Bytes32, DataHash};
use crate::id::{DataId, MessageId};
use crate::json::fields::{Field, List, Problems, members, optional};
use crate::json::{Document, JsonValue, Node};
use crate::kind::ValidatorType;
use crate::open::Open;

/// One entry of the data that a client posts with a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InlineData {
    /// Names an element there is; what else is given then is not looked at but for the hash.
    pub id: Option<DataId>,
    /// The hash that element must have, if the client says so.
    pub hash: Option<DataHash>,
    /// How the value is checked.
    pub validator: Open<ValidatorType>,
    /// The datatype the value must conform to.
    pub datatype: Option<DatatypeRef>,
    /// The value.
    pub value: Option<JsonValue>,
    /// A blob that was uploaded.
    pub blob: Option<BlobRef>,
}

/// What an entry asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InlineEntry {
    /// An element there is, with the hash it must have if one is given.
    Existing(DataId, Option<DataHash>),
    /// A new element, which lacks its id and its time, and the blob to seal it with.
    New(Box<Data>, Option<StoredBlob>),
}

impl InlineData {
    /// Reads a `data` array from JSON, with the leniency of upstream's Go.
    ///
    /// # Errors
    /// If the bytes are no JSON or a field cannot hold what is given for it.
    pub fn list_from_json(json: &[u8]) -> Result<Vec<Option<Self>>, DecodeError> {
        let (mut list, mut problems) = (List::default(), Problems::default());
        list.read(
            Document::first(json)?.root(),
            "data",
            &mut problems,
            |entry, node, problems| optional(entry, node, problems, read),
        )?;
        problems.finish(list.entries.unwrap_or_default())
    }

    /// Reads the `data` of a message within a document, with the same leniency; `None` if it is
    /// absent or `null`.
    ///
    /// # Errors
    /// If a field cannot hold what is given for it.
    pub fn list_of_message(message: Node<'_>) -> Result<Option<Vec<Option<Self>>>, DecodeError> {
        let (mut list, mut problems) = (List::default(), Problems::default());
        members(message, "message", &["data"], &mut problems, |name, node, problems| {
            list.read(node, name, problems, |entry, node, problems| {
                optional(entry, node, problems, read)
            })
        })?;
        problems.finish(list.entries)
    }
}

/// The id of the new element that stands at `index` in the data of a message.
///
/// It is not drawn: the same message made again has the same elements. It is a UUID of version 8,
/// the first 16 bytes of the SHA-256 of a text, the message's id, the index and the element's hash.
pub fn derived_id(message: MessageId, index: usize, hash: DataHash) -> DataId {
    let index = (index as u64).to_be_bytes();
    let parts = [&b"lampyris data element 1"[..], message.as_bytes(), &index, hash.as_bytes()];
    let Bytes32(hash) = Bytes32::sha256(&parts.concat());
    let bytes = hash.first_chunk().copied().unwrap_or_default();
    DataId::from(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// What each entry asks for; `blobs` are those that are stored.
///
/// # Errors
/// The first entry that asks for nothing, or for an element that cannot be.
pub fn entries(
    data: &[Option<InlineData>],
    blobs: &BTreeMap<BlobHash, StoredBlob>,
) -> Result<Vec<InlineEntry>, InvalidEntry> {
    let one = |(index, entry): (usize, &Option<InlineData>)| {
        let entry = entry.as_ref().ok_or(InvalidEntry::Empty { index })?;
        if let Some(id) = entry.id {
            return Ok(InlineEntry::Existing(id, entry.hash));
        }
        if entry.value.is_none() && entry.blob.is_none() {
            return Err(InvalidEntry::Empty { index });
        }
        new_element(entry, blobs).map_err(|why| InvalidEntry::Data { index, why })
    };
    data.iter().enumerate().map(one).collect()
}

fn new_element(
    entry: &InlineData,
    blobs: &BTreeMap<BlobHash, StoredBlob>,
) -> Result<InlineEntry, InvalidData> {
    let InlineData { validator, datatype, value, blob, .. } = entry.clone();
    if !validator.is_empty() && validator.known().is_none() {
        return Err(InvalidData::Validator { validator: validator.as_str().into() });
    }
    if let Some(DatatypeRef { name, version }) = &datatype
        && validator.known() != Some(ValidatorType::None)
        && (name.is_empty() || version.is_empty())
    {
        let (name, version) = (name.as_str().into(), version.as_str().into());
        return Err(InvalidData::Datatype { name, version });
    }
    let known = |hash| blobs.get(&hash).copied().ok_or(InvalidData::BlobUnknown { hash });
    let stored = blob.as_ref().and_then(|blob| blob.hash).map(known).transpose()?;
    let data = Data { validator, datatype, value, blob, ..Data::default() };
    Ok(InlineEntry::New(Box::new(data), stored))
}

fn read(
    entry: &mut InlineData,
    node: Node<'_>,
    problems: &mut Problems,
) -> Result<(), DecodeError> {
    let names = &["id", "hash", "validator", "datatype", "value", "blob"];
    members(node, "data", names, problems, |name, node, problems| match name {
        "id" => entry.id.read(node, "data.id", problems),
        "hash" => entry.hash.read(node, "data.hash", problems),
        "validator" => entry.validator.read(node, "data.validator", problems),
        "datatype" => optional(&mut entry.datatype, node, problems, decode::datatype),
        "value" => entry.value.read(node, "data.value", problems),
        "blob" => optional(&mut entry.blob, node, problems, decode::blob),
        _ => Ok(()),
    })
}

/// An entry that asks for nothing that can be; prints as upstream words it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidEntry {
    /// It has neither an id nor a value or a blob. Upstream's program crashes on a `null` entry.
    #[error(
        "FF10205: Data entry {index} has neither 'id' to refer to existing data, or 'value' to \
         include in-line JSON data"
    )]
    Empty {
        /// Its place in the list.
        index: usize,
    },
    /// Its element cannot be. Upstream's text does not say which entry's.
    #[error("{why}")]
    Data {
        /// Its place in the list.
        index: usize,
        /// What is wrong with the element.
        #[source]
        why: InvalidData,
    },
}

impl InvalidEntry {
    /// The place of the entry in the list.
    pub const fn index(&self) -> usize {
        match self {
            Self::Empty { index } | Self::Data { index, .. } => *index,
        }
    }

    /// Upstream's code for this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty { .. } => "FF10205",
            Self::Data { why, .. } => why.code(),
        }
    }

    /// The HTTP status upstream attaches to the code.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Empty { .. } => 400,
            Self::Data { why, .. } => why.status(),
        }
    }
}
