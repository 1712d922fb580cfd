//! The bytes of events: what is written is read again, and nothing else is.

use lampyris_message::event::codec::{ContentError, EventError, VERSION, decode, encode};
use lampyris_message::event::{Event, EventKind, LedgerPosition, Readied, Sequenced};
use lampyris_message::{MessageState, NotCanonical, Pinning};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::cast::{B0, T0, Waits};
use crate::samples::event;
use crate::story::Story;

fn read(kind: EventKind, content: &[u8]) -> Result<Event, EventError> {
    decode(kind.name(), VERSION, content)
}

/// One change of a few bytes.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    Set(Index, u8),
    Insert(Index, u8),
    Remove(Index),
    Cut(Index),
}

impl Change {
    fn make(&self, content: &mut Vec<u8>) {
        match self {
            Self::Set(at, byte) => {
                let at = at.index(content.len());
                content[at] = *byte;
            }
            Self::Insert(at, byte) => content.insert(at.index(content.len() + 1), *byte),
            Self::Remove(at) => drop(content.remove(at.index(content.len()))),
            Self::Cut(at) => content.truncate(at.index(content.len())),
        }
    }
}

pub(crate) fn change() -> impl Strategy<Value = Change> {
    let at = || any::<Index>();
    prop_oneof![
        4 => (at(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        1 => (at(), any::<u8>()).prop_map(|(at, byte)| Change::Insert(at, byte)),
        1 => at().prop_map(Change::Remove),
        1 => at().prop_map(Change::Cut),
    ]
}

/// The content of an event after these changes.
pub(crate) fn changed(event: &Event, changes: &[Change]) -> Vec<u8> {
    bent(encode(event), changes)
}

/// This content after these changes.
pub(crate) fn bent(mut content: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        if !content.is_empty() {
            change.make(&mut content);
        }
    }
    content
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn every_event_is_read_as_it_was_written(event in event()) {
        let content = encode(&event);
        prop_assert_eq!(read(event.kind(), &content), Ok(event));
    }

    #[test]
    fn changed_bytes_are_refused_or_are_another_event_exactly(
        event in event(),
        changes in prop::collection::vec(change(), 1..3),
    ) {
        let content = changed(&event, &changes);
        if let Ok(other) = read(event.kind(), &content) {
            prop_assert_eq!(encode(&other), content);
        }
    }

    #[test]
    fn bytes_of_anything_never_panic(content in prop::collection::vec(any::<u8>(), 0..200)) {
        for kind in EventKind::ALL {
            if let Ok(event) = read(*kind, &content) {
                prop_assert_eq!(&encode(&event), &content);
            }
        }
    }
}

fn sequenced() -> (Event, Vec<u8>) {
    let position = LedgerPosition { sequence: 5, pin_index: 0 };
    let signer = "k".to_owned();
    let event = Event::Sequenced(Sequenced { batch: B0, tx_id: T0, position, signer });
    let content = encode(&event);
    (event, content)
}

/// `content` with the byte sequence `old` replaced by `new`, once.
fn respelled(content: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let at = content.windows(old.len()).position(|window| window == old).unwrap();
    [&content[..at], new, &content[at + old.len()..]].concat()
}

#[test]
fn another_spelling_of_the_same_event_is_refused_by_name() {
    let (event, content) = sequenced();
    let kind = event.kind();
    assert_eq!(read(kind, &content), Ok(event));
    let not_deterministic = Err(EventError::NotDeterministic { kind: kind.into() });
    let long_number = respelled(&content, &[5, 0, 0x61], &[0x18, 5, 0, 0x61]);
    assert_eq!(read(kind, &long_number), not_deterministic);
    let long_text = respelled(&content, &[0x61, b'k'], &[0x78, 1, b'k']);
    assert_eq!(read(kind, &long_text), not_deterministic);
    let trailing = [&content[..], &[0]].concat();
    assert_eq!(read(kind, &trailing), not_deterministic);
    let trailing_ff = [&content[..], &[0xff]].concat();
    assert_eq!(read(kind, &trailing_ff), not_deterministic);
}

/// The head of a number in so many bytes after its first.
fn head(number: u64, width: usize) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let first = [None, Some(0x18), Some(0x19), None, Some(0x1a), None, None, None, Some(0x1b)];
    match first[width] {
        Some(first) => [&[first], &bytes[8 - width..]].concat(),
        None => vec![bytes[7]],
    }
}

