//! Documents far beyond the usual: each gives an error or the right hash.
//! That no such document breaks any reader is held in the properties of the testkit.

use lampyris_message::json::JsonValue;
use lampyris_message::{BatchPayload, Bytes32, Data, DecodeErrorKind, Group, Message, StoredBlob};

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
