//! Where a look at the journal ended: who looks again reads on from there, and a few blocks if nothing came.
//! It never decides what a journal says that was changed in any other way; that takes a look at all of it.

use super::entry::{ENTRY_HEADER_BYTES, ENTRY_MAGIC, Entry};
use super::recovery::{Found, Kept, Recovery};
use super::slot::{Slot, SlotState};
use super::{DATA_OFFSET, SEGMENT_BYTES};
use crate::disk::{Disk, DiskFile};
use crate::error::Unavailable;
use crate::merkle::Head;
use std::io;
use std::path::PathBuf;

/// The end of the newest segment, as a look found it.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    path: PathBuf,
    log_id: [u8; 16],
    generation: u64,
    /// The header of the segment's last entry and where it stands, if the segment has an entry.
    last: Option<(usize, Vec<u8>)>,
    /// Where the next entry will stand.
    position: usize,
    /// Checksum of the entry before it.
    check: u32,
    /// Size and root of the log before it.
    head: Head,
}

/// What was written behind a mark.
#[derive(Debug)]
pub(crate) struct News {
    pub(crate) frames: Vec<Kept>,
    pub(crate) head: Head,
    pub(crate) mark: Mark,
}

/// The part of a segment that was read, with zeros around it.
struct Window<'m> {
    mark: &'m Mark,
    file: Box<dyn DiskFile>,
    bytes: Vec<u8>,
}

impl Mark {
    /// The mark at the end of what was found.
    pub(crate) fn of(found: &[Found], recovery: &Recovery) -> Option<Mark> {
        let newest = recovery.uses.iter().position(|used| used.generation == recovery.generation);
        let (index, position) = (newest?, recovery.position);
        let (segment, used) = (found.get(index)?, recovery.uses.get(index)?);
        let last = recovery.frames.last().filter(|_| used.bytes > 0);
        let at = last.and_then(|kept| position.checked_sub(ENTRY_HEADER_BYTES + kept.frame.len()));
        let header = |at: usize| Some(segment.bytes.get(at..at + ENTRY_HEADER_BYTES)?.to_vec());
        Some(Mark {
            path: segment.path.clone(),
            log_id: recovery.log_id,
            generation: recovery.generation,
            last: at.and_then(|at| Some((at, header(at)?))),
            position,
            check: recovery.check,
            head: recovery.head,
        })
    }

    /// The entries that were written behind this mark, durable when this returns; nothing if that cannot be said
    /// without a look at the whole journal.
    pub(crate) fn read_on(&self, disk: &dyn Disk) -> Result<Option<News>, Unavailable> {
        let Some(mut window) = self.open(disk)? else { return Ok(None) };
        let Some(slot) = window.slot()? else { return Ok(None) };
        if !window.still_ends_here(&slot)? {
            return Ok(None);
        }
        let Some(news) = window.entries()? else { return Ok(None) };
        if slot.acknowledged.size > news.head.size {
            return Ok(None);
        }
        if !news.frames.is_empty() {
            let synced = window.file.sync_data();
            synced.map_err(|error| Unavailable::io("sync", &self.path, error))?;
        }
        Ok(Some(news))
    }

    fn open(&self, disk: &dyn Disk) -> Result<Option<Window<'_>>, Unavailable> {
        match disk.open_to_read(&self.path) {
            Ok(file) => Ok(Some(Window { mark: self, file, bytes: vec![0; SEGMENT_BYTES] })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Unavailable::io("open", &self.path, error)),
        }
    }
}

impl Window<'_> {
    fn read(&mut self, from: usize, to: usize) -> Result<(), Unavailable> {
        let part = self.bytes.get_mut(from..to.min(SEGMENT_BYTES)).unwrap_or_default();
        let read = self.file.read_at(part, from as u64);
        read.map_err(|error| Unavailable::io("read", &self.mark.path, error)).map(drop)
    }

    /// The slot that counts, if the segment is still the one that is written to.
    fn slot(&mut self) -> Result<Option<Slot>, Unavailable> {
        self.read(0, DATA_OFFSET)?;
        let Mark { log_id, generation, .. } = *self.mark;
        let same = |slot: &Slot| {
            let is_full = slot.state == SlotState::Full;
            (slot.log_id, slot.generation, is_full) == (log_id, generation, false)
        };
        Ok(Slot::newest(&self.bytes).filter(same))
    }

    /// Whether what stood before the mark still does.
    fn still_ends_here(&mut self, slot: &Slot) -> Result<bool, Unavailable> {
        let Some((at, header)) = &self.mark.last else {
            return Ok(
                slot.acknowledged.size > self.mark.head.size || slot.acknowledged == self.mark.head
            );
        };
        self.read(*at, at + ENTRY_HEADER_BYTES)?;
        Ok(self.bytes.get(*at..).is_some_and(|rest| rest.starts_with(header)))
    }

    /// The whole entries behind the mark; nothing if one of them does not go on from there.
    fn entries(&mut self) -> Result<Option<News>, Unavailable> {
        let mut news = News { frames: Vec::new(), head: self.mark.head, mark: self.mark.clone() };
        self.read(news.mark.position, news.mark.position + ENTRY_HEADER_BYTES)?;
        let next = self.bytes.get(news.mark.position..).unwrap_or_default();
        if !next.starts_with(&ENTRY_MAGIC) {
            return Ok(Some(news));
        }
        self.read(news.mark.position, SEGMENT_BYTES)?;
        let Mark { log_id, generation, .. } = *self.mark;
        while let Some((entry, check)) = Entry::read(&self.bytes, news.mark.position)
            .filter(|(entry, _)| (entry.log_id, entry.generation) == (log_id, generation))
        {
            if entry.before() != Some(news.head) || entry.previous != news.mark.check {
                return Ok(None);
            }
            let at = news.mark.position;
            let header = self.bytes.get(at..at + ENTRY_HEADER_BYTES).unwrap_or_default();
            let first_sequence = news.head.size;
            news.frames.push(Kept { first_sequence, frame: entry.frame.into() });
            news.head = entry.after;
            news.mark.last = Some((at, header.to_vec()));
            news.mark.position = at + entry.bytes();
            (news.mark.check, news.mark.head) = (check, entry.after);
        }
        Ok(Some(news))
    }
}
