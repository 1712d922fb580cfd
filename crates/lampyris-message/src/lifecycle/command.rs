//! Commands: what someone reports or asks for, with the evidence that deciding needs.
//!
//! A command carries everything that the answer depends on, the time included, so that deciding is
//! a function. Facts about *other* messages come as evidence, looked up by whoever holds the log.

use std::fmt;

use crate::event::{Claims, Confirmed, LedgerPosition, Parent, Received, Rejected, Sealed, Staged};
use crate::hash::{Bytes32, GroupHash};
use crate::id::{BatchId, MessageId, TransactionId};
use crate::kind::MessageState;
use crate::named::named;
use crate::text::NonBlank;
use crate::{Pin, Pinning, SealedMessage, Timestamp};

/// Something reported about, or asked of, one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Submit a local message.
    Stage(Box<Stage>),
    /// A message came from the network.
    Receive(Box<Receive>),
    /// Take a message in as evidence.
    Import(Box<Import>),
    /// What the message waited for arrived.
    Release(Release),
    /// Put the message into a batch.
    Seal(Sealed),
    /// The batch was handed over for delivery.
    Dispatched(Dispatched),
    /// A pin of the message was seen on the ledger.
    Sequence(Sequence),
    /// The message is confirmed.
    Confirm(Confirmed),
    /// The message is rejected.
    Reject(Rejected),
    /// Give the message up.
    Cancel(Cancel),
}

named! {
    /// The kind of a [`Command`]; its name is the verb of the command stream.
    CommandKind {
        /// Submit a local message.
        Stage = "stage",
        /// A message came from the network.
        Receive = "receive",
        /// Take a message in as evidence.
        Import = "import",
        /// What the message waited for arrived.
        Release = "release",
        /// Put the message into a batch.
        Seal = "seal",
        /// The batch was handed over for delivery.
        Dispatched = "dispatched",
        /// A pin of the message was seen on the ledger.
        Sequence = "sequence",
        /// The message is confirmed.
        Confirm = "confirm",
        /// The message is rejected.
        Reject = "reject",
        /// Give the message up.
        Cancel = "cancel",
    }
}

impl Command {
    /// Which command it is.
    pub const fn kind(&self) -> CommandKind {
        match self {
            Self::Stage(_) => CommandKind::Stage,
            Self::Receive(_) => CommandKind::Receive,
            Self::Import(_) => CommandKind::Import,
            Self::Release(_) => CommandKind::Release,
            Self::Seal(_) => CommandKind::Seal,
            Self::Dispatched(_) => CommandKind::Dispatched,
            Self::Sequence(_) => CommandKind::Sequence,
            Self::Confirm(_) => CommandKind::Confirm,
            Self::Reject(_) => CommandKind::Reject,
            Self::Cancel(_) => CommandKind::Cancel,
        }
    }
}

/// Submit a local message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    staged: Staged,
    /// Evidence: the other message that holds the idempotency key.
    pub key_holder: Option<KeyHolder>,
}

impl Stage {
    /// A submission, as it will be recorded.
    ///
    /// # Errors
    /// [`UnpinnedBroadcast`]: an unpinned message without a group reaches nobody (FF10126).
    pub fn new(staged: Staged, key_holder: Option<KeyHolder>) -> Result<Self, UnpinnedBroadcast> {
        if unpinned_broadcast(&staged.message) {
            return Err(UnpinnedBroadcast);
        }
        Ok(Self { staged, key_holder })
    }

    /// What will be recorded.
    pub const fn staged(&self) -> &Staged {
        &self.staged
    }
}

/// Whether nobody would dispatch this message.
pub(super) fn unpinned_broadcast(message: &SealedMessage) -> bool {
    message.pinning() == Pinning::Unpinned && message.group().is_none()
}

/// An unpinned message must have a group: nobody dispatches an unpinned broadcast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("FF10126: an unpinned message needs 'header.group': nobody would dispatch it")]
pub struct UnpinnedBroadcast;

impl UnpinnedBroadcast {
    /// Upstream's code for the same complaint.
    pub const CODE: &'static str = "FF10126";
}

