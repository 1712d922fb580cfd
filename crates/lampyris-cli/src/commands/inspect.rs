//! `inspect`: one record's bytes as text: its envelope, its event, its leaf hash.
//!
//! It opens no log, and vouches for nothing: bytes that are not a record are refused by byte and rule.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use lampyris_evidence::identity::{LOG_KIND, OwnEvent, Rules};
use lampyris_evidence::limits::MAX_RECORD_BYTES;
use lampyris_evidence::merkle::Hash;
use lampyris_evidence::record::RecordRef;
use lampyris_message::Timestamp;
use lampyris_message::event::codec;
use lampyris_projection::record::{DATA, MESSAGE};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::args::{Global, Inspect};
use crate::failure::Failure;
use crate::input::Source;
use crate::output::{self, plain};
use crate::{recoveries, timeline};

pub(crate) fn run(global: &Global, inspect: &Inspect) -> Result<ExitCode, Failure> {
    let bytes = read(&inspect.leaf)?;
    RecordRef::decode(&bytes).map_err(|why| Failure::Senseless(vec![why.to_string()]))?;
    let told = told(&bytes);
    let mut out = output::answers();
    if global.json {
        output::json_line(&mut out, &told)?;
    } else {
        lines(&mut out, &told)?;
    }
    out.flush()?;
    Ok(ExitCode::from(u8::from(told.get("unreadable").is_some())))
}

/// The record's bytes: of a file, as they are or in hex, or the digits that were given.
fn read(leaf: &str) -> Result<Vec<u8>, Failure> {
    let path = Path::new(leaf);
    if leaf != "-" && !path.exists() {
        return hex(leaf.as_bytes()).ok_or_else(|| {
            let why = format!("{leaf} is neither a file nor the hex digits of a record");
            Failure::Senseless(vec![why])
        });
    }
    file(path)
}

/// The record's bytes in a file, as they are or in hex.
pub(super) fn file(path: &Path) -> Result<Vec<u8>, Failure> {
    // In hex, with ends of lines.
    let bytes = Source::whole(path, 3 * MAX_RECORD_BYTES)?;
    Ok(hex(&bytes).unwrap_or(bytes))
}

/// The bytes that digits stand for; a record's first byte is no digit, so it is never taken for them.
fn hex(text: &[u8]) -> Option<Vec<u8>> {
    // Some tools break the line after so many digits.
    let digits: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    if digits.is_empty() { None } else { const_hex::decode(digits).ok() }
}

/// Everything that a record's bytes say; of bytes that are no record, why not.
pub(super) fn told(bytes: &[u8]) -> Value {
    match RecordRef::decode(bytes) {
        Ok(record) => tell(&record, bytes),
        Err(why) => json!({ "leaf": Hash::leaf(bytes).to_string(), "unreadable": why.to_string() }),
    }
}

/// By the names of `docs/record.cddl`.
fn tell(record: &RecordRef<'_>, bytes: &[u8]) -> Value {
    let id = <[u8; 16]>::try_from(record.id).ok();
    let id = id.map_or_else(|| const_hex::encode(record.id), |id| Uuid::from_bytes(id).to_string());
    let claims = record.claims.iter().map(|claim| {
        json!({
            "namespace": claim.namespace,
            "key": claim.key,
            "fingerprint": const_hex::encode(claim.fingerprint),
        })
    });
    let mut told = json!({
        "leaf": Hash::leaf(bytes).to_string(),
        "bytes": bytes.len(),
        "sequence": record.sequence,
        "namespace": record.namespace,
        "stream": { "kind": record.kind, "id": id },
        "version": record.version,
        "previous": record.previous,
        "append": {
            "id": const_hex::encode(record.append_id),
            "index": record.append_index,
            "count": record.append_count,
        },
        "command": record.command,
        "actor": record.actor,
        "time": Timestamp::from_unix_nanos(record.time).to_string(),
        "claims": claims.collect::<Vec<_>>(),
        "event": { "name": record.event, "version": record.event_version },
    });
    if let Value::Object(members) = &mut told {
        match content(record) {
            Ok(carried) => members.insert("carried".to_owned(), carried),
            Err(why) => {
                members.insert("content".to_owned(), json!(const_hex::encode(record.content)));
                members.insert("unreadable".to_owned(), json!(why))
            }
        };
    }
    told
}

/// What the event carries, or why this program cannot read it.
fn content(record: &RecordRef<'_>) -> Result<Value, String> {
    let (name, version, content) = (record.event, record.event_version, record.content);
    match record.kind {
        MESSAGE => {
            let event = codec::decode(name, version, content).map_err(|why| why.to_string())?;
            match event.message() {
                Some(message) if record.id != message.id().as_bytes() => {
                    Err(format!("it brings message {} into the stream of another", message.id()))
                }
                Some(_) | None => Ok(timeline::carried(&event)),
            }
        }
        DATA => {
            let event =
                codec::decode_data(name, version, content).map_err(|why| why.to_string())?;
            Ok(timeline::data_carried(&event))
        }
        LOG_KIND => match OwnEvent::read(record).map_err(|why| why.to_string())? {
            OwnEvent::Opened(log) => Ok(json!({
                "logId": Uuid::from_bytes(log.log_id).to_string(),
                "origin": log.origin,
                "layout": log.layout,
                "rules": rules(log.rules),
            })),
            OwnEvent::Rules(rules) => Ok(json!({ "rules": self::rules(rules) })),
            OwnEvent::Recovered(recovered) => Ok(recoveries::told(&recovered)),
        },
        kind => Err(format!("streams of kind '{kind}' are not known to this program")),
    }
}

fn rules(rules: Rules) -> Value {
    json!({ "version": rules.version, "hash": const_hex::encode(rules.hash) })
}

/// One member a line; a member of a member stands behind its name.
pub(super) fn lines(out: &mut impl Write, told: &Value) -> io::Result<()> {
    if let Value::Object(members) = told { nested(out, "", members) } else { Ok(()) }
}

fn nested(out: &mut impl Write, before: &str, members: &Map<String, Value>) -> io::Result<()> {
    for (name, value) in members {
        let name = format!("{before}{name}");
        match value {
            Value::Object(members) => nested(out, &format!("{name}."), members)?,
            Value::String(text) => writeln!(out, "{name:<24} {}", plain(text))?,
            Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {
                writeln!(out, "{name:<24} {}", plain(&value.to_string()))?;
            }
        }
    }
    Ok(())
}
