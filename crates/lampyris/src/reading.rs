//! Reading: views, lists, histories and counts, of durable records only.
//!
//! Views come from memory and one record of the log, histories from the log alone.

use lampyris_log::Record;
use lampyris_message::event::Event;
use lampyris_message::{MessageId, MessageState, Timestamp};
use lampyris_projection::{View, ViewError, read_view, record};

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

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// The messages, in the order of their first events.
    pub messages: Vec<View>,
    /// Where the list goes on, if it does: for the next call's `after`.
    pub next: Option<u64>,
}

impl Lampyris {
    /// A message as a FireFly client sees it; nothing if it is not known.
    ///
    /// # Errors
    /// [`Error`] if the log cannot be read.
    pub fn get(&self, id: MessageId) -> Result<Option<View>, Error> {
        let engine = &self.engine;
        let row = engine.live().read(|views| {
            views.row(&engine.namespace, id).map(lampyris_projection::Row::into_owned)
        });
        let view = row.map(|row| read_view(&engine.log, &row)).transpose();
        view.map_err(unreadable)
    }

    /// A message's state; nothing if it is not known.
    pub fn state(&self, id: MessageId) -> Option<MessageState> {
        self.engine.live().read(|views| views.state(&self.engine.namespace, id))
    }

    /// The message that an idempotency key was first used for.
    pub fn by_key(&self, key: &str) -> Option<MessageId> {
        self.engine.live().read(|views| views.by_key(&self.engine.namespace, key))
    }

    /// Messages in the order of their first events, all or those in one state: up to `limit` of them, one at least,
    /// after the place where an earlier page ended.
    ///
    /// # Errors
    /// [`Error`] if the log cannot be read.
    pub fn list(
        &self,
        state: Option<MessageState>,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Page, Error> {
        let (engine, limit) = (&self.engine, limit.max(1));
        let mut rows: Vec<_> = engine.live().read(|views| {
            let rows = views.list(&engine.namespace, state, after);
            rows.take(limit.saturating_add(1)).map(lampyris_projection::Row::into_owned).collect()
        });
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(lampyris_projection::Row::first);
        let messages = rows.iter().map(|row| read_view(&engine.log, row));
        let messages = messages.collect::<Result<_, _>>().map_err(unreadable)?;
        Ok(Page { messages, next })
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

pub(crate) fn unreadable(error: ViewError) -> Error {
    match error {
        ViewError::Read(error) => error.into(),
        ViewError::Event { message, .. } | ViewError::Other { message, .. } => {
            Error::History { id: message, why: error.to_string() }
        }
        error => Error::History { id: MessageId::from_bytes([0; 16]), why: error.to_string() },
    }
}
