//! The thread that signs a running log as it grows.
//! It never appends, and never keeps the log from being closed.

use super::cadence::{Due, Mark};
use super::{Cadence, CheckpointError, Checkpoints, Growth, Rooted};
use crate::clock::Clock;
use lampyris_evidence::key::SigningKey;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// Signs a log as it grows, until it is dropped or the log is closed; then it signs what is left, once.
/// After a failure it signs nothing more, and says so.
///
/// As long as it works it keeps the log's directory locked, also after the log itself was dropped.
#[derive(Debug)]
pub struct Checkpointer {
    told: Arc<Told>,
    growth: Arc<Growth>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Told {
    stop: AtomicBool,
    failure: Mutex<Option<Arc<CheckpointError>>>,
}

/// What the thread asks of a log.
pub(crate) trait Growing: Rooted + Send + Sync + 'static {
    fn checkpoints(&self) -> &Checkpoints;
    fn growth(&self) -> &Arc<Growth>;
    fn clock(&self) -> &dyn Clock;
}

impl Checkpointer {
    /// Starts the thread.
    pub(crate) fn start(
        log: Arc<impl Growing>,
        key: SigningKey,
        cadence: Cadence,
    ) -> std::io::Result<Checkpointer> {
        let told = Arc::new(Told::default());
        let growth = Arc::clone(log.growth());
        // The first period begins here, however late the thread does.
        let signed = Mark { size: log.checkpoints().signed(), time: log.clock().now_ns() };
        let thread = std::thread::Builder::new().name("log-checkpointer".to_owned());
        let thread = {
            let told = Arc::clone(&told);
            thread.spawn(move || {
                if let Err(error) = told.work(log.as_ref(), &key, cadence, signed) {
                    let error = Arc::new(error);
                    *told.failure.lock() = Some(Arc::clone(&error));
                    tracing::error!(%error, "no checkpoint is signed any more");
                }
            })?
        };
        Ok(Checkpointer { told, growth, thread: Some(thread) })
    }

    /// Why it stopped signing, if it did.
    pub fn failure(&self) -> Option<Arc<CheckpointError>> {
        self.told.failure.lock().clone()
    }

    /// Signs what is left, and ends.
    ///
    /// # Errors
    /// The failure after which it signed nothing more.
    pub fn stop(mut self) -> Result<(), Arc<CheckpointError>> {
        self.end();
        self.failure().map_or(Ok(()), Err)
    }

    fn end(&mut self) {
        self.told.stop.store(true, Ordering::SeqCst);
        self.growth.wake();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that signs checkpoints panicked");
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.end();
    }
}

impl Told {
    /// Signs when it is time, and what is left at the end.
    fn work(
        &self,
        log: &impl Growing,
        key: &SigningKey,
        cadence: Cadence,
        mut signed: Mark,
    ) -> Result<(), CheckpointError> {
        loop {
            // Invariant: looked at before the size, so that nothing is left behind.
            let is_last = self.stop.load(Ordering::SeqCst) || log.growth().has_ended();
            let now = Mark { size: log.head().size, time: log.clock().now_ns() };
            // A clock that was set back puts no checkpoint off by more than a period.
            signed.time = signed.time.min(now.time);
            match cadence.due(signed, now) {
                Due::Later { size, wait } if !is_last => {
                    let goes_on = || !self.stop.load(Ordering::SeqCst) && log.head().size < size;
                    log.growth().wait(size, wait, goes_on);
                }
                Due::Later { .. } if now.size == signed.size => return Ok(()),
                Due::Now | Due::Later { .. } => {
                    let note = log.checkpoints().sign(log, key)?;
                    if is_last {
                        // Others may append for ever; what was there when it was told to end is signed.
                        return Ok(());
                    }
                    signed = Mark { size: note.checkpoint().head.size, time: now.time };
                }
            }
        }
    }
}
