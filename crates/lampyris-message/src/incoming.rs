//! Messages of another node: decoded, verified, and with what their source says of them.
//!
//! Nothing is invented: what the source leaves away is absent from the claims, but for the state,
//! which is then `pending`. An unknown type or state is refused, which upstream's decoder does not.

use thiserror::Error;

use crate::decode::DecodeError;
use crate::event::Claims;
use crate::id::MessageId;
use crate::json::{Document, Kind, Node};
use crate::kind::{MessageState, MessageType};
use crate::message::Message;
use crate::pin::{Pin, PinError};
use crate::scalar::ScalarError;
use crate::sealed::SealedMessage;
use crate::validate::InvalidMessage;

/// A message whose hashes are right, and what its source says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// The message.
    pub message: SealedMessage,
    /// What its source says of it.
    pub claims: Claims,
}

/// A value that is no message to be taken in, and why.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{why}")]
pub struct Unfit {
    /// The message's id, as far as it could be read.
    pub id: Option<MessageId>,
    /// What is wrong with it.
    #[source]
    pub why: Defect,
}

/// What is wrong with a message of another node.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Defect {
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(#[from] DecodeError),
    /// There is no such type of message.
    #[error("header.type: {0}")]
    Type(ScalarError),
    /// There is no such state.
    #[error("state: {0}")]
    State(ScalarError),
    /// A pin is none.
    #[error("pins[{index}]: {problem}")]
    Pin {
        /// Its place in the list.
        index: usize,
        /// What is wrong with it.
        problem: PinError,
    },
    /// A field holds what it may not, or the hashes are not right.
    #[error("{}", .0.told())]
    Invalid(#[from] InvalidMessage),
}

impl Defect {
    /// Upstream's code, where it has one.
    pub const fn code(&self) -> Option<&'static str> {
        match self {
            Self::Unreadable(error) => error.code(),
            Self::Type(error) | Self::State(error) => Some(error.code()),
            Self::Pin { .. } => None,
            Self::Invalid(error) => Some(error.code()),
        }
    }
}

impl Incoming {
    /// Reads the first JSON value of `json`: a message, or an object that holds one under `message`.
    ///
    /// # Errors
    /// [`Unfit`] says why it is not taken in.
    pub fn from_json(json: &[u8]) -> Result<Self, Unfit> {
        let unreadable = |error| Unfit { id: None, why: Defect::Unreadable(error) };
        let document = Document::first(json).map_err(unreadable)?;
        let node = unwrapped(document.root());
        Self::verify(Message::from_node(node).map_err(unreadable)?)
    }

    /// Checks the fields and both hashes, and keeps the rest as claims.
    ///
    /// # Errors
    /// [`Unfit`] says why it is not taken in.
    pub fn verify(message: Message) -> Result<Self, Unfit> {
        let id = message.header.id;
        Self::checked(message).map_err(|why| Unfit { id, why })
    }

    fn checked(message: Message) -> Result<Self, Defect> {
        check_type(&message)?;
        let state = claimed_state(&message)?;
        let pins = pins(&message.pins)?;
        let sealed = message.verify()?;
        let claims = Claims {
            local_namespace: non_empty(message.local_namespace),
            state,
            batch: message.batch,
            tx_id: message.tx_id,
            pins,
            confirmed: message.confirmed,
            reject_reason: non_empty(message.reject_reason),
            idempotency_key: non_empty(message.idempotency_key),
        };
        Ok(Self { message: sealed, claims })
    }
}

/// Checks that the message is of a known type.
///
/// # Errors
/// [`Defect::Type`].
pub fn check_type(message: &Message) -> Result<(), Defect> {
    MessageType::parse(message.header.message_type.as_str()).map(drop).map_err(Defect::Type)
}

/// The pins that a list of texts spells.
///
/// # Errors
/// [`Defect::Pin`] names the first that is none.
pub fn pins(texts: &[String]) -> Result<Vec<Pin>, Defect> {
    let pin = |(index, text): (usize, &String)| {
        Pin::parse(text).map_err(|problem| Defect::Pin { index, problem })
    };
    texts.iter().enumerate().map(pin).collect()
}

fn claimed_state(message: &Message) -> Result<MessageState, Defect> {
    match message.state.as_ref().filter(|state| !state.is_empty()) {
        None => Ok(MessageState::Pending),
        Some(state) => MessageState::parse(state.as_str()).map_err(Defect::State),
    }
}

/// The message itself, where it stands under `message` in an object without a `header`.
fn unwrapped(node: Node<'_>) -> Node<'_> {
    if node.kind() != Kind::Object {
        return node;
    }
    let mut wrapped = None;
    for (name, member) in node.members() {
        match &*name {
            "header" => return node,
            "message" if member.kind() == Kind::Object => wrapped = Some(member),
            _ => {}
        }
    }
    wrapped.unwrap_or(node)
}

fn non_empty(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}
