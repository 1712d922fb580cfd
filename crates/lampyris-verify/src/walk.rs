//! The walk over the records that a bundle shows, in the order of the log.
//! That they are in the log is proven before; this says whether they may stand where they do.

use std::collections::BTreeMap;

use lampyris_evidence::identity::{Identity, LOG_KIND, OwnEvent, Recovered};
use lampyris_evidence::merkle::{Frontier, Hash, Head};
use lampyris_evidence::record::RecordRef;
use lampyris_message::event::DataState;
use lampyris_message::judge::{self, Judge};
use lampyris_message::{DataId, MessageId};

use crate::refused::{Fault, Rule};
use crate::stream::{data_id, message_id, stored};
use crate::verdict::{Element, History, Step};

/// What was walked over.
pub(crate) struct Walk<'a> {
    origin: &'a str,
    /// The trees that are shown to be the log's, the checkpoint's first.
    trees: &'a [Head],
    /// The tree of the records so far, as long as all of them are shown.
    whole: Frontier,
    identity: Option<Identity>,
    before: Option<RecordRef<'a>>,
    streams: BTreeMap<(&'a str, &'a str, &'a [u8]), Stream>,
    judge: Judge,
    messages: Vec<(&'a str, MessageId, Vec<Step>)>,
    elements: Vec<(&'a str, DataId, DataState, Vec<Step>)>,
}

/// A stream that was shown so far.
struct Stream {
    version: u64,
    sequence: u64,
    /// Its place among the messages or the elements.
    number: usize,
}

/// What a whole walk has shown.
pub(crate) struct Walked {
    pub(crate) log_id: [u8; 16],
    pub(crate) recovered: Vec<Recovered>,
    pub(crate) messages: Vec<History>,
    pub(crate) elements: Vec<Element>,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(origin: &'a str, trees: &'a [Head]) -> Walk<'a> {
        Walk {
            origin,
            trees,
            whole: Frontier::new(),
            identity: None,
            before: None,
            streams: BTreeMap::new(),
            judge: Judge::new(),
            messages: Vec::new(),
            elements: Vec::new(),
        }
    }

    /// Takes in the next record that is shown.
    pub(crate) fn take(&mut self, index: u64, leaf: &'a [u8]) -> Result<(), Rule> {
        if index > 0 && self.identity.is_none() {
            return Err(Rule::NotShown);
        }
        let record = RecordRef::decode(leaf)?;
        if record.sequence != index {
            return Err(Rule::Sequence { found: record.sequence });
        }
        self.follows(&record)?;
        self.identify(&record)?;
        let number = self.link(&record)?;
        self.judge(&record, number)?;
        if self.whole.size() == index {
            self.whole.push(Hash::leaf(leaf));
        }
        self.before = Some(record);
        Ok(())
    }

    /// What was shown, once all of it was.
    ///
    /// # Errors
    /// [`Fault`] if the log names itself otherwise than the checkpoint does, at the record that it last took a name in.
    pub(crate) fn end(self) -> Result<Walked, Fault> {
        let identity = self.identity.ok_or(Fault { index: 0, rule: Rule::NotShown })?;
        if identity.origin != self.origin {
            let index = identity.recoveries.last().map_or(0, |recovered| recovered.head.size);
            let expected = self.origin.to_owned();
            return Err(Fault { index, rule: Rule::Origin { expected, found: identity.origin } });
        }
        let judge = self.judge;
        let messages = self.messages.into_iter().enumerate().filter_map(|(number, message)| {
            let (namespace, id, steps) = message;
            let state = judge.state(number)?.message_state()?;
            Some(History { namespace: namespace.to_owned(), id, state, steps })
        });
        let elements = self.elements.into_iter().map(|(namespace, id, _, steps)| Element {
            namespace: namespace.to_owned(),
            id,
            steps,
        });
        Ok(Walked {
            log_id: identity.log_id,
            recovered: identity.recoveries,
            messages: messages.collect(),
            elements: elements.collect(),
        })
    }

    /// Time does not run back, and appends do not overlap.
    fn follows(&self, record: &RecordRef<'_>) -> Result<(), Rule> {
        let start = record.sequence.checked_sub(record.append_index.into());
        let Some(last) = &self.before else {
            let fits = start.is_some();
            return if fits { Ok(()) } else { Err(Rule::Append { before: record.sequence }) };
        };
        let before = last.sequence;
        if record.time < last.time {
            return Err(Rule::Time { before });
        }
        let last_start = before.saturating_sub(last.append_index.into());
        let fits = if record.append_id == last.append_id {
            start == Some(last_start) && record.append_count == last.append_count
        } else {
            start.is_some_and(|start| start >= last_start + u64::from(last.append_count))
        };
        if fits { Ok(()) } else { Err(Rule::Append { before }) }
    }

    /// What the log says of itself: its name, rules that are known here, and what it was recovered from.
    fn identify(&mut self, record: &RecordRef<'_>) -> Result<(), Rule> {
        let event = match Identity::observe(&mut self.identity, record)? {
            Some(event) => event,
            None if record.kind == LOG_KIND => OwnEvent::read(record)?,
            None => return Ok(()),
        };
        let rules = match event {
            OwnEvent::Opened(opened) => opened.rules,
            OwnEvent::Rules(rules) => rules,
            OwnEvent::Recovered(recovered) => return self.recovered(&recovered),
        };
        Ok(judge::know_rules(rules.version, &rules.hash)?)
    }

    /// What was recovered is the log's own tree, of the size at which the record stands.
    fn recovered(&self, recovered: &Recovered) -> Result<(), Rule> {
        let size = recovered.head.size;
        let whole = Some(&self.whole).filter(|whole| whole.size() == size).map(Frontier::head);
        let shown = self.trees.iter().find(|tree| tree.size == size).copied();
        let before = whole.or(shown).ok_or(Rule::TreeNotShown { size })?;
        Ok(recovered.check_tree(before)?)
    }

    /// The number of the record's stream among its kind, if the record is the stream's next.
    fn link(&mut self, record: &RecordRef<'a>) -> Result<usize, Rule> {
        let (messages, elements) = (self.messages.len(), self.elements.len());
        let number = if data_id(record).is_some() { elements } else { messages };
        let name = (record.namespace, record.kind, record.id);
        let known = self.streams.get(&name);
        let (expected, previous) =
            known.map_or((0, None), |stream| (stream.version + 1, Some(stream.sequence)));
        let number = known.map_or(number, |stream| stream.number);
        if record.version != expected {
            return Err(Rule::Version { expected, found: record.version });
        }
        if record.previous != previous {
            return Err(Rule::Previous { expected: previous, found: record.previous });
        }
        let (version, sequence) = (record.version, record.sequence);
        self.streams.insert(name, Stream { version, sequence, number });
        Ok(number)
    }

    /// Judges the event of the message or the element with this number.
    fn judge(&mut self, record: &RecordRef<'a>, number: usize) -> Result<(), Rule> {
        let namespace = record.namespace;
        if let Some(id) = message_id(record) {
            self.judge.step(number, id, stored(record))?;
            if number == self.messages.len() {
                self.messages.push((namespace, id, Vec::new()));
            }
            if let Some((_, _, steps)) = self.messages.get_mut(number) {
                steps.push(step(record));
            }
        } else if let Some(id) = data_id(record) {
            if number == self.elements.len() {
                self.elements.push((namespace, id, DataState::Absent, Vec::new()));
            }
            if let Some((_, _, state, steps)) = self.elements.get_mut(number) {
                *state = judge::data_step(*state, stored(record))?;
                steps.push(step(record));
            }
        } else if record.kind != LOG_KIND {
            return Err(Rule::Kind { kind: record.kind.to_owned() });
        }
        Ok(())
    }
}

fn step(record: &RecordRef<'_>) -> Step {
    Step {
        sequence: record.sequence,
        time: record.time,
        version: record.version,
        command: record.command.to_owned(),
        actor: record.actor.to_owned(),
        event: record.event.to_owned(),
    }
}
