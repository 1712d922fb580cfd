//! Feeding: what an event must be to be the next one, and what it makes of the views.

use std::collections::HashMap;

use lampyris_log::RecordRef;
use lampyris_message::event::codec;
use lampyris_message::event::{Beginning, DataEvent, Event, Skimmed};
use lampyris_message::{DataId, MessageId};

use super::Views;
use super::namespace::{self, Namespace};
use super::slot::{MAX_DISTANCE, Slot, Step as Life, Traits};
use crate::misplaced::{DataMisplaced, Misplaced, TakeError, Why};
use crate::record::{data_id, message_id};

/// An event as it is fed to [`Views`]: of which message it is, and where it stands in the log.
#[derive(Debug, Clone, Copy)]
pub struct Fed<'a> {
    /// The namespace of the message's stream.
    pub namespace: &'a str,
    /// The message.
    pub id: MessageId,
    /// The event.
    pub event: &'a Event,
    /// The sequence of its record.
    pub position: u64,
}

/// An event of a data element as it is fed to [`Views`].
#[derive(Debug, Clone, Copy)]
pub struct FedData<'a> {
    /// The namespace of the element's stream.
    pub namespace: &'a str,
    /// The element.
    pub id: DataId,
    /// The event.
    pub event: &'a DataEvent,
    /// The sequence of its record.
    pub position: u64,
}

/// An event of either, as a batch of them is fed.
#[derive(Debug, Clone, Copy)]
pub enum FedEvent<'a> {
    /// A message's.
    Message(Fed<'a>),
    /// A data element's.
    Data(FedData<'a>),
}

impl<'a> From<Fed<'a>> for FedEvent<'a> {
    fn from(fed: Fed<'a>) -> Self {
        Self::Message(fed)
    }
}

/// What there is to take in of an event.
enum Step<'a> {
    First(&'a Beginning<'a>),
    Later(&'a Event),
}

/// An event that is about to be taken in, as far as it decides whether it can.
struct Coming<'a> {
    namespace: &'a str,
    id: MessageId,
    position: u64,
    /// The message that it brings.
    brings: Option<MessageId>,
    /// The step of a message's life that it is.
    step: Option<Life>,
}

/// How far a message has come, as far as it decides what can come next.
#[derive(Debug, Clone, Copy)]
struct Reached {
    /// Sequence of its first event.
    first: u64,
    /// The last step that came.
    step: Option<Life>,
    /// It is evidence only: no step can come.
    is_evidence: bool,
}

impl Reached {
    fn of(slot: &Slot) -> Self {
        let step = Life::ALL.into_iter().rev().find(|step| slot.step(*step).is_some());
        Self { first: slot.first, step, is_evidence: slot.traits.has(Traits::EVIDENCE) }
    }

    /// Whether a step can be the next; whatever is none always can.
    fn can_take(&self, step: Option<Life>) -> bool {
        step.is_none() || (step > self.step && !self.is_evidence)
    }
}

impl Views {
    /// Takes in the next event: the one of this message whose record has the sequence `position`.
    ///
    /// Records between the event before and this one count as reflected: they are no message's.
    ///
    /// # Errors
    /// [`Misplaced`] if it cannot come there; the views are then as they were.
    pub fn apply(
        &mut self,
        namespace: &str,
        id: MessageId,
        event: &Event,
        position: u64,
    ) -> Result<(), Misplaced> {
        let beginning = Beginning::of(event);
        let step = beginning.as_ref().map_or(Step::Later(event), Step::First);
        self.step(namespace, id, &step, position)
    }

    /// Takes in events in order, all of them or none, and reflects `size` records from then on, if
    /// that is more than the events reach.
    ///
    /// # Errors
    /// [`TakeError`] names the first event that cannot come; the views are then as they were.
    pub fn apply_all<'a, E>(&mut self, events: &[E], size: u64) -> Result<(), TakeError>
    where
        E: Copy + Into<FedEvent<'a>>,
    {
        let events = || events.iter().map(|event| (*event).into());
        self.check(events())?;
        for event in events() {
            match event {
                FedEvent::Message(Fed { namespace, id, event, position }) => {
                    self.apply(namespace, id, event, position)?;
                }
                FedEvent::Data(FedData { namespace, id, event, position: sequence }) => {
                    let applied = self.apply_data(namespace, id, event, sequence);
                    applied.map_err(|why| TakeError::Data { sequence, id, why })?;
                }
            }
        }
        self.reach(size);
        Ok(())
    }

    /// Takes in the next record of a log; one that is no message's only moves the position.
    ///
    /// The hashes in a first event are not recomputed: that is the audit's.
    ///
    /// # Errors
    /// [`TakeError`] if its event cannot be read or cannot come there; the views are then as they
    /// were.
    pub fn take(&mut self, record: &RecordRef<'_>) -> Result<(), TakeError> {
        let sequence = record.sequence;
        if let Some(id) = data_id(record) {
            let event = codec::decode_data(record.event, record.event_version, record.content);
            let event = event.map_err(|source| TakeError::Event { sequence, source })?;
            let taken = self.apply_data(record.namespace, id, &event, sequence);
            return taken.map_err(|why| TakeError::Data { sequence, id, why });
        }
        let Some(id) = message_id(record) else {
            self.reach(sequence.saturating_add(1));
            return Ok(());
        };
        let skimmed = codec::skim(record.event, record.event_version, record.content)
            .map_err(|source| TakeError::Event { sequence, source })?;
        let step = match &skimmed {
            Skimmed::First(beginning) => Step::First(beginning),
            Skimmed::Later(event) => Step::Later(event),
        };
        Ok(self.step(record.namespace, id, &step, sequence)?)
    }

