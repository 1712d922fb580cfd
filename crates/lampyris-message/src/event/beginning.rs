//! The beginning of a message: what its first event says of it.
//!
//! It can be read without recomputing a hash ([`codec::skim`](super::codec::skim)): so it proves
//! nothing about the message, and never becomes one.

use std::borrow::Cow;

use crate::event::Event;
use crate::hash::MessageHash;
use crate::header::Header;
use crate::id::{BatchId, MessageId, TransactionId};
use crate::kind::MessageState;
use crate::lifecycle::command::{GAP_FILL_TAG, GapFill};
use crate::sealed::SealedRef;
use crate::{Pin, Timestamp};

/// What a first event says of its message, its hashes unchecked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beginning<'a> {
    /// The header, as it was hashed.
    pub header: Cow<'a, Header>,
    /// The message that the header names.
    pub id: MessageId,
    /// The hash that is recorded of the header.
    pub hash: MessageHash,
    /// The data it refers to; `None` if the sender left the list away, which hashes differently.
    pub data: Option<Cow<'a, [SealedRef]>>,
    /// The name that this node, or the source, knows the message's namespace by.
    pub local_namespace: Option<&'a str>,
    /// The state that the message begins in; of an imported one, the state that is claimed.
    pub state: MessageState,
    /// The idempotency key that it was submitted under here; a key that a source claims is none.
    pub idempotency_key: Option<&'a str>,
    /// The batch that it came in, or is claimed to be in.
    pub batch: Option<BatchId>,
    /// The transaction that it was born with, came with, or is claimed to have.
    pub tx_id: Option<TransactionId>,
    /// The pins that it came with, or is claimed to have.
    pub pins: Cow<'a, [Pin]>,
    /// What only a source claims, if the message is evidence.
    pub claimed: Option<Claimed<'a>>,
}

/// What the source of an imported message claims of it, and no event of this log says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed<'a> {
    /// When it became final.
    pub confirmed: Option<Timestamp>,
    /// Why it was rejected.
    pub reject_reason: Option<&'a str>,
    /// The idempotency key.
    pub idempotency_key: Option<&'a str>,
}

/// An event as views take it in: the beginning of a message, or the whole of a later event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Skimmed<'a> {
    /// A first event, its hashes unchecked.
    First(Box<Beginning<'a>>),
    /// A later event, as [`codec::decode`](super::codec::decode) reads it.
    Later(Event),
}

impl<'a> Beginning<'a> {
    /// What this event says if it is a first one; `None` for every later event.
    pub fn of(event: &'a Event) -> Option<Self> {
        let message = event.message()?;
        let mut beginning = Self {
            header: Cow::Borrowed(message.header()),
            id: message.id(),
            hash: message.hash(),
            data: message.data_list().map(Cow::Borrowed),
            local_namespace: None,
            state: MessageState::Staged,
            idempotency_key: None,
            batch: None,
            tx_id: None,
            pins: Cow::default(),
            claimed: None,
        };
        match event {
            Event::Staged(staged) => {
                beginning.local_namespace = Some(&staged.local_namespace);
                let idempotency = staged.idempotency.as_ref();
                beginning.idempotency_key = idempotency.map(|idempotency| idempotency.key.as_str());
                beginning.tx_id = staged.tx_id;
            }
            Event::Received(received) => {
                beginning.local_namespace = Some(&received.local_namespace);
                beginning.state = MessageState::Pending;
                (beginning.batch, beginning.tx_id) = (Some(received.batch), Some(received.tx_id));
                beginning.pins = Cow::from(&received.pins);
            }
            Event::Imported(imported) => {
                let claims = &imported.claims;
                beginning.local_namespace = claims.local_namespace.as_deref();
                beginning.state = claims.state;
                (beginning.batch, beginning.tx_id) = (claims.batch, claims.tx_id);
                beginning.pins = Cow::from(&claims.pins);
                beginning.claimed = Some(Claimed {
                    confirmed: claims.confirmed,
                    reject_reason: claims.reject_reason.as_deref(),
                    idempotency_key: claims.idempotency_key.as_deref(),
                });
            }
            Event::Readied(_)
            | Event::Sealed(_)
            | Event::Sent(_)
            | Event::Sequenced(_)
            | Event::Confirmed(_)
            | Event::Rejected(_)
            | Event::Cancelled(_)
            | Event::Noted(_) => return None,
        }
        Some(beginning)
    }

    /// The gap-fill that the message is, with the state and the pins it begins with.
    ///
    /// `None` for every other message, and for an imported one: what another node claims takes no
    /// nonce here.
    pub fn gap_fill(&self) -> Option<GapFill> {
        if self.claimed.is_some() || self.header.tag != GAP_FILL_TAG {
            return None;
        }
        Some(GapFill {
            id: self.id,
            cid: self.header.cid,
            tag: self.header.tag.clone(),
            author: self.header.author.clone(),
            group: self.header.group,
            pins: self.pins.to_vec(),
            state: self.state,
        })
    }
}
