//! Reading: views, lists, histories and counts, of durable records only.
//!
//! Views come from memory, histories from the log.

use lampyris_log::Record;
use lampyris_message::event::Event;
use lampyris_message::{MessageId, MessageState, Timestamp};
use lampyris_projection::query::{Cursor, Query};
use lampyris_projection::{
    ExplainError, Explanation, Plan, Row, SelectError, Selection, View, Views, explain, record,
};

use crate::Lampyris;
use crate::error::Error;

/// One event of a message, as it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// Where it stands.
    pub sequence: u64,
    /// When it was appended.
    pub time: Timestamp,
    /// The message.
    pub id: MessageId,
    /// The kind of the command that brought it about.
    pub command: String,
    /// Who asked for it.
    pub actor: String,
    /// The event.
    pub event: Event,
}

/// What a query is answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// The messages of this page, in order.
    pub messages: Vec<View>,
    /// How many messages meet the filter on all pages, if that was asked.
    pub total: Option<u64>,
    /// How many records of the log the answer reflects.
    pub position: u64,
    /// Where the list goes on, if it does: for the next query's `after`.
    pub next: Option<Cursor>,
}

impl Lampyris {
    /// A message as a FireFly client sees it; nothing if it is not known.
    pub fn get(&self, id: MessageId) -> Option<View> {
        self.get_at(id, u64::MAX)
    }

    /// A message as a client saw it after so many records of the log; nothing if it was not known by then.
    pub fn get_at(&self, id: MessageId, position: u64) -> Option<View> {
        let namespace = &self.engine.namespace;
        self.engine.live().read(|views| views.row_at(namespace, id, position).map(|row| row.view()))
    }

    /// A message's state; nothing if it is not known.
    pub fn state(&self, id: MessageId) -> Option<MessageState> {
        self.engine.live().read(|views| views.state(&self.engine.namespace, id))
    }

    /// The message that an idempotency key was first used for.
    pub fn by_key(&self, key: &str) -> Option<MessageId> {
        self.engine.live().read(|views| views.by_key(&self.engine.namespace, key))
    }

    /// Lets `read` see all views where they are kept, as they are after the latest records: messages, FireFly's events
    /// and data elements, with their counts and histograms. Nothing is copied but what it copies.
    ///
    /// `read` holds up what is decided meanwhile: it should take what it needs, such as the JSON that [`Row::write_json`]
    /// writes, and go. It must not read these views again, which would wait for itself.
    ///
    /// ```
    /// use lampyris::Lampyris;
    /// use lampyris::projection::SelectError;
    /// use lampyris::query::{Collection, Query, Rules};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// let engine = Lampyris::open(folder.path())?;
    /// let filter = "state=pending&topics=orders&sort=-created&limit=25";
    /// let query = Query::parse(Collection::Messages, filter, &Rules::STRICT)?;
    /// let lines = engine.with_views(|views| {
    ///     let mut lines = Vec::new();
    ///     for row in &views.select(engine.namespace(), &query)?.rows {
    ///         row.write_json(&mut lines);
    ///         lines.push(b'\n');
    ///     }
    ///     Ok::<_, SelectError>(lines)
    /// })?;
    /// # assert!(lines.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_views<R>(&self, read: impl FnOnce(&Views) -> R) -> R {
        self.engine.live().read(read)
    }

    /// The messages that a query asks for, each as a whole.
    ///
    /// # Errors
    /// [`SelectError`] if it asks for a place or a position that is not there.
    pub fn query(&self, query: &Query) -> Result<Answer, SelectError> {
        self.with_views(|views| {
            let found = views.select(&self.engine.namespace, query)?;
            let Selection { rows, total, position, next, .. } = found;
            let messages = rows.iter().map(Row::view).collect();
            Ok(Answer { messages, total, position, next })
        })
    }

    /// How a query is answered: by which indexes, and how many messages are looked at.
    ///
    /// # Errors
    /// As [`query`](Self::query).
    pub fn explain_query(&self, query: &Query) -> Result<Plan, SelectError> {
        self.engine.live().read(|views| views.explain_query(&self.engine.namespace, query))
    }

    /// Why a message is where it is: since when, what it waits for, and what is expected next and of whom; nothing if it
    /// is not known.
    ///
    /// # Errors
    /// [`ExplainError`] if its history cannot be read.
    pub fn explain(&self, id: MessageId) -> Result<Option<Explanation>, ExplainError> {
        explain(&self.engine.log, &self.engine.namespace, id)
    }

    /// How many records of the log had been appended by a moment: what a query [`at`](Query::at) that moment reflects.
    ///
    /// # Errors
    /// [`Error`] if the log cannot be read.
    pub fn position_at(&self, time: Timestamp) -> Result<u64, Error> {
        Ok(lampyris_projection::position_at(&self.engine.log, time)?)
    }

    /// How many messages are in each state, in the order of [`MessageState::ALL`].
    pub fn counts(&self) -> impl Iterator<Item = (MessageState, u64)> + use<> {
        self.engine.live().read(|views| views.counts(&self.engine.namespace))
    }

    /// Everything that happened to a message, oldest first; empty if it is not known.
    ///
    /// # Errors
    /// [`Error`] if the log cannot be read.
    pub fn history(&self, id: MessageId) -> Result<Vec<Entry>, Error> {
        let engine = &self.engine;
        let records =
            engine.log.stream_history(&engine.namespace, record::MESSAGE, id.as_bytes())?;
        records.into_iter().map(|record| entry(id, record)).collect()
    }

    /// How many records are durable and shown.
    pub fn position(&self) -> u64 {
        self.engine.position()
    }

    /// Waits until at least so many records are durable and shown.
    ///
    /// # Errors
    /// [`Error`] if they never will be, because the engine was closed or failed.
    pub async fn wait_for(&self, position: u64) -> Result<(), Error> {
        Ok(self.engine.feed.wait_for(position).await?)
    }
}

/// An event as it stands in its record.
pub(crate) fn entry(id: MessageId, record: Record) -> Result<Entry, Error> {
    let event = record::event(&record).map_err(|error| Error::History {
        id,
        why: format!("sequence {}: {error}", record.sequence),
    })?;
    let Record { sequence, time, command, actor, .. } = record;
    Ok(Entry { sequence, time: Timestamp::from_unix_nanos(time), id, command, actor, event })
}
