//! A record has exactly one spelling, and keeps its bounds.

use lampyris_evidence::merkle::Hash;
use lampyris_evidence::record::{Claim, MalformedRule, Record, RecordRef, StreamName};
use proptest::prelude::*;

fn claim() -> impl Strategy<Value = Claim> {
    (".{1,16}", ".{1,40}", any::<[u8; 32]>()).prop_map(|(namespace, key, fingerprint)| Claim {
        namespace,
        key,
        fingerprint,
    })
}

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![0..30u64, 250..260u64, 65_530..65_540u64, any::<u64>()]
}

fn record() -> impl Strategy<Value = Record> {
    let place = (number(), number(), proptest::option::of(number()), any::<i64>());
    let names = (
        ".{0,16}",
        "[a-z]{1,64}",
        prop::collection::vec(any::<u8>(), 1..=64),
        ".{1,16}",
        ".{1,60}",
    );
    let append = (any::<[u8; 16]>(), 1..=1_000u32, any::<prop::sample::Index>());
    let event = ("[a-z]{1,64}", number(), prop::collection::vec(any::<u8>(), 0..300));
    (place, names, append, prop::collection::vec(claim(), 0..4), event).prop_map(
        |(place, names, (append_id, append_count, index), claims, event)| Record {
            sequence: place.0,
            namespace: names.0,
            stream: StreamName::new(names.1, names.2),
            version: place.1,
            previous: place.2,
            append_id,
            append_index: u32::try_from(index.index(append_count as usize)).unwrap(),
            append_count,
            command: names.3,
            actor: names.4,
            time: place.3,
            claims,
            event: event.0,
            event_version: event.1,
            content: event.2,
        },
    )
}

pub(crate) fn example() -> Record {
    Record {
        sequence: 5,
        namespace: "ns1".into(),
        stream: StreamName::new("message", [3; 16]),
        version: 1,
        previous: Some(2),
        append_id: [9; 16],
        append_index: 0,
        append_count: 1,
        command: "submit".into(),
        actor: "me".into(),
        time: -1,
        claims: vec![Claim { namespace: "k".into(), key: "key".into(), fingerprint: [4; 32] }],
        event: "submitted".into(),
        event_version: 1,
        content: vec![1, 2, 3],
    }
}

proptest! {
    #[test]
    fn decode_after_encode_is_identity(record in record()) {
        let bytes = record.encode();
        let decoded = RecordRef::decode(&bytes).unwrap();
        prop_assert_eq!(decoded, record.borrow());
        prop_assert_eq!(decoded.to_record(), record);
        prop_assert_eq!(decoded.encoded_len(), bytes.len());
    }

    #[test]
    fn changed_bytes_are_refused_or_are_another_records_spelling(
        record in record(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3u8), 1..4),
    ) {
        let mut bytes = record.encode();
        for (at, byte, change) in changes {
            let at = at.index(bytes.len());
            match change {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => { bytes.remove(at); }
            }
        }
        if let Ok(decoded) = RecordRef::decode(&bytes) {
            prop_assert_eq!(decoded.to_record().encode(), bytes);
        }
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(RecordRef::decode(&bytes).is_err());
    }
}

/// Format 1 stays as it is for ever: these bytes were written by its first version.
#[test]
fn a_record_of_format_1_has_these_bytes() {
    let written = example().encode();
    assert_eq!(
        Hash::of(&written).to_string(),
        "8f4e10b691ee180540c27a6579f4b26017c11fe9c31b47e946209e1457b3a3a1"
    );
}

/// Each item of the encoding, spelled with a longer head, is refused: the value is the same, the bytes are not.
#[test]
fn longer_spellings_are_refused() {
    let bytes = example().encode();
    let mut spellings = 0;
    let mut d = minicbor::Decoder::new(&bytes);
    while d.position() < bytes.len() {
        let at = d.position();
        let longer = longer_head(bytes[at]);
        step(&mut d);
        if let Some(head) = longer {
            let spelled = [&bytes[..at], &head, &bytes[at + 1..]].concat();
            assert!(RecordRef::decode(&spelled).is_err(), "item at {at}");
            spellings += 1;
        }
    }
    assert!(spellings > 20, "only {spellings} items were spelled anew");
}

/// The same head with its argument in one more byte.
fn longer_head(head: u8) -> Option<Vec<u8>> {
    let (major, argument) = (head & 0xe0, head & 0x1f);
    (argument < 24 && major != 0xe0).then(|| vec![major | 0x18, argument])
}

/// Steps over one item, into arrays.
fn step(d: &mut minicbor::Decoder<'_>) {
    if d.datatype().unwrap() == minicbor::data::Type::Array {
        assert!(d.array().unwrap().is_some());
    } else {
        d.skip().unwrap();
    }
}

#[test]
fn an_indefinite_array_is_refused() {
    let bytes = example().encode();
    assert_eq!(bytes[0], 0x8c);
    let spelled = [&[0x9f], &bytes[1..], &[0xff]].concat();
    assert!(RecordRef::decode(&spelled).is_err());
}

#[test]
fn trailing_and_missing_bytes_are_refused() {
    let bytes = example().encode();
    let longer = [bytes.as_slice(), &[0]].concat();
    assert_eq!(RecordRef::decode(&longer).unwrap_err().rule, MalformedRule::Spelling);
    for length in 0..bytes.len() {
        assert!(RecordRef::decode(&bytes[..length]).is_err(), "cut to {length}");
    }
}

#[test]
fn a_field_out_of_bounds_is_named() {
    let check = |field: &str, change: fn(&mut Record)| {
        let mut record = example();
        change(&mut record);
        let malformed = RecordRef::decode(&record.encode()).map(drop).unwrap_err();
        assert_eq!(malformed.field, field);
        assert!(matches!(malformed.rule, MalformedRule::Bounds { .. }), "{malformed}");
    };
    check("namespace", |record| record.namespace = "n".repeat(65));
    check("stream kind", |record| record.stream.kind = "".into());
    check("stream id", |record| record.stream.id.clear());
    check("stream id", |record| record.stream.id = vec![0; 65]);
    check("command", |record| record.command.clear());
    check("actor", |record| record.actor = "a".repeat(256));
    check("event name", |record| record.event = "e".repeat(65));
    check("claim key", |record| record.claims[0].key.clear());
    check("record", |record| record.content = vec![0; 60_000]);
}
