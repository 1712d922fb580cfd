//! A group from JSON, with Go's rules for keys, repeated members and `null`.
//! Nothing here checks what a field holds beyond what its type does.

use crate::decode::DecodeError;
use crate::group::{Group, Member};
use crate::json::Node;
use crate::json::fields::{Field, List, Problems, members, optional};

const NAMES: &[&str] =
    &["namespace", "name", "members", "localNamespace", "message", "hash", "created"];

/// A JSON value as a group.
pub(super) fn group(node: Node<'_>) -> Result<Group, DecodeError> {
    let (mut group, mut list) = (Group::default(), List::default());
    let mut problems = Problems::default();
    members(node, "group", NAMES, &mut problems, |name, node, problems| match name {
        "namespace" => group.namespace.read(node, name, problems),
        "name" => group.name.read(node, name, problems),
        "members" => list.read(node, name, problems, |entry, node, problems| {
            optional(entry, node, problems, member)
        }),
        "localNamespace" => group.local_namespace.read(node, name, problems),
        "message" => group.message.read(node, name, problems),
        "hash" => group.hash.read(node, name, problems),
        "created" => group.created.read(node, name, problems),
        _ => Ok(()),
    })?;
    group.members = list.entries;
    problems.finish(group)
}

fn member(member: &mut Member, node: Node<'_>, problems: &mut Problems) -> Result<(), DecodeError> {
    members(node, "members", &["identity", "node"], problems, |name, node, problems| match name {
        "identity" => member.identity.read(node, "members.identity", problems),
        "node" => member.node.read(node, "members.node", problems),
        _ => Ok(()),
    })
}
