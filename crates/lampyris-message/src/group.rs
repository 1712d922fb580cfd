//! A privacy group: the identities and nodes that private messages are for.
//! Nothing here resolves an identity or a node: both are taken by name and id.

mod decode;
mod encode;
mod invalid;

use std::collections::BTreeSet;

use crate::decode::DecodeError;
use crate::hash::{Bytes32, GroupHash};
use crate::id::{MessageId, NodeId};
use crate::json::{Document, Node};
use crate::limits;
use crate::time::Timestamp;
use crate::validate::{self, FieldName};

pub use invalid::InvalidGroup;

/// A group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// The namespace, by the name the whole network uses; hashed.
    pub namespace: String,
    /// The name, which may be empty; hashed, and written even then.
    pub name: String,
    /// Who is in the group; hashed. Absent, empty and an absent entry all hash differently.
    pub members: Option<Vec<Option<Member>>>,
    /// The namespace, by the name this node uses.
    pub local_namespace: String,
    /// The message that told the members of the group.
    pub message: Option<MessageId>,
    /// The hash that names the group.
    pub hash: Option<GroupHash>,
    /// When the group was made.
    pub created: Option<Timestamp>,
}

/// One member of a group: an identity, and the node that receives for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Member {
    /// The DID of the member.
    pub identity: String,
    /// The node that receives for it.
    pub node: Option<NodeId>,
}

impl Group {
    /// Reads a group from JSON, with the leniency of upstream's Go.
    ///
    /// # Errors
    /// If the bytes are no JSON or a field cannot hold what is given for it.
    pub fn from_json(json: &[u8]) -> Result<Self, DecodeError> {
        Self::from_node(Document::first(json)?.root())
    }

    /// Reads a group from a value within a document, with the same leniency.
    ///
    /// # Errors
    /// If a field cannot hold what is given for it.
    pub fn from_node(node: Node<'_>) -> Result<Self, DecodeError> {
        decode::group(node)
    }

    /// The group as upstream writes it.
    pub fn to_json(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.size_hint() + 256);
        encode::group(self, &mut out);
        out
    }

    /// The bytes that are hashed: namespace, name and members as they stand.
    pub fn identity_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.size_hint());
        encode::identity(self, &mut out);
        out
    }

    /// The hash of the group with its members in the order they stand in.
    pub fn calc_hash(&self) -> GroupHash {
        GroupHash(Bytes32::sha256(&self.identity_bytes()))
    }

    /// Sorts the members by the bytes of their identity and sets the hash.
    ///
    /// Members of one identity keep their order. Upstream's sort does not promise that for more
    /// than twelve members, so two nodes of upstream may disagree about such a group.
    ///
    /// # Errors
    /// [`InvalidGroup::AbsentMember`], on which upstream's program crashes; the group stays as it
    /// was.
    pub fn seal(&mut self) -> Result<GroupHash, InvalidGroup> {
        self.no_absent_member()?;
        if let Some(members) = &mut self.members {
            members.sort_by(|a, b| identity(a.as_ref()).cmp(identity(b.as_ref())));
        }
        let hash = self.calc_hash();
        self.hash = Some(hash);
        Ok(hash)
    }

    /// Checks the fields of a new group, whose hash is still to be set.
    ///
    /// # Errors
    /// If a name is none, there is no member, or a member is incomplete or repeated.
    pub fn check_fields(&self) -> Result<(), InvalidGroup> {
        validate::name(&self.namespace, FieldName { name: "namespace", index: None })?;
        if !self.name.is_empty() {
            validate::name_no_uuid(&self.name, FieldName { name: "name", index: None })?;
        }
        let members = self.members.as_deref().unwrap_or_default();
        if members.is_empty() {
            return Err(InvalidGroup::NoMembers);
        }
        let mut seen = BTreeSet::new();
        for (index, member) in members.iter().enumerate() {
            let member = member.as_ref().ok_or(InvalidGroup::AbsentMember { index })?;
            let (identity, node) = member.checked(index)?;
            if !seen.insert((node, identity)) {
                let identity = identity.into();
                return Err(InvalidGroup::RepeatedMember { index, node, identity });
            }
        }
        Ok(())
    }

    /// Checks the fields and the hash of a received group, with its members as they stand.
    ///
    /// # Errors
    /// If a field is not as it must be, or the hash is missing or wrong.
    pub fn verify(&self) -> Result<GroupHash, InvalidGroup> {
        self.check_fields()?;
        let expected = self.calc_hash();
        match self.hash {
            Some(found) if found == expected => Ok(expected),
            found => Err(InvalidGroup::HashMismatch { found, expected }),
        }
    }

    /// The topic of the message that tells the members of the group: the hash in hex.
    pub fn topic(&self) -> Option<String> {
        self.hash.map(|hash| hash.to_string())
    }

    fn no_absent_member(&self) -> Result<(), InvalidGroup> {
        let members = self.members.as_deref().unwrap_or_default();
        match members.iter().position(Option::is_none) {
            Some(index) => Err(InvalidGroup::AbsentMember { index }),
            None => Ok(()),
        }
    }

    fn size_hint(&self) -> usize {
        // What stands around an identity and a node, quotes and commas included.
        const MEMBER: usize = 72;
        let members = self.members.iter().flatten().flatten();
        let members: usize = members.map(|member| member.identity.len() + MEMBER).sum();
        64 + self.namespace.len() + self.name.len() + members
    }
}

impl Member {
    /// Both halves of the member at `index`.
    fn checked(&self, index: usize) -> Result<(&str, NodeId), InvalidGroup> {
        if self.identity.is_empty() {
            return Err(InvalidGroup::NoIdentity { index });
        }
        if self.identity.len() > limits::IDENTITY_BYTES {
            return Err(InvalidGroup::IdentityTooLong { index, limit: limits::IDENTITY_BYTES });
        }
        let node = self.node.ok_or(InvalidGroup::NoNode { index })?;
        Ok((&self.identity, node))
    }
}

/// What members are sorted by, as bytes.
fn identity(member: Option<&Member>) -> &str {
    member.map_or("", |member| &member.identity)
}
