//! A JSON value of any shape, kept as it was written.
/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonValue(Box<[u8]>);
