//! Messages and requests for the tests.

use lampyris::{LedgerPin, Seal, Submission};
use lampyris_message::hash::Bytes32;
use lampyris_message::{BatchId, MessageId, TransactionId};

pub(crate) const AUTHOR: &str = "did:firefly:org/acme";
pub(crate) const KEY: &str = "0x9f3b";

/// An id that looks drawn.
fn bytes(kind: &str, number: u32) -> [u8; 16] {
    let Bytes32(hash) = Bytes32::sha256(format!("{kind} {number}").as_bytes());
    hash[..16].try_into().unwrap()
}

pub(crate) fn message(number: u32) -> MessageId {
    MessageId::from_bytes(bytes("message", number))
}

pub(crate) fn batch(number: u32) -> BatchId {
    BatchId::from_bytes(bytes("batch", number))
}

pub(crate) fn transaction(number: u32) -> TransactionId {
    TransactionId::from_bytes(bytes("transaction", number))
}

/// A broadcast with this id.
pub(crate) fn broadcast(number: u32) -> Submission {
    Submission::broadcast(AUTHOR, KEY).topic("orders").id(message(number)).build().unwrap()
}

/// Into the batch of this number.
pub(crate) fn seal(number: u32) -> Seal {
    Seal::new(batch(number), transaction(number))
}

/// The first pin of the batch of this number.
pub(crate) fn pin(number: u32) -> LedgerPin {
    LedgerPin::new(batch(number), u64::from(number), KEY)
}
