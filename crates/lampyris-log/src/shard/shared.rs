//! A log's store as anyone may read it while another process writes it: the archive, and the journal for what is newer.
//! It takes no lock and changes no byte, so the writer cannot notice it.
//!
//! The journal is read first. What a segment held that was freed meanwhile is in the archive by then, because the
//! archive is synced before a segment is freed; so nothing is missing between the two, or the look is repeated.

use super::{Capabilities, Durability, SealedFrame, ShardError, ShardLog, StoredFrame};
use crate::archive::Files;
use crate::directory::{ARCHIVE, Directory, JOURNAL};
use crate::disk::Disk;
use crate::error::{Broken, ReadError, Unavailable};
use crate::journal::{self, Recovery};
use crate::limits::MAX_APPEND_BYTES;
use crate::merkle::Head;
use async_trait::async_trait;
use std::path::Path;
use std::sync::Arc;

/// How often a look at a journal that changes meanwhile is repeated.
const LOOKS: usize = 32;

/// The store of a log that is opened for reading.
#[derive(Debug)]
pub(crate) struct SharedShard {
    archive: Files,
    seen: Recovery,
}

impl SharedShard {
    /// Looks at a directory that holds a log.
    pub(crate) fn open(directory: &Directory) -> Result<SharedShard, ReadError> {
        let disk = Arc::clone(directory.disk());
        let (journal, folder) = (directory.join(JOURNAL), directory.join(ARCHIVE));
        let (archive, seen) = look(&disk, &journal, &folder)?;
        Ok(SharedShard { archive, seen })
    }

    pub(crate) fn log_id(&self) -> [u8; 16] {
        self.seen.log_id
    }
}

/// What the journal holds, and the archive, which holds everything before it.
fn look(
    disk: &Arc<dyn Disk>,
    journal: &Path,
    archive: &Path,
) -> Result<(Files, Recovery), ReadError> {
    let mut looked = None;
    for _ in 0..LOOKS {
        match look_once(disk, journal, archive) {
            Ok(Some(found)) => return Ok(found),
            Ok(None) => {
                let detail =
                    "does not go on from the archive; whoever opens the log to write mends it";
                looked = Some(Broken::JournalDamaged { path: journal.to_owned(), detail }.into());
            }
            Err(error) => looked = Some(error),
        }
        std::thread::yield_now();
    }
    Err(looked.unwrap_or_else(|| Broken::JournalMissing { path: journal.to_owned() }.into()))
}

/// One look; nothing if what was found does not fit together, as when the writer changed it meanwhile.
fn look_once(
    disk: &Arc<dyn Disk>,
    journal: &Path,
    archive: &Path,
) -> Result<Option<(Files, Recovery)>, ReadError> {
    let (segments, found) = journal::read(disk.as_ref(), journal)?;
    let mut recovery = journal::recover(&found, journal)?;
    drop(found);
    // Whole entries may not be on the disk yet: nothing is shown that a crash could take back.
    for segment in &segments {
        segment.sync()?;
    }
    let files = Files::new(Arc::clone(disk), archive.to_owned(), recovery.log_id);
    let archived = files.end()?.unwrap_or(0);
    if recovery.damaged {
        // A log that was closed has all of it in the archive.
        let whole = recovery.closed && archived == recovery.head.size;
        recovery.frames.clear();
        return Ok(whole.then_some((files, recovery)));
    }
    let first = recovery.frames.first().map_or(recovery.head.size, |kept| kept.first_sequence);
    // A gap between the two, or a writer that was faster than this look.
    if archived < first || archived > recovery.head.size {
        return Ok(None);
    }
    // What the archive holds is read from there.
    recovery.frames.retain(|kept| kept.first_sequence >= archived);
    Ok(Some((files, recovery)))
}

#[async_trait]
impl ShardLog for SharedShard {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new(Durability::Fsync, MAX_APPEND_BYTES)
    }

    async fn tail(&self) -> Result<Head, ShardError> {
        Ok(self.seen.head)
    }

    async fn fence(&self, _end: Head) -> Result<(), ShardError> {
        Err(ShardError::NotOwner)
    }

    async fn append(&self, _frames: &[SealedFrame]) -> Result<(), ShardError> {
        Err(ShardError::NotOwner)
    }

    async fn read(&self, from: u64, bytes: usize) -> Result<Vec<StoredFrame>, ReadError> {
        let seen = &self.seen;
        let until = seen.frames.first().map_or(seen.head.size, |kept| kept.first_sequence);
        if from >= until {
            return Ok(waiting(seen, from, bytes));
        }
        self.archive.read(from, until, bytes)
    }

    async fn follow(&self, _size: u64) -> Result<Head, ShardError> {
        Err(ShardError::Unavailable(Unavailable::NotOwner))
    }
}

/// Frames that are in the journal alone.
fn waiting(seen: &Recovery, from: u64, bytes: usize) -> Vec<StoredFrame> {
    let index = seen.frames.partition_point(|kept| kept.first_sequence <= from);
    let (mut found, mut taken) = (Vec::new(), 0);
    for kept in seen.frames.get(index.saturating_sub(1)..).unwrap_or_default() {
        if !crate::frame::may_hold(&kept.frame, from) {
            continue;
        }
        taken += kept.frame.len();
        if taken > bytes && !found.is_empty() {
            break;
        }
        let (first_sequence, bytes) = (kept.first_sequence, Arc::clone(&kept.frame));
        found.push(StoredFrame { first_sequence, bytes });
    }
    found
}
