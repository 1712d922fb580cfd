//! Carrying a log over: into a backup from a log beside its writer, or from a backup to where it is restored.
//! In this order: what stands beside the records is read, the end of the log, its frames, the values, what came meanwhile,
//! then the marker, and behind it what stands beside: that may be of fewer records than the marker, and never of more.

use super::small::Small;
use super::{BackedUp, BackupError, Marker, Progress};
use crate::archive::{Files, Writer};
use crate::block_on::block_on;
use crate::data_store::copy;
use crate::directory::{ARCHIVE, DATA, Directory, Survey};
use crate::disk::{Disk, ReadOnly};
use crate::error::{Broken, OpenError, ReadError};
use crate::frame::{self, FrameReader};
use crate::limits::FEED_BYTES;
use crate::log::Log;
use crate::merkle::Head;
use crate::options::Options;
use crate::shard::{BackupShard, ShardLog, SharedShard, StoredFrame};
use std::cmp::Ordering;
use std::path::Path;
use std::sync::Arc;

/// What is carried over.
struct Source {
    directory: Directory,
    shard: Box<dyn ShardLog>,
    log_id: [u8; 16],
    head: Head,
}

impl Log {
    /// Makes a backup of the log in a directory, or brings one up to date, beside whoever writes the log. It holds
    /// everything that was acknowledged before this was called. A run that is cut short leaves what the one before
    /// made, and the next one goes on.
    ///
    /// What is copied is checked frame by frame; whether all of it holds together is not asked before
    /// [`Options::backup`] opens it.
    ///
    /// # Errors
    /// [`BackupError`] names what is in the way. The log itself is never changed.
    pub fn back_up(
        directory: impl AsRef<Path>,
        backup: impl AsRef<Path>,
        options: &Options,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<BackedUp, BackupError> {
        let from = reading(directory.as_ref(), &options.disk);
        if from.survey()? != Survey::Finished {
            return Err(OpenError::NoLog { path: from.path }.into());
        }
        let small = Small::read(&from)?;
        let mut look = || -> Result<Option<Source>, BackupError> {
            let from = reading(directory.as_ref(), &options.disk);
            let shard = SharedShard::open(&from)?;
            let log_id = shard.log_id();
            let head = block_on(shard.tail()).map_err(ReadError::from)?;
            Ok(Some(Source { directory: from, shard: Box::new(shard), log_id, head }))
        };
        let Some(source) = look()? else { return Err(OpenError::NoLog { path: from.path }.into()) };
        carry(source, &small, backup.as_ref(), options, progress, &mut look)
    }

    /// Copies a backup to where it is to be recovered. What is made is a backup too, until
    /// [`Log::recover`] makes a log of it; a run that is cut short is begun again.
    ///
    /// # Errors
    /// [`BackupError`] names what is in the way. The backup itself is never changed.
    pub fn restore(
        backup: impl AsRef<Path>,
        directory: impl AsRef<Path>,
        options: &Options,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<BackedUp, BackupError> {
        let from = reading(backup.as_ref(), &options.disk);
        // First: a run of `back_up` may put others in their place, which are of more records than the marker that is
        // read then.
        let small = Small::read(&from)?;
        let (log_id, head) = finished(&from)?;
        let shard = Box::new(BackupShard::open(&from, log_id, head));
        let source = Source { directory: from, shard, log_id, head };
        carry(source, &small, directory.as_ref(), options, progress, &mut || Ok(None))
    }
}

/// The log and the end that a finished backup is of.
///
/// # Errors
/// [`OpenError::UnfinishedBackup`], or that it is none.
pub(crate) fn finished(backup: &Directory) -> Result<([u8; 16], Head), OpenError> {
    let path = || backup.path.clone();
    match Marker::read(backup)? {
        Some(Marker { log_id, head: Some(head) }) => Ok((log_id, head)),
        Some(_) => Err(OpenError::UnfinishedBackup { path: path() }),
        None => Err(OpenError::NoBackup { path: path() }),
    }
}

/// A directory on a disk that lets nothing be written.
fn reading(path: &Path, disk: &Arc<dyn Disk>) -> Directory {
    Directory::new(path, Arc::new(ReadOnly(Arc::clone(disk))))
}

fn carry(
    mut source: Source,
    small: &Small,
    to: &Path,
    options: &Options,
    progress: &mut dyn FnMut(Progress),
    look_again: &mut dyn FnMut() -> Result<Option<Source>, BackupError>,
) -> Result<BackedUp, BackupError> {
    let log_id = source.log_id;
    let to = Directory::new(to, Arc::clone(&options.disk));
    let (_lock, before) = claim(&to, log_id)?;
    // Before anything is cut: what a run before this one finished is the beginning of the source.
    goes_on(&source, &to, before.head)?;
    let (disk, archive) = (to.disk(), to.join(ARCHIVE));
    let mut writer = Writer::open(disk, &archive, log_id, false)?;
    agrees(&source, &to, writer.next())?;
    let begun = writer.next();
    let mut frame_bytes = frames(&source, &mut writer, progress)?;
    let from = source.directory.join(DATA);
    let announced = copy::announcement(source.directory.disk(), &from)?;
    let places = || {
        let from = (Arc::clone(source.directory.disk()), from.clone());
        (from, (Arc::clone(disk), to.join(DATA)))
    };
    let mut told = |copied| progress(Progress::Values { copied });
    let mut copied = copy::copy(places(), true, &mut told)?;
    // What was erased meanwhile is gone from the copy: the record that says so must be in it.
    if let Some(later) = look_again()?.filter(|later| later.head.size > source.head.size) {
        let places = places();
        source = later;
        frame_bytes += frames(&source, &mut writer, progress)?;
        let mut told = |more| progress(Progress::Values { copied: copied.bytes + more });
        let more = copy::copy(places, false, &mut told)?;
        copied = copy::Copied {
            objects: copied.objects + more.objects,
            bytes: copied.bytes + more.bytes,
            ..copied
        };
    }
    let head = source.head;
    copy::announce(disk, &to.join(DATA), announced.as_deref())?;
    small.make_way(&to)?;
    to.sync()?;
    Marker { log_id, head: Some(head) }.write(&to)?;
    small.write(&to)?;
    let records = head.size.saturating_sub(begun);
    let copy::Copied { objects, bytes, dropped, unreadable } = copied;
    Ok(BackedUp {
        log_id,
        head,
        records,
        frame_bytes,
        objects,
        object_bytes: bytes,
        dropped,
        unreadable,
    })
}

/// Locks the folder that is copied to, which is a backup of this log already, or becomes one.
fn claim(
    to: &Directory,
    log_id: [u8; 16],
) -> Result<(Box<dyn crate::disk::DiskFile>, Marker), BackupError> {
    let is_vacant = |survey| match survey {
        Ok(Survey::Vacant) => Ok(true),
        Ok(Survey::Finished | Survey::CutShort) => {
            Err(OpenError::LogThere { path: to.path.clone() })
        }
        Err(OpenError::IsABackup { .. }) => Ok(false),
        // A run was cut short before its first marker.
        Err(OpenError::NotALog { .. }) if to.has_a_lock_alone()? => Ok(true),
        Err(error) => Err(error),
    };
    if is_vacant(to.survey())? {
        to.create()?;
    }
    let lock = to.lock()?;
    // Another run may have begun a backup before this one had the lock.
    if is_vacant(to.survey())? {
        Marker { log_id, head: None }.write(to)?;
    }
    match Marker::read(to)? {
        Some(marker) if marker.log_id == log_id => Ok((lock, marker)),
        Some(Marker { log_id: found, .. }) => {
            Err(BackupError::OtherLog { path: to.path.clone(), found, wanted: log_id })
        }
        None => Err(OpenError::NoBackup { path: to.path.clone() }.into()),
    }
}

/// Checks that the source has all that a finished backup is of, and the same.
fn goes_on(source: &Source, to: &Directory, finished: Option<Head>) -> Result<(), BackupError> {
    let Some(finished) = finished else { return Ok(()) };
    let root = match finished.size.cmp(&source.head.size) {
        Ordering::Equal => Some(source.head.root),
        Ordering::Less => {
            let next = block_on(source.shard.read(finished.size, 1))?.into_iter().next();
            let before = next.and_then(|next| frame::before(&next.bytes));
            before.filter(|before| before.size == finished.size).map(|before| before.root)
        }
        Ordering::Greater => None,
    };
    if root == Some(finished.root) {
        return Ok(());
    }
    let (path, size) = (to.path.clone(), finished.size);
    Err(BackupError::Diverged { path, size, head: source.head })
}

/// Checks that what is there already is the beginning of the source: its last frame names the root of all before it.
fn agrees(source: &Source, to: &Directory, next: u64) -> Result<(), BackupError> {
    let Some(last) = next.checked_sub(1) else { return Ok(()) };
    let files = Files::new(Arc::clone(to.disk()), to.join(ARCHIVE), source.log_id);
    let theirs = (next <= source.head.size).then(|| block_on(source.shard.read(last, 1)));
    let theirs: Option<StoredFrame> =
        theirs.transpose()?.and_then(|found| found.into_iter().next());
    let ours = match &theirs {
        Some(frame) => files.read(frame.first_sequence, next, 1)?.into_iter().next(),
        None => None,
    };
    if theirs.is_some() && theirs == ours {
        return Ok(());
    }
    Err(BackupError::Diverged { path: to.path.clone(), size: next, head: source.head })
}

/// Copies the frames that are not there yet; returns their bytes.
fn frames(
    source: &Source,
    writer: &mut Writer,
    progress: &mut dyn FnMut(Progress),
) -> Result<u64, BackupError> {
    let of = source.head.size;
    let (mut bytes, mut reader) = (0, FrameReader::new());
    while writer.next() < of {
        let next = writer.next();
        let found = block_on(source.shard.read(next, FEED_BYTES))?;
        let found: Vec<StoredFrame> = found
            .into_iter()
            .filter(|frame| frame::end(&frame.bytes).is_some_and(|end| end <= of))
            .collect();
        for StoredFrame { first_sequence, bytes: stored } in &found {
            reader.open(*first_sequence, stored).map_err(ReadError::from)?;
            bytes += stored.len() as u64;
        }
        writer.append(found.iter().map(|frame| frame.bytes.as_ref()))?;
        if writer.next() == next {
            let broken = Broken::LogRolledBack { have: next, want: of };
            return Err(OpenError::from(broken).into());
        }
        progress(Progress::Records { copied: writer.next(), of });
    }
    writer.sync()?;
    Ok(bytes)
}