/// Evidence: the message that an idempotency key was first used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyHolder {
    /// The message.
    pub id: MessageId,
    /// Its state.
    pub state: MessageState,
    /// The fingerprint of its submission.
    pub fingerprint: Bytes32,
}

/// A message came from the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receive {
    /// What will be recorded.
    pub received: Received,
    /// When: an unpinned message is confirmed on arrival.
    pub at: Timestamp,
    /// Evidence: a gap-fill that names it.
    pub gap_fill: Option<GapFill>,
}

/// Take a message in as evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The message.
    pub message: SealedMessage,
    /// What its source says of it.
    pub claims: Claims,
    /// Where it came from.
    pub source: String,
}

/// What the message waited for arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The parent, if it is told.
    pub parent: Option<Parent>,
    /// When: a parent that carries another message cancels this one.
    pub at: Timestamp,
    /// Who reports it.
    pub by: String,
}

/// The batch was handed over for delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispatched {
    /// The batch.
    pub batch: BatchId,
    /// When: an unpinned message is confirmed at once.
    pub at: Timestamp,
}

/// A pin of the message was seen on the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    /// The batch that the pin announces.
    pub batch: BatchId,
    /// The transaction; the batch's own where it is not told.
    pub tx_id: Option<TransactionId>,
    /// Where on the ledger.
    pub position: LedgerPosition,
    /// The key that signed it there.
    pub signer: String,
}

/// Give the message up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancel {
    /// When.
    pub at: Timestamp,
    /// The code that programs compare.
    pub code: NonBlank,
    /// The reason that people read.
    pub reason: Option<String>,
    /// Who asks for it.
    pub by: String,
    /// Evidence: the gap-fill that takes the message's nonce.
    pub gap_fill: Option<GapFill>,
}

/// Evidence: a message that may stand in for a cancelled one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GapFill {
    /// The gap-fill's own id.
    pub id: MessageId,
    /// The message it stands in for.
    pub cid: Option<MessageId>,
    /// Its tag; a gap-fill's is [`GAP_FILL_TAG`].
    pub tag: String,
    /// Its author.
    pub author: String,
    /// Its group.
    pub group: Option<GroupHash>,
    /// Its pins.
    pub pins: Vec<Pin>,
    /// Its state: only a confirmed one counts.
    pub state: MessageState,
}

/// The tag of a gap-fill message.
pub const GAP_FILL_TAG: &str = "ff_gap_fill";

/// What the command reports, without its times: the same text for the same facts.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind())?;
        match self {
            Self::Stage(stage) => {
                write!(f, " hash {}", stage.staged().message.hash())?;
                match (&stage.staged().idempotency, &stage.key_holder) {
                    (Some(idempotency), Some(holder)) => {
                        let (key, holder) = (&idempotency.key, holder.id);
                        write!(f, " under key '{key}', which message {holder} holds")
                    }
                    (None | Some(_), _) => Ok(()),
                }
            }
            Self::Receive(receive) => {
                let received = &receive.received;
                write!(f, " hash {} in batch {}", received.message.hash(), received.batch)
            }
            Self::Import(import) => write!(f, " hash {}", import.message.hash()),
            Self::Release(Release { parent: Some(parent), .. }) => {
                write!(f, " by {} {}", parent.kind, parent.id)?;
                parent.message_hash.map_or(Ok(()), |hash| write!(f, " carrying hash {hash}"))
            }
            Self::Seal(seal) => {
                write!(f, " in batch {} of transaction {}", seal.batch, seal.tx_id)?;
                seal.pins.iter().try_for_each(|pin| write!(f, " with pin {pin}"))
            }
            Self::Dispatched(dispatched) => write!(f, " in batch {}", dispatched.batch),
            Self::Sequence(Sequence { batch, position, signer, .. }) => {
                let LedgerPosition { sequence, pin_index } = position;
                write!(f, " in batch {batch} at {sequence}/{pin_index} signed by '{signer}'")
            }
            Self::Confirm(_) | Self::Release(Release { parent: None, .. }) => Ok(()),
            Self::Reject(reject) => write!(f, " with code '{}'", reject.code),
            Self::Cancel(cancel) => write!(f, " with code '{}'", cancel.code),
        }
    }
}
