//! Reads one JSON value as a message of a FireFly node: decoded, verified, and what is claimed of it.
//!
//! Nothing is invented: a field that the source leaves away is absent from the claims, but for the
//! state, which is then `pending`.

use lampyris_message::event::Claims;
use lampyris_message::json::{Kind, Node};
use lampyris_message::{
    DecodeError, InvalidMessage, Message, MessageId, MessageState, MessageType, Pin, SealedMessage,
};

/// A message whose hashes are right, and what its source says of it.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) message: SealedMessage,
    pub(crate) claims: Claims,
}

/// Why a value is no message that can be taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unfit {
    /// The message's id, as far as it could be read.
    pub(crate) id: Option<MessageId>,
    /// Upstream's code, where it has one.
    pub(crate) code: Option<&'static str>,
    /// The kind of reason, for counting.
    pub(crate) kind: &'static str,
    /// The reason, with what was expected and what was found.
    pub(crate) reason: String,
}

impl Unfit {
    const NOT_JSON: &str = "not JSON";

    /// The bytes are no JSON.
    pub(crate) fn not_json(reason: &str) -> Self {
        unfit(None, Self::NOT_JSON, reason.to_owned())
    }

    /// The message does not fit into a record.
    pub(crate) fn too_large(id: MessageId, refused: &lampyris_log::Refused) -> Self {
        Self { id: Some(id), ..unfit(None, "too large", refused.to_string()) }
    }

    /// What the log tells of the message is not legal, so nothing can be added to it.
    pub(crate) fn bad_history(id: MessageId, why: String) -> Self {
        Self { id: Some(id), ..unfit(None, "illegal history", why) }
    }

    /// Whether the value is JSON at least.
    pub(crate) fn is_json(&self) -> bool {
        self.kind != Self::NOT_JSON
    }
}

/// Reads one JSON value as a message.
pub(crate) fn read(json: &[u8]) -> Result<Incoming, Unfit> {
    let node = Node::first(json).map_err(|error| undecodable(&error))?;
    let message = Message::from_json(unwrap(node).bytes()).map_err(|error| undecodable(&error))?;
    let id = message.header.id;
    let (state, pins) = claimed(&message).map_err(|unfit| Unfit { id, ..unfit })?;
    let sealed = message.verify().map_err(|error| Unfit { id, ..invalid(&error) })?;
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
    Ok(Incoming { message: sealed, claims })
}

/// The message itself, where it stands under `message` in an object without a `header`.
fn unwrap(node: Node<'_>) -> Node<'_> {
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

/// The claims that have a closed set of values: refused here, for upstream's decoder would not.
fn claimed(message: &Message) -> Result<(MessageState, Vec<Pin>), Unfit> {
    MessageType::parse(message.header.message_type.as_str()).map_err(|error| {
        unfit(Some(error.code()), "unknown type", format!("header.type: {error}"))
    })?;
    let state = match message.state.as_ref().filter(|state| !state.is_empty()) {
        None => MessageState::Pending,
        Some(state) => MessageState::parse(state.as_str()).map_err(|error| {
            unfit(Some(error.code()), "unknown state", format!("state: {error}"))
        })?,
    };
    let pins = message.pins.iter().enumerate().map(|(index, pin)| {
        Pin::parse(pin).map_err(|error| unfit(None, "bad pin", format!("pins[{index}]: {error}")))
    });
    Ok((state, pins.collect::<Result<_, _>>()?))
}

fn undecodable(error: &DecodeError) -> Unfit {
    let kind = match error {
        DecodeError::Syntax { .. } => Unfit::NOT_JSON,
        DecodeError::Type { .. } => "wrong type",
        DecodeError::Uuid { .. } | DecodeError::Hash { .. } | DecodeError::Scalar(_) | _ => {
            "bad value"
        }
    };
    unfit(error.code(), kind, error.to_string())
}

fn invalid(error: &InvalidMessage) -> Unfit {
    let (kind, reason) = match error {
        InvalidMessage::HashMismatch(hashes) => ("hashes do not match", mismatch(hashes)),
        InvalidMessage::NoHashes => ("no hashes", error.to_string()),
        InvalidMessage::Field(_)
        | InvalidMessage::Missing { .. }
        | InvalidMessage::CreatedRange { .. }
        | InvalidMessage::TxType { .. }
        | InvalidMessage::DataIncomplete { .. }
        | InvalidMessage::DataRepeated { .. }
        | _ => ("invalid field", error.to_string()),
    };
    unfit(Some(error.code()), kind, reason)
}

fn mismatch(hashes: &lampyris_message::validate::HashMismatch) -> String {
    let mut wrong = Vec::new();
    if hashes.hash != hashes.expected {
        wrong.push(format!(
            "hash: expected {} (of the header as FireFly writes it), found {}",
            hashes.expected, hashes.hash
        ));
    }
    if hashes.data_hash != hashes.data_expected {
        wrong.push(format!(
            "header.datahash: expected {} (of the data references as FireFly writes them), found {}",
            hashes.data_expected, hashes.data_hash
        ));
    }
    format!("FF00132: {}", wrong.join("; "))
}

fn unfit(code: Option<&'static str>, kind: &'static str, reason: String) -> Unfit {
    Unfit { id: None, code, kind, reason }
}

fn non_empty(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}
