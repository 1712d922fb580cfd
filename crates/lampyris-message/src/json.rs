//! JSON as Go's `encoding/json` reads and writes it, byte for byte.
//! Nothing here knows a field of a message, and serde never touches bytes that are hashed.

pub(crate) mod read;
pub(crate) mod scan;
pub(crate) mod text;
mod value;
pub(crate) mod write;

pub use value::JsonValue;
