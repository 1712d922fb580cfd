//! The events of data elements: their bytes, who may follow whom, and the way from an element and back.

use lampyris_message::data::inline::derived_id;
use lampyris_message::data::{Data, DatatypeRef, WrongPart};
use lampyris_message::event::codec::{EventError, VERSION, decode_data, encode_data};
use lampyris_message::event::{
    Content, DataAdded, DataErased, DataEvent, DataEventKind, DataState, Held,
};
use lampyris_message::json::JsonValue;
use lampyris_message::judge::{Fault, Stored, data_step};
use lampyris_message::text::ErasureReason;
use lampyris_message::{
    BlobHash, BlobRef, Bytes32, DataHash, DataId, InvalidData, MessageId, Open, StoredBlob,
    ValidatorType,
};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use crate::bytes::{bent, change};
use crate::samples::time;

const ID: DataId = DataId::from_bytes([7; 16]);

/// Any event of a data element.
pub(crate) fn data_event() -> impl Strategy<Value = DataEvent> {
    let facts = (validator(), of(datatype()), time(), of(held()));
    let added =
        (facts, content()).prop_map(|((validator, datatype, created, details), content)| {
            DataEvent::Added(DataAdded { validator, datatype, created, content, details })
        });
    let erased = prop_oneof!["\\PC{0,20}[a-z]\\PC{0,20}", Just("x".repeat(1024))];
    let erased = erased.prop_map(|text| erased_for(&text));
    prop_oneof![4 => added, 1 => erased]
}

fn erased_for(reason: &str) -> DataEvent {
    DataEvent::Erased(DataErased { reason: ErasureReason::new(reason).unwrap() })
}

fn content() -> impl Strategy<Value = Content> {
    prop_oneof![
        held().prop_map(Content::Value),
        held().prop_map(Content::Blob),
        (held(), held()).prop_map(|(value, blob)| Content::Both(value, blob)),
    ]
}

fn held() -> impl Strategy<Value = Held> {
    let size = prop_oneof![Just(0), Just(Held::SIZE_MAX), 0..=Held::SIZE_MAX, 0..100_000_u64];
    (any::<[u8; 32]>(), size).prop_map(|(hash, size)| Held { hash: Bytes32(hash), size })
}

fn validator() -> impl Strategy<Value = Open<ValidatorType>> {
    prop_oneof![
        Just(Open::default()),
        select(ValidatorType::ALL).prop_map(Open::from),
        "[a-z0-9/ ]{1,64}".prop_map(|text| Open::from_text(&text)),
    ]
}

fn datatype() -> impl Strategy<Value = DatatypeRef> {
    ("\\PC{0,16}", "\\PC{0,16}").prop_map(|(name, version)| DatatypeRef { name, version })
}