#[test]
fn a_number_is_read_in_its_shortest_form_only() {
    let limits = [(0, 0), (23, 0), (24, 1), (0xff, 1), (0x100, 2), (0xffff, 2), (0x1_0000, 4)];
    let more = [(0xffff_ffff, 4), (0x1_0000_0000, 8), (u64::MAX, 8)];
    for (number, shortest) in limits.into_iter().chain(more) {
        for width in [0, 1, 2, 4, 8].into_iter().filter(|width| *width >= shortest) {
            let (batch, tx_id) = (B0.as_bytes(), T0.as_bytes());
            let ids = [&[0x85, 0x50][..], batch, &[0x50], tx_id].concat();
            let content = [&ids[..], &head(number, width), &[0, 0x61, b'k']].concat();
            let read = read(EventKind::Sequenced, &content);
            if width == shortest {
                let Ok(Event::Sequenced(sequenced)) = read else { panic!("{number}: {read:?}") };
                assert_eq!(sequenced.position.sequence, number);
            } else {
                let kind = EventKind::Sequenced.into();
                assert_eq!(read, Err(EventError::NotDeterministic { kind }), "{number} in {width}");
            }
        }
    }
}

#[test]
fn a_claimed_state_is_read_in_lower_case_only() {
    let story = Story::absent(Pinning::Broadcast, 1).imported(MessageState::Confirmed);
    let (kind, content) = (EventKind::Imported, encode(&story.events[0]));
    let upper = respelled(&content, b"confirmed", b"Confirmed");
    let refused = EventError::NotDeterministic { kind: kind.into() };
    assert_eq!(read(kind, &upper), Err(refused));
}

#[test]
fn an_array_without_a_length_is_refused_by_what_was_expected() {
    let (event, content) = sequenced();
    let open = [&[0x9f], &content[1..], &[0xff]].concat();
    let error = read(event.kind(), &open).unwrap_err();
    assert_eq!(error.to_string(), "event 'sequenced': expected an array of 5 (byte 0)");
    let error = read(EventKind::Readied, &[0x9f, 0xff]).unwrap_err();
    assert_eq!(error.to_string(), "event 'readied': expected an array of 0 or 1 (byte 0)");
}

#[test]
fn a_false_length_takes_no_memory() {
    // A seal in a batch of a transaction, with 2^60 pins.
    let content = [&[0x83, 0x50][..], &[1; 16], &[0x50], &[2; 16], &[0x9b, 16], &[0; 7]].concat();
    assert!(matches!(read(EventKind::Sealed, &content), Err(EventError::Content { .. })));
    // And with a batch of as many bytes.
    let content = [&[0x83, 0x5b, 16][..], &[0; 7]].concat();
    assert!(matches!(read(EventKind::Sealed, &content), Err(EventError::Content { .. })));
}

#[test]
fn an_unknown_name_or_version_is_refused_with_both() {
    let ready = encode(&Event::Readied(Readied {
        why: lampyris_message::event::Readiness::NothingToWaitFor,
    }));
    for (name, version) in [("readied", 0), ("Readied", VERSION), ("", VERSION + 1)] {
        let error = decode(name, version, &ready).unwrap_err();
        assert_eq!(error, EventError::Unknown { name: name.to_owned(), version });
    }
}

#[test]
fn an_event_of_a_newer_program_is_refused_by_name() {
    for version in [VERSION + 1, u64::MAX] {
        let name = "readied".to_owned();
        let error = decode(&name, version, &[0x80]).unwrap_err();
        let says = format!("event 'readied' has version {version}, this program knows up to 1");
        assert_eq!(error.to_string(), says);
        assert_eq!(error, EventError::Newer { name, version, newest: VERSION });
    }
}

#[test]
fn a_changed_header_byte_is_refused_by_hash_or_canonical_form() {
    let story = Story::absent(Pinning::Private, 2).staged(Waits::Not, true);
    let event = &story.events[0];
    let (content, header) = (encode(event), story.message.header_bytes());
    let start = content.windows(header.len()).position(|window| window == header).unwrap();
    for at in start..start + header.len() {
        for flip in [0x01, 0x20, 0x80] {
            let mut content = content.clone();
            content[at] ^= flip;
            let Err(EventError::Content { source, .. }) = read(event.kind(), &content) else {
                panic!("byte {at} may be changed by {flip:#x}")
            };
            let named = matches!(
                source,
                ContentError::MessageHash { .. }
                    | ContentError::Message(
                        NotCanonical::Bytes
                            | NotCanonical::Invalid(_)
                            | NotCanonical::OtherData { .. }
                    )
            );
            assert!(named, "{source}");
        }
    }
}

#[test]
fn a_changed_hash_is_refused_with_both_hashes() {
    let story = Story::absent(Pinning::Broadcast, 1).staged(Waits::Not, false);
    let mut content = encode(&story.events[0]);
    let hash = story.message.hash();
    let at = content.windows(32).position(|window| window == hash.as_bytes()).unwrap();
    content[at] ^= 1;
    let Err(EventError::Content { source, .. }) = read(EventKind::Staged, &content) else {
        panic!("accepted")
    };
    let ContentError::MessageHash { id, recorded, found } = source else { panic!("{source}") };
    assert_eq!((id, found), (story.message.id(), hash));
    assert_ne!(recorded, found);
}
