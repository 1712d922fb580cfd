//! The head mark: size and root of what was acknowledged, in a file of its own outside sled.
//! An append is never acknowledged before its mark is durable; a mark never goes down.

use crate::disk::{Disk, DiskFile};
use crate::error::{Broken, OpenError, Unavailable};
use crate::merkle::{Hash, Head};
use std::path::{Path, PathBuf};

/// First bytes of a slot.
pub const SLOT_MAGIC: [u8; 4] = *b"LMPH";
/// Offset of the size, eight bytes.
pub const SIZE_OFFSET: usize = 4;
/// Offset of the root, 32 bytes.
pub const ROOT_OFFSET: usize = SIZE_OFFSET + 8;
/// Offset of the log id, 16 bytes.
pub const LOG_ID_OFFSET: usize = ROOT_OFFSET + 32;
/// Offset of the generation, eight bytes.
pub const GENERATION_OFFSET: usize = LOG_ID_OFFSET + 16;
/// Offset of the checksum over all before it, four bytes.
pub const SLOT_CHECKSUM_OFFSET: usize = GENERATION_OFFSET + 8;
/// Length of a slot.
pub const SLOT_BYTES: usize = SLOT_CHECKSUM_OFFSET + 4;
/// Distance of the two slots: a torn write of one block spares the other.
pub const SLOT_DISTANCE: u64 = 4096;

/// The open head mark.
#[derive(Debug)]
pub(crate) struct HeadMark {
    file: Box<dyn DiskFile>,
    path: PathBuf,
    log_id: [u8; 16],
    generation: u64,
    head: Head,
}

impl HeadMark {
    /// Creates the file with a mark of the empty log, durable except for its folder's entry.
    pub(crate) fn create(
        disk: &dyn Disk,
        path: &Path,
        log_id: [u8; 16],
    ) -> Result<HeadMark, Unavailable> {
        let io = |operation| move |error| Unavailable::io(operation, path, error);
        let file = disk.open(path, true).map_err(io("create"))?;
        file.set_len(0).map_err(io("empty"))?;
        file.write_at(&vec![0; usize::try_from(2 * SLOT_DISTANCE).unwrap_or_default()], 0)
            .map_err(io("write"))?;
        file.sync_all().map_err(io("sync"))?;
        let head = Head { size: 0, root: Hash::of(&[]) };
        let mut mark = HeadMark { file, path: path.to_owned(), log_id, generation: 0, head };
        mark.raise(head)?;
        Ok(mark)
    }

    /// Opens the file and takes the newer of its valid slots.
    pub(crate) fn open(disk: &dyn Disk, path: &Path) -> Result<HeadMark, OpenError> {
        let io = |operation| move |error| Unavailable::io(operation, path, error);
        if !disk.exists(path).map_err(io("look for"))? {
            return Err(Broken::HeadMissing { path: path.to_owned() }.into());
        }
        let file = disk.open(path, false).map_err(io("open"))?;
        let mut newest: Option<Slot> = None;
        for number in 0..2 {
            let mut bytes = [0; SLOT_BYTES];
            let read = file.read_at(&mut bytes, number * SLOT_DISTANCE).map_err(io("read"))?;
            let slot = if read == SLOT_BYTES { Slot::read(&bytes, number) } else { None };
            if let Some(slot) = slot
                && newest.as_ref().is_none_or(|newest| newest.generation < slot.generation)
            {
                newest = Some(slot);
            }
        }
        let Some(Slot { head, log_id, generation }) = newest else {
            return Err(Broken::HeadDamaged { path: path.to_owned() }.into());
        };
        Ok(HeadMark { file, path: path.to_owned(), log_id, generation, head })
    }

    /// Writes the older slot and makes it durable.
    pub(crate) fn raise(&mut self, head: Head) -> Result<(), Unavailable> {
        let generation = self.generation + 1;
        let slot = Slot { head, log_id: self.log_id, generation };
        let offset = generation % 2 * SLOT_DISTANCE;
        self.file
            .write_at(&slot.write(), offset)
            .map_err(|error| Unavailable::io("write", &self.path, error))?;
        self.file.sync_data().map_err(|error| Unavailable::io("sync", &self.path, error))?;
        self.generation = generation;
        self.head = head;
        Ok(())
    }

    /// What was acknowledged.
    pub(crate) fn head(&self) -> Head {
        self.head
    }

    /// The log that this mark belongs to.
    pub(crate) fn log_id(&self) -> [u8; 16] {
        self.log_id
    }
}

#[derive(Debug)]
struct Slot {
    head: Head,
    log_id: [u8; 16],
    generation: u64,
}

impl Slot {
    fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(SLOT_BYTES);
        bytes.extend_from_slice(&SLOT_MAGIC);
        bytes.extend_from_slice(&self.head.size.to_be_bytes());
        bytes.extend_from_slice(&self.head.root.0);
        bytes.extend_from_slice(&self.log_id);
        bytes.extend_from_slice(&self.generation.to_be_bytes());
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
        bytes
    }

    /// The slot, if it is valid and stands where its generation belongs.
    fn read(bytes: &[u8; SLOT_BYTES], number: u64) -> Option<Slot> {
        let (signed, sum) = bytes.split_last_chunk::<4>()?;
        let generation = u64::from_be_bytes(part(bytes, GENERATION_OFFSET)?);
        let valid = part(bytes, 0)? == SLOT_MAGIC
            && crc32fast::hash(signed) == u32::from_be_bytes(*sum)
            && generation % 2 == number;
        let head = Head {
            size: u64::from_be_bytes(part(bytes, SIZE_OFFSET)?),
            root: Hash(part(bytes, ROOT_OFFSET)?),
        };
        valid.then_some(Slot { head, log_id: part(bytes, LOG_ID_OFFSET)?, generation })
    }
}

fn part<const N: usize>(bytes: &[u8; SLOT_BYTES], offset: usize) -> Option<[u8; N]> {
    bytes.get(offset..)?.first_chunk().copied()
}
