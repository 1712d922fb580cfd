//! The family `pins`.

use lampyris_message::pin::assign::{PinRequest, StoredNonces, assign};
use lampyris_message::pin::context;
use lampyris_message::{Bytes32, GroupHash, MessageId};
use serde_json::{Value, json};

use crate::{Case, Outcome, Refusal, text};

/// The operations of ours.
pub(crate) const OPS: &[&str] = &["broadcastContext", "privateContext", "privatePin", "batchPins"];

/// Runs one case.
pub(crate) fn run(case: &Case) -> Outcome {
    let topic = || case.string("topic");
    let group = || GroupHash::parse(&case.string("group"));
    match case.op() {
        "broadcastContext" => Ok(vec![text("hash", context::broadcast(&topic()))]),
        "privateContext" => Ok(vec![text("hash", context::private(&topic(), &group()?))]),
        "privatePin" => {
            let nonce = context::nonce_from_signed(case.input("nonce").as_i64().unwrap());
            let author = case.string("identity");
            Ok(vec![text("hash", context::private_pin(&topic(), &group()?, &author, nonce))])
        }
        "batchPins" => batch_pins(case),
        other => unreachable!("{other} is not ours"),
    }
}

struct Row {
    id: MessageId,
    author: String,
    group: Option<GroupHash>,
    topics: Vec<String>,
    pins: Vec<String>,
}

fn batch_pins(case: &Case) -> Outcome {
    let rows = case.input("storedNonces").as_array().unwrap();
    let stored: StoredNonces = rows.iter().map(nonce_row).collect::<Result<_, Refusal>>()?;
    let rows: Vec<_> = case.input("messages").as_array().unwrap().iter().map(row).collect();
    let requests: Vec<_> = rows.iter().map(request).collect();
    let assigned = assign(&requests, &stored)?;
    let hashes: Vec<_> = assigned.batch_pins.iter().map(ToString::to_string).collect();
    let strings = |pins: &Option<Vec<_>>| {
        pins.as_ref().map(|pins| pins.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let message_pins: Vec<_> = assigned.message_pins.iter().map(strings).collect();
    let nonces: serde_json::Map<_, _> =
        assigned.nonces.iter().map(|(key, nonce)| (key.to_string(), json!(nonce))).collect();
    Ok(vec![
        text("batchPins", json!(hashes)),
        text("assignedMessagePins", json!(message_pins)),
        text("noncesAfter", Value::Object(nonces)),
    ])
}

fn nonce_row(row: &Value) -> Result<(Bytes32, u64), Refusal> {
    let nonce = context::nonce_from_signed(row["nonce"].as_i64().unwrap());
    Ok((Bytes32::parse(row["hash"].as_str().unwrap())?, nonce))
}

fn row(message: &Value) -> Row {
    let texts = |member: &str| {
        let texts = message.get(member).and_then(Value::as_array).into_iter().flatten();
        texts.map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    Row {
        id: MessageId::parse(message["id"].as_str().unwrap()).unwrap(),
        author: message["author"].as_str().unwrap_or_default().to_owned(),
        group: message.get("group").and_then(Value::as_str).map(|g| GroupHash::parse(g).unwrap()),
        topics: texts("topics"),
        pins: texts("pins"),
    }
}

fn request(row: &Row) -> PinRequest<'_> {
    let Row { id, author, group, topics, pins } = row;
    PinRequest { id: *id, author, group: *group, topics, pins }
}
