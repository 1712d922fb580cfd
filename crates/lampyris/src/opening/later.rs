//! Records behind a snapshot, each judged as it would be if the whole log were read.
//!
//! It names no fault: who finds one reads the whole log, and that says which record it is.

use std::collections::{BTreeSet, HashMap};

use lampyris_log::snapshot::{Snapshot, Unfit};
use lampyris_log::{Log, VerifiedRecord};
use lampyris_message::event::{DataState, Event};
use lampyris_message::judge::{Stored, data_step};
use lampyris_message::{DataId, MessageId};
use lampyris_projection::Audit;
use lampyris_projection::record::{self, DATA};

use crate::error::EngineOpenError;
use crate::known::Known;
use crate::open_messages::StoredMessages;

/// What is known of messages that were open or began since.
#[derive(Default)]
pub(super) struct Later {
    /// In the engine's namespace.
    here: HashMap<MessageId, Known>,
    /// In others, of messages that began since.
    elsewhere: HashMap<(Box<str>, MessageId), Known>,
    /// Messages whose whole history is judged at the end.
    messages: BTreeSet<(Box<str>, MessageId)>,
    /// Data elements of which the same is true.
    elements: BTreeSet<(Box<str>, DataId)>,
}

impl Later {
    pub(super) fn read(from: &Snapshot, namespace: &str) -> Result<Self, Unfit> {
        let StoredMessages { known, named } = StoredMessages::read(from, namespace)?;
        let messages = named.into_iter().map(|id| (Box::from(namespace), id)).collect();
        Ok(Self { here: known, messages, ..Self::default() })
    }

    /// Takes in the next record.
    pub(super) fn take(
        &mut self,
        verified: &VerifiedRecord<'_>,
        namespace: &str,
    ) -> Result<(), String> {
        let record = &verified.record;
        if let Some(id) = record::message_id(record) {
            return self.message(id, verified, namespace);
        }
        if let Some(id) = record::data_id(record) {
            if record.version > 0 {
                self.elements.insert((record.namespace.into(), id));
                return Ok(());
            }
            let stepped = data_step(DataState::Absent, record::stored(record));
            return stepped.map(drop).map_err(|fault| fault.to_string());
        }
        let mut audit = Audit::new();
        audit.take(verified);
        audit.fault().map_or(Ok(()), |fault| Err(fault.to_string()))
    }

    fn message(
        &mut self,
        id: MessageId,
        verified: &VerifiedRecord<'_>,
        namespace: &str,
    ) -> Result<(), String> {
        let record = &verified.record;
        let name = || (Box::<str>::from(record.namespace), id);
        let is_here = record.namespace == namespace;
        let known = match (record.version, is_here) {
            (0, true) => Some(self.here.entry(id).or_insert_with(Known::absent)),
            (0, false) => Some(self.elsewhere.entry(name()).or_insert_with(Known::absent)),
            (_, true) => self.here.get_mut(&id),
            (_, false) => self.elsewhere.get_mut(&name()),
        };
        let Some(known) = known else {
            self.messages.insert(name());
            return Ok(());
        };
        let event = record::stored(record).read().map_err(|error| error.to_string())?;
        if event.message().is_some_and(|message| message.id() != id) {
            return Err("the stream of a message begins with another".to_owned());
        }
        known.take(&event)?;
        known.last = record.sequence;
        if !matches!(event, Event::Noted(_)) {
            known.since = record.time;
        }
        Ok(())
    }

    /// Judges what is left, now that the log can be read; returns the open messages.
    pub(super) fn finish(
        mut self,
        log: &Log,
        namespace: &str,
    ) -> Result<impl Iterator<Item = (MessageId, Known)>, EngineOpenError> {
        let unfit = |why: String| EngineOpenError::Views(why);
        for (name, id) in &self.messages {
            let known = Known::load(log, name, *id).map_err(|error| unfit(error.to_string()))?;
            if let Some(known) = known.filter(|_| **name == *namespace) {
                self.here.insert(*id, known);
            }
        }
        for (name, id) in &self.elements {
            let history = log.stream_history(name, DATA, id.as_bytes());
            let mut state = DataState::Absent;
            for record in history.map_err(|error| unfit(error.to_string()))? {
                let (name, version) = (record.event.as_ref(), record.event_version);
                let stored = Stored { name, version, content: &record.content };
                state = data_step(state, stored).map_err(|fault| unfit(fault.to_string()))?;
            }
        }
        Ok(self.here.into_iter().filter(|(_, known)| known.is_open()))
    }
}
