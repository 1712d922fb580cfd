//! The files of the journal: one a segment, of full length from its creation on.
//! It never looks at their entries.

use super::recovery::Found;
use super::slot::{Slot, SlotState};
use super::{DATA_OFFSET, SEGMENT_BYTES};
use crate::disk::{Disk, DiskFile};
use crate::error::Unavailable;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the name of a segment's file begins with; its number follows.
pub const SEGMENT_NAME: &str = "segment.";

/// A segment's file and what the journal knows of it.
#[derive(Debug, Clone)]
pub(crate) struct Segment {
    file: Arc<dyn DiskFile>,
    path: PathBuf,
    pub(super) number: u32,
    /// Which use of the file this is; 0 is none.
    pub(crate) generation: u64,
    /// Whether it may be written over.
    pub(super) free: bool,
    /// Whether the file is not of full length.
    pub(super) short: bool,
    /// Number of records in the log after its last entry.
    pub(super) end: u64,
    /// Bytes of its entries.
    pub(super) bytes: usize,
}

impl Segment {
    /// A new file of zeros, durable with its folder's entry.
    pub(crate) fn create(
        disk: &dyn Disk,
        folder: &Path,
        number: u32,
    ) -> Result<Segment, Unavailable> {
        let path = folder.join(format!("{SEGMENT_NAME}{number}"));
        let file = disk.open(&path, true).map_err(|e| Unavailable::io("create", &path, e))?;
        let segment = Segment::over(file, path, number);
        segment.fill()?;
        disk.sync_dir(folder).map_err(|error| Unavailable::io("sync", folder, error))?;
        Ok(segment)
    }

    fn over(file: Box<dyn DiskFile>, path: PathBuf, number: u32) -> Segment {
        let file = file.into();
        Segment { file, path, number, generation: 0, free: true, short: false, end: 0, bytes: 0 }
    }

    /// Makes the file full of zeros: writing them is what allocates its blocks.
    pub(super) fn fill(&self) -> Result<(), Unavailable> {
        self.write(&vec![0; SEGMENT_BYTES], 0)?;
        self.file.sync_all().map_err(|error| Unavailable::io("sync", &self.path, error))
    }

    pub(super) fn write(&self, bytes: &[u8], position: usize) -> Result<(), Unavailable> {
        let written = self.file.write_at(bytes, position as u64);
        written.map_err(|error| Unavailable::io("write", &self.path, error))
    }

    pub(crate) fn sync(&self) -> Result<(), Unavailable> {
        self.file.sync_data().map_err(|error| Unavailable::io("sync", &self.path, error))
    }

    /// The bytes in the file.
    pub(crate) fn read(&self) -> Result<Vec<u8>, Unavailable> {
        let mut bytes = vec![0; SEGMENT_BYTES];
        let read = self.file.read_at(&mut bytes, 0);
        let length = read.map_err(|error| Unavailable::io("read", &self.path, error))?;
        bytes.truncate(length);
        Ok(bytes)
    }

    /// Writes the entries up to a position again and syncs them.
    pub(super) fn write_again(&self, position: usize) -> Result<(), Unavailable> {
        let bytes = self.read()?;
        if let Some(entries) =
            bytes.get(DATA_OFFSET..position).filter(|entries| !entries.is_empty())
        {
            self.write(entries, DATA_OFFSET)?;
        }
        self.sync()
    }

    /// Says that there is a next segment, if a crash came before that could be said.
    pub(super) fn say_full(&self) -> Result<(), Unavailable> {
        let newest = Slot::newest(&self.read()?);
        let Some(slot) = newest.filter(|slot| slot.state != SlotState::Full) else { return Ok(()) };
        let slot = Slot { counter: slot.counter + 1, state: SlotState::Full, ..slot };
        self.write(&slot.write(), slot.offset())?;
        self.sync()
    }

    /// Removes the file; its folder is synced by the caller.
    pub(super) fn remove(self, disk: &dyn Disk) -> Result<(), Unavailable> {
        disk.remove_file(&self.path).map_err(|error| Unavailable::io("remove", &self.path, error))
    }
}

/// All segments in a folder, in the order of their numbers, and what is in them.
pub(crate) fn read(
    disk: &dyn Disk,
    folder: &Path,
) -> Result<(Vec<Segment>, Vec<Found>), Unavailable> {
    let files = disk.list(folder).map_err(|error| Unavailable::io("list", folder, error))?;
    let (mut segments, mut found) = (Vec::new(), Vec::new());
    for path in files.unwrap_or_default() {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let number = name.strip_prefix(SEGMENT_NAME).and_then(|number| number.parse().ok());
        let Some(number) = number else { continue };
        let file = disk.open(&path, false).map_err(|e| Unavailable::io("open", &path, e))?;
        let mut segment = Segment::over(file, path.clone(), number);
        let bytes = segment.read()?;
        segment.short = bytes.len() != SEGMENT_BYTES;
        segments.push(segment);
        found.push(Found { path, bytes });
    }
    Ok((segments, found))
}
