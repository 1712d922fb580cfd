//! Why a JSON body was refused, in the families upstream's API tells apart.
//! An error here never comes from the rules of a message: those are in [`validate`].
//!
//! [`validate`]: crate::validate

use thiserror::Error;

use crate::scalar::{HexProblem, ScalarError, UuidProblem};

/// A body that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes are no JSON.
    #[error("malformed JSON at byte {offset}: {what}")]
    Syntax {
        /// Where the first byte stands that cannot be there.
        offset: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The JSON is well-formed, but a field holds another type than it must.
    #[error("JSON {found} at byte {offset} where {field} needs {needed}")]
    Type {
        /// Where the value begins.
        offset: usize,
        /// The field.
        field: &'static str,
        /// The type of the value.
        found: &'static str,
        /// The type the field needs.
        needed: &'static str,
    },
    /// A string that is no UUID.
    #[error("{field} at byte {offset}: {problem}")]
    Uuid {
        /// Where the string begins.
        offset: usize,
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        problem: UuidProblem,
    },
    /// A string that is no hash.
    #[error("{field} at byte {offset}: {problem}")]
    Hash {
        /// Where the string begins.
        offset: usize,
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        problem: HexProblem,
    },
    /// A string refused with one of upstream's codes.
    #[error(transparent)]
    Scalar(#[from] ScalarError),
}

/// The family of a [`DecodeError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecodeErrorKind {
    /// Malformed JSON.
    Syntax,
    /// The wrong JSON type for a field.
    Type,
    /// A string that the field's type refuses.
    Value,
    /// One of upstream's coded errors.
    Coded,
}

impl DecodeError {
    /// The family this error belongs to.
    pub const fn kind(&self) -> DecodeErrorKind {
        match self {
            Self::Syntax { .. } => DecodeErrorKind::Syntax,
            Self::Type { .. } => DecodeErrorKind::Type,
            Self::Uuid { .. } | Self::Hash { .. } => DecodeErrorKind::Value,
            Self::Scalar(_) => DecodeErrorKind::Coded,
        }
    }

    /// Upstream's code, if it has one for this error.
    pub const fn code(&self) -> Option<&'static str> {
        match self {
            Self::Scalar(error) => Some(error.code()),
            Self::Syntax { .. } | Self::Type { .. } | Self::Uuid { .. } | Self::Hash { .. } => None,
        }
    }

    /// The HTTP status of a body that cannot be read.
    pub const fn status(&self) -> u16 {
        400
    }
}
