//! The feeder: hands journaled frames on to sled, many at a time, and frees what the journal need not keep.
//! Nobody waits for it, unless it falls too far behind.

use super::Parts;
use crate::error::{Broken, ReadError};
use crate::journal::{Entry, Segment};
use crate::limits::FEED_BYTES;
use crate::shard::{SealedFrame, StoredFrame};
use std::collections::VecDeque;
use std::sync::Arc;

/// Most frames of one batch: sled writes a batch in one piece.
const BATCH_FRAMES: usize = 512;

/// Frames that are in the journal and not in sled.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    frames: VecDeque<SealedFrame>,
    bytes: usize,
    needs_spare: bool,
    /// The last spare segment could not be made.
    spare_failed: bool,
    pub(super) closing: bool,
    /// Why sled takes no more.
    pub(super) failed: Option<String>,
}

impl Waiting {
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes frames in and returns whether the feeder has something to do.
    pub(super) fn push(&mut self, frames: &[SealedFrame], needs_spare: bool) -> bool {
        self.bytes += frames.iter().map(|frame| frame.bytes.len()).sum::<usize>();
        self.frames.extend(frames.iter().cloned());
        self.needs_spare |= needs_spare;
        self.is_due()
    }

    /// Frames from the one that holds `from`, if it is here.
    pub(super) fn read(&self, from: u64, bytes: usize) -> Option<Vec<StoredFrame>> {
        if self.frames.front().is_none_or(|frame| frame.first_sequence > from) {
            return None;
        }
        let first = self.frames.partition_point(|frame| frame.after.size <= from);
        let (mut found, mut taken) = (Vec::new(), 0);
        for frame in self.frames.range(first..) {
            taken += frame.bytes.len();
            if taken > bytes && !found.is_empty() {
                break;
            }
            let (first_sequence, bytes) = (frame.first_sequence, Arc::clone(&frame.bytes));
            found.push(StoredFrame { first_sequence, bytes });
        }
        Some(found)
    }

    fn is_due(&self) -> bool {
        self.bytes >= FEED_BYTES || self.needs_spare || self.closing
    }
}

impl Parts {
    /// The feeder's thread: until the log is closed, or sled fails.
    pub(super) fn feed(&self) {
        loop {
            let (spare, closing, empty) = {
                let mut waiting = self.waiting.lock();
                while !waiting.is_due() {
                    self.due.wait(&mut waiting);
                }
                let spare = std::mem::take(&mut waiting.needs_spare);
                (spare, waiting.closing, waiting.frames.is_empty())
            };
            if spare {
                self.make_spare();
            }
            let due = closing || self.waiting.lock().bytes >= FEED_BYTES;
            let fed = if due && !empty { self.feed_all() } else { Ok(()) };
            if let Err(error) = fed {
                self.waiting.lock().failed = Some(error.to_string());
                self.fed.notify_all();
                // Only now: a subscriber that panics must leave nobody waiting.
                tracing::error!(%error, "sled takes no more; the journal keeps what it has");
                return;
            }
            if closing && self.waiting.lock().frames.is_empty() {
                if let Err(error) = self.journal.lock().close() {
                    tracing::warn!(%error, "the journal does not say that the log was closed");
                }
                return;
            }
        }
    }

    /// Feeds what is waiting now, with one sync at the end.
    fn feed_all(&self) -> Result<(), ReadError> {
        let frames: Vec<SealedFrame> = self.waiting.lock().frames.iter().cloned().collect();
        for batch in frames.chunks(BATCH_FRAMES) {
            self.store.insert(batch)?;
        }
        self.store.sync()?;
        {
            let mut archive = self.archive.lock();
            archive.append(frames.iter().map(|frame| frame.bytes.as_ref()))?;
            archive.sync()?;
        }
        let bytes: usize = frames.iter().map(|frame| frame.bytes.len()).sum();
        {
            let mut waiting = self.waiting.lock();
            waiting.frames.drain(..frames.len());
            waiting.bytes -= bytes;
        }
        self.fed.notify_all();
        let stored = frames.last().map_or(0, |frame| frame.after.size);
        loop {
            let segment = self.journal.lock().oldest_covered(stored);
            let Some(segment) = segment else { return Ok(()) };
            self.compare(&segment)?;
            self.journal.lock().free(segment.generation)?;
        }
    }

    /// Copies to the archive what sled holds before a sequence and the archive does not.
    pub(super) fn archive_up_to(&self, end: u64) -> Result<(), ReadError> {
        let mut archive = self.archive.lock();
        while archive.next() < end {
            let frames = self.store.read(archive.next(), FEED_BYTES)?;
            let before = archive.next();
            archive.append(frames.iter().map(|frame| frame.bytes.as_ref()))?;
            if archive.next() == before {
                return Err(Broken::LogRolledBack { have: before, want: end }.into());
            }
        }
        Ok(archive.sync()?)
    }

    /// Checks that sled gives back what a segment of the journal holds.
    fn compare(&self, segment: &Segment) -> Result<(), ReadError> {
        let bytes = segment.read()?;
        let mut position = crate::journal::DATA_OFFSET;
        while let Some((entry, _)) = Entry::read(&bytes, position)
            && entry.generation == segment.generation
        {
            let key = entry.before().map_or(0, |head| head.size);
            let stored = self.store.read(key, 1)?;
            if stored.first().is_none_or(|stored| stored.bytes.as_ref() != entry.frame) {
                return Err(Broken::LogRolledBack { have: key, want: entry.after.size }.into());
            }
            position += entry.bytes();
        }
        Ok(())
    }

    /// Makes the journal a segment to go on in, so that appending need not wait for its zeros.
    fn make_spare(&self) {
        let (disk, folder, number) = {
            let mut journal = self.journal.lock();
            if !journal.needs_spare() {
                return;
            }
            journal.spare()
        };
        match Segment::create(disk.as_ref(), &folder, number) {
            Ok(spare) => {
                self.waiting.lock().spare_failed = false;
                self.journal.lock().add_spare(spare);
            }
            // Appending will try itself, and fail if it must.
            Err(error) => {
                if !std::mem::replace(&mut self.waiting.lock().spare_failed, true) {
                    tracing::warn!(%error, "no spare segment; not said again until there is one");
                }
            }
        }
    }
}
