//! The view of one message: the fields that a FireFly client sees, and the position they reflect.
//!
//! It only shows what events say; whether they may say it is judged elsewhere.

use std::io::Write;

use lampyris_message::event::{
    Cancelled, Event, Imported, Received, Rejected, Sealed, Sequenced, Staged,
};
use lampyris_message::{DataRef, Message, MessageFields, MessageState, Open, Pin, SealedMessage};

/// One message as a FireFly client sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    message: Message,
    position: u64,
}

impl View {
    /// A message as it was after its event at `position`.
    pub(crate) const fn of(message: Message, position: u64) -> Self {
        Self { message, position }
    }

    /// The view after a first event; `None` if it is not one that brings a message.
    pub fn begin(event: &Event, position: u64) -> Option<Self> {
        let message = match event {
            Event::Staged(staged) => from_staged(staged),
            Event::Received(received) => from_received(received),
            Event::Imported(imported) => from_imported(imported),
            Event::Readied(_)
            | Event::Sealed(_)
            | Event::Sent(_)
            | Event::Sequenced(_)
            | Event::Confirmed(_)
            | Event::Rejected(_)
            | Event::Cancelled(_)
            | Event::Noted(_) => return None,
        };
        Some(Self { message, position })
    }

    /// Takes in the next event of the message.
    pub fn apply(&mut self, event: &Event, position: u64) {
        self.position = position;
        match event {
            Event::Readied(_) => self.set(MessageState::Ready),
            Event::Sealed(sealed) => self.sealed(sealed),
            Event::Sent(_) => self.set(MessageState::Sent),
            Event::Sequenced(sequenced) => self.sequenced(sequenced),
            Event::Confirmed(confirmed) => {
                self.set(MessageState::Confirmed);
                self.message.confirmed = Some(confirmed.at);
            }
            Event::Rejected(rejected) => self.rejected(rejected),
            Event::Cancelled(Cancelled { at, .. }) => {
                self.set(MessageState::Cancelled);
                self.message.confirmed = Some(*at);
            }
            Event::Staged(_) | Event::Received(_) | Event::Imported(_) | Event::Noted(_) => {}
        }
    }

    /// The message, in upstream's shape.
    pub const fn message(&self) -> &Message {
        &self.message
    }

    /// The sequence of the last event that it reflects.
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// FireFly's JSON of the message, with the member `position` added at its end.
    pub fn to_json(&self) -> Vec<u8> {
        let mut json = Vec::new();
        write_json(&self.message, self.position, &mut json);
        json
    }

    fn set(&mut self, state: MessageState) {
        self.message.state = Some(Open::from(state));
    }

    fn sealed(&mut self, sealed: &Sealed) {
        self.message.batch = Some(sealed.batch);
        self.message.tx_id = Some(sealed.tx_id);
        self.message.pins = texts(&sealed.pins);
    }

    fn sequenced(&mut self, sequenced: &Sequenced) {
        self.set(MessageState::Pending);
        self.message.batch = Some(sequenced.batch);
        self.message.tx_id = Some(sequenced.tx_id);
    }

    fn rejected(&mut self, rejected: &Rejected) {
        self.set(MessageState::Rejected);
        self.message.confirmed = Some(rejected.at);
        self.message.reject_reason = format!("{}: {}", rejected.code, rejected.reason);
    }
}

/// Appends FireFly's JSON of a message, with the member `position` at its end.
pub(crate) fn write_json(message: &impl MessageFields, position: u64, out: &mut Vec<u8>) {
    message.write_json(out);
    out.pop();
    // A vector takes all that is written to it.
    let _written = write!(out, ",\"position\":{position}}}");
}

fn from_staged(staged: &Staged) -> Message {
    let key = staged.idempotency.as_ref().map(|idempotency| idempotency.key.to_string());
    Message {
        local_namespace: staged.local_namespace.clone(),
        tx_id: staged.tx_id,
        idempotency_key: key.unwrap_or_default(),
        ..from_sealed(&staged.message, MessageState::Staged)
    }
}

fn from_received(received: &Received) -> Message {
    Message {
        local_namespace: received.local_namespace.clone(),
        batch: Some(received.batch),
        tx_id: Some(received.tx_id),
        pins: texts(&received.pins),
        ..from_sealed(&received.message, MessageState::Pending)
    }
}

fn from_imported(imported: &Imported) -> Message {
    let claims = &imported.claims;
    Message {
        local_namespace: claims.local_namespace.clone().unwrap_or_default(),
        batch: claims.batch,
        tx_id: claims.tx_id,
        pins: texts(&claims.pins),
        confirmed: claims.confirmed,
        reject_reason: claims.reject_reason.clone().unwrap_or_default(),
        idempotency_key: claims.idempotency_key.clone().unwrap_or_default(),
        ..from_sealed(&imported.message, claims.state)
    }
}

fn from_sealed(sealed: &SealedMessage, state: MessageState) -> Message {
    let data = sealed.data_list().map(|references| {
        references
            .iter()
            .map(|reference| Some(DataRef { id: Some(reference.id), hash: Some(reference.hash) }))
            .collect()
    });
    Message {
        header: sealed.header().clone(),
        hash: Some(sealed.hash()),
        state: Some(Open::from(state)),
        data,
        ..Message::default()
    }
}

fn texts(pins: &[Pin]) -> Vec<String> {
    pins.iter().map(Pin::to_string).collect()
}
