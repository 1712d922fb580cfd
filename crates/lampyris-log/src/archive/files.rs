//! Reading an archive: which files there are, where each frame stands, and the frames.
//! It takes no lock and writes nothing; whoever reads a frame checks it.

use super::file::{self, HEADER_BYTES, Header, LENGTH_BYTES, first_in_name};
use crate::disk::{Disk, DiskFile};
use crate::error::{Broken, ReadError, Unavailable};
use crate::frame;
use crate::shard::StoredFrame;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many bytes are read at a time in order to find where frames stand.
const WINDOW_BYTES: usize = 1 << 20;

/// The files of an archive.
#[derive(Debug)]
pub(crate) struct Files {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    known: Mutex<BTreeMap<u64, Known>>,
}

/// A file, and where frames stand in it as far as was looked.
#[derive(Debug, Clone)]
struct Known {
    file: Arc<dyn DiskFile>,
    path: PathBuf,
    /// First sequence and offset of each frame.
    frames: Vec<(u64, u64)>,
    /// The sequence after the last of them, and the offset behind it.
    next: u64,
    end: u64,
}

impl Files {
    pub(crate) fn new(disk: Arc<dyn Disk>, folder: PathBuf) -> Files {
        Files { disk, folder, known: Mutex::default() }
    }

    /// The first sequences of all files, in order.
    pub(crate) fn firsts(&self) -> Result<Vec<u64>, Unavailable> {
        firsts(self.disk.as_ref(), &self.folder)
    }

    /// The sequence after the last frame that looks whole; nothing if there is no frame.
    pub(crate) fn end(&self) -> Result<Option<u64>, ReadError> {
        let Some(last) = self.firsts()?.pop() else { return Ok(None) };
        let mut known = self.known.lock();
        let file = self.known(&mut known, last)?;
        file.look_on()?;
        Ok(Some(file.next).filter(|next| *next > 0))
    }

    /// Frames in order, from the one that holds the record `from`: at least one, if there is one before `until`, and no more
    /// than make up `bytes` bytes after it.
    pub(crate) fn read(
        &self,
        from: u64,
        until: u64,
        bytes: usize,
    ) -> Result<Vec<StoredFrame>, ReadError> {
        let firsts = self.firsts_from(from)?;
        let (mut found, mut taken) = (Vec::new(), 0);
        let mut wanted = from;
        for first in firsts {
            if wanted >= until {
                break;
            }
            let file = {
                let mut known = self.known.lock();
                let file = self.known(&mut known, first)?;
                if wanted >= file.next {
                    file.look_on()?;
                }
                file.clone()
            };
            let index = file.frames.partition_point(|(sequence, _)| *sequence <= wanted);
            let Some(index) = index.checked_sub(1) else { break };
            for frame in file.read(index, until, bytes.saturating_sub(taken))? {
                let length = frame.bytes.len();
                if taken > 0 && taken + length > bytes {
                    return Ok(found);
                }
                taken += length;
                wanted = frame::end(&frame.bytes).unwrap_or(u64::MAX);
                found.push(frame);
            }
            if wanted < file.next.min(until) {
                break;
            }
        }
        Ok(found)
    }

    /// The files from the one on that may hold a record.
    fn firsts_from(&self, from: u64) -> Result<Vec<u64>, Unavailable> {
        let firsts = {
            let known = self.known.lock();
            let holds = known.range(..=from).next_back().is_some_and(|(_, file)| from < file.next);
            if holds { known.keys().copied().collect() } else { Vec::new() }
        };
        let firsts = if firsts.is_empty() { self.firsts()? } else { firsts };
        let at = firsts.partition_point(|first| *first <= from).saturating_sub(1);
        Ok(firsts.get(at..).unwrap_or_default().to_vec())
    }

