//! Data elements as the engine knows them while it decides: those that are queued, beside those in the log.
//! What is recorded of an element when it is added never changes; so what was read of it once can be relied on. That
//! it was erased is looked up: nothing is erased while somebody is at it.

use std::collections::{HashMap, VecDeque};

use lampyris_log::{Hash, Log, Ticket};
use lampyris_message::data::references::Unresolved;
use lampyris_message::event::{DataAdded, DataEvent};
use lampyris_message::json::JsonValue;
use lampyris_message::{Bytes32, Data, DataId, DataRef, SealedMessage, SealedRef};
use lampyris_projection::{element, record};

use crate::decider::{Missing, Unsettled};
use crate::engine::Engine;
use crate::error::Error;
use crate::submission::{Found, Submission};

/// A new data element, ready to be added.
#[derive(Debug)]
pub(crate) struct Element {
    /// Its place in the data of the message that brings it; 0 if none does.
    pub(crate) index: usize,
    pub(crate) id: DataId,
    pub(crate) added: DataAdded,
    pub(crate) data: Data,
    /// The bytes of its details, if it has any.
    pub(crate) details: Option<Vec<u8>>,
}

/// Elements whose first event is queued, until the views show it.
#[derive(Debug, Default)]
pub(crate) struct Elements {
    added: HashMap<DataId, DataAdded>,
    /// The number of records after it, and the element.
    queued: VecDeque<(u64, DataId)>,
}

impl Elements {
    /// An element that is queued.
    pub(crate) fn get(&self, id: DataId) -> Option<&DataAdded> {
        self.added.get(&id)
    }

    /// Takes in an element that is queued with others, up to `end`.
    pub(crate) fn queued(&mut self, id: DataId, added: DataAdded, end: u64) {
        self.added.insert(id, added);
        self.queued.push_back((end, id));
    }

    /// Forgets what is in the log by now, of which the views show `shown` records.
    pub(crate) fn forget(&mut self, shown: u64) {
        while let Some((_, id)) = self.queued.pop_front_if(|(end, _)| *end <= shown) {
            self.added.remove(&id);
        }
    }

    /// How many records must be durable before anyone hears of what one of these says, if one is queued.
    pub(crate) fn end_of(&self, references: &[SealedRef]) -> Option<u64> {
        let is_queued = references.iter().any(|reference| self.added.contains_key(&reference.id));
        self.queued.back().filter(|_| is_queued).map(|(end, _)| *end)
    }

    /// Which of the `new` elements of a message were added before and are the same: they are not added again.
    ///
    /// A reference to an element that nobody knows is let through: it may come later. One to an element that was
    /// erased is not.
    ///
    /// # Errors
    /// [`Unsettled`] if an element must be read first, or is not the one that is meant.
    pub(crate) fn there_already(
        &self,
        message: &SealedMessage,
        new: &[Element],
        read: &HashMap<DataId, DataAdded>,
        engine: &Engine,
    ) -> Result<Vec<DataId>, Unsettled> {
        let (mut new, mut there, mut missing) = (new.iter().peekable(), Vec::new(), Vec::new());
        for (index, reference) in message.data().iter().enumerate() {
            let id = reference.id;
            let element = new.next_if(|element| element.index == index);
            let Some(known) = self.get(id).or_else(|| read.get(&id)) else {
                let is_in_log = is_in_log(&engine.log, &engine.namespace, id);
                missing.extend(is_in_log.then_some(id));
                continue;
            };
            if engine.is_erased(id) {
                return Err(Unsettled::Wrong(Error::ElementErased { index: Some(index), id }));
            }
            match element {
                Some(element) if *known == element.added => there.push(id),
                Some(_) => {
                    return Err(Unsettled::Wrong(Error::ElementTaken { index: Some(index), id }));
                }
                None if known.hash() == reference.hash => {}
                None => {
                    let reference = DataRef { id: Some(id), hash: Some(reference.hash) };
                    let found = Some(known.hash());
                    return Err(Unsettled::Wrong(Unresolved { index, reference, found }.into()));
                }
            }
        }
        if missing.is_empty() { Ok(there) } else { Err(Missing::Elements(missing).into()) }
    }
}

impl Engine {
    /// What is known of the data of a submission: of its elements, queued or recorded, and of its blobs.
    pub(crate) fn find(&self, submission: &Submission) -> Result<Found, Error> {
        let (mut found, mut unknown) = (Found::default(), Vec::new());
        let mut ids = submission.elements().peekable();
        if ids.peek().is_some() {
            // First what is queued: when it is that no more, the log shows it.
            let decider = self.decider.lock();
            for id in ids {
                match decider.elements.get(id) {
                    Some(added) => drop(found.elements.insert(id, added.clone())),
                    None => unknown.push(id),
                }
            }
        }
        self.read_elements(&unknown, &mut found.elements)?;
        for hash in submission.blobs() {
            let Bytes32(bytes) = hash.0;
            if let Some(object) = self.log.data().hold(&Hash(bytes))? {
                found.blobs.insert(hash, object.size);
            }
        }
        Ok(found)
    }

    /// Reads what was recorded of elements, as far as there is something.
    pub(crate) fn read_elements(
        &self,
        ids: &[DataId],
        read: &mut HashMap<DataId, DataAdded>,
    ) -> Result<(), Error> {
        for id in ids {
            if let Some(added) = load(&self.log, &self.namespace, *id)? {
                read.insert(*id, added);
            }
        }
        Ok(())
    }

    /// Whether the bytes of an element were erased.
    pub(crate) fn is_erased(&self, id: DataId) -> bool {
        element::is_erased(&self.log, &self.namespace, id)
    }

    /// Puts the values and the details of elements into the data store; returns what must be durable before the
    /// elements are recorded. What was erased is not put again.
    pub(crate) fn keep(&self, elements: &[Element]) -> Result<Ticket, Error> {
        let mut after = Ticket::default();
        for Element { id, data, details, .. } in elements {
            if self.is_erased(*id) {
                continue;
            }
            let value = data.value.as_ref().map(JsonValue::as_bytes);
            for bytes in value.into_iter().chain(details.as_deref()) {
                after = after.max(self.log.data().put(bytes)?.ticket);
            }
        }
        Ok(after)
    }
}

/// What the log tells of an element; nothing if it was not added.
///
/// # Errors
/// [`Error`] if its history cannot be read.
pub(crate) fn load(log: &Log, namespace: &str, id: DataId) -> Result<Option<DataAdded>, Error> {
    let records = log.stream_history(namespace, record::DATA, id.as_bytes())?;
    let Some(first) = records.first() else { return Ok(None) };
    let why = match record::data_event(first) {
        Ok(DataEvent::Added(added)) => return Ok(Some(added)),
        Ok(DataEvent::Erased(_)) => "it does not begin with being added".to_owned(),
        Err(error) => error.to_string(),
    };
    let why = format!("sequence {}: {why}", first.sequence);
    Err(Error::ElementHistory { id, why })
}

/// Whether an element was added, as far as the log shows.
pub(crate) fn is_in_log(log: &Log, namespace: &str, id: DataId) -> bool {
    log.tail(namespace, record::DATA, id.as_bytes()).is_some()
}
