//! What can be asked for of each collection: the names of its fields and what their values are.
//!
//! The names are upstream's, in lower case. What a row has in a field is for whoever holds the row.

use std::fmt;

/// A collection that can be queried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Collection {
    /// Messages.
    Messages,
    /// Data elements.
    Data,
    /// FireFly's events of messages.
    Events,
}

/// What the values of a field are: how the text of a condition is read, and how it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A text.
    Text,
    /// A UUID; compared as text, so in lower case.
    Uuid,
    /// A hash; compared as text, so in lower case.
    Hash,
    /// Several texts, compared as one with commas between them.
    Joined,
    /// Several texts: a condition holds if it holds for one of them.
    Each,
    /// A JSON value, compared as its text.
    Json,
    /// A whole number of 64 bits with a sign.
    Integer,
    /// A moment.
    Time,
    /// True or false.
    Bool,
}

impl Kind {
    /// Whether values are compared as texts, so that any text can be asked for.
    pub const fn is_text(self) -> bool {
        match self {
            Self::Text | Self::Uuid | Self::Hash | Self::Joined | Self::Each | Self::Json => true,
            Self::Integer | Self::Time | Self::Bool => false,
        }
    }
}

/// Upstream's words for them, as they stand in its errors.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "String",
            Self::Uuid => "UUID",
            Self::Hash => "Byte-Array",
            Self::Joined | Self::Each => "String-array",
            Self::Json => "JSON-blob",
            Self::Integer => "Integer",
            Self::Time => "Date-time",
            Self::Bool => "Boolean",
        })
    }
}

/// Defines the fields of all collections in one place.
macro_rules! fields {
    ($($(#[$doc:meta])* $field:ident = $name:literal : $kind:ident,)+) => {
        /// A field of some collection.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Field {
            $($(#[$doc])* $field,)+
        }

        impl Field {
            /// Its name in a query.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$field => $name,)+ }
            }

            /// What its values are.
            pub const fn kind(self) -> Kind {
                match self { $(Self::$field => Kind::$kind,)+ }
            }
        }
    };
}

fields! {
    /// The id of a message, a data element or an event.
    Id = "id": Uuid,
    /// The message that a message answers.
    Cid = "cid": Uuid,
    /// What a message, or an event, is.
    Type = "type": Text,
    /// The DID of the sender.
    Author = "author": Text,
    /// The key that the sender signs with.
    Key = "key": Text,
    /// The topics of a message: a condition holds if it holds for one of them.
    Topics = "topics": Each,
    /// The topics of a message as upstream compares them: one text, with commas between.
    TopicsJoined = "topics.joined": Joined,
    /// What a message means to the applications.
    Tag = "tag": Text,
    /// The group of a private message.
    Group = "group": Hash,
    /// When it was made.
    Created = "created": Time,
    /// The hash of the list of data of a message.
    DataHash = "datahash": Hash,
    /// The idempotency key of a message.
    IdempotencyKey = "idempotencykey": Text,
    /// The hash of a message, or of a data element.
    Hash = "hash": Hash,
    /// The pins of a message: one text, with commas between.
    Pins = "pins": Joined,
    /// The state of a message.
    State = "state": Text,
    /// When a message became final.
    Confirmed = "confirmed": Time,
    /// Why a message was rejected.
    RejectReason = "rejectreason": Text,
    /// Where it stands: of a message, the sequence of its first record in the log; of a data element, that of its
    /// record; of an event, its number among the namespace's events.
    Sequence = "sequence": Integer,
    /// What the transaction of a message is for.
    TxType = "txtype": Text,
    /// The batch of a message.
    Batch = "batch": Uuid,
    /// The transaction of a message.
    TxId = "txid": Uuid,
    /// What the parent of a message does.
    TxParentType = "txparent.type": Text,
    /// The parent of a message.
    TxParentId = "txparent.id": Uuid,
    /// How the value of a data element is checked.
    Validator = "validator": Text,
    /// The name of its datatype.
    DatatypeName = "datatype.name": Text,
    /// The version of its datatype.
    DatatypeVersion = "datatype.version": Text,
    /// The hash of its blob.
    BlobHash = "blob.hash": Hash,
    /// The size of its blob in bytes.
    BlobSize = "blob.size": Integer,
    /// The message that an event is about.
    Reference = "reference": Uuid,
    /// What the message of an event answers.
    Correlator = "correlator": Uuid,
    /// The transaction of the message of an event.
    Tx = "tx": Uuid,
    /// The topic that an event is for.
    Topic = "topic": Text,
}

impl Collection {
    /// The fields that can be asked for, in upstream's order.
    pub const fn fields(self) -> &'static [Field] {
        use Field as F;
        match self {
            Self::Messages => &[
                F::Id,
                F::Cid,
                F::Type,
                F::Author,
                F::Key,
                F::Topics,
                F::TopicsJoined,
                F::Tag,
                F::Group,
                F::Created,
                F::DataHash,
                F::IdempotencyKey,
                F::Hash,
                F::Pins,
                F::State,
                F::Confirmed,
                F::RejectReason,
                F::Sequence,
                F::TxType,
                F::Batch,
                F::TxId,
                F::TxParentType,
                F::TxParentId,
            ],
            Self::Data => &[
                F::Id,
                F::Validator,
                F::DatatypeName,
                F::DatatypeVersion,
                F::Hash,
                F::BlobHash,
                F::BlobSize,
                F::Created,
                F::Sequence,
            ],
            Self::Events => &[
                F::Id,
                F::Type,
                F::Reference,
                F::Correlator,
                F::Tx,
                F::Topic,
                F::Sequence,
                F::Created,
            ],
        }
    }

    /// The field with this name, whatever its case.
    pub fn field(self, name: &str) -> Option<Field> {
        self.fields().iter().copied().find(|field| field.name().eq_ignore_ascii_case(name))
    }
}
