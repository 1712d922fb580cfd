//! The audit of a log: every record judged, in order, by the rules in force where it stands.
//!
//! The log itself verifies bytes, chain and order; this says whether what the records tell is legal.

use lampyris_log::{LOG_KIND, OwnEvent, RecordRef, StreamOrdinal, VerifiedRecord};
use lampyris_message::event::codec::EventError;
use lampyris_message::event::{DataEvent, DataState, Event};
use lampyris_message::judge::{self, Judge};
use lampyris_message::lifecycle::State;
use lampyris_message::{DataId, MessageId, MessageState};

use crate::record::{data_id, message_id, stored};

/// Judges the records of a log as they are verified; stops at the first fault.
#[derive(Debug, Default)]
pub struct Audit {
    judge: Judge,
    /// What each stream is, by the log's number.
    streams: Vec<Stream>,
    elements: u64,
    fault: Option<Fault>,
}

/// What a stream is, and what is remembered of it.
#[derive(Debug, Clone, Copy, Default)]
enum Stream {
    /// The log's own.
    #[default]
    Own,
    /// A message's: the judge's number of it.
    Message(u32),
    /// A data element's: where it stands.
    Data(DataState),
}

/// What a record says by itself: its event, read, and the hashes of its message recomputed.
#[derive(Debug)]
pub struct ReadRecord(Said);

#[derive(Debug)]
enum Said {
    Message(MessageId, Result<Event, EventError>),
    Data(DataId, Result<DataEvent, EventError>),
    /// Nothing that costs anything to read.
    Other,
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
    /// An event of a data element.
    #[error("sequence {sequence}, data element {data}: {fault}")]
    Data {
        /// The record.
        sequence: u64,
        /// The element.
        data: DataId,
        /// What is wrong.
        fault: Box<judge::Fault>,
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
            self.take_read(verified, Audit::read(&verified.record));
        }
    }

    /// Reads a record, which is most of the work and needs no other record: any thread can do it.
    pub fn read(record: &RecordRef<'_>) -> ReadRecord {
        ReadRecord(if let Some(message) = message_id(record) {
            Said::Message(message, stored(record).read())
        } else if let Some(data) = data_id(record) {
            Said::Data(data, stored(record).read_data())
        } else {
            Said::Other
        })
    }

    /// Judges the next record of the log, as [`take`](Self::take), by what [`read`](Self::read) said of it.
    pub fn take_read(&mut self, verified: &VerifiedRecord<'_>, read: ReadRecord) {
        if self.fault.is_none() {
            self.fault = self.judge(verified, read).err();
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

    /// How many data elements were added; their events are not among [`events`](Self::events).
    pub const fn elements(&self) -> u64 {
        self.elements
    }

    /// How many messages are in each state.
    pub fn counts(&self) -> impl Iterator<Item = (MessageState, u64)> {
        self.judge.counts()
    }

    /// The state of the message whose stream the log gives this number.
    pub fn state(&self, stream: StreamOrdinal) -> Option<&State> {
        match self.streams.get(stream.0 as usize)? {
            Stream::Message(number) => self.judge.state(*number as usize),
            Stream::Own | Stream::Data(_) => None,
        }
    }

    fn judge(&mut self, verified: &VerifiedRecord<'_>, read: ReadRecord) -> Result<(), Fault> {
        let (record, stream) = (&verified.record, verified.stream.0 as usize);
        let sequence = record.sequence;
        match read.0 {
            Said::Message(message, event) => {
                let number = self.number(stream);
                let judged = self.judge.step_read(number, message, event);
                judged.map_err(|fault| Fault::Message { sequence, message, fault })
            }
            Said::Data(data, event) => {
                let before = match self.streams.get(stream) {
                    Some(Stream::Data(state)) => *state,
                    Some(Stream::Own | Stream::Message(_)) | None => DataState::Absent,
                };
                let after = judge::data_step_read(before, event).map_err(|fault| {
                    let fault = Box::new(fault);
                    Fault::Data { sequence, data, fault }
                })?;
                self.elements += u64::from(before == DataState::Absent);
                self.set(stream, Stream::Data(after));
                Ok(())
            }
            Said::Other => {
                self.set(stream, Stream::Own);
                own_record(record)
            }
        }
    }

    /// The judge's number of a message's stream, which is the next one if the stream is new.
    fn number(&mut self, stream: usize) -> usize {
        if stream >= self.streams.len()
            && let Ok(next) = u32::try_from(self.judge.messages())
        {
            self.set(stream, Stream::Message(next));
        }
        match self.streams.get(stream) {
            Some(Stream::Message(number)) => *number as usize,
            Some(Stream::Own | Stream::Data(_)) | None => usize::MAX,
        }
    }

    /// Remembers what a stream is; they come densely, in the order of their first records.
    fn set(&mut self, stream: usize, what: Stream) {
        if stream >= self.streams.len() {
            self.streams.resize(stream + 1, Stream::Own);
        }
        if let Some(slot) = self.streams.get_mut(stream) {
            *slot = what;
        }
    }
}

/// Judges a record that is no message's and no data element's: the rules it names must be known here.
fn own_record(record: &RecordRef<'_>) -> Result<(), Fault> {
    let sequence = record.sequence;
    let unknown = || Fault::Kind { sequence, kind: record.kind.to_owned() };
    if record.kind != LOG_KIND {
        return Err(unknown());
    }
    let rules = match OwnEvent::read(record) {
        Ok(OwnEvent::Opened(identity)) => identity.rules,
        Ok(OwnEvent::Rules(rules)) => rules,
        // Whether it stands where it may was verified, with the tree before it.
        Ok(OwnEvent::Recovered(_)) => return Ok(()),
        Err(_) => return Err(unknown()),
    };
    judge::know_rules(rules.version, &rules.hash).map_err(|fault| Fault::Rules { sequence, fault })
}
