//! Why the text of one scalar (a time, a UUID, a hash, an enum value) was refused.
//! An error here never says where the text stood: that is the caller's to add.

use std::fmt;

use thiserror::Error;

/// A text that is no value of the type it was parsed as; prints as upstream's API words it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ScalarError {
    /// The text is neither RFC 3339 nor a decimal number of 64 bits.
    #[error("FF00136: Cannot parse time as RFC3339, Unix, or UnixNano: '{text}'")]
    Time {
        /// The text as it was given.
        text: Box<str>,
    },
    /// The text is no UUID in any of the accepted spellings.
    #[error("FF00138: Invalid UUID supplied: {0}")]
    Uuid(UuidProblem),
    /// The text has 64 characters, but not all of them are hex digits.
    #[error("FF00106: Invalid hex supplied: {0}")]
    Hex(HexProblem),
    /// The text has not the 64 characters of 32 bytes.
    #[error("FF00107: Byte length must be 32 (64 hex characters)")]
    HexLength,
    /// There is no such value in this enum.
    #[error(
        "FF00172: '{text}' is not a valid enum value for enum type '{type_name}'. \
         Valid options are: [{}]",
        .options.join(" ")
    )]
    EnumValue {
        /// The text as it was given.
        text: Box<str>,
        /// The enum, as the caller spelled it.
        type_name: Box<str>,
        /// Every value the enum has.
        options: Box<[&'static str]>,
    },
    /// There is no such enum.
    #[error("FF00171: '{type_name}' is not a valid enum type")]
    EnumType {
        /// The enum, as the caller spelled it.
        type_name: Box<str>,
    },
}

impl ScalarError {
    /// Upstream's code for this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Time { .. } => "FF00136",
            Self::Uuid(_) => "FF00138",
            Self::Hex(_) => "FF00106",
            Self::HexLength => "FF00107",
            Self::EnumValue { .. } => "FF00172",
            Self::EnumType { .. } => "FF00171",
        }
    }

    /// The HTTP status upstream attaches to the code.
    pub const fn status(&self) -> u16 {
        400
    }
}

/// What is wrong with the text of a UUID.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UuidProblem {
    /// No spelling of a UUID has this many bytes.
    #[error("invalid UUID length: {0}")]
    Length(usize),
    /// It is as long as a URN, but begins otherwise.
    #[error("invalid urn prefix: {0}")]
    UrnPrefix(Quoted),
    /// A dash or a hex digit is missing where one must be.
    #[error("invalid UUID format")]
    Format,
}

/// What is wrong with a text of hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HexProblem {
    /// A byte that is no hex digit.
    #[error("encoding/hex: invalid byte: {}", CodePoint(*.0))]
    Byte(u8),
    /// A digit without its partner.
    #[error("encoding/hex: odd length hex string")]
    OddLength,
    /// More bytes than a hash has; upstream's program crashes on it.
    #[error("hex string of {0} digits is longer than 32 bytes")]
    TooLong(usize),
}

/// Bytes of a refused text, printed in double quotes with everything unprintable escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quoted(pub Box<[u8]>);

impl fmt::Display for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                quoted_char(f, c)?;
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        f.write_str("\"")
    }
}

/// One character the way Go's `%q` prints it.
fn quoted_char(f: &mut fmt::Formatter<'_>, c: char) -> fmt::Result {
    match c {
        '"' | '\\' => write!(f, "\\{c}"),
        '\x07' => f.write_str("\\a"),
        '\x08' => f.write_str("\\b"),
        '\x0c' => f.write_str("\\f"),
        '\n' => f.write_str("\\n"),
        '\r' => f.write_str("\\r"),
        '\t' => f.write_str("\\t"),
        '\x0b' => f.write_str("\\v"),
        '\0'..='\x1f' | '\x7f' => write!(f, "\\x{:02x}", u32::from(c)),
        _ if c != ' ' && (c.is_control() || c.is_whitespace() || c == '\u{ad}') => {
            write!(f, "\\u{:04x}", u32::from(c))
        }
        _ => write!(f, "{c}"),
    }
}

/// A byte taken for a code point, printed as `U+007A 'z'`.
struct CodePoint(u8);

impl fmt::Display for CodePoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "U+{:04X}", self.0)?;
        match self.0 {
            0x20..=0x7e | 0xa1..=0xac | 0xae..=0xff => write!(f, " '{}'", char::from(self.0)),
            0x00..=0x1f | 0x7f..=0xa0 | 0xad => Ok(()),
        }
    }
}
