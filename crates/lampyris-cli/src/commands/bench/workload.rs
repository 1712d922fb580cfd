//! The made-up log: messages of realistic size and variety, led through their lives by the rules.
//!
//! Everything is a function of a number, so two runs make the same events.

use lampyris_log::{Append, Log};
use lampyris_message::event::{Claims, Confirmed, Event, LedgerPosition, Sealed, Staged};
use lampyris_message::hash::{Bytes32, DataHash, GroupHash, PinHash};
use lampyris_message::lifecycle::command::{Dispatched, Import, Sequence, Stage};
use lampyris_message::lifecycle::{Command, CommandKind, Decision, State, decide, evolve};
use lampyris_message::{
    BatchId, DataId, DataRef, Header, Message, MessageId, MessageState, MessageType, Open, Pin,
    SealedMessage, Timestamp, TransactionId, TxType,
};
use lampyris_projection::record;

use crate::failure::Failure;

/// Appends that are kept with one sync while the log is made.
const GROUP: usize = 1000;

/// Makes a log of this many events; returns how many there are.
pub(super) fn fill(log: &Log, events: u64, imported: bool) -> Result<u64, Failure> {
    fill_from(log, 0, events, imported)
}

/// The same, from the message with this number on; `from` events were made before.
pub(super) fn fill_from(log: &Log, from: u64, events: u64, imported: bool) -> Result<u64, Failure> {
    let (mut made, mut message, mut group) = (from, from, Vec::with_capacity(GROUP));
    let events = from + events;
    while made < events {
        for (command, steps) in told(message, imported)? {
            let mut append = Append::new(number(5, made), "default", command.name(), "bench");
            for event in &steps {
                append = append.event(record::new_event(message_id(message), event));
                made += 1;
            }
            group.push(append);
        }
        message += 1;
        if group.len() >= GROUP {
            keep(log, &mut group)?;
        }
    }
    keep(log, &mut group)?;
    Ok(made - from)
}

/// The id of a made-up message, and its events in order.
pub(super) fn events(message: u64, imported: bool) -> Result<(MessageId, Vec<Event>), Failure> {
    let told = told(message, imported)?;
    Ok((message_id(message), told.into_iter().flat_map(|(_, events)| events).collect()))
}

/// The commands about a message, each with the events that it leads to.
fn told(message: u64, imported: bool) -> Result<Vec<(CommandKind, Vec<Event>)>, Failure> {
    decided(if imported { import(message)? } else { lifecycle(message)? })
}

/// Commands about a message, each with the events that it leads to.
pub(super) fn decided(commands: Vec<Command>) -> Result<Vec<(CommandKind, Vec<Event>)>, Failure> {
    let (mut state, mut told) = (State::Absent, Vec::new());
    for command in commands {
        let Decision::Step(steps) = decide(&state, &command) else {
            return Err(Failure::no("the made-up history is refused"));
        };
        state = steps.iter().try_fold(state, evolve).map_err(Failure::no)?;
        told.push((command.kind(), steps));
    }
    Ok(told)
}

/// The events of `count` records or a few more, whole lives of messages, in the order of their batches:
/// fifty messages go through each step together, as a sealed batch does.
pub(super) fn records(count: usize, from: u64) -> Result<Vec<Append>, Failure> {
    let (mut appends, mut message) = (Vec::new(), from);
    while appends.len() < count {
        let mut steps: Vec<Vec<Append>> = Vec::new();
        for _ in 0..50 {
            for (step, append) in life(message)?.into_iter().enumerate() {
                if step == steps.len() {
                    steps.push(Vec::new());
                }
                steps.get_mut(step).into_iter().for_each(|step| step.push(append.clone()));
            }
            message += 1;
        }
        appends.extend(steps.into_iter().flatten());
    }
    Ok(appends)
}

/// The life of a message as appends of one record each.
fn life(message: u64) -> Result<Vec<Append>, Failure> {
    let mut appends = Vec::new();
    for (command, steps) in told(message, false)? {
        for event in &steps {
            let id = number(8, message * 8 + appends.len() as u64);
            let append = Append::new(id, "default", command.name(), "bench");
            appends.push(append.event(record::new_event(message_id(message), event)));
        }
    }
    Ok(appends)
}

pub(super) fn keep(log: &Log, group: &mut Vec<Append>) -> Result<(), Failure> {
    for result in log.append_group(group) {
        result.map_err(|error| Failure::no(crate::failure::chain(&error)))?;
    }
    group.clear();
    Ok(())
}

