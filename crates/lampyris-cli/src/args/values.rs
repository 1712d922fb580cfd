//! Values that several commands are given: how they are read, and what is said of one that is none.

use lampyris_log::limits::{ACTOR, Bounds, NAMESPACE};
use lampyris_message::{MessageId, MessageState, ScalarError};

pub(super) fn namespace(text: &str) -> Result<String, String> {
    bounded("a namespace", text, NAMESPACE)
}

pub(super) fn actor(text: &str) -> Result<String, String> {
    bounded("an actor", text, ACTOR)
}

/// A text that fits into a field of the log's records.
fn bounded(what: &str, text: &str, bounds: Bounds) -> Result<String, String> {
    if !text.is_empty() && bounds.hold(text.len()) {
        return Ok(text.to_owned());
    }
    Err(format!("{what} has 1 to {} bytes, not {}", bounds.max, text.len()))
}

pub(super) fn message_id(text: &str) -> Result<MessageId, ScalarError> {
    MessageId::parse(text)
}

pub(super) fn message_state(text: &str) -> Result<MessageState, ScalarError> {
    MessageState::parse(text)
}
