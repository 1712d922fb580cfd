//! State: what is known of one message, folded from its events, and where in the table that is.
//!
//! It holds what deciding needs and nothing else; what a client sees is a view's business.

use crate::event::{Awaited, LedgerPosition};
use crate::hash::{Bytes32, GroupHash, MessageHash};
use crate::id::{BatchId, MessageId, TransactionId};
use crate::kind::MessageState;
use crate::named::named;
use crate::{Pin, Pinning};

use super::clause::Refusal;

/// What is known of one message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum State {
    /// Nothing.
    #[default]
    Absent,
    /// It was imported: evidence of what another node claims.
    Imported(Box<Evidence>),
    /// It began here or came from the network.
    Known(Box<Facts>),
}

/// What is known of an imported message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Its hash.
    pub hash: MessageHash,
    /// The state that the source claims.
    pub state: MessageState,
    /// The contradictions noted.
    pub noted: Vec<(Refusal, Bytes32)>,
}

/// What is known of a message that began here or came from the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Its id.
    pub id: MessageId,
    /// Where it began.
    pub origin: Origin,
    /// Its state.
    pub state: MessageState,
    /// Its hash.
    pub hash: MessageHash,
    /// How it is ordered.
    pub pinning: Pinning,
    /// How many topics it has.
    pub topics: usize,
    /// Who sent it.
    pub sender: Sender,
    /// Its group, `header.group`.
    pub group: Option<GroupHash>,
    /// What it waits for, or waited for.
    pub awaits: Option<Awaited>,
    /// The transaction it was born with.
    pub staged_tx: Option<TransactionId>,
    /// The batch it is sealed in, or came in.
    pub batch: Option<(BatchId, TransactionId)>,
    /// Its pins.
    pub pins: Box<[Pin]>,
    /// Where it stands on the ledger.
    pub ledger: Option<LedgerPin>,
    /// The code it was rejected with.
    pub reject_code: Option<Box<str>>,
    /// The contradictions noted.
    pub noted: Vec<(Refusal, Bytes32)>,
}

/// Where a message began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// Here: its first event is `staged`.
    Local,
    /// On another node: its first event is `received`.
    Remote,
}

/// The pin that the ledger shows for a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerPin {
    /// The batch.
    pub batch: BatchId,
    /// Where on the ledger.
    pub position: LedgerPosition,
    /// The key that signed it there, if it is another than the header's.
    pub other_signer: Option<Box<str>>,
}

/// Who sent a message, kept as one text: there is one of these for every message of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    // Invariant: the author ends where a character does.
    author_and_key: Box<str>,
    author_bytes: usize,
}

impl Sender {
    /// The sender with this author and key.
    pub fn new(author: &str, key: &str) -> Self {
        Self { author_and_key: [author, key].concat().into(), author_bytes: author.len() }
    }

    /// The author, `header.author`.
    pub fn author(&self) -> &str {
        self.author_and_key.get(..self.author_bytes).unwrap_or_default()
    }

    /// The key, `header.key`.
    pub fn key(&self) -> &str {
        self.author_and_key.get(self.author_bytes..).unwrap_or_default()
    }
}

named! {
    /// A column of the transition table: a state, cut finer where the rules differ.
    Situation {
        /// Nothing is known of the message.
        Absent = "none",
        /// It waits for a parent.
        Staged = "staged",
        /// It waits to be put into a batch.
        ReadyUnsealed = "ready, unsealed",
        /// It is in a batch that is not handed over yet.
        ReadySealed = "ready, sealed",
        /// It is handed over.
        Sent = "sent",
        /// It came from the network; no pin of it was seen yet.
        PendingNoPin = "pending, no pin yet",
        /// Its pin is on the ledger; it waits for its turn.
        PendingPinned = "pending, pinned",
        /// Confirmed, finally.
        Confirmed = "confirmed",
        /// Rejected, finally.
        Rejected = "rejected",
        /// Cancelled, finally.
        Cancelled = "cancelled",
        /// It is evidence only.
        Imported = "imported",
    }
}

impl State {
    /// Which column of the table applies.
    pub const fn situation(&self) -> Situation {
        match self {
            Self::Absent => Situation::Absent,
            Self::Imported(_) => Situation::Imported,
            Self::Known(facts) => match facts.state {
                MessageState::Staged => Situation::Staged,
                MessageState::Ready if facts.batch.is_none() => Situation::ReadyUnsealed,
                MessageState::Ready => Situation::ReadySealed,
                MessageState::Sent => Situation::Sent,
                MessageState::Pending if facts.ledger.is_none() => Situation::PendingNoPin,
                MessageState::Pending => Situation::PendingPinned,
                MessageState::Confirmed => Situation::Confirmed,
                MessageState::Rejected => Situation::Rejected,
                MessageState::Cancelled => Situation::Cancelled,
            },
        }
    }

    /// The message's state; `None` if it is not known.
    pub const fn message_state(&self) -> Option<MessageState> {
        match self {
            Self::Absent => None,
            Self::Imported(evidence) => Some(evidence.state),
            Self::Known(facts) => Some(facts.state),
        }
    }

    /// The message's hash; `None` if it is not known.
    pub const fn hash(&self) -> Option<MessageHash> {
        match self {
            Self::Absent => None,
            Self::Imported(evidence) => Some(evidence.hash),
            Self::Known(facts) => Some(facts.hash),
        }
    }

    /// The contradictions noted so far.
    pub fn noted(&self) -> &[(Refusal, Bytes32)] {
        match self {
            Self::Absent => &[],
            Self::Imported(evidence) => &evidence.noted,
            Self::Known(facts) => &facts.noted,
        }
    }

    /// The name of the state, `none` if the message is not known.
    pub const fn name(&self) -> &'static str {
        match self.message_state() {
            Some(state) => state.as_str(),
            None => "none",
        }
    }
}
