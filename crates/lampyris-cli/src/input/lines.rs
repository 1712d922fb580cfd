//! Lines as they come in, read on a thread of its own so that nobody else waits for the next one.
//!
//! A line that is too long is cut off: what is kept of it is just enough to see that it is too long.

use std::io::{self, BufRead, BufReader, Read};
use std::thread;

use indicatif::ProgressBar;
use tokio::sync::mpsc;

/// Lines that are read ahead.
const AHEAD: usize = 64;

const BUFFER: usize = 1 << 16;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A line, without its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Counted from 1, whatever is in the lines before.
    pub(crate) number: u64,
    /// Its bytes; one more than the limit if it has more.
    pub(crate) bytes: Vec<u8>,
}

/// Reads the lines that `skip` does not want skipped; the last item may be what ended the reading.
///
/// The thread ends with the input, or when it has a line and nobody takes lines any more.
pub(crate) fn read_ahead(
    source: impl Read + Send + 'static,
    limit: usize,
    bar: ProgressBar,
    skip: fn(&[u8]) -> bool,
) -> mpsc::Receiver<io::Result<Line>> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    thread::spawn(move || {
        let mut lines = Lines::new(source, limit);
        while let Some(line) = lines.next().transpose() {
            bar.set_position(lines.bytes_read);
            let ended = line.is_err();
            let wanted = !line.as_ref().is_ok_and(|line| skip(&line.bytes));
            if (wanted && sender.blocking_send(line).is_err()) || ended {
                return;
            }
        }
    });
    receiver
}

/// The lines of a source, one after the other.
#[derive(Debug)]
struct Lines<R> {
    source: BufReader<R>,
    limit: usize,
    count: u64,
    bytes_read: u64,
}

impl<R: Read> Lines<R> {
    fn new(source: R, limit: usize) -> Self {
        let source = BufReader::with_capacity(BUFFER, source);
        Self { source, limit, count: 0, bytes_read: 0 }
    }

    /// The next line; `None` at the end. The last one need not end like a line.
    fn next(&mut self) -> io::Result<Option<Line>> {
        let (mut bytes, mut begun, mut ended) = (Vec::new(), false, false);
        while !ended {
            let chunk = match self.source.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                chunk => chunk?,
            };
            if chunk.is_empty() {
                break;
            }
            begun = true;
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let line = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or_default();
            let kept = line.len().min((self.limit + 1).saturating_sub(bytes.len()));
            bytes.extend_from_slice(line.get(..kept).unwrap_or_default());
            let taken = end.map_or(chunk.len(), |end| end + 1);
            self.source.consume(taken);
            self.bytes_read += taken as u64;
            ended = end.is_some();
        }
        if !begun {
            return Ok(None);
        }
        self.count += 1;
        if self.count == 1 && bytes.starts_with(BYTE_ORDER_MARK) {
            bytes.drain(..BYTE_ORDER_MARK.len());
        }
        Ok(Some(Line { number: self.count, bytes }))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};

    use indicatif::ProgressBar;

    use super::{Line, Lines, read_ahead};

    /// Gives one byte at a time.
    struct Dripping<'a>(&'a [u8]);

    impl Read for Dripping<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let one = buffer.len().min(1);
            self.0.read(&mut buffer[..one])
        }
    }

    fn lines(source: impl Read, limit: usize) -> Vec<(u64, String)> {
        let mut lines = Lines::new(source, limit);
        let mut read = Vec::new();
        while let Some(Line { number, bytes }) = lines.next().unwrap() {
            read.push((number, String::from_utf8(bytes).unwrap()));
        }
        read
    }

    #[test]
    fn lines_are_counted_and_cut_off_one_byte_past_the_limit() {
        let text = "\u{feff}abc\n\nabcd\nabcdefgh\r\n\u{feff}";
        let expected = [(1, "abc"), (2, ""), (3, "abcd"), (4, "abcde"), (5, "\u{feff}")];
        let expected: Vec<_> =
            expected.iter().map(|(at, line)| (*at, (*line).to_owned())).collect();
        assert_eq!(lines(text.as_bytes(), 4)[1..], expected[1..]);
        assert_eq!(lines(Dripping(text.as_bytes()), 4)[1..], expected[1..]);
        assert_eq!(lines("\u{feff}abc\n".as_bytes(), 9), expected[..1]);
    }

    #[test]
    fn the_last_line_need_not_end_and_no_line_is_made_up() {
        assert_eq!(lines("".as_bytes(), 4), []);
        assert_eq!(lines("a\n".as_bytes(), 4), [(1, "a".to_owned())]);
        assert_eq!(lines("a\nb".as_bytes(), 4).len(), 2);
    }

    #[test]
    fn skipped_lines_count_and_a_failing_source_is_the_last_item() {
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("torn out"))
            }
        }
        let source = io::Cursor::new("a\n\nb\nhalf a line").chain(Failing);
        let mut lines = read_ahead(source, 9, ProgressBar::hidden(), <[u8]>::is_empty);
        let mut told = Vec::new();
        while let Some(line) = lines.blocking_recv() {
            told.push(line.map(|line| line.number).map_err(|error| error.to_string()));
        }
        assert_eq!(told, [Ok(1), Ok(3), Err("torn out".to_owned())]);
    }
}
