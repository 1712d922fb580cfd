//! What the fields of a message may hold, and in which order they are looked at.
//! Nothing here changes a message or looks at a hash.

use std::collections::BTreeSet;
use std::fmt;

use thiserror::Error;

use crate::hash::{DataListHash, MessageHash};
use crate::header::Header;
use crate::id::parse_uuid;
use crate::kind::TxType;
use crate::limits;
use crate::message::{DataRef, Message};
use crate::open::Open;
use crate::sealed::SealedRef;

/// Where a refused value stands: `header.tag`, `header.topics[2]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldName<'a> {
    /// The name of the field.
    pub name: &'a str,
    /// The place in the list, if the field is one.
    pub index: Option<usize>,
}

impl fmt::Display for FieldName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        self.index.map_or(Ok(()), |index| write!(f, "[{index}]"))
    }
}

/// One field that holds what it may not; prints as upstream's API words it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FieldError {
    /// It is no FireFly name.
    #[error(
        "FF00140: Field '{field}' must be 1-64 characters, including alphanumerics (a-zA-Z0-9), \
         dot (.), dash (-) and underscore (_), and must start/end in an alphanumeric"
    )]
    Name {
        /// The field, with its index.
        field: Box<str>,
    },
    /// It is a UUID, which a name of this kind must not be.
    #[error("FF00141: Field '{field}' must not be a UUID")]
    Uuid {
        /// The field.
        field: Box<str>,
    },
    /// It has other characters than those of a name.
    #[error(
        "FF00139: Field '{field}' must include only alphanumerics (a-zA-Z0-9), dot (.), dash (-) \
         and underscore (_)"
    )]
    Characters {
        /// The field, with its index.
        field: Box<str>,
    },
    /// It has too many bytes, or all strings of the list together have.
    #[error("FF00135: Field '{field}' maximum length is {}", Grouped(*.limit))]
    TooLong {
        /// The field.
        field: Box<str>,
        /// Bytes it may have.
        limit: usize,
    },
    /// The list is too long. Upstream's text names 15 whatever the limit is; ours tells the truth.
    #[error(
        "FF00134: Maximum number of {field} items is {} (supplied={})",
        Grouped(*.limit),
        Grouped(*.found)
    )]
    TooMany {
        /// The field.
        field: Box<str>,
        /// Entries it may have.
        limit: usize,
        /// Entries it has.
        found: usize,
    },
    /// An entry of the list stood before in it.
    #[error("FF00133: Duplicate {field} at index {}: '{value}'", Grouped(*.index))]
    Repeated {
        /// The field.
        field: Box<str>,
        /// Where it stands again.
        index: usize,
        /// The entry.
        value: Box<str>,
    },
}

impl FieldError {
    /// Upstream's code for this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Name { .. } => "FF00140",
            Self::Uuid { .. } => "FF00141",
            Self::Characters { .. } => "FF00139",
            Self::TooLong { .. } => "FF00135",
            Self::TooMany { .. } => "FF00134",
            Self::Repeated { .. } => "FF00133",
        }
    }

    /// The HTTP status upstream attaches to the code.
    pub const fn status(&self) -> u16 {
        400
    }
}

/// Why a message cannot be sealed, or is not what its hashes say; prints as upstream words it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidMessage {
    /// A field holds what it may not.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// A field that upstream fills in by itself is absent.
    #[error("FF10140: Field '{field}' is required")]
    Missing {
        /// The field.
        field: &'static str,
    },
    /// A message cannot go with this transaction.
    #[error("FF00130: Invalid transaction type for sending a message: {tx_type}")]
    TxType {
        /// The type as the header has it.
        tx_type: Box<str>,
    },
    /// A data reference is absent or lacks a half.
    #[error("FF00128: Invalid message: nil data reference at index {}", Grouped(*.index))]
    DataIncomplete {
        /// Its place in the list.
        index: usize,
    },
    /// A data reference repeats the id or the hash of one before it.
    #[error("FF00129: Invalid message: duplicate data reference at index {}", Grouped(*.index))]
    DataRepeated {
        /// Its place in the list.
        index: usize,
    },
    /// A received message lacks `hash` or `header.datahash`.
    #[error("FF00131: Invalid message: nil hashes")]
    NoHashes,
    /// A hash is not that of what it should be the hash of.
    #[error("FF00132: Invalid message: hashes do not match {0}")]
    HashMismatch(Box<HashMismatch>),
}

