//! The events of a data element, in a stream of its own: that it was added, what its parts hash to, and that it was erased.
//!
//! Nothing here holds what may have to be erased: no value, no name, path or reference of a blob.

use crate::data::DatatypeRef;
use crate::hash::{Bytes32, DataHash};
use crate::kind::ValidatorType;
use crate::named::named;
use crate::open::Open;
use crate::text::ErasureReason;
use crate::time::Timestamp;

/// One fact about one data element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataEvent {
    /// The element was added.
    Added(DataAdded),
    /// Its bytes were erased.
    Erased(DataErased),
}

named! {
    /// The kind of a [`DataEvent`]; its name is what stands in the log.
    DataEventKind {
        /// The element was added.
        Added = "data_added",
        /// Its bytes were erased; what they hash to stays.
        Erased = "data_erased",
    }
}

impl DataEvent {
    /// Which event it is.
    pub const fn kind(&self) -> DataEventKind {
        match self {
            Self::Added(_) => DataEventKind::Added,
            Self::Erased(_) => DataEventKind::Erased,
        }
    }
}

/// A data element was added.
///
/// Its id is that of its stream, its namespace that of its record. What it says in words beyond
/// this is kept beside the log as its details: see [`DataAdded::from_data`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataAdded {
    /// How the value is checked.
    pub validator: Open<ValidatorType>,
    /// The datatype the value must conform to.
    pub datatype: Option<DatatypeRef>,
    /// When the element was made, by the clock of who made it.
    pub created: Timestamp,
    /// The value and the blob.
    pub content: Content,
    /// The details, if there are any.
    pub details: Option<Held>,
}

/// The bytes of a data element were erased: those of its value, its blob and its details.
///
/// The record around it says when and by whom; their hashes and sizes stay in [`DataAdded`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataErased {
    /// Why.
    pub reason: ErasureReason,
}

/// What an element consists of; there is none without a value and a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// A value alone: the SHA-256 and the size of its canonical bytes.
    Value(Held),
    /// A blob alone.
    Blob(Held),
    /// A value and a blob that goes with it.
    Both(Held, Held),
}

/// Bytes that are kept elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Held {
    /// Their SHA-256.
    pub hash: Bytes32,
    /// How many there are; at most [`Held::SIZE_MAX`].
    pub size: u64,
}

impl Held {
    /// The largest size: upstream counts bytes in 64 bits with a sign.
    pub const SIZE_MAX: u64 = i64::MAX.unsigned_abs();

    /// What is recorded of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self { hash: Bytes32::sha256(bytes), size: bytes.len() as u64 }
    }
}

impl Content {
    /// What a value and a blob make together; `None` if there is neither.
    pub const fn new(value: Option<Held>, blob: Option<Held>) -> Option<Self> {
        match (value, blob) {
            (Some(value), None) => Some(Self::Value(value)),
            (None, Some(blob)) => Some(Self::Blob(blob)),
            (Some(value), Some(blob)) => Some(Self::Both(value, blob)),
            (None, None) => None,
        }
    }

    /// The value, if there is one.
    pub const fn value(&self) -> Option<Held> {
        match self {
            Self::Value(value) | Self::Both(value, _) => Some(*value),
            Self::Blob(_) => None,
        }
    }

    /// The blob, if there is one.
    pub const fn blob(&self) -> Option<Held> {
        match self {
            Self::Blob(blob) | Self::Both(_, blob) => Some(*blob),
            Self::Value(_) => None,
        }
    }

    /// The hash of the element, which follows from those of its parts.
    pub fn hash(&self) -> DataHash {
        match self {
            Self::Value(one) | Self::Blob(one) => DataHash(one.hash),
            Self::Both(value, blob) => DataHash::of_both(value.hash, blob.hash),
        }
    }
}

impl DataAdded {
    /// The hash of the element, which references to it name.
    pub fn hash(&self) -> DataHash {
        self.content.hash()
    }

    /// What is kept elsewhere of the element: its value, its blob and its details.
    pub fn objects(&self) -> impl Iterator<Item = Held> {
        [self.content.value(), self.content.blob(), self.details].into_iter().flatten()
    }
}

/// Where the stream of a data element stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DataState {
    /// There is no such element.
    #[default]
    Absent,
    /// The element was added.
    Added,
    /// The element was added and its bytes were erased, for good.
    Erased,
}

/// An event that may not follow where the stream of its element stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("'{event}' is illegal for a data element that {}", state.told())]
pub struct IllegalDataStep {
    /// The event.
    pub event: DataEventKind,
    /// Where the stream stood.
    pub state: DataState,
}

impl DataState {
    /// Where the stream stands after this event: an element is added first, and once, and erased once after that.
    ///
    /// # Errors
    /// [`IllegalDataStep`] if the event may not come here.
    pub const fn after(self, event: &DataEvent) -> Result<Self, IllegalDataStep> {
        match (self, event) {
            (Self::Absent, DataEvent::Added(_)) => Ok(Self::Added),
            (Self::Added, DataEvent::Erased(_)) => Ok(Self::Erased),
            (Self::Absent | Self::Erased, DataEvent::Erased(_))
            | (Self::Added | Self::Erased, DataEvent::Added(_)) => {
                Err(IllegalDataStep { event: event.kind(), state: self })
            }
        }
    }

    /// What is said of an element whose stream stands here.
    const fn told(self) -> &'static str {
        match self {
            Self::Absent => "was never added",
            Self::Added => "was added before",
            Self::Erased => "was erased before",
        }
    }
}
