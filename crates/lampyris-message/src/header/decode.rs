//! A header from JSON, with Go's rules for keys, repeated members and `null`.
//! Nothing here checks what a field holds beyond what its type does.

use crate::decode::DecodeError;
use crate::header::{Header, TransactionRef};
use crate::json::fields::{Field, List, Problems, members, optional};
use crate::json::{Document, Node};

/// The first JSON value of some bytes as a header.
pub(super) fn header(json: &[u8]) -> Result<Header, DecodeError> {
    let (mut draft, mut problems) = (HeaderDraft::default(), Problems::default());
    draft.read(Document::first(json)?.root(), &mut problems)?;
    problems.finish(draft.into_header())
}

const NAMES: &[&str] = &[
    "id",
    "cid",
    "type",
    "txtype",
    "author",
    "key",
    "created",
    "namespace",
    "group",
    "topics",
    "tag",
    "datahash",
    "txparent",
];

/// A header that is being read, perhaps from more than one object.
#[derive(Debug, Default)]
pub(crate) struct HeaderDraft {
    header: Header,
    topics: List<String>,
}

impl HeaderDraft {
    /// Reads an object into the header, over what it holds.
    pub(crate) fn read(
        &mut self,
        node: Node<'_>,
        problems: &mut Problems,
    ) -> Result<(), DecodeError> {
        let Self { header, topics } = self;
        members(node, "header", NAMES, problems, |name, node, problems| match name {
            "id" => header.id.read(node, "header.id", problems),
            "cid" => header.cid.read(node, "header.cid", problems),
            "type" => header.message_type.read(node, "header.type", problems),
            "txtype" => header.tx_type.read(node, "header.txtype", problems),
            "author" => header.author.read(node, "header.author", problems),
            "key" => header.key.read(node, "header.key", problems),
            "created" => header.created.read(node, "header.created", problems),
            "namespace" => header.namespace.read(node, "header.namespace", problems),
            "group" => header.group.read(node, "header.group", problems),
            "topics" => topics.read(node, "header.topics", problems, |topic, node, problems| {
                topic.read(node, "header.topics", problems)
            }),
            "tag" => header.tag.read(node, "header.tag", problems),
            "datahash" => header.data_hash.read(node, "header.datahash", problems),
            "txparent" => optional(&mut header.tx_parent, node, problems, |tx, node, problems| {
                transaction_members(tx, "header.txparent", node, problems)
            }),
            _ => Ok(()),
        })
    }

    /// The header as it was read.
    pub(crate) fn into_header(self) -> Header {
        Header { topics: self.topics.entries.unwrap_or_default(), ..self.header }
    }
}

/// Reads an object into a reference to a transaction, over what it holds.
pub(crate) fn transaction_members(
    tx: &mut TransactionRef,
    field: &'static str,
    node: Node<'_>,
    problems: &mut Problems,
) -> Result<(), DecodeError> {
    members(node, field, &["type", "id"], problems, |name, node, problems| match name {
        "type" => tx.tx_type.read(node, field, problems),
        "id" => tx.id.read(node, field, problems),
        _ => Ok(()),
    })
}
