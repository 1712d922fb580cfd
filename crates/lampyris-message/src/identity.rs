//! An identity of the network: an organisation, a node, or one that an application defines.
//! Nothing here knows which identities there are.

mod decode;
mod invalid;

use crate::decode::DecodeError;
use crate::hash::Bytes32;
use crate::id::{IdentityId, MessageId};
use crate::json::{Document, JsonValue};
use crate::kind::IdentityType;
use crate::limits;
use crate::open::Open;
use crate::time::Timestamp;
use crate::validate::{self, FieldName};

pub use invalid::InvalidIdentity;

/// What every DID of FireFly begins with.
pub const DID_PREFIX: &str = "did:firefly:";

/// The namespace that was the system's before there were networks of many namespaces.
pub const LEGACY_SYSTEM_NAMESPACE: &str = "ff_system";

/// An identity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// Names the identity.
    pub id: Option<IdentityId>,
    /// The name that messages give their author by.
    pub did: String,
    /// What kind of identity it is.
    pub identity_type: Open<IdentityType>,
    /// The identity that owns it.
    pub parent: Option<IdentityId>,
    /// The namespace, by the name the whole network uses.
    pub namespace: String,
    /// The name, from which the DID is made.
    pub name: String,
    /// What it is, for people.
    pub description: String,
    /// More of that, for programs: an object.
    pub profile: Option<JsonValue>,
    /// The messages that established it.
    pub messages: IdentityMessages,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When its description or its profile last changed.
    pub updated: Option<Timestamp>,
}

/// The messages that established an identity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IdentityMessages {
    /// The message that claimed it.
    pub claim: Option<MessageId>,
    /// The message of its parent that verified it.
    pub verification: Option<MessageId>,
    /// The message that last changed it.
    pub update: Option<MessageId>,
}

impl Identity {
    /// Reads an identity from JSON, with the leniency of upstream's Go.
    ///
    /// # Errors
    /// If the bytes are no JSON or a field cannot hold what is given for it.
    pub fn from_json(json: &[u8]) -> Result<Self, DecodeError> {
        decode::identity(Document::first(json)?.root())
    }

    /// The topic of the messages about the identity: SHA-256 of its DID in hex.
    pub fn topic(&self) -> String {
        Bytes32::sha256(self.did.as_bytes()).to_string()
    }

    /// The DID that type and name make.
    ///
    /// # Errors
    /// If there is no such type, the parent is missing, or the namespace may hold no such identity.
    pub fn required_did(&self) -> Result<String, InvalidIdentity> {
        let no_parent = |of: IdentityType| InvalidIdentity::NoParent { identity_type: of };
        let name = &self.name;
        match self.identity_type.known() {
            Some(IdentityType::Org) => Ok(format!("{DID_PREFIX}org/{name}")),
            Some(of @ IdentityType::Node) if self.parent.is_none() => Err(no_parent(of)),
            Some(IdentityType::Node) => Ok(format!("{DID_PREFIX}node/{name}")),
            Some(IdentityType::Custom) if self.namespace == LEGACY_SYSTEM_NAMESPACE => {
                Err(InvalidIdentity::SystemNamespace)
            }
            Some(of @ IdentityType::Custom) if self.parent.is_none() => Err(no_parent(of)),
            Some(IdentityType::Custom) => Ok(format!("{DID_PREFIX}{name}")),
            None => {
                let identity_type = self.identity_type.as_str().into();
                Err(InvalidIdentity::UnknownType { identity_type })
            }
        }
    }

    /// Checks the fields, and that the DID is the one that type and name make; of a custom
    /// identity also the one with its namespace, which old networks used.
    ///
    /// # Errors
    /// If a field is not as it must be.
    pub fn check_fields(&self) -> Result<(), InvalidIdentity> {
        if self.id.is_none() {
            return Err(InvalidIdentity::NoId);
        }
        validate::name_no_uuid(&self.name, FieldName { name: "name", index: None })?;
        let required = self.required_did()?;
        if self.did != required && !self.has_legacy_did() {
            return Err(InvalidIdentity::Did {
                did: self.did.as_str().into(),
                identity_type: self.identity_type.as_str().into(),
                namespace: self.namespace.as_str().into(),
                name: self.name.as_str().into(),
            });
        }
        let description = FieldName { name: "description", index: None };
        validate::length(&self.description, description, limits::DESCRIPTION_BYTES)?;
        Ok(())
    }

    fn has_legacy_did(&self) -> bool {
        let custom = self.identity_type.known() == Some(IdentityType::Custom);
        custom && self.did == format!("{DID_PREFIX}ns/{}/{}", self.namespace, self.name)
    }
}
