//! The file of a snapshot: a header that says of which log and of which head it is, a table of sections, the sections.
//! It is written beside the old one and takes its name once it is durable: there is never half of one.

use super::{Section, SectionWriter, Unfit};
use crate::disk::{Disk, DiskFile};
use crate::merkle::{Hash, Head};
use std::io;
use std::path::{Path, PathBuf};

/// The first bytes of a snapshot.
pub const MAGIC: [u8; 4] = *b"LMPX";
/// The format of the header; of a section, its own version says how it reads.
pub const FORMAT: u8 = 1;

/// Where the format stands.
pub const FORMAT_OFFSET: usize = MAGIC.len();
/// Where the log's id stands.
pub const LOG_ID_OFFSET: usize = FORMAT_OFFSET + 1;
/// Where the number of records stands.
pub const SIZE_OFFSET: usize = LOG_ID_OFFSET + 16;
/// Where the root over them stands.
pub const ROOT_OFFSET: usize = SIZE_OFFSET + 8;
/// Where the number of sections stands; the table follows.
pub const SECTIONS_OFFSET: usize = ROOT_OFFSET + 32;

/// Where the version stands in a row of the table; the name is before it.
pub const ROW_VERSION_OFFSET: usize = NAME_BYTES;
/// Where the length stands in a row.
pub const ROW_LENGTH_OFFSET: usize = ROW_VERSION_OFFSET + 4;
/// Where the hash stands in a row.
pub const ROW_HASH_OFFSET: usize = ROW_LENGTH_OFFSET + 8;
/// Bytes of a row.
pub const ROW_BYTES: usize = ROW_HASH_OFFSET + 32;

const FIXED_BYTES: usize = SECTIONS_OFFSET + 1;
const NAME_BYTES: usize = 16;
const CHECKSUM_BYTES: usize = 4;

/// A snapshot on disk, of which the header was read and its checksum is right.
#[derive(Debug)]
pub struct Snapshot {
    file: Box<dyn DiskFile>,
    log_id: [u8; 16],
    head: Head,
    rows: Vec<Row>,
}

/// A section, and where it stands.
#[derive(Debug, Clone, Copy)]
struct Row {
    name: [u8; NAME_BYTES],
    version: u32,
    at: u64,
    length: u64,
    hash: Hash,
}

impl Snapshot {
    /// Reads the header, if there is such a file.
    pub(crate) fn open(disk: &dyn Disk, path: &Path) -> Result<Option<Snapshot>, Unfit> {
        if !disk.exists(path).map_err(|_| Unfit("cannot be looked for"))? {
            return Ok(None);
        }
        let file = disk.open_to_read(path).map_err(|_| Unfit("cannot be opened"))?;
        let mut fixed = [0; FIXED_BYTES];
        read_exact(file.as_ref(), &mut fixed, 0)?;
        let mut from = super::SectionReader::new(&fixed);
        if from.array()? != MAGIC {
            return Err(Unfit("is no snapshot"));
        }
        if from.u8()? != FORMAT {
            return Err(Unfit("has a format that this program does not know"));
        }
        let (log_id, size, root) = (from.array()?, from.u64()?, Hash(from.array()?));
        let count = usize::from(from.u8()?);
        let mut table = vec![0; count * ROW_BYTES + CHECKSUM_BYTES];
        read_exact(file.as_ref(), &mut table, FIXED_BYTES as u64)?;
        let (table, checksum) = table.split_at(count * ROW_BYTES);
        if checksum != header_checksum(&fixed, table) {
            return Err(Unfit("has another checksum"));
        }
        let (mut rows, mut at) = (Vec::with_capacity(count), header_bytes(count));
        let mut from = super::SectionReader::new(table);
        for _ in 0..count {
            let (name, version, length) = (from.array()?, from.u32()?, from.u64()?);
            rows.push(Row { name, version, at, length, hash: Hash(from.array()?) });
            at = at.checked_add(length).ok_or(Unfit("is cut"))?;
        }
        let is_longer = file.read_at(&mut [0], at).map_err(|_| Unfit("cannot be read"))? > 0;
        if is_longer {
            return Err(Unfit("goes on behind its end"));
        }
        if let Some(last) = at.checked_sub(1) {
            read_exact(file.as_ref(), &mut [0], last)?;
        }
        Ok(Some(Snapshot { file, log_id, head: Head { size, root }, rows }))
    }

