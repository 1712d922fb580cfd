//! Events of data elements, for logs that hold more than messages.

use lampyris_message::event::{Content, DataAdded, DataErased, DataEvent, Held};
use lampyris_message::text::ErasureReason;
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

/// The last event of an element.
pub(crate) fn erased() -> DataEvent {
    DataEvent::Erased(DataErased { reason: ErasureReason::new("asked for").unwrap() })
}
