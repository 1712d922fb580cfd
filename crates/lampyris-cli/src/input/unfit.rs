//! Why a value of an import is not taken in, sorted for counting.
//!
//! What makes a message fit is the message crate's; this only gives each reason its kind.

use lampyris_message::incoming::{self, Defect, Incoming};
use lampyris_message::{DecodeError, InvalidMessage, MessageId};

/// Why a value is no message that can be taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unfit {
    /// The message's id, as far as it could be read.
    pub(crate) id: Option<MessageId>,
    /// Upstream's code, where it has one.
    pub(crate) code: Option<&'static str>,
    /// The kind of reason, for counting.
    pub(crate) kind: &'static str,
    /// The reason, with what was expected and what was found.
    pub(crate) reason: String,
}

impl Unfit {
    const NOT_JSON: &str = "not JSON";

    /// The bytes are no JSON.
    pub(crate) fn not_json(reason: &str) -> Self {
        unfit(None, Self::NOT_JSON, reason.to_owned())
    }

    /// The message does not fit into a record.
    pub(crate) fn too_large(id: MessageId, refused: &lampyris_log::Refused) -> Self {
        unfit(Some(id), "too large", refused.to_string())
    }

    /// What the log tells of the message is not legal, so nothing can be added to it.
    pub(crate) fn bad_history(id: MessageId, why: String) -> Self {
        unfit(Some(id), "illegal history", why)
    }

    /// Whether the value is JSON at least.
    pub(crate) fn is_json(&self) -> bool {
        self.kind != Self::NOT_JSON
    }
}

/// Reads one JSON value as a message.
pub(crate) fn read(json: &[u8]) -> Result<Incoming, Unfit> {
    Incoming::from_json(json).map_err(Unfit::from)
}

impl From<incoming::Unfit> for Unfit {
    fn from(incoming::Unfit { id, why }: incoming::Unfit) -> Self {
        Self { code: why.code(), ..unfit(id, kind(&why), why.to_string()) }
    }
}

fn kind(why: &Defect) -> &'static str {
    match why {
        Defect::Unreadable(DecodeError::Syntax { .. }) => Unfit::NOT_JSON,
        Defect::Unreadable(DecodeError::Type { .. }) => "wrong type",
        Defect::Unreadable(_) => "bad value",
        Defect::Type(_) => "unknown type",
        Defect::State(_) => "unknown state",
        Defect::Pin { .. } => "bad pin",
        Defect::Invalid(InvalidMessage::HashMismatch(_)) => "hashes do not match",
        Defect::Invalid(InvalidMessage::NoHashes) => "no hashes",
        Defect::Invalid(_) => "invalid field",
    }
}

fn unfit(id: Option<MessageId>, kind: &'static str, reason: String) -> Unfit {
    Unfit { id, code: None, kind, reason }
}
