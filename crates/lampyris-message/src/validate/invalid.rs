//! Why a field or a message was refused, in the words of upstream's API.
//! Nothing here looks at a message.

use std::fmt;

use thiserror::Error;

use crate::hash::{DataListHash, MessageHash};
use crate::validate::Grouped;

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
    /// `header.created` lies in no year that its text can name, so nobody could read it back.
    #[error("FF00136: Field 'header.created' must be within the years 0 to 9999, it is '{text}'")]
    CreatedRange {
        /// The time, as it would be written.
        text: Box<str>,
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
    /// A data reference repeats the id of one before it.
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

impl HashMismatch {
    /// Each wrong hash with what was expected and what was found.
    pub fn told(&self) -> String {
        let Self { hash, expected, data_hash, data_expected } = self;
        let mut wrong = Vec::new();
        if hash != expected {
            wrong.push(format!(
                "hash: expected {expected} (of the header as FireFly writes it), found {hash}"
            ));
        }
        if data_hash != data_expected {
            wrong.push(format!(
                "header.datahash: expected {data_expected} (of the data references as FireFly \
                 writes them), found {data_hash}"
            ));
        }
        wrong.join("; ")
    }
}

impl InvalidMessage {
    /// The error as people read it: as upstream words it, but with the fields of wrong hashes.
    pub fn told(&self) -> String {
        match self {
            Self::HashMismatch(hashes) => format!("{}: {}", self.code(), hashes.told()),
            Self::Field(_)
            | Self::Missing { .. }
            | Self::CreatedRange { .. }
            | Self::TxType { .. }
            | Self::DataIncomplete { .. }
            | Self::DataRepeated { .. }
            | Self::NoHashes => self.to_string(),
        }
    }

    /// Upstream's code for this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Field(error) => error.code(),
            Self::Missing { .. } => "FF10140",
            Self::CreatedRange { .. } => "FF00136",
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

pub(crate) const NO_ID: InvalidMessage = InvalidMessage::Missing { field: "header.id" };
pub(crate) const NO_CREATED: InvalidMessage = InvalidMessage::Missing { field: "header.created" };
