//! A message under construction, field by field.
//! Nothing is checked before it is built.

use lampyris_message::data::inline::InlineData;
use lampyris_message::event::{Awaited, ParentKind};
use lampyris_message::hash::DataHash;
use lampyris_message::json::JsonValue;
use lampyris_message::text::IdempotencyKey;
use lampyris_message::{
    DataId, Header, Message, MessageId, MessageType, Open, Timestamp, TransactionId, TxType,
};

use super::{InvalidSubmission, Submission};

/// A message under construction; see [`Submission::broadcast`] and [`Submission::private`].
#[derive(Debug, Clone)]
#[must_use = "nothing is submitted before it is built"]
pub struct Draft {
    pub(super) message: Message,
    data: Option<Vec<Option<InlineData>>>,
    awaits: Option<Awaited>,
    keyed: bool,
}

impl Draft {
    pub(super) fn new(message_type: MessageType, author: String, key: String) -> Self {
        let header = Header {
            message_type: Open::from(message_type),
            tx_type: Some(Open::from(TxType::BatchPin)),
            author,
            key,
            ..Header::default()
        };
        let message = Message { header, ..Message::default() };
        Self { message, data: None, awaits: None, keyed: false }
    }

    /// Adds a topic; without one, the message has the topic `default`.
    pub fn topic(mut self, topic: impl Into<String>) -> Self {
        self.message.header.topics.push(topic.into());
        self
    }

    /// Sets the tag.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.message.header.tag = tag.into();
        self
    }

    /// Sets the message that this one answers, or otherwise belongs to.
    pub fn cid(mut self, cid: MessageId) -> Self {
        self.message.header.cid = Some(cid);
        self
    }

    /// Adds a reference to a data element.
    pub fn data(self, id: DataId, hash: DataHash) -> Self {
        self.entry(InlineData { id: Some(id), hash: Some(hash), ..InlineData::default() })
    }

    /// Adds a new data element with this value. The engine keeps the value, and refers to it by its hash.
    ///
    /// ```
    /// # use lampyris::{Lampyris, Submission, block_on};
    /// # use lampyris::message::json::JsonValue;
    /// # let dir = tempfile::tempdir()?;
    /// # let engine = Lampyris::open(dir.path())?;
    /// let order = JsonValue::parse(br#"{"item":"lamp","count":3}"#)?;
    /// let order = Submission::broadcast("did:firefly:org/acme", "0x9f3b").value(order).build()?;
    /// let staged = block_on(engine.stage(order))?.accepted()?;
    /// assert_eq!(engine.get(staged.id).unwrap().message().data.as_ref().unwrap().len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn value(self, value: JsonValue) -> Self {
        self.entry(InlineData { value: Some(value), ..InlineData::default() })
    }

    /// Adds a new data element whose value is this text, as a JSON string.
    pub fn text(self, text: &str) -> Self {
        self.value(JsonValue::text(text))
    }

    /// Adds data as a client posts it: a reference, which may lack the hash, or a new element.
    pub fn entry(mut self, entry: InlineData) -> Self {
        self.data.get_or_insert_default().push(Some(entry));
        self
    }

    /// Sets the id; else the engine draws one.
    pub fn id(mut self, id: MessageId) -> Self {
        self.message.header.id = Some(id);
        self
    }

    /// Sets the time; else it is the engine's.
    pub fn created(mut self, created: Timestamp) -> Self {
        self.message.header.created = Some(created);
        self
    }

    /// Sets the name that the whole network knows the namespace by; else it is the engine's.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.message.header.namespace = namespace.into();
        self
    }

    /// Leaves the message off the ledger; it needs a group then.
    pub fn unpinned(mut self) -> Self {
        self.message.header.tx_type = Some(Open::from(TxType::Unpinned));
        self
    }

    /// Makes the submission one that is made at most once under this key, which must not be empty.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.message.idempotency_key = key.into();
        self.keyed = true;
        self
    }

    /// Lets the message wait for a parent.
    pub fn awaits(mut self, kind: ParentKind, id: Option<TransactionId>) -> Self {
        self.awaits = Some(Awaited { kind, id });
        self
    }

    /// Checks all fields.
    ///
    /// # Errors
    /// [`InvalidSubmission`] names the field and the rule.
    pub fn build(self) -> Result<Submission, InvalidSubmission> {
        if self.keyed {
            IdempotencyKey::new(&self.message.idempotency_key)?;
        }
        Submission::with_data(self.message, self.data, self.awaits)
    }
}
