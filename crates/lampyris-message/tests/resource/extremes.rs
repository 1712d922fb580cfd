//! Documents far beyond the usual: each gives an error or the right hash, and none a crash.

use lampyris_message::data::inline::InlineData;
use lampyris_message::json::JsonValue;
use lampyris_message::{
    Batch, BatchPayload, Bytes32, Data, DecodeErrorKind, Group, Identity, Message, StoredBlob,
};
use proptest::prelude::*;

/// Every reader of the resource, and what it writes of what it has read.
fn read_all(json: &[u8]) {
    if let Ok(data) = Data::from_json(json) {
        let written = data.to_json();
        assert_eq!(Data::from_json(&written).as_ref(), Ok(&data));
        let mut sealed = data.clone();
        match sealed.seal(Some(&StoredBlob::default())).or_else(|_| sealed.seal(None)) {
            Ok(hash) => assert_eq!(sealed.check_hash(), Ok(hash)),
            Err(_) => assert_eq!(sealed, data, "a refused seal changes nothing"),
        }
    }
    if let Ok(mut group) = Group::from_json(json) {
        let written = group.to_json();
        assert_eq!(Group::from_json(&written).as_ref(), Ok(&group));
        drop((group.check_fields(), group.verify()));
        let before = group.clone();
        if group.seal().is_err() {
            assert_eq!(group, before, "a refused seal changes nothing");
        }
    }
    if let Ok(payload) = BatchPayload::from_json(json) {
        let written = payload.to_json();
        assert_eq!(BatchPayload::from_json(&written).map(|p| p.to_json()), Ok(written));
    }
    if let Ok(mut batch) = Batch::from_json(json) {
        let written = batch.to_json();
        assert_eq!(Batch::from_json(&written).map(|b| b.to_json()), Ok(written));
        drop(batch.verify());
        batch.seal();
        assert!(batch.check_hash().is_ok());
    }
    drop((Identity::from_json(json).map(|read| read.check_fields()), StoredBlob::from_json(json)));
    drop(InlineData::list_from_json(json));
}

/// A document that touches every field, to be changed at random.
const EVERYTHING: &str = r#"{"id":"a0000000-0000-4000-8000-000000000001","type":"org","did":"x",
 "namespace":"ns1","name":"n","validator":"json","created":"2022-05-16T01:23:10.5Z","hash":"0xab",
 "members":[{"identity":"a","node":"a0000000-0000-4000-8000-000000000001"},null],"size":-1,
 "datatype":{"name":"w","version":null},"value":{"name":[1e400,"\ud800"]},"messages":[],
 "blob":{"hash":null,"size":12,"name":"n","path":"/p"},"profile":{"a":-0.5},
 "payload":{"tx":{"type":"batch_pin","id":"a0000000-0000-4000-8000-000000000001"},
 "messages":[{"header":{"topics":["a"]},"data":[{}]},null],"data":[{"value":1},null]}} more"#;

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read_all(&bytes);
    }

    #[test]
    fn no_change_to_a_document_panics(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3), 0..4),
    ) {
        let mut bytes = EVERYTHING.as_bytes().to_vec();
        for (at, byte, how) in changes {
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        read_all(&bytes);
    }
}

fn hash_of_value(value: &[u8]) -> Bytes32 {
    let json = [b"{\"value\":", value, b"}"].concat();
    let data = Data::from_json(&json).unwrap();
    assert_eq!(data.value_bytes().len(), data.value_size());
    data.calc_hash().unwrap().0
}

#[test]
fn a_value_may_be_nested_as_deep_as_a_document() {
    let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
    assert_eq!(hash_of_value(&nested(9_999)), Bytes32::sha256(&nested(9_999)));
    let deeper = [b"{\"value\":", &*nested(10_000), b"}"].concat();
    assert_eq!(Data::from_json(&deeper).unwrap_err().kind(), DecodeErrorKind::Syntax);
    for field in ["members", "profile", "payload", "blob", "datatype", "messages", "data"] {
        let json = [b"{\"", field.as_bytes(), b"\":", &*nested(9_999), b"}"].concat();
        read_all(&json);
    }
    let objects = ["{\"value\":", &"{\"a\":".repeat(9_999), "1", &"}".repeat(10_000)].concat();
    let mut data = Data::from_json(objects.as_bytes()).unwrap();
    data.blob = Some(lampyris_message::BlobRef::default());
    drop(data.seal(Some(&StoredBlob::default())));
}

#[test]
fn ten_million_bytes_of_text_hash_as_they_are() {
    let text = format!("\"{}\"", "x".repeat(10_000_000));
    assert_eq!(hash_of_value(text.as_bytes()), Bytes32::sha256(text.as_bytes()));
    let escaped = format!("\"{}\"", "<".repeat(2_000_000));
    let expected = format!("\"{}\"", "\\u003c".repeat(2_000_000));
    assert_eq!(hash_of_value(escaped.as_bytes()), Bytes32::sha256(expected.as_bytes()));
    let json = format!("{{\"name\":{text},\"namespace\":\"ns1\"}}");
    let error = Group::from_json(json.as_bytes()).unwrap().check_fields().unwrap_err();
    assert_eq!(error.code(), "FF00140");
}

#[test]
fn ten_thousand_digits_are_kept_as_they_are() {
    for number in [
        "7".repeat(10_000),
        format!("0.{}", "3".repeat(10_000)),
        format!("-1e{}", "9".repeat(10_000)),
    ] {
        assert_eq!(hash_of_value(number.as_bytes()), Bytes32::sha256(number.as_bytes()));
        let json = format!("{{\"blob\":{{\"size\":{number}}}}}");
        assert_eq!(Data::from_json(json.as_bytes()).unwrap_err().kind(), DecodeErrorKind::Type);
    }
}

#[test]
fn what_is_no_unicode_is_kept_in_a_value_and_repaired_elsewhere() {
    for value in [&b"\"\\ud800\""[..], b"\"\xff\xed\xa0\x80\"", b"{\"\xff\":\"\\udc00\\ud800\"}"] {
        assert_eq!(hash_of_value(value), Bytes32::sha256(value));
    }
    let group = Group::from_json(b"{\"name\":\"a\xff\\ud800\",\"members\":[]}").unwrap();
    assert_eq!(group.name, "a\u{fffd}\u{fffd}");
    assert_eq!(
        group.identity_bytes(),
        "{\"name\":\"a\u{fffd}\u{fffd}\",\"members\":[]}".as_bytes()
    );
}

#[test]
fn a_thousand_repeated_members_leave_the_last_value() {
    let many = "\"value\":1,".repeat(1_000);
    let data = Data::from_json(format!("{{{many}\"VALUE\":[2, 2]}}").as_bytes()).unwrap();
    assert_eq!(data.value, JsonValue::parse(b"[2,2]").ok());
    let inner = format!("{{{}\"a\":1}}", "\"a\":1,".repeat(1_000));
    assert_eq!(hash_of_value(inner.as_bytes()), Bytes32::sha256(inner.as_bytes()));
    let lists = "\"messages\":[{\"hash\":\"ab\"}],".repeat(1_000);
    let payload = BatchPayload::from_json(format!("{{{lists}\"data\":null}}").as_bytes()).unwrap();
    assert_eq!(payload.messages.unwrap().len(), 1);
    assert!(
        Message::from_json(
            format!("{{{}\"data\":[]}}", "\"pins\":[\"x\"],".repeat(1_000)).as_bytes()
        )
        .is_ok()
    );
}
