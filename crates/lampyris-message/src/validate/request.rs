//! What a message may hold when a client asks for it to be sent, beyond what sealing checks.
//! Upstream finds some of this in its database only; here it is refused before.

use std::fmt;

use thiserror::Error;

use super::{FieldError, FieldName, Grouped, text};
use crate::identity::DID_PREFIX;
use crate::limits;
use crate::message::Message;

/// Checks the length of an idempotency key in characters. Upstream leaves that to its database.
///
/// # Errors
/// If there are more than [`limits::IDEMPOTENCY_KEY_CHARS`]: `FF00135`.
pub fn idempotency_key(key: &str) -> Result<(), FieldError> {
    characters(key, "idempotencyKey", limits::IDEMPOTENCY_KEY_CHARS)
}

/// Checks what sealing does not look at: the lengths of author, key and idempotency key, and that
/// an author who is given by a DID is one of FireFly's.
///
/// # Errors
/// The first that is refused, by its field.
pub fn sendable(message: &Message) -> Result<(), InvalidRequest> {
    let author = &message.header.author;
    if author.starts_with("did:") && !author.starts_with(DID_PREFIX) {
        return Err(InvalidRequest::Author { did: author.as_str().into() });
    }
    characters(author, "header.author", limits::SIGNER_CHARS)?;
    characters(&message.header.key, "header.key", limits::SIGNER_CHARS)?;
    idempotency_key(&message.idempotency_key)?;
    Ok(())
}

/// Checks that a message can ask for a reply.
///
/// # Errors
/// If it has no tag or no group, or answers another message.
pub fn can_ask_for_reply(message: &Message) -> Result<(), InvalidRequest> {
    if message.header.tag.is_empty() {
        return Err(InvalidRequest::NoTag);
    }
    if message.header.cid.is_some() {
        return Err(InvalidRequest::HasCid);
    }
    if message.header.group.is_none() {
        return Err(InvalidRequest::NoGroup);
    }
    Ok(())
}

/// Checks the size that upstream reckons for a message whose values take `values` bytes together:
/// it must fit a batch, which is limited to `limit` bytes.
///
/// # Errors
/// If it does not: `FF10328` for a private message, else `FF10327`.
pub fn size(message: &Message, values: usize, limit: usize) -> Result<(), InvalidRequest> {
    let size = limits::MESSAGE_SIZE_BASE.saturating_add(values);
    match message.header.group {
        _ if size <= limit => Ok(()),
        Some(_) => Err(InvalidRequest::PrivateTooLarge { size, limit }),
        None => Err(InvalidRequest::BroadcastTooLarge { size, limit }),
    }
}

fn characters(value: &str, name: &str, limit: usize) -> Result<(), FieldError> {
    if value.chars().count() <= limit {
        Ok(())
    } else {
        Err(FieldError::TooLong { field: text(FieldName { name, index: None }), limit })
    }
}

/// Why a message cannot be sent as it was asked for; prints as upstream words it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidRequest {
    /// A field is too long.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The author is given by a DID that is none of FireFly's.
    #[error("FF10206: Invalid author specified: FF10349: DID resolver unknown for DID: {did}")]
    Author {
        /// The DID.
        did: Box<str>,
    },
    /// A request without a tag.
    #[error(
        "FF10261: For request messages 'header.tag' must be set on the request message to route \
         it to a suitable responder"
    )]
    NoTag,
    /// A request that answers another message.
    #[error("FF10262: For request messages 'header.cid' must be unset")]
    HasCid,
    /// A request to nobody in particular.
    #[error("FF10271: For request messages you must specify a group of private recipients")]
    NoGroup,
    /// A broadcast that fits no batch.
    #[error(
        "FF10327: Message size {}kb is too large for the max broadcast batch size of {}kb",
        Kilobytes(*.size),
        Kilobytes(*.limit)
    )]
    BroadcastTooLarge {
        /// Bytes upstream reckons for it.
        size: usize,
        /// Bytes of a batch.
        limit: usize,
    },
    /// A private message that fits no batch.
    #[error(
        "FF10328: Message size {}kb is too large for the max private message size of {}kb",
        Kilobytes(*.size),
        Kilobytes(*.limit)
    )]
    PrivateTooLarge {
        /// Bytes upstream reckons for it.
        size: usize,
        /// Bytes of a batch.
        limit: usize,
    },
}

impl InvalidRequest {
    /// Upstream's code for this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Field(error) => error.code(),
            Self::Author { .. } => "FF10206",
            Self::NoTag => "FF10261",
            Self::HasCid => "FF10262",
            Self::NoGroup => "FF10271",
            Self::BroadcastTooLarge { .. } => "FF10327",
            Self::PrivateTooLarge { .. } => "FF10328",
        }
    }

    /// The HTTP status upstream attaches to the code.
    pub const fn status(&self) -> u16 {
        400
    }
}

/// Bytes in units of 1024, with two decimals; a half is rounded to the even one.
struct Kilobytes(usize);

impl fmt::Display for Kilobytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A hundredth of a unit is 10.24 bytes, so the rest counts in 256ths of 25 bytes.
        let (whole, rest) = (self.0 / 1024, self.0 % 1024 * 25);
        let (hundredths, over) = (rest / 256, rest % 256);
        let up = over > 128 || over == 128 && hundredths % 2 == 1;
        let hundredths = whole * 100 + hundredths + usize::from(up);
        write!(f, "{}.{:02}", Grouped(hundredths / 100), hundredths % 100)
    }
}
