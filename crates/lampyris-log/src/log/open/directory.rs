//! Opening the log in a data directory: whose it is, the lock, its creation.
//! What is in the store is the store's and the verifier's concern.

use crate::block_on::block_on;
use crate::directory::{
    CHECKPOINTS, CURSORS, DATA, Directory, JOURNAL, MARKER, SNAPSHOT, Survey, TILES,
};
use crate::disk::ReadOnly;
use crate::error::{Broken, OpenError, ReadError, Unavailable};
use crate::journal;
use crate::key_file;
use crate::log::Log;
use crate::options::{Access, NewLog, Options};
use crate::record::RecordRef;
use crate::shard::{ShardLog, SharedShard, SledShard};
use crate::snapshot::{Consumer, EveryRecord, NoRecord};
use crate::verify::VerifiedRecord;
use std::path::Path;
use std::sync::Arc;

impl Log {
    /// Opens the log in a directory, and verifies as much of it as the options say: else all.
    ///
    /// # Errors
    /// [`OpenError`] names what is in the way; see there.
    pub fn open(directory: impl AsRef<Path>, options: &Options) -> Result<Log, OpenError> {
        Log::open_into(directory, options, |_| (), &mut NoRecord)
    }

    /// Opens the log and hands out every record while it is verified, so that a consumer needs no second pass: in the
    /// order of the log, one at a time, on any of the threads that verify ([`Options::verify_threads`]).
    /// What it built is worth nothing if opening fails in the end. Records that opening itself appends
    /// (`opened`, `rules`) are not handed out.
    ///
    /// # Errors
    /// [`OpenError`] names what is in the way; see there.
    pub fn open_with(
        directory: impl AsRef<Path>,
        options: &Options,
        mut visit: impl FnMut(&VerifiedRecord<'_>) + Send,
    ) -> Result<Log, OpenError> {
        Log::open_prepared(directory, options, |_| (), |record, ()| visit(record))
    }

    /// The same, for a consumer that can do a part of its work with a record alone, on any thread; see
    /// [`Log::open_prepared_on`].
    ///
    /// # Errors
    /// As [`Log::open`].
    pub fn open_prepared<P>(
        directory: impl AsRef<Path>,
        options: &Options,
        prepare: impl Fn(&RecordRef<'_>) -> P + Sync,
        visit: impl FnMut(&VerifiedRecord<'_>, P) + Send,
    ) -> Result<Log, OpenError> {
        Log::open_into(directory, options, prepare, &mut EveryRecord(visit))
    }

    /// The same, for a consumer that can go on from a snapshot; see [`Log::open_into_on`].
    ///
    /// # Errors
    /// As [`Log::open`].
    pub fn open_into<P>(
        directory: impl AsRef<Path>,
        options: &Options,
        prepare: impl Fn(&RecordRef<'_>) -> P + Sync,
        consumer: &mut (impl Consumer<P> + Send),
    ) -> Result<Log, OpenError> {
        let directory = Directory::new(directory.as_ref(), Arc::clone(&options.disk));
        if options.of_backup {
            return super::backup::open(&directory, options, prepare, consumer);
        }
        match (directory.survey()?, options.access, &options.create) {
            (Survey::Finished, Access::Reader, _) => shared(&directory, options, prepare, consumer),
            (Survey::Finished, _, _) => {
                let lock = directory.lock()?;
                existing(&directory, options, lock, prepare, consumer)
            }
            (Survey::Vacant | Survey::CutShort, Access::Writer(rules), Some(new)) => {
                let new = named(new, &directory)?;
                let identity = super::identity(&new, rules)?;
                directory.claim()?;
                let lock = directory.lock()?;
                match directory.survey()? {
                    Survey::Finished => existing(&directory, options, lock, prepare, consumer),
                    Survey::Vacant | Survey::CutShort => {
                        refuse_a_finished_log(&directory)?;
                        SledShard::clear(&directory)?;
                        let shard = SledShard::create(&directory, lock, identity.log_id)?;
                        let shard = Arc::new(shard);
                        let mut options = inside(&directory, options);
                        options.create = Some(new);
                        let log = Log::open_on(shard, &options, |_| {})?;
                        directory.finish()?;
                        Ok(log)
                    }
                }
            }
            (
                Survey::Vacant | Survey::CutShort,
                Access::Reader | Access::Exclusive | Access::Writer(_),
                _,
            ) => Err(OpenError::NoLog { path: directory.path }),
        }
    }
}

/// A creation that was cut short never got past record 0: where more was acknowledged, it is the
/// marker that is gone, and nothing may be cleared away.
fn refuse_a_finished_log(directory: &Directory) -> Result<(), OpenError> {
    let (folder, signed) = (directory.join(JOURNAL), directory.join(CHECKPOINTS));
    let (_, found) = journal::read(directory.disk().as_ref(), &folder)?;
    if directory.disk().exists(&signed).map_err(|e| Unavailable::io("look for", &signed, e))? {
        // Nothing is signed before the creation is finished.
        return Err(Broken::MarkerDamaged { path: directory.join(MARKER) }.into());
    }
    match journal::recover(&found, &folder) {
        Ok(recovery) if recovery.head.size <= 1 && recovery.acknowledged <= 1 => Ok(()),
        Err(Broken::JournalMissing { .. }) => Ok(()),
        Ok(_) | Err(_) => Err(Broken::MarkerDamaged { path: directory.join(MARKER) }.into()),
    }
}

pub(super) fn existing<P>(
    directory: &Directory,
    options: &Options,
    lock: Box<dyn crate::disk::DiskFile>,
    prepare: impl Fn(&RecordRef<'_>) -> P + Sync,
    consumer: &mut (impl Consumer<P> + Send),
) -> Result<Log, OpenError> {
    directory.tidy()?;
    let shard = Arc::new(SledShard::open(directory, lock)?);
    let store = Arc::clone(&shard) as Arc<dyn ShardLog>;
    let log = Log::open_into_on(store, &inside(directory, options), prepare, consumer)?;
    let (journal, stored) = (shard.log_id(), log.log_id());
    if journal != stored {
        return Err(Broken::OtherLog { journal, stored }.into());
    }
    if options.access == Access::Exclusive {
        // What is served must be durable, whoever opened the log.
        block_on(shard.fence(log.head())).map_err(ReadError::from)?;
    }
    Ok(log)
}

/// Reads beside whoever writes, on a disk that lets nothing be written.
pub(super) fn shared<P>(
    directory: &Directory,
    options: &Options,
    prepare: impl Fn(&RecordRef<'_>) -> P + Sync,
    consumer: &mut (impl Consumer<P> + Send),
) -> Result<Log, OpenError> {
    let disk = Arc::new(ReadOnly(Arc::clone(directory.disk())));
    let directory = Directory::new(&directory.path, disk);
    let shard = Arc::new(SharedShard::open(&directory)?);
    let store = Arc::clone(&shard) as Arc<dyn ShardLog>;
    let mut inside = inside(&directory, options);
    // Where a consumer stands is its own to write, and not the log's.
    inside.cursor_disk = Some(std::mem::replace(&mut inside.disk, Arc::clone(directory.disk())));
    let log = Log::open_into_on(store, &inside, prepare, consumer)?;
    let (journal, stored) = (shard.log_id(), log.log_id());
    if journal != stored {
        return Err(Broken::OtherLog { journal, stored }.into());
    }
    Ok(log)
}

/// The options with what they leave to the directory.
pub(super) fn inside(directory: &Directory, options: &Options) -> Options {
    let mut options = options.clone().data_folder(directory.join(DATA));
    options = options.tiles_folder(directory.join(TILES)).cursors_folder(directory.join(CURSORS));
    options.checkpoints = Some(directory.join(CHECKPOINTS));
    options.snapshot = Some(directory.join(SNAPSHOT));
    options
}

/// A log that is created beside its key has the key's name.
fn named(new: &NewLog, directory: &Directory) -> Result<NewLog, OpenError> {
    let (mut new, path) = (new.clone(), key_file::beside(&directory.path));
    let there = directory.disk().exists(&path);
    // A key that cannot be looked at must not give the log another name for ever.
    if !there.map_err(|error| Unavailable::io("look for", &path, error))? {
        return Ok(new);
    }
    let key = key_file::read(&path)?;
    if let Some(origin) = new.origin.clone().filter(|origin| origin != key.name()) {
        return Err(OpenError::OtherKey { path, key: key.name().to_owned(), origin });
    }
    new.take_name(key.verifier());
    Ok(new)
}
