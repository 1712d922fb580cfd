//! The rules of Go's `encoding/json`, one by one.

use lampyris_message::json::JsonValue;
use lampyris_message::message::DataRefs;
use lampyris_message::{DecodeErrorKind, Header, Message};

const ID: &str = "0f1c6e05-2a5f-4d0d-a9b1-8f8a5e6d2b11";
const HASH: &str = "781caa6738a604344ae86ee336ada1b48a404a85e7041cf75b864e50e3b14a22";

/// What a header becomes.
#[track_caller]
fn header(json: impl AsRef<[u8]>, canonical: &str) {
    let header = Header::from_json(json.as_ref()).unwrap();
    assert_eq!(String::from_utf8(header.canonical_bytes()).unwrap(), canonical);
}

#[track_caller]
fn refused(json: impl AsRef<[u8]>, kind: DecodeErrorKind) {
    let error = Header::from_json(json.as_ref()).unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
}

#[test]
fn an_exact_key_and_a_folded_one_are_the_same_field() {
    header(r#"{"Tag":"one","tag":"two","TAG":"three"}"#, r#"{"type":"","tag":"three"}"#);
    header(
        "{\"\u{212a}ey\":\"k\",\"topic\u{17f}\":[\"t\"]}",
        r#"{"type":"","key":"k","topics":["t"]}"#,
    );
    header(r#"{"\u0074ag":"t","t\u0041g":"u"}"#, r#"{"type":"","tag":"u"}"#);
}

#[test]
fn null_leaves_texts_and_clears_pointers_and_lists() {
    header(
        format!(r#"{{"tag":"t","tag":null,"id":"{ID}","id":null,"type":"x","type":null}}"#),
        r#"{"type":"x","tag":"t"}"#,
    );
    header(
        r#"{"topics":["a"],"topics":null,"txtype":"b","txtype":null}"#,
        r#"{"type":"","txtype":"b"}"#,
    );
    header(r#"{"txparent":{"type":"a"},"txparent":null}"#, r#"{"type":""}"#);
    header("null", r#"{"type":""}"#);
}

#[test]
fn an_empty_text_empties_a_text_but_not_an_id() {
    header(r#"{"txtype":"x","txtype":"","tag":"t","tag":""}"#, r#"{"type":""}"#);
    header(format!(r#"{{"id":"{ID}","id":""}}"#), &format!(r#"{{"id":"{ID}","type":""}}"#));
    header(r#"{"id":""}"#, r#"{"id":"00000000-0000-0000-0000-000000000000","type":""}"#);
}

#[test]
fn a_shorter_hash_overwrites_only_the_front_of_the_one_before() {
    let expected = format!(r#"{{"type":"","group":"abcd{}"}}"#, &HASH[4..]);
    header(format!(r#"{{"group":"{HASH}","group":"0xabcd"}}"#), &expected);
    header(r#"{"group":"ab"}"#, &format!(r#"{{"type":"","group":"ab{}"}}"#, "0".repeat(62)));
}

#[test]
fn repeated_objects_merge_and_repeated_lists_keep_what_null_does_not_touch() {
    header(
        r#"{"txparent":{"type":"a"},"txparent":{"id":""}}"#,
        r#"{"type":"","txparent":{"type":"a","id":"00000000-0000-0000-0000-000000000000"}}"#,
    );
    header(r#"{"topics":["a","b"],"topics":[null,"z"]}"#, r#"{"type":"","topics":["a","z"]}"#);
    // Cut off, an entry is only out of sight.
    header(
        r#"{"topics":["a","b","c"],"topics":["z"],"topics":["q",null,null,null]}"#,
        r#"{"type":"","topics":["q","b","c",""]}"#,
    );
    header(r#"{"topics":["a"],"topics":[],"topics":[null]}"#, r#"{"type":"","topics":[""]}"#);
}

#[test]
fn repeated_data_merges_into_the_references_before() {
    let json = format!(
        r#"{{"data":[{{"id":"{ID}"}},null],"data":[{{"hash":"{HASH}"}},{{"id":""}},null]}}"#
    );
    let message = Message::from_json(json.as_bytes()).unwrap();
    let bytes = DataRefs(message.data).canonical_bytes();
    let nil = "00000000-0000-0000-0000-000000000000";
    let expected = format!(r#"[{{"id":"{ID}","hash":"{HASH}"}},{{"id":"{nil}"}},null]"#);
    assert_eq!(String::from_utf8(bytes).unwrap(), expected);
}

#[test]
fn repeated_headers_of_a_message_merge() {
    let json =
        br#"{"header":{"tag":"t","topics":["a","b"]},"HEADER":{"topics":[null]},"header":null}"#;
    let message = Message::from_json(json).unwrap();
    assert_eq!((message.header.tag.as_str(), message.header.topics), ("t", vec!["a".to_owned()]));
}

#[test]
fn malformed_wins_over_a_refused_text_and_that_over_a_wrong_type() {
    refused(r#"{"tag":1,"id":"zz","x":tru}"#, DecodeErrorKind::Syntax);
    refused(r#"{"tag":1,"id":"zz"}"#, DecodeErrorKind::Value);
    refused(r#"{"tag":1,"created":"zz","id":"zz"}"#, DecodeErrorKind::Coded);
    refused(r#"{"tag":1,"id":[]}"#, DecodeErrorKind::Type);
}

#[test]
fn what_is_no_json_is_refused() {
    for json in [
        "",
        " ",
        "{",
        "[",
        "{]",
        "[}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,}",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{\"a\" 1}",
        "{a:1}",
        "{'a':1}",
        "nul",
        "nulL",
        "tru",
        "+1",
        "-",
        "-a",
        ".5",
        "1.",
        "1.e1",
        "1e",
        "1e+",
        "\"",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\n\"",
        "\"\u{1f}\"",
        "\u{feff}{}",
        "{\"a\":01}",
        "[01]",
        "[-01]",
        "[0x1]",
        "[1_0]",
        "[NaN]",
        "// c\n{}",
        "{\"a\":1/**/}",
        "[\"a\":1]",
        "\u{a0}{}",
        "{\"a\":\"\t\"}",
        "{\"a\":1}}".get(..6).unwrap(),
    ] {
        let error = JsonValue::parse(json.as_bytes()).map(|v| v.as_bytes().to_vec());
        assert_eq!(error.map_err(|e| e.kind()), Err(DecodeErrorKind::Syntax), "{json:?}");
    }
}

#[test]
fn what_follows_the_first_value_is_not_looked_at() {
    for (json, value) in [
        ("{}}", "{}"),
        ("[] trailing", "[]"),
        ("01", "0"),
        ("1 2", "1"),
        ("nullx", "null"),
        ("\"a\"\"", "\"a\""),
        ("-0-", "-0"),
        ("1.5.5", "1.5"),
        ("\r\n\t 1e5e", "1e5"),
        ("0x", "0"),
    ] {
        assert_eq!(JsonValue::parse(json.as_bytes()).unwrap().as_bytes(), value.as_bytes());
    }
}

#[test]
fn a_value_is_kept_as_written_but_for_space_and_html() {
    let compact = |json: &[u8]| JsonValue::parse(json).unwrap().as_bytes().to_vec();
    let json = b" { \"a b\" : [ 1.0 , 1E+5, -0 ] ,\t\"a b\":\"\\/\\u00e9\\\"  \\\\\" } ";
    assert_eq!(compact(json), br#"{"a b":[1.0,1E+5,-0],"a b":"\/\u00e9\"  \\"}"#);
    assert_eq!(
        compact(b"\"<\\\\>&\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa\xe2\x80\xff\""),
        b"\"\\u003c\\\\\\u003e\\u0026\\u2028\\u2029\xe2\x80\xaa\xe2\x80\xff\""
    );
}

#[test]
fn a_text_is_repaired_where_it_is_no_unicode() {
    let tag = |json: &[u8]| Header::from_json(json).unwrap().tag;
    assert_eq!(
        tag(b"{\"tag\":\"a\xffb\xe2\x82c\xf0\x9f\x98\"}"),
        "a\u{fffd}b\u{fffd}\u{fffd}c\u{fffd}\u{fffd}\u{fffd}"
    );
    assert_eq!(
        tag(br#"{"tag":"\ud83c\udf89 \ud83c \udf89\ud83c\u0041\ud83c\ud83c\udf89"}"#),
        "\u{1f389} \u{fffd} \u{fffd}\u{fffd}A\u{fffd}\u{1f389}"
    );
    assert_eq!(tag(br#"{"tag":"\"\\\/\b\f\n\r\t"}"#), "\"\\/\x08\x0c\n\r\t");
    assert_eq!(tag(b"{\"tag\":\"\xed\xa0\x80\xc0\x80\"}"), "\u{fffd}".repeat(5));
}

#[test]
fn an_enum_is_lower_cased_letter_by_letter() {
    header(
        "{\"type\":\"\u{130}\u{1e9e}\u{3a3}\u{212a}\u{1c89}\"}",
        "{\"type\":\"i\u{df}\u{3c3}k\u{1c89}\"}",
    );
}
