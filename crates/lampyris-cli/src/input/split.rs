//! Cuts a stream into JSON values: the elements of an array, or values that follow each other.
//!
//! It looks for where a value ends and not at what it says, so a file of any size takes the memory
//! of its largest value. A broken value costs its first line: from there on, each line is a value.

use std::io::{self, BufRead, BufReader, Read};

use lampyris_message::json::Document;

const CHUNK: usize = 1 << 16;

/// One value, not checked to be well-formed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
    /// The line it begins in, from 1.
    pub(crate) line: u64,
}

/// Something cut from the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Split {
    /// A value.
    Value(Piece),
    /// A line that begins a value which never ends.
    Unfinished {
        /// The line, from 1.
        line: u64,
    },
}

/// Why a stream could not be read to its end.
#[derive(Debug)]
pub(crate) enum SplitError {
    /// It could not be read.
    Io(io::Error),
    /// The array is cut short or its elements are not separated; what came before is good.
    Array {
        /// The line of the fault, from 1.
        line: u64,
        /// What is wrong.
        rule: &'static str,
    },
}

/// The values of a stream, one after the other.
#[derive(Debug)]
pub(crate) struct Values<R> {
    source: BufReader<R>,
    buffer: Vec<u8>,
    /// Where the unread part of `buffer` begins.
    at: usize,
    line: u64,
    read: u64,
    ended: bool,
    place: Place,
    /// Whether a value ends where its line does: so after one that never ended, to stay linear.
    by_line: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At the very beginning.
    Start,
    /// Between values that follow each other.
    Sequence,
    /// In an array, before its first element or its end.
    ArrayStart,
    /// In an array, behind an element.
    ArrayNext,
    /// Nothing more is to be read.
    Done,
}

impl<R: Read> Values<R> {
    /// The values of `source`.
    pub(crate) fn new(source: R) -> Self {
        let (buffer, place) = (Vec::new(), Place::Start);
        let source = BufReader::with_capacity(CHUNK, source);
        Self { source, buffer, at: 0, line: 1, read: 0, ended: false, place, by_line: false }
    }

