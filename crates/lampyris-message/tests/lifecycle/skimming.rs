//! Skimming: what a message is found by is read without its hashes, and never says anything else.

use lampyris_message::event::codec::{VERSION, decode, encode, skim};
use lampyris_message::event::{Beginning, Event, Imported, Received, Skimmed};
use lampyris_message::lifecycle::command::GAP_FILL_TAG;
use lampyris_message::{Header, Message, MessageId, MessageState, Pinning, SealedMessage};
use proptest::prelude::*;

use crate::bytes::{change, changed};
use crate::cast::{AUTHOR, B0, GROUP, T0, message, pins};
use crate::samples::event;
use crate::story::claims;

/// What is to be seen of an event that was decoded.
fn whole(event: &Event) -> Skimmed<'_> {
    Beginning::of(event)
        .map_or_else(|| Skimmed::Later(event.clone()), |first| Skimmed::First(Box::new(first)))
}

proptest! {
    #[test]
    fn an_event_skims_to_what_decoding_it_says(event in event()) {
        let content = encode(&event);
        let skimmed = skim(event.kind().name(), VERSION, &content).unwrap();
        prop_assert_eq!(&skimmed, &whole(&event));
        if let Skimmed::First(beginning) = skimmed {
            prop_assert_eq!(Some(beginning.id), event.message().map(SealedMessage::id));
        }
    }

    #[test]
    fn what_decodes_after_a_change_skims_to_the_same(
        event in event(),
        changes in prop::collection::vec(change(), 1..3),
    ) {
        let content = changed(&event, &changes);
        let name = event.kind().name();
        if let Ok(decoded) = decode(name, VERSION, &content) {
            prop_assert_eq!(skim(name, VERSION, &content).unwrap(), whole(&decoded));
        }
    }
}

const FILLED: MessageId = MessageId::from_bytes([7; 16]);

fn received(tag: &str, cid: Option<MessageId>) -> Event {
    let header = message(Pinning::Private, 2, tag).header().clone();
    let message =
        Message { header: Header { cid, ..header }, ..Message::default() }.seal().unwrap();
    Event::Received(Box::new(Received {
        message,
        local_namespace: "garden".to_owned(),
        batch: B0,
        tx_id: T0,
        pins: pins(2),
        from: None,
    }))
}

#[test]
fn a_gap_fill_says_what_it_can_stand_in_for() {
    let event = received(GAP_FILL_TAG, Some(FILLED));
    let gap_fill = Beginning::of(&event).unwrap().gap_fill().unwrap();
    assert_eq!((gap_fill.cid, &*gap_fill.tag), (Some(FILLED), GAP_FILL_TAG));
    assert_eq!((&*gap_fill.author, gap_fill.group), (AUTHOR, Some(GROUP)));
    assert_eq!((gap_fill.pins, gap_fill.state), (pins(2), MessageState::Pending));
}

#[test]
fn nothing_else_is_a_gap_fill() {
    for tag in ["order", "ff_gap_fills", "not_ff_gap_fill", "ff_gap_fil"] {
        assert_eq!(Beginning::of(&received(tag, Some(FILLED))).unwrap().gap_fill(), None, "{tag}");
    }
    let Event::Received(received) = received(GAP_FILL_TAG, Some(FILLED)) else { unreachable!() };
    let claims = claims(MessageState::Confirmed);
    let imported = Imported { message: received.message, claims, source: "a file".to_owned() };
    let event = Event::Imported(Box::new(imported));
    assert_eq!(Beginning::of(&event).unwrap().gap_fill(), None, "evidence at second hand");
}
