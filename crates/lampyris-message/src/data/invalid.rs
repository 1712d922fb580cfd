//! Why a data element was refused, in the words of upstream's API.
//! Nothing here looks at an element.

use thiserror::Error;

use crate::hash::{BlobHash, DataHash};
use crate::validate::{FieldError, OrEmpty};

/// An element that cannot be sealed, or is not what its hash says; prints as upstream words it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidData {
    /// A field holds what it may not.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// There is neither a value nor the hash of a blob.
    #[error("FF00109: Data value is null")]
    NoValue,
    /// The blob that is stored is not the one the element refers to.
    #[error("FF00110: Blob mismatch when sealing data")]
    BlobMismatch {
        /// The blob the element refers to.
        referred: Option<BlobHash>,
        /// The blob that is stored.
        stored: Option<BlobHash>,
    },
    /// No such blob is stored.
    #[error("FF10239: No blob has been uploaded or confirmed received, with hash={hash}")]
    BlobUnknown {
        /// The blob the element refers to.
        hash: BlobHash,
    },
    /// There is no such validator.
    #[error("FF00108: Unknown validator type: '{validator}'")]
    Validator {
        /// The validator as the element has it.
        validator: Box<str>,
    },
    /// The reference to a datatype lacks its name or its version.
    #[error("FF10195: Datatype '{name}/{version}' not found")]
    Datatype {
        /// The name.
        name: Box<str>,
        /// The version.
        version: Box<str>,
    },
    /// A field that upstream fills in by itself is absent.
    #[error("FF10140: Field '{field}' is required")]
    Missing {
        /// The field.
        field: &'static str,
    },
    /// `created` lies in no year that its text can name, so nobody could read it back.
    #[error("FF00136: Field 'data.created' must be within the years 0 to 9999, it is '{text}'")]
    CreatedRange {
        /// The time, as it would be written.
        text: Box<str>,
    },
    /// The hash is not that of the value and the blob.
    #[error(
        "FF10201: Invalid data: hashes do not match Hash={} Expected={expected}",
        OrEmpty(found.as_ref())
    )]
    HashMismatch {
        /// The hash the element came with.
        found: Option<DataHash>,
        /// What it should be.
        expected: DataHash,
    },
}

impl InvalidData {
    /// Upstream's code for this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Field(field) => field.code(),
            Self::NoValue => "FF00109",
            Self::BlobMismatch { .. } => "FF00110",
            Self::BlobUnknown { .. } => "FF10239",
            Self::Validator { .. } => "FF00108",
            Self::Datatype { .. } => "FF10195",
            Self::Missing { .. } => "FF10140",
            Self::CreatedRange { .. } => "FF00136",
            Self::HashMismatch { .. } => "FF10201",
        }
    }

    /// The HTTP status upstream attaches to the code; 500 where it attaches none.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Field(field) => field.status(),
            Self::BlobMismatch { .. } => 500,
            Self::BlobUnknown { .. } => 404,
            Self::NoValue
            | Self::Validator { .. }
            | Self::Datatype { .. }
            | Self::Missing { .. }
            | Self::CreatedRange { .. }
            | Self::HashMismatch { .. } => 400,
        }
    }
}