/// Any element that can be recorded, as a message's sender seals it or otherwise.
fn element() -> impl Strategy<Value = Data> {
    let text = || prop_oneof![Just(String::new()), Just("n".to_owned()), "\\PC{1,20}", ".{0,8}"];
    let value = select(
        &[r#"{"name":"n"}"#, r#"{"path":"p","filename":"f"}"#, "[1.0,\"<\"]", "0", r#""""#][..],
    );
    let value = of(value.prop_map(|json| JsonValue::parse(json.as_bytes()).unwrap()));
    let blob = (any::<[u8; 32]>(), 0..=i64::MAX, text(), text(), text()).prop_map(
        |(hash, size, name, path, public)| {
            let hash = Some(BlobHash::from_bytes(hash));
            BlobRef { hash, size, name, path, public }
        },
    );
    let facts = (any::<[u8; 16]>(), validator(), of(datatype()), time(), text(), any::<bool>());
    let parts =
        (value, of(blob)).prop_filter("neither", |(value, blob)| value.is_some() || blob.is_some());
    (facts, parts).prop_map(|((id, validator, datatype, created, public, seal), (value, blob))| {
        let id = Some(DataId::from_bytes(id));
        let created = Some(created);
        let namespace = "ns1".to_owned();
        let hash = None;
        let mut data =
            Data { id, validator, namespace, hash, created, datatype, value, public, blob };
        let stored = data.blob.as_ref().map(|blob| StoredBlob { hash: blob.hash, size: blob.size });
        if !seal || data.seal(stored.as_ref()).is_err() {
            data.hash = Some(data.calc_hash().unwrap());
        }
        data
    })
}

fn read(content: &[u8]) -> Result<DataEvent, EventError> {
    read_as(DataEventKind::Added, content)
}

fn read_as(kind: DataEventKind, content: &[u8]) -> Result<DataEvent, EventError> {
    decode_data(kind.name(), VERSION, content)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn every_event_is_read_as_it_was_written(event in data_event()) {
        prop_assert_eq!(read_as(event.kind(), &encode_data(&event)), Ok(event));
    }

    #[test]
    fn changed_bytes_are_refused_or_are_another_event_exactly(
        event in data_event(),
        changes in vec(change(), 1..3),
    ) {
        let content = bent(encode_data(&event), &changes);
        if let Ok(other) = read_as(event.kind(), &content) {
            prop_assert_eq!(encode_data(&other), content);
        }
    }

    #[test]
    fn an_element_comes_back_from_its_record_and_its_parts(data in element()) {
        let (added, parts) = DataAdded::from_data(&data).unwrap();
        prop_assert_eq!(Ok(added.hash()), data.calc_hash());
        prop_assert_eq!(read(&encode_data(&DataEvent::Added(added.clone()))).unwrap(), DataEvent::Added(added.clone()));
        prop_assert_eq!(parts.value.map(Held::of), added.content.value());
        prop_assert_eq!(parts.details.as_deref().map(Held::of), added.details);
        let (id, details) = (data.id.unwrap(), parts.details.as_deref());
        prop_assert_eq!(added.to_data(id, "ns1", parts.value, details), Ok(data.clone()));
        let bare = added.to_data(id, "ns1", None, None).unwrap();
        prop_assert_eq!((bare.value, bare.hash, &*bare.public), (None, data.hash, ""));
        let nameless = bare.blob.is_none_or(|blob| {
            blob.name.is_empty() && blob.path.is_empty() && blob.public.is_empty()
        });
        prop_assert!(nameless, "what may be erased comes from the parts alone");
    }

    #[test]
    fn nothing_that_may_be_erased_stands_in_the_record(data in element()) {
        let (secret, mut data) = ("secretsecret", data);
        data.public = secret.to_owned();
        if let Some(blob) = &mut data.blob {
            (blob.name, blob.path, blob.public) = (secret.into(), secret.into(), secret.into());
        }
        data.value = Some(JsonValue::parse(br#"{"filename":"secretsecret"}"#).unwrap());
        data.hash = None;
        let (added, parts) = DataAdded::from_data(&data).unwrap();
        let record = encode_data(&DataEvent::Added(added));
        let holds = |bytes: &[u8]| bytes.windows(12).any(|part| part == secret.as_bytes());
        prop_assert!(!holds(&record));
        prop_assert!(holds(&parts.details.unwrap()) && holds(parts.value.unwrap()));
    }

    #[test]
    fn other_bytes_than_those_recorded_are_refused(data in element(), other in element()) {
        let (added, parts) = DataAdded::from_data(&data).unwrap();
        let (_, others) = DataAdded::from_data(&other).unwrap();
        let id = data.id.unwrap();
        for (bytes, own) in [(others.value, parts.value), (Some(&b" 1"[..]), None)] {
            if bytes.is_some() && bytes != own {
                let refused = added.to_data(id, "", bytes, None);
                let named = matches!(refused, Err(WrongPart::Hash { part: "value", .. }));
                prop_assert!(named);
            }
        }
        if let Some(details) = others.details {
            let refused = added.to_data(id, "", None, Some(&details));
            let named = matches!(refused, Err(WrongPart::Hash { part: "details", .. }));
            prop_assert!(named, "the details of one element are no other's");
        }
    }
}

#[test]
fn parts_are_kept_in_one_form() {
    let data = blobbed("");
    let (added, parts) = DataAdded::from_data(&data).unwrap();
    assert_eq!(parts.details, None, "nothing is said");
    let with = |details: &str| {
        let details = details.as_bytes();
        DataAdded { details: Some(Held::of(details)), ..added.clone() }.to_data(
            ID,
            "",
            None,
            Some(details),
        )
    };
    let id = ID.to_string();
    let named = with(&format!(r#"{{"id":"{id}","blob":{{"name":"f"}}}}"#)).unwrap();
    assert_eq!(named.blob.unwrap().name, "f");
    let form = Err(WrongPart::Form { id: ID, part: "details" });
    for other in [
        format!(r#"{{"id":"{id}"}}"#),
        format!(r#"{{"id":"{id}","blob":{{}}}}"#),
        format!(r#"{{"id":"{id}","public":""}}"#),
        format!(r#"{{"id":"{id}","public":"a","x":1}}"#),
        format!(r#"{{"id":"{id}", "public":"a"}}"#),
        format!(r#"{{"public":"a","id":"{id}"}}"#),
        format!(r#"{{"id":"{}","public":"a"}}"#, DataId::from_bytes([8; 16])),
        format!(r#"{{"id":"{id}","public":1}}"#),
        "null".to_owned(),
        String::new(),
    ] {
        assert_eq!(with(&other), form, "{other}");
    }
    for value in [" 1", "null", "1 2", "{", "\"<\""] {
        let held = Held::of(value.as_bytes());
        let added = DataAdded { content: Content::Value(held), ..added.clone() };
        let read = added.to_data(ID, "", Some(value.as_bytes()), None);
        assert_eq!(read, Err(WrongPart::Form { id: ID, part: "value" }), "{value}");
    }
}

/// An element with a blob and these members more.
fn blobbed(members: &str) -> Data {
    let blob = Bytes32([1; 32]);
    let json = format!(
        r#"{{"id":"{ID}","created":"2022-05-16T01:23:10Z","blob":{{"hash":"{blob}","size":5}}{members}}}"#
    );
    Data::from_json(json.as_bytes()).unwrap()
}

#[test]
fn a_name_that_the_value_gives_is_not_kept_twice() {
    let mut data = blobbed(r#","value":{"name":"of the value"}"#);
    let blob = data.blob.as_mut().unwrap();
    blob.name = "of the value".to_owned();
    let (_, parts) = DataAdded::from_data(&data).unwrap();
    assert_eq!(parts.details, None);
    data.blob.as_mut().unwrap().name.clear();
    let (_, parts) = DataAdded::from_data(&data).unwrap();
    let details = String::from_utf8(parts.details.unwrap()).unwrap();
    assert_eq!(details, format!(r#"{{"id":"{ID}","blob":{{"name":""}}}}"#), "it has another name");
}

#[test]
fn an_element_that_cannot_be_recorded_is_refused_by_field() {
    let good = blobbed(r#","value":1"#);
    let refused = |data: &Data| DataAdded::from_data(data).unwrap_err().to_string();
    let long = "x".repeat(65);
    let datatype = |name: &str, version: &str| {
        Some(DatatypeRef { name: name.to_owned(), version: version.to_owned() })
    };
    let missing = |field| format!("FF10140: Field '{field}' is required");
    let too_long = |field| format!("FF00135: Field '{field}' maximum length is 64");
    let blob = good.blob.clone().unwrap();
    for (data, says) in [
        (Data { id: None, ..good.clone() }, missing("data.id")),
        (Data { created: None, ..good.clone() }, missing("data.created")),
        (
            Data { blob: Some(BlobRef { size: -1, ..blob }), ..good.clone() },
            missing("data.blob.size"),
        ),
        (Data { validator: Open::from_text(&long), ..good.clone() }, too_long("data.validator")),
        (Data { datatype: datatype(&long, ""), ..good.clone() }, too_long("data.datatype.name")),
        (Data { datatype: datatype("", &long), ..good.clone() }, too_long("data.datatype.version")),
    ] {
        assert_eq!(refused(&data), says);
    }
    let neither = Data { value: None, blob: Some(BlobRef::default()), ..good.clone() };
    assert_eq!(DataAdded::from_data(&neither), Err(InvalidData::NoValue));
    let null = JsonValue::parse(b"null").unwrap();
    let null = Data { value: Some(null), blob: None, ..good.clone() };
    assert_eq!(DataAdded::from_data(&null), Err(InvalidData::NoValue));
    let hash = Some(DataHash::from_bytes([9; 32]));
    let lies = Data { hash, ..good };
    assert!(matches!(DataAdded::from_data(&lies), Err(InvalidData::HashMismatch { .. })));
}

fn added() -> (DataEvent, Vec<u8>) {
    let (added, _) = DataAdded::from_data(&blobbed(",\"validator\":\"json\"")).unwrap();
    let event = DataEvent::Added(added);
    let content = encode_data(&event);
    (event, content)
}

#[test]
fn another_spelling_or_a_broken_rule_is_refused_by_name() {
    let (event, content) = added();
    assert_eq!(read(&content), Ok(event));
    let respelled = |from: &[u8], to: &[u8]| {
        let at = content.windows(from.len()).position(|window| window == from).unwrap();
        let content = [&content[..at], to, &content[at + from.len()..]].concat();
        read(&content).unwrap_err().to_string()
    };
    let other = "event 'data_added': the content is not its own deterministic encoding";
    assert_eq!(respelled(b"\x64json", b"\x64Json"), other);
    assert_eq!(respelled(b"\x64json", b"\x78\x04json"), other);
    assert_eq!(read(&[&content[..], &[0xf6]].concat()).unwrap_err().to_string(), other);
    let long = [&[0x78, 65][..], &[b'x'; 65]].concat();
    assert!(respelled(b"\x64json", &long).ends_with("expected at most 64 bytes (byte 1)"));
    let size = [&[1; 32][..], &[5]].concat();
    let huge = [&[1; 32][..], &[0x1b, 0x80], &[0; 7]].concat();
    assert!(respelled(&size, &huge).contains("expected a size of 63 bits"));
    let blob = [&[0x82, 0x58, 32][..], &size].concat();
    assert!(respelled(&blob, &[0xf6]).contains("expected a value or a blob"));
    let unknown = decode_data("data_moved", VERSION, &content).unwrap_err().to_string();
    assert_eq!(unknown, "event 'data_moved' version 1 is not known to this program");
    assert!(decode_data("data_added", VERSION + 1, &content).is_err());
    assert!(decode_data("staged", VERSION, &content).is_err(), "an event of another stream");
}

#[test]
fn a_derived_id_follows_from_message_index_and_hash() {
    let (message, hash) = (MessageId::from_bytes([1; 16]), DataHash::from_bytes([2; 32]));
    let id = derived_id(message, 3, hash);
    // Worked out by another program.
    assert_eq!(id.to_string(), "fd94a217-a70b-8c7a-8573-66cfe8d3fe62");
    let others = [
        derived_id(MessageId::from_bytes([3; 16]), 3, hash),
        derived_id(message, 4, hash),
        derived_id(message, 3, DataHash::from_bytes([3; 32])),
    ];
    assert!(!others.contains(&id));
}

#[test]
fn an_element_is_added_first_and_once() {
    let (_, content) = added();
    let stored = Stored { name: "data_added", version: VERSION, content: &content };
    let state = data_step(DataState::Absent, stored).unwrap();
    assert_eq!(state, DataState::Added);
    let again = data_step(state, stored).unwrap_err();
    assert!(matches!(again, Fault::DataStep(step) if step.state == DataState::Added));
    assert_eq!(
        again.to_string(),
        "'data_added' is illegal for a data element that was added before"
    );
    let other = data_step(DataState::Absent, Stored { name: "staged", ..stored }).unwrap_err();
    assert!(matches!(other, Fault::Event(EventError::Unknown { .. })));
}

#[test]
fn an_erasure_says_why_in_few_words() {
    for (reason, says) in [
        (String::new(), "field 'reason' must not be blank"),
        (" \n".to_owned(), "field 'reason' must not be blank"),
        ("x".repeat(1025), "field 'reason' has 1025 bytes, the limit is 1024"),
    ] {
        assert_eq!(ErasureReason::new(&reason).unwrap_err().to_string(), says);
        let mut content = vec![0x81];
        minicbor::encode(&reason, &mut content).unwrap();
        let refused = read_as(DataEventKind::Erased, &content).unwrap_err().to_string();
        assert_eq!(refused, format!("event 'data_erased': {says} (byte 1)"));
    }
}

#[test]
fn an_element_is_erased_once_and_after_it_was_added() {
    let (_, added) = added();
    let erased = encode_data(&erased_for("the customer asked"));
    let [added, erased] = [("data_added", &added), ("data_erased", &erased)]
        .map(|(name, content)| Stored { name, version: VERSION, content });
    let refused = |state, event| data_step(state, event).unwrap_err().to_string();
    let (absent, there) = (DataState::Absent, DataState::Added);
    assert_eq!(data_step(there, erased), Ok(DataState::Erased));
    let says = "'data_erased' is illegal for a data element that was never added";
    assert_eq!(refused(absent, erased), says);
    let says = "'data_erased' is illegal for a data element that was erased before";
    assert_eq!(refused(DataState::Erased, erased), says);
    let says = "'data_added' is illegal for a data element that was erased before";
    assert_eq!(refused(DataState::Erased, added), says);
}
