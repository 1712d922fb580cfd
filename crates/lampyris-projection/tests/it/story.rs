//! A message's whole life as commands, decided one after the other.

use lampyris_message::event::{Confirmed, Event, LedgerPosition, Rejected, Sealed, Staged};
use lampyris_message::lifecycle::command::{Dispatched, Sequence, Stage};
use lampyris_message::lifecycle::{Command, Decision, State, decide, evolve};
use lampyris_message::text::{IdempotencyKey, NonBlank};
use lampyris_message::{
    BatchId, Bytes32, Header, Message, MessageId, MessageType, Open, SealedMessage, Timestamp,
    TransactionId, TxType,
};

pub(crate) const ID: MessageId = MessageId::from_bytes([1; 16]);
pub(crate) const BATCH: BatchId = BatchId::from_bytes([2; 16]);
pub(crate) const TX: TransactionId = TransactionId::from_bytes([3; 16]);

pub(crate) fn at() -> Timestamp {
    Timestamp::parse("2026-01-02T03:04:05.678Z").unwrap()
}

pub(crate) fn message(tag: &str) -> SealedMessage {
    let mut message = Message {
        header: Header {
            id: Some(ID),
            message_type: Open::from(MessageType::Broadcast),
            tx_type: Some(Open::from(TxType::BatchPin)),
            author: "did:firefly:org/acme".to_owned(),
            key: "0x1".to_owned(),
            created: Some(at()),
            namespace: "ns1".to_owned(),
            tag: tag.to_owned(),
            ..Header::default()
        },
        ..Message::default()
    };
    message.seal().unwrap()
}

/// The events of a life up to and with its ledger position.
pub(crate) fn sequenced() -> Vec<Event> {
    let staged = Staged {
        message: message("order"),
        local_namespace: "local".to_owned(),
        idempotency: Some(lampyris_message::event::Idempotency {
            key: IdempotencyKey::new("key 1").unwrap(),
            fingerprint: Bytes32([7; 32]),
        }),
        tx_id: None,
        awaits: None,
    };
    let position = LedgerPosition { sequence: 5, pin_index: 0 };
    let signer = "0x1".to_owned();
    tell(&[
        Command::Stage(Box::new(Stage::new(staged, None).unwrap())),
        Command::Seal(Sealed { batch: BATCH, tx_id: TX, pins: Vec::new() }),
        Command::Dispatched(Dispatched { batch: BATCH, at: at() }),
        Command::Sequence(Sequence { batch: BATCH, tx_id: None, position, signer }),
    ])
}

pub(crate) fn confirmed() -> Event {
    Event::Confirmed(Confirmed { at: at(), correlator: None })
}

pub(crate) fn rejected() -> Event {
    Event::Rejected(Rejected {
        at: at(),
        code: NonBlank::new("code", "FF10452").unwrap(),
        reason: NonBlank::new("reason", "the key is not the author's").unwrap(),
    })
}

fn tell(commands: &[Command]) -> Vec<Event> {
    let (mut state, mut told) = (State::Absent, Vec::new());
    for command in commands {
        let Decision::Step(events) = decide(&state, command) else {
            panic!("{command} is refused")
        };
        for event in events {
            state = evolve(state, &event).unwrap();
            told.push(event);
        }
    }
    told
}
