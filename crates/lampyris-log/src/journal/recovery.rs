//! What the bytes of the journal prove: which frames follow one another, where the log ended, and how much of it
//! was certainly acknowledged. Pure: it reads no file and repairs nothing.

use super::entry::{ENTRY_GENERATION_OFFSET, ENTRY_HEADER_BYTES, ENTRY_MAGIC, Entry};
use super::slot::{Slot, SlotState};
use super::{DATA_OFFSET, SEGMENT_BYTES, part};
use crate::error::Broken;
use crate::merkle::Head;
use std::path::PathBuf;
use std::sync::Arc;

/// A segment as it was found.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    pub(crate) bytes: Vec<u8>,
}

/// A frame that the journal holds.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) first_sequence: u64,
    pub(crate) frame: Arc<[u8]>,
}

/// What the journal proves.
#[derive(Debug)]
pub(crate) struct Recovery {
    pub(crate) log_id: [u8; 16],
    /// Frames in order, all that can be put back.
    pub(crate) frames: Vec<Kept>,
    /// Where the frames end, or what the slots say if there is none.
    pub(crate) head: Head,
    /// So many records were acknowledged for certain.
    pub(crate) acknowledged: u64,
    /// Whether the log was closed at its head.
    pub(crate) closed: bool,
    /// Whether something is missing or not as it was written, a torn end apart.
    pub(crate) damaged: bool,
    /// What each segment found is used for.
    pub(crate) uses: Vec<Use>,
    /// The greatest generation, where its entries end, the last entry's checksum, the newest slot's counter.
    pub(crate) generation: u64,
    pub(crate) position: usize,
    pub(crate) check: u32,
    pub(crate) counter: u64,
}

/// What a segment is used for.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Use {
    /// 0 if for nothing.
    pub(crate) generation: u64,
    /// Size of the log after its last entry.
    pub(crate) end: u64,
    /// Bytes of its entries.
    pub(crate) bytes: usize,
}

/// A walk over all entries in order.
struct Walk {
    at: Option<(Head, u32)>,
    frames: Vec<Kept>,
    acknowledged: u64,
    damaged: bool,
}

/// Draws the conclusions; `folder` is named if the journal is missing.
pub(crate) fn recover(found: &[Found], folder: &std::path::Path) -> Result<Recovery, Broken> {
    let mut segments: Vec<(u64, Option<Slot>, usize)> = Vec::new();
    for (index, segment) in found.iter().enumerate() {
        let slot = Slot::newest(&segment.bytes);
        let generation = slot.map_or_else(|| strays(&segment.bytes), |slot| slot.generation);
        if generation > 0 {
            segments.push((generation, slot, index));
        }
    }
    segments.sort_unstable_by_key(|(generation, ..)| *generation);
    let missing = || Broken::JournalMissing { path: folder.to_owned() };
    let &(generation, newest, last) = segments.last().ok_or_else(missing)?;
    if newest.is_some_and(|slot| slot.state == SlotState::Full) {
        return Err(missing());
    }
    let slots = || segments.iter().filter_map(|(_, slot, _)| *slot);
    let Some(marked) = slots().map(|slot| slot.acknowledged).max_by_key(|head| head.size) else {
        return Err(damaged(found, last, "has no valid slot"));
    };
    let Some(log_id) = slots().map(|slot| slot.log_id).next_back() else { return Err(missing()) };
    let mut walk =
        Walk { at: None, frames: Vec::new(), acknowledged: marked.size, damaged: newest.is_none() };
    let mut position = DATA_OFFSET;
    let mut uses = vec![Use::default(); found.len()];
    for &(generation, slot, index) in &segments {
        let bytes = found.get(index).map_or(&[][..], |segment| &segment.bytes);
        walk.damaged |= slot.is_none() || bytes.len() != SEGMENT_BYTES;
        position = walk.segment(bytes, log_id, generation);
        if let Some(used) = uses.get_mut(index) {
            let end = walk.at.map_or(0, |(head, _)| head.size);
            *used = Use { generation, end, bytes: position - DATA_OFFSET };
        }
    }
    let closed = newest.filter(|slot| slot.state == SlotState::Closed);
    let bytes = found.get(last).map_or(&[][..], |segment| &segment.bytes);
    if bytes.len() != SEGMENT_BYTES && closed.is_none() && !ends_at(bytes, position) {
        return Err(damaged(found, last, "was cut where entries stood"));
    }
    let (head, check) = walk.at.unwrap_or((marked, 0));
    walk.damaged |= head.size < walk.acknowledged;
    // With the root that is known for the most records.
    let head = if marked.size > head.size { marked } else { head };
    Ok(Recovery {
        log_id,
        head,
        closed: closed.is_some_and(|slot| slot.acknowledged == head),
        frames: walk.frames,
        acknowledged: walk.acknowledged,
        damaged: walk.damaged,
        uses,
        generation,
        position,
        check,
        counter: newest.map_or(0, |slot| slot.counter),
    })
}

