//! The family `batch_hash`.

use lampyris_message::batch::{Batch, BatchHashForm, BatchHeader, BatchPayload};
use lampyris_message::json::{Document, JsonValue, Node};
use lampyris_message::{BatchId, Data, DecodeError, Message, Open};

use crate::{Case, Outcome, Refusal, text};

/// The operations of ours.
pub(crate) const OPS: &[&str] = &["manifest", "assemble"];

/// Runs one case.
pub(crate) fn run(case: &Case) -> Outcome {
    let id = BatchId::parse(&case.string("batchId")).unwrap();
    let payload = match case.op() {
        "manifest" => BatchPayload::from_json(&case.raw("payload").unwrap())?,
        "assemble" => assemble(case)?,
        other => unreachable!("{other} is not ours"),
    };
    let payload_bytes = payload.to_json();
    let again = BatchPayload::from_json(&payload_bytes).unwrap();
    assert_eq!(again.to_json(), payload_bytes, "read as it is written");
    let manifest = payload.manifest(Some(id));
    let payload_hash = payload.legacy_hash();
    either_hash_is_accepted(id, payload);
    Ok(vec![
        ("manifest", manifest.as_bytes().to_vec()),
        text("batchHash", manifest.hash()),
        ("payloadBytes", payload_bytes),
        text("payloadHash", payload_hash),
    ])
}

fn either_hash_is_accepted(id: BatchId, payload: BatchPayload) {
    let header = BatchHeader { id: Some(id), ..BatchHeader::default() };
    let mut batch = Batch { header, hash: None, payload };
    assert!(batch.check_hash().is_err());
    batch.seal();
    assert_eq!(batch.check_hash(), Ok(BatchHashForm::Manifest));
    batch.hash = Some(batch.payload.legacy_hash());
    assert_eq!(batch.check_hash(), Ok(BatchHashForm::Payload));
}

fn assemble(case: &Case) -> Result<BatchPayload, Refusal> {
    let wrapped = [b"{\"tx\":", &*case.raw("tx").unwrap(), b"}"].concat();
    let tx = BatchPayload::from_json(&wrapped)?.tx;
    let messages = entries(case, "messages", Message::from_node)?;
    let data = entries(case, "data", Data::from_node)?;
    Ok(BatchPayload::assemble(&Open::from_text(&case.string("batchType")), tx, messages, data))
}

/// The entries of an array; upstream's program crashes on an entry that is `null`.
fn entries<T>(
    case: &Case,
    member: &str,
    read: fn(Node<'_>) -> Result<T, DecodeError>,
) -> Result<Vec<T>, Refusal> {
    let json = JsonValue::parse(&case.raw(member).unwrap())?;
    let document = Document::first(json.as_bytes())?;
    let array = document.root();
    let null = |node: &Node<'_>| node.bytes() == b"null";
    let crashes = || Refusal { kind: "panic", code: None, status: 500, message: String::new() };
    array
        .elements()
        .map(|node| if null(&node) { Err(crashes()) } else { Ok(read(node)?) })
        .collect()
}
