//! Verifying, while an engine runs, what it took from a snapshot when it was opened.
//!
//! It reads and never appends, and ends with its engine at the latest.

use std::collections::HashMap;
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use lampyris_log::snapshot::{Consumer, content_hash};
use lampyris_log::{Broken, Log, ReadError, Reverify};
use lampyris_message::MessageId;
use lampyris_projection::{StoredViews, Views};

use crate::engine::Engine;
use crate::error::EngineOpenError;
use crate::known::Known;
use crate::opening::Opening;

/// The thread; whoever drops it waits until it holds the log no more.
#[derive(Debug)]
pub(crate) struct Background(Option<JoinHandle<()>>);

/// What an engine began with.
struct Begun {
    log: Log,
    namespace: Arc<str>,
    records: Reverify,
    views: StoredViews,
    open: HashMap<MessageId, Known>,
}

/// What was found.
#[derive(Debug, thiserror::Error)]
enum Damage {
    /// The records, or what the log made of them.
    #[error(transparent)]
    Log(#[from] ReadError),
    /// What the records tell.
    #[error(transparent)]
    Told(#[from] EngineOpenError),
}

impl Background {
    /// Starts to verify the whole log of an engine that was asked nothing yet, and what it began with. If that fails
    /// it decides nothing more, and the next one reads the whole log.
    pub(crate) fn start(engine: &Arc<Engine>) -> io::Result<Self> {
        let (begun, engine) = (Begun::of(engine), Arc::downgrade(engine));
        let work = move || {
            let is_wanted = || engine.strong_count() > 0;
            match begun.verify(is_wanted) {
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

impl Begun {
    fn of(engine: &Engine) -> Self {
        let open = engine.decider.lock();
        let open = open.open_messages().map(|(id, known)| (id, known.clone())).collect();
        Self {
            log: engine.log.reading(),
            namespace: Arc::clone(&engine.namespace),
            records: engine.log.reverify(),
            views: engine.live().read(Views::cut),
            open,
        }
    }

    /// Reads and judges the whole log, unless nobody wants it any more, and compares what it leads to. Returns how many records were read.
    fn verify(self, is_wanted: impl Fn() -> bool + Sync) -> Result<u64, Damage> {
        let Self { log, namespace, records, views, open } = self;
        let (size, mut opening) = (records.head().size, Opening::new(&namespace));
        let read = records.run(|record| {
            opening.take(record, ());
            if is_wanted() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        if read < size {
            return Ok(read);
        }
        let compared =
            opening.finish(&log, 0).map_err(Damage::from).and_then(|(decider, mut found)| {
                found.reach(size);
                let differs = views_differ(&views, &found);
                let differs = differs.or_else(|| open_differ(&open, decider.open_messages()));
                let lied = |what| ReadError::from(Broken::SnapshotLied { size, what }).into();
                differs.map_or(Ok(size), |what| Err(lied(what)))
            });
        if compared.is_err() {
            log.distrust_snapshot();
        }
        compared
    }
}

/// Says so if views are not those that the records lead to.
fn views_differ(held: &StoredViews, found: &Views) -> Option<String> {
    let same = content_hash(held) == content_hash(&found.cut());
    (!same).then(|| "the views of messages differ".to_owned())
}

/// Names the first message, by its id, that is not open as it was taken to be. Since when it waits is not compared.
fn open_differ<'f>(
    held: &HashMap<MessageId, Known>,
    found: impl Iterator<Item = (MessageId, &'f Known)>,
) -> Option<String> {
    let mut found: HashMap<MessageId, &Known> = found.collect();
    let same = |held: &Known, found: &Known| {
        held.last == found.last && held.state == found.state && held.gap_fill == found.gap_fill
    };
    let mut differs: Vec<MessageId> = Vec::new();
    for (id, held) in held {
        if !found.remove(id).is_some_and(|found| same(held, found)) {
            differs.push(*id);
        }
    }
    let first = differs.into_iter().chain(found.into_keys()).min()?;
    Some(format!("message {first} is not open as it says"))
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

#[cfg(test)]
mod tests;
