//! The live current state of all messages: a compact row for each, fed event by event.
//!
//! In memory only: no locks, no reads, no time. It shows what events say and does not judge them.

mod at;
mod bounds;
mod columns;
mod dictionary;
mod difference;
mod elements;
mod ends;
mod event_row;
mod feeding;
mod fields;
mod gap_fills;
mod histogram;
mod index;
mod keys;
mod listing;
mod namespace;
mod narrow;
mod order;
mod rare;
mod row;
mod select;
mod slot;
mod stored;
mod stuck;
mod words;
mod zones;

use std::collections::HashMap;

use lampyris_message::lifecycle::command::GapFill;
use lampyris_message::{MessageId, MessageState};

use at::At;
use elements::Elements;
use index::Place;
use namespace::Namespace;

pub use difference::Difference;
pub use elements::ElementRow;
pub use event_row::EventRow;
pub use feeding::{Fed, FedData, FedEvent};
pub use fields::RowFields;
pub use histogram::{Bucket, Histogram};
pub use listing::Listing;
pub use narrow::{By, Told};
pub use row::Row;
pub use select::{Plan, SelectError, Selection};
pub use stored::{StoredViews, VIEWS, VIEWS_VERSION};

/// The current state of all messages of a log, as of one position.
///
/// A message is known by its namespace and its id, as streams are in the log. Two of these are
/// equal if they show the same, however they came about.
#[derive(Debug, Default)]
pub struct Views {
    /// In the order of their first messages.
    namespaces: Vec<Namespace>,
    names: HashMap<Box<str>, usize>,
    /// The namespace of the event before, which is mostly the next one's too.
    latest: usize,
    /// The data elements of each namespace that has any.
    elements: Vec<Elements>,
    element_names: HashMap<Box<str>, usize>,
    size: u64,
}

impl Views {
    /// Views of no message, at position 0.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many records of the log these reflect: every one with a lower sequence, and no other.
    pub const fn position(&self) -> u64 {
        self.size
    }

    /// How many messages there are.
    pub fn len(&self) -> usize {
        self.namespaces.iter().map(|namespace| namespace.len() as usize).sum()
    }

    /// Whether there is no message.
    pub const fn is_empty(&self) -> bool {
        self.namespaces.is_empty()
    }

    /// The namespaces that have messages, in the order of their first ones.
    pub fn namespaces(&self) -> impl Iterator<Item = &str> {
        self.namespaces.iter().map(|namespace| &*namespace.name)
    }

    /// How many messages of a namespace are in each state, in the order of [`MessageState::ALL`].
    pub fn counts(&self, namespace: &str) -> impl Iterator<Item = (MessageState, u64)> + use<> {
        let counts = self.namespace(namespace).map(Namespace::counts).unwrap_or_default();
        MessageState::ALL.iter().copied().zip(counts)
    }

    /// The row of a message; `None` if it is not known.
    pub fn row(&self, namespace: &str, id: MessageId) -> Option<Row<'_>> {
        let (number, row) = self.find(namespace, id)?;
        self.numbered(self.namespaces.get(number)?, row.ok()?)
    }

    /// The state of a message; `None` if it is not known.
    pub fn state(&self, namespace: &str, id: MessageId) -> Option<MessageState> {
        let (number, row) = self.find(namespace, id)?;
        self.namespaces.get(number)?.state(row.ok()?)
    }

    /// The messages of a namespace in the order of their first events, all or those in one state.
    ///
    /// A list goes on after a row if it is given that row's [`first`](Row::first) sequence, also
    /// over views that were fed more or made anew from the same log.
    pub fn list(
        &self,
        namespace: &str,
        state: Option<MessageState>,
        after: Option<u64>,
    ) -> impl Iterator<Item = Row<'_>> {
        let found = self.namespace(namespace).into_iter();
        found.flat_map(move |namespace| {
            let begin = after.map_or(0, |after| namespace.begun_before(after.saturating_add(1)));
            (begin..namespace.len())
                .filter(move |number| state.is_none() || namespace.state(*number) == state)
                .filter_map(move |number| self.numbered(namespace, number))
        })
    }

    /// The message that first used an idempotency key here.
    ///
    /// The key that the source of an imported message claims for it is none that was used here.
    pub fn by_key(&self, namespace: &str, key: &str) -> Option<MessageId> {
        let namespace = self.namespace(namespace)?;
        namespace.slot(namespace.by_key(key)?).map(|slot| slot.id)
    }

    /// The evidence for cancelling a message by a gap-fill: the confirmed messages with the tag
    /// of one that name it as their `cid`, the first confirmed first.
    ///
    /// Anyone can send one that does not fit: the first that the table accepts counts. Imported
    /// messages are not among them.
    pub fn gap_fills_for(&self, namespace: &str, message: MessageId) -> &[GapFill] {
        self.namespace(namespace).map(|found| found.gap_fills(message)).unwrap_or_default()
    }

    /// The number of a message's namespace, and the number of its row there or its place.
    fn find(&self, namespace: &str, id: MessageId) -> Option<(usize, Result<u32, Place>)> {
        let number = self.number(namespace)?;
        Some((number, self.namespaces.get(number)?.find(id)))
    }

    fn number(&self, namespace: &str) -> Option<usize> {
        let latest = self.namespaces.get(self.latest);
        if latest.is_some_and(|latest| &*latest.name == namespace) {
            return Some(self.latest);
        }
        self.names.get(namespace).copied()
    }

    fn namespace(&self, name: &str) -> Option<&Namespace> {
        self.namespaces.get(self.number(name)?)
    }

    fn numbered<'v>(&'v self, namespace: &'v Namespace, number: u32) -> Option<Row<'v>> {
        At::new(namespace, number, self.size).map(|at| Row { at })
    }
}
