//! What real nodes published: each hash reproduces exactly where it is known to.

use lampyris_message::json::{Document, JsonValue, Node};
use lampyris_message::{Batch, Bytes32, Data};

pub(crate) fn sample(name: &str) -> Vec<u8> {
    let path = format!("{}/../../samples/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub(crate) fn member<'a>(node: Node<'a>, name: &str) -> Option<Node<'a>> {
    node.members().find(|(key, _)| key == name).map(|(_, node)| node)
}

/// Whether the hash is known to reproduce; `None` where there is nothing to compare.
fn matches(entry: Node<'_>) -> Option<bool> {
    match member(entry, "hashMatches").unwrap().bytes() {
        b"true" => Some(true),
        b"false" => Some(false),
        _ => None,
    }
}

#[test]
fn the_hashes_of_real_data_reproduce() {
    let file = sample("real_data.json");
    let mut seen = 0;
    let document = Document::first(&file).unwrap();
    for entry in document.root().elements() {
        let Some(matches) = matches(entry) else { continue };
        let data = Data::from_node(member(entry, "data").unwrap()).unwrap();
        assert_eq!(data.check_hash().is_ok(), matches, "{data:?}");
        seen += 1;
    }
    assert!(seen > 0);
}

#[test]
fn the_hashes_of_real_batches_reproduce() {
    let file = sample("real_batches.json");
    let mut seen = 0;
    let document = Document::first(&file).unwrap();
    for entry in document.root().elements() {
        let Some(matches) = matches(entry) else { continue };
        let node = member(entry, "batch").unwrap();
        let batch = Batch::from_json(node.bytes()).unwrap();
        let reproduces = match member(node, "manifest") {
            // A stored batch, as the API shows it.
            Some(manifest) => {
                let bytes = JsonValue::from_node(manifest);
                batch.hash.map(|hash| hash.0) == Some(Bytes32::sha256(bytes.as_bytes()))
            }
            None => batch.check_hash().is_ok(),
        };
        assert_eq!(reproduces, matches, "{:?}", batch.header);
        seen += 1;
    }
    assert!(seen > 0);
}
