//! Random lives of many messages in two namespaces, decided by the table, told in one order.

use std::collections::BTreeMap;

use lampyris_message::event::{
    Awaited, Claims, Confirmed, Event, Idempotency, LedgerPosition, ParentKind, Received, Rejected,
    Sealed, Staged,
};
use lampyris_message::lifecycle::command::{
    Cancel, Dispatched, GAP_FILL_TAG, GapFill, Import, Receive, Release, Sequence, Stage,
};
use lampyris_message::lifecycle::{Command, CommandKind, Decision, State, decide, evolve};
use lampyris_message::text::{IdempotencyKey, NonBlank};
use lampyris_message::{
    BatchId, Bytes32, GroupHash, Header, Message, MessageId, MessageState, MessageType, Open, Pin,
    PinHash, SealedMessage, Timestamp, TransactionId, TransactionRef, TxType,
};
use lampyris_projection::{Fed, View};
use proptest::prelude::*;
use proptest::sample::{Index, select};

pub(crate) const NAMESPACES: [&str; 2] = ["garden", "pond"];
const MESSAGES: u8 = 9;

/// One event, where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub namespace: &'static str,
    pub id: MessageId,
    pub event: Event,
    pub position: u64,
}

impl Told {
    pub(crate) fn fed(&self) -> Fed<'_> {
        let Self { namespace, id, event, position } = self;
        Fed { namespace, id: *id, event, position: *position }
    }
}

/// Something that is done about one message.
#[derive(Debug, Clone)]
struct Act {
    namespace: usize,
    message: u8,
    /// Another command than the next of its road.
    astray: Option<Index>,
    dice: u8,
    /// Records of nobody's message before it.
    gap: u64,
}

/// Lives of a few messages, some of them gap-fills for others.
pub(crate) fn lives() -> impl Strategy<Value = Vec<Told>> {
    let astray = prop_oneof![3 => Just(None), 1 => any::<Index>().prop_map(Some)];
    let gap = prop_oneof![4 => Just(0), 1 => 0..5_u64];
    let act = (0..NAMESPACES.len(), 0..MESSAGES, astray, any::<u8>(), gap).prop_map(
        |(namespace, message, astray, dice, gap)| Act { namespace, message, astray, dice, gap },
    );
    (prop::collection::vec(act, 0..120), select(&[0, 40_u64][..])).prop_map(|(acts, start)| {
        let (mut states, mut told, mut position) = (BTreeMap::new(), Vec::new(), start);
        for act in &acts {
            position += act.gap;
            let namespace = NAMESPACES[act.namespace];
            let (state, done) = states.entry((namespace, act.message)).or_default();
            for event in appended(&decide(state, &command(act, state, *done))) {
                *state = evolve(std::mem::take(state), &event).unwrap();
                told.push(Told { namespace, id: id(act.message), event, position });
                position += 1;
            }
            *done += usize::from(act.astray.is_none());
        }
        told
    })
}

fn appended(decision: &Decision) -> Vec<Event> {
    match decision {
        Decision::Step(events) => events.clone(),
        Decision::Same => Vec::new(),
        Decision::Refused(refused) => refused.noted.iter().cloned().map(Event::Noted).collect(),
    }
}

pub(crate) fn id(message: u8) -> MessageId {
    MessageId::from_bytes([message; 16])
}

const ROADS: [&[CommandKind]; 4] = {
    use CommandKind::{
        Cancel, Confirm, Dispatched, Receive, Reject, Release, Seal, Sequence, Stage,
    };
    [
        &[Stage, Release, Seal, Dispatched, Sequence, Confirm],
        &[Receive, Sequence, Confirm],
        &[Stage, Release, Seal, Dispatched, Sequence, Reject],
        &[Receive, Cancel],
    ]
};

fn command(act: &Act, state: &State, done: usize) -> Command {
    let road = ROADS[usize::from(act.message) % ROADS.len()];
    let next = road[done.min(road.len() - 1)];
    let kind = act.astray.map_or(next, |index| *index.get(CommandKind::ALL));
    let (dice, at) = (act.dice, Timestamp::from_unix_nanos(i64::from(act.dice) * 1_000_000_007));
    let text = |text: &str| NonBlank::new("text", text).unwrap();
    let batch = BatchId::from_bytes([if dice.is_multiple_of(8) { 0xb1 } else { 0xb0 }; 16]);
    let tx_id = TransactionId::from_bytes([0x70 + dice % 16 / 15; 16]);
    let right = if is_private(act.message) { pins(act.message) } else { Vec::new() };
    let by = "operator".to_owned();
    match kind {
        CommandKind::Stage => Command::Stage(Box::new(Stage::new(staged(act), None).unwrap())),
        CommandKind::Receive => {
            let received = received(act, batch, tx_id);
            let gap_fill = (dice % 16 == 1).then(|| gap_fill(act.message, received.pins.clone()));
            Command::Receive(Box::new(Receive { received, at, gap_fill }))
        }
        CommandKind::Import => Command::Import(Box::new(imported(act, at))),
        CommandKind::Release => Command::Release(Release { parent: None, at, by }),
        CommandKind::Seal => Command::Seal(Sealed { batch, tx_id, pins: right }),
        CommandKind::Dispatched => Command::Dispatched(Dispatched { batch, at }),
        CommandKind::Sequence => Command::Sequence(Sequence {
            batch,
            tx_id: dice.is_multiple_of(3).then_some(tx_id),
            position: LedgerPosition { sequence: u64::from(dice % 2), pin_index: 0 },
            signer: if dice % 16 == 2 { "0x2".to_owned() } else { "0x1".to_owned() },
        }),
        CommandKind::Confirm => Command::Confirm(Confirmed { at, correlator: None }),
        CommandKind::Reject => {
            let (code, reason) = (text("FF10452"), text("the key is not the author's"));
            Command::Reject(Rejected { at, code, reason })
        }
        CommandKind::Cancel => {
            let pins = if let State::Known(facts) = state { facts.pins.to_vec() } else { right };
            let gap_fill = dice.is_multiple_of(2).then(|| gap_fill(act.message, pins));
            Command::Cancel(Cancel { at, code: text("NotWanted"), reason: None, by, gap_fill })
        }
    }
}

