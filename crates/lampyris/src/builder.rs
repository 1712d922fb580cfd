//! Opening an engine: the log is verified and every event of it judged, and then it goes on where it was.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use lampyris_log::limits::{ACTOR, NAMESPACE};
use lampyris_log::{
    Cadence, Clock, Log, Options, Rules, ShardLog, SigningKey, SystemClock, VerifiedRecord,
};
use lampyris_message::event::EventKind;
use lampyris_message::lifecycle::command::GAP_FILL_TAG;
use lampyris_message::lifecycle::rules;
use lampyris_message::{Bytes32, MessageId};
use lampyris_projection::{Audit, Views, record};
use parking_lot::Mutex;

use crate::Lampyris;
use crate::decider::{Decider, WARM};
use crate::engine::Engine;
use crate::error::EngineOpenError;
use crate::feed::Feed;
use crate::ids::{IdSource, RandomIds};
use crate::known::Known;

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

    /// Opens only a log that is there.
    #[must_use]
    pub fn existing(self) -> Self {
        Self { create: false, ..self }
    }

    /// Opens the engine on the log in a directory, and makes one if there is none.
    ///
    /// It reads the whole log: use a thread that may block.
    ///
    /// # Errors
    /// [`EngineOpenError`] names what is in the way. The log is as it was.
    #[cfg(feature = "sled")]
    pub fn open(self, dir: impl AsRef<Path>) -> Result<Lampyris, EngineOpenError> {
        self.begin(|options, visit| Log::open_with(dir, options, visit))
    }

    /// Opens the engine on the log in another store.
    ///
    /// # Errors
    /// As [`Builder::open`].
    pub fn open_on(self, shard: Arc<dyn ShardLog>) -> Result<Lampyris, EngineOpenError> {
        self.begin(|options, visit| Log::open_on(shard, options, visit))
    }

    fn begin(
        self,
        open: impl FnOnce(
            &Options,
            &mut (dyn FnMut(&VerifiedRecord<'_>) + Send),
        ) -> Result<Log, lampyris_log::OpenError>,
    ) -> Result<Lampyris, EngineOpenError> {
        check("namespace", &self.namespace, NAMESPACE.max)?;
        check("actor", &self.actor, ACTOR.max)?;
        let feed = Arc::new(Feed::new(Arc::clone(&self.namespace)));
        let mut reading = Reading::new(&self.namespace);
        let log = open(&self.options(&feed), &mut |verified| reading.take(verified))?;
        let (decider, views) = reading.finish(&log, self.recent_messages)?;
        feed.begin(views, log.head().size);
        let every = |(key, cadence)| log.checkpoint_every(key, cadence);
        let checkpointer = self.checkpoints.map(every).transpose()?;
        let session = session(self.ids.draw(), log.head().size);
        let engine = Engine {
            log,
            namespace: self.namespace,
            feed,
            clock: self.clock,
            ids: self.ids,
            decider: Mutex::new(decider),
            failed: Mutex::default(),
            session,
            appends: AtomicU64::new(0),
            checkpointer: Mutex::new(checkpointer),
        };
        Ok(Lampyris::new(engine, self.actor))
    }

    fn options(&self, feed: &Arc<Feed>) -> Options {
        let rules = Rules { version: rules::VERSION, hash: rules::hash().0 };
        let observer = Arc::clone(feed) as Arc<dyn lampyris_log::Observer>;
        let options = Options::writer(rules).clock(Arc::clone(&self.clock)).observer(observer);
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

/// What is kept of a log while it is read.
struct Reading<'n> {
    namespace: &'n str,
    audit: Audit,
    views: Views,
    /// The messages of the namespace, by the numbers of their streams.
    messages: Vec<Option<Last>>,
    /// Those that may be gap-fills.
    gap_fills: HashMap<MessageId, u32>,
    trouble: Option<String>,
}

/// The end of a message's stream.
#[derive(Debug, Clone, Copy)]
struct Last {
    id: MessageId,
    sequence: u64,
    /// When the last event that moved it was appended.
    time: i64,
}

impl<'n> Reading<'n> {
    fn new(namespace: &'n str) -> Self {
        Self {
            namespace,
            audit: Audit::new(),
            views: Views::new(),
            messages: Vec::new(),
            gap_fills: HashMap::new(),
            trouble: None,
        }
    }

    fn take(&mut self, verified: &VerifiedRecord<'_>) {
        self.audit.take(verified);
        if self.audit.fault().is_some() || self.trouble.is_some() {
            return;
        }
        let record = &verified.record;
        self.trouble = self.views.take(record).err().map(|error| error.to_string());
        let stream = verified.stream.0 as usize;
        if stream >= self.messages.len() {
            self.messages.resize(stream + 1, None);
        }
        let id = record::message_id(record).filter(|_| record.namespace == self.namespace);
        if let (Some(id), Some(last)) = (id, self.messages.get_mut(stream)) {
            let noted = last.filter(|_| record.event == EventKind::Noted.name());
            let time = noted.map_or(record.time, |before| before.time);
            *last = Some(Last { id, sequence: record.sequence, time });
            let tag = GAP_FILL_TAG.as_bytes();
            if record.version == 0 && record.content.windows(tag.len()).any(|part| part == tag) {
                self.gap_fills.insert(id, verified.stream.0);
            }
        }
    }

    /// What the decider begins with, and the views.
    fn finish(self, log: &Log, recent: usize) -> Result<(Decider, Views), EngineOpenError> {
        if let Some(fault) = self.audit.fault() {
            return Err(fault.clone().into());
        }
        if let Some(trouble) = self.trouble {
            return Err(EngineOpenError::Views(trouble));
        }
        let mut decider = Decider::new(recent);
        for (stream, last) in (0u32..).zip(&self.messages) {
            let Some(Last { id, sequence, time }) = *last else { continue };
            let state = self.audit.state(lampyris_log::StreamOrdinal(stream));
            let Some(state) = state.cloned() else { continue };
            let known = Known { state, last: sequence, since: time, ..Known::absent() };
            if !known.is_open() {
                continue;
            }
            let known = if self.gap_fills.contains_key(&id) {
                let loaded = Known::load(log, self.namespace, id);
                let loaded = loaded.map_err(|error| EngineOpenError::Views(error.to_string()))?;
                loaded.unwrap_or(known)
            } else {
                known
            };
            decider.open(id, known);
        }
        Ok((decider, self.views))
    }
}
