//! Who plays in every trial: a few messages that have to do with one another, batches, pins and keys.

use lampyris_message::data::inline::{InlineData, derived_id};
use lampyris_message::event::{Awaited, Claims, LedgerPosition, ParentKind};
use lampyris_message::hash::{Bytes32, DataHash};
use lampyris_message::json::JsonValue;
use lampyris_message::lifecycle::command::GAP_FILL_TAG;
use lampyris_message::text::NonBlank;
use lampyris_message::{
    BatchId, DataRef, GroupHash, Header, Message, MessageId, MessageState, MessageType, Open, Pin,
    PinHash, SealedMessage, Timestamp, TransactionId, TxType,
};

pub(crate) const NAMESPACE: &str = "default";
pub(crate) const ACTOR: &str = "lampyris";
pub(crate) const AUTHOR: &str = "did:firefly:org/acme";
pub(crate) const OTHER_AUTHOR: &str = "did:firefly:org/other";
pub(crate) const KEY: &str = "0x9f3b";
pub(crate) const OTHER_KEY: &str = "0x0bad";
pub(crate) const SOURCE: &str = "another node";

/// The first moment of every trial.
pub(crate) const BEGINNING: i64 = 1_700_000_000_000_000_000;

/// One of the messages that play.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    /// A broadcast.
    Order,
    /// Another one with the same content.
    Twin,
    /// A pinned message to a group, of two topics.
    Secret,
    /// A gap-fill of [`Who::Secret`].
    Fill,
    /// Another one.
    Refill,
    /// One that does not fit: it has another author.
    Forgery,
    /// A gap-fill of the gap-fill.
    Nested,
    /// A message to a group that is not pinned.
    Whisper,
    /// A pinned message to a group, born with a transaction.
    Call,
}

impl Who {
    pub(crate) const ALL: [Self; 9] = [
        Self::Order,
        Self::Twin,
        Self::Secret,
        Self::Fill,
        Self::Refill,
        Self::Forgery,
        Self::Nested,
        Self::Whisper,
        Self::Call,
    ];

    pub(crate) fn id(self) -> MessageId {
        MessageId::from_bytes(drawn("message", self as u64))
    }

    /// How many pins a batch has to bring.
    pub(crate) fn pins(self) -> usize {
        match self {
            Self::Order | Self::Twin | Self::Whisper => 0,
            Self::Call => 1,
            Self::Secret | Self::Fill | Self::Refill | Self::Forgery | Self::Nested => 2,
        }
    }

    /// The transaction that it is born with.
    pub(crate) fn born_with(self) -> Option<TransactionId> {
        (self == Self::Call).then(|| transaction(0))
    }

    fn header(self) -> Header {
        let (message_type, tx_type) = match self {
            Self::Order | Self::Twin => (MessageType::Broadcast, TxType::BatchPin),
            Self::Whisper => (MessageType::Private, TxType::Unpinned),
            Self::Call => (MessageType::Private, TxType::ContractInvokePin),
            Self::Secret | Self::Fill | Self::Refill | Self::Forgery | Self::Nested => {
                (MessageType::Private, TxType::BatchPin)
            }
        };
        let fills = match self {
            Self::Fill | Self::Refill | Self::Forgery => Some(Self::Secret.id()),
            Self::Nested => Some(Self::Fill.id()),
            Self::Order | Self::Twin | Self::Secret | Self::Whisper | Self::Call => None,
        };
        let author = if self == Self::Forgery { OTHER_AUTHOR } else { AUTHOR };
        let to_all = message_type == MessageType::Broadcast;
        Header {
            id: Some(self.id()),
            message_type: message_type.into(),
            tx_type: Some(Open::from(tx_type)),
            author: author.to_owned(),
            key: KEY.to_owned(),
            created: Some(Timestamp::from_unix_nanos(BEGINNING)),
            namespace: NAMESPACE.to_owned(),
            group: (!to_all).then(|| GroupHash::from_bytes([0x90; 32])),
            topics: (0..self.pins().max(1)).map(|topic| format!("topic-{topic}")).collect(),
            tag: fills.map(|_| GAP_FILL_TAG.to_owned()).unwrap_or_default(),
            cid: fills,
            ..Header::default()
        }
    }

