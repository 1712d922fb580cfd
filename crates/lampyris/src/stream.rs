//! The command stream: a request a line of JSON in, an answer a line of JSON out.
//!
//! Nothing is read, written or decided here.
//!
#![doc = include_str!("stream/language.md")]

mod answer;
mod command;
mod message;

use std::fmt;

use lampyris_message::incoming::Defect;
use lampyris_message::json::MemberError;
use lampyris_message::text::TextError;
use lampyris_message::{DecodeError, InvalidMessage, MessageId};

use crate::error::Error;
use crate::request::Request;
use crate::submission::InvalidSubmission;

pub use answer::answer;

/// The requests and the answers, for people.
pub const LANGUAGE: &str = include_str!("stream/language.md");

/// Bytes of one line, without its end: values in line of 4 MB together, in which escapes may take up to
/// four times the room. What is recorded of a request has 60,000 bytes a record.
pub const LINE_BYTES: usize = 1 << 24;

/// A line that is no request, or one that could not be decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    /// The message that it speaks of, as far as that could be read.
    pub id: Option<MessageId>,
    /// Upstream's code for the same complaint, where it has one.
    pub code: Option<&'static str>,
    /// What is wrong, by field and rule.
    pub reason: String,
}

/// Reads a line as a request.
///
/// # Errors
/// [`BadLine`] names the field and the rule.
pub fn parse(line: &[u8]) -> Result<Request, BadLine> {
    if line.len() > LINE_BYTES {
        let reason = format!("the line is longer than {LINE_BYTES} bytes");
        return Err(BadLine { id: None, code: None, reason });
    }
    command::request(line).map_err(|Fault { code, reason }| BadLine {
        id: command::speaks_of(line),
        code,
        reason,
    })
}

/// Whether there is nothing in a line: it is counted, and neither parsed nor answered.
pub fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
}

impl BadLine {
    /// What is answered to a request that the engine could not decide on; `id` is its message, where
    /// it named one.
    pub fn undecided(id: Option<MessageId>, error: &Error) -> Self {
        let id = match error {
            Error::Limit { id, .. } | Error::History { id, .. } => Some(*id),
            Error::Invalid(_)
            | Error::Data(_)
            | Error::Unresolved(_)
            | Error::Element(_)
            | Error::ElementTaken { .. }
            | Error::ElementErased { .. }
            | Error::ElementUnknown { .. }
            | Error::ElementShared { .. }
            | Error::ElementLimit { .. }
            | Error::ElementHistory { .. }
            | Error::Elements(_)
            | Error::Namespace { .. }
            | Error::Store(_)
            | Error::Checkpoint(_)
            | Error::Unavailable(_)
            | Error::Broken(_) => id,
        };
        let Fault { code, reason } = if let Error::Invalid(invalid) = error {
            Fault::from(invalid.clone())
        } else {
            Fault { code: error.code(), reason: error.to_string() }
        };
        Self { id, code, reason }
    }
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for BadLine {}

/// What is wrong with a line.
#[derive(Debug)]
struct Fault {
    code: Option<&'static str>,
    reason: String,
}

impl Fault {
    /// The same, said of a member of an object within the command.
    fn within(self, object: &str) -> Self {
        Self { reason: format!("{object}: {}", self.reason), ..self }
    }
}

impl From<MemberError> for Fault {
    fn from(error: MemberError) -> Self {
        Self { code: error.code(), reason: error.to_string() }
    }
}

impl From<DecodeError> for Fault {
    fn from(error: DecodeError) -> Self {
        Self { code: error.code(), reason: error.to_string() }
    }
}

impl From<Defect> for Fault {
    fn from(defect: Defect) -> Self {
        Self { code: defect.code(), reason: defect.to_string() }
    }
}

impl From<InvalidMessage> for Fault {
    fn from(invalid: InvalidMessage) -> Self {
        Self { code: Some(invalid.code()), reason: invalid.told() }
    }
}

impl From<InvalidSubmission> for Fault {
    fn from(error: InvalidSubmission) -> Self {
        match error {
            InvalidSubmission::Message(invalid) => invalid.into(),
            InvalidSubmission::Key(_)
            | InvalidSubmission::Data(_)
            | InvalidSubmission::Unpinned(_) => {
                Self { code: error.code(), reason: error.to_string() }
            }
        }
    }
}

impl From<TextError> for Fault {
    fn from(error: TextError) -> Self {
        Self { code: None, reason: error.to_string() }
    }
}
