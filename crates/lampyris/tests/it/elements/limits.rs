//! What may come in line: how many, how large, in what shape, under which hash.

use lampyris::log::Hash;
use lampyris::message::data::inline::InlineData;
use lampyris::message::json::JsonValue;
use lampyris::message::{BlobRef, Bytes32, DatatypeRef};
use lampyris::stream;
use lampyris::{DataHash, DataId, Draft, Error, Lampyris, Message, NEW_ELEMENTS, Submission};
use serde_json::json;

use super::{ParseOpen, accepted, draft, records, value};
use crate::cast::{AUTHOR, KEY, message};

#[tokio::test]
async fn as_many_elements_as_an_append_holds_are_taken_and_one_more_is_refused_by_field() {
    let scratch = tempfile::tempdir().unwrap();
    let builder = Lampyris::builder().actor("a".repeat(255));
    let engine = builder.open(scratch.path()).unwrap();
    let (name, version) = ("n".repeat(64), "v".repeat(64));
    let datatype = Some(DatatypeRef { name, version });
    let entry = |number: usize| InlineData {
        datatype: datatype.clone(),
        value: Some(JsonValue::text(&number.to_string())),
        ..InlineData::default()
    };
    let many = |number, count| (0..count).map(entry).fold(draft(number), Draft::entry).build();
    accepted(&engine, many(1, NEW_ELEMENTS).unwrap()).await;
    assert_eq!(engine.head().size, 1 + 1_000);
    let error = many(2, NEW_ELEMENTS + 1).unwrap_err();
    assert_eq!(error.to_string(), "FF00134: Maximum number of data items is 998 (supplied=999)");
    let referring = (0..2_000_u128).fold(draft(3), |draft, number| {
        draft.data(DataId::from_bytes(number.to_be_bytes()), DataHash::from_bytes([1; 32]))
    });
    let error = engine.stage(referring.build().unwrap()).await.unwrap_err();
    assert!(matches!(error, Error::Limit { .. }), "{error:?}");
}

#[test]
fn an_entry_that_cannot_be_is_refused_with_upstreams_code_and_its_place() {
    let refused = |entry: InlineData| draft(1).text("first").entry(entry).build().unwrap_err();
    let blob = Some(BlobRef::default());
    let datatype = |name: &str| Some(DatatypeRef { name: name.into(), version: "1".into() });
    let value = || Some(value("1"));
    let null = Some(JsonValue::parse(b"null").unwrap());
    for (entry, code) in [
        (InlineData::default(), "FF10205"),
        (InlineData { value: null, ..InlineData::default() }, "FF00109"),
        (InlineData { blob, ..InlineData::default() }, "FF00109"),
        (
            InlineData { validator: "x".parse_open(), value: value(), ..InlineData::default() },
            "FF00108",
        ),
        (InlineData { datatype: datatype(""), value: value(), ..InlineData::default() }, "FF10195"),
        (
            InlineData {
                datatype: datatype(&"n".repeat(65)),
                value: value(),
                ..InlineData::default()
            },
            "FF00135",
        ),
    ] {
        let error = refused(entry);
        assert_eq!(error.code(), Some(code));
        assert!(error.to_string().starts_with("data[1]: "), "{error}");
    }
}

#[tokio::test]
async fn a_line_brings_values_of_megabytes() {
    let scratch = tempfile::tempdir().unwrap();
    let engine = Lampyris::open(scratch.path()).unwrap();
    let stage = |data| {
        let header = json!({ "id": message(1).to_string(), "type": "broadcast", "author": AUTHOR, "key": KEY });
        json!({ "do": "stage", "message": { "header": header, "data": data } }).to_string()
    };
    let text = "a \"quoted\" <word> and another".repeat(4_000_000 / 30);
    let large = JsonValue::text(&text);
    let line = stage(json!([{ "value": text }, { "validator": "none", "value": { "n": 1 } }]));
    assert!(line.len() > 4_000_000 && line.len() < stream::LINE_BYTES);
    for events in [2, 0] {
        let request = stream::parse(line.as_bytes()).unwrap();
        let staged = engine.submit(request).await.unwrap().accepted().unwrap();
        assert_eq!(staged.events.len(), events);
    }
    let Bytes32(name) = large.hash();
    let data = engine.get(message(1)).unwrap().message().data.clone().unwrap();
    assert_eq!(data[0].unwrap().hash, Some(DataHash(large.hash())));
    drop(engine);
    let (log, ..) = records(scratch.path());
    assert_eq!(log.data().read(&Hash(name)).unwrap().as_deref(), Some(large.as_bytes()));

    for (data, code) in [
        (json!([{ "value": 1 }, {}]), "FF10205"),
        (json!([{ "value": 1 }, null]), "FF10205"),
        (json!([{ "value": 1 }, { "value": 1, "validator": "wibble" }]), "FF00108"),
    ] {
        let bad = stream::parse(stage(data).as_bytes()).unwrap_err();
        assert_eq!((bad.code, bad.id), (Some(code), Some(message(1))));
        assert!(bad.reason.starts_with("data[1]: "), "{bad}");
    }
}

#[test]
fn a_hash_that_is_given_is_held_against_what_the_data_becomes() {
    let scratch = tempfile::tempdir().unwrap();
    let engine = Lampyris::open(scratch.path()).unwrap();
    let submission = |data_hash| {
        let Ok(mut message) = Message::from_json(
            format!(
                r#"{{"header":{{"id":"{}","type":"broadcast","author":"{AUTHOR}","key":"{KEY}","created":"2026-01-02T03:04:05Z"}}}}"#,
                message(1)
            )
            .as_bytes(),
        ) else {
            panic!("no message")
        };
        message.header.data_hash = data_hash;
        let entry = InlineData { value: Some(value("1")), ..InlineData::default() };
        Submission::with_data(message, Some(vec![Some(entry)]), None).unwrap()
    };
    let wrong = Some(lampyris::message::DataListHash::from_bytes([3; 32]));
    let error = lampyris::block_on(engine.stage(submission(wrong))).unwrap_err();
    let Error::Invalid(lampyris::message::InvalidMessage::HashMismatch(found)) = error else {
        panic!("{error:?}")
    };
    let right = Some(found.data_expected);
    assert!(lampyris::block_on(engine.stage(submission(right))).unwrap().is_accepted());
}
