//! An identity from JSON, with Go's rules for keys, repeated members and `null`.
//! Nothing here checks what a field holds beyond what its type does.

use crate::decode::DecodeError;
use crate::identity::{Identity, IdentityMessages};
use crate::json::fields::{Field, Problems, members};
use crate::json::{JsonValue, Kind, Node, numbers_are_finite};

const NAMES: &[&str] = &[
    "id",
    "did",
    "type",
    "parent",
    "namespace",
    "name",
    "description",
    "profile",
    "messages",
    "created",
    "updated",
];

/// A JSON value as an identity.
pub(super) fn identity(node: Node<'_>) -> Result<Identity, DecodeError> {
    let (mut read, mut problems) = (Identity::default(), Problems::default());
    members(node, "identity", NAMES, &mut problems, |name, node, problems| match name {
        "id" => read.id.read(node, name, problems),
        "did" => read.did.read(node, name, problems),
        "type" => read.identity_type.read(node, name, problems),
        "parent" => read.parent.read(node, name, problems),
        "namespace" => read.namespace.read(node, name, problems),
        "name" => read.name.read(node, name, problems),
        "description" => read.description.read(node, name, problems),
        "profile" => {
            profile(&mut read.profile, node, problems);
            Ok(())
        }
        "messages" => messages(&mut read.messages, node, problems),
        "created" => read.created.read(node, name, problems),
        "updated" => read.updated.read(node, name, problems),
        _ => Ok(()),
    })?;
    problems.finish(read)
}

/// Upstream reads the profile as a map, in which a number must fit a 64-bit float.
fn profile(profile: &mut Option<JsonValue>, node: Node<'_>, problems: &mut Problems) {
    match node.kind() {
        Kind::Null => *profile = None,
        Kind::Object => {
            let value = JsonValue::from_node(node);
            if !numbers_are_finite(value.as_bytes()) {
                problems.wrong_type(node, "profile", "object of numbers within 64 bits");
            }
            *profile = Some(value);
        }
        Kind::Bool | Kind::Number | Kind::String | Kind::Array => {
            problems.wrong_type(node, "profile", "object");
        }
    }
}

fn messages(
    ids: &mut IdentityMessages,
    node: Node<'_>,
    problems: &mut Problems,
) -> Result<(), DecodeError> {
    let names = &["claim", "verification", "update"];
    members(node, "messages", names, problems, |name, node, problems| match name {
        "claim" => ids.claim.read(node, "messages.claim", problems),
        "verification" => ids.verification.read(node, "messages.verification", problems),
        "update" => ids.update.read(node, "messages.update", problems),
        _ => Ok(()),
    })
}
