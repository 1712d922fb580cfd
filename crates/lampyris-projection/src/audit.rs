//! The audit of a log: every record judged, in order, by the rules in force where it stands.
//!
//! The log itself verifies bytes, chain and order; this says whether what the records tell is legal.

use lampyris_log::{LOG_KIND, OwnEvent, RecordRef, StreamOrdinal, VerifiedRecord};
use lampyris_message::judge::{self, Judge};
use lampyris_message::lifecycle::State;
use lampyris_message::{MessageId, MessageState};

use crate::record::{message_id, stored};

/// Judges the records of a log as they are verified; stops at the first fault.
#[derive(Debug, Default)]
pub struct Audit {
    judge: Judge,
    /// The judge's number of each stream, by the log's number; none for the log's own stream.
    numbers: Vec<Option<u32>>,
    fault: Option<Fault>,
}

/// A record that may not stand where it does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// An event of a message.
    #[error("sequence {sequence}, message {message}: {fault}")]
    Message {
        /// The record.
        sequence: u64,
        /// The message.
        message: MessageId,
        /// What is wrong.
        fault: judge::Fault,
    },
    /// A record of the log's own stream names rules that this program does not have.
    #[error("sequence {sequence}: {fault}")]
    Rules {
        /// The record.
        sequence: u64,
        /// What is wrong.
        fault: judge::Fault,
    },
    /// A stream of a kind that this program does not know.
    #[error("sequence {sequence}: streams of kind '{kind}' are not known to this program")]
    Kind {
        /// The record.
        sequence: u64,
        /// The kind.
        kind: String,
    },
}

impl Audit {
    /// An audit that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Judges the next record of the log; after a first fault, nothing more is judged.
    pub fn take(&mut self, verified: &VerifiedRecord<'_>) {
        if self.fault.is_none() {
            self.fault = self.judge(verified).err();
        }
    }

    /// The first fault, if there is one.
    pub const fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    /// How many events of messages were judged.
    pub const fn events(&self) -> u64 {
        self.judge.events()
    }

    /// How many messages they belong to.
    pub fn messages(&self) -> usize {
        self.judge.messages()
    }

    /// How many messages are in each state.
    pub fn counts(&self) -> impl Iterator<Item = (MessageState, u64)> {
        self.judge.counts()
    }

    /// The state of the message whose stream the log gives this number.
    pub fn state(&self, stream: StreamOrdinal) -> Option<&State> {
        let number = self.numbers.get(stream.0 as usize).copied().flatten()?;
        self.judge.state(number as usize)
    }

    fn judge(&mut self, verified: &VerifiedRecord<'_>) -> Result<(), Fault> {
        let record = &verified.record;
        let sequence = record.sequence;
        let Some(message) = message_id(record) else {
            self.number(verified.stream, false);
            return own_record(record);
        };
        let number = self.number(verified.stream, true);
        let judged = self.judge.step(number, message, stored(record));
        judged.map_err(|fault| Fault::Message { sequence, message, fault })
    }

    /// The judge's number of a stream; streams come densely, in the order of their first records.
    fn number(&mut self, stream: StreamOrdinal, is_message: bool) -> usize {
        let index = stream.0 as usize;
        if index >= self.numbers.len() {
            let next = u32::try_from(self.judge.messages()).ok().filter(|_| is_message);
            self.numbers.resize(index + 1, next);
        }
        self.numbers.get(index).copied().flatten().map_or(usize::MAX, |number| number as usize)
    }
}

/// Judges a record that is no message's: the rules it names must be known here.
fn own_record(record: &RecordRef<'_>) -> Result<(), Fault> {
    let sequence = record.sequence;
    let unknown = || Fault::Kind { sequence, kind: record.kind.to_owned() };
    if record.kind != LOG_KIND {
        return Err(unknown());
    }
    let rules = match OwnEvent::read(record) {
        Ok(OwnEvent::Opened(identity)) => identity.rules,
        Ok(OwnEvent::Rules(rules)) => rules,
        Err(_) => return Err(unknown()),
    };
    judge::know_rules(rules.version, &rules.hash).map_err(|fault| Fault::Rules { sequence, fault })
}
