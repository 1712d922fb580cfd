//! The name of a blob's file, as the value beside the blob gives it.
//! Members are matched by their exact names here, and of repeated ones the last counts.

use std::borrow::Cow;

use crate::json::{JsonValue, Kind, Node};

/// The `name` of the value, or else its `path` and `filename`, or its `filename` alone.
pub(super) fn file_name(value: &JsonValue) -> Option<String> {
    let node = Node::first(value.as_bytes()).ok()?;
    // Upstream reads the value as a map; a number beyond 64-bit floats fails that as a whole.
    if node.kind() != Kind::Object || !numbers_are_finite(value.as_bytes()) {
        return None;
    }
    let (mut name, mut path, mut filename) = (None, None, None);
    for (key, node) in node.members() {
        match &*key {
            "name" => name = text(node),
            "path" => path = text(node),
            "filename" => filename = text(node),
            _ => {}
        }
    }
    match (name, path, filename) {
        (Some(name), _, _) => Some(name),
        (None, Some(path), Some(filename)) => Some(format!("{path}/{filename}")),
        (None, None, filename) => filename,
        (None, Some(_), None) => None,
    }
}

/// The text upstream makes of a scalar, unless it is empty.
fn text(node: Node<'_>) -> Option<String> {
    let text = match node.kind() {
        Kind::String => node.text(),
        Kind::Bool => String::from_utf8_lossy(node.bytes()),
        // Without an exponent and with the fewest digits that give the same number.
        Kind::Number => Cow::Owned(number(node.bytes())?.to_string()),
        Kind::Null | Kind::Array | Kind::Object => return None,
    };
    (!text.is_empty()).then(|| text.into_owned())
}

fn number(digits: &[u8]) -> Option<f64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Whether every number of a compact, well-formed value is one that a 64-bit float can hold.
pub(crate) fn numbers_are_finite(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some((byte, after)) = rest.split_first() {
        rest = match byte {
            b'"' => after_string(after),
            b'-' | b'0'..=b'9' => {
                let in_number =
                    |b: &u8| matches!(b, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
                let end = rest.iter().position(|b| !in_number(b)).unwrap_or(rest.len());
                let (digits, after) = rest.split_at(end);
                if !number(digits).is_some_and(f64::is_finite) {
                    return false;
                }
                after
            }
            _ => after,
        };
    }
    true
}

/// What follows a string, of which the opening quote is taken already.
fn after_string(mut rest: &[u8]) -> &[u8] {
    while let Some((byte, after)) = rest.split_first() {
        rest = match byte {
            b'"' => return after,
            b'\\' => after.get(1..).unwrap_or_default(),
            _ => after,
        };
    }
    rest
}
