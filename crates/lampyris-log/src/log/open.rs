//! Opening: the store and what it acknowledged, verification of every frame, then the rules.
//! Nothing is served before all of it succeeded.

#[cfg(feature = "sled")]
mod directory;
#[cfg(feature = "sled")]
mod mend;

#[cfg(feature = "sled")]
pub use mend::{Mended, Upgraded};

use super::append::AppendFuture;
use super::frames::Frames;
use super::pipeline::Pipeline;
use super::{Durable, Log, Shared};
use crate::append::{Append, NewEvent};
use crate::block_on::block_on;
use crate::checkpoints::{Checkpoints, Place};
use crate::cursors::Folder;
use crate::data_store::DataStore;
use crate::error::{Broken, OpenError, ReadError, Refused, Unavailable};
use crate::identity::{Identity, LAYOUT, LOG_KIND, OwnEvent, Rules};
use crate::limits::ORIGIN;
use crate::merkle::{Hash, Head};
use crate::options::{Access, NewLog, Options, Tiles};
use crate::pass::Pass;
use crate::recent::{Recent, RecentReader};
use crate::record::{RecordRef, StreamName};
use crate::sequencer::Sequencer;
use crate::shard::ShardLog;
use crate::tree::{TilePlace, Tree};
use crate::verify::{Verified, VerifiedRecord, Verifier};
use lampyris_evidence::name::check_name;
use parking_lot::{Mutex, RwLock};
use std::ops::ControlFlow;
use std::sync::Arc;
use tokio::sync::watch;

