//! Guards: the questions that a cell of the table asks, answered from state, command and evidence.
//!
//! Each answer is a plain comparison of recorded facts; nothing is looked up and nothing changes.

use super::clause::Guard;
use super::command::{Command, GAP_FILL_TAG, GapFill};
use super::state::{Facts, Origin, State};
use crate::event::{Parent, Sealed};
use crate::hash::{GroupHash, MessageHash};
use crate::id::{BatchId, MessageId};
use crate::kind::MessageState;
use crate::{Pin, Pinning};

/// Whether `guard` holds for this state and command.
///
/// A guard that asks for something the command or the state does not have does not hold.
pub(super) fn holds(guard: Guard, state: &State, command: &Command) -> bool {
    match guard {
        Guard::KeyHeldBySameRequest => same_request(command),
        Guard::KeyHeld => {
            matches!(command, Command::Stage(submission) if submission.key_holder.is_some())
        }
        Guard::Awaits => {
            matches!(command, Command::Stage(submission) if submission.staged().awaits.is_some())
        }
        Guard::Unpinned => pinning(state, command) == Some(Pinning::Unpinned),
        Guard::Private => pinning(state, command) == Some(Pinning::Private),
        Guard::Remote => facts(state).is_some_and(|facts| facts.origin == Origin::Remote),
        Guard::EqualHash => hash(command).is_some() && hash(command) == state.hash(),
        Guard::OtherHash => hash(command).is_some() && hash(command) != state.hash(),
        Guard::GapFill => gap_fill_fits(state, command),
        Guard::SameBatch => same_batch(state, command),
        Guard::SameBatchUnpinned => {
            same_batch(state, command) && pinning(state, command) == Some(Pinning::Unpinned)
        }
        Guard::WrongParent => wrong_parent(state, command),
        Guard::ParentHashDiffers => parent(command)
            .and_then(|parent| parent.message_hash)
            .is_some_and(|parent_hash| Some(parent_hash) != state.hash()),
        Guard::BadPins => with_seal(state, command, |facts, seal| !pins_fit(facts, &seal.pins)),
        Guard::WrongTx => with_seal(state, command, |facts, seal| {
            facts.staged_tx.is_some_and(|staged| staged != seal.tx_id)
        }),
        Guard::SealDiffers => with_seal(state, command, |facts, seal| {
            facts.batch.is_some_and(|(batch, tx_id)| {
                batch == seal.batch && (tx_id != seal.tx_id || *facts.pins != *seal.pins)
            })
        }),
        Guard::SamePin => same_pin(state, command),
        Guard::SignerDiffers => facts(state).is_some_and(signer_differs),
        Guard::SameCode => matches!(
            (facts(state), command),
            (Some(facts), Command::Reject(reject))
                if facts.reject_code.as_deref() == Some(reject.code.as_str())
        ),
    }
}

/// Whether these pins are right for the message: one a topic if pinned and private, else none.
pub(super) fn pins_fit(facts: &Facts, pins: &[Pin]) -> bool {
    let wanted = if facts.pinning == Pinning::Private { facts.topics } else { 0 };
    pins.len() == wanted
}

/// Whether the recorded signer is not the key of the header.
pub(super) fn signer_differs(facts: &Facts) -> bool {
    facts.ledger.as_ref().is_some_and(|pin| pin.other_signer.is_some())
}

fn facts(state: &State) -> Option<&Facts> {
    if let State::Known(facts) = state { Some(facts) } else { None }
}

fn same_request(command: &Command) -> bool {
    let Command::Stage(submission) = command else { return false };
    match (&submission.key_holder, &submission.staged().idempotency) {
        (Some(holder), Some(ours)) => holder.fingerprint == ours.fingerprint,
        (None, _) | (_, None) => false,
    }
}

/// How the message is ordered: as recorded, else as the command brings it.
fn pinning(state: &State, command: &Command) -> Option<Pinning> {
    match (state, command) {
        (State::Known(facts), _) => Some(facts.pinning),
        (State::Absent, Command::Receive(receive)) => Some(receive.received.message.pinning()),
        (State::Absent, Command::Stage(submission)) => Some(submission.staged().message.pinning()),
        (State::Absent | State::Imported(_), _) => None,
    }
}

