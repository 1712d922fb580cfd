//! Evolving: what an event makes of a state, and the judgement of whether it may stand there.
//!
//! Replay is where an illegal step must surface, so every rule of deciding is checked again on the
//! recorded facts. Nothing is repaired and nothing is skipped.

use super::clause::Refusal;
use super::command::unpinned_broadcast;
use super::guard::{has_gap, is_awaited, pins_fit, signer_differs};
use super::rules::{follows, notes};
use super::state::{Evidence, Facts, LedgerPin, Origin, Sender, Situation, State};
use crate::event::Sequenced;
use crate::event::{Awaited, Cancelled, Event, EventKind, Noted, Readied, Readiness, Sealed, Sent};
use crate::hash::Bytes32;
use crate::id::{BatchId, TransactionId};
use crate::kind::MessageState;
use crate::limits::NOTED_PER_MESSAGE;
use crate::{Pin, Pinning, SealedMessage};

/// An event that the table does not allow where it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event '{event}' is illegal for a message that is {situation}: {rule}")]
pub struct IllegalStep {
    /// The event.
    pub event: EventKind,
    /// Where the message stood.
    pub situation: Situation,
    /// The rule that it breaks.
    pub rule: Rule,
}

/// The rule that an illegal step breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rule {
    /// The table has no such step.
    #[error("no command leads there")]
    NoSuchStep,
    /// A message that waits for something is released, one that does not is ready at once.
    #[error("its reason to be ready is not what it waited for")]
    Readiness,
    /// One pin a topic for a pinned private message, none for any other.
    #[error("a pinned private message has one pin a topic, any other has none")]
    Pins,
    /// A message keeps the transaction it was born with.
    #[error("the transaction is not the one it was born with")]
    StagedTransaction,
    /// A local message stays in the batch it is sealed in.
    #[error("the batch or transaction is not the one it is sealed in")]
    SealedBatch,
    /// Unpinned messages have nothing on the ledger; pinned ones are confirmed from there.
    #[error("pinned messages are confirmed from the ledger, unpinned ones without")]
    Pinning,
    /// The signer on the ledger is the key of the header.
    #[error("the signer on the ledger is not the key of the header")]
    Signer,
    /// A message whose nonce is taken needs a gap-fill, and only that one has it.
    #[error("a sealed pinned private message is cancelled by a gap-fill, and no other is")]
    GapFill,
    /// Once a kind and evidence, and not more than the limit.
    #[error("a contradiction is noted once, and at most {NOTED_PER_MESSAGE} of them")]
    Noted,
    /// Only what the table notes there is noted, under the hash of its text.
    #[error("no command is noted like this there")]
    Note,
    /// Nobody dispatches an unpinned broadcast.
    #[error("an unpinned message that begins here has a group")]
    UnpinnedBroadcast,
}

/// Applies an event to a state, if the rules allow it there.
///
/// # Errors
/// [`IllegalStep`], naming the event, the situation and the rule.
pub fn evolve(state: State, event: &Event) -> Result<State, IllegalStep> {
    let situation = state.situation();
    let illegal = |rule| IllegalStep { event: event.kind(), situation, rule };
    if !follows(situation, event.kind()) {
        return Err(illegal(Rule::NoSuchStep));
    }
    match state {
        State::Absent => begin(event).map_err(illegal),
        State::Imported(mut evidence) => {
            let Event::Noted(noted) = event else { return Err(illegal(Rule::NoSuchStep)) };
            note(&mut evidence.noted, situation, noted).map_err(illegal)?;
            Ok(State::Imported(evidence))
        }
        State::Known(mut facts) => {
            advance(&mut facts, situation, event).map_err(illegal)?;
            Ok(State::Known(facts))
        }
    }
}

/// The state after a first event.
fn begin(event: &Event) -> Result<State, Rule> {
    match event {
        Event::Staged(staged) if unpinned_broadcast(&staged.message) => {
            Err(Rule::UnpinnedBroadcast)
        }
        Event::Staged(staged) => Ok(known(
            &staged.message,
            Origin::Local,
            MessageState::Staged,
            &Beginning { awaits: staged.awaits, staged_tx: staged.tx_id, batch: None, pins: &[] },
        )),
        Event::Received(received) => Ok(known(
            &received.message,
            Origin::Remote,
            MessageState::Pending,
            &Beginning {
                awaits: None,
                staged_tx: None,
                batch: Some((received.batch, received.tx_id)),
                pins: &received.pins,
            },
        )),
        Event::Imported(imported) => Ok(State::Imported(Box::new(Evidence {
            hash: imported.message.hash(),
            state: imported.claims.state,
            noted: Vec::new(),
        }))),
        Event::Readied(_)
        | Event::Sealed(_)
        | Event::Sent(_)
        | Event::Sequenced(_)
        | Event::Confirmed(_)
        | Event::Rejected(_)
        | Event::Cancelled(_)
        | Event::Noted(_) => Err(Rule::NoSuchStep),
    }
}

/// What a first event says beside the message.
struct Beginning<'a> {
    awaits: Option<Awaited>,
    staged_tx: Option<TransactionId>,
    batch: Option<(BatchId, TransactionId)>,
    pins: &'a [Pin],
}

