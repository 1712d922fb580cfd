//! Subscriptions: every event of the namespace from a position on, and then those that come.
//!
//! No gap and no repeat; where a subscriber stands is its own to remember, and a slow one holds nobody up.

use std::sync::Arc;

use lampyris_log::Follower;
use lampyris_projection::record;

use crate::Lampyris;
use crate::error::Error;
use crate::feed::Feed;
use crate::reading::{Entry, entry};

/// Events in the order of the log; see [`Lampyris::subscribe`].
#[derive(Debug)]
pub struct Subscription {
    follower: Follower,
    feed: Arc<Feed>,
    namespace: Arc<str>,
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
        let (feed, namespace) = (Arc::clone(&self.engine.feed), Arc::clone(&self.engine.namespace));
        Subscription { follower: self.engine.log.follow(from), feed, namespace }
    }
}

impl Subscription {
    /// The next event; waits until there is one. Dropping the future loses nothing.
    ///
    /// # Errors
    /// [`Error`] if the log cannot be read, or if all was read and the engine was closed or failed.
    pub async fn next(&mut self) -> Result<Entry, Error> {
        loop {
            self.feed.wait_for(self.follower.position().saturating_add(1)).await?;
            let record = self.follower.next().await?;
            if record.namespace == *self.namespace
                && let Some(id) = record::message_id(&record.borrow())
            {
                return entry(id, record);
            }
        }
    }

    /// The next event, if there is one already.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub fn try_next(&mut self) -> Result<Option<Entry>, Error> {
        // The views show it first, as for `next`.
        while self.follower.position() < self.feed.shown()
            && let Some(record) = self.follower.try_next()?
        {
            if record.namespace == *self.namespace
                && let Some(id) = record::message_id(&record.borrow())
            {
                return entry(id, record).map(Some);
            }
        }
        Ok(None)
    }

    /// The sequence that it will look at next.
    pub fn position(&self) -> u64 {
        self.follower.position()
    }
}
