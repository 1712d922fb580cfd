//! Identifiers: what FireFly names with a UUID, one type for each kind of thing.
//!
//! An id is 16 bytes and prints in the usual lower-case form. Nothing here draws a new one.

use std::fmt;

use uuid::Uuid;

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
    /// Names a data element that messages refer to.
    DataId
}