    fn known<'k>(
        &self,
        known: &'k mut BTreeMap<u64, Known>,
        first: u64,
    ) -> Result<&'k mut Known, ReadError> {
        match known.entry(first) {
            std::collections::btree_map::Entry::Occupied(found) => Ok(found.into_mut()),
            std::collections::btree_map::Entry::Vacant(free) => {
                let path = self.folder.join(file::file_name(first));
                let io = |operation| {
                    let path = path.clone();
                    move |error| Unavailable::io(operation, path, error)
                };
                let file: Arc<dyn DiskFile> =
                    self.disk.open_to_read(&path).map_err(io("open"))?.into();
                let mut header = [0; HEADER_BYTES];
                let length = file.read_at(&mut header, 0).map_err(io("read"))?;
                let header = Header::read(header.get(..length).unwrap_or_default())
                    .and_then(|header| {
                        let right = header.first == first;
                        right
                            .then_some(header)
                            .ok_or_else(|| "has another file's header".to_owned())
                    })
                    .map_err(|detail| damaged(&path, 0, detail));
                header?;
                let (frames, end) = (Vec::new(), HEADER_BYTES as u64);
                Ok(free.insert(Known { file, path, frames, next: first, end }))
            }
        }
    }
}

impl Known {
    /// Finds the frames behind those that are known. What is no frame ends it: more may be written there later.
    fn look_on(&mut self) -> Result<(), ReadError> {
        let mut window = vec![0; WINDOW_BYTES];
        loop {
            let read = self.file.read_at(&mut window, self.end);
            let read = read.map_err(|error| Unavailable::io("read", &self.path, error))?;
            let bytes = window.get(..read).unwrap_or_default();
            let begun = self.end;
            let mut at = 0;
            while let Some((length, from, to)) = file::peek(bytes.get(at..).unwrap_or_default()) {
                if from != self.next {
                    let detail = format!("goes on at sequence {from} after {}", self.next);
                    return Err(damaged(&self.path, self.end, detail).into());
                }
                if at + LENGTH_BYTES + length > bytes.len() {
                    break;
                }
                self.frames.push((from, self.end));
                at += LENGTH_BYTES + length;
                (self.next, self.end) = (to, begun + at as u64);
            }
            if at == 0 {
                return Ok(());
            }
        }
    }

    /// Frames from one on: at least one, and no more than make up `bytes` bytes after it.
    fn read(&self, index: usize, until: u64, bytes: usize) -> Result<Vec<StoredFrame>, ReadError> {
        let Some(&(_, start)) = self.frames.get(index) else { return Ok(Vec::new()) };
        let frames = self.frames.get(index..).unwrap_or_default();
        let ends =
            frames.iter().skip(1).map(|(first, at)| (*first, *at)).chain([(self.next, self.end)]);
        let mut end = start;
        let mut firsts = Vec::new();
        for ((first, _), (next, behind)) in frames.iter().zip(ends) {
            let more = usize::try_from(behind - start).unwrap_or(usize::MAX);
            if *first >= until || (!firsts.is_empty() && more > bytes) {
                break;
            }
            firsts.push((*first, next));
            end = behind;
        }
        let mut buffer = vec![0; usize::try_from(end - start).unwrap_or_default()];
        let read = self.file.read_at(&mut buffer, start);
        let read = read.map_err(|error| Unavailable::io("read", &self.path, error))?;
        if read != buffer.len() {
            return Err(damaged(&self.path, start + read as u64, "was cut".to_owned()).into());
        }
        let mut found = Vec::with_capacity(firsts.len());
        let mut rest = buffer.as_slice();
        for (first_sequence, _) in firsts {
            let entry = file::peek(rest)
                .and_then(|(length, ..)| rest.get(LENGTH_BYTES..)?.split_at_checked(length));
            let Some((frame, behind)) = entry else {
                return Err(damaged(&self.path, start, "has changed".to_owned()).into());
            };
            found.push(StoredFrame { first_sequence, bytes: frame.into() });
            rest = behind;
        }
        Ok(found)
    }
}

/// The first sequences of the files in a folder, in order.
pub(super) fn firsts(disk: &dyn Disk, folder: &Path) -> Result<Vec<u64>, Unavailable> {
    let files = disk.list(folder).map_err(|error| Unavailable::io("list", folder, error))?;
    Ok(files.into_iter().flatten().filter_map(|path| first_in_name(&path)).collect())
}

fn damaged(path: &Path, byte: u64, detail: String) -> Broken {
    Broken::ArchiveDamaged { path: path.to_owned(), byte, detail }
}
