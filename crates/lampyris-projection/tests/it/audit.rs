//! The audit must pass every legal log, and must name the first record of one that is not.
//!
//! The log takes any event: so these write what no decision would, and read it back.

use lampyris_log::{Append, Log, NewEvent, Options, Rules, StreamName, StreamOrdinal};
use lampyris_message::event::{Event, Staged, codec};
use lampyris_message::lifecycle::rules;
use lampyris_message::{DataId, MessageId, MessageState};
use lampyris_projection::{Audit, Fault, record};

use crate::element;
use crate::story::{ID, confirmed, message, rejected, sequenced};

const OURS: fn() -> Rules = || Rules { version: rules::VERSION, hash: rules::hash().0 };

/// Audits a log with these events, each an append of its own.
fn audited(rules: Rules, events: Vec<NewEvent>) -> Audit {
    let scratch = tempfile::tempdir().unwrap();
    let log =
        Log::open(scratch.path().join("log"), &Options::writer(rules).create([9; 16])).unwrap();
    for (number, event) in (1..).zip(events) {
        let append = Append::new([number; 16], "default", "test", "test").event(event);
        log.append_blocking(append).unwrap();
    }
    drop(log);
    let mut audit = Audit::new();
    Log::open_with(scratch.path().join("log"), &Options::reader(), |record| audit.take(record))
        .unwrap();
    audit
}

fn of(events: &[Event]) -> Vec<NewEvent> {
    events.iter().map(|event| record::new_event(ID, event)).collect()
}

#[track_caller]
fn faults_at(sequence: u64, text: &str, events: Vec<NewEvent>) {
    let audit = audited(OURS(), events);
    let fault = audit.fault().unwrap().to_string();
    assert!(fault.starts_with(&format!("sequence {sequence}")), "{fault}");
    assert!(fault.contains(text), "{fault}");
}

#[test]
fn a_legal_log_passes_and_is_counted() {
    let mut events = sequenced();
    events.push(confirmed());
    let audit = audited(OURS(), of(&events));
    assert_eq!(audit.fault(), None);
    assert_eq!((audit.events(), audit.messages()), (6, 1));
    let counts: Vec<_> = audit.counts().filter(|(_, count)| *count > 0).collect();
    assert_eq!(counts, [(MessageState::Confirmed, 1)]);
}

#[test]
fn an_illegal_step_is_named_with_its_sequence() {
    let mut events = sequenced();
    events.truncate(3);
    events.push(confirmed());
    faults_at(4, "no command leads there", of(&events));
    let mut events = sequenced();
    events.extend([confirmed(), rejected()]);
    faults_at(7, "'rejected' is illegal for a message that is confirmed", of(&events));
}

#[test]
fn a_stream_of_another_messages_events_is_named() {
    let other = MessageId::from_bytes([4; 16]);
    let events = vec![record::new_event(other, &sequenced()[0])];
    faults_at(1, "begins with message", events);
}

#[test]
fn data_elements_are_judged_and_counted_apart() {
    let mut events = of(&sequenced());
    let other = DataId::from_bytes(*ID.as_bytes());
    events.insert(0, record::new_data_event(DataId::from_bytes([8; 16]), &element::added(1)));
    events.insert(2, record::new_data_event(other, &element::added(1)));
    let audit = audited(OURS(), events.clone());
    assert_eq!(audit.fault(), None);
    assert_eq!((audit.events(), audit.messages(), audit.elements()), (5, 1, 2));
    assert!(audit.state(StreamOrdinal(1)).is_none(), "an element has no message's state");
    assert!(audit.state(StreamOrdinal(2)).is_some());

    events.push(record::new_data_event(other, &element::added(1)));
    let text = format!("data element {other}: 'data_added' is illegal for a data element that was");
    faults_at(8, &text, events);
}

#[test]
fn an_erasure_is_judged_where_it_stands() {
    let one = |event| record::new_data_event(DataId::from_bytes([8; 16]), &event);
    let mut events = vec![one(element::added(1)), one(element::erased())];
    let audit = audited(OURS(), events.clone());
    assert_eq!((audit.fault(), audit.elements()), (None, 1));
    events.push(one(element::erased()));
    faults_at(3, "'data_erased' is illegal for a data element that was erased before", events);
    faults_at(1, "a data element that was never added", vec![one(element::erased())]);
}

#[test]
fn what_a_data_elements_stream_may_not_hold_is_named() {
    let data = |stream, name: &'static str, content| {
        vec![NewEvent { stream, name: name.into(), version: 1, content }]
    };
    let stream = || StreamName::new(record::DATA, *ID.as_bytes());
    faults_at(1, "event 'staged' version 1 is not known", data(stream(), "staged", Vec::new()));
    faults_at(1, "expected an array of 6", data(stream(), "data_added", Vec::new()));
    let short = StreamName::new(record::DATA, [1; 15]);
    faults_at(1, "kind 'data'", data(short, "data_added", codec::encode_data(&element::added(1))));
    let message = StreamName::new(record::MESSAGE, *ID.as_bytes());
    let content = codec::encode_data(&element::added(1));
    faults_at(1, "event 'data_added' version 1 is not", data(message, "data_added", content));
}

#[test]
fn a_changed_header_byte_is_named() {
    let staged = &sequenced()[0];
    let content = codec::encode(staged);
    let at = content.windows(5).position(|five| five == b"order").unwrap();
    let mut bent = content;
    bent[at] ^= 1;
    let stream = StreamName::new(record::MESSAGE, *ID.as_bytes());
    let event = NewEvent { stream, name: "staged".into(), version: 1, content: bent };
    faults_at(1, "hash", vec![event]);
}

#[test]
fn an_unknown_event_version_or_kind_of_stream_is_named() {
    let message_stream = StreamName::new(record::MESSAGE, *ID.as_bytes());
    let unknown = |stream, version| {
        vec![NewEvent { stream, name: "staged".into(), version, content: Vec::new() }]
    };
    faults_at(1, "has version 2, this program knows up to 1", unknown(message_stream, 2));
    faults_at(1, "kind 'postcard'", unknown(StreamName::new("postcard", *ID.as_bytes()), 1));
}

#[test]
fn rules_that_this_program_has_not_are_named() {
    let audit = audited(Rules { version: rules::VERSION, hash: [0; 32] }, of(&sequenced()));
    assert!(matches!(audit.fault(), Some(Fault::Rules { sequence: 0, .. })), "{:?}", audit.fault());
}

#[test]
fn after_the_first_fault_nothing_more_is_judged() {
    let again = Event::Staged(Box::new(Staged {
        message: message("again"),
        local_namespace: "local".to_owned(),
        idempotency: None,
        tx_id: None,
        awaits: None,
    }));
    let mut events = sequenced();
    events.insert(2, again);
    let audit = audited(OURS(), of(&events));
    assert!(audit.fault().unwrap().to_string().starts_with("sequence 3"));
    assert_eq!(audit.events(), 2);
}