/// The whole life of a message: six events of five commands.
fn lifecycle(n: u64) -> Result<Vec<Command>, Failure> {
    let (message, pins) = sealed(n)?;
    let (batch, tx_id) = (BatchId::from_bytes(number(2, n / 50)), transaction(n));
    let signer = message.key().into_owned();
    let at = time(n);
    let staged = Staged {
        message,
        local_namespace: "default".to_owned(),
        idempotency: None,
        tx_id: None,
        awaits: None,
    };
    let position = LedgerPosition { sequence: n / 50, pin_index: n % 50 };
    Ok(vec![
        Command::Stage(Box::new(Stage::new(staged, None).map_err(Failure::no)?)),
        Command::Seal(Sealed { batch, tx_id, pins }),
        Command::Dispatched(Dispatched { batch, at }),
        Command::Sequence(Sequence { batch, tx_id: None, position, signer }),
        Command::Confirm(Confirmed { at, correlator: None }),
    ])
}

/// A message as another node tells of it.
fn import(n: u64) -> Result<Vec<Command>, Failure> {
    let (message, pins) = sealed(n)?;
    let claims = Claims {
        local_namespace: Some("default".to_owned()),
        state: MessageState::Confirmed,
        batch: Some(BatchId::from_bytes(number(2, n / 50))),
        tx_id: Some(transaction(n)),
        pins,
        confirmed: Some(time(n)),
        reject_reason: None,
        idempotency_key: None,
    };
    let source = format!("node-1.json, object {n}");
    Ok(vec![Command::Import(Box::new(Import { message, claims, source }))])
}

/// A message and all that will be reported of it.
#[derive(Debug)]
pub(super) struct Life {
    pub(super) message: Message,
    pub(super) id: MessageId,
    pub(super) batch: BatchId,
    pub(super) tx_id: TransactionId,
    pub(super) pins: Vec<Pin>,
    pub(super) position: LedgerPosition,
    pub(super) signer: String,
}

/// Events of one [`Life`].
pub(super) const LIFE_EVENTS: u64 = 6;

/// The life of a message before anything was hashed.
pub(super) fn unsealed_life(n: u64) -> Life {
    let (message, pins) = message(n);
    Life {
        id: message_id(n),
        batch: BatchId::from_bytes(number(2, n / 50)),
        tx_id: transaction(n),
        pins,
        position: LedgerPosition { sequence: n / 50, pin_index: n % 50 },
        signer: message.header.key.clone(),
        message,
    }
}

fn sealed(n: u64) -> Result<(SealedMessage, Vec<Pin>), Failure> {
    let (mut message, pins) = message(n);
    Ok((message.seal().map_err(Failure::no)?, pins))
}

/// A message like those of a supply chain: every second one private, with one data element.
fn message(n: u64) -> (Message, Vec<Pin>) {
    let private = n % 2 == 1;
    let organisation = n % 20;
    let message_type = if private { MessageType::Private } else { MessageType::Broadcast };
    let message = Message {
        header: Header {
            id: Some(message_id(n)),
            message_type: Open::from(message_type),
            tx_type: Some(Open::from(TxType::BatchPin)),
            author: format!("did:firefly:org/org_{organisation}"),
            key: format!("0x{:040x}", 0x1d14_b65d_2dd5_c13f_u64 ^ organisation),
            created: Some(time(n)),
            namespace: "default".to_owned(),
            group: private.then(|| GroupHash(hash(4, organisation))),
            topics: vec![format!("order-{}", n % 10_000)],
            tag: "purchase_order".to_owned(),
            ..Header::default()
        },
        data: Some(vec![Some(DataRef {
            id: Some(DataId::from_bytes(number(3, n))),
            hash: Some(DataHash(hash(3, n))),
        })]),
        ..Message::default()
    };
    let pin = Pin { hash: PinHash(hash(6, n)), nonce: Some(n / 20) };
    (message, if private { vec![pin] } else { Vec::new() })
}

pub(super) fn message_id(n: u64) -> MessageId {
    MessageId::from_bytes(number(1, n))
}

pub(super) fn transaction(n: u64) -> TransactionId {
    TransactionId::from_bytes(number(7, n / 50))
}

pub(super) fn time(n: u64) -> Timestamp {
    Timestamp::from_unix_nanos(
        1_735_689_600_000_000_000 + i64::try_from(n).unwrap_or(0) * 1_000_003,
    )
}

/// Sixteen bytes that look drawn, as the ids of a real log do: they do not compress.
pub(super) fn number(kind: u8, n: u64) -> [u8; 16] {
    let Bytes32(bytes) = hash(kind, n);
    let mut half = [0; 16];
    half.copy_from_slice(bytes.split_at(16).0);
    half
}

pub(super) fn hash(kind: u8, n: u64) -> Bytes32 {
    let mut seed = [kind; 9];
    for (slot, byte) in seed.iter_mut().skip(1).zip(n.to_be_bytes()) {
        *slot = byte;
    }
    Bytes32::sha256(&seed)
}
