//! A request that was decided on: its outcome comes once all that it was judged by is durable.
//! Dropping it takes nothing back.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use lampyris_log::AppendFuture;
use lampyris_message::MessageId;

use crate::engine::Engine;
use crate::error::Error;
use crate::outcome::{Accepted, Outcome, Refused};

/// The future outcome of a request; see [`Lampyris::enqueue`](crate::Lampyris::enqueue).
#[must_use = "what was decided is known to be durable once this says so"]
pub struct Pending {
    engine: Arc<Engine>,
    span: tracing::Span,
    id: MessageId,
    /// Nothing once it was given.
    outcome: Option<Outcome>,
    /// What must become durable first.
    wait: Option<Wait>,
}

/// What an outcome waits for.
#[derive(Debug)]
pub(crate) enum Wait {
    /// Its own events, the first of which is to have this sequence.
    Append(AppendFuture, u64),
    /// All that was queued before.
    Settled(AppendFuture),
}

impl Pending {
    pub(crate) fn new(
        engine: &Arc<Engine>,
        span: tracing::Span,
        outcome: Outcome,
        wait: Option<Wait>,
    ) -> Self {
        let (engine, id) = (Arc::clone(engine), outcome.id());
        Self { engine, span, id, outcome: Some(outcome), wait }
    }

    /// The message that the outcome is about.
    pub fn id(&self) -> MessageId {
        self.id
    }

    /// The outcome, now that its wait is over.
    fn finish(&mut self, end: u64, sequence: Option<u64>) -> Result<Outcome, Error> {
        let Some(mut outcome) = self.outcome.take() else {
            return Err(lampyris_log::Unavailable::Closed.into());
        };
        match &mut outcome {
            Outcome::Accepted(Accepted { sequence: own, position, .. }) => {
                (*own, *position) = (sequence, end);
            }
            Outcome::Refused(refused) => {
                let Refused { noted, position, .. } = &mut **refused;
                (*noted, *position) = (sequence, end);
            }
        }
        tracing::debug!(parent: &self.span, position = end, "durable");
        Ok(outcome)
    }
}

impl Future for Pending {
    type Output = Result<Outcome, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let answered = match &mut this.wait {
            None => {
                let position = this.engine.position();
                return Poll::Ready(this.finish(position, None));
            }
            Some(Wait::Append(future, _) | Wait::Settled(future)) => Pin::new(future).poll(context),
        };
        let Poll::Ready(answered) = answered else { return Poll::Pending };
        let wait = this.wait.take();
        Poll::Ready(match (answered, wait) {
            (Ok(appended), Some(Wait::Append(_, first))) if appended.sequences.start != first => {
                Err(this.engine.misplaced(first, appended.sequences.start))
            }
            (Ok(appended), Some(Wait::Append(..))) => {
                let end = appended.sequences.end;
                this.finish(end, end.checked_sub(1))
            }
            (Ok(appended), Some(Wait::Settled(_)) | None) => {
                this.finish(appended.sequences.end, None)
            }
            (Err(error), Some(Wait::Append(..))) => Err(this.engine.lost(error)),
            (Err(error), _) => Err(this.engine.not_kept(this.id, error)),
        })
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending").field("id", &self.id).finish_non_exhaustive()
    }
}
