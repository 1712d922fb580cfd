//! Every bound on a message's fields, with the reason for it.
//! Nothing here is a tuning knob: another value would make two nodes disagree about one message.

/// Topics a message may have: a private message carries a pin of 81 characters for each, and
/// upstream keeps them, comma-joined, in a column of 1024.
pub const TOPICS: usize = 10;

/// Bytes all strings of one list may hold together: upstream's column for them.
pub const STRING_LIST_BYTES: usize = 1024;

/// Bytes of a name (tag, topic, namespace): a SHA-256 in hex, which upstream uses as a topic.
pub const NAME_BYTES: usize = 64;

/// Containers that may be nested in a JSON document: Go's `encoding/json` stops there.
pub const JSON_DEPTH: usize = 10_000;
