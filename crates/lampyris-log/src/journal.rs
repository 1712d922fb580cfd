//! The journal in front of the store: an acknowledgement is one sync of preallocated bytes of our own.
//! It never gives a segment up before the store was shown to hold what is in it.

mod entry;
mod mark;
mod recovery;
mod segments;
mod slot;
#[cfg(test)]
mod tests;

pub use entry::*;
pub use segments::SEGMENT_NAME;
pub use slot::*;

pub(crate) use mark::Mark;
pub(crate) use recovery::{Kept, Recovery, recover};
pub(crate) use segments::{Segment, read};

use crate::disk::Disk;
use crate::error::Unavailable;
use crate::frame;
use crate::limits::JOURNAL_COVER_BYTES;
use crate::merkle::{Hash, Head};
use crate::shard::{SealedFrame, StoredFrame};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Length of a segment of the journal, from its creation on.
pub const SEGMENT_BYTES: usize = 4 * 1024 * 1024;
/// Where the entries of a segment begin, behind its two slots.
pub const DATA_OFFSET: usize = 2 * SLOT_DISTANCE;
/// How many frames are written at a time when the journal is written anew: of the largest, they fit a segment.
const REWRITE_FRAMES: usize = 8;

/// The open journal.
#[derive(Debug)]
pub(crate) struct Journal {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    log_id: [u8; 16],
    /// The last one is written to; the others are full or free.
    segments: Vec<Segment>,
    /// The number of the next file: none is given out twice, because two threads make files.
    next_number: u32,
    position: usize,
    /// Checksum of the entry written last.
    check: u32,
    counter: u64,
    generation: u64,
    /// All that is in the journal is durable up to here.
    durable: Head,
    /// Both slots have to say that the log is open before the next acknowledgement counts.
    reopened: bool,
    /// The slots say that the log is closed, and nothing was written since.
    clean: bool,
    failed: bool,
    buffer: Vec<u8>,
}

impl Journal {
    /// A new journal of an empty log.
    pub(crate) fn create(
        disk: &Arc<dyn Disk>,
        folder: &Path,
        log_id: [u8; 16],
    ) -> Result<Journal, Unavailable> {
        let empty = Head { size: 0, root: Hash::of(&[]) };
        let mut journal = Journal::new(disk, folder, log_id, empty);
        journal.begin_segment()?;
        Ok(journal)
    }

    /// A new journal of a log that is there already: it ends at `end`, and `frames` are its newest.
    pub(crate) fn create_at(
        disk: &Arc<dyn Disk>,
        folder: &Path,
        log_id: [u8; 16],
        frames: &[StoredFrame],
        end: Head,
    ) -> Result<Journal, Unavailable> {
        let mut journal = Journal::create(disk, folder, log_id)?;
        journal.rewrite(frames, end)?;
        Ok(journal)
    }

    /// A journal over the segments that were found, before [`Journal::adopt`].
    pub(crate) fn reopen(
        disk: &Arc<dyn Disk>,
        folder: &Path,
        recovery: &Recovery,
        mut segments: Vec<Segment>,
    ) -> Journal {
        let mut journal = Journal::new(disk, folder, recovery.log_id, recovery.head);
        for (segment, used) in segments.iter_mut().zip(&recovery.uses) {
            (segment.generation, segment.end) = (used.generation, used.end);
            segment.bytes = used.bytes;
            segment.free = used.generation == 0;
        }
        segments.sort_by_key(|segment| segment.generation);
        let numbers = segments.iter().map(|segment| segment.number + 1);
        journal.next_number = numbers.max().unwrap_or(0);
        journal.segments = segments;
        journal.generation = recovery.generation;
        (journal.position, journal.check) = (recovery.position, recovery.check);
        journal.counter = recovery.counter;
        journal
    }

    fn new(disk: &Arc<dyn Disk>, folder: &Path, log_id: [u8; 16], durable: Head) -> Journal {
        Journal {
            disk: Arc::clone(disk),
            folder: folder.to_owned(),
            log_id,
            segments: Vec::new(),
            next_number: 0,
            position: DATA_OFFSET,
            check: 0,
            counter: 0,
            generation: 0,
            durable,
            reopened: false,
            clean: false,
            failed: false,
            buffer: Vec::new(),
        }
    }

