//! What the file of checkpoints says: keys, bodies that bind the log, notes; and what is to be done for a signature.
//! A plain state machine: it never reads, writes or signs, and takes in what is written by the rules of reading.

use super::entry::{self, Found, Kind};
use super::file::Span;
use crate::error::Broken;
use crate::merkle::{Hash, Head};
use lampyris_evidence::checkpoint::{Checkpoint, SignedCheckpoint};
use lampyris_evidence::key::{Algorithm, VerifierKey};

/// What was read of the file, or written to it.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// The log's name, as every entry says it; nothing before the first one.
    origin: Option<String>,
    keys: Vec<VerifierKey>,
    /// In the order of their sizes.
    bodies: Vec<Body>,
    /// The records read so far were held against the bodies before this one.
    cursor: usize,
    /// Bodies that no frame ended at, to be compared by other means.
    skipped: Vec<usize>,
    /// Where the last two entries stand; an empty one before there are any.
    last: [Span; 2],
}

/// A body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Body {
    pub(super) head: Head,
    /// Its newest note.
    pub(super) note: Option<Span>,
}

/// What is wrong, and at which byte.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Damage {
    pub(super) byte: u64,
    pub(super) detail: String,
}

/// What has to be written for a head to be signed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// The key is not there yet.
    pub(super) key: bool,
    /// The body is not there yet.
    pub(super) body: bool,
    /// The note that this head has already.
    pub(super) note: Option<Span>,
}

impl Ledger {
    /// Reads the whole file. What follows the last whole entry is a torn write, unless an entry stands behind it;
    /// [`Ledger::end`] then is less than the length of the file.
    pub(super) fn read(bytes: &[u8]) -> Result<Ledger, Damage> {
        let mut ledger = Ledger::default();
        let mut rest = bytes;
        loop {
            let at = ledger.end();
            let damage = |detail: &str| Damage { byte: at, detail: detail.to_owned() };
            match entry::read(rest) {
                Found::Entry(kind, text, length) => {
                    ledger.take(kind, text, length)?;
                    rest = rest.get(length..).unwrap_or_default();
                }
                Found::Newer(kind) => {
                    return Err(damage(&format!("has an entry of kind {kind}, which is unknown")));
                }
                Found::Nothing if entry::is_anywhere(rest) => {
                    return Err(damage("has no whole entry there, but one behind it"));
                }
                Found::Nothing => return Ok(ledger),
            }
        }
    }

    /// Takes in the entry that stands at the end, `length` bytes with its header.
    pub(super) fn take(&mut self, kind: Kind, text: &[u8], length: usize) -> Result<(), Damage> {
        let at = Span { at: self.end(), bytes: length };
        let damage = |detail: String| Damage { byte: at.at, detail };
        let text = str::from_utf8(text);
        let text = text.map_err(|_| damage("has an entry that is no text".to_owned()))?;
        let taken = match kind {
            Kind::Key => self.take_key(text),
            Kind::Body => self.take_body(text),
            Kind::Note => self.take_note(text, at),
        };
        taken.map_err(damage)?;
        let [_, before] = self.last;
        self.last = [before, at];
        Ok(())
    }

    fn take_key(&mut self, text: &str) -> Result<(), String> {
        let key = VerifierKey::parse(text).map_err(|error| format!("has a bad key: {error}"))?;
        if key.algorithm() != Algorithm::Ed25519 {
            return Err("has a key that signs no checkpoints".to_owned());
        }
        if self.keys.contains(&key) {
            return Err("has the same key twice".to_owned());
        }
        self.take_origin(key.name())?;
        self.keys.push(key);
        Ok(())
    }

    fn take_body(&mut self, text: &str) -> Result<(), String> {
        let body = Checkpoint::parse(text).map_err(|error| format!("has a bad body: {error}"))?;
        if !body.extensions.is_empty() {
            return Err("has a body of more than three lines".to_owned());
        }
        let before = self.bodies.last().map_or(0, |body| body.head.size);
        if body.head.size <= before {
            return Err(format!("has a body of {} records behind one of {before}", body.head.size));
        }
        self.take_origin(&body.origin)?;
        self.bodies.push(Body { head: body.head, note: None });
        Ok(())
    }

    fn take_note(&mut self, text: &str, at: Span) -> Result<(), String> {
        let note =
            SignedCheckpoint::parse(text).map_err(|error| format!("has a bad note: {error}"))?;
        self.take_origin(&note.checkpoint().origin)?;
        let is_signed =
            |key: &VerifierKey| note.note().signature_of(key).is_ok_and(|it| it.is_some());
        if !self.keys.iter().any(is_signed) {
            return Err("has a note that none of its keys signed".to_owned());
        }
        let head = note.checkpoint().head;
        let found = self.find(head).filter(|_| note.checkpoint().extensions.is_empty());
        let body = found.and_then(|index| self.bodies.get_mut(index));
        let body = body.ok_or_else(|| "has a note of a body that is not there".to_owned())?;
        body.note = Some(at);
        Ok(())
    }

