//! Subscriptions: the events of the namespace that are asked for, from a position on, and then those that come.
//!
//! No gap and no repeat; where a subscriber stands it remembers itself, or a cursor does, and a slow one holds nobody up.

mod buffered;

use std::sync::Arc;

use lampyris_log::{Cursor, CursorError, Filter, Follower, Record, Standing};
use lampyris_projection::record;

use crate::Lampyris;
use crate::error::Error;
use crate::feed::Feed;
use crate::reading::{Entry, entry};

pub use buffered::Buffered;

/// Events in the order of the log; see [`Lampyris::subscribe`].
#[derive(Debug)]
pub struct Subscription {
    follower: Follower,
    feed: Arc<Feed>,
    namespace: Arc<str>,
    /// What was read and waits until the views show it.
    held: Option<Record>,
}

impl Lampyris {
    /// The events of the namespace from a sequence on, durable ones only: first those that are there, then those
    /// that come. To go on later, begin at the sequence after the last one that was handled.
    ///
    /// ```
    /// # use lampyris::{Lampyris, Submission, block_on};
    /// # let dir = tempfile::tempdir()?;
    /// # let engine = Lampyris::open(dir.path())?;
    /// let order = Submission::broadcast("did:firefly:org/acme", "0x9f3b").build()?;
    /// block_on(engine.stage(order))?;
    /// let mut events = engine.subscribe(0);
    /// let staged = block_on(events.next())?;
    /// assert_eq!((staged.sequence, staged.command.as_str()), (1, "stage"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn subscribe(&self, from: u64) -> Subscription {
        self.subscribe_only(Filter::new(), from)
    }

    /// The same for the events that a filter takes, of messages of the engine's namespace.
    ///
    /// With a [`cursor`](Self::cursor) a consumer that comes and goes handles each of them at least once:
    ///
    /// ```
    /// # use lampyris::{Filter, Lampyris, Submission, block_on};
    /// # let dir = tempfile::tempdir()?;
    /// # let engine = Lampyris::open(dir.path())?;
    /// # block_on(engine.stage(Submission::broadcast("did:firefly:org/acme", "0x9f3b").build()?))?;
    /// let mut cursor = engine.cursor("billing")?;
    /// let mut events = engine.subscribe_only(Filter::new().event("staged"), cursor.position());
    /// let staged = block_on(events.next())?;
    /// // Handle it, and only then:
    /// cursor.acknowledge(staged.sequence)?;
    /// assert_eq!(cursor.position(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn subscribe_only(&self, filter: Filter, from: u64) -> Subscription {
        let (feed, namespace) = (Arc::clone(&self.engine.feed), Arc::clone(&self.engine.namespace));
        let follower = self.engine.log.follow_only(filter, from);
        Subscription { follower, feed, namespace, held: None }
    }

    /// Opens the cursor of this name, which says durably where a consumer stands, and makes one if there is none.
    ///
    /// # Errors
    /// [`CursorError`] if another consumer has it, or it is damaged; see [`Log::cursor`](lampyris_log::Log::cursor).
    pub fn cursor(&self, name: &str) -> Result<Cursor, CursorError> {
        self.engine.log.cursor(name)
    }

    /// The cursors there are.
    ///
    /// # Errors
    /// [`CursorError`] if their folder cannot be read.
    pub fn cursors(&self) -> Result<Vec<Standing>, CursorError> {
        self.engine.log.cursors()
    }

    /// Removes a cursor that nobody has open, a damaged one too; returns whether there was one.
    ///
    /// # Errors
    /// [`CursorError`] if it is open, or cannot be removed.
    pub fn remove_cursor(&self, name: &str) -> Result<bool, CursorError> {
        self.engine.log.remove_cursor(name)
    }
}

impl Subscription {
    /// The next event; waits until there is one. Dropping the future loses nothing.
    ///
    /// # Errors
    /// [`Error`] if the log cannot be read, or if all was read and the engine was closed or failed.
    pub async fn next(&mut self) -> Result<Entry, Error> {
        loop {
            let Some(record) = &self.held else {
                // The views show it first.
                self.feed.wait_for(self.follower.position().saturating_add(1)).await?;
                self.held = self.follower.step().await?;
                continue;
            };
            self.feed.wait_for(record.sequence.saturating_add(1)).await?;
            if let Some(entry) = self.take() {
                return entry;
            }
        }
    }

    /// The next event, if there is one already.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub fn try_next(&mut self) -> Result<Option<Entry>, Error> {
        loop {
            if self.held.is_none() && self.follower.position() < self.feed.shown() {
                self.held = self.follower.try_next()?;
            }
            let shown = self.feed.shown();
            if self.held.as_ref().is_none_or(|record| record.sequence >= shown) {
                return Ok(None);
            }
            if let Some(entry) = self.take() {
                return entry.map(Some);
            }
        }
    }

    /// The sequence to begin at for who goes on later: every event that is asked for and stands before it was handed
    /// out.
    pub fn position(&self) -> u64 {
        self.held.as_ref().map_or_else(|| self.follower.position(), |record| record.sequence)
    }

    /// What is held, if it is an event of a message of the namespace.
    fn take(&mut self) -> Option<Result<Entry, Error>> {
        let record = self.held.take().filter(|record| record.namespace == *self.namespace)?;
        record::message_id(&record.borrow()).map(|id| entry(id, record))
    }
}
