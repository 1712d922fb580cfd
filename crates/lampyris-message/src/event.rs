//! Events: the facts that the history of a message or a data element is made of, each named in the past tense.
//!
//! An event says what happened and never decides whether it may: see [`crate::lifecycle`].
//! Its bytes are the contract: a name, a version, and content in deterministic CBOR ([`codec`]).

mod beginning;
pub mod codec;
mod element;

pub use beginning::{Beginning, Claimed, Skimmed};
pub use element::{
    Content, DataAdded, DataErased, DataEvent, DataEventKind, DataState, Held, IllegalDataStep,
};

use crate::hash::{Bytes32, MessageHash};
use crate::id::{BatchId, MessageId, TransactionId};
use crate::lifecycle::Refusal;
use crate::named::named;
use crate::text::{IdempotencyKey, NonBlank};
use crate::{MessageState, Pin, SealedMessage, Timestamp};

/// One fact about one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A local message was submitted.
    Staged(Box<Staged>),
    /// A message came from the network.
    Received(Box<Received>),
    /// A message was taken in as evidence of what another node claims.
    Imported(Box<Imported>),
    /// The message waits for nothing any more.
    Readied(Readied),
    /// The message was put into a batch; a crash from here on reuses that batch.
    Sealed(Sealed),
    /// The batch was handed over for delivery.
    Sent(Sent),
    /// A pin of the message was seen on the ledger.
    Sequenced(Sequenced),
    /// The message is confirmed, finally.
    Confirmed(Confirmed),
    /// The message is rejected, finally.
    Rejected(Rejected),
    /// The message is cancelled, finally.
    Cancelled(Cancelled),
    /// A fact that contradicts the history was reported; the state is unchanged.
    Noted(Noted),
}

named! {
    /// The kind of an [`Event`]; its name is what stands in the log.
    EventKind {
        /// A local message was submitted.
        Staged = "staged",
        /// A message came from the network.
        Received = "received",
        /// A message was taken in as evidence of what another node claims.
        Imported = "imported",
        /// The message waits for nothing any more.
        Readied = "readied",
        /// The message was put into a batch; a crash from here on reuses that batch.
        Sealed = "sealed",
        /// The batch was handed over for delivery.
        Sent = "sent",
        /// A pin of the message was seen on the ledger.
        Sequenced = "sequenced",
        /// The message is confirmed, finally.
        Confirmed = "confirmed",
        /// The message is rejected, finally.
        Rejected = "rejected",
        /// The message is cancelled, finally.
        Cancelled = "cancelled",
        /// A fact that contradicts the history was reported; the state is unchanged.
        Noted = "noted",
    }
}

impl Event {
    /// Which event it is.
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::Staged(_) => EventKind::Staged,
            Self::Received(_) => EventKind::Received,
            Self::Imported(_) => EventKind::Imported,
            Self::Readied(_) => EventKind::Readied,
            Self::Sealed(_) => EventKind::Sealed,
            Self::Sent(_) => EventKind::Sent,
            Self::Sequenced(_) => EventKind::Sequenced,
            Self::Confirmed(_) => EventKind::Confirmed,
            Self::Rejected(_) => EventKind::Rejected,
            Self::Cancelled(_) => EventKind::Cancelled,
            Self::Noted(_) => EventKind::Noted,
        }
    }

    /// The message that a first event brings with it; `None` for every later event.
    pub const fn message(&self) -> Option<&SealedMessage> {
        match self {
            Self::Staged(staged) => Some(&staged.message),
            Self::Received(received) => Some(&received.message),
            Self::Imported(imported) => Some(&imported.message),
            Self::Readied(_)
            | Self::Sealed(_)
            | Self::Sent(_)
            | Self::Sequenced(_)
            | Self::Confirmed(_)
            | Self::Rejected(_)
            | Self::Cancelled(_)
            | Self::Noted(_) => None,
        }
    }
}

/// A local message was submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staged {
    /// The message, with the header bytes that were hashed.
    pub message: SealedMessage,
    /// The name that this node knows the message's namespace by.
    pub local_namespace: String,
    /// The idempotency key it was submitted under, and what the submission was.
    pub idempotency: Option<Idempotency>,
    /// The transaction it was born with (`contract_invoke_pin`).
    pub tx_id: Option<TransactionId>,
    /// What it waits for before it is ready.
    pub awaits: Option<Awaited>,
}

