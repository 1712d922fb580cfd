//! Who plays in every scenario: one message, its impostor, two batches, two keys, two parents.

use lampyris_message::event::{Awaited, Idempotency, LedgerPosition, Parent, ParentKind};
use lampyris_message::text::{IdempotencyKey, NonBlank};
use lampyris_message::{
    BatchId, Bytes32, GroupHash, Header, Message, MessageHash, MessageId, MessageType, Open, Pin,
    PinHash, Pinning, SealedMessage, Timestamp, TransactionId, TxType,
};

pub(crate) const ID: MessageId = MessageId::from_bytes([1; 16]);
pub(crate) const B0: BatchId = BatchId::from_bytes([0xb0; 16]);
pub(crate) const OTHER_BATCH: BatchId = BatchId::from_bytes([0xb1; 16]);
pub(crate) const T0: TransactionId = TransactionId::from_bytes([0x70; 16]);
pub(crate) const OTHER_TX: TransactionId = TransactionId::from_bytes([0x71; 16]);
pub(crate) const PARENT: TransactionId = TransactionId::from_bytes([0xa0; 16]);
pub(crate) const OTHER_PARENT: TransactionId = TransactionId::from_bytes([0xa1; 16]);
pub(crate) const OTHER_HASH: MessageHash = MessageHash::from_bytes([0xee; 32]);
pub(crate) const GROUP: GroupHash = GroupHash::from_bytes([0x90; 32]);
pub(crate) const OTHER_GROUP: GroupHash = GroupHash::from_bytes([0x91; 32]);
pub(crate) const AUTHOR: &str = "did:firefly:org/fireflies";
pub(crate) const KEY: &str = "0x4c6967687420796f75722077617920686f6d6500";
pub(crate) const OTHER_KEY: &str = "0x4f746865726b6579000000000000000000000000";
pub(crate) const POSITION: LedgerPosition = LedgerPosition { sequence: 41_207, pin_index: 3 };

pub(crate) const PINNINGS: [Pinning; 3] = [Pinning::Unpinned, Pinning::Broadcast, Pinning::Private];

/// A moment; the later the greater.
pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_unix_nanos(1_700_000_000_000_000_000 + second * 1_000_000_000)
}

pub(crate) fn text(text: &str) -> NonBlank {
    NonBlank::new("text", text).unwrap()
}

/// The message of a scenario; another `tag` makes another message with the same id.
pub(crate) fn message(pinning: Pinning, topics: usize, tag: &str) -> SealedMessage {
    named(ID, pinning, topics, tag)
}

/// A message with this id.
pub(crate) fn named(id: MessageId, pinning: Pinning, topics: usize, tag: &str) -> SealedMessage {
    let (message_type, tx_type, group) = match pinning {
        Pinning::Unpinned => (MessageType::Private, TxType::Unpinned, Some(GROUP)),
        Pinning::Broadcast => (MessageType::Broadcast, TxType::BatchPin, None),
        Pinning::Private => (MessageType::Private, TxType::ContractInvokePin, Some(GROUP)),
    };
    let header = Header {
        id: Some(id),
        message_type: message_type.into(),
        tx_type: Some(Open::from(tx_type)),
        author: AUTHOR.to_owned(),
        key: KEY.to_owned(),
        created: Some(at(0)),
        namespace: "garden".to_owned(),
        group,
        topics: (0..topics).map(|topic| format!("topic-{topic}")).collect(),
        tag: tag.to_owned(),
        ..Header::default()
    };
    Message { header, ..Message::default() }.seal().unwrap()
}

/// One pin a topic.
pub(crate) fn pins(topics: usize) -> Vec<Pin> {
    (0..topics).map(pin).collect()
}

/// The pin of one topic.
pub(crate) fn pin(topic: usize) -> Pin {
    let topic = u8::try_from(topic).unwrap();
    Pin { hash: PinHash::from_bytes([topic; 32]), nonce: Some(u64::from(topic)) }
}

/// A key that a request is submitted under.
pub(crate) fn idempotency(fingerprint: u8) -> Idempotency {
    let key = IdempotencyKey::new("at most once").unwrap();
    Idempotency { key, fingerprint: Bytes32([fingerprint; 32]) }
}

/// What a message waits for, if for anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waits {
    Not,
    ForKind,
    ForParent,
}

impl Waits {
    pub(crate) const ALL: [Self; 3] = [Self::Not, Self::ForKind, Self::ForParent];

    pub(crate) fn awaited(self) -> Option<Awaited> {
        let kind = ParentKind::TokenTransfer;
        match self {
            Self::Not => None,
            Self::ForKind => Some(Awaited { kind, id: None }),
            Self::ForParent => Some(Awaited { kind, id: Some(PARENT) }),
        }
    }

    /// Every parent that can arrive, and whether it is the awaited one.
    pub(crate) fn parents(self) -> Vec<(Parent, bool)> {
        let parent = |kind, id| Parent { kind, id, message_hash: None };
        let (transfer, approval) = (ParentKind::TokenTransfer, ParentKind::TokenApproval);
        vec![
            (parent(transfer, PARENT), self != Self::Not),
            (parent(transfer, OTHER_PARENT), self == Self::ForKind),
            (parent(approval, PARENT), false),
        ]
    }
}
