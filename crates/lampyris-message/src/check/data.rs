//! The hash of a data element: of its value, of its blob, or of both.
//! The bytes of a blob are never here, so its own hash is taken as it is given.

use super::cause::{Cause, spelling};
use super::item::{ItemKind, member};
use super::{Examined, Found, Hashed, Outcome, outcome};
use crate::data::Data;
use crate::decode::DecodeError;
use crate::hash::DataHash;
use crate::hash::{BlobHash, Bytes32};
use crate::json::{JsonValue, Node};

/// Examines an element by itself.
pub(super) fn item(node: Node<'_>, out: &mut Examined) -> Result<(), DecodeError> {
    let data = Data::from_node(node)?;
    out.id = data.id.map(|id| id.to_string());
    examine(&data, Some(node), "", out);
    Ok(())
}

/// Examines an element that stands at `at`; `node` is what is shown of it.
pub(super) fn examine(data: &Data, node: Option<Node<'_>>, at: &str, out: &mut Examined) {
    let field = format!("{at}hash");
    let found = Found::read(node, "hash", data.hash);
    let blob = data.blob.as_ref().and_then(|blob| blob.hash);
    let hashed = match (&data.value, blob) {
        (None, None) => Hashed::absent(field, "value", found),
        (Some(value), None) => {
            let shown = node.and_then(|node| member(node, "value"));
            let bytes = value.as_bytes();
            let cause = |found| spelling(found, bytes, shown);
            Hashed::compared(field, "value", bytes.to_vec(), found, cause)
        }
        (None, Some(blob)) => {
            let outcome = outcome(blob.0, found.as_ref(), |_| None);
            Hashed { field, of: "blob", bytes: None, expected: Some(blob.0), found, outcome }
        }
        (Some(value), Some(blob)) => joint(value, blob, field, at, found, out),
    };
    if let Some(id) = data.id {
        out.show(ItemKind::Data, *id.as_bytes(), &hashed);
    }
    out.hashes.push(hashed);
}

/// The hash of an element with both, after the hashes of the two.
fn joint(
    value: &JsonValue,
    blob: BlobHash,
    field: String,
    at: &str,
    found: Option<Found>,
    out: &mut Examined,
) -> Hashed {
    let value_bytes = value.as_bytes().to_vec();
    out.hashes.push(Hashed::between(format!("{at}value"), "value", value_bytes));
    out.hashes.push(Hashed {
        field: format!("{at}blob.hash"),
        of: "blob",
        bytes: None,
        expected: Some(blob.0),
        found: None,
        outcome: Outcome::Between,
    });
    let alone = |found: Bytes32| {
        let causes = [(value.hash(), Cause::ValueAlone), (blob.0, Cause::BlobAlone)];
        causes.into_iter().find(|(hash, _)| *hash == found).map(|(_, cause)| cause)
    };
    let bytes = DataHash::text_of_both(value.hash(), blob.0).into_bytes();
    Hashed::compared(field, "value and blob", bytes, found, alone)
}
