//! Items as JSON, one a line. Hashes are hexadecimal, the bytes of a record base64.

use std::io::{self, BufRead, Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lampyris_log::checkpoints::Kind;
use lampyris_log::{Hash, Head, RecordRef};
use lampyris_message::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{FORMAT, Header, Item, NAME};

/// More than the line of the largest record.
const MAX_LINE_BYTES: u64 = 1 << 20;

pub(super) fn write(item: &Item, out: &mut impl Write) -> io::Result<()> {
    let value = match item {
        Item::Header(header) => {
            let mut value = json!({
                "file": NAME,
                "format": FORMAT,
                "logId": Uuid::from_bytes(header.log_id).to_string(),
                "origin": header.origin,
                "size": header.head.size,
                "root": header.head.root.to_string(),
            });
            if let (Some(namespace), Value::Object(members)) = (&header.namespace, &mut value) {
                members.insert("namespace".to_owned(), json!(namespace));
            }
            value
        }
        Item::Record { leaf, bytes, .. } => {
            let mut line = Vec::new();
            let decoded = RecordRef::decode(bytes).map_err(io::Error::other)?;
            record(&decoded, *leaf, bytes, &mut line);
            return out.write_all(&line);
        }
        Item::Checkpoint(kind, text) => json!({ "checkpoints": kind_name(*kind), "text": text }),
        Item::End { head, records } => {
            json!({ "end": records, "size": head.size, "root": head.root.to_string() })
        }
    };
    serde_json::to_writer(&mut *out, &value)?;
    out.write_all(b"\n")
}

/// The line of a record, written by hand: there are many.
pub(super) fn record(record: &RecordRef<'_>, leaf: Hash, bytes: &[u8], out: &mut Vec<u8>) {
    let member = |out: &mut Vec<u8>, name: &str, text: &str| {
        out.extend_from_slice(name.as_bytes());
        // A text is always JSON.
        serde_json::to_writer(out, text).unwrap_or_default();
    };
    // A vector takes every byte.
    let number = |out: &mut Vec<u8>, name: &str, number: u64| {
        out.extend_from_slice(name.as_bytes());
        serde_json::to_writer(out, &number).unwrap_or_default();
    };
    number(out, "{\"sequence\":", record.sequence);
    member(out, ",\"time\":", &Timestamp::from_unix_nanos(record.time).to_string());
    member(out, ",\"namespace\":", record.namespace);
    member(out, ",\"kind\":", record.kind);
    out.extend_from_slice(b",\"id\":\"");
    match <[u8; 16]>::try_from(record.id) {
        Ok(id) => {
            let mut text = Uuid::encode_buffer();
            let text = Uuid::from_bytes(id).hyphenated().encode_lower(&mut text);
            out.extend_from_slice(text.as_bytes());
        }
        Err(_) => out.extend_from_slice(const_hex::encode(record.id).as_bytes()),
    }
    number(out, "\",\"version\":", record.version);
    member(out, ",\"event\":", record.event);
    member(out, ",\"command\":", record.command);
    member(out, ",\"actor\":", record.actor);
    out.extend_from_slice(b",\"leaf\":\"");
    out.extend_from_slice(const_hex::Buffer::<32>::new().format(&leaf.0).as_bytes());
    out.extend_from_slice(b"\",\"record\":\"");
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    let written = STANDARD.encode_slice(bytes, out.get_mut(start..).unwrap_or_default());
    out.truncate(start + written.unwrap_or_default());
    out.extend_from_slice(b"\"}\n");
}

/// The next line; its bytes are left in `line`.
pub(super) fn read(
    input: &mut impl BufRead,
    line: &mut Vec<u8>,
) -> io::Result<Option<Result<Item, String>>> {
    let length = input.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', line)?;
    if length == 0 {
        return Ok(None);
    }
    if line.last() != Some(&b'\n') {
        return Ok(Some(Err("the line does not end".to_owned())));
    }
    Ok(Some(item(line)))
}

fn item(line: &[u8]) -> Result<Item, String> {
    let value: Map<String, Value> = serde_json::from_slice(line).map_err(|e| e.to_string())?;
    let item = if value.contains_key("file") {
        header(&value)?
    } else if value.contains_key("record") {
        Item::Record {
            sequence: number(&value, "sequence")?,
            leaf: hash(&value, "leaf")?,
            bytes: STANDARD
                .decode(text(&value, "record")?)
                .map_err(|e| format!("'record': {e}"))?,
        }
    } else if value.contains_key("end") {
        Item::End { head: head(&value)?, records: number(&value, "end")? }
    } else {
        let name = text(&value, "checkpoints")?;
        let kinds = [Kind::Key, Kind::Body, Kind::Note].into_iter();
        let kind = kinds.into_iter().find(|kind| kind_name(*kind) == name);
        let kind = kind.ok_or_else(|| format!("'checkpoints': {name} is none"))?;
        Item::Checkpoint(kind, text(&value, "text")?.to_owned())
    };
    // One item has one spelling: what is not taken up would be lost.
    let mut again = Vec::new();
    write(&item, &mut again).map_err(|e| e.to_string())?;
    if again == line { Ok(item) } else { Err("the line is not as it was written".to_owned()) }
}

fn header(value: &Map<String, Value>) -> Result<Item, String> {
    if text(value, "file")? != NAME {
        return Err(format!("'file' is not {NAME}"));
    }
    let format = number(value, "format")?;
    if format != FORMAT {
        return Err(format!("the file has format {format}, this program knows up to {FORMAT}"));
    }
    let log_id = Uuid::parse_str(text(value, "logId")?).map_err(|e| format!("'logId': {e}"))?;
    let namespace = match value.get("namespace") {
        None => None,
        Some(_) => Some(text(value, "namespace")?.to_owned()),
    };
    let origin = text(value, "origin")?.to_owned();
    Ok(Item::Header(Header { log_id: *log_id.as_bytes(), origin, head: head(value)?, namespace }))
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Key => "key",
        Kind::Body => "body",
        Kind::Note => "note",
    }
}

fn head(value: &Map<String, Value>) -> Result<Head, String> {
    Ok(Head { size: number(value, "size")?, root: hash(value, "root")? })
}

fn text<'v>(value: &'v Map<String, Value>, name: &str) -> Result<&'v str, String> {
    value.get(name).and_then(Value::as_str).ok_or_else(|| format!("there is no text '{name}'"))
}

fn number(value: &Map<String, Value>, name: &str) -> Result<u64, String> {
    value.get(name).and_then(Value::as_u64).ok_or_else(|| format!("there is no number '{name}'"))
}

fn hash(value: &Map<String, Value>, name: &str) -> Result<Hash, String> {
    let bytes = const_hex::decode_to_array(text(value, name)?);
    bytes.map(Hash).map_err(|e| format!("'{name}': {e}"))
}
