//! The log as a map and a vector: what every append must answer, and what must be stored.
//! It never forgets an append id, where the log forgets old ones that expected nothing and claimed nothing.

use lampyris_log::{Append, NewEvent, Refused, StreamName};
use std::collections::HashMap;
use std::ops::Range;

/// A log of which only the meaning is kept.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// The records behind the log's own first one, in order.
    pub records: Vec<Kept>,
    /// Sequences of the records of each stream of each namespace.
    streams: HashMap<(String, String, Vec<u8>), Vec<u64>>,
    /// Which record used a key, and its fingerprint.
    claims: HashMap<(String, String), (u64, [u8; 32])>,
    appends: HashMap<[u8; 16], (Append, Range<u64>)>,
}

/// A record of the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The append it belongs to.
    pub append: Append,
    /// The event.
    pub event: NewEvent,
    /// Which record of its stream it is.
    pub version: u64,
    /// Sequence of the stream's record before it.
    pub previous: Option<u64>,
}

impl Model {
    /// A new log: the next sequence is 1.
    pub fn new() -> Model {
        Model::default()
    }

    /// What the log must answer.
    ///
    /// # Errors
    /// The refusal, word for word.
    pub fn append(&mut self, append: &Append) -> Result<Range<u64>, Refused> {
        append.check()?;
        if let Some(answer) = self.known(append) {
            return answer;
        }
        for (stream, expected) in &append.expected {
            let actual = self.stream(append, stream).checked_sub(1);
            if !expected.holds(actual) {
                let (stream, expected) = (stream.clone(), *expected);
                return Err(Refused::Conflict { stream, expected, actual });
            }
        }
        for claim in &append.claims {
            let (namespace, key) = (claim.namespace.clone(), claim.key.clone());
            if let Some(&(holder, fingerprint)) = self.claims.get(&(namespace, key)) {
                let (namespace, key) = (claim.namespace.clone(), claim.key.clone());
                return Err(Refused::ClaimTaken { namespace, key, holder, fingerprint });
            }
        }
        Ok(self.keep(append))
    }

    /// What the log answers to an append whose id it holds.
    pub fn known(&self, append: &Append) -> Option<Result<Range<u64>, Refused>> {
        let (first, sequences) = self.appends.get(&append.id)?;
        // What it expected is not stored, so it cannot be compared.
        let mut again = append.clone();
        again.expected.clone_from(&first.expected);
        let holder = sequences.start;
        let same = again == *first;
        Some(if same { Ok(sequences.clone()) } else { Err(Refused::IdTaken { holder }) })
    }

    fn keep(&mut self, append: &Append) -> Range<u64> {
        let first = self.records.len() as u64 + 1;
        for (sequence, event) in (first..).zip(&append.events) {
            let stream = self.streams.entry(key(append, &event.stream)).or_default();
            let (version, previous) = (stream.len() as u64, stream.last().copied());
            stream.push(sequence);
            let (append, event) = (append.clone(), event.clone());
            self.records.push(Kept { append, event, version, previous });
        }
        for claim in &append.claims {
            let key = (claim.namespace.clone(), claim.key.clone());
            self.claims.insert(key, (first, claim.fingerprint));
        }
        let sequences = first..first + append.events.len() as u64;
        self.appends.insert(append.id, (append.clone(), sequences.clone()));
        sequences
    }

    /// Number of records of a stream.
    fn stream(&self, append: &Append, stream: &StreamName) -> u64 {
        self.streams.get(&key(append, stream)).map_or(0, |records| records.len() as u64)
    }
}

fn key(append: &Append, stream: &StreamName) -> (String, String, Vec<u8>) {
    (append.namespace.clone(), stream.kind.to_string(), stream.id.clone())
}