fn known(
    message: &SealedMessage,
    origin: Origin,
    state: MessageState,
    beginning: &Beginning<'_>,
) -> State {
    let Beginning { awaits, staged_tx, batch, pins } = *beginning;
    State::Known(Box::new(Facts {
        id: message.id(),
        origin,
        state,
        hash: message.hash(),
        pinning: message.pinning(),
        topics: message.topic_count(),
        sender: Sender::new(&message.author(), &message.key()),
        group: message.group(),
        awaits,
        staged_tx,
        batch,
        pins: pins.into(),
        ledger: None,
        reject_code: None,
        noted: Vec::new(),
    }))
}

/// Advances a message that began here or came from the network.
fn advance(facts: &mut Facts, situation: Situation, event: &Event) -> Result<(), Rule> {
    match event {
        Event::Readied(readied) => ready(facts, readied),
        Event::Sealed(sealed) => seal(facts, sealed),
        Event::Sent(sent) => send(facts, sent),
        Event::Sequenced(sequenced) => sequence(facts, sequenced),
        Event::Confirmed(_) => confirm(facts, situation),
        Event::Rejected(rejected) => {
            facts.state = MessageState::Rejected;
            facts.reject_code = Some(rejected.code.as_str().into());
            Ok(())
        }
        Event::Cancelled(cancelled) => cancel(facts, situation, cancelled),
        Event::Noted(noted) => note(&mut facts.noted, situation, noted),
        Event::Staged(_) | Event::Received(_) | Event::Imported(_) => Err(Rule::NoSuchStep),
    }
}

fn ready(facts: &mut Facts, readied: &Readied) -> Result<(), Rule> {
    let fits = match (&readied.why, facts.awaits) {
        (Readiness::NothingToWaitFor, awaits) => awaits.is_none(),
        (Readiness::Released(_), None) => false,
        (Readiness::Released(None), Some(_)) => true,
        (Readiness::Released(Some(parent)), Some(_)) => {
            is_awaited(facts, parent) && parent.message_hash.is_none_or(|hash| hash == facts.hash)
        }
    };
    if !fits {
        return Err(Rule::Readiness);
    }
    facts.state = MessageState::Ready;
    Ok(())
}

fn seal(facts: &mut Facts, sealed: &Sealed) -> Result<(), Rule> {
    if !pins_fit(facts, &sealed.pins) {
        return Err(Rule::Pins);
    }
    if facts.staged_tx.is_some_and(|staged| staged != sealed.tx_id) {
        return Err(Rule::StagedTransaction);
    }
    facts.batch = Some((sealed.batch, sealed.tx_id));
    facts.pins = sealed.pins.as_slice().into();
    Ok(())
}

fn send(facts: &mut Facts, sent: &Sent) -> Result<(), Rule> {
    if facts.batch != Some((sent.batch, sent.tx_id)) {
        return Err(Rule::SealedBatch);
    }
    facts.state = MessageState::Sent;
    Ok(())
}

fn sequence(facts: &mut Facts, sequenced: &Sequenced) -> Result<(), Rule> {
    if facts.pinning == Pinning::Unpinned {
        return Err(Rule::Pinning);
    }
    let same_batch = facts.batch.is_some_and(|(batch, _)| batch == sequenced.batch);
    if facts.origin == Origin::Local && !same_batch {
        return Err(Rule::SealedBatch);
    }
    facts.state = MessageState::Pending;
    let signer = sequenced.signer.as_str();
    facts.ledger = Some(LedgerPin {
        batch: sequenced.batch,
        position: sequenced.position,
        other_signer: (signer != facts.sender.key()).then(|| signer.into()),
    });
    Ok(())
}

fn confirm(facts: &mut Facts, situation: Situation) -> Result<(), Rule> {
    let from_ledger = situation == Situation::PendingPinned;
    if from_ledger == (facts.pinning == Pinning::Unpinned) {
        return Err(Rule::Pinning);
    }
    if signer_differs(facts) {
        return Err(Rule::Signer);
    }
    facts.state = MessageState::Confirmed;
    Ok(())
}

fn cancel(facts: &mut Facts, situation: Situation, cancelled: &Cancelled) -> Result<(), Rule> {
    let free = match situation {
        Situation::Staged | Situation::ReadyUnsealed => true,
        Situation::ReadySealed => facts.pinning != Pinning::Private,
        Situation::Absent
        | Situation::Sent
        | Situation::PendingNoPin
        | Situation::PendingPinned
        | Situation::Confirmed
        | Situation::Rejected
        | Situation::Cancelled
        | Situation::Imported => false,
    };
    let allowed = match cancelled.gap_fill {
        Some(_) => has_gap(facts.pinning, &facts.pins),
        None => free,
    };
    if !allowed {
        return Err(Rule::GapFill);
    }
    facts.state = MessageState::Cancelled;
    Ok(())
}

fn note(
    noted: &mut Vec<(Refusal, Bytes32)>,
    situation: Situation,
    note: &Noted,
) -> Result<(), Rule> {
    if !notes(situation, note.kind) || note.evidence != Bytes32::sha256(note.detail.as_bytes()) {
        return Err(Rule::Note);
    }
    let entry = (note.kind, note.evidence);
    if noted.len() >= NOTED_PER_MESSAGE || noted.contains(&entry) {
        return Err(Rule::Noted);
    }
    noted.push(entry);
    Ok(())
}
