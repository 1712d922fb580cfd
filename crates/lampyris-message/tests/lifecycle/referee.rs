//! A second opinion on whether a history is legal, written from the page and not from the code.
//!
//! It knows each event by what the page says of it, and calls neither the table nor a guard.

use std::collections::BTreeSet;

use lampyris_message::event::{Awaited, Cancelled, Event, Noted, Readiness};
use lampyris_message::lifecycle::Refusal;
use lampyris_message::{BatchId, Bytes32, Pinning, SealedMessage, TransactionId};

/// What the referee remembers of a message.
#[derive(Debug, Default)]
pub(crate) struct Referee {
    message: Option<SealedMessage>,
    ours: bool,
    evidence: bool,
    stage: Stage,
    awaits: Option<Awaited>,
    born: Option<TransactionId>,
    batch: Option<(BatchId, TransactionId)>,
    pins: usize,
    signer: Option<String>,
    noted: BTreeSet<(Refusal, Bytes32)>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Stage {
    #[default]
    Nothing,
    Staged,
    Ready,
    Sealed,
    Sent,
    Received,
    Pinned,
    Confirmed,
    Rejected,
    Cancelled,
}

impl Referee {
    /// Whether the event may stand next.
    pub(crate) fn allows(&mut self, event: &Event) -> bool {
        let Some(message) = &self.message else { return self.begin(event) };
        let pinning = message.pinning();
        let pinned = pinning != Pinning::Unpinned;
        if self.evidence && !matches!(event, Event::Noted(_)) {
            return false;
        }
        let (allowed, next) = match event {
            Event::Staged(_) | Event::Received(_) | Event::Imported(_) => return false,
            Event::Readied(readied) => {
                (self.stage == Stage::Staged && self.waited_for(&readied.why), Stage::Ready)
            }
            Event::Sealed(sealed) => {
                let wanted =
                    if pinning == Pinning::Private { message.header().topics.len() } else { 0 };
                let fits = sealed.pins.len() == wanted
                    && self.born.is_none_or(|born| born == sealed.tx_id);
                self.pins = if self.stage == Stage::Ready { wanted } else { self.pins };
                let allowed = self.stage == Stage::Ready && fits;
                if allowed {
                    self.batch = Some((sealed.batch, sealed.tx_id));
                }
                (allowed, Stage::Sealed)
            }
            Event::Sent(sent) => {
                let same = self.batch == Some((sent.batch, sent.tx_id));
                (self.stage == Stage::Sealed && same, Stage::Sent)
            }
            Event::Sequenced(sequenced) => {
                let same = self.batch.is_some_and(|(batch, _)| batch == sequenced.batch);
                self.signer = Some(sequenced.signer.clone());
                let local = self.stage == Stage::Sent && same;
                (pinned && (local || self.stage == Stage::Received), Stage::Pinned)
            }
            Event::Confirmed(_) => {
                let signed = self.signer.as_ref() == Some(&message.header().key);
                let by_ledger = pinned && self.stage == Stage::Pinned && signed;
                let at_once = !pinned && matches!(self.stage, Stage::Sent | Stage::Received);
                (by_ledger || at_once, Stage::Confirmed)
            }
            Event::Rejected(_) => (self.stage == Stage::Pinned, Stage::Rejected),
            Event::Cancelled(cancelled) => (self.may_cancel(pinning, cancelled), Stage::Cancelled),
            Event::Noted(noted) => (self.may_note(noted), self.stage),
        };
        self.stage = next;
        allowed
    }

    fn begin(&mut self, event: &Event) -> bool {
        self.message = event.message().cloned();
        match event {
            Event::Staged(staged) => {
                (self.ours, self.stage) = (true, Stage::Staged);
                (self.awaits, self.born) = (staged.awaits, staged.tx_id);
                true
            }
            Event::Received(received) => {
                self.stage = Stage::Received;
                self.batch = Some((received.batch, received.tx_id));
                self.pins = received.pins.len();
                true
            }
            Event::Imported(_) => {
                self.evidence = true;
                true
            }
            _ => false,
        }
    }

    fn waited_for(&self, why: &Readiness) -> bool {
        match (why, self.awaits) {
            (Readiness::NothingToWaitFor, awaits) => awaits.is_none(),
            (Readiness::Released(None), awaits) => awaits.is_some(),
            (Readiness::Released(Some(_)), None) => false,
            (Readiness::Released(Some(parent)), Some(awaits)) => {
                let hash = self.message.as_ref().map(SealedMessage::hash);
                awaits.kind == parent.kind
                    && (awaits.id.is_none() || awaits.id == Some(parent.id))
                    && (parent.message_hash.is_none() || parent.message_hash == hash)
            }
        }
    }

    fn may_cancel(&self, pinning: Pinning, cancelled: &Cancelled) -> bool {
        let private = pinning == Pinning::Private;
        if cancelled.gap_fill.is_some() {
            let under_way =
                matches!(self.stage, Stage::Sealed | Stage::Sent | Stage::Received | Stage::Pinned);
            return private && self.pins > 0 && under_way;
        }
        match self.stage {
            Stage::Staged | Stage::Ready => true,
            Stage::Sealed => !private,
            Stage::Nothing
            | Stage::Sent
            | Stage::Received
            | Stage::Pinned
            | Stage::Confirmed
            | Stage::Rejected
            | Stage::Cancelled => false,
        }
    }

    fn may_note(&mut self, noted: &Noted) -> bool {
        use Refusal::{
            Contradiction, DuplicatePin, HashMismatch, LateDispatch, LatePin, WrongBatch,
        };
        let kinds: &[Refusal] = if self.evidence {
            &[HashMismatch]
        } else {
            match self.stage {
                Stage::Nothing => &[],
                Stage::Staged => &[HashMismatch],
                Stage::Ready | Stage::Received => &[HashMismatch, Contradiction],
                Stage::Sealed | Stage::Sent => &[HashMismatch, Contradiction, WrongBatch],
                Stage::Pinned | Stage::Confirmed | Stage::Rejected => {
                    &[HashMismatch, Contradiction, WrongBatch, DuplicatePin]
                }
                Stage::Cancelled => {
                    &[HashMismatch, Contradiction, WrongBatch, LateDispatch, LatePin]
                }
            }
        };
        kinds.contains(&noted.kind)
            && noted.evidence == Bytes32::sha256(noted.detail.as_bytes())
            && self.noted.len() < 16
            && self.noted.insert((noted.kind, noted.evidence))
    }
}
