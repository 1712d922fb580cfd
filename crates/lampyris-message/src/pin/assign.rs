//! Assigning pins to the messages of one batch, from nonces that are given and handed back.
//! A message that has pins keeps them: a nonce is never spent twice on one message.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use super::spent::{self, Spent};
use super::{Pin, context};
use crate::hash::{Bytes32, GroupHash, NonceKey, PinHash};
use crate::header::Header;
use crate::id::MessageId;
use crate::limits;
use crate::message::Message;
use crate::scalar::ScalarError;

/// What of a message its pins depend on.
#[derive(Debug, Clone, Copy)]
pub struct PinRequest<'a> {
    /// Names the message.
    pub id: MessageId,
    /// The DID of the sender.
    pub author: &'a str,
    /// The group, which makes the message private whatever its type is.
    pub group: Option<GroupHash>,
    /// The topics, in the order of the header.
    pub topics: &'a [String],
    /// The pins the message has already; of a broadcast message they are not looked at.
    pub pins: &'a [String],
}

impl<'a> PinRequest<'a> {
    /// The request of a message; `None` if it has no id.
    pub fn of(message: &'a Message) -> Option<Self> {
        let Header { id, author, group, topics, .. } = &message.header;
        Some(Self { id: (*id)?, author, group: *group, topics, pins: &message.pins })
    }
}

/// The rows of the table of nonces: the last nonce used, by nonce key, or by private context for
/// rows of v0.14.1 and earlier.
pub type StoredNonces = BTreeMap<Bytes32, u64>;

/// The pins of a batch, and what must be stored together with them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assigned {
    /// What goes on the ledger: messages in the order of the batch, topics in that of the header.
    pub batch_pins: Vec<PinHash>,
    /// The new pins of each message; `None` if it is not private, or had pins before.
    pub message_pins: Vec<Option<Vec<Pin>>>,
    /// The nonce last used of each key that one was spent of: the rows to be written.
    pub nonces: BTreeMap<NonceKey, u64>,
}

/// The rows that [`assign`] will ask for: of each topic to be pinned the nonce key and the context.
///
/// A program looks these up; it may give all of the table as well.
pub fn rows_needed(requests: &[PinRequest<'_>]) -> BTreeSet<Bytes32> {
    let to_pin = requests.iter().filter(|request| request.pins.is_empty());
    let private = to_pin.filter_map(|request| Some((request, request.group?)));
    let topics = private.flat_map(|(r, group)| r.topics.iter().map(move |topic| (r, group, topic)));
    topics
        .flat_map(|(request, group, topic)| {
            let key = context::nonce_key(topic, &group, request.author);
            [key.0, context::private(topic, &group).0]
        })
        .collect()
}

/// Assigns pins to the messages of one batch, in its order.
///
/// The first nonce of a key is 0, each other is one more than that of its row. If there is no row
/// by the key, one by the private context counts, which v0.14.1 and earlier wrote.
///
/// # Errors
/// If a pin that a message has is none, a message stands in the batch twice, or nonces run out.
/// Nothing is spent then.
pub fn assign(requests: &[PinRequest<'_>], stored: &StoredNonces) -> Result<Assigned, AssignError> {
    let mut assigned = Assigned::default();
    let mut spent = Spent::default();
    let mut seen = BTreeSet::new();
    for (index, request) in requests.iter().enumerate() {
        if !seen.insert(request.id) {
            return Err(AssignError::RepeatedMessage { index, id: request.id });
        }
        let message_pins = match request.group {
            None => {
                let contexts = request.topics.iter().map(|topic| context::broadcast(topic));
                assigned.batch_pins.extend(contexts.map(|context| PinHash(context.0)));
                None
            }
            Some(_) if !request.pins.is_empty() => {
                for (pin, text) in request.pins.iter().enumerate() {
                    let hash = Pin::parse_hash(text);
                    let hash = hash.map_err(|why| AssignError::Pin { index, pin, why })?;
                    assigned.batch_pins.push(hash);
                }
                None
            }
            Some(group) => {
                let pins = new_pins(index, request, &group, stored, &mut spent)?;
                assigned.batch_pins.extend(pins.iter().map(|pin| pin.hash));
                Some(pins)
            }
        };
        assigned.message_pins.push(message_pins);
    }
    assigned.nonces = spent::rows(spent);
    Ok(assigned)
}

/// Spends a nonce on each topic of the message at `index`.
fn new_pins(
    index: usize,
    request: &PinRequest<'_>,
    group: &GroupHash,
    stored: &StoredNonces,
    spent: &mut Spent,
) -> Result<Vec<Pin>, AssignError> {
    let one = |topic: &String| {
        let key = context::nonce_key(topic, group, request.author);
        let slot = spent.entry(key);
        let last = match &slot {
            Entry::Occupied(spent) => Some(*spent.get()),
            Entry::Vacant(_) if stored.is_empty() => None,
            Entry::Vacant(_) => {
                let old = || stored.get(&context::private(topic, group).0);
                stored.get(&key.0).or_else(old).copied()
            }
        };
        let next = last.map_or(Some(0), |last| last.checked_add(1));
        let nonce = next
            .filter(|nonce| *nonce <= limits::NONCE_MAX)
            .ok_or(AssignError::NoncesRunOut { index, key })?;
        slot.insert_entry(nonce);
        let hash = context::private_pin(topic, group, request.author, nonce);
        Ok(Pin { hash, nonce: Some(nonce) })
    };
    request.topics.iter().map(one).collect()
}

/// Why no pins were assigned.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AssignError {
    /// A pin that a private message has already is none.
    #[error("{why}")]
    Pin {
        /// The message's place in the batch.
        index: usize,
        /// The pin's place in the message.
        pin: usize,
        /// What is wrong with it.
        #[source]
        why: ScalarError,
    },
    /// A message stands in the batch twice, so its nonces would be spent twice.
    #[error("message {index} of the batch, {id}, stands in it before")]
    RepeatedMessage {
        /// Where it stands again.
        index: usize,
        /// The message.
        id: MessageId,
    },
    /// The last nonce of a key is the highest there is; upstream's arithmetic would wrap around.
    #[error("nonces of key {key} run out at message {index} of the batch")]
    NoncesRunOut {
        /// The message's place in the batch.
        index: usize,
        /// What the nonce is kept by.
        key: NonceKey,
    },
}

impl AssignError {
    /// Upstream's code, if it has one for this error.
    pub const fn code(&self) -> Option<&'static str> {
        match self {
            Self::Pin { why, .. } => Some(why.code()),
            Self::RepeatedMessage { .. } | Self::NoncesRunOut { .. } => None,
        }
    }
}
