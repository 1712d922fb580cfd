//! The hash that names a group.
//! It never asks who is in the group.

use super::cause::{Cause, spelling};
use super::{Examined, Found, Hashed};
use crate::decode::DecodeError;
use crate::group::Group;
use crate::hash::Bytes32;
use crate::json::Node;

/// Examines a group.
pub(super) fn item(node: Node<'_>, out: &mut Examined) -> Result<(), DecodeError> {
    let group = Group::from_node(node)?;
    out.id = group.hash.map(|hash| hash.to_string());
    let found = Found::read(Some(node), "hash", group.hash);
    let canonical = group.identity_bytes();
    let cause = |found| {
        let sorted = is_sealed_as(found, &group).then_some(Cause::MembersSorted);
        sorted.or_else(|| spelling(found, &canonical, None))
    };
    let of = "namespace, name and members";
    out.hashes.push(Hashed::compared("hash".to_owned(), of, canonical.clone(), found, cause));
    Ok(())
}

fn is_sealed_as(found: Bytes32, group: &Group) -> bool {
    group.clone().seal().is_ok_and(|hash| hash.0 == found)
}
