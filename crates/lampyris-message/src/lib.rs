//! FireFly messages: the resource, its hashes, and what may happen to it.
//! This crate never does I/O, reads a clock, draws a random number, waits or logs.
//!
//! Read in this order:
//!
//! 1. [`id`], [`hash`], [`time`], [`kind`], [`open`]: what a field can hold
//! 2. [`header`] and [`message`]: the resource as it comes and goes
//! 3. [`data`], [`group`] and [`identity`]: what messages refer to, who they are for and from
//! 4. [`batch`] and [`pin`]: what they travel in, and what keeps their order
//! 5. [`validate`] and [`limits`]: what a field may hold
//! 6. [`posted`], [`seal`], [`sealed`] and [`incoming`]: from a message to one whose hashes are known to be right
//! 7. [`check`]: whether the hashes in what somebody shows are right, and if not, why
//! 8. [`event`] and [`lifecycle`]: what is recorded of a message, and what may happen to it
//! 9. [`judge`]: whether a whole log of that may stand
//! 10. [`json`]: the bytes beneath it all, as upstream's Go program reads and writes them
#![forbid(unsafe_code)]
#![warn(clippy::wildcard_enum_match_arm)]

pub mod batch;
pub mod check;
pub mod data;
pub mod decode;
pub mod event;
pub mod group;
pub mod hash;
pub mod header;
pub mod id;
pub mod identity;
pub mod incoming;
pub mod json;
pub mod judge;
pub mod kind;
pub mod lifecycle;
pub mod limits;
pub mod message;
mod named;
pub mod open;
pub mod pin;
pub mod posted;
pub mod scalar;
pub mod seal;
pub mod sealed;
pub mod text;
pub mod time;
pub mod validate;

pub use batch::{Batch, BatchHeader, BatchPayload, InvalidBatch, Manifest};
pub use data::{BlobRef, Data, DatatypeRef, InvalidData, StoredBlob};
pub use decode::{DecodeError, DecodeErrorKind};
pub use group::{Group, InvalidGroup, Member};
pub use hash::{
    BatchHash, BlobHash, Bytes32, ContextHash, DataHash, DataListHash, GroupHash, MessageHash,
    NonceKey, PinHash,
};
pub use header::{Header, HeaderFields, TransactionRef};
pub use id::{BatchId, DataId, IdentityId, MessageId, NodeId, TransactionId};
pub use identity::{Identity, IdentityMessages, InvalidIdentity};
pub use kind::{BatchType, IdentityType, MessageState, MessageType, TxType, ValidatorType};
pub use message::{DataRef, Message, MessageFields};
pub use open::Open;
pub use pin::Pin;
pub use posted::Posted;
pub use scalar::ScalarError;
pub use sealed::{NotCanonical, Pinning, SealedMessage, SealedRef, data_list_hash};
pub use time::Timestamp;
pub use validate::{FieldError, InvalidMessage};
