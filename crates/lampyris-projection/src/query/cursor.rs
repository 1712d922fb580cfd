//! Where a list goes on: after which row, of the list as it was at which position.
//!
//! The log never changes behind a position, so the pages of a list fit together whatever is appended meanwhile.

use std::fmt;
use std::str::FromStr;

use lampyris_message::Bytes32;

/// A place in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// How many records the list reflects.
    pub(crate) position: u64,
    /// The row before it, by what numbers rows for good.
    pub(crate) last: u64,
    /// Of which list it is.
    pub(crate) list: u32,
}

impl Cursor {
    /// How many records of the log the list reflects: all its pages show that moment.
    pub const fn position(&self) -> u64 {
        self.position
    }
}

/// What tells lists apart: the texts that say which list it is.
pub(crate) fn list_of(texts: &[&str]) -> u32 {
    let Bytes32([a, b, c, d, ..]) = Bytes32::sha256(texts.join("\n").as_bytes());
    u32::from_be_bytes([a, b, c, d])
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{:08x}", self.position, self.last, self.list)
    }
}

/// The text is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a cursor is what a page of the same list ended with")]
pub struct NoCursor;

impl FromStr for Cursor {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Self, NoCursor> {
        let mut parts = text.split('-');
        let mut next = || parts.next().ok_or(NoCursor);
        let (position, last, name) = (next()?, next()?, next()?);
        let cursor = Self {
            position: position.parse().map_err(|_| NoCursor)?,
            last: last.parse().map_err(|_| NoCursor)?,
            list: u32::from_str_radix(name, 16).map_err(|_| NoCursor)?,
        };
        if cursor.to_string() == text { Ok(cursor) } else { Err(NoCursor) }
    }
}
