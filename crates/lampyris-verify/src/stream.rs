//! How a record of the log is a message's or a data element's: the kind of its stream, its id, its event.
//! Nothing is judged here.

use lampyris_evidence::record::RecordRef;
use lampyris_message::judge::Stored;
use lampyris_message::{DataId, MessageId};

/// The kind of a message's stream; its id is the message's.
pub const MESSAGE: &str = "message";

/// The kind of a data element's stream; its id is the element's.
pub const DATA: &str = "data";

/// The message that a record belongs to; `None` if its stream is not a message's.
pub fn message_id(record: &RecordRef<'_>) -> Option<MessageId> {
    if record.kind != MESSAGE {
        return None;
    }
    record.id.try_into().ok().map(MessageId::from_bytes)
}

/// The data element that a record belongs to; `None` if its stream is not a data element's.
pub fn data_id(record: &RecordRef<'_>) -> Option<DataId> {
    if record.kind != DATA {
        return None;
    }
    record.id.try_into().ok().map(DataId::from_bytes)
}

/// A record's event, as the judge takes it.
pub const fn stored<'a>(record: &RecordRef<'a>) -> Stored<'a> {
    Stored { name: record.event, version: record.event_version, content: record.content }
}
