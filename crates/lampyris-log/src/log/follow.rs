//! Following: every record from a sequence on, then those that come, without a gap and without a repeat.
//! A follower reads from the store at its own pace; all it shares with the writer is the number of records.

use super::read::Cursor;
use super::{Log, Shared};
use crate::error::ReadError;
use crate::filter::Filter;
use crate::record::Record;
use crate::verify::VerifiedRecord;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::task::Poll;
use tokio::sync::watch;

/// Reads a log on and on; see [`Log::follow`].
#[derive(Debug)]
pub struct Follower {
    shared: Arc<Shared>,
    size: watch::Receiver<u64>,
    cursor: Cursor,
    filter: Filter,
    /// Records that were read and not handed out.
    read: VecDeque<Record>,
}

impl Log {
    /// Follows the log from a sequence on. Where a reader stands is the reader's to remember.
    ///
    /// A follower keeps the store open, and so locked, until it is dropped.
    pub fn follow(&self, from: u64) -> Follower {
        self.follow_only(Filter::new(), from)
    }

    /// The same for the records that a filter takes; the others are read and checked, and not handed out.
    pub fn follow_only(&self, filter: Filter, from: u64) -> Follower {
        Follower {
            shared: Arc::clone(&self.shared),
            size: self.shared.size.subscribe(),
            cursor: Cursor::part(from),
            filter,
            read: VecDeque::new(),
        }
    }
}

impl Follower {
    /// The next record; waits until there is one. Dropping the future loses nothing.
    ///
    /// # Errors
    /// [`ReadError`] if the record cannot be read or breaks a rule.
    pub async fn next(&mut self) -> Result<Record, ReadError> {
        loop {
            if let Some(record) = self.step().await? {
                return Ok(record);
            }
        }
    }

    /// The next record, if there is one already.
    ///
    /// # Errors
    /// As [`Follower::next`].
    pub fn try_next(&mut self) -> Result<Option<Record>, ReadError> {
        while self.read.is_empty() && self.cursor.next < *self.size.borrow() {
            self.read_frame()?;
        }
        Ok(self.read.pop_front())
    }

    /// The next record, or nothing if the filter took none of the next frame; waits until there is something to
    /// read. Others of this thread have a turn after a frame of which nothing is wanted.
    ///
    /// # Errors
    /// As [`Follower::next`].
    pub async fn step(&mut self) -> Result<Option<Record>, ReadError> {
        if self.read.is_empty() {
            self.wait().await;
            self.read_frame()?;
            if self.read.is_empty() {
                pause().await;
            }
        }
        Ok(self.read.pop_front())
    }

    /// Hands out the records of the next frame, without copying them; waits until there is one.
    /// Records that [`Follower::next`] read ahead are not repeated: use one of the two.
    ///
    /// # Errors
    /// As [`Follower::next`].
    pub async fn next_frame(
        &mut self,
        visit: impl FnMut(&VerifiedRecord<'_>),
    ) -> Result<(), ReadError> {
        self.wait().await;
        self.take_frame(visit)
    }

    /// The sequence to begin at for who goes on later: no record that the filter takes stands before it which was
    /// not handed out.
    pub fn position(&self) -> u64 {
        self.read.front().map_or(self.cursor.next, |record| record.sequence)
    }

    /// Waits until there is something to read.
    async fn wait(&mut self) {
        let next = self.cursor.next;
        // The sender lives in `shared`.
        drop(self.size.wait_for(|size| *size > next).await);
    }

    /// Reads the next frame of what is there.
    fn read_frame(&mut self) -> Result<(), ReadError> {
        let mut read = std::mem::take(&mut self.read);
        let taken = self.take_frame(|record| read.push_back(record.record.to_record()));
        self.read = read;
        taken
    }

    fn take_frame(&mut self, mut visit: impl FnMut(&VerifiedRecord<'_>)) -> Result<(), ReadError> {
        let end = *self.size.borrow();
        let filter = &self.filter;
        let visit = |record: &VerifiedRecord<'_>| {
            if filter.takes(&record.record) {
                visit(record);
            }
            ControlFlow::Continue(())
        };
        self.cursor.next_frame(&self.shared, end, visit).map(drop)
    }
}

/// Lets others of this thread run.
async fn pause() {
    let mut paused = false;
    poll_fn(|context| {
        if std::mem::replace(&mut paused, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
