//! What is asked of an engine in a trial, in a few small numbers: as a request, and as the command that it must become.

use lampyris::request::{Cancellation, Confirmation, Rejection};
use lampyris::{Arrival, Evidence, LedgerPin, Request, Seal, Submission};
use lampyris_message::event::{
    Awaited, Confirmed, Idempotency, Parent, ParentKind, Received, Rejected, Sealed, Staged,
};
use lampyris_message::hash::Bytes32;
use lampyris_message::lifecycle::Command;
use lampyris_message::lifecycle::command::{
    Cancel, Dispatched, Import, Receive, Release, Sequence, Stage,
};
use lampyris_message::text::IdempotencyKey;
use lampyris_message::{Message, MessageHash, MessageId, MessageState, Pin, Timestamp};

use crate::cast::{
    ACTOR, KEY, NAMESPACE, OTHER_KEY, SOURCE, Who, awaited, batch, claims, drawn, key, pins,
    position, text, transaction, undated,
};

/// A request about one message, right or wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ask {
    Stage {
        who: Who,
        impostor: bool,
        key: Option<u8>,
        waits: Waits,
    },
    /// Its id is drawn: the one of this number.
    Draw {
        number: u64,
        key: Option<u8>,
    },
    Receive {
        who: Who,
        impostor: bool,
        batch: u8,
        pins: Pins,
    },
    Import {
        who: Who,
        impostor: bool,
        state: MessageState,
    },
    Release {
        who: Who,
        parent: Option<(u8, Carries)>,
    },
    Seal {
        who: Who,
        batch: u8,
        tx: u8,
        pins: Pins,
    },
    Dispatched {
        who: Who,
        batch: u8,
    },
    Sequence {
        who: Who,
        batch: u8,
        tx: Option<u8>,
        position: u8,
        right_key: bool,
    },
    Confirm {
        who: Who,
        correlated: bool,
    },
    Reject {
        who: Who,
        code: u8,
    },
    Cancel {
        who: Who,
        gap_fill: Option<Who>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waits {
    Not,
    ForAny,
    ForFirst,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carries {
    NothingTold,
    TheMessage,
    Another,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pins {
    None,
    Right,
    Others,
    TooMany,
}

impl Waits {
    fn awaited(self) -> Option<Awaited> {
        match self {
            Self::Not => None,
            Self::ForAny => awaited(true, None),
            Self::ForFirst => awaited(true, Some(0)),
        }
    }
}

impl Pins {
    fn of(self, who: Who) -> Vec<Pin> {
        match self {
            Self::None => Vec::new(),
            Self::Right => pins(0, who.pins()),
            Self::Others => pins(20, who.pins()),
            Self::TooMany => pins(0, who.pins() + 1),
        }
    }
}

impl Carries {
    fn hash(self, who: Who) -> Option<MessageHash> {
        match self {
            Self::NothingTold => None,
            Self::TheMessage => Some(who.sealed(false).hash()),
            Self::Another => Some(who.sealed(true).hash()),
        }
    }
}

/// The id that is drawn next after this many.
pub(crate) fn drawn_id(number: u64) -> MessageId {
    MessageId::from_bytes(drawn("drawn", number))
}

/// A stand-in for the fingerprint of a submission: equal where theirs must be equal.
fn fingerprint(said: &impl std::fmt::Debug) -> Bytes32 {
    Bytes32::sha256(format!("{said:?}").as_bytes())
}

fn idempotency(number: Option<u8>, said: &impl std::fmt::Debug) -> Option<Idempotency> {
    let key = IdempotencyKey::new(&key(number?)).unwrap();
    Some(Idempotency { key, fingerprint: fingerprint(said) })
}

fn staged(message: &Message, idempotency: Option<Idempotency>, waits: Waits) -> Command {
    let staged = Staged {
        message: Message { tx_id: None, ..message.clone() }.seal().unwrap(),
        local_namespace: NAMESPACE.to_owned(),
        idempotency,
        tx_id: message.tx_id,
        awaits: waits.awaited(),
    };
    Command::Stage(Box::new(Stage::new(staged, None).unwrap()))
}

impl Ask {
    /// The message that it is about.
    pub(crate) fn id(&self) -> MessageId {
        match *self {
            Self::Draw { number, .. } => drawn_id(number),
            Self::Stage { who, .. }
            | Self::Receive { who, .. }
            | Self::Import { who, .. }
            | Self::Release { who, .. }
            | Self::Seal { who, .. }
            | Self::Dispatched { who, .. }
            | Self::Sequence { who, .. }
            | Self::Confirm { who, .. }
            | Self::Reject { who, .. }
            | Self::Cancel { who, .. } => who.id(),
        }
    }

    /// Asked once more, it must bring nothing about. Without an id and a key, it asks for another message.
    pub(crate) fn is_repeatable(&self) -> bool {
        !matches!(self, Self::Draw { key: None, .. })
    }

    /// As an orchestrator says it.
    pub(crate) fn request(&self) -> Request {
        match *self {
            Self::Stage { who, impostor, key: number, waits } => {
                let idempotency_key = number.map(key).unwrap_or_default();
                let message = Message { idempotency_key, ..who.message(impostor) };
                let submission = Submission::with_data(message, who.in_line(), waits.awaited());
                Request::Stage(Box::new(submission.unwrap()))
            }
            Self::Draw { key: number, .. } => {
                let idempotency_key = number.map(key).unwrap_or_default();
                let message = Message { idempotency_key, ..undated() };
                let submission = Submission::with_data(message, Who::Order.in_line(), None);
                Request::Stage(Box::new(submission.unwrap()))
            }
            Self::Receive { who, impostor, batch: number, pins } => {
                let (batch, tx_id) = (batch(number), transaction(number));
                let arrival = Arrival::new(who.sealed(impostor), batch, tx_id).pins(pins.of(who));
                Request::Receive(Box::new(arrival))
            }
            Self::Import { who, impostor, state } => {
                let evidence = Evidence::new(who.sealed(impostor), claims(state), SOURCE);
                Request::Import(Box::new(evidence))
            }
            Self::Release { who, parent } => Request::Release(who.id(), parent_of(who, parent)),
            Self::Seal { who, batch: number, tx, pins } => {
                let seal = Seal::new(batch(number), transaction(tx)).pins(pins.of(who));
                Request::Seal(who.id(), seal)
            }
            Self::Dispatched { who, batch: number } => Request::Dispatched(who.id(), batch(number)),
            Self::Sequence { who, batch: number, tx, position: at, right_key } => {
                let pin = LedgerPin::new(batch(number), position(at).sequence, signer(right_key));
                let pin = tx.into_iter().map(transaction).fold(pin, LedgerPin::tx_id);
                Request::Sequence(who.id(), pin)
            }
            Self::Confirm { who, correlated } => {
                let confirmation = correlator(correlated)
                    .into_iter()
                    .fold(Confirmation::now(), Confirmation::correlator);
                Request::Confirm(who.id(), confirmation)
            }
            Self::Reject { who, code: number } => {
                Request::Reject(who.id(), Rejection::new(code(number), "no such datatype").unwrap())
            }
            Self::Cancel { who, gap_fill } => {
                let cancellation = Cancellation::new("Late").unwrap();
                let gap_fill = gap_fill.into_iter().map(Who::id);
                Request::Cancel(who.id(), gap_fill.fold(cancellation, Cancellation::gap_fill))
            }
        }
    }

    /// As the table is asked, at a time; evidence about other messages is still missing.
    pub(crate) fn command(&self, at: Timestamp) -> Command {
        match *self {
            Self::Stage { who, impostor, key, waits } => {
                let said = (who.content(impostor), waits);
                staged(&who.message(impostor), idempotency(key, &said), waits)
            }
            Self::Draw { key, .. } => {
                let mut message = undated();
                (message.header.id, message.header.created) = (Some(self.id()), Some(at));
                Who::Order.refer(&mut message);
                let said = (Who::Order.content(false), Waits::Not);
                staged(&message, idempotency(key, &said), Waits::Not)
            }
            Self::Receive { who, impostor, batch: number, pins } => {
                let received = Received {
                    message: who.sealed(impostor),
                    local_namespace: NAMESPACE.to_owned(),
                    batch: batch(number),
                    tx_id: transaction(number),
                    pins: pins.of(who),
                    from: None,
                };
                Command::Receive(Box::new(Receive { received, at, gap_fill: None }))
            }
            Self::Import { who, impostor, state } => Command::Import(Box::new(Import {
                message: who.sealed(impostor),
                claims: claims(state),
                source: SOURCE.to_owned(),
            })),
            Self::Release { who, parent } => {
                let parent = parent_of(who, parent);
                Command::Release(Release { parent, at, by: ACTOR.to_owned() })
            }
            Self::Seal { who, batch: number, tx, pins } => Command::Seal(Sealed {
                batch: batch(number),
                tx_id: transaction(tx),
                pins: pins.of(who),
            }),
            Self::Dispatched { batch: number, .. } => {
                Command::Dispatched(Dispatched { batch: batch(number), at })
            }
            Self::Sequence { batch: number, tx, position: at, right_key, .. } => {
                Command::Sequence(Sequence {
                    batch: batch(number),
                    tx_id: tx.map(transaction),
                    position: position(at),
                    signer: signer(right_key).to_owned(),
                })
            }
            Self::Confirm { correlated, .. } => {
                Command::Confirm(Confirmed { at, correlator: correlator(correlated) })
            }
            Self::Reject { code: number, .. } => Command::Reject(Rejected {
                at,
                code: text(code(number)),
                reason: text("no such datatype"),
            }),
            Self::Cancel { .. } => Command::Cancel(Cancel {
                at,
                code: text("Late"),
                reason: None,
                by: ACTOR.to_owned(),
                gap_fill: None,
            }),
        }
    }
}

fn parent_of(who: Who, parent: Option<(u8, Carries)>) -> Option<Parent> {
    parent.map(|(number, carries)| Parent {
        kind: ParentKind::TokenTransfer,
        id: transaction(number),
        message_hash: carries.hash(who),
    })
}

fn signer(right_key: bool) -> &'static str {
    if right_key { KEY } else { OTHER_KEY }
}

fn correlator(correlated: bool) -> Option<String> {
    correlated.then(|| "an operation".to_owned())
}

fn code(number: u8) -> &'static str {
    ["FF10435", "FF10999"][usize::from(number)]
}
