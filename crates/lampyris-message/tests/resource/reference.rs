//! A second opinion: the rules written again in a few lines over another JSON library.
//! Inputs are such that plain JSON does: compact, keys in order, nothing for HTML to mistake.

use lampyris_message::pin::assign::{PinRequest, StoredNonces, assign};
use lampyris_message::{
    Batch, BatchId, BatchPayload, BatchType, Bytes32, Data, Group, GroupHash, Message, Open,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

fn sha(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    const_hex::encode(hash.finalize())
}

/// An object with its members in the order given; `null` members are left out.
fn object(members: &[(&str, Value)]) -> String {
    let present = members.iter().filter(|(_, value)| !value.is_null());
    let texts: Vec<_> =
        present.map(|(name, value)| format!("{}:{value}", Value::from(*name))).collect();
    format!("{{{}}}", texts.join(","))
}

fn uuid(byte: u8) -> String {
    format!("{byte:02x}000000-0000-4000-8000-0000000000{byte:02x}")
}

/// Letters, digits, quotes, backslashes and letters beyond ASCII; nothing HTML could mistake.
fn text() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9 \"\\\\/éß漢🎉]{0,12}"
}

fn name() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9]([a-zA-Z0-9._-]{0,20}[a-zA-Z0-9])?"
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(text(), inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

prop_compose! {
    /// A message as JSON with its header as it is hashed, without `datahash`.
    fn message()(
        id in any::<u8>(),
        created in 0_u32..2_000_000_000,
        author in text(),
        group in prop::option::of(any::<[u8; 32]>()),
        topics in prop::collection::btree_set(name(), 1..6),
        tag in name(),
        data in prop::collection::btree_map(any::<u8>(), any::<[u8; 32]>(), 0..4),
    ) -> (Value, Vec<(&'static str, Value)>, String) {
        let time = jiff::Timestamp::from_second(i64::from(created)).unwrap().to_string();
        let author = if author.is_empty() { Value::Null } else { json!(author) };
        let group = group.map_or(Value::Null, |group| json!(Bytes32(group).to_string()));
        let header = vec![
            ("id", json!(uuid(id))),
            ("type", json!("broadcast")),
            ("txtype", json!("batch_pin")),
            ("author", author),
            ("created", json!(time)),
            ("namespace", json!("ns1")),
            ("group", group),
            ("topics", json!(topics)),
            ("tag", json!(tag)),
        ];
        let refs: Vec<_> = data.iter().map(|(id, hash)| {
            object(&[("id", json!(uuid(*id))), ("hash", json!(Bytes32(*hash).to_string()))])
        }).collect();
        let refs = format!("[{}]", refs.join(","));
        let members: Map<_, _> = header.iter().map(|(n, v)| ((*n).to_owned(), v.clone())).collect();
        let parsed: Value = serde_json::from_str(&refs).unwrap();
        (json!({ "header": members, "data": parsed }), header, refs)
    }
}

proptest! {
    #[test]
    fn a_message_hashes_to_what_the_rules_say((json, mut header, refs) in message()) {
        let mut message = Message::from_json(json.to_string().as_bytes()).unwrap();
        let sealed = message.seal().unwrap();
        header.push(("datahash", json!(sha(&[refs.as_bytes()]))));
        let bytes = object(&header);
        prop_assert_eq!(sealed.header_bytes(), bytes.as_bytes());
        prop_assert_eq!(sealed.hash().to_string(), sha(&[bytes.as_bytes()]));
    }

    #[test]
    fn data_hashes_to_what_the_rules_say(
        value in value(),
        blob in prop::option::of(any::<[u8; 32]>()),
        pretty in any::<bool>(),
    ) {
        let mut members = json!({ "value": value });
        let blob = blob.map(|blob| Bytes32(blob).to_string());
        if let Some(blob) = &blob {
            members["blob"] = json!({ "hash": blob });
        }
        let json = if pretty { serde_json::to_string_pretty(&members) } else { serde_json::to_string(&members) };
        let data = Data::from_json(json.unwrap().as_bytes()).unwrap();
        let of_value = sha(&[value.to_string().as_bytes()]);
        let expected = match &blob {
            None => of_value,
            Some(blob) => sha(&[of_value.as_bytes(), blob.as_bytes()]),
        };
        prop_assert_eq!(data.calc_hash().unwrap().to_string(), expected);
        prop_assert_eq!(data.value_size(), value.to_string().len());
    }

    #[test]
    fn a_group_hashes_to_what_the_rules_say(
        namespace in name(),
        name in text(),
        members in prop::collection::vec((text(), any::<u8>()), 0..12),
    ) {
        let member = |(identity, node): &(String, u8)| {
            let identity = if identity.is_empty() { Value::Null } else { json!(identity) };
            object(&[("identity", identity), ("node", json!(uuid(*node)))])
        };
        let list = |members: &[_]| members.iter().map(member).collect::<Vec<_>>().join(",");
        let whole = |list: String| {
            format!("{{\"namespace\":{},\"name\":{},\"members\":[{list}]}}", json!(namespace), json!(name))
        };
        let mut group = Group::from_json(whole(list(&members)).as_bytes()).unwrap();
        let mut sorted = members;
        sorted.sort_by(|a, b| a.0.as_bytes().cmp(b.0.as_bytes()));
        let expected = sha(&[whole(list(&sorted)).as_bytes()]);
        prop_assert_eq!(group.seal().unwrap().to_string(), expected);
    }

    #[test]
    fn a_batch_hashes_to_what_the_rules_say(
        messages in prop::collection::vec(message(), 0..5),
        values in prop::collection::vec(value(), 0..5),
    ) {
        let (mut entries, mut sealed) = (Vec::new(), Vec::new());
        for (json, ..) in messages {
            let mut message = Message::from_json(json.to_string().as_bytes()).unwrap();
            let hash = message.seal().unwrap().hash().to_string();
            let topics = message.header.topics.len();
            let id = message.header.id.unwrap().to_string();
            entries.push(object(&[("id", json!(id)), ("hash", json!(hash)), ("topics", json!(topics))]));
            sealed.push(message);
        }
        let (mut refs, mut data) = (Vec::new(), Vec::new());
        for (id, value) in (0..).zip(values) {
            let json = json!({ "id": uuid(id), "value": value, "created": "2020-01-01T00:00:00Z" });
            let mut element = Data::from_json(json.to_string().as_bytes()).unwrap();
            let hash = element.seal(None).unwrap().to_string();
            refs.push(object(&[("id", json!(uuid(id))), ("hash", json!(hash))]));
            data.push(element);
        }
        let tx = json!({ "tx": { "type": "batch_pin", "id": uuid(9) } });
        let tx = BatchPayload::from_json(tx.to_string().as_bytes()).unwrap().tx;
        let payload =
            BatchPayload::assemble(&Open::from(BatchType::Broadcast), tx, sealed, data);
        let id = BatchId::parse(&uuid(8)).unwrap();
        let expected = format!(
            "{{\"version\":1,\"id\":\"{id}\",\"tx\":{},\"messages\":[{}],\"data\":[{}]}}",
            object(&[("type", json!("batch_pin")), ("id", json!(uuid(9)))]),
            entries.join(","), refs.join(","),
        );
        let manifest = payload.manifest(Some(id));
        prop_assert_eq!(manifest.to_string(), expected.as_str());
        prop_assert_eq!(manifest.hash().to_string(), sha(&[expected.as_bytes()]));
        let batch = Batch { payload, ..Batch::default() };
        prop_assert_eq!(Batch::from_json(&batch.to_json()), Ok(batch));
    }

    #[test]
    fn pins_are_made_of_what_the_rules_say(
        topics in prop::collection::vec(text(), 1..5),
        author in text(),
        group in any::<[u8; 32]>(),
        last in prop::option::of(0..u64::MAX / 4),
    ) {
        let key = |topic: &str| sha(&[topic.as_bytes(), &group, author.as_bytes()]);
        let stored: StoredNonces = topics.iter()
            .filter_map(|topic| Some((Bytes32::parse(&key(topic)).unwrap(), last?)))
            .collect();
        let id = lampyris_message::MessageId::from_bytes([1; 16]);
        let group_hash = Some(GroupHash::from_bytes(group));
        let request = PinRequest { id, author: &author, group: group_hash, topics: &topics, pins: &[] };
        let assigned = assign(&[request], &stored).unwrap();
        let mut next: Map<String, Value> = Map::new();
        for (topic, pin) in topics.iter().zip(assigned.message_pins[0].as_ref().unwrap()) {
            let start = last.map_or(0, |last| last + 1);
            let nonce = next.get(topic).map_or(start, |spent| spent.as_u64().unwrap() + 1);
            next.insert(topic.clone(), json!(nonce));
            let hash = sha(&[topic.as_bytes(), &group, author.as_bytes(), &nonce.to_be_bytes()]);
            prop_assert_eq!(pin.to_string(), format!("{hash}:{nonce:016}"));
        }
    }
}
