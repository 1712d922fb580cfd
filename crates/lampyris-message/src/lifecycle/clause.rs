//! The words that the transition table is written in: clauses, guards, outcomes, refusals.
//!
//! Names only; what a guard looks at is in the guard module, which refusal stands where in the table.

use crate::event::EventKind;
use crate::named::named;

/// One cell of the table: the answer is the first clause whose guard holds, else `otherwise`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// The guarded answers, in the order in which they are tried.
    pub clauses: &'static [Clause],
    /// The answer if no guard holds.
    pub otherwise: Outcome,
}

/// One line of a cell: the outcome, if the guard holds and none before it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clause {
    /// What must hold for this line to be the answer.
    pub when: Guard,
    /// The answer.
    pub then: Outcome,
}

/// What the table answers to a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// These events, appended together.
    Append(&'static [EventKind]),
    /// The same facts again: accepted, nothing appended.
    Same,
    /// Refused by name, the log unchanged.
    Refuse(Refusal),
    /// Refused by name, and the contradiction is noted in the message's history, once.
    Note(Refusal),
}

named! {
    /// What a clause asks of the message, the command and the evidence that came with it.
    Guard {
        /// The idempotency key is another message's, and the two submissions are the same.
        KeyHeldBySameRequest = "key held, equal fingerprint",
        /// The idempotency key is another message's.
        KeyHeld = "key held by another message",
        /// The message waits for a token transfer or approval.
        Awaits = "it waits for a parent",
        /// The message is unpinned.
        Unpinned = "unpinned",
        /// The message came from the network.
        Remote = "R",
        /// The command's message hash is the recorded one.
        EqualHash = "equal hash",
        /// The command's message hash is not the recorded one.
        OtherHash = "other hash",
        /// A confirmed gap-fill in the evidence stands in for this pinned private message.
        GapFill = "a gap-fill names it",
        /// The message is unpinned, and the command's batch is the one it is sealed in.
        SameBatchUnpinned = "b₀, unpinned",
        /// The command's batch is the one the message is sealed in.
        SameBatch = "b₀",
        /// The parent is not what the message waits for.
        WrongParent = "parent is not the awaited one",
        /// The parent carries another message hash.
        ParentHashDiffers = "the parent's message hash differs",
        /// The pins do not fit: one a topic for a pinned private message, none for others.
        BadPins = "pins do not fit",
        /// The message was born with another transaction.
        WrongTx = "txid is not the staged one",
        /// It is the message's batch, but with another transaction or other pins.
        SealDiffers = "b₀, other txid or pins",
        /// Batch, ledger position and signer are the recorded ones.
        SamePin = "the recorded pin",
        /// The signer on the ledger is not the header's key.
        SignerDiffers = "signer is not header.key",
        /// The reason code is the recorded one.
        SameCode = "same code",
        /// The message is pinned and private.
        Private = "PP",
    }
}

named! {
    /// Why a command is refused.
    Refusal {
        /// No message of this id is known.
        UnknownMessage = "UnknownMessage",
        /// The message was imported as evidence; its life is led elsewhere.
        NotOurs = "NotOurs",
        /// The id is taken by another message.
        DuplicateId = "DuplicateId",
        /// The idempotency key belongs to another submission (FF10430).
        IdempotencyKeyUsed = "IdempotencyKeyUsed",
        /// Our own message came back from the network before it was sealed.
        NotSent = "NotSent",
        /// The same id, but not the same message.
        HashMismatch = "HashMismatch",
        /// The batch is not the one the message is sealed in.
        WrongBatch = "WrongBatch",
        /// The parent that arrived is not the one the message waits for.
        WrongParent = "WrongParent",
        /// The fact contradicts what is recorded.
        Contradiction = "Contradiction",
        /// The message is in a final state.
        AlreadyFinal = "AlreadyFinal",
        /// The message still waits; it is not ready.
        NotReady = "NotReady",
        /// A pinned private message needs exactly one pin a topic, any other none.
        BadPins = "BadPins",
        /// The message was born with another transaction.
        WrongTx = "WrongTx",
        /// The message is sealed in another batch.
        AlreadySealed = "AlreadySealed",
        /// Only the node that a message began on seals and dispatches it.
        NotLocal = "NotLocal",
        /// The message is in no batch yet.
        NotSealed = "NotSealed",
        /// The dispatch was reported after the message was cancelled.
        LateDispatch = "LateDispatch",
        /// An unpinned message has nothing on the ledger.
        NotPinned = "NotPinned",
        /// The message has another pin already.
        DuplicatePin = "DuplicatePin",
        /// The pin was reported after the message was cancelled.
        LatePin = "LatePin",
        /// No pin of the message was seen on the ledger yet.
        NotSequenced = "NotSequenced",
        /// The pin was signed with another key than the header's.
        SignerMismatch = "SignerMismatch",
        /// Its nonce is taken: only a confirmed gap-fill lets it go.
        NeedsGapFill = "NeedsGapFill",
        /// The message is on its way and cannot be called back.
        AlreadySent = "AlreadySent",
    }
}

impl Refusal {
    /// Upstream's error code for the same complaint, where it has one.
    pub const fn code(self) -> Option<&'static str> {
        if matches!(self, Self::IdempotencyKeyUsed) { Some("FF10430") } else { None }
    }
}

impl Outcome {
    /// The refusal that it is, noted or not.
    pub const fn refusal(self) -> Option<Refusal> {
        match self {
            Self::Append(_) | Self::Same => None,
            Self::Refuse(refusal) | Self::Note(refusal) => Some(refusal),
        }
    }
}

impl std::fmt::Display for Outcome {
    /// As the documentation writes it: `[staged, readied]`, `✓`, `!Name`, `!Name+n`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Append(events) => {
                let names: Vec<_> = events.iter().map(|event| event.name()).collect();
                write!(f, "[{}]", names.join(", "))
            }
            Self::Same => f.write_str("✓"),
            Self::Refuse(refusal) => write!(f, "!{refusal}"),
            Self::Note(refusal) => write!(f, "!{refusal}+n"),
        }
    }
}