impl Walk {
    /// Takes the entries of a segment and returns where they end.
    fn segment(&mut self, bytes: &[u8], log_id: [u8; 16], generation: u64) -> usize {
        let (mut position, mut end) = (DATA_OFFSET, DATA_OFFSET);
        loop {
            let read = Entry::read(bytes, position)
                .filter(|(entry, _)| (entry.log_id, entry.generation) == (log_id, generation));
            if let Some((entry, check)) = read {
                // The oldest segment begins with an entry: what stood before this one cannot be read.
                let headless = self.at.is_none() && position > DATA_OFFSET;
                position += entry.bytes();
                if self.take(&entry, check) {
                    end = position;
                    self.damaged |= headless;
                }
                continue;
            }
            // An entry behind a damaged one proves that this is no torn end.
            match next_magic(bytes, position + 1) {
                Some(next) => position = next,
                None => break,
            }
        }
        if begun_at(bytes, end, generation) {
            let size = self.at.map_or(0, |(head, _)| head.size);
            tracing::warn!(
                generation,
                position = end,
                size,
                "an entry was begun here and is dropped"
            );
        }
        end
    }

    /// Takes an entry if it continues the walk, or proves that something before it is missing.
    fn take(&mut self, entry: &Entry<'_>, check: u32) -> bool {
        let Some(before) = entry.before() else { return false };
        let continues = match self.at {
            None => true,
            Some((head, previous)) => head == before && previous == entry.previous,
        };
        if !continues {
            let size = self.at.map_or(0, |(head, _)| head.size);
            let knows_more =
                entry.acknowledged > size || (entry.acknowledged == size && before.size < size);
            if !knows_more {
                // What a write that was never acknowledged left behind.
                return false;
            }
            self.damaged = true;
        }
        self.acknowledged = self.acknowledged.max(entry.acknowledged);
        self.at = Some((entry.after, check));
        // A repair may have written frames again.
        while self.frames.last().is_some_and(|kept| kept.first_sequence >= before.size) {
            self.frames.pop();
        }
        self.frames.push(Kept { first_sequence: before.size, frame: entry.frame.into() });
        true
    }
}

/// Whether nothing stands at a position, as in a segment that was never used before.
fn ends_at(bytes: &[u8], position: usize) -> bool {
    bytes.get(position..).and_then(|rest| rest.first_chunk()) == Some(&[0; ENTRY_HEADER_BYTES])
}

/// Whether an entry of this use of the segment was begun at a position.
fn begun_at(bytes: &[u8], position: usize, generation: u64) -> bool {
    let at = position + ENTRY_GENERATION_OFFSET;
    bytes.get(position..).is_some_and(|rest| rest.starts_with(&ENTRY_MAGIC))
        && part(bytes, at) == Some(generation.to_be_bytes())
}

fn next_magic(bytes: &[u8], from: usize) -> Option<usize> {
    const BLOCK: usize = 4096;
    const NOTHING: [u8; BLOCK] = [0; BLOCK];
    let mut at = from;
    while at < bytes.len() {
        // The last bytes of a block may begin what the next one goes on with.
        let window = bytes.get(at..bytes.len().min(at + BLOCK)).unwrap_or_default();
        if window != NOTHING.get(..window.len()).unwrap_or_default() {
            let wider = bytes.get(at..bytes.len().min(at + BLOCK + ENTRY_MAGIC.len() - 1))?;
            let mut windows = wider.windows(ENTRY_MAGIC.len());
            if let Some(found) = windows.position(|window| window == ENTRY_MAGIC) {
                return Some(at + found);
            }
        }
        at += BLOCK;
    }
    None
}

/// The generation of a segment without a valid slot, by its entries; 0 if it has none.
fn strays(bytes: &[u8]) -> u64 {
    let (mut from, mut newest) = (0, 0);
    while let Some(at) = next_magic(bytes, from) {
        from = at + 1;
        if let Some((entry, _)) = Entry::read(bytes, at) {
            newest = newest.max(entry.generation);
            from = at + entry.bytes();
        }
    }
    newest
}

fn damaged(found: &[Found], index: usize, detail: &'static str) -> Broken {
    let path = found.get(index).map(|segment| segment.path.clone()).unwrap_or_default();
    Broken::JournalDamaged { path, detail }
}
