//! A message from JSON, with Go's rules for keys, repeated members and `null`.
//! Nothing here checks what a field holds beyond what its type does.

use crate::decode::DecodeError;
use crate::header::decode::HeaderDraft;
use crate::json::Node;
use crate::json::fields::{Field, List, Problems, members, optional};
use crate::message::{DataRef, Message};

/// A JSON value as a message.
pub(super) fn message(node: Node<'_>) -> Result<Message, DecodeError> {
    let (mut draft, mut problems) = (MessageDraft::default(), Problems::default());
    draft.read(node, &mut problems)?;
    problems.finish(draft.into_message())
}

/// A JSON value as a list of data references.
pub(super) fn data_refs(node: Node<'_>) -> Result<Option<Vec<Option<DataRef>>>, DecodeError> {
    let (mut data, mut problems) = (List::default(), Problems::default());
    data.read(node, "data", &mut problems, data_ref)?;
    problems.finish(data.entries)
}

const NAMES: &[&str] = &[
    "header",
    "localNamespace",
    "hash",
    "batch",
    "txid",
    "state",
    "confirmed",
    "rejectReason",
    "data",
    "pins",
    "idempotencyKey",
];

/// A message that is being read.
#[derive(Debug, Default)]
pub(crate) struct MessageDraft {
    header: HeaderDraft,
    message: Message,
    data: List<Option<DataRef>>,
    pins: List<String>,
}

impl MessageDraft {
    /// Reads an object into the message, over what it holds.
    pub(crate) fn read(
        &mut self,
        node: Node<'_>,
        problems: &mut Problems,
    ) -> Result<(), DecodeError> {
        let Self { header, message, data, pins } = self;
        members(node, "message", NAMES, problems, |name, node, problems| match name {
            "header" => header.read(node, problems),
            "localNamespace" => message.local_namespace.read(node, name, problems),
            "hash" => message.hash.read(node, name, problems),
            "batch" => message.batch.read(node, name, problems),
            "txid" => message.tx_id.read(node, name, problems),
            "state" => message.state.read(node, name, problems),
            "confirmed" => message.confirmed.read(node, name, problems),
            "rejectReason" => message.reject_reason.read(node, name, problems),
            "data" => data.read(node, name, problems, data_ref),
            "pins" => pins
                .read(node, name, problems, |pin, node, problems| pin.read(node, name, problems)),
            "idempotencyKey" => message.idempotency_key.read(node, name, problems),
            _ => Ok(()),
        })
    }

    /// The message as it was read.
    pub(crate) fn into_message(self) -> Message {
        Message {
            header: self.header.into_header(),
            data: self.data.entries,
            pins: self.pins.entries.unwrap_or_default(),
            ..self.message
        }
    }
}

fn data_ref(
    entry: &mut Option<DataRef>,
    node: Node<'_>,
    problems: &mut Problems,
) -> Result<(), DecodeError> {
    optional(entry, node, problems, |entry, node, problems| {
        members(node, "data", &["id", "hash"], problems, |name, node, problems| match name {
            "id" => entry.id.read(node, "data.id", problems),
            "hash" => entry.hash.read(node, "data.hash", problems),
            _ => Ok(()),
        })
    })
}
