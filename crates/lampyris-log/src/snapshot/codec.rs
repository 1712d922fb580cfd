//! How the content of a section is spelled: numbers in big-endian order, strings with their lengths in front.
//! Reading never trusts a length; what cannot be is [`Unfit`].

use super::Unfit;
use crate::disk::DiskFile;
use crate::merkle::Hash;
use sha2::{Digest, Sha256};
use std::io;

/// Bytes that are written with one call.
const BUFFER: usize = 256 * 1024;

/// Writes the content of a section. A write that fails is told once, to who writes the snapshot.
#[derive(Debug)]
pub struct SectionWriter<'f> {
    /// Nothing if only the hash is wanted.
    file: Option<&'f dyn DiskFile>,
    at: u64,
    buffer: Vec<u8>,
    hash: Sha256,
    written: u64,
    failed: Option<io::Error>,
}

/// Reads the content of a section, whose hash was checked.
#[derive(Debug, Clone)]
pub struct SectionReader<'a>(&'a [u8]);

impl<'f> SectionWriter<'f> {
    pub(super) fn new(file: Option<&'f dyn DiskFile>, at: u64) -> Self {
        let (buffer, hash) = (Vec::with_capacity(BUFFER), Sha256::new());
        SectionWriter { file, at, buffer, hash, written: 0, failed: None }
    }

    /// Ends the section; returns how long it is, and its hash.
    pub(super) fn finish(mut self) -> io::Result<(u64, Hash)> {
        self.flush();
        match self.failed {
            Some(error) => Err(error),
            None => Ok((self.written, Hash(self.hash.finalize().into()))),
        }
    }

    /// Ends the section; returns its hash alone.
    pub(super) fn hash(mut self) -> Hash {
        self.flush();
        Hash(self.hash.finalize().into())
    }

    /// Writes these bytes and nothing else.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= BUFFER {
            self.flush();
        }
    }

    /// Writes a byte.
    pub fn u8(&mut self, value: u8) {
        self.raw(&[value]);
    }

    /// Writes four bytes.
    pub fn u32(&mut self, value: u32) {
        self.raw(&value.to_be_bytes());
    }

    /// Writes eight bytes.
    pub fn u64(&mut self, value: u64) {
        self.raw(&value.to_be_bytes());
    }

    /// Writes eight bytes.
    pub fn i64(&mut self, value: i64) {
        self.raw(&value.to_be_bytes());
    }

    /// Writes up to 255 bytes with their number in one byte in front.
    pub fn short(&mut self, bytes: &[u8]) {
        self.u8(u8::try_from(bytes.len()).unwrap_or(u8::MAX));
        self.raw(bytes);
    }

    /// Writes bytes with their number in four bytes in front.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.u32(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        self.raw(bytes);
    }

    /// Writes a text as [`bytes`](Self::bytes).
    pub fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn flush(&mut self) {
        if self.failed.is_none() && !self.buffer.is_empty() {
            self.hash.update(&self.buffer);
            let at = self.at + self.written;
            self.failed = self.file.and_then(|file| file.write_at(&self.buffer, at).err());
        }
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
    }
}

#[expect(clippy::missing_errors_doc, reason = "each fails if there is no such value there")]
impl<'a> SectionReader<'a> {
    /// Reads these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        SectionReader(bytes)
    }

    /// So many bytes.
    pub fn raw(&mut self, count: usize) -> Result<&'a [u8], Unfit> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Unfit("is cut"))?;
        self.0 = rest;
        Ok(taken)
    }

    /// Exactly so many bytes.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Unfit> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Unfit("is cut"))?;
        self.0 = rest;
        Ok(*taken)
    }

    /// A byte.
    pub fn u8(&mut self) -> Result<u8, Unfit> {
        self.array().map(|[byte]| byte)
    }

    /// Four bytes.
    pub fn u32(&mut self) -> Result<u32, Unfit> {
        self.array().map(u32::from_be_bytes)
    }

    /// Eight bytes.
    pub fn u64(&mut self) -> Result<u64, Unfit> {
        self.array().map(u64::from_be_bytes)
    }

    /// Eight bytes.
    pub fn i64(&mut self) -> Result<i64, Unfit> {
        self.array().map(i64::from_be_bytes)
    }

    /// Bytes with their number in one byte in front.
    pub fn short(&mut self) -> Result<&'a [u8], Unfit> {
        let length = self.u8()?;
        self.raw(usize::from(length))
    }

    /// Bytes with their number in four bytes in front.
    pub fn bytes(&mut self) -> Result<&'a [u8], Unfit> {
        let length = self.u32()?;
        self.raw(length as usize)
    }

    /// A text with its number of bytes in front.
    pub fn text(&mut self) -> Result<&'a str, Unfit> {
        str::from_utf8(self.bytes()?).map_err(|_| Unfit("holds a text that is none"))
    }

    /// Room for so many values, if each of them has at least so many bytes and all of them can be there.
    pub fn room(&self, count: u32, each: usize) -> Result<usize, Unfit> {
        let count = count as usize;
        let fits = count.checked_mul(each).is_some_and(|bytes| bytes <= self.0.len());
        if fits { Ok(count) } else { Err(Unfit("is cut")) }
    }

    /// Nothing is left.
    pub fn end(&self) -> Result<(), Unfit> {
        if self.0.is_empty() { Ok(()) } else { Err(Unfit("goes on behind its end")) }
    }
}
