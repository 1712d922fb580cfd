//! How the event of a message or a data element stands in a record of the log: the kind of its
//! stream, its id, its bytes.
//!
//! What is asked of a record alone needs no log, and is `lampyris-verify`'s; nothing is judged here.

use lampyris_log::{NewEvent, Record, StreamName};
use lampyris_message::event::codec::{self, EventError};
use lampyris_message::event::{DataEvent, Event};
use lampyris_message::{DataId, MessageId};

pub use lampyris_verify::stream::{DATA, MESSAGE, data_id, message_id, stored};

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

/// The data element and the event of what goes into the log; `None` if it is no data element's.
pub fn data_event_of(event: &NewEvent) -> Option<(DataId, DataEvent)> {
    if event.stream.kind != DATA {
        return None;
    }
    let id = event.stream.id.as_slice().try_into().ok().map(DataId::from_bytes)?;
    Some((id, codec::decode_data(&event.name, event.version, &event.content).ok()?))
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
