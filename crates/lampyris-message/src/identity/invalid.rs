//! Why an identity was refused, in the words of upstream's API.
//! Nothing here looks at an identity.

use thiserror::Error;

use crate::identity::LEGACY_SYSTEM_NAMESPACE;
use crate::kind::IdentityType;
use crate::validate::FieldError;

/// An identity that is none; prints as upstream words it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidIdentity {
    /// It has no id.
    #[error("FF00114: ID is nil")]
    NoId,
    /// The name is none, or the description is too long.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// There is no such type of identity.
    #[error("FF00126: Unknown identity type: {identity_type}")]
    UnknownType {
        /// The type as the identity has it.
        identity_type: Box<str>,
    },
    /// An identity of this type belongs to another one, and does not say which.
    #[error("FF00124: Identity of type '{identity_type}' must have a valid parent")]
    NoParent {
        /// The type.
        identity_type: IdentityType,
    },
    /// Applications define no identities in this namespace.
    #[error(
        "FF00121: Custom identities cannot be defined in the '{LEGACY_SYSTEM_NAMESPACE}' namespace"
    )]
    SystemNamespace,
    /// The DID is not the one that type and name make.
    #[error(
        "FF00120: Invalid FireFly DID '{did}' for type='{identity_type}' \
         namespace='{namespace}' name='{name}'"
    )]
    Did {
        /// The DID the identity came with.
        did: Box<str>,
        /// Its type.
        identity_type: Box<str>,
        /// Its namespace.
        namespace: Box<str>,
        /// Its name.
        name: Box<str>,
    },
}

impl InvalidIdentity {
    /// Upstream's code for this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoId => "FF00114",
            Self::Field(error) => error.code(),
            Self::UnknownType { .. } => "FF00126",
            Self::NoParent { .. } => "FF00124",
            Self::SystemNamespace => "FF00121",
            Self::Did { .. } => "FF00120",
        }
    }

    /// The HTTP status upstream attaches to the code; 500 where it attaches none.
    pub const fn status(&self) -> u16 {
        match self {
            Self::NoId => 500,
            Self::Field(error) => error.status(),
            Self::UnknownType { .. }
            | Self::NoParent { .. }
            | Self::SystemNamespace
            | Self::Did { .. } => 400,
        }
    }
}
