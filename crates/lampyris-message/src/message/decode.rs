//! A message from JSON.
use crate::decode::DecodeError;
use crate::message::{DataRef, Message};
pub(crate) fn message(_json: &[u8]) -> Result<Message, DecodeError> {
    Err(DecodeError::Syntax { offset: 0, what: "not yet read" })
}
pub(crate) fn data_refs(_json: &[u8]) -> Result<Option<Vec<Option<DataRef>>>, DecodeError> {
    Err(DecodeError::Syntax { offset: 0, what: "not yet read" })
}
