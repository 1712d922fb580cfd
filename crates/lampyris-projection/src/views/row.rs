//! One message among the views, as it was at one position: its fields, and all that a client sees of it.
//!
//! Nothing is read for it: what it tells comes from memory alone.

use std::borrow::Cow;
use std::fmt;

use lampyris_message::hash::MessageHash;
use lampyris_message::{
    DataRef, GroupHash, Header, Message, MessageId, MessageState, Open, Pin, SealedRef, Timestamp,
    TransactionRef,
};

use super::at::At;
use crate::View;
use crate::query::{Cell, Field, Fields};

/// One message of [`Views`](crate::Views), as it was after so many records of the log.
#[derive(Clone, Copy)]
pub struct Row<'v> {
    pub(super) at: At<'v>,
}

impl<'v> Row<'v> {
    /// The namespace that the message is filed under.
    pub fn namespace(&self) -> &'v str {
        self.at.namespace()
    }

    /// The message.
    pub const fn id(&self) -> MessageId {
        self.at.slot().id
    }

    /// The message's state; of an imported one, the state that is claimed.
    pub fn state(&self) -> MessageState {
        self.at.state()
    }

    /// The sequence of the message's first event: what a client knows as its `sequence`.
    pub const fn first(&self) -> u64 {
        self.at.slot().first
    }

    /// The sequence of the message's last event.
    pub fn position(&self) -> u64 {
        self.at.last()
    }

    /// The sequence of the event that brought the message into its state.
    pub fn since(&self) -> u64 {
        self.at.since()
    }

    /// Whether the message was taken in as evidence: its life is led by another node.
    pub fn is_evidence(&self) -> bool {
        self.at.is_evidence()
    }

    /// When it was made, by the sender's clock.
    pub fn created(&self) -> Option<Timestamp> {
        self.at.created()
    }

    /// When it became final.
    pub fn confirmed(&self) -> Option<Timestamp> {
        self.at.confirmed()
    }

    /// The type of the message.
    pub fn message_type(&self) -> &'v str {
        self.at.kind().text()
    }

    /// The topics of the message.
    pub fn topics(&self) -> impl Iterator<Item = &'v str> + use<'v> {
        self.at.topics()
    }

    /// The data that the message refers to.
    pub fn data(&self) -> impl Iterator<Item = SealedRef> + use<'v> {
        self.at.data()
    }

    /// The message as a FireFly client sees it.
    pub fn view(&self) -> View {
        let (at, slot) = (self.at, self.at.slot());
        let (batch, tx_id) = at.batch();
        let data = at.has_data_list().then(|| {
            let references = at.data();
            let reference = |reference: SealedRef| {
                Some(DataRef { id: Some(reference.id), hash: Some(reference.hash) })
            };
            references.map(reference).collect()
        });
        let mut kind = at.kind();
        let (message_type, tx_type, parent) =
            (kind.text(), kind.next().flatten(), kind.next().flatten());
        let (namespace, local_namespace) = (kind.text(), kind.text());
        let (author, key) = at.sender();
        let header = Header {
            id: Some(slot.id),
            cid: at.cid(),
            message_type: Open::from_text(message_type),
            tx_type: tx_type.map(Open::from_text),
            author: author.to_owned(),
            key: key.to_owned(),
            created: at.created(),
            namespace: namespace.to_owned(),
            group: at.group().map(GroupHash::from_bytes),
            topics: at.topics().map(str::to_owned).collect(),
            tag: at.tag().to_owned(),
            data_hash: at.data_hash(),
            tx_parent: parent.map(|tx_type| TransactionRef {
                tx_type: Open::from_text(tx_type),
                id: at.parent(),
            }),
        };
        let message = Message {
            header,
            local_namespace: local_namespace.to_owned(),
            hash: Some(MessageHash::from_bytes(slot.hash)),
            batch,
            tx_id,
            state: Some(Open::from(at.state())),
            confirmed: at.confirmed(),
            reject_reason: at.reject_reason().to_owned(),
            data,
            pins: at.pins().iter().map(Pin::to_string).collect(),
            idempotency_key: at.idempotency_key().to_owned(),
        };
        View::of(message, at.last())
    }
}

impl Fields for Row<'_> {
    fn cell(&self, field: Field) -> Cell<'_> {
        let (at, slot) = (self.at, self.at.slot());
        let uuid = |id: Option<[u8; 16]>| id.map_or(Cell::Null, Cell::Uuid);
        let time = |time: Option<Timestamp>| time.map_or(Cell::Null, Cell::Time);
        match field {
            Field::Id => Cell::Uuid(*slot.id.as_bytes()),
            Field::Cid => uuid(at.cid().map(|id| *id.as_bytes())),
            Field::Type => at.kind().text().into(),
            Field::Author => at.sender().0.into(),
            Field::Key => at.sender().1.into(),
            Field::Topics | Field::TopicsJoined => Cell::Texts(at.topics().collect()),
            Field::Tag => at.tag().into(),
            Field::Group => at.group().map_or(Cell::Null, Cell::Hash),
            Field::Created => time(at.created()),
            Field::DataHash => {
                at.data_hash().map_or(Cell::Null, |hash| Cell::Hash(*hash.as_bytes()))
            }
            Field::IdempotencyKey => match at.idempotency_key() {
                "" => Cell::Null,
                key => key.into(),
            },
            Field::Hash => Cell::Hash(slot.hash),
            Field::Pins => {
                let pins: Vec<String> = at.pins().iter().map(Pin::to_string).collect();
                Cell::Text(Cow::Owned(pins.join(",")))
            }
            Field::State => at.state().as_str().into(),
            Field::Confirmed => time(at.confirmed()),
            Field::RejectReason => at.reject_reason().into(),
            Field::Sequence => Cell::Integer(slot.first.try_into().unwrap_or(i64::MAX)),
            Field::TxType => at.kind().nth(1).flatten().unwrap_or_default().into(),
            Field::Batch => uuid(at.batch().0.map(|batch| *batch.as_bytes())),
            Field::TxId => uuid(at.batch().1.map(|transaction| *transaction.as_bytes())),
            Field::TxParentType => at.kind().nth(2).flatten().unwrap_or_default().into(),
            Field::TxParentId => uuid(at.parent().map(|parent| *parent.as_bytes())),
            Field::Validator
            | Field::DatatypeName
            | Field::DatatypeVersion
            | Field::BlobHash
            | Field::BlobSize
            | Field::Reference
            | Field::Correlator
            | Field::Tx
            | Field::Topic => Cell::Null,
        }
    }
}

/// Two rows are equal if a client sees the same of them.
impl PartialEq for Row<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.first() == other.first()
            && self.namespace() == other.namespace()
            && self.view() == other.view()
    }
}

impl Eq for Row<'_> {}

impl fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("namespace", &self.namespace())
            .field("view", &self.view())
            .finish()
    }
}
