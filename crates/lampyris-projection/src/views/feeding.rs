//! Feeding: what an event must be to be the next one, and what it makes of the views.

use std::collections::HashSet;

use lampyris_log::RecordRef;
use lampyris_message::event::codec;
use lampyris_message::event::{Beginning, Event, Skimmed};
use lampyris_message::{MessageId, SealedMessage};

use super::Views;
use super::namespace::Namespace;
use crate::misplaced::{Misplaced, TakeError, Why};
use crate::record::message_id;

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
    /// [`Misplaced`] names the first event that cannot come; the views are then as they were.
    pub fn apply_all(&mut self, events: &[Fed<'_>], size: u64) -> Result<(), Misplaced> {
        self.check(events)?;
        for Fed { namespace, id, event, position } in events {
            self.apply(namespace, *id, event, *position)?;
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
        let known = matches!(found, Some((_, Ok(_))));
        let brings = match step {
            Step::First(beginning) => Some(beginning.id()),
            Step::Later(_) => None,
        };
        let coming = Coming { namespace, id, position, brings };
        self.can_come(&coming, self.size, known, 1)?;
        self.size = position + 1;
        let (number, place) = match found {
            Some((number, Ok(row))) => {
                if let (Step::Later(event), Some(known)) = (step, self.namespaces.get_mut(number)) {
                    known.follow(row, event, position, &mut self.batches);
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

    /// Checks that events can come one after the other.
    fn check(&self, events: &[Fed<'_>]) -> Result<(), Misplaced> {
        let (mut size, mut begun) = (self.size, HashSet::new());
        for Fed { namespace, id, event, position } in events {
            let (id, position) = (*id, *position);
            let brings = event.message().map(SealedMessage::id);
            let known = begun.contains(&(*namespace, id)) || self.state(namespace, id).is_some();
            let coming = Coming { namespace, id, position, brings };
            self.can_come(&coming, size, known, events.len())?;
            if brings.is_some() {
                begun.insert((*namespace, id));
            }
            size = position + 1;
        }
        Ok(())
    }

    /// Whether an event can be the next after `size` records, if its message is known by then or
    /// not, and if there is room for so many messages and batches more.
    fn can_come(
        &self,
        coming: &Coming<'_>,
        size: u64,
        known: bool,
        more: usize,
    ) -> Result<(), Misplaced> {
        let Coming { namespace, id, position, brings } = *coming;
        let why = if position < size || position == u64::MAX {
            Why::Position { size }
        } else if let Some(found) = brings.filter(|found| *found != id) {
            Why::OtherMessage { found }
        } else if known && brings.is_some() {
            Why::BegunTwice
        } else if !known && brings.is_none() {
            Why::NotBegun
        } else if !self.has_room(namespace, more) {
            Why::Full
        } else {
            return Ok(());
        };
        Err(Misplaced { position, namespace: namespace.to_owned(), message: id, why })
    }

    fn has_room(&self, namespace: &str, more: usize) -> bool {
        self.batches.has_room(more)
            && self.namespace(namespace).is_none_or(|found| found.has_room(more))
    }

    /// The number of a namespace that is new.
    fn add(&mut self, name: &str) -> usize {
        let number = self.namespaces.len();
        self.names.insert(name.into(), number);
        self.namespaces.push(Namespace::new(name));
        number
    }
}
