//! One file of the archive: a header, then frames, each with its length in front; the twin of a table in `docs/format.md`.

use crate::frame;
use crate::limits::MAX_FRAME_BYTES;
use std::path::Path;

/// First bytes of a file.
pub const MAGIC: [u8; 4] = *b"LMPA";
/// The format that this crate writes, and the newest it reads.
pub const FORMAT: u8 = 1;
/// Bytes of the header: magic, format, log id, first sequence, checksum.
pub const HEADER_BYTES: usize = 4 + 1 + 16 + 8 + 4;
/// Bytes of the length in front of each frame.
pub const LENGTH_BYTES: usize = 4;
/// A file is ended by the frame that brings it to so many bytes.
pub const FILE_BYTES: u64 = 64 * 1024 * 1024;

const DIGITS: usize = 20;

/// What the header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) log_id: [u8; 16],
    /// Sequence of the first record in the file.
    pub(super) first: u64,
}

/// The name of the file whose first record has this sequence.
pub fn file_name(first: u64) -> String {
    format!("{first:0DIGITS$}")
}

/// The sequence in the name of a file; nothing if it is no file of an archive.
pub(super) fn first_in_name(path: &Path) -> Option<u64> {
    let name = path.file_name()?.to_str()?;
    let digits = name.len() == DIGITS && name.bytes().all(|byte| byte.is_ascii_digit());
    name.parse().ok().filter(|_| digits)
}

impl Header {
    pub(super) fn write(&self) -> Vec<u8> {
        let mut bytes = [&MAGIC[..], &[FORMAT], &self.log_id].concat();
        bytes.extend_from_slice(&self.first.to_be_bytes());
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
        bytes
    }

    /// The header that a file begins with.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(bytes: &[u8]) -> Result<Header, String> {
        let header: &[u8; HEADER_BYTES] = bytes.first_chunk().ok_or("has no header")?;
        let (signed, sum) = header.split_last_chunk::<4>().ok_or("has no header")?;
        if !signed.starts_with(&MAGIC) {
            return Err("is no file of an archive".to_owned());
        }
        if crc32fast::hash(signed) != u32::from_be_bytes(*sum) {
            return Err("has a damaged header".to_owned());
        }
        match signed.get(MAGIC.len()) {
            Some(&FORMAT) => {}
            found => {
                let found = found.copied().unwrap_or_default();
                return Err(format!("has format {found}, this program knows up to {FORMAT}"));
            }
        }
        let at = MAGIC.len() + 1;
        let log_id = signed.get(at..).and_then(<[u8]>::first_chunk).copied();
        let first = signed.last_chunk().copied().map(u64::from_be_bytes);
        let (log_id, first) = log_id.zip(first).ok_or("has no header")?;
        Ok(Header { log_id, first })
    }
}

/// The length that stands in front of a frame, and the sequences that the frame goes from and to, by the first bytes of
/// the entry; nothing if no frame can stand there.
pub(super) fn peek(bytes: &[u8]) -> Option<(usize, u64, u64)> {
    let (length, rest) = bytes.split_first_chunk::<LENGTH_BYTES>()?;
    let length = u32::from_be_bytes(*length) as usize;
    let fits = (frame::HEADER_BYTES..=MAX_FRAME_BYTES).contains(&length);
    let (from, to) = (frame::before(rest)?.size, frame::end(rest)?);
    (fits && to > from).then_some((length, from, to))
}

/// A frame as it stands in a file.
pub(super) fn write_entry(out: &mut Vec<u8>, frame: &[u8]) {
    out.extend_from_slice(&u32::try_from(frame.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(frame);
}