impl Log {
    /// Opens the log in a store, and hands out every record while it is verified. An empty store becomes a log
    /// if the options say so. Its values and blobs are kept where [`Options::data_folder`]
    /// says. Verifying takes [`Options::verify_threads`]; `visit` is called in the order of the log, one record at a
    /// time, on any of them.
    ///
    /// # Errors
    /// [`OpenError`] names what is in the way; see there.
    pub fn open_on(
        shard: Arc<dyn ShardLog>,
        options: &Options,
        mut visit: impl FnMut(&VerifiedRecord<'_>) + Send,
    ) -> Result<Log, OpenError> {
        Log::open_prepared_on(shard, options, |_| (), |record, ()| visit(record))
    }

    /// The same, for a consumer that can do a part of its work with a record alone: `prepare` is called for records
    /// in any order and on any thread, and what it returns is handed to `visit` with the record.
    ///
    /// # Errors
    /// As [`Log::open_on`].
    pub fn open_prepared_on<P>(
        shard: Arc<dyn ShardLog>,
        options: &Options,
        prepare: impl Fn(&RecordRef<'_>) -> P + Sync,
        mut visit: impl FnMut(&VerifiedRecord<'_>, P) + Send,
    ) -> Result<Log, OpenError> {
        let checkpoints = Checkpoints::read(place(options))?;
        let tail = block_on(shard.tail()).map_err(ReadError::from)?;
        let mut recent = RecentReader::default();
        let tree = tree(options);
        let pass = Pass { shard: shard.as_ref(), end: u64::MAX, threads: options.verify_threads };
        let verified = verify(pass, tail, &tree, &checkpoints, &prepare, |record, prepared| {
            recent.observe(&record.record);
            visit(record, prepared);
        })?;
        let head = verified.frontier.head();
        let fresh = match (&verified.identity, options.access, &options.create) {
            (Some(_), ..) => None,
            (None, Access::Writer(rules), Some(new)) => Some(identity(new, rules)?),
            (None, ..) => return Err(OpenError::NoLog { path: "the store".into() }),
        };
        if let Access::Writer(_) = options.access {
            block_on(shard.fence(head)).map_err(ReadError::from)?;
        }
        let recent = recent.finish();
        let log = assemble(shard, verified, tree, fresh.clone(), recent, checkpoints, options)?;
        log.shared.checkpoints.adopt(log.shared.as_ref(), options.access == Access::Reader)?;
        if let Some(identity) = fresh {
            log.append_own(identity.log_id, &OwnEvent::Opened(identity.clone()))?;
        }
        log.take_up_rules(options.access)?;
        Ok(log)
    }

    /// Checks the caller's rules against the log's, and records newer ones.
    fn take_up_rules(&self, access: Access) -> Result<(), OpenError> {
        let (ours, log) = match access {
            Access::Reader | Access::Exclusive => return Ok(()),
            Access::Writer(ours) => (ours, self.rules()),
        };
        if log.version > ours.version {
            return Err(OpenError::RulesNewer { log: log.version, ours: ours.version });
        }
        if log.version == ours.version {
            let (log, ours_hash) = (Hash(log.hash), Hash(ours.hash));
            return if log == ours_hash {
                Ok(())
            } else {
                Err(OpenError::RulesDiffer { version: ours.version, log, ours: ours_hash })
            };
        }
        let id = own_append_id(self.log_id(), self.head().size);
        self.append_own(id, &OwnEvent::Rules(ours))?;
        self.shared.durable.write().identity.rules = ours;
        Ok(())
    }

    fn append_own(&self, id: [u8; 16], event: &OwnEvent) -> Result<(), OpenError> {
        let Some(writer) = &self.writer else {
            return Err(Refused::ReadOnly.into());
        };
        let event = NewEvent {
            stream: StreamName::new(LOG_KIND, self.log_id()),
            name: event.name().into(),
            version: 1,
            content: event.encode(),
        };
        let append = Append::new(id, "", "open", LOG_KIND).event(event);
        AppendFuture::own(&self.shared, writer, append)?.wait()?;
        Ok(())
    }
}

fn identity(new: &NewLog, rules: Rules) -> Result<Identity, Refused> {
    let origin = new.origin.clone().unwrap_or_else(|| Identity::default_origin(new.log_id));
    if !ORIGIN.hold(origin.len()) {
        return Err(Refused::OutOfBounds {
            field: "origin",
            min: ORIGIN.min,
            max: ORIGIN.max,
            found: origin.len(),
        });
    }
    if check_name(&origin).is_err() {
        return Err(Refused::Invalid {
            field: "origin",
            rule: "has a space, a plus or a control character",
        });
    }
    Ok(Identity { log_id: new.log_id, origin, rules, layout: LAYOUT })
}

/// Reads the whole store and holds it against what it says was acknowledged.
fn verify<P>(
    pass: Pass<'_>,
    acknowledged: Head,
    tree: &Tree,
    checkpoints: &Checkpoints,
    prepare: &(impl Fn(&RecordRef<'_>) -> P + Sync),
    mut visit: impl FnMut(&VerifiedRecord<'_>, P) + Send,
) -> Result<Verified, OpenError> {
    let mut verifier = if tree.is_kept() { Verifier::with_entries() } else { Verifier::new() };
    let mut at_mark = (acknowledged.size == 0).then(|| verifier.head().root);
    pass.run(prepare, |arrival| {
        if arrival.key > verifier.size() && acknowledged.size > 0 {
            let (have, want) = (verifier.size(), arrival.key.max(acknowledged.size));
            return Err(OpenError::from(Broken::LogRolledBack { have, want }));
        }
        let flow = arrival.accept(&mut verifier, |record, prepared| {
            visit(record, prepared);
            ControlFlow::Continue(())
        });
        let flow = flow.map_err(Broken::from)?;
        tree.take(&verifier.take_entries());
        let head = verifier.head();
        let origin = verifier.identity().map(|identity| identity.origin.as_str());
        checkpoints.passed(origin, head)?;
        if head.size == acknowledged.size {
            at_mark = Some(head.root);
        }
        Ok(flow)
    })?;
    let have = verifier.size();
    match at_mark {
        _ if have < acknowledged.size => {
            Err(Broken::LogRolledBack { have, want: acknowledged.size }.into())
        }
        Some(root) if root == acknowledged.root => Ok(verifier.finish()),
        found => {
            let have = found.unwrap_or(Hash([0; 32]));
            let Head { size, root: want } = acknowledged;
            Err(Broken::LogDiverged { size, have, want }.into())
        }
    }
}

fn assemble(
    shard: Arc<dyn ShardLog>,
    verified: Verified,
    tree: Tree,
    fresh: Option<Identity>,
    recent: Recent,
    checkpoints: Checkpoints,
    options: &Options,
) -> Result<Log, OpenError> {
    let Verified { frontier, streams, claims, time, identity } = verified;
    let Some(identity) = identity.or(fresh) else {
        return Err(OpenError::NoLog { path: "the store".into() });
    };
    let head = frontier.head();
    let secret = claims.secret().clone();
    let mended_tiles = tree.adopt();
    let parts = Arc::new(Shared {
        data: data(options),
        tree,
        mended_tiles,
        shard,
        durable: RwLock::new(Durable { head, identity, streams, claims }),
        size: watch::Sender::new(head.size),
        secret,
        clock: Arc::clone(&options.clock),
        observer: options.observer.clone(),
        frames: Frames::default(),
        checkpoints,
        growth: Arc::default(),
        cursors: cursors(options),
    });
    let writer = match options.access {
        Access::Reader | Access::Exclusive => None,
        Access::Writer(_) => {
            let sequencer = Sequencer::new(frontier, time, recent);
            let started = Pipeline::start(&parts, sequencer);
            let io = |error| Unavailable::io("start threads for", "the log", error);
            Some(Arc::new(started.map_err(io)?))
        }
    };
    Ok(Log { writer, shared: parts })
}

fn tree(options: &Options) -> Tree {
    Tree::new(match &options.tiles {
        Tiles::None => TilePlace::Nowhere,
        Tiles::InMemory => TilePlace::Memory,
        Tiles::InFolder(folder) => TilePlace::Folder(Arc::clone(&options.disk), folder.clone()),
    })
}

fn place(options: &Options) -> Place {
    match options.checkpoints.clone() {
        None => Place::Memory(Mutex::default()),
        Some(path) => Place::File { disk: Arc::clone(&options.disk), path },
    }
}

fn cursors(options: &Options) -> Option<Folder> {
    let folder = options.cursors.clone()?;
    let disk = options.cursor_disk.as_ref().unwrap_or(&options.disk);
    Some(Folder::new(Arc::clone(disk), folder))
}

fn data(options: &Options) -> DataStore {
    let is_writer = matches!(options.access, Access::Writer(_));
    options.data_folder.as_ref().map_or_else(DataStore::in_memory, |folder| {
        DataStore::in_folder(Arc::clone(&options.disk), folder, is_writer)
    })
}

/// An append id for the log's own records, which no caller names: it differs at every sequence.
fn own_append_id(log_id: [u8; 16], sequence: u64) -> [u8; 16] {
    let Hash(hash) = Hash::of(&[log_id.as_slice(), &sequence.to_be_bytes()].concat());
    hash.first_chunk().copied().unwrap_or(log_id)
}
