//! The handle of an engine: what an orchestrator calls.

use std::path::Path;
use std::sync::Arc;

use lampyris_log::{Head, SignedCheckpoint, SigningKey};
use lampyris_message::event::Parent;
use lampyris_message::{BatchId, MessageId};

use crate::builder::Builder;
use crate::engine::Engine;
use crate::error::{EngineOpenError, Error};
use crate::outcome::Outcome;
use crate::pending::Pending;
use crate::request::{
    Arrival, Cancellation, Confirmation, Evidence, LedgerPin, Rejection, Request, Seal,
};
use crate::submission::Submission;

/// An open engine. Clones are handles of the same one; when the last is dropped, what is queued is made durable and
/// the log closed.
///
/// Every method that asks for something answers once all that the answer stands on is durable. A request that was
/// made is carried out even if its future is dropped after its first poll went through the queue's door; asking for
/// the same again is answered as before and appends nothing.
#[derive(Debug, Clone)]
pub struct Lampyris {
    pub(crate) engine: Arc<Engine>,
    pub(crate) actor: Arc<str>,
}

impl Lampyris {
    pub(crate) fn new(engine: Engine, actor: Arc<str>) -> Self {
        Self { engine: Arc::new(engine), actor }
    }

    /// Opens the engine on the log in a directory, and makes one if there is none.
    ///
    /// # Errors
    /// [`EngineOpenError`] names what is in the way. The log is as it was.
    #[cfg(feature = "sled")]
    pub fn open(dir: impl AsRef<Path>) -> Result<Self, EngineOpenError> {
        Self::builder().open(dir)
    }

    /// Opens an engine otherwise than [`open`](Self::open) does.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The same engine for someone else: what this handle asks for is recorded as asked by `actor`.
    #[must_use]
    pub fn with_actor(&self, actor: impl Into<Arc<str>>) -> Self {
        Self { engine: Arc::clone(&self.engine), actor: actor.into() }
    }

    /// Makes a request and waits for its outcome.
    ///
    /// # Errors
    /// [`Error`] if it cannot be decided on or not be kept; a refusal is an outcome.
    pub async fn submit(&self, request: Request) -> Result<Outcome, Error> {
        self.enqueue(request).await?.await
    }

    /// Makes a request and returns as soon as it is decided on and queued; the outcome follows when it is durable.
    /// Requests are decided on in the order of these calls if each is awaited before the next.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub async fn enqueue(&self, request: Request) -> Result<Pending, Error> {
        self.engine.enqueue(&self.actor, request).await
    }

    /// Submits a local message.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub async fn stage(&self, submission: Submission) -> Result<Outcome, Error> {
        self.submit(Request::Stage(Box::new(submission))).await
    }

    /// Reports a message that came from the network.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub async fn receive(&self, arrival: Arrival) -> Result<Outcome, Error> {
        self.submit(Request::Receive(Box::new(arrival))).await
    }

    /// Takes a message in as evidence of what another source says.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub async fn import(&self, evidence: Evidence) -> Result<Outcome, Error> {
        self.submit(Request::Import(Box::new(evidence))).await
    }

    /// Reports that what a message waited for arrived.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub async fn release(&self, id: MessageId, parent: Option<Parent>) -> Result<Outcome, Error> {
        self.submit(Request::Release(id, parent)).await
    }

    /// Reports that a message was put into a batch.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub async fn seal(&self, id: MessageId, seal: Seal) -> Result<Outcome, Error> {
        self.submit(Request::Seal(id, seal)).await
    }

    /// Reports that a message was handed over for delivery with its batch.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub async fn dispatched(&self, id: MessageId, batch: BatchId) -> Result<Outcome, Error> {
        self.submit(Request::Dispatched(id, batch)).await
    }

    /// Reports that a pin of a message was seen on the ledger.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub async fn sequence(&self, id: MessageId, pin: LedgerPin) -> Result<Outcome, Error> {
        self.submit(Request::Sequence(id, pin)).await
    }

    /// Reports that a message is confirmed.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub async fn confirm(
        &self,
        id: MessageId,
        confirmation: Confirmation,
    ) -> Result<Outcome, Error> {
        self.submit(Request::Confirm(id, confirmation)).await
    }

    /// Reports that a message is rejected.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub async fn reject(&self, id: MessageId, rejection: Rejection) -> Result<Outcome, Error> {
        self.submit(Request::Reject(id, rejection)).await
    }

    /// Gives a message up.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub async fn cancel(
        &self,
        id: MessageId,
        cancellation: Cancellation,
    ) -> Result<Outcome, Error> {
        self.submit(Request::Cancel(id, cancellation)).await
    }

    /// The FireFly namespace that the engine serves.
    pub fn namespace(&self) -> &str {
        &self.engine.namespace
    }

    /// Size and root of what is durable.
    pub fn head(&self) -> Head {
        self.engine.log.head()
    }

    /// The log's id.
    pub fn log_id(&self) -> [u8; 16] {
        self.engine.log.log_id()
    }

    /// Signs what is durable now; the same head is signed once.
    ///
    /// It writes to the disk and waits for it.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] if the key is not named as the log, or the checkpoint cannot be kept.
    pub fn checkpoint(&self, key: &SigningKey) -> Result<SignedCheckpoint, Error> {
        Ok(self.engine.log.checkpoint(key)?)
    }

    /// The newest checkpoint that was signed of this log.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] if it cannot be read.
    pub fn last_checkpoint(&self) -> Result<Option<SignedCheckpoint>, Error> {
        Ok(self.engine.log.last_checkpoint()?)
    }

    /// Sequence of the first record that was read and judged when the engine was opened: 0 if all were, else the size
    /// of the snapshot that it went on from.
    pub fn verified_from(&self) -> u64 {
        self.engine.log.verified_from()
    }

    /// Makes durable what is queued and takes no more requests, on any handle. Reading goes on, and who waits for more
    /// is told that nothing will come. The directory stays locked until the last handle, [`Pending`] and
    /// [`Subscription`](crate::Subscription) are dropped.
    ///
    /// # Errors
    /// [`Error`] if something that was queued could not be made durable, or the last checkpoint not be signed.
    pub async fn close(&self) -> Result<(), Error> {
        // What is queued is waited for here, so that ending the log's threads takes no time.
        let settled = self.engine.log.settled().await;
        let closed = self.engine.log.close();
        match settled {
            Ok(_)
            | Err(lampyris_log::AppendError::Unavailable(lampyris_log::Unavailable::Closed)) => {}
            Err(error) => tracing::warn!(%error, "the engine was closed after a failure"),
        }
        closed?;
        // The log is closed, so it signs what is left and ends.
        let checkpointer = self.engine.checkpointer.lock().take();
        checkpointer.map_or(Ok(()), |signs| signs.stop().map_err(Error::Checkpoint))
    }
}

const _: () = {
    const fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<Lampyris>();
    is_send_and_sync::<Pending>();
};
