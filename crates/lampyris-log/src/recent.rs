//! The newest appends by their ids: a re-sent append is known before anything else is asked.
//! It is bounded; older appends are found through the streams and claims they left their mark on.

use crate::append::Appended;
use crate::limits::RECENT_APPENDS;
use crate::record::RecordRef;
use std::collections::{HashMap, VecDeque};

/// Ids of appends with what they were answered.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    answers: HashMap<[u8; 16], Appended>,
    order: VecDeque<[u8; 16]>,
}

/// The same in the order of the log, cheaper than the map: what opening remembers while it reads, and what is durable.
#[derive(Debug, Clone, Default)]
pub(crate) struct RecentReader(VecDeque<([u8; 16], Appended)>);

impl Recent {
    pub(crate) fn get(&self, id: &[u8; 16]) -> Option<&Appended> {
        self.answers.get(id)
    }

    pub(crate) fn note(&mut self, id: [u8; 16], answer: Appended) {
        if self.answers.insert(id, answer).is_none() {
            self.order.push_back(id);
        }
        if self.order.len() > RECENT_APPENDS
            && let Some(oldest) = self.order.pop_front()
        {
            self.answers.remove(&oldest);
        }
    }
}

impl RecentReader {
    /// Notes the append that a record begins.
    pub(crate) fn observe(&mut self, record: &RecordRef<'_>) {
        if record.append_index != 0 || record.namespace.is_empty() {
            return;
        }
        let end = record.sequence + u64::from(record.append_count);
        let answer = Appended { sequences: record.sequence..end, time: record.time };
        self.note(record.append_id, answer);
    }

    /// Notes the next append.
    pub(crate) fn note(&mut self, id: [u8; 16], answer: Appended) {
        if self.0.len() == RECENT_APPENDS {
            self.0.pop_front();
        }
        self.0.push_back((id, answer));
    }

    /// The appends, oldest first.
    pub(crate) fn all(&self) -> &VecDeque<([u8; 16], Appended)> {
        &self.0
    }

    pub(crate) fn recent(&self) -> Recent {
        let mut recent = Recent::default();
        for (id, answer) in &self.0 {
            recent.note(*id, answer.clone());
        }
        recent
    }
}
