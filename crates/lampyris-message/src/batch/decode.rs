//! A batch from JSON, with Go's rules for keys, repeated members and `null`.
//! Nothing here checks what a field holds beyond what its type does.

use crate::batch::{Batch, BatchHeader, BatchPayload};
use crate::data::Data;
use crate::decode::DecodeError;
use crate::header::TransactionRef;
use crate::header::decode::transaction_members;
use crate::json::Node;
use crate::json::fields::{Field, List, Problems, members, optional};
use crate::message::decode::MessageDraft;

/// A JSON value as a payload.
pub(super) fn payload(node: Node<'_>) -> Result<BatchPayload, DecodeError> {
    let (mut draft, mut problems) = (PayloadDraft::default(), Problems::default());
    draft.read(node, &mut problems)?;
    problems.finish(draft.into_payload())
}

const NAMES: &[&str] =
    &["id", "type", "namespace", "node", "group", "created", "author", "key", "hash", "payload"];

/// A JSON value as a batch.
pub(super) fn batch(node: Node<'_>) -> Result<Batch, DecodeError> {
    let (mut header, mut hash) = (BatchHeader::default(), None);
    let (mut payload, mut problems) = (PayloadDraft::default(), Problems::default());
    members(node, "batch", NAMES, &mut problems, |name, node, problems| match name {
        "id" => header.id.read(node, name, problems),
        "type" => header.batch_type.read(node, name, problems),
        "namespace" => header.namespace.read(node, name, problems),
        "node" => header.node.read(node, name, problems),
        "group" => header.group.read(node, name, problems),
        "created" => header.created.read(node, name, problems),
        "author" => header.author.read(node, name, problems),
        "key" => header.key.read(node, name, problems),
        "hash" => Field::read(&mut hash, node, name, problems),
        "payload" => payload.read(node, problems),
        _ => Ok(()),
    })?;
    problems.finish(Batch { header, hash, payload: payload.into_payload() })
}

/// A payload that is being read, perhaps from more than one object.
#[derive(Debug, Default)]
struct PayloadDraft {
    tx: TransactionRef,
    messages: List<Option<MessageDraft>>,
    data: List<Option<Data>>,
}

impl PayloadDraft {
    fn read(&mut self, node: Node<'_>, problems: &mut Problems) -> Result<(), DecodeError> {
        let Self { tx, messages, data } = self;
        let names = &["tx", "messages", "data"];
        members(node, "payload", names, problems, |name, node, problems| match name {
            "tx" => transaction_members(tx, "payload.tx", node, problems),
            "messages" => {
                messages.read(node, "payload.messages", problems, |entry, node, problems| {
                    optional(entry, node, problems, MessageDraft::read)
                })
            }
            "data" => data.read(node, "payload.data", problems, |entry, node, problems| {
                optional(entry, node, problems, Data::read)
            }),
            _ => Ok(()),
        })
    }

    fn into_payload(self) -> BatchPayload {
        let read = |drafts: Vec<Option<MessageDraft>>| {
            drafts.into_iter().map(|draft| draft.map(MessageDraft::into_message)).collect()
        };
        let messages = self.messages.entries.map(read);
        BatchPayload { tx: self.tx, messages, data: self.data.entries }
    }
}
