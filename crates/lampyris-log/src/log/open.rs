//! Opening: the store and what it acknowledged, verification of every frame, then the rules.
//! Nothing is served before all of it succeeded.

#[cfg(feature = "sled")]
mod backup;
#[cfg(feature = "sled")]
mod directory;
#[cfg(feature = "sled")]
mod mend;
mod reading;
#[cfg(feature = "sled")]
mod receive;
#[cfg(feature = "sled")]
mod recover;

#[cfg(feature = "sled")]
pub use mend::{Mended, Upgraded};
#[cfg(feature = "sled")]
pub use receive::{ReceiveError, Receiver};

use super::append::AppendFuture;
use super::frames::Frames;
use super::pipeline::Pipeline;
use super::{Durable, Log, Shared};
use crate::append::{Append, NewEvent};
use crate::block_on::block_on;
use crate::checkpoints::{Checkpoints, Place};
use crate::cursors::Folder;
use crate::data_store::DataStore;
use crate::error::{OpenError, ReadError, Refused, Unavailable};
use crate::identity::{Identity, LAYOUT, LOG_KIND, NotOwn, OwnEvent, Recovered, Rules};
use crate::limits::ORIGIN;
use crate::merkle::{Hash, Head};
use crate::options::{Access, NewLog, Options, TakesOver, Tiles};
use crate::record::{RecordRef, StreamName};
use crate::sequencer::Sequencer;
use crate::shard::ShardLog;
use crate::snapshot::{Consumer, EveryRecord, Keeper};
use crate::tree::TilePlace;
use crate::verify::{Verified, VerifiedRecord};
use lampyris_evidence::name::check_name;
use parking_lot::{Mutex, RwLock};
use reading::{Found, Opening, Resumed};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize};
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
        visit: impl FnMut(&VerifiedRecord<'_>, P) + Send,
    ) -> Result<Log, OpenError> {
        Log::open_into_on(shard, options, prepare, &mut EveryRecord(visit))
    }

    /// The same, for a consumer that can go on from a snapshot: with [`Verify::New`](crate::Verify::New) it is handed what came after.
    ///
    /// # Errors
    /// As [`Log::open_on`].
    pub fn open_into_on<P>(
        shard: Arc<dyn ShardLog>,
        options: &Options,
        prepare: impl Fn(&RecordRef<'_>) -> P + Sync,
        consumer: &mut (impl Consumer<P> + Send),
    ) -> Result<Log, OpenError> {
        let opening = Opening {
            shard: shard.as_ref(),
            checkpoints: Checkpoints::read(place(options))?,
            acknowledged: block_on(shard.tail()).map_err(ReadError::from)?,
            options,
        };
        let (found, resumed) = opening.read(&prepare, consumer)?;
        let checkpoints = opening.checkpoints;
        let fresh = match (&found.verified.identity, options.access, &options.create) {
            (Some(_), ..) => None,
            (None, Access::Writer(rules), Some(new)) if options.recovered.is_none() => {
                Some(identity(new, rules)?)
            }
            (None, ..) => return Err(OpenError::NoLog { path: "the store".into() }),
        };
        if let Access::Writer(_) = options.access {
            let head = found.verified.frontier.head();
            block_on(shard.fence(head)).map_err(ReadError::from)?;
        }
        let log = assemble(shard, found, resumed, fresh.clone(), checkpoints, options)?;
        log.shared.checkpoints.adopt(log.shared.as_ref(), options.access == Access::Reader)?;
        if let Some(identity) = fresh {
            log.append_own(identity.log_id, &OwnEvent::Opened(identity.clone()))?;
        }
        if let Some(TakesOver { origin, lost, .. }) = &options.recovered {
            log.take_over(origin, *lost)?;
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
        self.append_own(id, &OwnEvent::Rules(ours))
    }

    /// Records that this log, which is a copy, goes on under another name; once.
    fn take_over(&self, new_origin: &str, lost: Option<Head>) -> Result<(), OpenError> {
        let mut identity = self.shared.durable.read().identity.clone();
        if identity.recoveries.last().is_some_and(|last| last.new_origin == new_origin) {
            return Ok(());
        }
        let (head, new_origin) = (self.head(), new_origin.to_owned());
        let recovered = Recovered { old_origin: identity.origin.clone(), new_origin, head, lost };
        let invalid = |NotOwn(rule)| Refused::Invalid { field: "the recovery", rule };
        identity.recover(&recovered).map_err(invalid)?;
        if self.shared.checkpoints.origin().is_some() {
            let rule = "cannot go on beside checkpoints of the old origin: move their file away";
            return Err(Refused::Invalid { field: "the recovery", rule }.into());
        }
        let id = own_append_id(self.log_id(), head.size);
        self.append_own(id, &OwnEvent::Recovered(recovered))
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
    let recoveries = Vec::new();
    Ok(Identity { log_id: new.log_id, origin, rules, layout: LAYOUT, recoveries })
}

fn assemble(
    shard: Arc<dyn ShardLog>,
    found: Found,
    resumed: Resumed,
    fresh: Option<Identity>,
    checkpoints: Checkpoints,
    options: &Options,
) -> Result<Log, OpenError> {
    let Found { verified, tree, recent } = found;
    let Verified { frontier, streams, claims, time, identity, record_bytes } = verified;
    let Some(identity) = identity.or(fresh) else {
        return Err(OpenError::NoLog { path: "the store".into() });
    };
    let head = frontier.head();
    let secret = *claims.secret();
    let mended_tiles = tree.adopt(options.access == Access::Reader);
    let sequencer = match options.access {
        Access::Reader | Access::Exclusive => None,
        Access::Writer(_) => Some(Sequencer::new(frontier.clone(), time, recent.recent())),
    };
    let durable = Durable { head, identity, streams, claims, frontier, time, recent, record_bytes };
    let parts = Arc::new(Shared {
        data: data(options),
        tree,
        mended_tiles: AtomicUsize::new(mended_tiles),
        verified_from: resumed.from(),
        tiles_trusted: AtomicBool::new(resumed.from() > 0),
        shard,
        durable: RwLock::new(durable),
        refreshing: (options.access == Access::Reader).then(Mutex::default),
        size: watch::Sender::new(head.size),
        secret,
        clock: Arc::clone(&options.clock),
        observer: options.observer.clone(),
        frames: Frames::default(),
        checkpoints,
        growth: Arc::default(),
        cursors: cursors(options),
        keeper: keeper(options, resumed),
    });
    let writer = match sequencer {
        None => None,
        Some(sequencer) => {
            let started = Pipeline::start(&parts, sequencer);
            let io = |error| Unavailable::io("start threads for", "the log", error);
            Some(Arc::new(started.map_err(io)?))
        }
    };
    Ok(Log { writer, shared: parts })
}

/// Who writes snapshots of a log that appends and has a place for them.
fn keeper(options: &Options, resumed: Resumed) -> Option<Keeper> {
    let is_writer =
        matches!(options.access, Access::Writer(_)) && options.snapshot_every < u64::MAX;
    let path = options.snapshot.clone().filter(|_| is_writer)?;
    let (place, replaces) = ((Arc::clone(&options.disk), path), resumed == Resumed::Unfit);
    Some(Keeper::new(place, options.snapshot_every, resumed.from(), replaces))
}

fn tile_place(options: &Options) -> TilePlace {
    match &options.tiles {
        Tiles::None => TilePlace::Nowhere,
        Tiles::InMemory => TilePlace::Memory,
        Tiles::InFolder(folder) => TilePlace::Folder(Arc::clone(&options.disk), folder.clone()),
    }
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
