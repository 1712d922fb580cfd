//! The family `scalars`.

use lampyris_message::json::{Field, JsonValue, read_member};
use lampyris_message::kind::parse_by_type_name;
use lampyris_message::{Bytes32, Header, MessageId, Open, Timestamp, TxType};

use crate::{Case, Outcome};

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
    let text = || case.string("text");
    match case.op() {
        "time" => Timestamp::parse(&text()).map_err(Into::into).map(time),
        "uuid" => string(MessageId::parse(&text())),
        "bytes32" => string(Bytes32::parse(&text())),
        "enum" => string(parse_by_type_name(&case.string("type"), &text())),
        "timeJSON" => member(case, |time: Option<Timestamp>| Some(time_json(time?))),
        "uuidJSON" => member(case, |id: Option<MessageId>| {
            Some(written("id", &Header { id: Some(id?), ..Header::default() }))
        }),
        "bytes32JSON" => member(case, |hash: Option<Bytes32>| {
            Some(written("group", &Header { group: Some(hash?.into()), ..Header::default() }))
        }),
        "enumJSON" => member(case, |tx_type: Option<Open<TxType>>| {
            Some(written("txtype", &Header { tx_type: Some(tx_type?), ..Header::default() }))
        }),
        "jsonAny" => member(case, |json: Option<JsonValue>| Some(json?.as_bytes().to_vec())),
        other => unreachable!("{other} is not ours"),
    }
}

fn time(time: Timestamp) -> crate::Members {
    let nanos = crate::text("unixNano", time.unix_nanos());
    vec![crate::text("string", time), ("json", time_json(time)), nanos]
}

fn time_json(time: Timestamp) -> Vec<u8> {
    written("created", &Header { created: Some(time), ..Header::default() })
}

/// What the serialiser of headers makes of the one member that is set.
fn written(name: &str, header: &Header) -> Vec<u8> {
    let json = String::from_utf8(header.canonical_bytes()).unwrap();
    let (_, value) = json.split_once(&format!("\"{name}\":")).unwrap();
    let value = value.strip_suffix('}').unwrap();
    value.strip_suffix(",\"type\":\"\"").unwrap_or(value).as_bytes().to_vec()
}

fn string<T: ToString, E: Into<crate::Refusal>>(parsed: Result<T, E>) -> Outcome {
    parsed.map_err(Into::into).map(|value| vec![crate::text("string", value.to_string())])
}

/// The object after decoding its member `v` and serialising it again.
fn member<F: Field + Default>(case: &Case, write: fn(F) -> Option<Vec<u8>>) -> Outcome {
    let read: F = read_member(&case.raw("json").unwrap(), "v")?;
    let json = match write(read) {
        Some(value) => [b"{\"v\":", &*value, b"}"].concat(),
        None => b"{}".to_vec(),
    };
    Ok(vec![("json", json)])
}
