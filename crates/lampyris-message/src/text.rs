//! Texts with a rule: what must not be blank, and what must not be long.
//!
//! Each is checked once, where it comes in, and never again.

use std::fmt;

use crate::limits::{ERASURE_REASON_BYTES, IDEMPOTENCY_KEY_CHARS};

/// A text that says something: at least one character that is not white space.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NonBlank(Box<str>);

impl NonBlank {
    /// Checks `text`; `field` names it in the error.
    ///
    /// # Errors
    /// [`TextError::Blank`] if it is empty or only white space.
    pub fn new(field: &'static str, text: &str) -> Result<Self, TextError> {
        if text.trim().is_empty() { Err(TextError::Blank { field }) } else { Ok(Self(text.into())) }
    }

    /// A text that stands in this crate's own code.
    pub(crate) fn literal(text: &'static str) -> Self {
        debug_assert!(!text.trim().is_empty(), "a literal of ours says something");
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NonBlank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The key under which a submission is made at most once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey(Box<str>);

impl IdempotencyKey {
    /// Checks `text`.
    ///
    /// # Errors
    /// [`TextError::Empty`] or [`TextError::TooLong`].
    pub fn new(text: &str) -> Result<Self, TextError> {
        let chars = text.chars().count();
        if chars == 0 {
            return Err(TextError::Empty { field: "idempotencyKey" });
        }
        if chars > IDEMPOTENCY_KEY_CHARS {
            return Err(TextError::TooLong {
                field: "idempotencyKey",
                chars,
                limit: IDEMPOTENCY_KEY_CHARS,
            });
        }
        Ok(Self(text.into()))
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Why a data element was erased: a text for people, that says something and is not long.
///
/// It stays in the log for ever, so it must name nobody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErasureReason(Box<str>);

impl ErasureReason {
    /// Checks `text`.
    ///
    /// # Errors
    /// [`TextError::Blank`] or [`TextError::TooManyBytes`].
    pub fn new(text: &str) -> Result<Self, TextError> {
        let (field, limit) = ("reason", ERASURE_REASON_BYTES);
        if text.trim().is_empty() {
            return Err(TextError::Blank { field });
        }
        if text.len() > limit {
            return Err(TextError::TooManyBytes { field, bytes: text.len(), limit });
        }
        Ok(Self(text.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ErasureReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Why a text was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// Only white space, or nothing.
    #[error("field '{field}' must not be blank")]
    Blank {
        /// The field.
        field: &'static str,
    },
    /// Nothing at all.
    #[error("field '{field}' must not be empty")]
    Empty {
        /// The field.
        field: &'static str,
    },
    /// More characters than the limit.
    #[error("field '{field}' has {chars} characters, the limit is {limit}")]
    TooLong {
        /// The field.
        field: &'static str,
        /// How many it has.
        chars: usize,
        /// How many it may have.
        limit: usize,
    },
    /// More bytes than the limit.
    #[error("field '{field}' has {bytes} bytes, the limit is {limit}")]
    TooManyBytes {
        /// The field.
        field: &'static str,
        /// How many it has.
        bytes: usize,
        /// How many it may have.
        limit: usize,
    },
}