    /// The log it says it is of.
    pub fn log_id(&self) -> [u8; 16] {
        self.log_id
    }

    /// Size and root of the log when it was taken.
    pub fn head(&self) -> Head {
        self.head
    }

    /// Reads a section and checks its hash.
    ///
    /// # Errors
    /// [`Unfit`] if there is none of this name and version, or its bytes are not those that were written.
    pub fn section(&self, name: &str, version: u32) -> Result<Vec<u8>, Unfit> {
        let row = self.rows.iter().find(|row| row.name == padded(name));
        let row = row.ok_or(Unfit("lacks a section that is needed"))?;
        if row.version != version {
            return Err(Unfit("has a section of a version that this program does not know"));
        }
        let length = usize::try_from(row.length).map_err(|_| Unfit("is too long"))?;
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(length).map_err(|_| Unfit("is too long"))?;
        bytes.resize(length, 0);
        read_exact(self.file.as_ref(), &mut bytes, row.at)?;
        if Hash::of(&bytes) == row.hash { Ok(bytes) } else { Err(Unfit("has another hash")) }
    }

    /// Whether a snapshot of these sections would lack one that this has.
    pub(super) fn has_more_than(&self, sections: &[&dyn Section]) -> bool {
        let is_there = |row: &Row| sections.iter().any(|found| padded(found.name()) == row.name);
        !self.rows.iter().all(is_there)
    }
}

/// Writes a snapshot in place of the one before, durably.
pub(super) fn write(
    disk: &dyn Disk,
    path: &Path,
    log_id: [u8; 16],
    head: Head,
    sections: &[&dyn Section],
) -> io::Result<()> {
    let new = beside(path);
    let file = disk.open(&new, true)?;
    file.set_len(0)?;
    let (mut table, mut at) = (Vec::new(), header_bytes(sections.len()));
    for section in sections {
        let mut out = SectionWriter::new(Some(file.as_ref()), at);
        section.write(&mut out);
        let (length, hash) = out.finish()?;
        table.extend_from_slice(&padded(section.name()));
        table.extend_from_slice(&section.version().to_be_bytes());
        table.extend_from_slice(&length.to_be_bytes());
        table.extend_from_slice(&hash.0);
        at += length;
    }
    let mut header = Vec::with_capacity(FIXED_BYTES);
    header.extend_from_slice(&MAGIC);
    header.push(FORMAT);
    header.extend_from_slice(&log_id);
    header.extend_from_slice(&head.size.to_be_bytes());
    header.extend_from_slice(&head.root.0);
    header.push(u8::try_from(sections.len()).unwrap_or(u8::MAX));
    let checksum = header_checksum(&header, &table);
    header.extend_from_slice(&table);
    header.extend_from_slice(&checksum);
    file.write_at(&header, 0)?;
    file.sync_all()?;
    disk.rename(&new, path)?;
    disk.sync_dir(folder(path))
}

/// Removes a snapshot, if there is one, durably.
pub(super) fn remove(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    if !disk.exists(path)? {
        return Ok(());
    }
    disk.remove_file(path)?;
    disk.sync_dir(folder(path))
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Where a snapshot is written before it takes its name.
fn beside(path: &Path) -> PathBuf {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    new.into()
}

fn header_bytes(sections: usize) -> u64 {
    (FIXED_BYTES + sections * ROW_BYTES + CHECKSUM_BYTES) as u64
}

fn header_checksum(fixed: &[u8], table: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(fixed);
    checksum.update(table);
    checksum.finalize().to_be_bytes()
}

/// A name as it stands in the table; no section is called by a longer one.
fn padded(name: &str) -> [u8; NAME_BYTES] {
    let mut padded = [0; NAME_BYTES];
    for (place, byte) in padded.iter_mut().zip(name.bytes()) {
        *place = byte;
    }
    padded
}

fn read_exact(file: &dyn DiskFile, into: &mut [u8], at: u64) -> Result<(), Unfit> {
    let read = file.read_at(into, at).map_err(|_| Unfit("cannot be read"))?;
    if read == into.len() { Ok(()) } else { Err(Unfit("is cut")) }
}
