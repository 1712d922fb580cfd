//! Writing an archive: what the store took is appended and synced, before the journal may forget it.
//! A torn end is cut off when the archive is opened, and what is missing comes from the store again.

use super::file::{self, FILE_BYTES, HEADER_BYTES, Header};
use super::files::firsts;
use super::walk::Walk;
use crate::disk::{Disk, DiskFile};
use crate::error::{ReadError, Unavailable};
use crate::frame::{self, FrameReader};
use crate::limits::{FEED_BYTES, MAX_FRAME_BYTES};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Most bytes at the end of a file that are not synced: what is written again after a crash.
const UNSYNCED_BYTES: u64 = (2 * FEED_BYTES + MAX_FRAME_BYTES) as u64;

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
    unsynced: u64,
}

impl Writer {
    /// Opens the archive in a folder, which is made if it is missing. The last file is read and checked frame by frame, and
    /// cut behind the last whole one; a last file that is not one at all is removed. Unless it is `settled`, as it is
    /// after a clean stop, its end is written again: the kernel may show bytes that it failed to write.
    pub(crate) fn open(
        disk: &Arc<dyn Disk>,
        folder: &Path,
        log_id: [u8; 16],
        settled: bool,
    ) -> Result<Writer, ReadError> {
        Writer::open_up_to(disk, folder, log_id, settled, u64::MAX)
    }

    /// The same, and what the archive holds beyond so many records is cut off.
    pub(crate) fn open_up_to(
        disk: &Arc<dyn Disk>,
        folder: &Path,
        log_id: [u8; 16],
        settled: bool,
        until: u64,
    ) -> Result<Writer, ReadError> {
        let (disk, folder) = (Arc::clone(disk), folder.to_owned());
        if !disk.exists(&folder).map_err(|e| Unavailable::io("look for", &folder, e))? {
            disk.create_dir(&folder).map_err(|e| Unavailable::io("create", &folder, e))?;
        }
        let mut writer = Writer { disk, folder, log_id, last: None, next: 0 };
        let mut files = firsts(writer.disk.as_ref(), &writer.folder)?;
        while let Some(first) = files.pop() {
            if first >= until {
                let path = writer.folder.join(file::file_name(first));
                let removed = writer.disk.remove_file(&path);
                removed.map_err(|error| Unavailable::io("remove", &path, error))?;
            } else if writer.take_up(first, until)? {
                break;
            }
        }
        if !settled {
            writer.write_again()?;
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
            let begins = self.last.as_ref().is_none_or(full);
            if begins || buffer.len() >= FEED_BYTES {
                self.write(&buffer)?;
                buffer.clear();
            }
            if begins {
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
        let Some(last) = self.last.as_mut().filter(|last| last.unsynced > 0) else { return Ok(()) };
        last.file.sync_data().map_err(|error| Unavailable::io("sync", &last.path, error))?;
        last.unsynced = 0;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Unavailable> {
        let length = bytes.len() as u64;
        let fits = |last: &mut Last| last.unsynced + length <= UNSYNCED_BYTES;
        if !self.last.as_mut().is_some_and(fits) {
            self.sync()?;
        }
        let Some(last) = self.last.as_mut().filter(|_| length > 0) else { return Ok(()) };
        last.unsynced += length;
        let written = last.file.write_at(bytes, last.bytes);
        written.map_err(|error| Unavailable::io("write", &last.path, error))?;
        last.bytes += length;
        Ok(())
    }

    /// Writes the end of the last file again, and makes it durable with its name.
    fn write_again(&self) -> Result<(), Unavailable> {
        let Some(last) = &self.last else { return Ok(()) };
        let io = |operation| move |error| Unavailable::io(operation, &last.path, error);
        let mut at = last.bytes.saturating_sub(UNSYNCED_BYTES);
        let mut window = vec![0; FEED_BYTES];
        while at < last.bytes {
            let left = usize::try_from(last.bytes - at).unwrap_or(usize::MAX).min(window.len());
            let part = window.get_mut(..left).unwrap_or_default();
            if last.file.read_at(part, at).map_err(io("read"))? != left {
                return Err(io("read")(std::io::ErrorKind::UnexpectedEof.into()));
            }
            last.file.write_at(part, at).map_err(io("write"))?;
            at += left as u64;
        }
        last.file.sync_all().map_err(io("sync"))?;
        let synced = self.disk.sync_dir(&self.folder);
        synced.map_err(|error| Unavailable::io("sync", &self.folder, error))
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
        self.last = Some(Last { file, path, bytes: HEADER_BYTES as u64, unsynced: 0 });
        Ok(())
    }

    /// Goes on in the file that begins at a sequence, and at most up to another; returns whether it can.
    fn take_up(&mut self, first: u64, until: u64) -> Result<bool, ReadError> {
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
        let (mut next, mut reader) = (first, FrameReader::new());
        let mut walk = Walk::new(file.as_ref(), HEADER_BYTES as u64, usize::MAX);
        while let Some(step) = walk.peek().map_err(io("read"))?
            && step.from == next
            && next < until
            && reader.open(next, step.frame).is_ok()
        {
            let length = step.frame.len();
            next = step.to;
            walk.pass(length);
        }
        let (bytes, more) = (walk.offset(), walk.more());
        drop(walk);
        if more {
            tracing::warn!(path = %path.display(), byte = bytes, "the archive is cut here, and goes on from the store");
            file.set_len(bytes).map_err(io("cut"))?;
        }
        self.last = Some(Last { file, path, bytes, unsynced: 0 });
        self.next = next;
        Ok(true)
    }
}
