//! Mending a data directory on request: an older layout is brought up, a damaged copy of the frames is made anew.
//! No record is ever touched, and nothing is taken away before what takes its place was verified.

use super::directory::{existing, shared};
use crate::archive;
use crate::block_on::block_on;
use crate::directory::{ARCHIVE, Directory, SLED, Survey};
use crate::error::{OpenError, ReadError, Unavailable};
use crate::frame;
use crate::identity::LAYOUT;
use crate::limits::FEED_BYTES;
use crate::log::Log;
use crate::merkle::Head;
use crate::options::{Access, Options};
use crate::shard::{Repaired, ShardLog, SharedShard, SledShard, StoredFrame};
use crate::snapshot::EveryRecord;
use crate::verify::VerifiedRecord;
use std::path::Path;
use std::sync::Arc;

/// What an upgrade did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Upgraded {
    /// The layout before.
    pub from: u64,
    /// The layout now.
    pub to: u64,
    /// The end of the log, all of which was verified.
    pub head: Head,
}

/// What was mended, if anything was.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mended {
    /// What was damaged, each copy once.
    pub repaired: Vec<Repaired>,
    /// The end of the log, all of which was verified.
    pub head: Head,
}

impl Log {
    /// Brings a data directory of an older layout up to the one that this program opens. All of it is verified, then
    /// what is new is written beside it, and the marker last of all: a crash leaves the older layout, and the upgrade
    /// begins anew. A directory that is up to date is verified and left alone.
    ///
    /// # Errors
    /// [`OpenError`] names what is in the way; see there.
    pub fn upgrade(directory: impl AsRef<Path>, options: &Options) -> Result<Upgraded, OpenError> {
        let directory = Directory::new(directory.as_ref(), Arc::clone(&options.disk));
        let options = Options { access: Access::Exclusive, create: None, ..options.clone() };
        let from = match directory.survey() {
            Ok(Survey::Finished) => LAYOUT,
            Ok(Survey::Vacant | Survey::CutShort) => {
                return Err(OpenError::NoLog { path: directory.path });
            }
            Err(OpenError::OlderLayout { found, .. }) => found,
            Err(error) => return Err(error),
        };
        let lock = directory.lock()?;
        // It writes the archive, which is what the first layout lacks.
        let head = existing(&directory, &options, lock, |_| (), &mut everything())?.head();
        if from != LAYOUT {
            directory.upgraded()?;
        }
        Ok(Upgraded { from, to: LAYOUT, head })
    }

    /// Verifies both copies of a log's frames, sled's and the archive's, and makes the one that is damaged anew from the
    /// other. A copy that is made anew is set aside before, but for a cut end of the archive.
    ///
    /// # Errors
    /// [`OpenError`] if neither copy is whole, or something else is in the way; the directory is then as it was.
    pub fn repair(directory: impl AsRef<Path>, options: &Options) -> Result<Mended, OpenError> {
        let directory = Directory::new(directory.as_ref(), Arc::clone(&options.disk));
        if directory.survey()? != Survey::Finished {
            return Err(OpenError::NoLog { path: directory.path });
        }
        let options = Options { access: Access::Exclusive, create: None, ..options.clone() };
        let open = |lock| existing(&directory, &options, lock, |_| (), &mut everything());
        let mut repaired = Vec::new();
        let log = match open(directory.lock()?) {
            Ok(log) => log,
            Err(OpenError::Broken(broken)) => {
                // The lock went with the store that did not open.
                let lock = directory.lock()?;
                let Ok(count) = refill(&directory, &options) else { return Err(broken.into()) };
                repaired.push(Repaired::Frames { first_sequence: 0, count });
                open(lock)?
            }
            Err(error) => return Err(error),
        };
        repaired.extend(log.repaired());
        let head = log.head();
        let first_bad = differs(&directory, &log)?;
        drop(log);
        if let Some(sequence) = first_bad {
            directory.set_aside(ARCHIVE)?;
            // Opening copies everything from the store.
            open(directory.lock()?)?;
            repaired.push(Repaired::Archive { first_sequence: sequence });
        }
        Ok(Mended { repaired, head })
    }
}

/// Who has every record verified and makes nothing of it: a snapshot is no reason to pass one over here.
fn everything() -> EveryRecord<impl FnMut(&VerifiedRecord<'_>, ())> {
    EveryRecord(|_: &VerifiedRecord<'_>, ()| {})
}

/// Fills sled anew from the archive and the journal, once all that these hold was verified; returns how many frames.
fn refill(directory: &Directory, options: &Options) -> Result<usize, OpenError> {
    let reading = Options { access: Access::Reader, ..options.clone() };
    let whole = shared(directory, &reading, |_| (), &mut everything())?.head();
    let source = SharedShard::open(directory)?;
    directory.set_aside(SLED)?;
    let (mut next, mut count) = (0, 0);
    let mut more = || -> Result<Vec<StoredFrame>, ReadError> {
        let frames = block_on(source.read(next, FEED_BYTES))?;
        next = frames.last().and_then(|last| frame::end(&last.bytes)).unwrap_or(whole.size);
        count += frames.len();
        Ok(frames)
    };
    SledShard::fill(directory, &mut more)?;
    Ok(count)
}

/// The first record of which the archive does not say what the store says; nothing if there is none.
fn differs(directory: &Directory, log: &Log) -> Result<Option<u64>, OpenError> {
    let (shard, end) = (&log.shared.shard, log.head().size);
    let (disk, folder) = (Arc::clone(directory.disk()), directory.join(ARCHIVE));
    let archive = archive::Files::new(disk, folder, log.log_id());
    let mut next = 0;
    while next < end {
        let held = block_on(shard.read(next, FEED_BYTES))?;
        let mut copied = Vec::new();
        while copied.len() < held.len() {
            let from =
                copied.last().map_or(Some(next), |last: &StoredFrame| frame::end(&last.bytes));
            let Some(from) = from else { return Ok(Some(next)) };
            match archive.read(from, end, FEED_BYTES) {
                Ok(frames) if !frames.is_empty() => copied.extend(frames),
                Err(ReadError::Unavailable(error @ Unavailable::Io { .. })) => {
                    return Err(error.into());
                }
                Ok(_) | Err(_) => break,
            }
        }
        for (index, frame) in held.iter().enumerate() {
            if copied.get(index) != Some(frame) {
                return Ok(Some(frame.first_sequence));
            }
        }
        next = held.last().and_then(|last| frame::end(&last.bytes)).unwrap_or(end);
    }
    Ok(None)
}
