//! The future of an append: prepared by its caller, queued as soon as there is room, answered once durable.
//! Dropping it cancels nothing that was queued.

use super::pipeline::{Pipeline, Reply, Ticket};
use super::{Log, Shared};
use crate::append::{Append, Appended};
use crate::block_on::block_on;
use crate::error::{AppendError, Refused, Unavailable};
use crate::limits::MAX_RAW_BYTES;
use crate::request::{Keys, Request};
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// What becomes of an append; see [`Log::append`].
#[must_use = "an append is known to be kept once its future says so"]
pub struct AppendFuture {
    shared: Arc<Shared>,
    append: Arc<Append>,
    state: State,
}

enum State {
    /// Waits for room in the queue.
    Waiting {
        keys: Keys,
        pipeline: Arc<Pipeline>,
        bytes: usize,
        door: Option<Door>,
    },
    Queued(oneshot::Receiver<Reply>),
    Done(Option<Result<Appended, AppendError>>),
}

type Door = Pin<Box<dyn Future<Output = Option<OwnedSemaphorePermit>> + Send + Sync>>;

/// Room in the queue, taken before it is known what for: whoever decides under a lock must not wait there.
#[derive(Debug)]
pub struct Room {
    permit: OwnedSemaphorePermit,
    bytes: usize,
}

impl Room {
    pub(super) async fn take(log: &Log, bytes: usize) -> Result<Room, AppendError> {
        let Some(pipeline) = &log.writer else { return Err(Refused::ReadOnly.into()) };
        let bytes = bytes.min(MAX_RAW_BYTES);
        let (room, units) = pipeline.room(bytes);
        let permit = room.acquire_many_owned(units).await.map_err(|_| Unavailable::Closed)?;
        Ok(Room { permit, bytes })
    }
}

impl AppendFuture {
    pub(super) fn new(log: &Log, append: Append) -> AppendFuture {
        let shared = Arc::clone(&log.shared);
        let state = match (append.measure(), &log.writer) {
            (_, None) => return AppendFuture::refused(log, append, Refused::ReadOnly),
            (Err(refused), Some(_)) => return AppendFuture::refused(log, append, refused),
            (Ok(bytes), Some(pipeline)) => waiting(&shared, &append, pipeline, bytes),
        };
        let mut future = AppendFuture { shared, append: Arc::new(append), state };
        future.queue_now();
        future
    }

    pub(super) fn in_room(log: &Log, room: Room, append: Append) -> AppendFuture {
        let fits = append.measure().and_then(|bytes| {
            let limit = room.bytes;
            let too_large = Refused::TooLarge { what: "append for its room", bytes, limit };
            if bytes <= limit { Ok(()) } else { Err(too_large) }
        });
        match fits {
            Ok(()) => AppendFuture::queued(log, append, Some(room.permit)),
            Err(refused) => AppendFuture::refused(log, append, refused),
        }
    }

    /// An append of nothing, which is answered when all before it are.
    pub(super) fn settled(log: &Log, room: Option<Room>) -> AppendFuture {
        let permit = room.map(|room| room.permit);
        AppendFuture::queued(log, Append::new([0; 16], "", "", ""), permit)
    }

    fn queued(log: &Log, append: Append, permit: Option<OwnedSemaphorePermit>) -> AppendFuture {
        let Some(pipeline) = &log.writer else {
            return AppendFuture::refused(log, append, Refused::ReadOnly);
        };
        let shared = Arc::clone(&log.shared);
        let state = waiting(&shared, &append, pipeline, 0);
        let mut future = AppendFuture { shared, append: Arc::new(append), state };
        future.queue(permit);
        future
    }

    fn refused(log: &Log, append: Append, refused: Refused) -> AppendFuture {
        let (shared, append) = (Arc::clone(&log.shared), Arc::new(append));
        AppendFuture { shared, append, state: State::Done(Some(Err(refused.into()))) }
    }