    /// Takes note that the log has so many records, none of the further ones a message's.
    pub fn reach(&mut self, size: u64) {
        self.size = self.size.max(size);
    }

    fn step(
        &mut self,
        namespace: &str,
        id: MessageId,
        step: &Step<'_>,
        position: u64,
    ) -> Result<(), Misplaced> {
        let found = self.find(namespace, id);
        let known = match found {
            Some((number, Ok(row))) => self.reached(number, row),
            Some((_, Err(_))) | None => None,
        };
        let (brings, life) = match step {
            Step::First(beginning) => (Some(beginning.id), None),
            Step::Later(event) => (None, namespace::step(event)),
        };
        let coming = Coming { namespace, id, position, brings, step: life };
        self.can_come(&coming, self.size, known.as_ref(), 1)?;
        self.size = position + 1;
        let (number, place) = match found {
            Some((number, Ok(row))) => {
                if let (Step::Later(event), Some(known)) = (step, self.namespaces.get_mut(number)) {
                    known.follow(row, event, position);
                }
                self.latest = number;
                return Ok(());
            }
            Some((number, Err(place))) => (number, Some(place)),
            None => (self.add(namespace), None),
        };
        if let (Step::First(beginning), Some(found)) = (step, self.namespaces.get_mut(number)) {
            found.begin(place, beginning, position);
        }
        self.latest = number;
        Ok(())
    }

    fn reached(&self, namespace: usize, row: u32) -> Option<Reached> {
        self.namespaces.get(namespace)?.slot(row).map(Reached::of)
    }

    /// Checks that events can come one after the other.
    fn check<'a>(
        &self,
        events: impl ExactSizeIterator<Item = FedEvent<'a>>,
    ) -> Result<(), TakeError> {
        let (mut size, mut reached, more) = (self.size, HashMap::new(), events.len());
        let mut elements: HashMap<(&str, DataId), bool> = HashMap::new();
        for event in events {
            match event {
                FedEvent::Message(fed) => {
                    let known = reached.get(&(fed.namespace, fed.id)).copied();
                    let now = self.check_one(&fed, size, known, more)?;
                    reached.insert((fed.namespace, fed.id), now);
                    size = fed.position + 1;
                }
                FedEvent::Data(FedData { namespace, id, event, position: sequence }) => {
                    let refused = |why| TakeError::Data { sequence, id, why };
                    if sequence < size {
                        return Err(refused(DataMisplaced::Position));
                    }
                    let known = elements.get(&(namespace, id)).copied();
                    let known = known.or_else(|| self.element_is_erased(namespace, id));
                    let now = DataMisplaced::judge(known, event).map_err(refused)?;
                    elements.insert((namespace, id), now);
                    size = sequence.saturating_add(1);
                }
            }
        }
        Ok(())
    }

    /// How far a message comes by an event that can be the next.
    fn check_one(
        &self,
        fed: &Fed<'_>,
        size: u64,
        known: Option<Reached>,
        more: usize,
    ) -> Result<Reached, Misplaced> {
        let Fed { namespace, id, event, position } = *fed;
        let known = known.or_else(|| {
            let (number, row) = self.find(namespace, id)?;
            self.reached(number, row.ok()?)
        });
        let brings = event.message().map(lampyris_message::SealedMessage::id);
        let step = namespace::step(event);
        let coming = Coming { namespace, id, position, brings, step };
        self.can_come(&coming, size, known.as_ref(), more)?;
        let is_evidence = matches!(event, Event::Imported(_));
        let mut now = known.unwrap_or(Reached { first: position, step: None, is_evidence });
        now.step = now.step.max(step);
        Ok(now)
    }

    /// Whether an event can be the next after `size` records, if its message has come so far by
    /// then, and if there is room for so many messages more.
    fn can_come(
        &self,
        coming: &Coming<'_>,
        size: u64,
        known: Option<&Reached>,
        more: usize,
    ) -> Result<(), Misplaced> {
        let Coming { namespace, id, position, brings, step } = *coming;
        let why = if position < size || position == u64::MAX {
            Why::Position { size }
        } else if let Some(found) = brings.filter(|found| *found != id) {
            Why::OtherMessage { found }
        } else if known.is_some() && brings.is_some() {
            Why::BegunTwice
        } else if known.is_none() && brings.is_none() {
            Why::NotBegun
        } else if known.is_some_and(|known| !known.can_take(step)) {
            Why::OutOfOrder
        } else if known.is_some_and(|known| position - known.first > MAX_DISTANCE)
            || !self.has_room(namespace, more)
        {
            Why::Full
        } else {
            return Ok(());
        };
        Err(Misplaced { position, namespace: namespace.to_owned(), message: id, why })
    }

    fn has_room(&self, namespace: &str, more: usize) -> bool {
        self.namespace(namespace).is_none_or(|found| found.has_room(more))
    }

    /// The number of a namespace that is new.
    fn add(&mut self, name: &str) -> usize {
        let number = self.namespaces.len();
        self.names.insert(name.into(), number);
        self.namespaces.push(Namespace::new(name));
        number
    }
}
