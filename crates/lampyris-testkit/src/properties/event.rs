//! What holds of an event's content: it has one spelling, and skimming it says what decoding it says.
//! Whether the event may follow another is not asked here.

use lampyris_message::event::codec::{VERSION, decode, encode, skim};
use lampyris_message::event::{Beginning, Event, EventKind, Skimmed};

/// The first byte chooses the kind of event, the rest is its content.
pub(super) fn event(bytes: &[u8]) -> bool {
    let Some((first, content)) = bytes.split_first() else { return false };
    let kind = EventKind::ALL[usize::from(*first) % EventKind::ALL.len()];
    let skimmed = skim(kind.name(), VERSION, content);
    match decode(kind.name(), VERSION, content) {
        Ok(event) => {
            assert_eq!(event.kind(), kind);
            assert_eq!(encode(&event), content, "accepted, so in its one spelling");
            assert_eq!(skimmed.unwrap(), whole(&event));
            true
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert!(!matches!(skimmed, Ok(Skimmed::Later(_))), "a later event is read as a whole");
            false
        }
    }
}

/// The bytes that this property takes for an event.
pub(super) fn bytes(event: &Event) -> Vec<u8> {
    let kind = EventKind::ALL.iter().position(|kind| *kind == event.kind());
    [vec![u8::try_from(kind.unwrap()).unwrap()], encode(event)].concat()
}

/// What is to be seen of an event that was decoded.
fn whole(event: &Event) -> Skimmed<'_> {
    Beginning::of(event)
        .map_or_else(|| Skimmed::Later(event.clone()), |first| Skimmed::First(Box::new(first)))
}
