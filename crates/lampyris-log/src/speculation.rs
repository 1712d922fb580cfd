//! Where streams and claims will stand once what is queued is durable.
//! An entry lives until the index of durable records has it too.

use crate::claims_index::ClaimKey;
use crate::index::Tail;
use std::collections::{HashMap, VecDeque};

/// What is durable, as the sequencer asks for it.
pub(crate) trait Known {
    /// Where a stream ends.
    fn tail(&self, namespace: &str, kind: &str, id: &[u8]) -> Option<Tail>;
    /// Which record used a key.
    fn holder(&self, claim: ClaimKey) -> Option<u64>;
}

/// Ends of streams and used keys that are not durable yet.
#[derive(Debug, Default)]
pub(crate) struct Speculation {
    tails: HashMap<u128, Tail>,
    claims: HashMap<ClaimKey, u64>,
    /// What to forget once the record at a sequence is durable, in order.
    order: VecDeque<(u64, Mark)>,
}

#[derive(Debug, Clone, Copy)]
enum Mark {
    Stream(u128),
    Claim(ClaimKey),
}

impl Speculation {
    pub(crate) fn tail(&self, stream: u128) -> Option<Tail> {
        self.tails.get(&stream).copied()
    }

    pub(crate) fn holder(&self, claim: ClaimKey) -> Option<u64> {
        self.claims.get(&claim).copied()
    }

    /// Moves a stream's end and returns what was there.
    pub(crate) fn set_tail(&mut self, stream: u128, tail: Tail) -> Option<Tail> {
        self.order.push_back((tail.last, Mark::Stream(stream)));
        self.tails.insert(stream, tail)
    }

    pub(crate) fn claim(&mut self, claim: ClaimKey, sequence: u64) {
        self.order.push_back((sequence, Mark::Claim(claim)));
        self.claims.insert(claim, sequence);
    }

    /// Takes a moved end back; the moves after it were taken back before.
    pub(crate) fn undo_tail(&mut self, stream: u128, before: Option<Tail>) {
        self.order.pop_back();
        match before {
            Some(tail) => self.tails.insert(stream, tail),
            None => self.tails.remove(&stream),
        };
    }

    /// Forgets what is durable in a log of `size` records.
    pub(crate) fn forget(&mut self, size: u64) {
        while let Some((sequence, mark)) = self.order.front().copied()
            && sequence < size
        {
            self.order.pop_front();
            match mark {
                Mark::Stream(stream) => {
                    if self.tails.get(&stream).is_some_and(|tail| tail.last == sequence) {
                        self.tails.remove(&stream);
                    }
                }
                Mark::Claim(claim) => {
                    self.claims.remove(&claim);
                }
            }
        }
    }
}