    fn find(&self, head: Head) -> Option<usize> {
        let found = self.bodies.binary_search_by_key(&head.size, |body| body.head.size).ok()?;
        self.bodies.get(found).is_some_and(|body| body.head == head).then_some(found)
    }

    fn take_origin(&mut self, name: &str) -> Result<(), String> {
        let origin = self.origin.get_or_insert_with(|| name.to_owned());
        if origin == name {
            return Ok(());
        }
        Err(format!("has an entry of {name} behind one of {origin}"))
    }

    /// Holds the log, as far as it was read, against the next bodies: a frame ends at this head.
    pub(super) fn passed(&mut self, head: Head) -> Result<(), Broken> {
        while let Some(body) = self.bodies.get(self.cursor)
            && body.head.size <= head.size
        {
            if body.head.size < head.size {
                self.skipped.push(self.cursor);
            } else {
                compare(body.head, Some(head.root), head.size)?;
            }
            self.cursor += 1;
        }
        Ok(())
    }

    /// The next head that the log, as it is read, is to be held against.
    pub(super) fn next(&self) -> Option<Head> {
        self.bodies.get(self.cursor).map(|body| body.head)
    }

    /// Hash over the first so many heads; nothing if there are not so many.
    pub(super) fn digest(&self, count: usize) -> Option<Hash> {
        let mut heads = Vec::new();
        for Body { head, .. } in self.bodies.get(..count)? {
            heads.extend_from_slice(&head.size.to_be_bytes());
            heads.extend_from_slice(&head.root.0);
        }
        Some(Hash::of(&heads))
    }

    /// The first so many bodies were held against the log before.
    pub(super) fn compared(&mut self, count: usize) {
        self.cursor = count;
    }

    /// The log is held against all of them anew.
    pub(super) fn restart(&mut self) {
        self.skipped.clear();
        self.cursor = 0;
    }

    /// How many of the heads are of at most so many records.
    pub(super) fn up_to(&self, size: u64) -> usize {
        self.bodies.partition_point(|body| body.head.size <= size)
    }

    /// The heads that were not held against the log yet, which has `size` records.
    pub(super) fn not_compared(&self) -> impl Iterator<Item = Head> {
        let skipped = self.skipped.iter().filter_map(|index| self.bodies.get(*index));
        skipped.chain(self.bodies.get(self.cursor..).unwrap_or_default()).map(|body| body.head)
    }

    /// All bodies were held against the log.
    pub(super) fn all_compared(&mut self) {
        self.skipped.clear();
        self.cursor = self.bodies.len();
    }

    /// What is to be written before and with a signature of `head`. All bodies were compared with the log, whose
    /// head this is.
    pub(super) fn plan(&self, head: Head, key: &VerifierKey) -> Plan {
        let same = self.bodies.last().filter(|body| body.head == head);
        Plan {
            key: !self.keys.contains(key),
            body: same.is_none(),
            note: same.and_then(|body| body.note),
        }
    }

    /// The log's name, if anything is there.
    pub(super) fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// The keys, oldest first.
    pub(super) fn keys(&self) -> &[VerifierKey] {
        &self.keys
    }

    /// The bodies in the order of their sizes.
    pub(super) fn bodies(&self) -> &[Body] {
        &self.bodies
    }

    /// The body with this head.
    pub(super) fn body(&self, head: Head) -> Option<&Body> {
        self.bodies.get(self.find(head)?)
    }

    /// Where the next entry will stand.
    pub(super) fn end(&self) -> u64 {
        let [_, last] = self.last;
        last.end()
    }

    /// The last entry.
    pub(super) fn last(&self) -> Span {
        let [_, last] = self.last;
        last
    }

    /// What one write may have brought: the last two entries.
    pub(super) fn tail(&self) -> Span {
        let [before, last] = self.last;
        let at = if before.bytes > 0 { before.at } else { last.at };
        Span { at, bytes: before.bytes + last.bytes }
    }
}

/// Holds a body against the root that the log has at its size; `have` is the size of the log.
pub(super) fn compare(body: Head, root: Option<Hash>, have: u64) -> Result<(), Broken> {
    let Head { size, root: want } = body;
    match root {
        Some(root) if root == want => Ok(()),
        Some(have) => Err(Broken::CheckpointDiverged { size, have, want }),
        None => Err(Broken::LogRolledBack { have, want: size }),
    }
}
