//! What the append program appends: the lifecycle of messages, by a few threads, each with streams of its own.
//! An append follows from its thread and number alone, so that whoever finds it later knows what must be in it.

use crate::dice::Dice;
use lampyris_evidence::key::SigningKey;
use lampyris_log::{Append, Claim, Identity, NewEvent, Rules, StreamName};

pub(crate) const RULES: Rules = Rules { version: 1, hash: [7; 32] };
pub(crate) const LOG_ID: [u8; 16] = *b"the log's own id";
pub(crate) const NAMESPACE: &str = "ns1";
pub(crate) const KIND: &str = "message";

/// The key that signs the log's checkpoints.
pub(crate) fn signing_key() -> SigningKey {
    SigningKey::from_seed(Identity::default_origin(LOG_ID), [7; 32]).unwrap()
}

/// How many appends each thread has under way.
pub(crate) const DEPTHS: [usize; 4] = [1, 2, 4, 8];
/// Streams of a thread.
const STREAMS: u64 = 6;
const EVENTS: [&str; 4] = ["submitted", "dispatched", "received", "confirmed"];

/// Which append.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Which {
    pub(crate) thread: u64,
    pub(crate) number: u64,
}

impl Which {
    pub(crate) fn id(self) -> [u8; 16] {
        ((u128::from(self.thread) << 64) | u128::from(self.number)).to_be_bytes()
    }

    /// The append with this id; nothing if it is the log's own.
    pub(crate) fn of(id: [u8; 16]) -> Option<Which> {
        let id = u128::from_be_bytes(id);
        let (thread, number) =
            (u64::try_from(id >> 64).ok()?, u64::try_from(id & u128::from(u64::MAX)).ok()?);
        (thread < DEPTHS.len() as u64).then_some(Which { thread, number })
    }

    /// One event, or two of different streams, of a few hundred bytes or of `large` more; every fourth one uses a
    /// key up.
    pub(crate) fn append(self, large: usize) -> Append {
        let command = EVENTS[usize::try_from(self.number % 4).unwrap()];
        let mut append = Append::new(self.id(), NAMESPACE, command, "did:firefly:org/acme");
        for index in 0..if self.number % 5 == 4 { 2 } else { 1 } {
            append = append.event(self.event(index, command, large));
        }
        if self.number.is_multiple_of(4) {
            let key = format!("order-{}-{}", self.thread, self.number);
            let claim = Claim { namespace: NAMESPACE.into(), key, fingerprint: [3; 32] };
            append = append.claim(claim);
        }
        append
    }

    fn event(self, index: u64, name: &str, large: usize) -> NewEvent {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.thread.to_be_bytes());
        id[8..].copy_from_slice(&((self.number + index) % STREAMS).to_be_bytes());
        let mut dice = Dice::new(self.thread << 40 | self.number << 1 | index);
        let mut content = format!(
            r#"{{"header":{{"author":"did:firefly:org/acme","number":{},"topics":["orders"]}},"state":"{name}","data":"#,
            self.number
        )
        .into_bytes();
        let length = 24 + usize::try_from(dice.below(64)).unwrap() + large;
        content.extend(dice.bytes(length));
        NewEvent {
            stream: StreamName::new(KIND, id),
            name: name.to_owned().into(),
            version: 1,
            content,
        }
    }
}