fn staged(act: &Act) -> Staged {
    let fingerprint = Bytes32([act.message; 32]);
    let key = IdempotencyKey::new(&format!("key {}", act.message % 4)).unwrap();
    Staged {
        message: message(act.message),
        local_namespace: NAMESPACES[act.namespace].to_owned(),
        idempotency: act.dice.is_multiple_of(2).then_some(Idempotency { key, fingerprint }),
        tx_id: None,
        awaits: act
            .dice
            .is_multiple_of(3)
            .then_some(Awaited { kind: ParentKind::TokenTransfer, id: None }),
    }
}

fn received(act: &Act, batch: BatchId, tx_id: TransactionId) -> Received {
    Received {
        message: message(act.message),
        local_namespace: NAMESPACES[act.namespace].to_owned(),
        batch,
        tx_id,
        pins: if act.dice % 4 == 3 { Vec::new() } else { pins(act.message) },
        from: None,
    }
}

fn imported(act: &Act, at: Timestamp) -> Import {
    let claims = Claims {
        local_namespace: None,
        state: MessageState::ALL[usize::from(act.dice) % MessageState::ALL.len()],
        batch: Some(BatchId::from_bytes([act.dice; 16])),
        tx_id: None,
        pins: pins(act.message),
        confirmed: Some(at),
        reject_reason: Some("theirs".to_owned()),
        idempotency_key: Some(format!("key {}", act.message % 4)),
    };
    Import { message: message(act.message), claims, source: "a file".to_owned() }
}

const fn is_private(message: u8) -> bool {
    !message.is_multiple_of(3)
}

/// A message; every second of them is tagged as a gap-fill for one of the first three.
fn message(number: u8) -> SealedMessage {
    let private = is_private(number);
    let kind = if private { MessageType::Private } else { MessageType::Broadcast };
    let unpinned = number % 6 == 5;
    let mut message = Message {
        header: Header {
            id: Some(id(number)),
            cid: (number % 4 != 2).then(|| id(number % 3)),
            message_type: Open::from(kind),
            tx_type: Some(Open::from(if unpinned { TxType::Unpinned } else { TxType::BatchPin })),
            author: if number == 8 { "did:firefly:org/Zoo" } else { "did:firefly:org/acme" }
                .to_owned(),
            key: "0x1".to_owned(),
            created: Some(created(number)),
            namespace: "ns1".to_owned(),
            group: private.then(|| GroupHash::from_bytes([9; 32])),
            topics: topics(number),
            tx_parent: (number == 7).then(|| TransactionRef {
                tx_type: Open::from(TxType::TokenTransfer),
                id: Some(TransactionId::from_bytes([0x77; 16])),
            }),
            tag: if number % 2 == 1 { GAP_FILL_TAG } else { "order" }.to_owned(),
            ..Header::default()
        },
        ..Message::default()
    };
    message.seal().unwrap()
}

/// When a message was made: some in the same moment, some in years that few clocks know.
fn created(message: u8) -> Timestamp {
    match message {
        0 => Timestamp::parse("0301-01-01T00:00:00Z").unwrap(),
        1 => Timestamp::parse("3001-01-01T00:00:00.5Z").unwrap(),
        _ => Timestamp::from_unix_nanos(i64::from(message / 2) * 1_000_000_007),
    }
}

/// Two topics for the private ones, so that two pins are right; some of one are others' too.
fn topics(message: u8) -> Vec<String> {
    let topics: &[&str] = match message % 6 {
        0 => &["a"],
        1 | 5 => &["a", "b"],
        2 => &["b", "orders-eu"],
        3 => &["orders-eu"],
        _ => &["b", "A"],
    };
    topics.iter().map(|topic| (*topic).to_owned()).collect()
}

fn pins(message: u8) -> Vec<Pin> {
    [1, 2]
        .map(|pin| Pin { hash: PinHash::from_bytes([message * 2 + pin; 32]), nonce: Some(3) })
        .to_vec()
}

fn gap_fill(message: u8, pins: Vec<Pin>) -> GapFill {
    GapFill {
        id: MessageId::from_bytes([0xff; 16]),
        cid: Some(id(message)),
        tag: GAP_FILL_TAG.to_owned(),
        author: "did:firefly:org/acme".to_owned(),
        group: Some(GroupHash::from_bytes([9; 32])),
        pins,
        state: MessageState::Confirmed,
    }
}

/// The messages as the table's own fold shows them, in the order of their first events.
pub(crate) fn folded(told: &[Told]) -> Vec<(&Told, View)> {
    let mut shown: Vec<(&Told, View)> = Vec::new();
    for told in told {
        let same = |(first, _): &&mut (&Told, View)| {
            (first.namespace, first.id) == (told.namespace, told.id)
        };
        match shown.iter_mut().find(same) {
            Some((_, view)) => view.apply(&told.event, told.position),
            None => shown.push((told, View::begin(&told.event, told.position).unwrap())),
        }
    }
    shown
}