/// The hash of the message that the command brings.
fn hash(command: &Command) -> Option<MessageHash> {
    match command {
        Command::Stage(submission) => Some(submission.staged().message.hash()),
        Command::Receive(receive) => Some(receive.received.message.hash()),
        Command::Import(import) => Some(import.message.hash()),
        Command::Release(_)
        | Command::Seal(_)
        | Command::Dispatched(_)
        | Command::Sequence(_)
        | Command::Confirm(_)
        | Command::Reject(_)
        | Command::Cancel(_) => None,
    }
}

/// The batch that the command speaks of.
fn batch(command: &Command) -> Option<BatchId> {
    match command {
        Command::Receive(receive) => Some(receive.received.batch),
        Command::Seal(seal) => Some(seal.batch),
        Command::Dispatched(dispatched) => Some(dispatched.batch),
        Command::Sequence(sequence) => Some(sequence.batch),
        Command::Stage(_)
        | Command::Import(_)
        | Command::Release(_)
        | Command::Confirm(_)
        | Command::Reject(_)
        | Command::Cancel(_) => None,
    }
}

fn same_batch(state: &State, command: &Command) -> bool {
    facts(state)
        .and_then(|facts| facts.batch)
        .is_some_and(|(recorded, _)| batch(command) == Some(recorded))
}

fn parent(command: &Command) -> Option<&Parent> {
    if let Command::Release(release) = command { release.parent.as_ref() } else { None }
}

fn wrong_parent(state: &State, command: &Command) -> bool {
    match (facts(state), parent(command)) {
        (Some(facts), Some(parent)) => !is_awaited(facts, parent),
        (None, _) | (_, None) => false,
    }
}

/// Whether the message waits for this parent: the kind, and the id where it is known.
pub(super) fn is_awaited(facts: &Facts, parent: &Parent) -> bool {
    facts.awaits.is_some_and(|awaited| {
        awaited.kind == parent.kind && awaited.id.is_none_or(|id| id == parent.id)
    })
}

fn with_seal(state: &State, command: &Command, ask: impl Fn(&Facts, &Sealed) -> bool) -> bool {
    match (facts(state), command) {
        (Some(facts), Command::Seal(seal)) => ask(facts, seal),
        (_, _) => false,
    }
}

fn same_pin(state: &State, command: &Command) -> bool {
    let (Some(facts), Command::Sequence(sequence)) = (facts(state), command) else { return false };
    facts.ledger.as_ref().is_some_and(|pin| {
        pin.batch == sequence.batch
            && pin.position == sequence.position
            && pin.other_signer.as_deref().unwrap_or(facts.sender.key()) == sequence.signer
    })
}

/// Whether another message can stand in: a nonce is taken, and it is known which.
pub(super) fn has_gap(pinning: Pinning, pins: &[Pin]) -> bool {
    pinning == Pinning::Private && !pins.is_empty()
}

/// What a gap-fill must agree with in the message it stands in for.
struct Gap<'a> {
    id: MessageId,
    pinning: Pinning,
    author: &'a str,
    group: Option<GroupHash>,
    pins: &'a [Pin],
}

/// Whether the command brings a confirmed gap-fill for this message.
pub(super) fn gap_fill_fits(state: &State, command: &Command) -> bool {
    match (state, command) {
        (State::Absent, Command::Receive(receive)) => {
            let message = &receive.received.message;
            receive.gap_fill.as_ref().is_some_and(|gap_fill| {
                fills(
                    gap_fill,
                    &Gap {
                        id: message.id(),
                        pinning: message.pinning(),
                        author: &message.author(),
                        group: message.group(),
                        pins: &receive.received.pins,
                    },
                )
            })
        }
        (State::Known(facts), Command::Cancel(cancel)) => {
            cancel.gap_fill.as_ref().is_some_and(|gap_fill| {
                fills(
                    gap_fill,
                    &Gap {
                        id: facts.id,
                        pinning: facts.pinning,
                        author: facts.sender.author(),
                        group: facts.group,
                        pins: &facts.pins,
                    },
                )
            })
        }
        (State::Absent | State::Known(_) | State::Imported(_), _) => false,
    }
}

/// A confirmed message of the same author, group and pins, tagged as a gap-fill and naming it.
///
/// Without pins there is no gap: equal pins would then say nothing.
fn fills(gap_fill: &GapFill, gap: &Gap<'_>) -> bool {
    has_gap(gap.pinning, gap.pins)
        && gap_fill.state == MessageState::Confirmed
        && gap_fill.tag == GAP_FILL_TAG
        && gap_fill.cid == Some(gap.id)
        && gap_fill.author == gap.author
        && gap_fill.group == gap.group
        && gap_fill.pins == gap.pins
}