    /// An append of the log itself, which a caller's check would refuse.
    pub(super) fn own(
        shared: &Arc<Shared>,
        pipeline: &Arc<Pipeline>,
        append: Append,
    ) -> Result<AppendFuture, Refused> {
        let bytes = append.check_parts()?;
        let state = waiting(shared, &append, pipeline, bytes);
        Ok(AppendFuture { shared: Arc::clone(shared), append: Arc::new(append), state })
    }

    /// Waits for the answer, without a runtime.
    ///
    /// # Errors
    /// As [`Log::append`].
    pub fn wait(self) -> Result<Appended, AppendError> {
        block_on(self)
    }

    /// Whether the append is past the queue's door, or was refused before it.
    pub fn is_queued(&self) -> bool {
        !matches!(self.state, State::Waiting { .. })
    }

    /// Whether the append was refused or failed before it could be queued: the log will never hold it.
    pub fn has_failed(&self) -> bool {
        matches!(self.state, State::Done(Some(Err(_))))
    }

    /// Queues the append if there is room now.
    pub(super) fn queue_now(&mut self) {
        if let State::Waiting { pipeline, bytes, door: None, .. } = &self.state {
            let (room, units) = pipeline.room(*bytes);
            if let Ok(permit) = room.try_acquire_many_owned(units) {
                self.queue(Some(permit));
            }
        }
    }

    /// Queues the append; what has no room of its own takes up none.
    fn queue(&mut self, room: Option<OwnedSemaphorePermit>) {
        let state = std::mem::replace(&mut self.state, State::Done(None));
        let State::Waiting { keys, pipeline, .. } = state else {
            self.state = state;
            return;
        };
        let (reply, answer) = oneshot::channel();
        let ticket = Ticket { reply, _room: room };
        let request = Request { append: Arc::clone(&self.append), keys, ticket };
        self.state = match pipeline.queue(request) {
            Ok(()) => State::Queued(answer),
            Err(error) => State::Done(Some(Err(error.into()))),
        };
    }
}

fn waiting(shared: &Shared, append: &Append, pipeline: &Arc<Pipeline>, bytes: usize) -> State {
    let keys = Keys::of(append, &shared.secret);
    State::Waiting { keys, pipeline: Arc::clone(pipeline), bytes, door: None }
}

impl Future for AppendFuture {
    type Output = Result<Appended, AppendError>;

    /// # Panics
    /// If polled again after it answered.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match &mut self.state {
                State::Waiting { pipeline, bytes, door, .. } => {
                    let (semaphore, units) = pipeline.room(*bytes);
                    let door = door.get_or_insert_with(|| {
                        Box::pin(async move { semaphore.acquire_many_owned(units).await.ok() })
                    });
                    match door.as_mut().poll(context) {
                        Poll::Pending => return Poll::Pending,
                        Poll::Ready(Some(permit)) => self.queue(Some(permit)),
                        Poll::Ready(None) => {
                            self.state = State::Done(Some(Err(Unavailable::Closed.into())));
                        }
                    }
                }
                State::Queued(answer) => {
                    let reply = match Pin::new(answer).poll(context) {
                        Poll::Pending => return Poll::Pending,
                        Poll::Ready(Ok(reply)) => reply,
                        // The thread that should have answered is gone.
                        Poll::Ready(Err(_)) => Err(Unavailable::Closed.into()),
                    };
                    self.state = State::Done(None);
                    return Poll::Ready(
                        reply.and_then(|verdict| self.shared.resolve(&self.append, verdict)),
                    );
                }
                State::Done(result) => match result.take() {
                    Some(result) => return Poll::Ready(result),
                    None => panic!("polled after it answered"),
                },
            }
        }
    }
}

impl fmt::Debug for AppendFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppendFuture")
            .field("id", &self.append.id)
            .field("queued", &self.is_queued())
            .finish_non_exhaustive()
    }
}
