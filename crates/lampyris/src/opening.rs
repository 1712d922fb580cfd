//! What an engine makes of the records of a log while it is opened: views, and what the decider begins with.
//!
//! Read from its first record on, every event is judged. Behind a snapshot those that came after are: against what it
//! holds of open messages, or against the whole history where it holds nothing.

mod later;

use std::collections::HashMap;

use lampyris_log::snapshot::{Consumer, Snapshot, Unfit};
use lampyris_log::{Log, StreamOrdinal, VerifiedRecord};
use lampyris_message::MessageId;
use lampyris_message::event::EventKind;
use lampyris_message::lifecycle::command::GAP_FILL_TAG;
use lampyris_projection::{Audit, Views, record};

use crate::decider::Decider;
use crate::error::EngineOpenError;
use crate::known::Known;
use later::Later;

/// What is kept of a log while it is read.
pub(crate) struct Opening<'n> {
    namespace: &'n str,
    views: Views,
    trouble: Option<String>,
    way: Way,
}

enum Way {
    /// From the first record on.
    Whole(Box<Whole>),
    /// Behind a snapshot.
    Later(Box<Later>),
}

#[derive(Default)]
struct Whole {
    audit: Audit,
    /// The messages of the namespace, by the numbers of their streams.
    messages: Vec<Option<Last>>,
    /// Those that may be gap-fills.
    gap_fills: HashMap<MessageId, u32>,
}

/// The end of a message's stream.
#[derive(Debug, Clone, Copy)]
struct Last {
    id: MessageId,
    sequence: u64,
    /// When the last event that moved it was appended.
    time: i64,
}

impl<'n> Opening<'n> {
    pub(crate) fn new(namespace: &'n str) -> Self {
        let way = Way::Whole(Box::default());
        Self { namespace, views: Views::new(), trouble: None, way }
    }

    /// Whether it went on from a snapshot.
    pub(crate) fn has_resumed(&self) -> bool {
        matches!(self.way, Way::Later(_))
    }

    /// What the decider begins with, and the views.
    pub(crate) fn finish(
        self,
        log: &Log,
        recent: usize,
    ) -> Result<(Decider, Views), EngineOpenError> {
        if let Way::Whole(whole) = &self.way
            && let Some(fault) = whole.audit.fault()
        {
            return Err(fault.clone().into());
        }
        if let Some(trouble) = self.trouble {
            return Err(EngineOpenError::Views(trouble));
        }
        let mut decider = Decider::new(recent);
        match self.way {
            Way::Whole(whole) => whole.open_messages(log, self.namespace, &mut decider)?,
            Way::Later(later) => {
                for (id, known) in later.finish(log, self.namespace)? {
                    decider.open(id, known);
                }
            }
        }
        Ok((decider, self.views))
    }
}

impl Consumer for Opening<'_> {
    fn resume(&mut self, from: &Snapshot) -> Result<(), Unfit> {
        let (views, later) = (Views::stored(from)?, Later::read(from, self.namespace)?);
        (self.views, self.trouble, self.way) = (views, None, Way::Later(Box::new(later)));
        Ok(())
    }

    fn restart(&mut self) {
        *self = Self::new(self.namespace);
    }

    fn take(&mut self, verified: &VerifiedRecord<'_>, (): ()) {
        if let Way::Whole(whole) = &mut self.way {
            whole.audit.take(verified);
            if whole.audit.fault().is_some() {
                return;
            }
        }
        if self.trouble.is_some() {
            return;
        }
        let record = &verified.record;
        self.trouble = self.views.take(record).err().map(|error| error.to_string());
        if self.trouble.is_some() {
            return;
        }
        match &mut self.way {
            Way::Whole(whole) => whole.take(verified, self.namespace),
            Way::Later(later) => self.trouble = later.take(verified, self.namespace).err(),
        }
    }
}

impl Whole {
    fn take(&mut self, verified: &VerifiedRecord<'_>, namespace: &str) {
        let record = &verified.record;
        let stream = verified.stream.0 as usize;
        if stream >= self.messages.len() {
            self.messages.resize(stream + 1, None);
        }
        let id = record::message_id(record).filter(|_| record.namespace == namespace);
        if let (Some(id), Some(last)) = (id, self.messages.get_mut(stream)) {
            let noted = last.filter(|_| record.event == EventKind::Noted.name());
            let time = noted.map_or(record.time, |before| before.time);
            *last = Some(Last { id, sequence: record.sequence, time });
            let tag = GAP_FILL_TAG.as_bytes();
            if record.version == 0 && record.content.windows(tag.len()).any(|part| part == tag) {
                self.gap_fills.insert(id, verified.stream.0);
            }
        }
    }

    fn open_messages(
        &self,
        log: &Log,
        namespace: &str,
        decider: &mut Decider,
    ) -> Result<(), EngineOpenError> {
        for (stream, last) in (0u32..).zip(&self.messages) {
            let Some(Last { id, sequence, time }) = *last else { continue };
            let Some(state) = self.audit.state(StreamOrdinal(stream)).cloned() else { continue };
            let known = Known { state, last: sequence, since: time, ..Known::absent() };
            if !known.is_open() {
                continue;
            }
            let known = if self.gap_fills.contains_key(&id) {
                let loaded = Known::load_until(log, namespace, id, sequence);
                let loaded = loaded.map_err(|error| EngineOpenError::Views(error.to_string()))?;
                loaded.unwrap_or(known)
            } else {
                known
            };
            decider.open(id, known);
        }
        Ok(())
    }
}
