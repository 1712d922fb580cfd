//! A log's store as anyone may read it while another process writes it: the archive, and the journal for what is newer.
//! It takes no lock and changes no byte, so the writer cannot notice it.
//!
//! What it shows grows when the tail is asked for, and at no other time.
//! The journal is read first. What a segment held that was freed meanwhile is in the archive by then, because the
//! archive is synced before a segment is freed; so nothing is missing between the two, or the look is repeated.

use super::{Capabilities, Durability, SealedFrame, ShardError, ShardLog, StoredFrame};
use crate::archive::Files;
use crate::directory::{ARCHIVE, Directory, JOURNAL};
use crate::disk::Disk;
use crate::error::{Broken, ReadError, Unavailable};
use crate::frame;
use crate::journal::{self, Kept, Mark};
use crate::limits::MAX_APPEND_BYTES;
use crate::merkle::{Hash, Head};
use async_trait::async_trait;
use parking_lot::{Mutex, RwLock};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How often a look at a journal that changes meanwhile is repeated.
const LOOKS: usize = 32;

/// The store of a log that is opened for reading.
#[derive(Debug)]
pub(crate) struct SharedShard {
    disk: Arc<dyn Disk>,
    journal: PathBuf,
    archive: PathBuf,
    log_id: [u8; 16],
    seen: RwLock<Seen>,
    /// One looks at a time.
    looking: Mutex<()>,
}

/// What the last look found.
#[derive(Debug)]
struct Seen {
    archive: Files,
    log_id: [u8; 16],
    /// What is read from the journal: all that the archive did not hold then.
    frames: Vec<Kept>,
    head: Head,
    /// Where the journal ended.
    mark: Option<Mark>,
}

impl SharedShard {
    /// Looks at a directory that holds a log.
    pub(crate) fn open(directory: &Directory) -> Result<SharedShard, ReadError> {
        let disk = Arc::clone(directory.disk());
        let (journal, archive) = (directory.join(JOURNAL), directory.join(ARCHIVE));
        let seen = look(&disk, &journal, &archive)?;
        let (log_id, seen) = (seen.log_id, RwLock::new(seen));
        Ok(SharedShard { disk, journal, archive, log_id, seen, looking: Mutex::default() })
    }

    pub(crate) fn log_id(&self) -> [u8; 16] {
        self.log_id
    }

    /// Looks again: behind what was seen if nothing else has changed, else at everything.
    fn look_again(&self) -> Result<Head, ReadError> {
        let _turn = self.looking.lock();
        let (disk, mark) = (self.disk.as_ref(), self.seen.read().mark.clone());
        if let Some(news) = mark.map(|mark| mark.read_on(disk)).transpose()?.flatten() {
            let mut seen = self.seen.write();
            seen.frames.extend(news.frames);
            (seen.head, seen.mark) = (news.head, Some(news.mark));
            return Ok(seen.head);
        }
        // With files that are opened anew: another archive may stand where the one was.
        let seen = look(&self.disk, &self.journal, &self.archive)?;
        let before = self.seen.read().head;
        seen.goes_on_from(self.log_id, before)?;
        let head = seen.head;
        *self.seen.write() = seen;
        Ok(head)
    }
}

impl Seen {
    /// Checks that this is a log's, and that what the log had before is a part of it.
    fn goes_on_from(&self, log_id: [u8; 16], before: Head) -> Result<(), ReadError> {
        if self.log_id != log_id {
            return Err(Broken::OtherLog { journal: self.log_id, stored: log_id }.into());
        }
        if self.head.size < before.size {
            let (have, want) = (self.head.size, before.size);
            return Err(Broken::LogRolledBack { have, want }.into());
        }
        let Head { size, root: want } = before;
        match self.root_at(size)? {
            root if root == want => Ok(()),
            have => Err(Broken::LogDiverged { size, have, want }.into()),
        }
    }

    /// The root over so many of the first records, as the next frame says; zeros if no frame begins there.
    fn root_at(&self, size: u64) -> Result<Hash, ReadError> {
        if size == self.head.size {
            return Ok(self.head.root);
        }
        let next = self.read(size, 1)?.into_iter().next();
        let before = next.and_then(|stored| frame::before(&stored.bytes));
        Ok(before.filter(|before| before.size == size).map_or(Hash([0; 32]), |before| before.root))
    }

    /// Frames from the one that holds a record; see [`ShardLog::read`].
    fn read(&self, from: u64, bytes: usize) -> Result<Vec<StoredFrame>, ReadError> {
        let until = self.frames.first().map_or(self.head.size, |kept| kept.first_sequence);
        if from >= until {
            return Ok(waiting(&self.frames, from, bytes));
        }
        self.archive.read(from, until, bytes)
    }
}

/// What the journal holds, and the archive, which holds everything before it.
fn look(disk: &Arc<dyn Disk>, journal: &Path, archive: &Path) -> Result<Seen, ReadError> {
    let mut looked = None;
    for _ in 0..LOOKS {
        match look_once(disk, journal, archive) {
            Ok(Some(seen)) => return Ok(seen),
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
) -> Result<Option<Seen>, ReadError> {
    let (segments, found) = journal::read(disk.as_ref(), journal)?;
    let mut recovery = journal::recover(&found, journal)?;
    let mark = Mark::of(&found, &recovery).filter(|_| !recovery.damaged);
    drop(found);
    // Whole entries may not be on the disk yet: nothing is shown that a crash could take back.
    for segment in &segments {
        segment.sync()?;
    }
    let archive = Files::new(Arc::clone(disk), archive.to_owned(), recovery.log_id);
    let archived = archive.end()?.unwrap_or(0);
    if recovery.damaged {
        // A log that was closed has all of it in the archive.
        if !recovery.closed || archived != recovery.head.size {
            return Ok(None);
        }
        recovery.frames.clear();
    }
    let first = recovery.frames.first().map_or(recovery.head.size, |kept| kept.first_sequence);
    // A gap between the two, or a writer that was faster than this look.
    if archived < first || archived > recovery.head.size {
        return Ok(None);
    }
    // What the archive holds is read from there.
    recovery.frames.retain(|kept| kept.first_sequence >= archived);
    let journal::Recovery { log_id, frames, head, .. } = recovery;
    Ok(Some(Seen { archive, log_id, frames, head, mark }))
}

#[async_trait]
impl ShardLog for SharedShard {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new(Durability::Fsync, MAX_APPEND_BYTES)
    }

    async fn tail(&self) -> Result<Head, ShardError> {
        Ok(self.look_again()?)
    }

    async fn fence(&self, _end: Head) -> Result<(), ShardError> {
        Err(ShardError::NotOwner)
    }

    async fn append(&self, _frames: &[SealedFrame]) -> Result<(), ShardError> {
        Err(ShardError::NotOwner)
    }

    async fn read(&self, from: u64, bytes: usize) -> Result<Vec<StoredFrame>, ReadError> {
        self.seen.read().read(from, bytes)
    }

    async fn follow(&self, _size: u64) -> Result<Head, ShardError> {
        Err(ShardError::Unavailable(Unavailable::NotOwner))
    }
}

/// Frames that are in the journal alone.
fn waiting(frames: &[Kept], from: u64, bytes: usize) -> Vec<StoredFrame> {
    let index = frames.partition_point(|kept| kept.first_sequence <= from);
    let (mut found, mut taken) = (Vec::new(), 0);
    for kept in frames.get(index.saturating_sub(1)..).unwrap_or_default() {
        if !frame::may_hold(&kept.frame, from) {
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
