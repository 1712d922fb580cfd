//! Following: every record from a sequence on, then those that come, without a gap and without a repeat.
//! A follower reads from the store at its own pace; all it shares with the writer is the number of records.

use super::read::Cursor;
use super::{Log, Shared};
use crate::block_on::block_on;
use crate::error::ReadError;
use crate::record::Record;
use crate::verify::VerifiedRecord;
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;
use tokio::sync::watch;

/// Reads a log on and on; see [`Log::follow`].
#[derive(Debug)]
pub struct Follower {
    shared: Arc<Shared>,
    size: watch::Receiver<u64>,
    cursor: Cursor,
    /// Records that were read and not handed out.
    read: VecDeque<Record>,
}

impl Log {
    /// Follows the log from a sequence on. Where a reader stands is the reader's to remember.
    ///
    /// A follower keeps the store open, and so locked, until it is dropped.
    pub fn follow(&self, from: u64) -> Follower {
        Follower {
            shared: Arc::clone(&self.shared),
            size: self.shared.size.subscribe(),
            cursor: Cursor::part(from),
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
            if let Some(record) = self.read.pop_front() {
                return Ok(record);
            }
            self.wait().await;
            let mut read = std::mem::take(&mut self.read);
            self.take_frame(|record| read.push_back(record.record.to_record()))?;
            self.read = read;
        }
    }

    /// The next record, if there is one already.
    ///
    /// # Errors
    /// As [`Follower::next`].
    pub fn try_next(&mut self) -> Result<Option<Record>, ReadError> {
        if self.read.is_empty() && self.cursor.next < *self.size.borrow() {
            return block_on(self.next()).map(Some);
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

    /// Sequence of the next record that will be handed out.
    pub fn position(&self) -> u64 {
        self.cursor.next - self.read.len() as u64
    }

    /// Waits until there is something to read.
    async fn wait(&mut self) {
        let next = self.cursor.next;
        // The sender lives in `shared`.
        drop(self.size.wait_for(|size| *size > next).await);
    }

    fn take_frame(&mut self, mut visit: impl FnMut(&VerifiedRecord<'_>)) -> Result<(), ReadError> {
        let end = *self.size.borrow();
        let visit = |record: &VerifiedRecord<'_>| {
            visit(record);
            ControlFlow::Continue(())
        };
        self.cursor.next_frame(&self.shared, end, visit).map(drop)
    }
}
