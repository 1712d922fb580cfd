//! What of messages and data leaves the sender, and what a receiver must find of it.
//! A field that changes at one node only never travels.

use std::collections::{BTreeMap, BTreeSet};

use crate::batch::{Batch, BatchEntry, BatchHashForm, InvalidBatch};
use crate::data::{BlobRef, Data};
use crate::hash::DataHash;
use crate::id::DataId;
use crate::kind::{BatchType, TxType};
use crate::message::Message;
use crate::open::Open;

/// The fields of a message that are the same at every node.
pub(super) fn message(message: Message) -> Message {
    let Message { header, hash, tx_id, data, pins, .. } = message;
    Message { header, hash, tx_id, data, pins, ..Message::default() }
}

/// The fields of an element that are the same at every node.
pub(super) fn data(data: Data, batch_type: &Open<BatchType>) -> Data {
    let private = batch_type.known() == Some(BatchType::Private);
    let reduced = |blob: BlobRef| BlobRef { path: String::new(), public: String::new(), ..blob };
    let blob = if private { data.blob.map(reduced) } else { data.blob };
    Data { namespace: String::new(), public: String::new(), blob, ..data }
}

/// Checks a received batch; see [`Batch::verify`].
pub(super) fn verify(batch: &Batch) -> Result<BatchHashForm, InvalidBatch> {
    let Batch { header, payload, .. } = batch;
    if header.id.is_none() {
        return Err(InvalidBatch::Missing { field: "id" });
    }
    if payload.tx.id.is_none() {
        return Err(InvalidBatch::Missing { field: "payload.tx.id" });
    }
    if !matches!(
        payload.tx.tx_type.known(),
        Some(TxType::BatchPin | TxType::Unpinned | TxType::ContractInvokePin)
    ) {
        return Err(InvalidBatch::TxType { tx_type: payload.tx.tx_type.as_str().into() });
    }
    let messages = payload.messages.as_deref().unwrap_or_default();
    if messages.is_empty() {
        return Err(InvalidBatch::NoMessages);
    }
    let form = batch.check_hash()?;
    let elements = elements(payload.data.as_deref().unwrap_or_default())?;
    let mut used = BTreeSet::new();
    for (index, entry) in messages.iter().enumerate() {
        let at = BatchEntry::Message(index);
        let message = entry.as_ref().ok_or(InvalidBatch::Absent { at })?;
        if message.header.author != header.author || message.header.key != header.key {
            return Err(InvalidBatch::OtherSigner { index });
        }
        let verified = message.verify();
        let sealed = verified.map_err(|why| InvalidBatch::Message { index, why })?;
        for (reference, entry) in sealed.data().iter().enumerate() {
            if elements.get(&entry.id) != Some(&entry.hash) {
                return Err(InvalidBatch::Unresolved { index, reference });
            }
            used.insert(entry.id);
        }
    }
    match elements.keys().find(|id| !used.contains(id)) {
        Some(id) => Err(InvalidBatch::Unused { id: *id }),
        None => Ok(form),
    }
}

/// The elements of a batch by id, each held to its hash; of one id the last counts.
fn elements(data: &[Option<Data>]) -> Result<BTreeMap<DataId, DataHash>, InvalidBatch> {
    let one = |(index, entry): (usize, &Option<Data>)| {
        let at = BatchEntry::Data(index);
        let data = entry.as_ref().ok_or(InvalidBatch::Absent { at })?;
        let hash = data.check_hash().map_err(|why| InvalidBatch::Data { index, why })?;
        let id = data.id.ok_or(InvalidBatch::Missing { field: "payload.data.id" })?;
        Ok((id, hash))
    };
    data.iter().enumerate().map(one).collect()
}
