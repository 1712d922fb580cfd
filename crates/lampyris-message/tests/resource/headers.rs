//! Canonical bytes: their own fixpoint, and the same as another serialiser's.

use lampyris_message::{
    Bytes32, DataHash, DataId, DataListHash, DataRef, GroupHash, Header, Message, MessageId,
    MessageType, Open, SealedMessage, SealedRef, Timestamp, TransactionId, TransactionRef, TxType,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn any_text() -> impl Strategy<Value = String> {
    let escaped = "[a<>&\"\\\\\n\u{2028}\u{2029}\u{200b}]{0,6}";
    prop_oneof![Just(String::new()), "[ -~]{0,20}", "\\PC{0,12}", escaped, any::<String>()]
}

fn any_type() -> impl Strategy<Value = Open<MessageType>> {
    prop_oneof![
        prop::sample::select(MessageType::ALL).prop_map(Open::from),
        any_text().prop_map(|text| Open::from_text(&text)),
    ]
}

fn any_tx_type() -> impl Strategy<Value = Open<TxType>> {
    prop_oneof![
        prop::sample::select(TxType::ALL).prop_map(Open::from),
        any_text().prop_map(|text| Open::from_text(&text)),
    ]
}

fn any_created() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_unix_nanos)
}

prop_compose! {
    pub(crate) fn any_header()(
        ids in (option::of(any::<[u8; 16]>()), option::of(any::<[u8; 16]>())),
        hashes in (option::of(any::<[u8; 32]>()), option::of(any::<[u8; 32]>())),
        message_type in any_type(),
        tx_type in option::of(any_tx_type()),
        texts in (any_text(), any_text(), any_text(), any_text()),
        created in option::of(any_created()),
        topics in vec(any_text(), 0..4),
        tx_parent in option::of((any_tx_type(), option::of(any::<[u8; 16]>()))),
    ) -> Header {
        Header {
            id: ids.0.map(MessageId::from_bytes),
            cid: ids.1.map(MessageId::from_bytes),
            message_type,
            tx_type: tx_type.filter(|t| !t.is_empty()),
            author: texts.0,
            key: texts.1,
            created,
            namespace: texts.2,
            group: hashes.0.map(GroupHash::from_bytes),
            topics,
            tag: texts.3,
            data_hash: hashes.1.map(DataListHash::from_bytes),
            tx_parent: tx_parent.map(|(tx_type, id)| TransactionRef {
                tx_type,
                id: id.map(TransactionId::from_bytes),
            }),
        }
    }
}

/// The header as another serialiser writes it, with HTML escaped afterwards.
fn reference(header: &Header) -> String {
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
    let text = |text: &str| (!text.is_empty()).then(|| json!(text));
    header.id.map(|id| put("id", json!(id.to_string())));
    header.cid.map(|id| put("cid", json!(id.to_string())));
    put("type", json!(header.message_type.as_str()));
    header.tx_type.as_ref().map(|t| put("txtype", json!(t.as_str())));
    text(&header.author).map(|t| put("author", t));
    text(&header.key).map(|t| put("key", t));
    header.created.map(|t| put("created", json!(Some(t.to_string()).filter(|t| !t.is_empty()))));
    text(&header.namespace).map(|t| put("namespace", t));
    header.group.map(|h| put("group", json!(h.to_string())));
    Some(&header.topics).filter(|t| !t.is_empty()).map(|t| put("topics", json!(t)));
    text(&header.tag).map(|t| put("tag", t));
    header.data_hash.map(|h| put("datahash", json!(h.to_string())));
    if let Some(parent) = &header.tx_parent {
        let mut inner = Map::new();
        inner.insert("type".to_owned(), json!(parent.tx_type.as_str()));
        parent.id.map(|id| inner.insert("id".to_owned(), json!(id.to_string())));
        put("txparent", Value::Object(inner));
    }
    in_order(&members)
}

