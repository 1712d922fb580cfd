//! FireFly's events of messages: that one was confirmed or rejected, once for each of its topics.
//!
//! Their ids and numbers come from the log alone, so they are the same whenever they are made.

use std::fmt;

use lampyris_message::{Bytes32, MessageId, MessageState, Timestamp, TransactionId};
use uuid::Uuid;

use super::Views;
use super::at::At;
use super::ends::first;
use super::listing::{Listing, Numbered};
use super::namespace::Namespace;
use super::select::SelectError;
use super::slot::Step;
use crate::query::{Cell, Condition, Field, Fields, Filter, Query};

/// One event for FireFly's clients.
#[derive(Clone, Copy)]
pub struct EventRow<'v> {
    at: At<'v>,
    number: u64,
    topic: usize,
}

impl<'v> EventRow<'v> {
    /// Names the event: the same for the same message, type and place among its topics.
    pub fn id(&self) -> Uuid {
        let text = format!(
            "{}\n{}\n{}\n{}",
            self.namespace(),
            self.reference(),
            self.event_type(),
            self.topic
        );
        let Bytes32(hash) = Bytes32::sha256(text.as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(hash.split_at(16).0);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }

    /// Its number among the namespace's events, from 0 on, without gaps.
    pub const fn sequence(&self) -> u64 {
        self.number
    }

    /// What happened, by FireFly's name.
    pub fn event_type(&self) -> &'static str {
        if self.at.state() == MessageState::Rejected {
            "message_rejected"
        } else {
            "message_confirmed"
        }
    }

    /// The namespace that the message is filed under.
    pub fn namespace(&self) -> &'v str {
        self.at.namespace()
    }

    /// The message.
    pub const fn reference(&self) -> MessageId {
        self.at.slot().id
    }

    /// What the confirmation is correlated with: as it was reported, else the message that this one answers.
    pub fn correlator(&self) -> Option<String> {
        self.at.correlator().map(str::to_owned).or_else(|| self.at.cid().map(|cid| cid.to_string()))
    }

    /// The transaction of the message.
    pub fn transaction(&self) -> Option<TransactionId> {
        self.at.batch().1
    }

    /// The topic that the event is for.
    pub fn topic(&self) -> &'v str {
        self.at.topics().nth(self.topic).unwrap_or_default()
    }

    /// When the message became final.
    pub fn created(&self) -> Option<Timestamp> {
        self.at.confirmed()
    }
}

impl Fields for EventRow<'_> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the fields of other collections")]
    fn cell(&self, field: Field) -> Cell<'_> {
        match field {
            Field::Id => Cell::Uuid(*self.id().as_bytes()),
            Field::Type => self.event_type().into(),
            Field::Reference => Cell::Uuid(*self.reference().as_bytes()),
            Field::Correlator => {
                self.correlator().map_or(Cell::Null, |text| Cell::Text(text.into()))
            }
            Field::Tx => self.transaction().map_or(Cell::Null, |id| Cell::Uuid(*id.as_bytes())),
            Field::Topic => self.topic().into(),
            Field::Sequence => Cell::Integer(self.number.try_into().unwrap_or(i64::MAX)),
            Field::Created => self.created().map_or(Cell::Null, Cell::Time),
            _ => Cell::Null,
        }
    }
}

impl fmt::Debug for EventRow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventRow")
            .field("id", &self.id())
            .field("sequence", &self.number)
            .field("type", &self.event_type())
            .field("reference", &self.reference())
            .field("topic", &self.topic())
            .finish_non_exhaustive()
    }
}

/// Two are equal if a client sees the same of them.
impl PartialEq for EventRow<'_> {
    fn eq(&self, other: &Self) -> bool {
        let told = |row: &Self| {
            (
                row.id(),
                row.number,
                row.correlator(),
                row.transaction(),
                row.topic().to_owned(),
                row.created(),
            )
        };
        told(self) == told(other)
    }
}

impl Eq for EventRow<'_> {}

impl Views {
    /// Answers a query about FireFly's events of a namespace; in no order that is asked for, the last one first.
    ///
    /// # Errors
    /// [`SelectError`] if the query is for a place or a position that these views do not have.
    pub fn select_events(
        &self,
        namespace: &str,
        query: &Query,
    ) -> Result<Listing<EventRow<'_>>, SelectError> {
        let position = self.position_of(query)?;
        let found = self.namespace(namespace);
        let count = found.map_or(0, |found| ended_before(found, position));
        let get = |number| event(found?, number, position);
        let candidates = found.and_then(|found| candidates(found, &query.filter));
        Numbered { name: &format!("events of {namespace}"), count, candidates, get: &get }
            .list(query, position)
    }
}

/// How many events there were after so many records.
fn ended_before(namespace: &Namespace, position: u64) -> u64 {
    let ends = &namespace.ends;
    let end =
        first(ends.len(), |number| final_of(namespace, number).is_none_or(|last| last >= position));
    ends.get(end).map_or(ends.total(), |(_, before)| before)
}

/// Where the record stands by which a message ended.
fn final_of(namespace: &Namespace, end: u32) -> Option<u64> {
    namespace.slot(namespace.ends.get(end)?.0)?.step(Step::Final)
}

fn event(namespace: &Namespace, number: u64, position: u64) -> Option<EventRow<'_>> {
    let (row, before) = namespace.ends.get(namespace.ends.of_event(number)?)?;
    let at = At::new(namespace, row, position)?;
    Some(EventRow { at, number, topic: usize::try_from(number - before).ok()? })
}

/// The numbers of the events that can meet a filter, if an index tells them.
#[expect(clippy::wildcard_enum_match_arm, reason = "the fields that have no index")]
fn candidates(namespace: &Namespace, filter: &Filter) -> Option<Vec<u64>> {
    let of = |condition: &Condition| match condition.field() {
        Field::Reference => namespace.rows_of(Field::Id, condition.exact_text()?),
        Field::Topic => namespace.rows_of(Field::Topics, condition.exact_text()?),
        _ => None,
    };
    let rows = match filter {
        Filter::Is(condition) => of(condition),
        Filter::All(parts) => parts.iter().find_map(|part| match part {
            Filter::Is(condition) => of(condition),
            Filter::All(_) | Filter::Any(_) => None,
        }),
        Filter::Any(_) => None,
    }?;
    let mut numbers: Vec<u64> =
        rows.iter().filter_map(|row| events_of(namespace, row)).flatten().collect();
    numbers.sort_unstable();
    Some(numbers)
}

/// The numbers of the events of a row.
fn events_of(namespace: &Namespace, row: u32) -> Option<std::ops::Range<u64>> {
    let (slot, ends) = (namespace.slot(row)?, &namespace.ends);
    let last = slot.step(Step::Final)?;
    let end =
        first(ends.len(), |number| final_of(namespace, number).is_none_or(|other| other >= last));
    let (found, before) = ends.get(end).filter(|(found, _)| *found == row)?;
    let after = ends.get(end + 1).map_or(ends.total(), |(_, after)| after);
    (found == row).then_some(before..after)
}
