//! A log as a file: a header, its records in order with their exact bytes, what was signed of it, and an end.
//!
//! The same log up to the same size is the same file. This says what an item is; the two spellings are below.

mod cbor;
mod json;

use std::io::{self, BufRead, Write};

use lampyris_log::checkpoints::Kind;
use lampyris_log::{Hash, Head, RecordRef};

/// What the header calls itself.
pub(crate) const NAME: &str = "lampyris log";
/// The format of the file that is written, and the newest that is read.
pub(crate) const FORMAT: u64 = 1;

/// How the items are spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// JSON, an item a line: for reading
    Jsonl,
    /// A CBOR sequence (RFC 8742): smaller and faster
    Cbor,
}

/// What a file begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) log_id: [u8; 16],
    pub(crate) origin: String,
    /// The end of the log that the file is of.
    pub(crate) head: Head,
    /// Only the records of this namespace are there.
    pub(crate) namespace: Option<String>,
}

/// One item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Item {
    Header(Header),
    Record {
        sequence: u64,
        leaf: Hash,
        bytes: Vec<u8>,
    },
    Checkpoint(Kind, String),
    /// So many records stand before.
    End {
        head: Head,
        records: u64,
    },
}

impl Format {
    pub(crate) fn write(self, item: &Item, out: &mut impl Write) -> io::Result<()> {
        match self {
            Format::Jsonl => json::write(item, out),
            Format::Cbor => cbor::write(item, out),
        }
    }

    /// A record, without a copy of its bytes.
    pub(crate) fn record(
        self,
        record: &RecordRef<'_>,
        leaf: Hash,
        bytes: &[u8],
        out: &mut Vec<u8>,
    ) {
        match self {
            Format::Jsonl => json::record(record, leaf, bytes, out),
            Format::Cbor => cbor::record(record.sequence, leaf, bytes, out),
        }
    }
}

/// The items of a file, in either spelling.
pub(crate) struct Items<R> {
    input: R,
    format: Option<Format>,
    buffer: Vec<u8>,
    /// Bytes of whole items so far.
    pub(crate) read: u64,
}

impl<R: BufRead> Items<R> {
    pub(crate) fn new(input: R) -> Items<R> {
        Items { input, format: None, buffer: Vec::new(), read: 0 }
    }

    /// The spelling, known once something was read: JSON begins with a brace.
    pub(crate) fn format(&mut self) -> io::Result<Format> {
        if let Some(format) = self.format {
            return Ok(format);
        }
        let first = self.input.fill_buf()?.first().copied();
        let format = if first == Some(b'{') { Format::Jsonl } else { Format::Cbor };
        self.format = Some(format);
        Ok(format)
    }

    /// The next item; nothing at the end of the file.
    ///
    /// # Errors
    /// The outer one if the file cannot be read, the inner one says why its next bytes are no item.
    pub(crate) fn next(&mut self) -> io::Result<Option<Result<Item, String>>> {
        let format = self.format()?;
        self.buffer.clear();
        let found = match format {
            Format::Jsonl => json::read(&mut self.input, &mut self.buffer)?,
            Format::Cbor => cbor::read(&mut self.input, &mut self.buffer)?,
        };
        if matches!(found, Some(Ok(_))) {
            self.read += self.buffer.len() as u64;
        }
        Ok(found)
    }
}
