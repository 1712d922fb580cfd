//! Opening a backup to read it, as the log that it is a copy of.

use super::directory::inside;
use crate::backup::finished;
use crate::directory::Directory;
use crate::disk::ReadOnly;
use crate::error::{Broken, OpenError};
use crate::log::Log;
use crate::options::Options;
use crate::record::RecordRef;
use crate::shard::{BackupShard, ShardLog};
use crate::snapshot::Consumer;
use std::sync::Arc;

/// Reads what a finished backup holds, on a disk that lets nothing be written, and verifies it against the end that the
/// backup names.
pub(super) fn open<P>(
    directory: &Directory,
    options: &Options,
    prepare: impl Fn(&RecordRef<'_>) -> P + Sync,
    consumer: &mut (impl Consumer<P> + Send),
) -> Result<Log, OpenError> {
    let disk = Arc::new(ReadOnly(Arc::clone(directory.disk())));
    let directory = Directory::new(&directory.path, disk);
    let (backup, head) = finished(&directory)?;
    let store: Arc<dyn ShardLog> = Arc::new(BackupShard::open(&directory, backup, head));
    let mut inside = inside(&directory, options);
    inside.disk = Arc::clone(directory.disk());
    inside.cursor_disk = None;
    let log = Log::open_into_on(store, &inside, prepare, consumer)?;
    let stored = log.log_id();
    if backup != stored {
        return Err(Broken::OtherLog { journal: backup, stored }.into());
    }
    Ok(log)
}
