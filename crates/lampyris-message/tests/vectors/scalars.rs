//! The family `scalars`.

use lampyris_message::json::{Field, JsonValue, read_member};
use lampyris_message::kind::parse_by_type_name;
use lampyris_message::{Bytes32, DecodeError, Header, MessageId, MessageType, Open, Timestamp};

use crate::{Case, Outcome, lossy, outcome};

/// The operations of ours.
pub(crate) const OPS: &[&str] = &[
    "time",
    "uuid",
    "bytes32",
    "enum",
    "timeJSON",
    "uuidJSON",
    "bytes32JSON",
    "enumJSON",
    "jsonAny",
];

/// Runs one case.
pub(crate) fn run(case: &Case) -> Outcome {
    match case.op() {
        "time" => Timestamp::parse(case.string("text")).map_err(Into::into).map(time),
        "uuid" => string(MessageId::parse(case.string("text"))),
        "bytes32" => string(Bytes32::parse(case.string("text"))),
        "enum" => string(parse_by_type_name(case.string("type"), case.string("text"))),
        "timeJSON" => member::<Option<Timestamp>>(case, |time| Some(time_json((*time)?))),
        "uuidJSON" => member::<Option<MessageId>>(case, |id| Some(quoted(&(*id)?.to_string()))),
        "bytes32JSON" => {
            member::<Option<Bytes32>>(case, |hash| Some(quoted(&(*hash)?.to_string())))
        }
        "enumJSON" => member::<Option<Open<MessageType>>>(case, |value| {
            Some(type_json(value.as_ref()?.clone()))
        }),
        "jsonAny" => {
            member::<Option<JsonValue>>(case, |json| Some(lossy(json.as_ref()?.as_bytes())))
        }
        other => unreachable!("{other} is not ours"),
    }
}

fn time(time: Timestamp) -> serde_json::Map<String, serde_json::Value> {
    let nanos = time.unix_nanos().to_string();
    outcome([("string", time.to_string()), ("json", time_json(time)), ("unixNano", nanos)])
}

fn time_json(time: Timestamp) -> String {
    if time.is_zero() { "null".to_owned() } else { quoted(&time.to_string()) }
}

fn quoted(plain: &str) -> String {
    format!("\"{plain}\"")
}

/// An enum value as the serialiser of headers writes it.
fn type_json(message_type: Open<MessageType>) -> String {
    let header = Header { message_type, ..Header::default() };
    let json = lossy(&header.canonical_bytes());
    json.strip_prefix("{\"type\":").unwrap().strip_suffix('}').unwrap().to_owned()
}

fn string<T: ToString, E: Into<crate::Refusal>>(parsed: Result<T, E>) -> Outcome {
    parsed.map_err(Into::into).map(|value| outcome([("string", value.to_string())]))
}

/// The object after decoding its member `v` and serialising it again.
fn member<F: Field + Default>(case: &Case, write: fn(&F) -> Option<String>) -> Outcome {
    let read: Result<F, DecodeError> = read_member(&case.raw("json").unwrap(), "v");
    let json = match write(&read?) {
        Some(json) => format!("{{\"v\":{json}}}"),
        None => "{}".to_owned(),
    };
    Ok(outcome([("json", json)]))
}
