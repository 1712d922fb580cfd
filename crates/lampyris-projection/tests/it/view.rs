//! A FireFly client must see each step where it happened, and our own messages as upstream shows them.

use lampyris_message::MessageState;
use lampyris_message::event::Event;
use lampyris_projection::View;

use crate::story::{BATCH, ID, TX, at, confirmed, rejected, sequenced};

fn shown(events: &[Event]) -> View {
    let mut numbered = events.iter().zip(10..);
    let (first, position) = numbered.next().unwrap();
    let mut view = View::begin(first, position).unwrap();
    numbered.for_each(|(event, position)| view.apply(event, position));
    view
}

#[test]
fn each_event_shows_its_state_and_position() {
    let mut events = sequenced();
    events.push(confirmed());
    let states = ["staged", "ready", "ready", "sent", "pending", "confirmed"];
    for (count, state) in (1..).zip(states) {
        let view = shown(&events[..count]);
        assert_eq!(view.message().state.as_ref().unwrap().as_str(), state);
        assert_eq!(view.position(), 9 + count as u64);
    }
}

#[test]
fn batch_and_transaction_are_shown_from_sealing_on() {
    let events = sequenced();
    assert_eq!(shown(&events[..2]).message().batch, None);
    let sealed = shown(&events[..3]);
    assert_eq!((sealed.message().batch, sealed.message().tx_id), (Some(BATCH), Some(TX)));
}

#[test]
fn a_final_message_shows_when_and_why() {
    let mut events = sequenced();
    assert_eq!(shown(&events).message().confirmed, None);
    events.push(rejected());
    let view = shown(&events);
    assert_eq!(view.message().confirmed, Some(at()));
    assert_eq!(view.message().reject_reason, "FF10452: the key is not the author's");
    assert_eq!(view.message().state.as_ref().unwrap().known(), Some(MessageState::Rejected));
}

#[test]
fn its_json_is_fireflys_with_the_position_at_the_end() {
    let view = shown(&sequenced());
    let json = String::from_utf8(view.to_json()).unwrap();
    let plain = String::from_utf8(view.message().to_json()).unwrap();
    assert_eq!(json, format!("{},\"position\":14}}", plain.strip_suffix('}').unwrap()));
    for member in [
        &*format!("\"id\":\"{ID}\""),
        "\"localNamespace\":\"local\"",
        "\"idempotencyKey\":\"key 1\"",
    ] {
        assert!(json.contains(member), "{member} is missing in {json}");
    }
}

#[test]
fn an_event_that_begins_nothing_shows_nothing() {
    assert_eq!(View::begin(&confirmed(), 0), None);
}
