//! A header from JSON, with Go's rules for keys, repeated members and `null`.
//! Nothing here checks what a field holds beyond what its type does.

use crate::decode::DecodeError;
use crate::header::{Header, TransactionRef};
use crate::json::fields::{Field, List, Problems, members};
use crate::json::{Kind, Node};

/// The first JSON value of some bytes as a header.
pub(super) fn header(json: &[u8]) -> Result<Header, DecodeError> {
    let (mut draft, mut problems) = (HeaderDraft::default(), Problems::default());
    draft.read(Node::first(json)?, &mut problems)?;
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
            "txparent" => transaction_ref(&mut header.tx_parent, node, problems),
            _ => Ok(()),
        })
    }

    /// The header as it was read.
    pub(crate) fn into_header(self) -> Header {
        Header { topics: self.topics.entries.unwrap_or_default(), ..self.header }
    }
}

fn transaction_ref(
    parent: &mut Option<TransactionRef>,
    node: Node<'_>,
    problems: &mut Problems,
) -> Result<(), DecodeError> {
    if node.kind() == Kind::Null {
        *parent = None;
        return Ok(());
    }
    let parent = parent.get_or_insert_default();
    members(node, "header.txparent", &["type", "id"], problems, |name, node, problems| match name {
        "type" => parent.tx_type.read(node, "header.txparent.type", problems),
        "id" => parent.id.read(node, "header.txparent.id", problems),
        _ => Ok(()),
    })
}
