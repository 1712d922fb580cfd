//! How the event of a message or a data element stands in a record of the log: the kind of its
//! stream, its id, its bytes.
//!
//! The only place that knows both sides; nothing is judged here.

use lampyris_log::{NewEvent, Record, RecordRef, StreamName};
use lampyris_message::event::codec::{self, EventError};
use lampyris_message::event::{DataEvent, Event};
use lampyris_message::judge::Stored;
use lampyris_message::{DataId, MessageId};

/// The kind of a message's stream; its id is the message's.
pub const MESSAGE: &str = "message";

/// The kind of a data element's stream; its id is the element's.
pub const DATA: &str = "data";

/// An event as it goes into the log.
pub fn new_event(id: MessageId, event: &Event) -> NewEvent {
    NewEvent {
        stream: StreamName::new(MESSAGE, *id.as_bytes()),
        name: event.kind().name().into(),
        version: codec::VERSION,
        content: codec::encode(event),
    }
}

/// The event in a record of a message's stream.
///
/// # Errors
/// [`EventError`] if this program does not know it, or its bytes or hashes are wrong.
pub fn event(record: &Record) -> Result<Event, EventError> {
    codec::decode(&record.event, record.event_version, &record.content)
}

/// A data element's event as it goes into the log.
pub fn new_data_event(id: DataId, event: &DataEvent) -> NewEvent {
    NewEvent {
        stream: StreamName::new(DATA, *id.as_bytes()),
        name: event.kind().name().into(),
        version: codec::VERSION,
        content: codec::encode_data(event),
    }
}

/// The event in a record of a data element's stream.
///
/// # Errors
/// [`EventError`] if this program does not know it, or its bytes are wrong.
pub fn data_event(record: &Record) -> Result<DataEvent, EventError> {
    codec::decode_data(&record.event, record.event_version, &record.content)
}

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
pub(crate) const fn stored<'a>(record: &RecordRef<'a>) -> Stored<'a> {
    Stored { name: record.event, version: record.event_version, content: record.content }
}
