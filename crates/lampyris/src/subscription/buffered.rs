//! A subscription with a buffer: a thread reads ahead, so far and no farther, while the subscriber works.
//!
//! When the buffer is full the thread waits; the writer never does.

use std::future::poll_fn;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::task::Poll;
use std::thread::JoinHandle;

use lampyris_log::{Unavailable, block_on};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::Subscription;
use crate::error::Error;
use crate::reading::Entry;

/// A [`Subscription`] that is read ahead; see [`Subscription::buffered`].
#[derive(Debug)]
pub struct Buffered {
    /// Nothing once it is being dropped.
    entries: Option<Receiver<Result<Entry, Error>>>,
    thread: Option<JoinHandle<()>>,
    position: u64,
}

impl Subscription {
    /// Reads ahead on a thread of its own, up to `bound` events that nobody took yet, and one more that waits for
    /// room.
    ///
    /// # Errors
    /// [`Error`] if there is no thread to be had.
    pub fn buffered(self, bound: NonZeroUsize) -> Result<Buffered, Error> {
        let position = self.position();
        let (sender, entries) = channel(bound.get());
        let thread = std::thread::Builder::new().name("lampyris-subscription".into());
        let thread = thread.spawn(move || block_on(read_ahead(self, sender)));
        let failed = |source| Unavailable::Io {
            operation: "start a thread for",
            path: "a subscription".into(),
            source,
        };
        let thread = Some(thread.map_err(failed)?);
        Ok(Buffered { entries: Some(entries), thread, position })
    }
}

impl Buffered {
    /// The next event; waits until there is one. Dropping the future loses nothing.
    ///
    /// # Errors
    /// As [`Subscription::next`]; after an error the subscription has ended.
    pub async fn next(&mut self) -> Result<Entry, Error> {
        let next = match &mut self.entries {
            Some(entries) => entries.recv().await,
            None => None,
        };
        self.handed(next.unwrap_or_else(|| Err(Unavailable::Closed.into())))
    }

    /// The next event, if it is in the buffer already.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub fn try_next(&mut self) -> Result<Option<Entry>, Error> {
        let next = self.entries.as_mut().and_then(|entries| entries.try_recv().ok());
        next.map(|next| self.handed(next)).transpose()
    }

    /// How many events wait in the buffer: at most its bound.
    pub fn waiting(&self) -> usize {
        self.entries.as_ref().map_or(0, Receiver::len)
    }

    /// The sequence to begin at for who goes on later.
    pub fn position(&self) -> u64 {
        self.position
    }

    fn handed(&mut self, next: Result<Entry, Error>) -> Result<Entry, Error> {
        next.inspect(|entry| self.position = entry.sequence.saturating_add(1))
    }
}

impl Drop for Buffered {
    fn drop(&mut self) {
        drop(self.entries.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of a subscription panicked");
        }
    }
}

/// Fills the buffer until nobody takes from it any more, or there is nothing more to come.
async fn read_ahead(mut subscription: Subscription, sender: Sender<Result<Entry, Error>>) {
    loop {
        let next = {
            let (mut next, mut closed) = (pin!(subscription.next()), pin!(sender.closed()));
            poll_fn(|context| match closed.as_mut().poll(context) {
                Poll::Ready(()) => Poll::Ready(None),
                Poll::Pending => next.as_mut().poll(context).map(Some),
            })
            .await
        };
        let Some(next) = next else { return };
        let ended = next.is_err();
        if sender.send(next).await.is_err() || ended {
            return;
        }
    }
}