/// `serde_json` sorts members; the order of the header is put back by hand.
fn in_order(members: &Map<String, Value>) -> String {
    let names = [
        "id",
        "cid",
        "type",
        "txtype",
        "author",
        "key",
        "created",
        "namespace",
        "group",
        "topics",
        "tag",
        "datahash",
        "txparent",
    ];
    let write = |name: &&str| match members.get(*name)? {
        Value::Object(parent) => {
            let id = parent.get("id").map(|id| format!(",\"id\":{id}")).unwrap_or_default();
            Some(format!("\"{name}\":{{\"type\":{}{id}}}", parent["type"]))
        }
        value => Some(format!("\"{name}\":{value}")),
    };
    let body: Vec<String> = names.iter().filter_map(write).collect();
    format!("{{{}}}", body.join(","))
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

proptest! {
    #[test]
    fn canonical_bytes_are_those_of_another_serialiser(header in any_header()) {
        let bytes = header.canonical_bytes();
        prop_assert_eq!(std::str::from_utf8(&bytes).unwrap(), reference(&header));
        prop_assert_eq!(header.hash().0, Bytes32::sha256(&bytes));
    }

    #[test]
    fn canonical_bytes_are_read_as_the_same_header(header in any_header()) {
        let bytes = header.canonical_bytes();
        let mut expected = header;
        // The zero time is written as `null`, which is read as no time.
        expected.created = expected.created.filter(|created| !created.is_zero());
        prop_assert_eq!(Header::from_json(&bytes), Ok(expected));
    }

    #[test]
    fn a_sealed_message_comes_back_from_its_bytes(mut header in any_header(), refs in any_refs()) {
        let sealed = seal(&mut header, refs);
        let data = sealed.data().to_vec();
        let again = SealedMessage::from_header_bytes(sealed.header_bytes(), Some(data));
        prop_assert_eq!(again, Ok(sealed));
    }

    #[test]
    fn only_canonical_bytes_are_taken(
        mut header in any_header(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        how in 0..3,
    ) {
        let sealed = seal(&mut header, Vec::new());
        let mut bytes = sealed.header_bytes().to_vec();
        let at = at.index(bytes.len());
        match how {
            0 => bytes[at] = byte,
            1 => bytes.insert(at, byte),
            _ => drop(bytes.remove(at)),
        }
        if let Ok(taken) = SealedMessage::from_header_bytes(&bytes, Some(Vec::new())) {
            prop_assert_eq!(taken.header_bytes(), &bytes[..]);
            prop_assert_eq!(taken.header().canonical_bytes(), bytes.clone());
            prop_assert_eq!(&Header::from_json(&bytes).unwrap(), taken.header());
        } else if let Ok(read) = Header::from_json(&bytes) {
            let canonical = read.canonical_bytes() == bytes;
            let other_data = read.id.is_none() || read.data_hash != sealed.header().data_hash;
            let message = Message { header: read, ..Message::default() };
            prop_assert!(!canonical || other_data || message.check_fields().is_err());
        }
    }
}

pub(crate) fn any_refs() -> impl Strategy<Value = Vec<SealedRef>> {
    vec(any::<([u8; 16], [u8; 32])>(), 0..4).prop_map(|refs| {
        let entry = |(id, hash): ([u8; 16], [u8; 32])| SealedRef {
            id: DataId::from_bytes(id),
            hash: DataHash::from_bytes(hash),
        };
        refs.into_iter().map(entry).collect()
    })
}

/// Makes a header one that can be sealed, and seals it.
pub(crate) fn seal(header: &mut Header, refs: Vec<SealedRef>) -> SealedMessage {
    header.id = header.id.or(Some(MessageId::from_bytes([7; 16])));
    header.created = header.created.or(Some(Timestamp::from_unix_nanos(1)));
    header.tx_type = Some(TxType::BatchPin.into());
    header.topics = vec!["topic".to_owned()];
    "tag".clone_into(&mut header.tag);
    let entry = |r: SealedRef| Some(DataRef { id: Some(r.id), hash: Some(r.hash) });
    let data = Some(refs.into_iter().map(entry).collect());
    let mut message = Message { header: header.clone(), data, ..Message::default() };
    message.seal().unwrap()
}