    /// The message, or one with the same id that is another.
    pub(crate) fn message(self, impostor: bool) -> Message {
        let mut header = self.header();
        if impostor {
            "impostor".clone_into(&mut header.tag);
        }
        let mut message = Message { header, tx_id: self.born_with(), ..Message::default() };
        self.refer(&mut message);
        message
    }

    /// The values of its data elements, which come in line when it is staged.
    fn values(self) -> Vec<JsonValue> {
        let values: &[&str] = match self.content(false).0 {
            Self::Order => &[r#"{"item":"lamp","price":1.50}"#, r#""<as written>""#],
            Self::Secret | Self::Fill => &["[0]"],
            Self::Twin
            | Self::Refill
            | Self::Forgery
            | Self::Nested
            | Self::Whisper
            | Self::Call => &[],
        };
        values.iter().map(|json| JsonValue::parse(json.as_bytes()).unwrap()).collect()
    }

    /// Its data as a client posts it.
    pub(crate) fn in_line(self) -> Option<Vec<Option<InlineData>>> {
        let entry = |value| Some(InlineData { value: Some(value), ..InlineData::default() });
        let data: Vec<_> = self.values().into_iter().map(entry).collect();
        Some(data).filter(|data| !data.is_empty())
    }

    /// Lets this message refer to its data elements.
    pub(crate) fn refer(self, message: &mut Message) {
        let id = message.header.id.unwrap();
        let reference = |(index, value): (usize, JsonValue)| {
            let hash = DataHash(value.hash());
            Some(DataRef { id: Some(derived_id(id, index, hash)), hash: Some(hash) })
        };
        let data: Vec<_> = self.values().into_iter().enumerate().map(reference).collect();
        message.data = Some(data).filter(|data| !data.is_empty());
    }

    pub(crate) fn sealed(self, impostor: bool) -> SealedMessage {
        Message { tx_id: None, ..self.message(impostor) }.seal().unwrap()
    }

    /// What its submission says apart from id and time: the same for those that say the same.
    pub(crate) fn content(self, impostor: bool) -> (Self, bool) {
        let first = match self {
            Self::Twin => Self::Order,
            Self::Refill => Self::Fill,
            other => other,
        };
        (first, impostor)
    }
}

/// The content of a broadcast whose id and time are left to the engine: that of [`Who::Order`].
pub(crate) fn undated() -> Message {
    let mut message = Who::Order.message(false);
    (message.header.id, message.header.created) = (None, None);
    message.data = None;
    message
}

/// An id that looks drawn.
pub(crate) fn drawn(kind: &str, number: u64) -> [u8; 16] {
    let Bytes32(hash) = Bytes32::sha256(format!("{kind} {number}").as_bytes());
    hash[..16].try_into().unwrap()
}

pub(crate) fn batch(number: u8) -> BatchId {
    BatchId::from_bytes(drawn("batch", number.into()))
}

pub(crate) fn transaction(number: u8) -> TransactionId {
    TransactionId::from_bytes(drawn("transaction", number.into()))
}

pub(crate) fn position(number: u8) -> LedgerPosition {
    LedgerPosition { sequence: number.into(), pin_index: 0 }
}

/// So many pins; another `first` gives others.
pub(crate) fn pins(first: u8, count: usize) -> Vec<Pin> {
    let pin = |number: u8| {
        let hash = PinHash::from_bytes([number; 32]);
        Pin { hash, nonce: Some(number.into()) }
    };
    (first..).map(pin).take(count).collect()
}

pub(crate) fn awaited(kind: bool, parent: Option<u8>) -> Option<Awaited> {
    let id = parent.map(transaction);
    kind.then_some(Awaited { kind: ParentKind::TokenTransfer, id })
}

pub(crate) fn text(text: &str) -> NonBlank {
    NonBlank::new("text", text).unwrap()
}

/// What a source claims of an imported message.
pub(crate) fn claims(state: MessageState) -> Claims {
    Claims {
        local_namespace: Some("theirs".to_owned()),
        state,
        batch: Some(batch(0)),
        tx_id: None,
        pins: pins(0, 1),
        confirmed: Some(Timestamp::from_unix_nanos(BEGINNING)),
        reject_reason: None,
        idempotency_key: Some(key(0)),
    }
}

pub(crate) fn key(number: u8) -> String {
    format!("at most once {number}")
}