    /// Takes over what was found: its end was verified and is `end`. The newest segment is written again and
    /// synced, because the kernel may show bytes that it failed to write. A damaged journal is written anew from
    /// `frames`, the newest of the store.
    pub(crate) fn adopt(
        &mut self,
        recovery: &Recovery,
        end: Head,
        frames: impl FnOnce() -> Result<Vec<StoredFrame>, crate::error::ReadError>,
    ) -> Result<(), crate::error::ReadError> {
        if recovery.damaged || recovery.head != end {
            tracing::warn!(size = end.size, "writing the journal anew from the store");
            return Ok(self.rewrite(&frames()?, end)?);
        }
        self.durable = end;
        (self.reopened, self.clean) = (true, recovery.closed);
        if !recovery.closed
            && let [rest @ .., newest] = self.segments.as_slice()
        {
            newest.write_again(self.position)?;
            if let Some(before) = rest.last().filter(|before| !before.free) {
                before.say_full()?;
            }
        }
        Ok(())
    }

    /// Makes frames durable with one sync. After an error the journal takes nothing more.
    pub(crate) fn append(&mut self, frames: &[SealedFrame]) -> Result<(), Unavailable> {
        let acknowledged = self.durable.size;
        let frames = frames.iter().map(|frame| (frame.bytes.as_ref(), frame.after));
        self.guard(|journal| journal.put(frames, acknowledged))
    }

    /// Whether [`Journal::add_spare`] should be called: the segment is half full and there is none to go on in.
    pub(crate) fn needs_spare(&self) -> bool {
        self.position > SEGMENT_BYTES / 2 && !self.segments.iter().any(|segment| segment.free)
    }

    /// What is needed to make a spare segment without the journal at hand.
    pub(crate) fn spare(&mut self) -> (Arc<dyn Disk>, PathBuf, u32) {
        let number = self.take_number();
        (Arc::clone(&self.disk), self.folder.clone(), number)
    }

    /// Takes a new segment in.
    pub(crate) fn add_spare(&mut self, spare: Segment) {
        self.segments.insert(0, spare);
    }

    /// The oldest full segment that is not needed any more once its frames were found in the store, which holds
    /// `stored` records: enough newer ones are full and stored as well.
    pub(crate) fn oldest_covered(&self, stored: u64) -> Option<Segment> {
        // Invariant: those that are not free stand in the order of their generations.
        let full = self.segments.iter().rev().skip(1).filter(|segment| !segment.free);
        let mut bytes = 0;
        let spare = full.filter(|segment| segment.end <= stored).skip_while(|segment| {
            let needed = bytes < JOURNAL_COVER_BYTES;
            bytes += segment.bytes;
            needed
        });
        spare.last().cloned()
    }

    /// Frees a segment whose frames are in the store; of two free ones the older is removed, because a generation
    /// that is missing between others looks like a lost file.
    pub(crate) fn free(&mut self, generation: u64) -> Result<(), Unavailable> {
        let found = self.segments.iter().position(|segment| segment.generation == generation);
        let Some(index) = found else { return Ok(()) };
        let spare = self.segments.iter().find(|segment| segment.free);
        let outdated = match spare.map(|spare| spare.generation) {
            Some(0) => Some(generation),
            older => older,
        };
        self.segments.iter_mut().skip(index).take(1).for_each(|segment| segment.free = true);
        outdated.map_or(Ok(()), |outdated| self.remove(|generation| generation == outdated))
    }

    /// Says that the log is closed and that the store holds all of it.
    pub(crate) fn close(&mut self) -> Result<(), Unavailable> {
        if self.clean {
            return Ok(());
        }
        self.guard(|journal| {
            for _ in 0..2 {
                journal.write_slot(SlotState::Closed)?;
            }
            journal.sync()
        })
    }

    /// Size and root of what is durable.
    pub(crate) fn durable(&self) -> Head {
        self.durable
    }

    pub(crate) fn log_id(&self) -> [u8; 16] {
        self.log_id
    }

    fn guard(
        &mut self,
        work: impl FnOnce(&mut Journal) -> Result<(), Unavailable>,
    ) -> Result<(), Unavailable> {
        if self.failed {
            let cause = "the journal failed before".to_owned();
            return Err(Unavailable::Poisoned { durable: self.durable.size, cause });
        }
        let result = work(self);
        self.failed = result.is_err();
        result
    }

