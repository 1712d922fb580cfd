//! Opening an engine: the log is verified and every event of it judged, and then it goes on where it was.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use lampyris_log::limits::{ACTOR, NAMESPACE};
use lampyris_log::{
    Cadence, Clock, Log, Options, Rules, ShardLog, SigningKey, SystemClock, Verify,
};
use lampyris_message::Bytes32;
use lampyris_message::lifecycle::rules;
use parking_lot::Mutex;
use tokio::sync::RwLock;

use crate::Lampyris;
use crate::background::Background;
use crate::decider::WARM;
use crate::engine::Engine;
use crate::erasure::finish_erasures;
use crate::error::EngineOpenError;
use crate::feed::Feed;
use crate::ids::{IdSource, RandomIds};
use crate::opening::Opening;

/// How to open an engine; every part has a default.
#[derive(Debug, Clone)]
pub struct Builder {
    namespace: Arc<str>,
    actor: Arc<str>,
    origin: Option<String>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    create: bool,
    recent_messages: usize,
    checkpoints: Option<(SigningKey, Cadence)>,
    verify: Verify,
    in_background: bool,
    snapshot_every: Option<u64>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            namespace: "default".into(),
            actor: "lampyris".into(),
            origin: None,
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds),
            create: true,
            recent_messages: WARM,
            checkpoints: None,
            verify: Verify::New,
            in_background: false,
            snapshot_every: None,
        }
    }
}

impl Builder {
    /// The FireFly namespace whose messages the engine serves, by this node's name for it; else `default`.
    #[must_use]
    pub fn namespace(self, namespace: impl Into<Arc<str>>) -> Self {
        Self { namespace: namespace.into(), ..self }
    }

    /// Who asks, as the records say it; else `lampyris`.
    #[must_use]
    pub fn actor(self, actor: impl Into<Arc<str>>) -> Self {
        Self { actor: actor.into(), ..self }
    }

    /// The name of a log that is made, for its checkpoints; else it is made from the log's id.
    #[must_use]
    pub fn origin(self, origin: impl Into<String>) -> Self {
        Self { origin: Some(origin.into()), ..self }
    }

    /// Another clock than the machine's.
    #[must_use]
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Other ids than random ones.
    #[must_use]
    pub fn ids(self, ids: Arc<dyn IdSource>) -> Self {
        Self { ids, ..self }
    }

    /// How many messages that are not open any more are kept at hand, so that a repeated report of one is answered
    /// without reading the log; else 16,384. Each takes some 400 bytes.
    #[must_use]
    pub fn recent_messages(self, recent_messages: usize) -> Self {
        Self { recent_messages, ..self }
    }

    /// Signs the log as it grows, and once more when the engine is closed. A log that is made takes its name from the
    /// key. `lampyris_log::key_file` reads a key from a file.
    #[must_use]
    pub fn checkpoints(self, key: SigningKey, cadence: Cadence) -> Self {
        Self { checkpoints: Some((key, cadence)), ..self }
    }

    /// How much of the log is verified, and judged, when it is opened; else what came after its snapshot. A log that
    /// has none that fits is read from its first record on in any case.
    #[must_use]
    pub fn verify(self, verify: Verify) -> Self {
        Self { verify, ..self }
    }

    /// Verifies and judges, on a thread of its own while the engine runs, what was not read because a snapshot was, and
    /// compares what it leads to with what the snapshot said. If that finds damage or a lie, the engine names it to
    /// whoever asks and decides nothing more, and the snapshot is removed: the next opening reads the whole log. It
    /// holds a second index, second views and a copy of the open messages until it is done.
    #[must_use]
    pub fn verify_in_background(self) -> Self {
        Self { in_background: true, ..self }
    }

    /// After how many new records the running engine writes a snapshot of what it holds, so that it is opened again
    /// without reading the records before: see [`Options::snapshot_every`]. `u64::MAX` writes none.
    #[must_use]
    pub fn snapshot_every(self, records: u64) -> Self {
        Self { snapshot_every: Some(records), ..self }
    }

    /// Opens only a log that is there.
    #[must_use]
    pub fn existing(self) -> Self {
        Self { create: false, ..self }
    }

