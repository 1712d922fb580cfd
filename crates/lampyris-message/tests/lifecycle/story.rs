//! Every state that a message can be in, each told by real events, with what is known of it.
//!
//! Some stories stop where no answer of the table stops, between two events of one append: a log
//! that ends there can be replayed, so the rules must hold there too.

use lampyris_message::event::{
    Cancelled, Claims, Confirmed, Event, Imported, Readied, Readiness, Received, Rejected, Sealed,
    Sent, Sequenced, Staged,
};
use lampyris_message::lifecycle::state::Origin;
use lampyris_message::lifecycle::{Situation, State, evolve};
use lampyris_message::{BatchId, MessageId, MessageState, Pin, Pinning, SealedMessage};

use crate::cast::{B0, KEY, OTHER_BATCH, OTHER_KEY, PINNINGS, POSITION, T0, Waits};
use crate::cast::{at, idempotency, message, pins, text};

/// The code that a rejected story was rejected with.
pub(crate) const CODE: &str = "FF10435";

/// One state of a message, how it came about, and what is known of it for that reason.
#[derive(Debug, Clone)]
pub(crate) struct Story {
    pub events: Vec<Event>,
    pub state: State,
    pub situation: Situation,
    pub message: SealedMessage,
    pub topics: usize,
    /// `None` where nothing is known of the message, or only evidence.
    pub origin: Option<Origin>,
    pub waits: Waits,
    pub born_with_tx: bool,
    /// Whether it is in batch `B0` of transaction `T0`.
    pub in_batch: bool,
    pub pins: Vec<Pin>,
    /// The batch and the signer of the pin on the ledger.
    pub pin: Option<(BatchId, &'static str)>,
    pub rejected: bool,
}

impl Story {
    pub(crate) fn absent(pinning: Pinning, topics: usize) -> Self {
        Self {
            events: Vec::new(),
            state: State::Absent,
            situation: Situation::Absent,
            message: message(pinning, topics, "story"),
            topics,
            origin: None,
            waits: Waits::Not,
            born_with_tx: false,
            in_batch: false,
            pins: Vec::new(),
            pin: None,
            rejected: false,
        }
    }

    pub(crate) fn pinning(&self) -> Pinning {
        self.message.pinning()
    }

    /// The pins that a batch has to bring for this message.
    pub(crate) fn right_pins(&self) -> Vec<Pin> {
        pins(if self.pinning() == Pinning::Private { self.topics } else { 0 })
    }

    /// The story with one more event, which must be legal and lead where it says.
    fn then(&self, situation: Situation, event: Event) -> Self {
        let state = evolve(self.state.clone(), &event).unwrap();
        assert_eq!(state.situation(), situation, "after {event:?}");
        let mut next = Self { state, situation, ..self.clone() };
        next.events.push(event);
        next
    }

    pub(crate) fn staged(&self, waits: Waits, born_with_tx: bool) -> Self {
        let event = Event::Staged(Box::new(Staged {
            message: self.message.clone(),
            local_namespace: "garden".to_owned(),
            idempotency: Some(idempotency(1)),
            tx_id: born_with_tx.then_some(T0),
            awaits: waits.awaited(),
        }));
        let next = self.then(Situation::Staged, event);
        Self { origin: Some(Origin::Local), waits, born_with_tx, ..next }
    }

    pub(crate) fn received(&self, pins: &[Pin]) -> Self {
        let event = Event::Received(Box::new(Received {
            message: self.message.clone(),
            local_namespace: "garden".to_owned(),
            batch: B0,
            tx_id: T0,
            pins: pins.to_vec(),
            from: Some("peer".to_owned()),
        }));
        let next = self.then(Situation::PendingNoPin, event);
        Self { origin: Some(Origin::Remote), in_batch: true, pins: pins.to_vec(), ..next }
    }

    pub(crate) fn imported(&self, state: MessageState) -> Self {
        let event = Event::Imported(Box::new(Imported {
            message: self.message.clone(),
            claims: claims(state),
            source: "another node".to_owned(),
        }));
        self.then(Situation::Imported, event)
    }

    pub(crate) fn readied(&self) -> Self {
        let why = match self.waits {
            Waits::Not => Readiness::NothingToWaitFor,
            Waits::ForKind => Readiness::Released(None),
            Waits::ForParent => Readiness::Released(Some(self.waits.parents()[0].0)),
        };
        self.then(Situation::ReadyUnsealed, Event::Readied(Readied { why }))
    }

