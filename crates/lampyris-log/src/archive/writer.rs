//! Writing an archive: what the store took is appended and synced, before the journal may forget it.
//! A torn end is cut off when the archive is opened, and what is missing comes from the store again.

use super::file::{self, FILE_BYTES, HEADER_BYTES, Header, LENGTH_BYTES};
use super::files::firsts;
use crate::disk::{Disk, DiskFile};
use crate::error::{ReadError, Unavailable};
use crate::frame::{self, FrameReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many bytes are read at a time when the last file is looked through.
const WINDOW_BYTES: usize = 4 << 20;

/// The archive of an open log.
#[derive(Debug)]
pub(crate) struct Writer {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    log_id: [u8; 16],
    last: Option<Last>,
    /// The sequence after the last record that is here.
    next: u64,
}

/// The file that is appended to.
#[derive(Debug)]
struct Last {
    file: Box<dyn DiskFile>,
    path: PathBuf,
    bytes: u64,
    unsynced: bool,
}

impl Writer {
    /// Opens the archive in a folder, which is made if it is missing. The last file is read and checked frame by frame, and
    /// cut behind the last whole one; a last file that is not one at all is removed.
    pub(crate) fn open(
        disk: &Arc<dyn Disk>,
        folder: &Path,
        log_id: [u8; 16],
    ) -> Result<Writer, ReadError> {
        let (disk, folder) = (Arc::clone(disk), folder.to_owned());
        if !disk.exists(&folder).map_err(|e| Unavailable::io("look for", &folder, e))? {
            disk.create_dir(&folder).map_err(|e| Unavailable::io("create", &folder, e))?;
        }
        let mut writer = Writer { disk, folder, log_id, last: None, next: 0 };
        let mut files = firsts(writer.disk.as_ref(), &writer.folder)?;
        while let Some(first) = files.pop() {
            if writer.take_up(first)? {
                break;
            }
        }
        Ok(writer)
    }

    /// The sequence after the last record that is here.
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// Appends frames that go on from the end; those that are here already are passed over. Nothing is durable before
    /// [`Writer::sync`].
    pub(crate) fn append<'f>(
        &mut self,
        frames: impl Iterator<Item = &'f [u8]>,
    ) -> Result<(), ReadError> {
        let mut buffer = Vec::new();
        for frame in frames {
            let from = frame::before(frame).map_or(u64::MAX, |head| head.size);
            if from < self.next {
                continue;
            }
            if from > self.next {
                return Err(
                    crate::error::Broken::LogRolledBack { have: self.next, want: from }.into()
                );
            }
            let full = |last: &Last| last.bytes + buffer.len() as u64 >= FILE_BYTES;
            if self.last.as_ref().is_none_or(full) {
                self.write(&std::mem::take(&mut buffer))?;
                self.sync()?;
                self.begin(from)?;
            }
            file::write_entry(&mut buffer, frame);
            self.next = frame::end(frame).unwrap_or(self.next);
        }
        Ok(self.write(&buffer)?)
    }

    /// Makes durable what was appended.
    pub(crate) fn sync(&mut self) -> Result<(), Unavailable> {
        let Some(last) = self.last.as_mut().filter(|last| last.unsynced) else { return Ok(()) };
        last.file.sync_data().map_err(|error| Unavailable::io("sync", &last.path, error))?;
        last.unsynced = false;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Unavailable> {
        let Some(last) = self.last.as_mut().filter(|_| !bytes.is_empty()) else { return Ok(()) };
        last.unsynced = true;
        let written = last.file.write_at(bytes, last.bytes);
        written.map_err(|error| Unavailable::io("write", &last.path, error))?;
        last.bytes += bytes.len() as u64;
        Ok(())
    }

    /// A new file, durable with its name.
    fn begin(&mut self, first: u64) -> Result<(), Unavailable> {
        let path = self.folder.join(file::file_name(first));
        let io = |operation| {
            let path = path.clone();
            move |error| Unavailable::io(operation, path, error)
        };
        let file = self.disk.open(&path, true).map_err(io("create"))?;
        let header = Header { log_id: self.log_id, first };
        file.set_len(0).map_err(io("cut"))?;
        file.write_at(&header.write(), 0).map_err(io("write"))?;
        file.sync_all().map_err(io("sync"))?;
        let synced = self.disk.sync_dir(&self.folder);
        synced.map_err(|error| Unavailable::io("sync", &self.folder, error))?;
        self.last = Some(Last { file, path, bytes: HEADER_BYTES as u64, unsynced: false });
        Ok(())
    }

    /// Goes on in the file that begins at a sequence; returns whether it can.
    fn take_up(&mut self, first: u64) -> Result<bool, ReadError> {
        let path = self.folder.join(file::file_name(first));
        let io = |operation| {
            let path = path.clone();
            move |error| Unavailable::io(operation, path, error)
        };
        let file = self.disk.open(&path, false).map_err(io("open"))?;
        let mut header = [0; HEADER_BYTES];
        let length = file.read_at(&mut header, 0).map_err(io("read"))?;
        let header = Header::read(header.get(..length).unwrap_or_default());
        if header != Ok(Header { log_id: self.log_id, first }) {
            tracing::warn!(path = %path.display(), "no file of this archive: it is removed, and made anew from the store");
            drop(file);
            self.disk.remove_file(&path).map_err(io("remove"))?;
            return Ok(false);
        }
        let (mut bytes, mut next) = (HEADER_BYTES as u64, first);
        let (mut reader, mut window) = (FrameReader::new(), vec![0; WINDOW_BYTES]);
        let more = loop {
            let read = file.read_at(&mut window, bytes).map_err(io("read"))?;
            let mut rest = window.get(..read).unwrap_or_default();
            let begun = bytes;
            while let Some((length, from, to)) = file::peek(rest)
                && let Some((entry, behind)) = rest.split_at_checked(LENGTH_BYTES + length)
                && from == next
                && reader.open(from, entry.get(LENGTH_BYTES..).unwrap_or_default()).is_ok()
            {
                (rest, next) = (behind, to);
                bytes += entry.len() as u64;
            }
            if bytes == begun {
                break read > 0;
            }
        };
        if more {
            tracing::warn!(path = %path.display(), byte = bytes, "the archive is cut here, and goes on from the store");
            file.set_len(bytes).map_err(io("cut"))?;
        }
        // What was read may not be on the disk: a crash may have come before its sync.
        self.last = Some(Last { file, path, bytes, unsynced: true });
        self.next = next;
        Ok(true)
    }
}
