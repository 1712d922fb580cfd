//! The name of a blob's file, as the value beside the blob gives it.
//! Members are matched by their exact names here, and of repeated ones the last counts.

use std::borrow::Cow;

use crate::json::{Document, JsonValue, Kind, Node, number, numbers_are_finite};

/// The `name` of the value, or else its `path` and `filename`, or its `filename` alone.
pub(super) fn file_name(value: &JsonValue) -> Option<String> {
    let document = Document::first(value.as_bytes()).ok()?;
    let node = document.root();
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
