//! Why a group was refused, in the words of upstream's API.
//! Nothing here looks at a group.

use thiserror::Error;

use crate::hash::GroupHash;
use crate::id::NodeId;
use crate::validate::{FieldError, Grouped, OrEmpty};

/// A group that is none, or not what its hash says; prints as upstream words it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidGroup {
    /// The namespace or the name is none.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// There is nobody in it.
    #[error("FF00115: Group must have at least one member")]
    NoMembers,
    /// A member is `null`; upstream's program crashes on it.
    #[error("FF00125: Object is null: member {}", Grouped(*.index))]
    AbsentMember {
        /// Its place in the list.
        index: usize,
    },
    /// A member has no identity.
    #[error("FF00116: Identity is blank in member {}", Grouped(*.index))]
    NoIdentity {
        /// Its place in the list.
        index: usize,
    },
    /// The identity of a member has too many bytes; upstream's text does not say which member's.
    #[error("FF00135: Field 'identity' maximum length is {}", Grouped(*.limit))]
    IdentityTooLong {
        /// The member's place in the list.
        index: usize,
        /// Bytes it may have.
        limit: usize,
    },
    /// A member has no node.
    #[error("FF00117: Node is blank in member {}", Grouped(*.index))]
    NoNode {
        /// Its place in the list.
        index: usize,
    },
    /// A member repeats identity and node of one before it.
    #[error(
        "FF00118: Member {} is a duplicate org+node combination: {node}:{identity}",
        Grouped(*.index)
    )]
    RepeatedMember {
        /// Its place in the list.
        index: usize,
        /// The node of both.
        node: NodeId,
        /// The identity of both.
        identity: Box<str>,
    },
    /// The hash is not that of namespace, name and members.
    #[error(
        "FF00119: Invalid group: hashes do not match Hash={} Expected={expected}",
        OrEmpty(found.as_ref())
    )]
    HashMismatch {
        /// The hash the group came with.
        found: Option<GroupHash>,
        /// What it should be.
        expected: GroupHash,
    },
}

impl InvalidGroup {
    /// Upstream's code for this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Field(error) => error.code(),
            Self::NoMembers => "FF00115",
            Self::AbsentMember { .. } => "FF00125",
            Self::NoIdentity { .. } => "FF00116",
            Self::IdentityTooLong { .. } => "FF00135",
            Self::NoNode { .. } => "FF00117",
            Self::RepeatedMember { .. } => "FF00118",
            Self::HashMismatch { .. } => "FF00119",
        }
    }

    /// The HTTP status upstream attaches to the code; 500 where it attaches none.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Field(error) => error.status(),
            Self::AbsentMember { .. } | Self::NoIdentity { .. } | Self::NoNode { .. } => 500,
            Self::NoMembers
            | Self::IdentityTooLong { .. }
            | Self::RepeatedMember { .. }
            | Self::HashMismatch { .. } => 400,
        }
    }
}