    pub(crate) fn sealed(&self) -> Self {
        let pins = self.right_pins();
        let event = Event::Sealed(Sealed { batch: B0, tx_id: T0, pins: pins.clone() });
        Self { in_batch: true, pins, ..self.then(Situation::ReadySealed, event) }
    }

    pub(crate) fn sent(&self) -> Self {
        self.then(Situation::Sent, Event::Sent(Sent { batch: B0, tx_id: T0 }))
    }

    pub(crate) fn sequenced(&self, batch: BatchId, signer: &'static str) -> Self {
        let event = Event::Sequenced(Sequenced {
            batch,
            tx_id: T0,
            position: POSITION,
            signer: signer.to_owned(),
        });
        Self { pin: Some((batch, signer)), ..self.then(Situation::PendingPinned, event) }
    }

    pub(crate) fn confirmed(&self) -> Self {
        let event = Event::Confirmed(Confirmed { at: at(9), correlator: None });
        self.then(Situation::Confirmed, event)
    }

    pub(crate) fn rejected(&self) -> Self {
        let (code, reason) = (text(CODE), text("no such datatype"));
        let event = Event::Rejected(Rejected { at: at(9), code, reason });
        Self { rejected: true, ..self.then(Situation::Rejected, event) }
    }

    pub(crate) fn cancelled(&self, gap_fill: Option<MessageId>) -> Self {
        let event = Event::Cancelled(Cancelled {
            at: at(9),
            code: text("NotWanted"),
            reason: None,
            by: "operator".to_owned(),
            gap_fill,
        });
        self.then(Situation::Cancelled, event)
    }

    /// Cancelled by way of a gap-fill, where one can stand in for the message.
    fn filled(&self) -> Option<Self> {
        let fillable = self.pinning() == Pinning::Private && !self.pins.is_empty();
        fillable.then(|| self.cancelled(Some(MessageId::from_bytes([2; 16]))))
    }
}

/// What a source claims of an imported message.
pub(crate) fn claims(state: MessageState) -> Claims {
    Claims {
        local_namespace: Some("garden".to_owned()),
        state,
        batch: Some(B0),
        tx_id: None,
        pins: pins(1),
        confirmed: Some(at(9)),
        reject_reason: None,
        idempotency_key: Some("theirs".to_owned()),
    }
}

/// Every story.
pub(crate) fn all() -> Vec<Story> {
    let mut stories = Vec::new();
    for (pinning, topics) in PINNINGS.into_iter().flat_map(|p| [(p, 1), (p, 3)]) {
        let absent = Story::absent(pinning, topics);
        for (waits, tx) in Waits::ALL.into_iter().flat_map(|waits| [(waits, false), (waits, true)])
        {
            local(&absent.staged(waits, tx), &mut stories);
        }
        remote(&absent.received(&pins(topics)), &mut stories);
        remote(&absent.received(&[]), &mut stories);
        stories.extend(MessageState::ALL.iter().map(|state| absent.imported(*state)));
        stories.push(absent);
    }
    stories
}

fn local(staged: &Story, stories: &mut Vec<Story>) {
    let ready = staged.readied();
    let sealed = ready.sealed();
    let sent = sealed.sent();
    stories.extend([staged.cancelled(None), ready.cancelled(None)]);
    stories.extend([sealed.filled(), sent.filled()].into_iter().flatten());
    if staged.pinning() == Pinning::Unpinned {
        stories.push(sent.confirmed());
    } else {
        ledger(&sent, B0, stories);
    }
    if staged.pinning() != Pinning::Private {
        stories.push(sealed.cancelled(None));
    }
    stories.extend([staged.clone(), ready, sealed, sent]);
}

fn remote(received: &Story, stories: &mut Vec<Story>) {
    if received.pinning() == Pinning::Unpinned {
        stories.push(received.confirmed());
    } else {
        ledger(received, B0, stories);
        ledger(received, OTHER_BATCH, stories);
    }
    stories.extend(received.filled());
    stories.push(received.clone());
}

/// What can follow once a pin is seen, signed by the right key or by another.
fn ledger(before: &Story, batch: BatchId, stories: &mut Vec<Story>) {
    for signer in [KEY, OTHER_KEY] {
        let pinned = before.sequenced(batch, signer);
        if signer == KEY {
            stories.push(pinned.confirmed());
        }
        stories.extend(pinned.filled());
        stories.extend([pinned.rejected(), pinned]);
    }
}
