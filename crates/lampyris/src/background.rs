//! Verifying, while an engine runs, what it took from a snapshot when it was opened.
//!
//! It reads and never appends, and ends with its engine at the latest.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use crate::engine::Engine;

/// The thread; whoever drops it waits until it holds the log no more.
#[derive(Debug)]
pub(crate) struct Background(Option<JoinHandle<()>>);

impl Background {
    /// Starts to verify the whole log of an engine, which decides nothing more if that fails.
    pub(crate) fn start(engine: &Arc<Engine>) -> io::Result<Self> {
        let (log, engine) = (engine.log.reading(), Arc::downgrade(engine));
        let work = move || {
            let is_wanted = |_| {
                let goes_on = engine.strong_count() > 0;
                if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            };
            match log.verify_whole(is_wanted) {
                Ok(size) => tracing::info!(size, "the log was verified"),
                Err(error) => {
                    tracing::error!(%error, "the log does not verify");
                    if let Some(engine) = engine.upgrade() {
                        engine.fail(error.to_string());
                    }
                }
            }
        };
        let thread = thread::Builder::new().name("lampyris-verify".to_owned());
        Ok(Self(Some(thread.spawn(work)?)))
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // The thread may be the last to hold its engine.
        let other = self.0.take().filter(|it| it.thread().id() != thread::current().id());
        if other.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that verifies the log panicked");
        }
    }
}
