//! Requests: what an orchestrator reports of a message or asks for, before it is decided on.
//!
//! Facts about other messages are not part of a request: the engine looks them up itself.

use lampyris_message::event::{Claims, LedgerPosition, Parent};
use lampyris_message::lifecycle::CommandKind;
use lampyris_message::text::{NonBlank, TextError};
use lampyris_message::{BatchId, MessageId, Pin, SealedMessage, Timestamp, TransactionId};

use crate::submission::Submission;

/// One request, as [`Lampyris::submit`](crate::Lampyris::submit) takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Submit a local message.
    Stage(Box<Submission>),
    /// A message came from the network.
    Receive(Box<Arrival>),
    /// Take a message in as evidence.
    Import(Box<Evidence>),
    /// What a message waited for arrived; the parent, if it is told.
    Release(MessageId, Option<Parent>),
    /// A message was put into a batch.
    Seal(MessageId, Seal),
    /// A batch was handed over for delivery, and this message with it.
    Dispatched(MessageId, BatchId),
    /// A pin of a message was seen on the ledger.
    Sequence(MessageId, LedgerPin),
    /// A message is confirmed.
    Confirm(MessageId, Confirmation),
    /// A message is rejected.
    Reject(MessageId, Rejection),
    /// A message is given up.
    Cancel(MessageId, Cancellation),
}

/// A message that came from the network.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Arrival {
    /// The message; its hashes were checked.
    pub message: SealedMessage,
    /// The batch it came in.
    pub batch: BatchId,
    /// The transaction of that batch.
    pub tx_id: TransactionId,
    /// Its pins, where the sender gave them.
    pub pins: Vec<Pin>,
    /// The peer or the payload reference it came from.
    pub from: Option<String>,
}

/// A message that another source tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Evidence {
    /// The message; its hashes were checked.
    pub message: SealedMessage,
    /// What the source says of it.
    pub claims: Claims,
    /// Where it comes from.
    pub source: String,
}

/// The batch that a message was put into.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seal {
    /// The batch.
    pub batch: BatchId,
    /// The transaction of the batch.
    pub tx_id: TransactionId,
    /// The pins, one a topic, if the message is pinned and private; else none.
    pub pins: Vec<Pin>,
}

/// The pin of a message as the ledger shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LedgerPin {
    /// The batch that the pin announces.
    pub batch: BatchId,
    /// The transaction; the batch's own if it is not told.
    pub tx_id: Option<TransactionId>,
    /// Where on the ledger.
    pub position: LedgerPosition,
    /// The key that signed it there.
    pub signer: String,
}

/// How a message was confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Confirmation {
    /// When; now, if it is not told.
    pub at: Option<Timestamp>,
    /// What the confirmation is correlated with, if that is not `header.cid`.
    pub correlator: Option<String>,
}

/// Why a message is rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejection {
    /// The code that programs compare.
    pub code: NonBlank,
    /// The reason that people read.
    pub reason: NonBlank,
}

/// Why a message is given up.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cancellation {
    /// The code that programs compare.
    pub code: NonBlank,
    /// The reason that people read.
    pub reason: Option<String>,
    /// The gap-fill that takes the message's place in the order; it is looked up and checked.
    pub gap_fill: Option<MessageId>,
}

impl Request {
    /// The submission, if it is one.
    pub(crate) fn submission(&self) -> Option<&Submission> {
        if let Self::Stage(submission) = self { Some(submission) } else { None }
    }

    /// Which command it is.
    pub fn kind(&self) -> CommandKind {
        match self {
            Self::Stage(_) => CommandKind::Stage,
            Self::Receive(_) => CommandKind::Receive,
            Self::Import(_) => CommandKind::Import,
            Self::Release(..) => CommandKind::Release,
            Self::Seal(..) => CommandKind::Seal,
            Self::Dispatched(..) => CommandKind::Dispatched,
            Self::Sequence(..) => CommandKind::Sequence,
            Self::Confirm(..) => CommandKind::Confirm,
            Self::Reject(..) => CommandKind::Reject,
            Self::Cancel(..) => CommandKind::Cancel,
        }
    }

