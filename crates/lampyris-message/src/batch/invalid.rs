//! Why a received batch was refused.
//! Upstream gives these no code: it logs them and drops the batch.

use std::fmt;

use thiserror::Error;

use crate::data::InvalidData;
use crate::hash::BatchHash;
use crate::id::DataId;
use crate::validate::{InvalidMessage, OrEmpty};

/// A batch that cannot be taken in.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidBatch {
    /// A field that every batch has is absent.
    #[error("batch has no {field}")]
    Missing {
        /// The field.
        field: &'static str,
    },
    /// No batch goes with such a transaction.
    #[error("batch cannot go with a transaction of type '{tx_type}'")]
    TxType {
        /// The type as the payload has it.
        tx_type: Box<str>,
    },
    /// There is no message in it.
    #[error("batch has no messages")]
    NoMessages,
    /// The hash is neither that of the manifest nor that of the payload.
    #[error("batch hash is '{}', its manifest hashes to {expected}", OrEmpty(found.as_ref()))]
    HashMismatch {
        /// The hash the batch came with.
        found: Option<BatchHash>,
        /// The hash of the manifest.
        expected: BatchHash,
    },
    /// An entry is `null`.
    #[error("{at} of the batch is null")]
    Absent {
        /// The entry.
        at: BatchEntry,
    },
    /// A message is not what its hashes say.
    #[error("message {index} of the batch: {why}")]
    Message {
        /// Its place in the batch.
        index: usize,
        /// What is wrong with it.
        #[source]
        why: InvalidMessage,
    },
    /// A message is by another author, or signed with another key, than the batch.
    #[error("message {index} of the batch has not the author and the key of the batch")]
    OtherSigner {
        /// Its place in the batch.
        index: usize,
    },
    /// An element is not what its hash says.
    #[error("data {index} of the batch: {why}")]
    Data {
        /// Its place in the batch.
        index: usize,
        /// What is wrong with it.
        #[source]
        why: InvalidData,
    },
    /// A message refers to an element that the batch does not carry.
    #[error("message {index} of the batch refers in data {reference} to what is not in the batch")]
    Unresolved {
        /// The message's place in the batch.
        index: usize,
        /// The reference's place in the message.
        reference: usize,
    },
    /// No message refers to an element that the batch carries.
    #[error("no message of the batch refers to its data {id}")]
    Unused {
        /// The element.
        id: DataId,
    },
}

impl InvalidBatch {
    /// Upstream's code, where what is wrong is within a message or an element.
    pub const fn code(&self) -> Option<&'static str> {
        match self {
            Self::Message { why, .. } => Some(why.code()),
            Self::Data { why, .. } => Some(why.code()),
            Self::Missing { .. }
            | Self::TxType { .. }
            | Self::NoMessages
            | Self::HashMismatch { .. }
            | Self::Absent { .. }
            | Self::OtherSigner { .. }
            | Self::Unresolved { .. }
            | Self::Unused { .. } => None,
        }
    }
}

/// The place of an entry in a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchEntry {
    /// Among the messages.
    Message(usize),
    /// Among the data.
    Data(usize),
}

impl fmt::Display for BatchEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(index) => write!(f, "message {index}"),
            Self::Data(index) => write!(f, "data {index}"),
        }
    }
}
