//! No bytes make a reader panic, and a refused seal changes nothing.

use lampyris_message::check::{Crossings, Verdict, items};
use lampyris_message::json::{JsonValue, Node};
use lampyris_message::message::DataRefs;
use lampyris_message::{Bytes32, Header, Message, MessageId, Pin, SealedMessage};
use proptest::prelude::*;

const MESSAGE: &str = r#"{"header":{"id":"0f1c6e05-2a5f-4d0d-a9b1-8f8a5e6d2b11","cid":null,
 "type":"private","txtype":"batch_pin","author":"did:firefly:org/org_0","key":"0x1d\u00e9\ud83c",
 "created":"2022-05-16T01:23:10.5+02:00","namespace":"ns1","topics":["a","b",null],
 "group":"781caa6738a604344ae86ee336ada1b48a404a85e7041cf75b864e50e3b14a22","tag":"blue",
 "txparent":{"type":"token_transfer","id":"99a1c2f1-5df4-4a3e-9d7f-07d5a6b8c001"}},
 "data":[{"id":"a0000000-0000-4000-8000-000000000001","hash":"0xab"},{},null],
 "pins":["x"],"state":"staged","confirmed":"1652664190","extra":[{"a":[1e5,-0.5]}]} trailing"#;

fn read_all(bytes: &[u8]) {
    drop(Header::from_json(bytes));
    drop(DataRefs::from_json(bytes));
    drop(JsonValue::parse(bytes));
    drop(SealedMessage::from_header_bytes(bytes, None));
    let found = Node::first(bytes).ok().and_then(|node| items(node).ok());
    let mut crossings = Crossings::new(3);
    for item in found.into_iter().flatten() {
        if let Ok(examined) = item.examine() {
            crossings.take(&examined, &());
            assert!(examined.faults.is_empty() || examined.verdict() == Verdict::Wrong);
        }
    }
    if let Ok(mut message) = Message::from_json(bytes) {
        let written = message.to_json();
        assert_eq!(Message::from_json(&written).unwrap().to_json(), written);
        let before = message.clone();
        match message.seal() {
            Ok(sealed) => assert_eq!(message.verify(), Ok(sealed)),
            Err(_) => assert_eq!(message, before, "a refused seal changes nothing"),
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read_all(&bytes);
    }

    #[test]
    fn no_tokens_panic(tokens in prop::collection::vec(prop::sample::select(vec![
        "{", "}", "[", "]", ",", ":", "\"", "\\", "null", "true", "1", "-", "e", ".", " ",
        "\"payload\"", "\"manifest\"", "\"messages\"", "\"value\"", "\"blob\"", "\"hash\"", "\"ab\"",
        "\"header\"", "\"data\"", "\"topics\"", "\"id\"", "\"txparent\"", "\"\\u212a\"", "\"\\ud800",
    ]), 0..40)) {
        read_all(tokens.concat().as_bytes());
    }

    #[test]
    fn no_change_to_a_message_panics(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3), 1..4),
    ) {
        let mut bytes = MESSAGE.as_bytes().to_vec();
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

    #[test]
    fn no_text_panics_a_parser(text in "\\PC{0,70}") {
        drop((MessageId::parse(&text), Bytes32::parse(&text), Pin::parse(&text)));
    }

    #[test]
    fn ids_and_hashes_are_read_as_they_are_printed(id in any::<[u8; 16]>(), hash in any::<[u8; 32]>()) {
        let (id, hash) = (MessageId::from_bytes(id), Bytes32(hash));
        for text in [id.to_string(), format!("{{{id}}}"), format!("urn:uuid:{id}"),
            id.to_string().replace('-', ""), id.to_string().to_uppercase()] {
            prop_assert_eq!(MessageId::parse(&text), Ok(id));
        }
        prop_assert_eq!(Bytes32::parse(&hash.to_string()), Ok(hash));
        prop_assert_eq!(Bytes32::parse(&format!("0x{hash}")), Ok(hash));
    }

    #[test]
    fn pins_are_read_as_they_are_printed(hash in any::<[u8; 32]>(), nonce in any::<Option<u64>>()) {
        let pin = Pin { hash: Bytes32(hash).into(), nonce };
        prop_assert_eq!(Pin::parse(&pin.to_string()), Ok(pin));
    }
}

#[test]
fn the_message_that_is_changed_above_is_a_good_one() {
    assert!(Message::from_json(MESSAGE.as_bytes()).is_ok());
}