/// The hashes a message came with, beside those it should have come with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashMismatch {
    /// The `hash` of the message.
    pub hash: MessageHash,
    /// What it should be.
    pub expected: MessageHash,
    /// The `header.datahash` of the message.
    pub data_hash: DataListHash,
    /// What it should be.
    pub data_expected: DataListHash,
}

impl fmt::Display for HashMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hash, expected, data_hash, data_expected } = self;
        write!(
            f,
            "Hash={hash} Expected={expected} DataHash={data_hash} DataHashExpected={data_expected}"
        )
    }
}

pub(crate) const NO_ID: InvalidMessage = InvalidMessage::Missing { field: "header.id" };
pub(crate) const NO_CREATED: InvalidMessage = InvalidMessage::Missing { field: "header.created" };

impl InvalidMessage {
    /// Upstream's code for this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Field(error) => error.code(),
            Self::Missing { .. } => "FF10140",
            Self::TxType { .. } => "FF00130",
            Self::DataIncomplete { .. } => "FF00128",
            Self::DataRepeated { .. } => "FF00129",
            Self::NoHashes => "FF00131",
            Self::HashMismatch(_) => "FF00132",
        }
    }

    /// The HTTP status upstream attaches to the code.
    pub const fn status(&self) -> u16 {
        400
    }
}

/// Checks a tag, a topic, a namespace or the like.
///
/// # Errors
/// If it is no FireFly name: `FF00140`.
pub fn name(value: &str, field: FieldName<'_>) -> Result<(), FieldError> {
    let bytes = value.as_bytes();
    let ends = [bytes.first(), bytes.last()];
    let framed = ends.iter().all(|end| end.is_some_and(u8::is_ascii_alphanumeric));
    if framed && bytes.len() <= limits::NAME_BYTES && bytes.iter().all(|byte| is_name_byte(*byte)) {
        Ok(())
    } else {
        Err(FieldError::Name { field: text(field) })
    }
}

/// Checks the name of a group or an identity, which must not be taken for an id.
///
/// # Errors
/// If it also spells a UUID (`FF00141`) or is no FireFly name (`FF00140`).
pub fn name_no_uuid(value: &str, field: FieldName<'_>) -> Result<(), FieldError> {
    match parse_uuid(value.as_bytes()) {
        Ok(_) => Err(FieldError::Uuid { field: text(field) }),
        Err(_) => name(value, field),
    }
}

/// Checks that there are only the characters a name may have, in any order and number.
///
/// # Errors
/// If there are others: `FF00139`.
pub fn safe_characters(value: &str, field: FieldName<'_>) -> Result<(), FieldError> {
    if value.bytes().all(is_name_byte) {
        Ok(())
    } else {
        Err(FieldError::Characters { field: text(field) })
    }
}

/// Checks the length in bytes.
///
/// # Errors
/// If there are more than `limit`: `FF00135`.
pub fn length(value: &str, field: FieldName<'_>, limit: usize) -> Result<(), FieldError> {
    if value.len() <= limit {
        Ok(())
    } else {
        Err(FieldError::TooLong { field: text(field), limit })
    }
}

/// Checks a list of names (or, without `names`, of safe strings) of at most `limit` entries.
///
/// # Errors
/// If an entry is refused or repeated (`FF00133`), there are too many (`FF00134`), or they are
/// too long together (`FF00135`); the first such entry is named.
pub fn strings(
    values: &[String],
    name_of_field: &str,
    names: bool,
    limit: Option<usize>,
) -> Result<(), FieldError> {
    let whole = FieldName { name: name_of_field, index: None };
    let mut repeats = Repeats::new(values, String::as_str);
    let mut bytes = 0;
    for (index, value) in values.iter().enumerate() {
        if repeats.at(index, value) {
            return Err(FieldError::Repeated {
                field: text(whole),
                index,
                value: value.as_str().into(),
            });
        }
        bytes += value.len();
        let field = FieldName { name: name_of_field, index: Some(index) };
        if names { name(value, field)? } else { safe_characters(value, field)? }
    }
    if let Some(limit) = limit.filter(|limit| values.len() > *limit) {
        return Err(FieldError::TooMany { field: text(whole), limit, found: values.len() });
    }
    if bytes > limits::STRING_LIST_BYTES {
        let limit = limits::STRING_LIST_BYTES;
        return Err(FieldError::TooLong { field: text(whole), limit });
    }
    Ok(())
}

