//! What a JSON value shows: one item, items within an object that holds them, or none.
//! It goes by which members an object has, never by what they say.

use std::fmt;

use thiserror::Error;

use crate::json::fields::{Problems, members};
use crate::json::{Kind, Node};

/// A message, data element, group or batch within a document.
#[derive(Debug, Clone)]
pub struct Item<'a> {
    /// What it is.
    pub kind: ItemKind,
    /// Where it stands in the value: empty, or `message`, `messages[2]` in an object that holds it.
    pub place: String,
    /// Its JSON.
    pub node: Node<'a>,
}

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ItemKind {
    /// A message.
    Message,
    /// A data element.
    Data,
    /// A group.
    Group,
    /// A batch, as it travels or as it is stored.
    Batch,
}

impl ItemKind {
    /// The name of the kind.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Data => "data",
            Self::Group => "group",
            Self::Batch => "batch",
        }
    }
}

impl fmt::Display for ItemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A value that shows no item.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoItem {
    /// It is no object.
    #[error("a JSON {found} is no message, data element, group or batch")]
    Type {
        /// The type of the value.
        found: &'static str,
    },
    /// It has none of the members to go by.
    #[error(
        "neither a message (with 'header'), data element ('value', 'blob', 'validator'), group \
         ('members') or batch ('payload', 'manifest'), nor an object that holds one"
    )]
    Unknown,
}

/// Members to go by, and the kinds they tell of an object that has one and is nothing else.
const OWN: &[(&str, ItemKind)] = &[
    ("header", ItemKind::Message),
    ("payload", ItemKind::Batch),
    ("manifest", ItemKind::Batch),
    ("members", ItemKind::Group),
    ("value", ItemKind::Data),
    ("blob", ItemKind::Data),
    ("validator", ItemKind::Data),
    ("datatype", ItemKind::Data),
];

/// Members that hold an item, or a list of items.
const HOLDING: &[(&str, ItemKind)] = &[
    ("message", ItemKind::Message),
    ("messages", ItemKind::Message),
    ("data", ItemKind::Data),
    ("group", ItemKind::Group),
    ("groups", ItemKind::Group),
    ("batch", ItemKind::Batch),
    ("batches", ItemKind::Batch),
];

/// The items of a JSON value: itself, or those that it holds under `message`, `messages`, `data`,
/// `group`, `groups`, `batch` or `batches`.
///
/// # Errors
/// [`NoItem`] if there is none.
pub fn items(node: Node<'_>) -> Result<Vec<Item<'_>>, NoItem> {
    if node.kind() != Kind::Object {
        return Err(NoItem::Type { found: node.kind().as_str() });
    }
    let found = told(node);
    let itself = |kind| Item { kind, place: String::new(), node };
    let own = OWN.iter().find(|(name, _)| found.iter().any(|(found, _)| found == name));
    if let Some((_, kind @ (ItemKind::Message | ItemKind::Batch))) = own {
        return Ok(vec![itself(*kind)]);
    }
    let mut items: Vec<Item<'_>> = own.into_iter().map(|(_, kind)| itself(*kind)).collect();
    for (name, kind) in HOLDING {
        let members = found.iter().filter(|(found, _)| found == name);
        items.extend(members.flat_map(|(_, member)| held(name, *kind, *member)));
    }
    let is_batch = ["type", "node"].iter().all(|name| found.iter().any(|(found, _)| found == name));
    if items.is_empty() && is_batch {
        items.push(itself(ItemKind::Batch));
    }
    if items.is_empty() { Err(NoItem::Unknown) } else { Ok(items) }
}

/// The members to go by that an object has, by the names they are read under.
fn told(node: Node<'_>) -> Vec<(&'static str, Node<'_>)> {
    let names = OWN.iter().chain(HOLDING).map(|(name, _)| *name).chain(["type", "node"]);
    let names: Vec<_> = names.collect();
    let mut found = Vec::new();
    let read = members(node, "item", &names, &mut Problems::default(), |name, member, _| {
        found.push((name, member));
        Ok(())
    });
    // Nothing is read into a field, so nothing is refused.
    read.map_or_else(|_| Vec::new(), |()| found)
}

/// The items that a member holds; what else it may be is no item.
fn held<'a>(name: &str, kind: ItemKind, member: Node<'a>) -> Vec<Item<'a>> {
    match member.kind() {
        Kind::Object => vec![Item { kind, place: name.to_owned(), node: member }],
        Kind::Array => {
            let elements = member.elements().enumerate();
            let item = |(index, node)| Item { kind, place: format!("{name}[{index}]"), node };
            elements.map(item).collect()
        }
        Kind::Null | Kind::Bool | Kind::Number | Kind::String => Vec::new(),
    }
}

/// The member that upstream reads under `name`: of repeated ones the last.
pub(super) fn member<'a>(object: Node<'a>, name: &'static str) -> Option<Node<'a>> {
    let mut last = None;
    let read = members(object, "item", &[name], &mut Problems::default(), |_, member, _| {
        last = Some(member);
        Ok(())
    });
    read.ok().and(last)
}
