//! A group as upstream writes it, and the part of it that is hashed.
//! Nothing here checks a field: what is given is written.

use crate::group::{Group, Member};
use crate::json::object::{ObjectWriter, array};

/// Appends a group; name and members are written even when they are empty.
pub(super) fn group(group: &Group, out: &mut Vec<u8>) {
    let mut object = ObjectWriter::open(out);
    identity_members(group, &mut object);
    object.filled("localNamespace", &group.local_namespace);
    object.some("message", group.message, |id, out| id.write_json(out));
    object.some("hash", group.hash, |hash, out| hash.0.write_json(out));
    object.time("created", group.created);
    object.close();
}

/// Appends what is hashed.
pub(super) fn identity(group: &Group, out: &mut Vec<u8>) {
    let mut object = ObjectWriter::open(out);
    identity_members(group, &mut object);
    object.close();
}

fn identity_members(group: &Group, object: &mut ObjectWriter<'_>) {
    object.filled("namespace", &group.namespace);
    object.string("name", &group.name);
    array(group.members.as_deref(), object.member("members"), |entry, out| match entry {
        Some(entry) => member(entry, out),
        None => out.extend_from_slice(b"null"),
    });
}

fn member(member: &Member, out: &mut Vec<u8>) {
    let mut object = ObjectWriter::open(out);
    object.filled("identity", &member.identity);
    object.some("node", member.node, |node, out| node.write_json(out));
    object.close();
}
