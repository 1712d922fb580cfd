//! Every bound on a message's fields, with the reason for it.
//! Nothing here is a tuning knob: another value would make two nodes disagree about one message.

/// Topics a message may have: a private message carries a pin of 81 characters for each, and
/// upstream keeps them, comma-joined, in a column of 1024.
pub const TOPICS: usize = 10;

/// Bytes all strings of one list may hold together: upstream's column for them.
pub const STRING_LIST_BYTES: usize = 1024;

/// Bytes of a name (tag, topic, namespace): a SHA-256 in hex, which upstream uses as a topic.
pub const NAME_BYTES: usize = 64;

/// Bytes of the validator of a data element, and of the name and the version of its datatype:
/// upstream's columns for them.
pub const DATA_NAME_BYTES: usize = 64;

/// Containers that may be nested in a JSON document: Go's `encoding/json` stops there.
pub const JSON_DEPTH: usize = 10_000;

/// Characters of an idempotency key: upstream's column for it.
pub const IDEMPOTENCY_KEY_CHARS: usize = 256;

/// Contradictions noted in the history of one message: what a stranger can make it grow by.
pub const NOTED_PER_MESSAGE: usize = 16;

/// Bytes upstream reckons for a data element without its value when it fills a batch.
pub const DATA_SIZE_BASE: usize = 256;

/// Bytes of the identity of a group's member: upstream's column for it.
pub const IDENTITY_BYTES: usize = 1024;

/// The highest nonce: upstream counts in 64 bits with a sign, and the next one would be negative.
pub const NONCE_MAX: u64 = i64::MAX.unsigned_abs();

/// Bytes of the description of an identity: upstream's column for it.
pub const DESCRIPTION_BYTES: usize = 4096;

/// Bytes upstream reckons for a message without its values when it checks the size of one.
pub const MESSAGE_SIZE_BASE: usize = 1024;

/// Bytes of a batch unless a node is told otherwise: upstream's default of 800 units of 1024.
pub const BATCH_PAYLOAD_BYTES: usize = 819_200;

/// Characters of an author and of a signing key: upstream's columns for them.
pub const SIGNER_CHARS: usize = 1024;

/// Bytes of the reason of an erasure: a sentence or two, in each of many records of one append.
pub const ERASURE_REASON_BYTES: usize = 1024;
