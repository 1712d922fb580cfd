//! A walk through the frames of one file of an archive, from any of them on.
//! It checks nothing but that a frame can stand there: whoever takes the frame checks it.

use super::file::{self, LENGTH_BYTES};
use crate::disk::DiskFile;
use crate::limits::MAX_FRAME_BYTES;
use std::io;
use std::ops::Range;

/// Bytes that are read at a time: a frame of any length fits.
pub(super) const WINDOW_BYTES: usize = 256 * 1024;
const _: () = assert!(WINDOW_BYTES >= LENGTH_BYTES + MAX_FRAME_BYTES);

/// Where a walk is in a file.
#[derive(Debug)]
pub(super) struct Walk<'f> {
    file: &'f dyn DiskFile,
    window: Vec<u8>,
    /// Bytes of the window that were read, and those that were passed.
    read: usize,
    at: usize,
    /// Offset in the file of the window's first byte.
    begun: u64,
}

/// A frame that stands in the file.
#[derive(Debug)]
pub(super) struct Step<'w> {
    /// Sequence of its first record.
    pub(super) from: u64,
    /// Sequence after its last record.
    pub(super) to: u64,
    /// Its bytes.
    pub(super) frame: &'w [u8],
}

impl<'f> Walk<'f> {
    /// A walk from an offset on, by someone who will take so many bytes.
    pub(super) fn new(file: &'f dyn DiskFile, offset: u64, bytes: usize) -> Walk<'f> {
        let window = vec![0; bytes.clamp(WINDOW_BYTES, 16 * WINDOW_BYTES)];
        Walk { file, window, read: 0, at: 0, begun: offset }
    }

    /// Offset of what comes next.
    pub(super) fn offset(&self) -> u64 {
        self.begun + self.at as u64
    }

    /// The next frame; nothing where none stands, be it the end or not.
    pub(super) fn peek(&mut self) -> io::Result<Option<Step<'_>>> {
        let mut found = self.whole();
        if found.is_none() {
            self.begun += self.at as u64;
            (self.at, self.read) = (0, 0);
            self.read = self.file.read_at(&mut self.window, self.begun)?;
            found = self.whole();
        }
        Ok(found.and_then(|(range, from, to)| {
            self.window.get(range).map(|frame| Step { from, to, frame })
        }))
    }

    /// Goes past the frame that [`Walk::peek`] showed.
    pub(super) fn pass(&mut self, length: usize) {
        self.at += LENGTH_BYTES + length;
    }

    /// Whether any byte stands where the walk is.
    pub(super) fn more(&self) -> bool {
        self.at < self.read
    }

    fn whole(&self) -> Option<(Range<usize>, u64, u64)> {
        let (length, from, to) = file::peek(self.window.get(self.at..self.read)?)?;
        let begin = self.at + LENGTH_BYTES;
        (begin + length <= self.read).then_some((begin..begin + length, from, to))
    }
}
