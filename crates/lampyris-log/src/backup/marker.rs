//! The file that says that a folder is a backup, of which log, and of how much of it; the twin of a table in
//! `docs/format.md`. It is replaced as a whole, after all that it speaks of is durable.

use super::small::{read_beginning, replace};
use crate::directory::{BACKUP, Directory};
use crate::error::{Broken, OpenError, Unavailable};
use crate::merkle::{Hash, Head};

const START: &str = "lampyris-log backup ";
/// The format that this crate writes, and the newest it reads.
const FORMAT: u64 = 1;
/// A marker has fewer bytes.
const MAX_BYTES: usize = 512;

/// What a backup says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Marker {
    pub(crate) log_id: [u8; 16],
    /// All of this is here; nothing before the first run was finished.
    pub(crate) head: Option<Head>,
}

impl Marker {
    fn text(&self) -> String {
        use std::fmt::Write as _;
        let mut text = format!("{START}{FORMAT}\nlog ");
        for byte in self.log_id {
            let _ = write!(text, "{byte:02x}");
        }
        match self.head {
            None => text.push_str("\nunfinished\n"),
            Some(Head { size, root }) => {
                let _ = writeln!(text, "\nsize {size}\nroot {root}");
            }
        }
        text
    }

    /// The marker in a text; nothing if there is none, or it has another spelling.
    fn of_text(text: &str) -> Option<Marker> {
        let mut lines = text.lines();
        lines.next()?;
        let log_id = hex(lines.next()?.strip_prefix("log ")?)?;
        let head = match lines.next()? {
            "unfinished" => None,
            line => {
                let size = line.strip_prefix("size ")?.parse().ok()?;
                let root = Hash(hex(lines.next()?.strip_prefix("root ")?)?);
                Some(Head { size, root })
            }
        };
        let marker = Marker { log_id, head };
        (marker.text() == text).then_some(marker)
    }

    /// Reads the marker of a folder; nothing if it has none.
    pub(crate) fn read(directory: &Directory) -> Result<Option<Marker>, OpenError> {
        let path = directory.join(BACKUP);
        let read = read_beginning(directory.disk().as_ref(), &path, MAX_BYTES)?;
        let Some(bytes) = read else { return Ok(None) };
        let text = bytes.get(..MAX_BYTES.min(bytes.len())).and_then(|b| str::from_utf8(b).ok());
        let format =
            text.and_then(|text| text.lines().next()?.strip_prefix(START)?.parse::<u64>().ok());
        if let Some(found) = format.filter(|format| *format > FORMAT) {
            return Err(OpenError::NewerBackup { path, found, supported: FORMAT });
        }
        let marker = text.and_then(Marker::of_text);
        marker.map(Some).ok_or_else(|| Broken::MarkerDamaged { path }.into())
    }

    /// Puts the marker in place of the one that is there, durably.
    pub(crate) fn write(&self, directory: &Directory) -> Result<(), Unavailable> {
        replace(directory.disk().as_ref(), &directory.join(BACKUP), self.text().as_bytes())
    }
}

fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes().as_chunks::<2>();
    if digits.0.len() != N || !digits.1.is_empty() {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, digits) in bytes.iter_mut().zip(digits.0) {
        *byte = u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::Marker;
    use crate::merkle::{Hash, Head};

    #[test]
    fn a_marker_reads_as_it_was_written_and_in_no_other_spelling() {
        let head = Head { size: 12_345, root: Hash([0xab; 32]) };
        for marker in [
            Marker { log_id: *b"the log's own id", head: Some(head) },
            Marker { log_id: [0; 16], head: None },
        ] {
            let text = marker.text();
            assert_eq!(Marker::of_text(&text), Some(marker));
            for at in 0..text.len() {
                assert_eq!(Marker::of_text(&text[..at]), None, "cut at {at}");
            }
            for other in [text.replace('\n', "\r\n"), text.to_uppercase(), format!("{text}\n")] {
                assert_eq!(Marker::of_text(&other), None, "{other}");
            }
        }
    }
}
