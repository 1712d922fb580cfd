//! The beginning of a message: what its first event says that a message is found by.
//!
//! It can be read without recomputing a hash ([`codec::skim`](super::codec::skim)): so it proves
//! nothing about the message, and never becomes one.

use std::borrow::Cow;

use crate::Pin;
use crate::event::Event;
use crate::header::stored;
use crate::id::MessageId;
use crate::kind::MessageState;
use crate::lifecycle::command::{GAP_FILL_TAG, GapFill};

/// What a first event says, as far as a message is found by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beginning<'a> {
    pub(super) id: MessageId,
    pub(super) state: MessageState,
    pub(super) idempotency_key: Option<&'a str>,
    pub(super) header_bytes: &'a [u8],
    /// `None` if it is evidence only.
    pub(super) pins: Option<Cow<'a, [Pin]>>,
}

/// An event as a message is found by it: the beginning alone, or the whole of a later one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Skimmed<'a> {
    /// A first event, its hashes unchecked.
    First(Beginning<'a>),
    /// A later event, as [`codec::decode`](super::codec::decode) reads it.
    Later(Event),
}

impl<'a> Beginning<'a> {
    /// What this event says if it is a first one; `None` for every later event.
    pub fn of(event: &'a Event) -> Option<Self> {
        let (state, idempotency_key, pins) = match event {
            Event::Staged(staged) => {
                let key = staged.idempotency.as_ref().map(|idempotency| idempotency.key.as_str());
                (MessageState::Staged, key, Some(Cow::default()))
            }
            Event::Received(received) => {
                (MessageState::Pending, None, Some(Cow::from(&received.pins)))
            }
            Event::Imported(imported) => (imported.claims.state, None, None),
            Event::Readied(_)
            | Event::Sealed(_)
            | Event::Sent(_)
            | Event::Sequenced(_)
            | Event::Confirmed(_)
            | Event::Rejected(_)
            | Event::Cancelled(_)
            | Event::Noted(_) => return None,
        };
        let message = event.message()?;
        let header_bytes = message.header_bytes();
        Some(Self { id: message.id(), state, idempotency_key, header_bytes, pins })
    }

    /// The message that the header names.
    pub const fn id(&self) -> MessageId {
        self.id
    }

    /// The state that the message begins in; of an imported one, the state that is claimed.
    pub const fn state(&self) -> MessageState {
        self.state
    }

    /// The idempotency key that it was submitted under here; a key that a source claims is none.
    pub const fn idempotency_key(&self) -> Option<&'a str> {
        self.idempotency_key
    }

    /// The gap-fill that the message is, with the state and the pins it begins with.
    ///
    /// `None` for every other message, and for an imported one: what another node claims takes no
    /// nonce here.
    pub fn gap_fill(&self) -> Option<GapFill> {
        let pins = self.pins.as_deref()?;
        if !mentions(self.header_bytes, GAP_FILL_TAG) {
            return None;
        }
        let header = stored::header(self.header_bytes)?;
        (header.tag.text == GAP_FILL_TAG).then(|| GapFill {
            id: self.id,
            cid: header.cid,
            tag: header.tag.text.into_owned(),
            author: header.author.text.into_owned(),
            group: header.group,
            pins: pins.to_vec(),
            state: self.state,
        })
    }
}

/// Whether the word stands anywhere in the bytes: cheaper to ask than to read the header.
fn mentions(bytes: &[u8], word: &str) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| text.contains(word))
}