    /// Opens the engine on the log in a directory, and makes one if there is none.
    ///
    /// It reads what came after the log's snapshot, or the whole log: use a thread that may block.
    ///
    /// # Errors
    /// [`EngineOpenError`] names what is in the way. The log is as it was.
    #[cfg(feature = "sled")]
    pub fn open(self, dir: impl AsRef<Path>) -> Result<Lampyris, EngineOpenError> {
        let dir = dir.as_ref();
        self.begin(|options, opening| Log::open_into(dir, options, |_| (), opening))
    }

    /// Opens the engine on the log in another store.
    ///
    /// # Errors
    /// As [`Builder::open`].
    pub fn open_on(self, shard: Arc<dyn ShardLog>) -> Result<Lampyris, EngineOpenError> {
        self.begin(move |options, opening| {
            Log::open_into_on(Arc::clone(&shard), options, |_| (), opening)
        })
    }

    pub(crate) fn begin(
        self,
        open: impl Fn(&Options, &mut Opening<'_>) -> Result<Log, lampyris_log::OpenError>,
    ) -> Result<Lampyris, EngineOpenError> {
        check("namespace", &self.namespace, NAMESPACE.max)?;
        check("actor", &self.actor, ACTOR.max)?;
        let feed = Arc::new(Feed::new(Arc::clone(&self.namespace)));
        let options = self.options(&feed);
        let mut opening = Opening::new(&self.namespace);
        let mut log = open(&options, &mut opening)?;
        let has_resumed = opening.has_resumed();
        let (decider, views) = match opening.finish(&log, self.recent_messages) {
            Err(error) if has_resumed => {
                tracing::warn!(%error, "the whole log is read, behind whose snapshot this was found");
                drop(log);
                let mut opening = Opening::new(&self.namespace);
                log = open(&options.verify(Verify::Whole), &mut opening)?;
                opening.finish(&log, self.recent_messages)?
            }
            finished => finished?,
        };
        finish_erasures(&log).map_err(|error| EngineOpenError::Erasure(Box::new(error)))?;
        let decider = Arc::new(Mutex::new(decider));
        feed.begin(views, Arc::clone(&decider), log.head().size);
        let every = |(key, cadence)| log.checkpoint_every(key, cadence);
        let checkpointer = self.checkpoints.map(every).transpose()?;
        let session = session(self.ids.draw(), log.head().size);
        let engine = Engine {
            log,
            namespace: self.namespace,
            feed,
            clock: self.clock,
            ids: self.ids,
            decider,
            failed: Mutex::default(),
            session,
            appends: AtomicU64::new(0),
            erasing: RwLock::default(),
            checkpointer: Mutex::new(checkpointer),
            background: Mutex::default(),
        };
        let engine = Lampyris::new(engine, self.actor);
        if self.in_background && engine.verified_from() > 0 {
            let started = Background::start(&engine.engine);
            let no_thread = |error| EngineOpenError::Views(format!("no thread to verify: {error}"));
            *engine.engine.background.lock() = Some(started.map_err(no_thread)?);
        }
        Ok(engine)
    }

    fn options(&self, feed: &Arc<Feed>) -> Options {
        let rules = Rules { version: rules::VERSION, hash: rules::hash().0 };
        let observer = Arc::clone(feed) as Arc<dyn lampyris_log::Observer>;
        let options = Options::writer(rules).clock(Arc::clone(&self.clock)).observer(observer);
        let mut options = options.verify(self.verify);
        if let Some(records) = self.snapshot_every {
            options = options.snapshot_every(records);
        }
        if !self.create {
            return options;
        }
        let mut options = options.create(self.ids.draw());
        if let Some((key, _)) = &self.checkpoints {
            options = options.named_by(key.verifier());
        }
        match &self.origin {
            None => options,
            Some(origin) => options.origin(origin.clone()),
        }
    }
}

/// Half of the ids of one engine's appends: no two openings of a log have the same.
fn session(drawn: [u8; 16], size: u64) -> [u8; 8] {
    let Bytes32(hash) = Bytes32::sha256(&[&drawn[..], &size.to_be_bytes()].concat());
    hash.first_chunk().copied().unwrap_or_default()
}

/// Refuses a name that the log's records could not carry, before it meets every request.
fn check(field: &'static str, name: &str, max: usize) -> Result<(), EngineOpenError> {
    let found = name.len();
    if (1..=max).contains(&found) {
        return Ok(());
    }
    Err(EngineOpenError::Name { field, max, found })
}
