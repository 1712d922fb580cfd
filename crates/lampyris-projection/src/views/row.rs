//! One message among the views, as it was at one position: its fields, and all that a client sees of it.
//!
//! Nothing is read for it: what it tells comes from memory alone.

use std::borrow::Cow;
use std::fmt;

use lampyris_message::{
    Header, HeaderFields, Message, MessageFields, MessageId, MessageState, Open, Pin, SealedRef,
    Timestamp, TransactionRef,
};

use super::at::At;
use super::fields::RowFields;
use crate::View;
use crate::query::{Cell, Field, Fields};
use crate::view::write_json;

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

    /// All fields that a client sees, where they are kept.
    pub fn fields(&self) -> RowFields<'v> {
        RowFields::of(self.at)
    }

    /// Appends what a client sees of the message: FireFly's JSON, with the member `position` at its end.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        write_json(&self.fields(), self.position(), out);
    }

    /// The message as a FireFly client sees it.
    pub fn view(&self) -> View {
        let fields = self.fields();
        let header = Header {
            id: HeaderFields::id(&fields),
            cid: fields.cid(),
            message_type: Open::from_text(fields.message_type()),
            tx_type: fields.tx_type().map(Open::from_text),
            author: fields.author().to_owned(),
            key: fields.key().to_owned(),
            created: fields.created(),
            namespace: fields.namespace().to_owned(),
            group: fields.group(),
            topics: fields.topics().map(str::to_owned).collect(),
            tag: fields.tag().to_owned(),
            data_hash: fields.data_hash(),
            tx_parent: fields
                .tx_parent()
                .map(|(tx_type, id)| TransactionRef { tx_type: Open::from_text(tx_type), id }),
        };
        let message = Message {
            header,
            local_namespace: fields.local_namespace().to_owned(),
            hash: fields.hash(),
            batch: fields.batch(),
            tx_id: fields.tx_id(),
            state: Some(Open::from(self.state())),
            confirmed: fields.confirmed(),
            reject_reason: fields.reject_reason().to_owned(),
            data: fields.data().map(Iterator::collect),
            pins: fields.pins().map(|pin| pin.as_ref().to_owned()).collect(),
            idempotency_key: fields.idempotency_key().to_owned(),
        };
        View::of(message, self.position())
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
