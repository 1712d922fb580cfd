//! The made-up mailbox: messages of ten thousand topics and a hundred authors, skewed as real ones are, at all points
//! of their lives.
//!
//! Everything is a function of a number, so two runs make the same messages.

use lampyris_message::event::{Confirmed, LedgerPosition, Rejected, Sealed, Staged};
use lampyris_message::hash::{DataHash, GroupHash, PinHash};
use lampyris_message::lifecycle::Command;
use lampyris_message::lifecycle::command::{Dispatched, Sequence, Stage};
use lampyris_message::text::{IdempotencyKey, NonBlank};
use lampyris_message::{
    BatchId, DataId, DataRef, Header, Message, MessageId, MessageType, Open, Pin, Timestamp, TxType,
};

use super::workload::{hash, message_id, number, time, transaction};
use crate::failure::Failure;

/// How many topics there are, how many authors, and how many tags.
pub(super) const TOPICS: u64 = 10_000;
pub(super) const AUTHORS: u64 = 100;
const TAGS: u64 = 40;

/// A number below `count` that is the smaller the likelier: the first tenth comes in half of all cases.
fn skewed(kind: u8, n: u64, count: u64) -> u64 {
    let drawn = drawn(kind, n);
    // The cube of a number between 0 and 1, in 32 bits after the point.
    let squared = (drawn * drawn) >> 32;
    let cubed = (squared * drawn) >> 32;
    (cubed * count) >> 32
}

/// A number of 32 bits that looks drawn.
pub(super) fn drawn(kind: u8, n: u64) -> u64 {
    let number = number(kind, n);
    number.iter().take(4).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The topic of a message.
pub(super) fn topic(n: u64) -> String {
    format!("order-{}", skewed(11, n, TOPICS))
}

/// The author of a message.
pub(super) fn author(n: u64) -> String {
    format!("did:firefly:org/org_{}", skewed(12, n, AUTHORS))
}

/// When a message was made.
pub(super) fn created(n: u64) -> Timestamp {
    time(n)
}

/// The id of a message.
pub(super) fn id(n: u64) -> MessageId {
    message_id(n)
}

/// How far the newest messages have come: of a million the last 50,000 are under way, and few of the others.
fn steps(n: u64, count: u64) -> usize {
    let [drawn, ..] = number(13, n);
    let is_new = n >= count - count / 20;
    match drawn {
        _ if !is_new && drawn < 250 => 5,
        0..=50 => 1,
        51..=101 => 2,
        102..=152 => 3,
        153..=203 => 4,
        _ => 0,
    }
}

/// The commands about one of so many messages.
pub(super) fn lifecycle(n: u64, count: u64) -> Result<Vec<Command>, Failure> {
    let (mut message, pins) = message(n);
    let message = message.seal().map_err(Failure::no)?;
    let (batch, tx_id) = (BatchId::from_bytes(number(2, n / 50)), transaction(n));
    let signer = message.key().into_owned();
    let at = Timestamp::from_unix_nanos(created(n).unix_nanos() + 7_000_000_000);
    let key = IdempotencyKey::new(&format!("purchase {n}")).map_err(Failure::no)?;
    let idempotency = n
        .is_multiple_of(5)
        .then(|| lampyris_message::event::Idempotency { key, fingerprint: hash(9, n) });
    let staged = Staged {
        message,
        local_namespace: "default".to_owned(),
        idempotency,
        tx_id: None,
        awaits: None,
    };
    let position = LedgerPosition { sequence: n / 50, pin_index: n % 50 };
    let end = if number(14, n).first().is_some_and(|drawn| *drawn < 6) {
        let code = NonBlank::new("code", "FF10452").map_err(Failure::no)?;
        let reason = NonBlank::new("reason", "the value does not conform").map_err(Failure::no)?;
        Command::Reject(Rejected { at, code, reason })
    } else {
        Command::Confirm(Confirmed { at, correlator: None })
    };
    let all = vec![
        Command::Stage(Box::new(Stage::new(staged, None).map_err(Failure::no)?)),
        Command::Seal(Sealed { batch, tx_id, pins }),
        Command::Dispatched(Dispatched { batch, at }),
        Command::Sequence(Sequence { batch, tx_id: None, position, signer }),
        end,
    ];
    Ok(all.into_iter().take(steps(n, count).max(1)).collect())
}

fn message(n: u64) -> (Message, Vec<Pin>) {
    // One in ten is private, as one pin of a nonce each.
    let private = n.is_multiple_of(10);
    let message_type = match (private, n % 7) {
        (true, _) => MessageType::Private,
        (false, 0) => MessageType::Definition,
        (false, _) => MessageType::Broadcast,
    };
    let author = author(n);
    let message = Message {
        header: Header {
            id: Some(id(n)),
            cid: n.is_multiple_of(8).then(|| id(n / 2)),
            message_type: Open::from(message_type),
            tx_type: Some(Open::from(TxType::BatchPin)),
            key: format!("0x{:040x}", skewed(12, n, AUTHORS)),
            author,
            created: Some(created(n)),
            namespace: "default".to_owned(),
            group: private.then(|| GroupHash(hash(4, n % 50))),
            topics: vec![topic(n)],
            tag: format!("tag_{}", skewed(15, n, TAGS)),
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