    /// Writes and syncs frames, each with the head after it.
    fn put<'a>(
        &mut self,
        frames: impl Iterator<Item = (&'a [u8], Head)> + Clone,
        acknowledged: u64,
    ) -> Result<(), Unavailable> {
        self.clean = false;
        let bytes: usize = frames.clone().map(|(frame, _)| ENTRY_HEADER_BYTES + frame.len()).sum();
        if self.position + bytes > SEGMENT_BYTES {
            self.begin_segment()?;
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        let (mut after, mut check) = (self.durable, self.check);
        for (frame, head) in frames {
            let position = u32::try_from(self.position + buffer.len()).unwrap_or(u32::MAX);
            let entry = Entry {
                log_id: self.log_id,
                generation: self.generation,
                position,
                previous: check,
                acknowledged,
                after: head,
                frame,
            };
            check = entry.write(&mut buffer);
            after = head;
        }
        for _ in 0..if std::mem::take(&mut self.reopened) { 2 } else { 1 } {
            self.write_slot(SlotState::Open)?;
        }
        if let Some(segment) = self.segments.last() {
            segment.write(&buffer, self.position)?;
        }
        self.sync()?;
        (self.check, self.durable) = (check, after);
        self.position += buffer.len();
        self.buffer = buffer;
        if let Some(segment) = self.segments.last_mut() {
            (segment.end, segment.bytes) = (after.size, self.position - DATA_OFFSET);
        }
        Ok(())
    }

    fn write_slot(&mut self, state: SlotState) -> Result<(), Unavailable> {
        self.counter += 1;
        let slot = Slot {
            log_id: self.log_id,
            generation: self.generation,
            counter: self.counter,
            acknowledged: self.durable,
            state,
        };
        self.segments.last().map_or(Ok(()), |segment| segment.write(&slot.write(), slot.offset()))
    }

    fn sync(&self) -> Result<(), Unavailable> {
        self.segments.last().map_or(Ok(()), Segment::sync)
    }

    /// Goes on in a free segment, or in a new one. The next generation is durable before this one is said to be
    /// full: so a full segment proves that there is a next one.
    fn begin_segment(&mut self) -> Result<(), Unavailable> {
        let free = self.segments.iter().position(|segment| segment.free);
        let mut next = if let Some(index) = free {
            self.segments.remove(index)
        } else {
            let number = self.take_number();
            Segment::create(self.disk.as_ref(), &self.folder, number)?
        };
        if std::mem::take(&mut next.short) {
            next.fill()?;
        }
        let generation = self.generation + 1;
        for counter in 1..=2 {
            let (log_id, acknowledged) = (self.log_id, self.durable);
            let state = SlotState::Open;
            let slot = Slot { log_id, generation, counter, acknowledged, state };
            next.write(&slot.write(), slot.offset())?;
        }
        next.sync()?;
        if self.generation > 0 && !self.segments.is_empty() {
            self.write_slot(SlotState::Full)?;
            self.sync()?;
        }
        (next.free, next.generation) = (false, generation);
        (next.end, next.bytes) = (self.durable.size, 0);
        self.segments.push(next);
        (self.generation, self.counter, self.position) = (generation, 2, DATA_OFFSET);
        self.reopened = false;
        Ok(())
    }

    /// Begins anew with the newest frames of the store, then removes what was there before. Its bytes are not used
    /// again: entries behind a slot that counts no more would be taken for damage.
    fn rewrite(&mut self, frames: &[StoredFrame], end: Head) -> Result<(), Unavailable> {
        let before = self.generation;
        (self.durable, self.check) = (end, 0);
        self.begin_segment()?;
        let afters = frames.iter().skip(1).map(|next| frame::before(&next.bytes).unwrap_or(end));
        let heads = afters.chain([end]);
        let pairs: Vec<(&[u8], Head)> =
            frames.iter().map(|frame| frame.bytes.as_ref()).zip(heads).collect();
        for few in pairs.chunks(REWRITE_FRAMES) {
            self.put(few.iter().copied(), end.size)?;
        }
        self.remove(|generation| generation <= before)
    }

    /// Removes the segments of these generations, durably: none comes back beside one that is used again.
    fn remove(&mut self, outdated: impl Fn(u64) -> bool) -> Result<(), Unavailable> {
        let all = std::mem::take(&mut self.segments);
        let (old, kept): (Vec<Segment>, _) =
            all.into_iter().partition(|segment| outdated(segment.generation));
        self.segments = kept;
        for segment in old {
            segment.remove(self.disk.as_ref())?;
        }
        let synced = self.disk.sync_dir(&self.folder);
        synced.map_err(|error| Unavailable::io("sync", &self.folder, error))
    }

    fn take_number(&mut self) -> u32 {
        let number = self.next_number;
        self.next_number += 1;
        number
    }
}

fn part<const N: usize>(bytes: &[u8], offset: usize) -> Option<[u8; N]> {
    bytes.get(offset..)?.first_chunk().copied()
}
