//! What keeps the engine from deciding on a request; a refusal is no error but an outcome.
//!
//! Three families, as the log has them: the request is at fault, the machine, or the log's bytes.

use std::sync::Arc;

use lampyris_log::{
    AppendError, Broken, CheckpointError, DataError, OpenError, ReadError, Unavailable,
};
use lampyris_message::data::inline::InvalidEntry;
use lampyris_message::data::references::Unresolved;
use lampyris_message::{DataId, InvalidData, InvalidMessage, MessageId};
use lampyris_projection::{ElementError, Fault};

use crate::erasure::ElementName;

/// Why a request has no outcome.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The message cannot be written as a header.
    #[error(transparent)]
    Invalid(#[from] InvalidMessage),
    /// A data element that came in line cannot be.
    #[error("data[{index}]: {0}", index = .0.index())]
    Data(#[from] InvalidEntry),
    /// A data reference names an element that is not known, or that has another hash.
    #[error(transparent)]
    Unresolved(#[from] Unresolved),
    /// A data element cannot be.
    #[error(transparent)]
    Element(#[from] InvalidData),
    /// The id of a new data element is that of another one.
    #[error("{}data element {id} was added before, and is another one", place(*.index))]
    ElementTaken {
        /// The place of the element in the data of the message that brings it, if one does.
        index: Option<usize>,
        /// The element.
        id: DataId,
    },
    /// The data element was erased: nothing new refers to it, and it is not added again.
    #[error("{}data element {id} was erased", place(*.index))]
    ElementErased {
        /// The place of the reference in the data of the message that has it, if one does.
        index: Option<usize>,
        /// The element.
        id: DataId,
    },
    /// No data element of this id was added.
    #[error("no data element {id} in the engine's namespace")]
    ElementUnknown {
        /// The id.
        id: DataId,
    },
    /// Other data elements have the bytes that were to be erased; nothing was erased.
    #[error("{} other data elements have bytes in common with {id}, and lose them with it: {}", others.len(), listed(others))]
    ElementShared {
        /// The element that was to be erased.
        id: DataId,
        /// The others.
        others: Vec<ElementName>,
    },
    /// The message is known by another namespace than the engine's.
    #[error("field 'localNamespace' is '{found}', this engine serves '{served}'")]
    Namespace {
        /// The namespace of the engine.
        served: String,
        /// The one that the message names.
        found: String,
    },
    /// The request breaks a limit of the log; nothing was appended.
    #[error("message {id}: {refused}")]
    Limit {
        /// The message.
        id: MessageId,
        /// The limit.
        refused: lampyris_log::Refused,
    },
    /// A data element breaks a limit of the log; nothing was appended.
    #[error("data element {id}: {refused}")]
    ElementLimit {
        /// The element.
        id: DataId,
        /// The limit.
        refused: lampyris_log::Refused,
    },
    /// What the log tells of this message is not legal, so nothing can be decided on.
    #[error("message {id}: its history is not legal: {why}")]
    History {
        /// The message.
        id: MessageId,
        /// What is wrong with it.
        why: String,
    },
    /// What the log tells of a data element is not legal, so nothing can be said of it.
    #[error("data element {id}: its history is not legal: {why}")]
    ElementHistory {
        /// The element.
        id: DataId,
        /// What is wrong with it.
        why: String,
    },
    /// What the log or the store tells of data elements is no element.
    #[error("a data element cannot be read: {0}")]
    Elements(String),
    /// The data store does not take or give what it should.
    #[error("the data store: {0}")]
    Store(#[source] DataError),
    /// A checkpoint is not signed, or cannot be read. What was asked of messages is kept.
    #[error("checkpoint: {0}")]
    Checkpoint(#[source] Arc<CheckpointError>),
    /// The machine cannot do it now. What was asked for may or may not be kept: open the engine again and ask again.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The log's bytes are not what was acknowledged.
    #[error(transparent)]
    Broken(#[from] Broken),
}

/// Where in a message's data something stands.
fn place(index: Option<usize>) -> String {
    index.map(|index| format!("data[{index}]: ")).unwrap_or_default()
}

/// The names of elements, for a sentence.
fn listed(names: &[ElementName]) -> String {
    names.iter().map(ElementName::to_string).collect::<Vec<_>>().join(", ")
}

/// Why an engine cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineOpenError {
    /// The log cannot be opened.
    #[error(transparent)]
    Log(#[from] OpenError),
    /// The log's bytes are right, but what they tell is not legal.
    #[error("the log tells what the rules do not allow: {0}")]
    Illegal(#[from] Fault),
    /// A name that every record would carry is empty or too long.
    #[error("the engine's {field} has {found} bytes where 1 to {max} are allowed")]
    Name {
        /// Which name.
        field: &'static str,
        /// The most bytes it may have.
        max: usize,
        /// What it has.
        found: usize,
    },
    /// The log cannot be signed.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// An erasure was recorded and cut short, and cannot be finished.
    #[error("an erasure that was cut short cannot be finished: {0}")]
    Erasure(#[source] Box<Error>),
    /// What was read cannot be shown.
    #[error("the views cannot be made: {0}")]
    Views(String),
}

impl From<ElementError> for Error {
    fn from(error: ElementError) -> Self {
        match error {
            ElementError::Read(error) => error.into(),
            ElementError::Store(error) => error.into(),
            ElementError::Event { .. }
            | ElementError::Order { .. }
            | ElementError::Id { .. }
            | ElementError::Part(_) => Self::Elements(error.to_string()),
        }
    }
}

impl From<CheckpointError> for Error {
    fn from(error: CheckpointError) -> Self {
        Self::Checkpoint(Arc::new(error))
    }
}

impl From<DataError> for Error {
    fn from(error: DataError) -> Self {
        if let DataError::Unavailable(error) = error {
            Self::Unavailable(error)
        } else {
            Self::Store(error)
        }
    }
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unavailable(error) => Self::Unavailable(error),
            ReadError::Broken(error) => Self::Broken(error),
        }
    }
}

impl Error {
    /// Upstream's code for the same complaint, where it has one.
    pub const fn code(&self) -> Option<&'static str> {
        match self {
            Self::Invalid(error) => Some(error.code()),
            Self::Data(error) => Some(error.code()),
            Self::Element(error) => Some(error.code()),
            Self::Unresolved(error) => Some(error.code()),
            Self::ElementTaken { .. }
            | Self::ElementErased { .. }
            | Self::ElementUnknown { .. }
            | Self::ElementShared { .. }
            | Self::ElementLimit { .. }
            | Self::ElementHistory { .. }
            | Self::Elements(_)
            | Self::Namespace { .. }
            | Self::Limit { .. }
            | Self::History { .. }
            | Self::Store(_)
            | Self::Checkpoint(_)
            | Self::Unavailable(_)
            | Self::Broken(_) => None,
        }
    }

    /// Whether the engine goes on: only what was asked for is at fault, and nothing came of it.
    pub const fn is_of_the_request(&self) -> bool {
        match self {
            Self::Invalid(_)
            | Self::Data(_)
            | Self::Unresolved(_)
            | Self::Element(_)
            | Self::ElementTaken { .. }
            | Self::ElementErased { .. }
            | Self::ElementUnknown { .. }
            | Self::ElementShared { .. }
            | Self::Namespace { .. }
            | Self::Limit { .. }
            | Self::ElementLimit { .. }
            | Self::History { .. }
            | Self::ElementHistory { .. } => true,
            Self::Elements(_)
            | Self::Store(_)
            | Self::Checkpoint(_)
            | Self::Unavailable(_)
            | Self::Broken(_) => false,
        }
    }

    /// The error of an append that the engine decided on and the log did not keep.
    pub(crate) fn not_kept(id: MessageId, error: AppendError) -> Self {
        match error {
            AppendError::Refused(refused) => Self::Limit { id, refused },
            AppendError::Unavailable(error) => Self::Unavailable(error),
            AppendError::Broken(error) => Self::Broken(error),
        }
    }
}
