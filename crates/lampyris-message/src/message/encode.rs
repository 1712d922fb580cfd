//! A message and its data references as upstream writes them.
//! Nothing here checks a field: what is given is written.

use crate::hash::DataHash;
use crate::header::encode::{header, strings};
use crate::id::DataId;
use crate::json::object::array;
use crate::json::write;
use crate::message::{DataRef, MessageFields};
use crate::sealed::SealedRef;

/// Appends a message; what is empty is left out but for the header and the data.
pub(crate) fn message(message: &impl MessageFields, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"header\":");
    header(message.header(), out);
    if !message.local_namespace().is_empty() {
        out.extend_from_slice(b",\"localNamespace\":");
        write::string(message.local_namespace(), out);
    }
    if let Some(hash) = message.hash() {
        out.extend_from_slice(b",\"hash\":");
        hash.0.write_json(out);
    }
    if let Some(batch) = message.batch() {
        out.extend_from_slice(b",\"batch\":");
        batch.write_json(out);
    }
    if let Some(tx_id) = message.tx_id() {
        out.extend_from_slice(b",\"txid\":");
        tx_id.write_json(out);
    }
    if !message.state().is_empty() {
        out.extend_from_slice(b",\"state\":");
        write::string(message.state(), out);
    }
    if let Some(confirmed) = message.confirmed() {
        out.extend_from_slice(b",\"confirmed\":");
        confirmed.write_json(out);
    }
    if !message.reject_reason().is_empty() {
        out.extend_from_slice(b",\"rejectReason\":");
        write::string(message.reject_reason(), out);
    }
    out.extend_from_slice(b",\"data\":");
    data_refs(message.data(), out);
    let mut pins = message.pins().peekable();
    if pins.peek().is_some() {
        out.extend_from_slice(b",\"pins\":");
        strings(pins, out);
    }
    if !message.idempotency_key().is_empty() {
        out.extend_from_slice(b",\"idempotencyKey\":");
        write::string(message.idempotency_key(), out);
    }
    out.push(b'}');
}

/// Appends a list of references as it is hashed; no list is `null`.
pub(crate) fn data_refs(
    data: Option<impl IntoIterator<Item = Option<DataRef>>>,
    out: &mut Vec<u8>,
) {
    array(data, out, |entry, out| match entry {
        Some(DataRef { id, hash }) => data_ref(id.as_ref(), hash.as_ref(), out),
        None => out.extend_from_slice(b"null"),
    });
}

/// Appends a list of complete references as it is hashed; no list is `null`.
pub(crate) fn sealed_refs(data: Option<impl IntoIterator<Item = SealedRef>>, out: &mut Vec<u8>) {
    array(data, out, |entry, out| data_ref(Some(&entry.id), Some(&entry.hash), out));
}

/// Appends one reference; a half that is absent is left out.
pub(crate) fn data_ref(id: Option<&DataId>, hash: Option<&DataHash>, out: &mut Vec<u8>) {
    out.push(b'{');
    if let Some(id) = id {
        out.extend_from_slice(b"\"id\":");
        id.write_json(out);
    }
    if let Some(hash) = hash {
        if id.is_some() {
            out.push(b',');
        }
        out.extend_from_slice(b"\"hash\":");
        hash.0.write_json(out);
    }
    out.push(b'}');
}
