//! What becomes of each field that a client posts: every one of them is kept or told as ignored.

use std::collections::BTreeMap;

use lampyris_message::posted::{FIELDS, Fate};
use lampyris_message::{
    BatchId, DataId, DataListHash, DataRef, GroupHash, Header, Message, MessageHash, MessageId,
    MessageState, MessageType, Posted, Timestamp, TransactionId, TransactionRef, TxType,
};
use serde_json::Value;

/// A message that has every field; nothing is left to a default, so that a new field comes in here too.
fn everything() -> Message {
    let tx_id = TransactionId::from_bytes([4; 16]);
    let time = Timestamp::from_unix_nanos(1_652_664_190_000_000_001);
    Message {
        header: Header {
            id: Some(MessageId::from_bytes([1; 16])),
            cid: Some(MessageId::from_bytes([2; 16])),
            message_type: MessageType::GroupInit.into(),
            tx_type: Some(TxType::Unpinned.into()),
            author: "did:firefly:org/acme".into(),
            key: "0x1".into(),
            created: Some(time),
            namespace: "ns1".into(),
            group: Some(GroupHash::from_bytes([3; 32])),
            topics: vec!["a".into(), "b".into()],
            tag: "blue".into(),
            data_hash: Some(DataListHash::from_bytes([5; 32])),
            tx_parent: Some(TransactionRef {
                tx_type: TxType::TokenTransfer.into(),
                id: Some(tx_id),
            }),
        },
        local_namespace: "local".into(),
        hash: Some(MessageHash::from_bytes([6; 32])),
        batch: Some(BatchId::from_bytes([7; 16])),
        tx_id: Some(tx_id),
        state: Some(MessageState::Confirmed.into()),
        confirmed: Some(time),
        reject_reason: "FF10198: no".into(),
        data: Some(vec![Some(DataRef { id: Some(DataId::from_bytes([8; 16])), hash: None }), None]),
        pins: vec!["x".into()],
        idempotency_key: "key".into(),
    }
}

/// The fields that a message says when it is written, the header's with its name before theirs.
fn fields(message: &Message) -> BTreeMap<String, Value> {
    let Value::Object(written) = serde_json::from_slice(&message.to_json()).unwrap() else {
        panic!("a message is an object")
    };
    let mut fields = BTreeMap::new();
    for (name, value) in written {
        match value {
            Value::Object(header) if name == "header" => {
                fields.extend(
                    header.into_iter().map(|(name, value)| (format!("header.{name}"), value)),
                );
            }
            value => drop(fields.insert(name, value)),
        }
    }
    fields
}

/// The field alone, as a client would post it.
fn alone(name: &str, value: &Value) -> Message {
    let json = match name.strip_prefix("header.") {
        Some(name) => serde_json::json!({ "header": { name: value } }),
        None => serde_json::json!({ name: value }),
    };
    Message::from_json(json.to_string().as_bytes()).unwrap()
}

#[test]
fn every_field_is_kept_or_told_as_ignored() {
    let fields = fields(&everything());
    assert!(fields.keys().all(|name| FIELDS.iter().any(|(known, _)| known == name)), "{fields:?}");
    for (name, fate) in FIELDS {
        let posted = alone(name, &fields[name]);
        assert_ne!(posted, Message::default(), "{name} is read");
        let Posted { message, ignored } = Posted::new(posted.clone());
        match fate {
            Fate::Kept => assert_eq!((message, ignored), (posted, vec![]), "{name}"),
            Fate::Ignored => assert_eq!((message, ignored), (Message::default(), vec![name])),
        }
    }
}

#[test]
fn all_that_is_ignored_is_told_in_one_order() {
    let Posted { message, ignored } = Posted::new(everything());
    let expected: Vec<_> =
        FIELDS.iter().filter(|(_, fate)| *fate == Fate::Ignored).map(|(name, _)| *name).collect();
    assert_eq!(ignored, expected);
    let everything = fields(&everything());
    let mut kept = fields(&message);
    // Written even when it is empty.
    assert_eq!(kept.remove("header.type"), Some(Value::from("")));
    kept.retain(|name, value| everything.get(name) == Some(value));
    let expected = FIELDS.iter().filter(|(_, fate)| *fate == Fate::Kept);
    assert!(expected.clone().all(|(name, _)| kept.contains_key(*name)), "{kept:?}");
    assert_eq!(kept.len(), expected.count());
}

#[test]
fn what_is_given_empty_is_not_told() {
    let json = br#"{"header":{"id":null,"type":"","created":"0001-01-01T00:00:00Z","namespace":"","txparent":{}},
        "localNamespace":"","hash":null,"batch":null,"txid":null,"state":"","confirmed":null,"rejectReason":"",
        "pins":[]}"#;
    let posted = Posted::new(Message::from_json(json).unwrap());
    assert_eq!(posted, Posted { message: Message::default(), ignored: vec![] });
}

#[test]
fn the_page_says_the_same() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/posting.md");
    let page = std::fs::read_to_string(path).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let rows: Vec<Vec<_>> = rows.map(|row| row.split('|').map(str::trim).collect()).collect();
    let said: Vec<_> = rows.iter().map(|row| (row[1].trim_matches('`'), row[2])).collect();
    let fate = |fate| match fate {
        Fate::Kept => "kept",
        Fate::Ignored => "ignored",
    };
    assert_eq!(said, FIELDS.map(|(name, what)| (name, fate(what))));
}