/// Checks the fields of a message that upstream checks on sealing and on receiving it.
pub(crate) fn message_fields(message: &Message) -> Result<(), InvalidMessage> {
    header_fields(&message.header)?;
    complete_refs(message.data.as_deref().unwrap_or_default()).map(drop)
}

/// Checks the fields of a header.
pub(crate) fn header_fields(header: &Header) -> Result<(), InvalidMessage> {
    parts(header.tx_type.as_ref(), &header.topics, &header.tag)
}

/// Checks the fields of a header that are not all in one place yet.
pub(crate) fn parts(
    tx_type: Option<&Open<TxType>>,
    topics: &[String],
    tag: &str,
) -> Result<(), InvalidMessage> {
    let known = tx_type.and_then(Open::known);
    if !matches!(known, Some(TxType::BatchPin | TxType::Unpinned | TxType::ContractInvokePin)) {
        let tx_type = tx_type.map_or("", Open::as_str).into();
        return Err(InvalidMessage::TxType { tx_type });
    }
    strings(topics, "header.topics", true, Some(limits::TOPICS))?;
    if !tag.is_empty() {
        name(tag, FieldName { name: "header.tag", index: None })?;
    }
    Ok(())
}

/// The references with both halves, if all have them and none is repeated.
pub(crate) fn complete_refs(data: &[Option<DataRef>]) -> Result<Vec<SealedRef>, InvalidMessage> {
    let mut ids = Repeats::new(data, |entry| entry.and_then(|entry| entry.id));
    let mut hashes = Repeats::new(data, |entry| entry.and_then(|entry| entry.hash));
    let mut complete = Vec::with_capacity(data.len());
    for (index, entry) in data.iter().enumerate() {
        let Some(DataRef { id: Some(id), hash: Some(hash) }) = *entry else {
            return Err(InvalidMessage::DataIncomplete { index });
        };
        if ids.at(index, entry) | hashes.at(index, entry) {
            return Err(InvalidMessage::DataRepeated { index });
        }
        complete.push(SealedRef { id, hash });
    }
    Ok(complete)
}

/// Checks that no reference is repeated.
pub(crate) fn sealed_refs(data: &[SealedRef]) -> Result<(), InvalidMessage> {
    let mut ids = Repeats::new(data, |entry| entry.id);
    let mut hashes = Repeats::new(data, |entry| entry.hash);
    for (index, entry) in data.iter().enumerate() {
        if ids.at(index, entry) | hashes.at(index, entry) {
            return Err(InvalidMessage::DataRepeated { index });
        }
    }
    Ok(())
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}

fn text(field: FieldName<'_>) -> Box<str> {
    field.to_string().into()
}

/// Tells which entries of a list repeat one before them, by a key of theirs.
struct Repeats<'a, E, K> {
    entries: &'a [E],
    key: fn(&'a E) -> K,
    /// The keys so far, if the list is too long to look through it again and again.
    seen: Option<BTreeSet<K>>,
}

impl<'a, E, K: Ord> Repeats<'a, E, K> {
    const SHORT: usize = 16;

    fn new(entries: &'a [E], key: fn(&'a E) -> K) -> Self {
        let seen = (entries.len() > Self::SHORT).then(BTreeSet::new);
        Self { entries, key, seen }
    }

    /// Whether the entry repeats one before it; to be asked for each entry in its turn.
    fn at(&mut self, index: usize, entry: &'a E) -> bool {
        let key = (self.key)(entry);
        match &mut self.seen {
            Some(seen) => !seen.insert(key),
            None => self.entries.iter().take(index).any(|before| (self.key)(before) == key),
        }
    }
}

/// A count with a comma between thousands, as upstream's printer of messages has it.
struct Grouped(usize);

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 1000 {
            return write!(f, "{}", self.0);
        }
        write!(f, "{},{:03}", Grouped(self.0 / 1000), self.0 % 1000)
    }
}
