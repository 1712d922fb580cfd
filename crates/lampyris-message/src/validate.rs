//! What the fields of a message may hold, and in which order they are looked at.
//! Nothing here changes a message or looks at a hash.

mod invalid;
mod repeats;
pub mod request;
mod words;

use crate::header::Header;
use crate::id::parse_uuid;
use crate::kind::TxType;
use crate::limits;
use crate::message::{DataRef, Message};
use crate::open::Open;
use crate::sealed::SealedRef;

pub use invalid::{FieldError, FieldName, HashMismatch, InvalidMessage};
pub(crate) use invalid::{NO_CREATED, NO_ID};
pub(crate) use words::{Grouped, OrEmpty};

use repeats::Repeats;

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
pub fn strings<S: AsRef<str>>(
    values: &[S],
    name_of_field: &str,
    names: bool,
    limit: Option<usize>,
) -> Result<(), FieldError> {
    let whole = FieldName { name: name_of_field, index: None };
    let mut repeats = Repeats::new(values, S::as_ref);
    let mut bytes = 0;
    for (index, entry) in values.iter().enumerate() {
        let value = entry.as_ref();
        if repeats.at(index, entry) {
            return Err(FieldError::Repeated { field: text(whole), index, value: value.into() });
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
pub(crate) fn parts<S: AsRef<str>>(
    tx_type: Option<&Open<TxType>>,
    topics: &[S],
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

/// The references with both halves, if all have them and no id is repeated.
///
/// Two elements may well have one hash: upstream compares ids alone.
pub(crate) fn complete_refs(data: &[Option<DataRef>]) -> Result<Vec<SealedRef>, InvalidMessage> {
    let mut ids = Repeats::new(data, |entry| entry.and_then(|entry| entry.id));
    let mut complete = Vec::with_capacity(data.len());
    for (index, entry) in data.iter().enumerate() {
        let Some(DataRef { id: Some(id), hash: Some(hash) }) = *entry else {
            return Err(InvalidMessage::DataIncomplete { index });
        };
        if ids.at(index, entry) {
            return Err(InvalidMessage::DataRepeated { index });
        }
        complete.push(SealedRef { id, hash });
    }
    Ok(complete)
}

/// Checks that no id is repeated.
pub(crate) fn sealed_refs(data: &[SealedRef]) -> Result<(), InvalidMessage> {
    let mut ids = Repeats::new(data, |entry| entry.id);
    for (index, entry) in data.iter().enumerate() {
        if ids.at(index, entry) {
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
