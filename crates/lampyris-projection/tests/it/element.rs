//! Events of data elements, for logs that hold more than messages.

use lampyris_message::event::{Content, DataAdded, DataEvent, Held};
use lampyris_message::{Open, ValidatorType};

/// The first event of an element whose value is this number.
pub(crate) fn added(value: u8) -> DataEvent {
    DataEvent::Added(DataAdded {
        validator: Open::from(ValidatorType::Json),
        datatype: None,
        created: crate::story::at(),
        content: Content::Value(Held::of(value.to_string().as_bytes())),
        details: None,
    })
}
