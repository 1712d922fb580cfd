//! Making a log of a backup: the store is filled from the archive, and one record says whose place the log takes.
//! The archive's records, their sequences and the tree over them stay what they were.

use super::directory::inside;
use crate::archive::Writer;
use crate::backup::finished;
use crate::block_on::block_on;
use crate::directory::{ARCHIVE, CHECKPOINTS, Directory, JOURNAL, SLED, SNAPSHOT, Survey};
use crate::error::{OpenError, ReadError, Refused, Unavailable};
use crate::frame;
use crate::identity::{NotOwn, Recovered};
use crate::key_file;
use crate::limits::FEED_BYTES;
use crate::log::Log;
use crate::merkle::Head;
use crate::options::{Access, Options, TakesOver};
use crate::shard::{BackupShard, ShardLog, SledShard, StoredFrame};
use crate::snapshot::NoRecord;
use std::path::Path;
use std::sync::Arc;

impl Log {
    /// Makes a log of a backup, in its place, and opens it. All of the backup is verified, the store is filled from it, and
    /// a [`Recovered`](crate::Recovered) record is appended, with the name that [`Options::recovered`] gives; signed heads
    /// of the old name are set aside. The marker of a log comes last: a crash leaves the backup, and this is begun anew.
    ///
    /// # Errors
    /// [`OpenError::NoBackup`] if there is none, [`OpenError::OtherKey`] if the key beside the directory has another
    /// name; see there for the rest.
    pub fn recover(directory: impl AsRef<Path>, options: &Options) -> Result<Log, OpenError> {
        let directory = Directory::new(directory.as_ref(), Arc::clone(&options.disk));
        let Some(taken) = &options.recovered else {
            let rule = "is needed: a recovered log goes on under another one";
            return Err(Refused::Invalid { field: "origin", rule }.into());
        };
        if !matches!(options.access, Access::Writer(_)) {
            return Err(Refused::ReadOnly.into());
        }
        match directory.survey() {
            Err(OpenError::IsABackup { .. }) => {}
            Err(error) => return Err(error),
            Ok(Survey::Finished) => return Err(OpenError::LogThere { path: directory.path }),
            Ok(Survey::Vacant | Survey::CutShort) => {
                return Err(OpenError::NoBackup { path: directory.path });
            }
        }
        check_key(&directory, &taken.origin)?;
        let lock = directory.lock()?;
        let (log_id, head) = finished(&directory)?;
        let backup = super::backup::open(&directory, &Options::backup(), |_| (), &mut NoRecord)?;
        // Before anything is changed.
        let lost = backup.judge_recovery(taken)?;
        drop(backup);
        let taken = TakesOver { lost, ..taken.clone() };
        let archive = directory.join(ARCHIVE);
        // What a run that was cut short left behind the end is not the backup's.
        drop(Writer::open_up_to(directory.disk(), &archive, log_id, false, head.size)?);
        directory.remove(SNAPSHOT)?;
        directory.set_file_aside(CHECKPOINTS)?;
        directory.empty(&[JOURNAL, SLED])?;
        let source = BackupShard::open(&directory, log_id, head);
        let mut next = 0;
        let mut more = || -> Result<Vec<StoredFrame>, ReadError> {
            let frames = block_on(source.read(next, FEED_BYTES))?;
            next = frames.last().and_then(|last| frame::end(&last.bytes)).unwrap_or(head.size);
            Ok(frames)
        };
        let shard = SledShard::create_from(&directory, lock, log_id, head, &mut more)?;
        let store: Arc<dyn ShardLog> = Arc::new(shard);
        let options =
            Options { create: None, recovered: Some(taken), ..inside(&directory, options) };
        let log = Log::open_into_on(store, &options, |_| (), &mut NoRecord)?;
        directory.recovered()?;
        Ok(log)
    }
}

impl Log {
    /// Checks that the recovery of this log may say what it would, and returns what it says of the lost log: nothing of
    /// a head that the backup itself goes up to, if it is one of this log.
    fn judge_recovery(&self, taken: &TakesOver) -> Result<Option<Head>, OpenError> {
        let invalid = |rule| Refused::Invalid { field: "the head that is known", rule };
        let mut identity = self.shared.durable.read().identity.clone();
        let head = self.head();
        let lost = match taken.lost {
            Some(known) => {
                let of_this = |name: &str| name == identity.origin_at(known.size);
                if !taken.signed_as.as_deref().is_none_or(of_this) {
                    return Err(invalid("was signed under the name of another log").into());
                }
                if known.size <= head.size && self.root_at(known.size)? != Some(known.root) {
                    return Err(invalid("is of another log: the root there is another").into());
                }
                Some(known).filter(|known| known.size > head.size)
            }
            None => None,
        };
        let (old_origin, new_origin) = (identity.origin.clone(), taken.origin.clone());
        let recovered = Recovered { old_origin, new_origin, head, lost };
        let refused = |NotOwn(rule)| Refused::Invalid { field: "the recovery", rule };
        identity.recover(&recovered).map_err(refused)?;
        Ok(lost)
    }
}

/// The key beside the directory, if there is one, signs under the new name.
fn check_key(directory: &Directory, origin: &str) -> Result<(), OpenError> {
    let path = key_file::beside(&directory.path);
    let there = directory.disk().exists(&path);
    if !there.map_err(|error| Unavailable::io("look for", &path, error))? {
        return Ok(());
    }
    let key = key_file::read(&path)?;
    if key.name() == origin {
        return Ok(());
    }
    Err(OpenError::OtherKey { path, key: key.name().to_owned(), origin: origin.to_owned() })
}
