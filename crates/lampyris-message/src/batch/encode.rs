//! A batch and its payload as upstream writes them.
//! Nothing here checks a field: what is given is written.

use crate::batch::{Batch, BatchPayload};
use crate::data::encode::data;
use crate::header::encode::transaction_ref;
use crate::json::object::{ObjectWriter, array};
use crate::message::encode::message;
use crate::time::Timestamp;

/// Appends a batch; id, type, namespace, time and hash are written even when they are absent.
pub(super) fn batch(batch: &Batch, out: &mut Vec<u8>) {
    let header = &batch.header;
    let mut object = ObjectWriter::open(out);
    object.or_null("id", header.id, |id, out| id.write_json(out));
    object.string("type", header.batch_type.as_str());
    object.string("namespace", &header.namespace);
    object.some("node", header.node, |node, out| node.write_json(out));
    object.some("group", header.group, |group, out| group.0.write_json(out));
    object.or_null("created", header.created, Timestamp::write_json);
    object.filled("author", &header.author);
    object.filled("key", &header.key);
    object.or_null("hash", batch.hash, |hash, out| hash.0.write_json(out));
    payload(&batch.payload, object.member("payload"));
    object.close();
}

/// Appends a payload; an absent list and an absent entry are `null`.
pub(super) fn payload(payload: &BatchPayload, out: &mut Vec<u8>) {
    let mut object = ObjectWriter::open(out);
    transaction_ref(payload.tx.tx_type.as_str(), payload.tx.id, object.member("tx"));
    array(payload.messages.as_deref(), object.member("messages"), |entry, out| match entry {
        Some(entry) => message(entry, out),
        None => out.extend_from_slice(b"null"),
    });
    array(payload.data.as_deref(), object.member("data"), |entry, out| match entry {
        Some(entry) => data(entry, out),
        None => out.extend_from_slice(b"null"),
    });
    object.close();
}
