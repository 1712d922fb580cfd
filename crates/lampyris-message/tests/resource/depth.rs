//! Deep nesting is refused or read, and never overflows the stack.

use lampyris_message::json::JsonValue;
use lampyris_message::{DecodeErrorKind, Header, Message};

fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

#[test]
fn ten_thousand_containers_are_read() {
    assert_eq!(JsonValue::parse(nested(10_000).as_bytes()).unwrap().as_bytes().len(), 20_000);
    let header = Header::from_json(format!("{{\"tag\":\"t\",\"x\":{}}}", nested(9_999)).as_bytes());
    assert_eq!(header.unwrap().tag, "t");
}

#[test]
fn one_container_more_is_malformed() {
    for json in [nested(10_001), format!("{{\"x\":{}}}", nested(10_000)), "[".repeat(10_001)] {
        let kind = JsonValue::parse(json.as_bytes()).unwrap_err().kind();
        assert_eq!(kind, DecodeErrorKind::Syntax);
        assert_eq!(Header::from_json(json.as_bytes()).unwrap_err().kind(), DecodeErrorKind::Syntax);
    }
}

#[test]
fn depth_where_a_field_stands_is_a_wrong_type() {
    for json in [
        format!("{{\"header\":{}}}", nested(9_000)),
        format!("{{\"data\":{}}}", nested(9_000)),
        format!("{{\"header\":{{\"topics\":{}}}}}", nested(9_000)),
        format!("{{\"pins\":[{}]}}", "{\"a\":".repeat(9_000) + "1" + &"}".repeat(9_000)),
    ] {
        let kind = Message::from_json(json.as_bytes()).unwrap_err().kind();
        assert_eq!(kind, DecodeErrorKind::Type);
    }
}

#[test]
fn an_unclosed_million_is_refused() {
    for text in ["[", "{\"a\":", "[{\"header\":"] {
        let json = text.repeat(1_000_000 / text.len());
        assert!(Message::from_json(json.as_bytes()).is_err());
    }
}
