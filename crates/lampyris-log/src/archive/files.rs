//! Reading an archive: which files there are, and the frames in them.
//! It takes no lock and writes nothing; whoever reads a frame checks it.

use super::file::{self, HEADER_BYTES, Header, first_in_name};
use super::walk::Walk;
use crate::disk::{Disk, DiskFile};
use crate::error::{Broken, ReadError, Unavailable};
use crate::shard::StoredFrame;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How far the marks in a file are apart, in bytes: what a read walks over at most to find its frame, once some read
/// came by.
const MARK_BYTES: u64 = 256 * 1024;

/// The files of an archive.
#[derive(Debug)]
pub(crate) struct Files {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    log_id: [u8; 16],
    known: Mutex<BTreeMap<u64, Option<Known>>>,
}

/// A file that was opened, and where some of its frames stand: offsets by first sequence.
#[derive(Debug, Clone)]
struct Known {
    file: Arc<dyn DiskFile>,
    path: Arc<Path>,
    marks: BTreeMap<u64, u64>,
}

/// What a read is after, and has.
struct Wanted {
    from: u64,
    until: u64,
    bytes: usize,
    taken: usize,
    full: bool,
    found: Vec<StoredFrame>,
}

impl Files {
    pub(crate) fn new(disk: Arc<dyn Disk>, folder: PathBuf, log_id: [u8; 16]) -> Files {
        Files { disk, folder, log_id, known: Mutex::default() }
    }

    /// The sequence after the last frame that looks whole; nothing if there is no frame.
    pub(crate) fn end(&self) -> Result<Option<u64>, ReadError> {
        let mut firsts = self.list()?;
        while let Some(first) = firsts.pop() {
            let Some(file) = self.known(first)? else { continue };
            let mut nothing = Wanted::nothing();
            let end = self.walk(first, &file, &mut nothing)?;
            return Ok(Some(end).filter(|end| *end > 0));
        }
        Ok(None)
    }

    /// Frames in order, from the one that holds the record `from`: at least one, if there is one before `until`, and no more
    /// than make up `bytes` bytes after it.
    pub(crate) fn read(
        &self,
        from: u64,
        until: u64,
        bytes: usize,
    ) -> Result<Vec<StoredFrame>, ReadError> {
        let mut wanted = Wanted { from, until, bytes, taken: 0, full: false, found: Vec::new() };
        let mut listed = false;
        while !wanted.full && wanted.from < until {
            let before = wanted.from;
            if let Some(first) = self.holder(before)
                && let Some(file) = self.known(first)?
            {
                self.walk(first, &file, &mut wanted)?;
            }
            if wanted.from == before {
                // It may stand in a file that was not there when the folder was looked at last.
                if std::mem::replace(&mut listed, true) {
                    break;
                }
                self.list()?;
            }
        }
        Ok(wanted.found)
    }

    /// The first sequences of all files, in order.
    fn list(&self) -> Result<Vec<u64>, Unavailable> {
        let firsts = firsts(self.disk.as_ref(), &self.folder)?;
        let mut known = self.known.lock();
        for first in &firsts {
            known.entry(*first).or_default();
        }
        Ok(firsts)
    }

    /// The file that a record is in, if it is in any that is known.
    fn holder(&self, sequence: u64) -> Option<u64> {
        self.known.lock().range(..=sequence).next_back().map(|(first, _)| *first)
    }

    /// A file, opened once; nothing if it is still without its header, as one that is being made.
    fn known(&self, first: u64) -> Result<Option<Known>, ReadError> {
        if let Some(Some(known)) = self.known.lock().get(&first) {
            return Ok(Some(known.clone()));
        }
        let path: Arc<Path> = self.folder.join(file::file_name(first)).into();
        let io = |operation| {
            let path = path.to_path_buf();
            move |error| Unavailable::io(operation, path, error)
        };
        let file: Arc<dyn DiskFile> = self.disk.open_to_read(&path).map_err(io("open"))?.into();
        // One byte more: a file that holds a frame has its header.
        let mut begin = [0; HEADER_BYTES + 1];
        let length = file.read_at(&mut begin, 0).map_err(io("read"))?;
        let begin = begin.get(..length).unwrap_or_default();
        match Header::read(begin) {
            Ok(header) if header == Header { log_id: self.log_id, first } => {}
            Err(_) if begin.len() <= HEADER_BYTES => return Ok(None),
            Ok(_) => return Err(damaged(&path, 0, "has another file's header".to_owned()).into()),
            Err(detail) => return Err(damaged(&path, 0, detail).into()),
        }
        let known = Known { file, path, marks: [(first, HEADER_BYTES as u64)].into() };
        self.known.lock().insert(first, Some(known.clone()));
        Ok(Some(known))
    }

    /// Takes what is wanted of a file; returns the sequence at which it stopped, which is the file's end if nothing was
    /// enough.
    fn walk(&self, first: u64, file: &Known, wanted: &mut Wanted) -> Result<u64, ReadError> {
        let mark = file.marks.range(..=wanted.from).next_back();
        let (mut next, offset) = mark.map_or((first, HEADER_BYTES as u64), |(s, o)| (*s, *o));
        let mut walk = Walk::new(file.file.as_ref(), offset, wanted.bytes);
        let (mut marked, mut marks) = (offset, Vec::new());
        let io = |error| Unavailable::io("read", file.path.as_ref(), error);
        while let Some(step) = walk.peek().map_err(io)? {
            let (from, to, length) = (step.from, step.to, step.frame.len());
            if from != next {
                let detail = format!("goes on at sequence {from} after {next}");
                return Err(damaged(&file.path, walk.offset(), detail).into());
            }
            if to > wanted.from && !wanted.take(from, step.frame) {
                break;
            }
            walk.pass(length);
            next = to;
            if walk.offset() - marked >= MARK_BYTES {
                marked = walk.offset();
                marks.push((next, marked));
            }
        }
        // Whoever reads on begins here.
        marks.push((next, walk.offset()));
        if let Some(Some(known)) = self.known.lock().get_mut(&first) {
            known.keep(marks);
        }
        wanted.from = wanted.from.max(next);
        Ok(next)
    }
}

impl Known {
    /// Keeps marks that are far enough from the one before.
    fn keep(&mut self, marks: Vec<(u64, u64)>) {
        for (sequence, offset) in marks {
            let before = self.marks.range(..=sequence).next_back();
            if before.is_none_or(|(_, before)| offset.saturating_sub(*before) >= MARK_BYTES) {
                self.marks.insert(sequence, offset);
            }
        }
    }
}

impl Wanted {
    /// A read of nothing, which walks to the end.
    fn nothing() -> Wanted {
        let from = u64::MAX;
        Wanted { from, until: from, bytes: usize::MAX, taken: 0, full: false, found: Vec::new() }
    }

    /// Takes a frame, unless it is beyond the end or too much.
    fn take(&mut self, from: u64, frame: &[u8]) -> bool {
        self.full =
            from >= self.until || (!self.found.is_empty() && self.taken + frame.len() > self.bytes);
        if !self.full {
            self.taken += frame.len();
            self.found.push(StoredFrame { first_sequence: from, bytes: frame.into() });
        }
        !self.full
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