/// A message came from the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The message, with the header bytes that were hashed.
    pub message: SealedMessage,
    /// The name that this node knows the message's namespace by.
    pub local_namespace: String,
    /// The batch it came in.
    pub batch: BatchId,
    /// The transaction of that batch.
    pub tx_id: TransactionId,
    /// Its pins, where the sender gave them.
    pub pins: Vec<Pin>,
    /// The peer or the payload reference it came from.
    pub from: Option<String>,
}

/// A message was taken in as evidence: what a source claims, at second hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The message; its hashes were checked, nothing else about it can be.
    pub message: SealedMessage,
    /// What the source says of it.
    pub claims: Claims,
    /// Where it came from, as given by whoever imported it.
    pub source: String,
}

/// What the source of an imported message says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// The name that the source knows the message's namespace by.
    pub local_namespace: Option<String>,
    /// The state; [`MessageState::Pending`] where the source says none.
    pub state: MessageState,
    /// The batch.
    pub batch: Option<BatchId>,
    /// The transaction of the batch.
    pub tx_id: Option<TransactionId>,
    /// The pins.
    pub pins: Vec<Pin>,
    /// When it became final.
    pub confirmed: Option<Timestamp>,
    /// Why it was rejected.
    pub reject_reason: Option<String>,
    /// The idempotency key.
    pub idempotency_key: Option<String>,
}

/// The message waits for nothing any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readied {
    /// Why it is ready.
    pub why: Readiness,
}

/// Why a message is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// It never waited for anything.
    NothingToWaitFor,
    /// What it waited for arrived; the parent as reported, if it was.
    Released(Option<Parent>),
}

/// The message was put into a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The batch.
    pub batch: BatchId,
    /// The transaction of the batch.
    pub tx_id: TransactionId,
    /// Its pins, one a topic, if it is pinned and private; else none.
    pub pins: Vec<Pin>,
}

/// The batch was handed over for delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The batch.
    pub batch: BatchId,
    /// The transaction of the batch.
    pub tx_id: TransactionId,
}

/// A pin of the message was seen on the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequenced {
    /// The batch that the pin announces.
    pub batch: BatchId,
    /// The transaction of the batch.
    pub tx_id: TransactionId,
    /// Where on the ledger.
    pub position: LedgerPosition,
    /// The key that signed it there.
    pub signer: String,
}

/// A place in the order of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LedgerPosition {
    /// The sequence that the ledger connector gives to the batch's pin event.
    pub sequence: u64,
    /// The index of the message's first pin within that event.
    pub pin_index: u64,
}

/// The message is confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmed {
    /// When.
    pub at: Timestamp,
    /// What its confirmation is correlated with, where that is not `header.cid`.
    pub correlator: Option<String>,
}

/// The message is rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// When.
    pub at: Timestamp,
    /// The code that programs compare.
    pub code: NonBlank,
    /// The reason that people read.
    pub reason: NonBlank,
}

/// The message is cancelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancelled {
    /// When.
    pub at: Timestamp,
    /// The code that programs compare.
    pub code: NonBlank,
    /// The reason that people read.
    pub reason: Option<String>,
    /// Who asked for it.
    pub by: String,
    /// The confirmed gap-fill that took its nonce.
    pub gap_fill: Option<MessageId>,
}

/// A fact that contradicts the history was reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// What is wrong with it: the refusal it met.
    pub kind: Refusal,
    /// The hash of what was reported, so that it is noted once.
    pub evidence: Bytes32,
    /// What was reported, for people.
    pub detail: String,
}

/// A used idempotency key and what it was used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// The key.
    pub key: IdempotencyKey,
    /// The fingerprint of the submission: the same for the same request.
    pub fingerprint: Bytes32,
}

/// What a staged message waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Awaited {
    /// The kind of parent.
    pub kind: ParentKind,
    /// Which one, if it is known.
    pub id: Option<TransactionId>,
}

named! {
    /// What a message can wait for.
    ParentKind {
        /// A token transfer.
        TokenTransfer = "token_transfer",
        /// A token approval.
        TokenApproval = "token_approval",
    }
}

/// A parent that arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parent {
    /// The kind of parent.
    pub kind: ParentKind,
    /// Which one.
    pub id: TransactionId,
    /// The hash of the message that it carries, if it names one.
    pub message_hash: Option<MessageHash>,
}
