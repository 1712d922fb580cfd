//! The two hashes of a message, and those of data elements that are shown with their values in it.
//! It never asks whether a receiver would take the message: fields are for `validate`.

use super::cause::{Cause, makes, spelling};
use super::item::{ItemKind, member};
use super::{Examined, Found, Hashed, Named, data};
use crate::data::Data;
use crate::decode::DecodeError;
use crate::hash::Bytes32;
use crate::header::{Header, encode};
use crate::json::{Kind, Node};
use crate::message::{DataRef, DataRefs, Message};

/// Examines a message by itself.
pub(super) fn item(node: Node<'_>, out: &mut Examined) -> Result<(), DecodeError> {
    let message = Message::from_node(node)?;
    out.id = message.header.id.map(|id| id.to_string());
    examine(&message, Some(node), "", out)
}

/// Examines a message that stands at `at`; `node` is what is shown of it.
pub(super) fn examine(
    message: &Message,
    node: Option<Node<'_>>,
    at: &str,
    out: &mut Examined,
) -> Result<(), DecodeError> {
    let (list, header) = (shown(node, "data"), shown(node, "header"));
    let values = inline(list, at, out)?;
    let references = DataRefs(message.data.clone());
    let found = Found::read(header, "datahash", message.header.data_hash);
    let canonical = references.canonical_bytes();
    let cause = |found| {
        data_hash_cause(found, &references, &values).or_else(|| spelling(found, &canonical, list))
    };
    let field = format!("{at}header.datahash");
    let hashed = Hashed::compared(field, "data references", canonical.clone(), found, cause);
    out.hashes.push(hashed);

    let found = Found::read(node, "hash", message.hash);
    let canonical = message.header.canonical_bytes();
    let cause =
        |found| hash_cause(found, message, header).or_else(|| spelling(found, &canonical, header));
    let hashed = Hashed::compared(format!("{at}hash"), "header", canonical.clone(), found, cause);
    if let Some(id) = message.header.id {
        out.show(ItemKind::Message, *id.as_bytes(), &hashed);
    }
    out.hashes.push(hashed);
    let complete = references.0.iter().flatten().enumerate().filter_map(|(index, entry)| {
        let DataRef { id: Some(id), hash: Some(hash) } = (*entry)? else { return None };
        let field = format!("{at}data[{index}]");
        Some(Named { kind: ItemKind::Data, id: *id.as_bytes(), hash: hash.0, field })
    });
    out.references.extend(complete);
    Ok(())
}

fn shown<'a>(node: Option<Node<'a>>, name: &'static str) -> Option<Node<'a>> {
    node.and_then(|node| member(node, name))
}

/// Examines the elements that are shown with a value or a blob; returns what each place hashes to.
fn inline(
    list: Option<Node<'_>>,
    at: &str,
    out: &mut Examined,
) -> Result<Vec<Option<Bytes32>>, DecodeError> {
    let elements = list.into_iter().flat_map(|list| list.elements());
    let mut hashes = Vec::new();
    for (index, node) in elements.enumerate() {
        let element = match node.kind() {
            Kind::Object => Data::from_node(node)?,
            Kind::Null | Kind::Bool | Kind::Number | Kind::String | Kind::Array => Data::default(),
        };
        let hash = element.calc_hash().ok();
        if hash.is_some() {
            data::examine(&element, Some(node), &format!("{at}data[{index}]."), out);
        }
        hashes.push(hash.map(|hash| hash.0));
    }
    Ok(hashes)
}

fn data_hash_cause(
    found: Bytes32,
    references: &DataRefs,
    values: &[Option<Bytes32>],
) -> Option<Cause> {
    let mut other = references.clone();
    for (entry, hash) in other.0.iter_mut().flatten().zip(values) {
        if let (Some(entry), Some(hash)) = (entry, hash) {
            entry.hash = Some((*hash).into());
        }
    }
    let lists = [
        (other, Cause::OtherReferenceHashes),
        (DataRefs(None), Cause::NoList),
        (DataRefs(Some(Vec::new())), Cause::EmptyList),
    ];
    lists.into_iter().find(|(list, _)| list.hash().0 == found).map(|(_, cause)| cause)
}

fn hash_cause(found: Bytes32, message: &Message, shown: Option<Node<'_>>) -> Option<Cause> {
    let mut header = message.header.clone();
    if header.topics.is_empty() {
        header.topics = topic_member(shown);
    }
    if makes(found, &with_topic_member(&header)) {
        return Some(Cause::TopicMember);
    }
    let data_hash = Some(DataRefs(message.data.clone()).hash());
    let header = Header { data_hash, ..message.header.clone() };
    (header.hash().0 == found).then_some(Cause::OtherDataHash)
}

/// The bytes that were hashed before July 2021.
fn with_topic_member(header: &Header) -> Vec<u8> {
    let mut out = Vec::new();
    encode::header_with_topics_as(b"\"topic\":", header, &mut out);
    out
}

/// The topics of a header under the old name.
fn topic_member(header: Option<Node<'_>>) -> Vec<String> {
    let topics = shown(header, "topic").into_iter().flat_map(|list| list.elements());
    topics.map(|topic| topic.text().into_owned()).collect()
}
