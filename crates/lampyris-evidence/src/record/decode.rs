//! Reads a record and refuses bytes that are not its deterministic encoding.
//! It never repairs: a record has exactly one spelling (RFC 8949 §4.2).

use super::{
    ACTOR, APPEND, CLAIMS, COMMAND, Claims, EVENT, FIELDS, FORMAT, NAMESPACE, OutOfBounds,
    PREVIOUS, RECORD_FORMAT, RecordRef, SEQUENCE, STREAM, TIME, VERSION,
};
use crate::limits::{MAX_APPEND_RECORDS, MAX_RECORD_BYTES};
use minicbor::{Decoder, data::Type, decode::Error};

/// Bytes that are not a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("byte {byte} of the record, field {field}: {rule}")]
pub struct Malformed {
    /// Offset in the record's bytes.
    pub byte: usize,
    /// The field in which the fault was found.
    pub field: &'static str,
    /// What the bytes break.
    pub rule: MalformedRule,
}

/// What bytes must keep in order to be a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MalformedRule {
    /// The record format is one this crate does not know.
    #[error("record format {found} is not {RECORD_FORMAT}")]
    Format {
        /// The format named by the record.
        found: u64,
    },
    /// The field is not the CBOR item that `record.cddl` asks for.
    #[error("not the item that record.cddl asks for")]
    Shape,
    /// The same value has a shorter or more ordinary spelling, or bytes follow the record.
    #[error("not the deterministic encoding")]
    Spelling,
    /// A length is out of bounds.
    #[error("{found} is not within {min} to {max}")]
    Bounds {
        /// Smallest allowed.
        min: usize,
        /// Largest allowed.
        max: usize,
        /// What was found.
        found: usize,
    },
}

impl<'a> RecordRef<'a> {
    /// Reads a record from exactly these bytes.
    ///
    /// # Errors
    /// [`Malformed`] if the bytes are not the deterministic encoding of one record within its bounds.
    pub fn decode(bytes: &'a [u8]) -> Result<RecordRef<'a>, Malformed> {
        if bytes.len() > MAX_RECORD_BYTES {
            let rule = MalformedRule::Bounds { min: 1, max: MAX_RECORD_BYTES, found: bytes.len() };
            return Err(Malformed { byte: MAX_RECORD_BYTES, field: "record", rule });
        }
        let record = decode_fields(bytes)?;
        if let Some(byte) = record.differs_at(bytes) {
            return Err(Malformed { byte, field: "record", rule: MalformedRule::Spelling });
        }
        record.check_bounds().map_err(|OutOfBounds { field, bounds, found }| Malformed {
            byte: 0,
            field,
            rule: MalformedRule::Bounds { min: bounds.min, max: bounds.max, found },
        })?;
        Ok(record)
    }
}

fn decode_fields(bytes: &[u8]) -> Result<RecordRef<'_>, Malformed> {
    let d = &mut Decoder::new(bytes);
    take(d, "record", |d| array(d, FIELDS.len()))?;
    let format = take(d, FORMAT, Decoder::u64)?;
    if format != u64::from(RECORD_FORMAT) {
        return Err(Malformed {
            byte: 1,
            field: FORMAT,
            rule: MalformedRule::Format { found: format },
        });
    }
    let sequence = take(d, SEQUENCE, Decoder::u64)?;
    let namespace = take(d, NAMESPACE, Decoder::str)?;
    let (kind, id) = take(d, STREAM, |d| {
        array(d, 2)?;
        Ok((d.str()?, d.bytes()?))
    })?;
    let version = take(d, VERSION, Decoder::u64)?;
    let previous = take(d, PREVIOUS, |d| match d.datatype()? {
        Type::Null => d.null().map(|()| None),
        _ => d.u64().map(Some),
    })?;
    let (append_id, append_index, append_count) = take(d, APPEND, append)?;
    let command = take(d, COMMAND, Decoder::str)?;
    let actor = take(d, ACTOR, Decoder::str)?;
    let time = take(d, TIME, Decoder::i64)?;
    let claims = take(d, CLAIMS, |d| {
        let count = d.array()?.ok_or_else(|| Error::message("indefinite length"))?;
        Claims::decode(d, usize::try_from(count).map_err(Error::message)?)
    })?;
    let (event, event_version, content) = take(d, EVENT, |d| {
        array(d, 3)?;
        Ok((d.str()?, d.u64()?, d.bytes()?))
    })?;
    Ok(RecordRef {
        sequence,
        namespace,
        kind,
        id,
        version,
        previous,
        append_id,
        append_index,
        append_count,
        command,
        actor,
        time,
        claims,
        event,
        event_version,
        content,
    })
}

fn append(d: &mut Decoder<'_>) -> Result<([u8; 16], u32, u32), Error> {
    array(d, 3)?;
    let id = d.bytes()?.try_into().map_err(|_| Error::message("an append id has 16 bytes"))?;
    let (index, count) = (d.u32()?, d.u32()?);
    if index < count && count as usize <= MAX_APPEND_RECORDS {
        Ok((id, index, count))
    } else {
        Err(Error::message("index and count of an append"))
    }
}

fn array(d: &mut Decoder<'_>, items: usize) -> Result<(), Error> {
    match d.array()? {
        Some(found) if found == items as u64 => Ok(()),
        _ => Err(Error::message("another number of items")),
    }
}

fn take<'a, T>(
    d: &mut Decoder<'a>,
    field: &'static str,
    read: impl FnOnce(&mut Decoder<'a>) -> Result<T, Error>,
) -> Result<T, Malformed> {
    let byte = d.position();
    read(d).map_err(|_| Malformed { byte, field, rule: MalformedRule::Shape })
}