    /// The message that it speaks of; nothing for a submission whose id is left to the engine.
    pub fn id(&self) -> Option<MessageId> {
        match self {
            Self::Stage(submission) => submission.id(),
            Self::Receive(arrival) => Some(arrival.message.id()),
            Self::Import(evidence) => Some(evidence.message.id()),
            Self::Release(id, _)
            | Self::Seal(id, _)
            | Self::Dispatched(id, _)
            | Self::Sequence(id, _)
            | Self::Confirm(id, _)
            | Self::Reject(id, _)
            | Self::Cancel(id, _) => Some(*id),
        }
    }
}

impl Arrival {
    /// A message that came in a batch.
    pub fn new(message: SealedMessage, batch: BatchId, tx_id: TransactionId) -> Self {
        Self { message, batch, tx_id, pins: Vec::new(), from: None }
    }

    /// With these pins, as the sender gave them.
    #[must_use]
    pub fn pins(self, pins: Vec<Pin>) -> Self {
        Self { pins, ..self }
    }

    /// From this peer, or this payload reference.
    #[must_use]
    pub fn from(self, from: impl Into<String>) -> Self {
        Self { from: Some(from.into()), ..self }
    }
}

impl Evidence {
    /// A message, what a source says of it, and which source.
    pub fn new(message: SealedMessage, claims: Claims, source: impl Into<String>) -> Self {
        Self { message, claims, source: source.into() }
    }
}

impl Seal {
    /// Into this batch of this transaction, without pins.
    pub fn new(batch: BatchId, tx_id: TransactionId) -> Self {
        Self { batch, tx_id, pins: Vec::new() }
    }

    /// With these pins, one a topic.
    #[must_use]
    pub fn pins(self, pins: Vec<Pin>) -> Self {
        Self { pins, ..self }
    }
}

impl LedgerPin {
    /// The first pin of this event of the ledger.
    pub fn new(batch: BatchId, ledger_sequence: u64, signer: impl Into<String>) -> Self {
        let position = LedgerPosition { sequence: ledger_sequence, pin_index: 0 };
        Self { batch, tx_id: None, position, signer: signer.into() }
    }

    /// Not the first pin of the event, but the one at this index.
    #[must_use]
    pub fn pin_index(mut self, pin_index: u64) -> Self {
        self.position.pin_index = pin_index;
        self
    }

    /// In this transaction, where it is not the batch's own.
    #[must_use]
    pub fn tx_id(self, tx_id: TransactionId) -> Self {
        Self { tx_id: Some(tx_id), ..self }
    }
}

impl Confirmation {
    /// Confirmed now.
    pub fn now() -> Self {
        Self::default()
    }

    /// Confirmed at this time.
    #[must_use]
    pub fn at(self, at: Timestamp) -> Self {
        Self { at: Some(at), ..self }
    }

    /// Correlated with this, and not with `header.cid`.
    #[must_use]
    pub fn correlator(self, correlator: impl Into<String>) -> Self {
        Self { correlator: Some(correlator.into()), ..self }
    }
}

impl Rejection {
    /// For this reason.
    ///
    /// # Errors
    /// [`TextError`] if the code or the reason is blank.
    pub fn new(code: &str, reason: &str) -> Result<Self, TextError> {
        Ok(Self { code: NonBlank::new("code", code)?, reason: NonBlank::new("reason", reason)? })
    }
}

impl Cancellation {
    /// With this code.
    ///
    /// # Errors
    /// [`TextError`] if the code is blank.
    pub fn new(code: &str) -> Result<Self, TextError> {
        Ok(Self { code: NonBlank::new("code", code)?, reason: None, gap_fill: None })
    }

    /// For this reason.
    #[must_use]
    pub fn reason(self, reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..self }
    }

    /// With this gap-fill in its place.
    #[must_use]
    pub fn gap_fill(self, gap_fill: MessageId) -> Self {
        Self { gap_fill: Some(gap_fill), ..self }
    }
}