    /// How many bytes were read from the source so far.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.read
    }

    /// The next value; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Split>, SplitError> {
        loop {
            let first = self.peek_token()?;
            match (self.place, first) {
                (Place::Done, _) | (Place::Start | Place::Sequence, None) => return Ok(None),
                (Place::Start, Some(0xef)) => self.skip_byte_order_mark()?,
                (Place::Start | Place::Sequence, Some(b'[')) => {
                    self.take(1);
                    self.place = Place::ArrayStart;
                }
                (Place::Start | Place::Sequence, Some(_)) => {
                    self.place = Place::Sequence;
                    return self.value().map(Some);
                }
                (Place::ArrayStart | Place::ArrayNext, Some(b']')) => {
                    self.take(1);
                    self.place = Place::Sequence;
                }
                (Place::ArrayNext, Some(b',')) => {
                    self.take(1);
                    self.peek_token()?;
                    return self.element();
                }
                (Place::ArrayStart, Some(_)) => return self.element(),
                (Place::ArrayNext, Some(_)) => {
                    return self.fault("the array's elements are not separated by a comma");
                }
                (Place::ArrayStart | Place::ArrayNext, None) => {
                    return self.fault("the array is cut short");
                }
            }
        }
    }

    fn element(&mut self) -> Result<Option<Split>, SplitError> {
        self.place = Place::ArrayNext;
        match self.value()? {
            Split::Unfinished { .. } => self.fault("an element of the array never ends"),
            Split::Value(piece) if piece.bytes.is_empty() => {
                self.fault("an element of the array is missing")
            }
            Split::Value(piece) => Ok(Some(Split::Value(piece))),
        }
    }

    fn fault(&mut self, rule: &'static str) -> Result<Option<Split>, SplitError> {
        self.place = Place::Done;
        Err(SplitError::Array { line: self.line, rule })
    }

    /// Cuts the value that begins here.
    fn value(&mut self) -> Result<Split, SplitError> {
        let line = self.line;
        let end = match self.buffer.get(self.at) {
            Some(b'{' | b'[') => self.container_end()?,
            Some(_) | None => Some(self.scalar_end()?),
        };
        if let Some(length) = end.filter(|length| !self.is_several_broken_lines(*length)) {
            let bytes = self.take(length);
            return Ok(Split::Value(Piece { bytes, line }));
        }
        // The rest of the stream belongs to a value that never ends: give up its first line only.
        self.by_line = true;
        let rest = self.buffer.get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        self.take(length);
        Ok(Split::Unfinished { line })
    }

    /// Whether these bytes are lines of their own whose brackets only happen to balance together.
    fn is_several_broken_lines(&self, length: usize) -> bool {
        let bytes = self.buffer.get(self.at..self.at + length).unwrap_or_default();
        self.place == Place::Sequence && bytes.contains(&b'\n') && Document::first(bytes).is_err()
    }

    /// The length of the object or array that begins here; `None` if it does not end.
    fn container_end(&mut self) -> Result<Option<usize>, SplitError> {
        let (mut length, mut depth, mut in_string, mut escaped) = (0, 0_usize, false, false);
        loop {
            let Some(byte) = self.byte(length)? else { return Ok(None) };
            length += 1;
            match byte {
                // A line break cannot stand in a string, so the value is broken.
                b'\n' if self.by_line || in_string => return Ok(None),
                _ if escaped => escaped = false,
                b'\\' if in_string => escaped = true,
                b'"' => in_string = !in_string,
                _ if in_string => {}
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(Some(length));
                    }
                }
                _ => {}
            }
        }
    }

    /// The length of what begins here and is no object or array: up to the line's end, or in an
    /// array to the next separator outside a string.
    fn scalar_end(&mut self) -> Result<usize, SplitError> {
        let (mut length, mut in_string, mut escaped) = (0, false, false);
        let in_array = self.place == Place::ArrayNext;
        while let Some(byte) = self.byte(length)? {
            match byte {
                b'\n' => break,
                _ if escaped => escaped = false,
                b'\\' if in_string => escaped = true,
                b'"' => in_string = !in_string,
                b',' | b']' if in_array && !in_string => break,
                _ => {}
            }
            length += 1;
        }
        Ok(length)
    }

    fn skip_byte_order_mark(&mut self) -> Result<(), SplitError> {
        let mut mark = [0; 3];
        for (offset, slot) in mark.iter_mut().enumerate() {
            *slot = self.byte(offset)?.unwrap_or_default();
        }
        self.place = Place::Sequence;
        if mark == [0xef, 0xbb, 0xbf] {
            self.take(3);
            self.place = Place::Start;
        }
        Ok(())
    }

    /// Skips white space and looks at what comes then.
    fn peek_token(&mut self) -> Result<Option<u8>, SplitError> {
        loop {
            match self.byte(0)? {
                Some(b' ' | b'\t' | b'\r') => self.at += 1,
                Some(b'\n') => {
                    self.at += 1;
                    self.line += 1;
                }
                other => return Ok(other),
            }
        }
    }

    /// The byte at this distance, read from the source if need be.
    fn byte(&mut self, distance: usize) -> Result<Option<u8>, SplitError> {
        while !self.ended && self.at + distance >= self.buffer.len() {
            self.fill().map_err(SplitError::Io)?;
        }
        Ok(self.buffer.get(self.at + distance).copied())
    }

    fn fill(&mut self) -> io::Result<()> {
        self.buffer.drain(..self.at);
        self.at = 0;
        // Only what is there by now: a value must not wait for the one after it.
        let chunk = loop {
            match self.source.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(_) => break self.source.buffer(),
            }
        };
        let count = chunk.len();
        self.buffer.extend_from_slice(chunk);
        self.source.consume(count);
        self.ended = count == 0;
        self.read += count as u64;
        Ok(())
    }

    fn take(&mut self, count: usize) -> Vec<u8> {
        let end = self.buffer.len().min(self.at + count);
        let taken = self.buffer.get(self.at..end).unwrap_or_default().to_vec();
        self.line += taken.split(|byte| *byte == b'\n').skip(1).map(|_| 1).sum::<u64>();
        self.at = end;
        taken
    }
}

#[cfg(test)]
mod tests;
