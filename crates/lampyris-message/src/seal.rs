//! Sealing a message of our own, and verifying one that was received.
//! Nothing here draws an id or reads a clock: what must be random or timely is given.

use crate::hash::{Bytes32, DataListHash, MessageHash};
use crate::header::Header;
use crate::kind::TxType;
use crate::message::{DataRef, Message, encode};
use crate::open::Open;
use crate::sealed::{SealedMessage, SealedRef};
use crate::validate::{self, HashMismatch, InvalidMessage};

/// The topic of a message that names none.
pub const DEFAULT_TOPIC: &str = "default";

/// Fills in the defaults, checks the fields and sets both hashes; see [`Message::seal`].
pub(crate) fn seal(message: &mut Message) -> Result<SealedMessage, InvalidMessage> {
    let header = &message.header;
    let topics = if header.topics.is_empty() { Some(vec![DEFAULT_TOPIC.to_owned()]) } else { None };
    let tx_type = match &header.tx_type {
        Some(tx_type) if !tx_type.is_empty() => tx_type.clone(),
        Some(_) | None => Open::from(TxType::BatchPin),
    };
    validate::parts(Some(&tx_type), topics.as_ref().unwrap_or(&header.topics), &header.tag)?;
    let data = validate::complete_refs(message.data.as_deref().unwrap_or_default())?;
    let id = header.id.ok_or(validate::NO_ID)?;
    if header.created.is_none() {
        return Err(validate::NO_CREATED);
    }
    check_readable(header)?;

    let header = &mut message.header;
    if let Some(topics) = topics {
        header.topics = topics;
    }
    header.tx_type = Some(tx_type);
    header.data_hash = Some(list_hash(Some(message.data.get_or_insert_default())));
    message.confirmed = None;
    let bytes = header.canonical_bytes();
    let hash = MessageHash(Bytes32::sha256(&bytes));
    message.hash = Some(hash);
    Ok(SealedMessage::from_checked(id, hash, header.clone(), bytes, Some(data)))
}

/// Checks the fields and both hashes; see [`Message::verify`].
pub(crate) fn verify(message: &Message) -> Result<SealedMessage, InvalidMessage> {
    let Checked { hash, bytes, data } = check_hashes(message)?;
    let id = message.header.id.ok_or(validate::NO_ID)?;
    check_readable(&message.header)?;
    let data = message.data.is_some().then_some(data);
    Ok(SealedMessage::from_checked(id, hash, Header::clone(&message.header), bytes, data))
}

/// A sealed message is evidence: what is kept of it must be readable again.
fn check_readable(header: &Header) -> Result<(), InvalidMessage> {
    match header.created {
        Some(created) if !created.is_readable() => {
            Err(InvalidMessage::CreatedRange { text: created.to_string().into() })
        }
        Some(_) | None => Ok(()),
    }
}

/// What checking the hashes of a message has brought to light.
pub(crate) struct Checked {
    hash: MessageHash,
    bytes: Vec<u8>,
    data: Vec<SealedRef>,
}

/// Checks the fields and both hashes; see [`Message::check_hashes`].
pub(crate) fn check_hashes(message: &Message) -> Result<Checked, InvalidMessage> {
    validate::header_fields(&message.header)?;
    let data = validate::complete_refs(message.data.as_deref().unwrap_or_default())?;
    let (Some(hash), Some(found)) = (message.hash, message.header.data_hash) else {
        return Err(InvalidMessage::NoHashes);
    };
    let bytes = message.header.canonical_bytes();
    let expected = MessageHash(Bytes32::sha256(&bytes));
    let data_expected = list_hash(message.data.as_deref());
    if hash != expected || found != data_expected {
        let mismatch = HashMismatch { hash, expected, data_hash: found, data_expected };
        return Err(InvalidMessage::HashMismatch(Box::new(mismatch)));
    }
    Ok(Checked { hash, bytes, data })
}

fn list_hash(data: Option<&[Option<DataRef>]>) -> DataListHash {
    let mut bytes = Vec::with_capacity(128 * data.map_or(1, <[_]>::len) + 2);
    encode::data_refs(data.map(|data| data.iter().copied()), &mut bytes);
    DataListHash(Bytes32::sha256(&bytes))
}
