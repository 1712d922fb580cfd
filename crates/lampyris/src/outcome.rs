//! Outcomes: what became of a request, once that is durable.
//!
//! A refusal is an outcome like any other; only what keeps the engine from deciding is an error.

use std::fmt;

use lampyris_message::MessageId;
use lampyris_message::event::EventKind;
use lampyris_message::kind::MessageState;
use lampyris_message::lifecycle::{CommandKind, Refusal};

/// What became of a request.
///
/// ```
/// # use lampyris::{Confirmation, Lampyris, Submission, block_on};
/// # let dir = tempfile::tempdir()?;
/// # let engine = Lampyris::open(dir.path())?;
/// let order = Submission::broadcast("did:firefly:org/acme", "0x9f3b").build()?;
/// let staged = block_on(engine.stage(order))?.accepted()?;
/// let too_soon = block_on(engine.confirm(staged.id, Confirmation::now()))?.accepted().unwrap_err();
/// assert_eq!(too_soon.refusal.name(), "NotSequenced");
/// assert_eq!(too_soon.state, Some(staged.state));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was accepted, now or before.
    Accepted(Accepted),
    /// The table does not allow it.
    Refused(Box<Refused>),
}

/// An accepted request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Accepted {
    /// The message; the holder of the key, where a submission was made before under another id.
    pub id: MessageId,
    /// Its state now.
    pub state: MessageState,
    /// What was appended; nothing if the same was reported before.
    pub events: Vec<EventKind>,
    /// Sequence of the last event appended, if there is one.
    pub sequence: Option<u64>,
    /// How many records of the log it was judged by and are durable.
    pub position: u64,
}

/// A refused request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refused {
    /// The message that the request speaks of.
    pub id: MessageId,
    /// The state that the request met; none if the message is not known.
    pub state: Option<MessageState>,
    /// The name of the refusal.
    pub refusal: Refusal,
    /// What the request said, and what would have been accepted.
    pub detail: String,
    /// The commands that can move the message on.
    pub accepts: Vec<CommandKind>,
    /// Sequence of the event in which the contradiction was noted, if it was noted just now.
    pub noted: Option<u64>,
    /// How many records of the log it was judged by and are durable.
    pub position: u64,
}

impl Outcome {
    /// The message's id.
    pub fn id(&self) -> MessageId {
        match self {
            Self::Accepted(accepted) => accepted.id,
            Self::Refused(refused) => refused.id,
        }
    }

    /// Whether it was accepted.
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted(_))
    }

    /// The accepted request.
    ///
    /// # Errors
    /// The refusal.
    pub fn accepted(self) -> Result<Accepted, Refused> {
        match self {
            Self::Accepted(accepted) => Ok(accepted),
            Self::Refused(refused) => Err(*refused),
        }
    }

    /// How many records of the log it was judged by and are durable.
    pub fn position(&self) -> u64 {
        match self {
            Self::Accepted(accepted) => accepted.position,
            Self::Refused(refused) => refused.position,
        }
    }
}

impl Refused {
    /// Upstream's error code for the same complaint, where it has one.
    pub fn code(&self) -> Option<&'static str> {
        self.refusal.code()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "message {}: {}", self.id, self.detail)
    }
}

impl std::error::Error for Refused {}
