//! Identifiers: what FireFly names with a UUID, one type for each kind of thing.
//!
//! An id is 16 bytes and prints in the usual lower-case form. Nothing here draws a new one.

mod parse;

use std::fmt;

use uuid::Uuid;

use crate::json::write::plain_string;
use crate::scalar::{ScalarError, UuidProblem};

/// The sixteen bytes of a UUID in any of the spellings upstream reads.
///
/// # Errors
/// If the text is in none of them.
pub fn parse_uuid(text: &[u8]) -> Result<[u8; 16], UuidProblem> {
    parse::uuid(text)
}

/// Declares one identifier type around a UUID.
macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// The id with these sixteen bytes.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The sixteen bytes of the id.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// The id that `text` spells, as a URL parameter or a body does: in either case,
            /// without dashes, as `urn:uuid:`, or within any pair of enclosing bytes.
            ///
            /// # Errors
            /// If it spells none: `FF00138`.
            pub fn parse(text: &str) -> Result<Self, ScalarError> {
                parse_uuid(text.as_bytes()).map(Self::from_bytes).map_err(ScalarError::Uuid)
            }

            /// Appends the id as a JSON string.
            pub fn write_json(&self, out: &mut Vec<u8>) {
                let mut text = [0; 36];
                plain_string(self.0.as_hyphenated().encode_lower(&mut text).as_bytes(), out);
            }

            /// The id as a [`Uuid`].
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self.0.as_hyphenated(), f)
            }
        }

        impl From<[u8; 16]> for $name {
            fn from(bytes: [u8; 16]) -> Self {
                Self::from_bytes(bytes)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}

id_type! {
    /// Names a message: its `header.id`, and its stream in the log.
    MessageId
}
id_type! {
    /// Names a batch: what a message is sealed in and travels with.
    BatchId
}
id_type! {
    /// Names a FireFly transaction, or the token transfer or approval a message hangs on.
    TransactionId
}
id_type! {
    /// Names a node of the network: what receives for the members of a group.
    NodeId
}
id_type! {
    /// Names an identity: an organisation, a node, or one that an application defines.
    IdentityId
}
id_type! {
    /// Names a data element that messages refer to.
    DataId
}
