//! Signed heads of the log: kept in one file beside the records, and compared with them whenever the log is opened.
//! A signature never leaves before the text that it signs is durable, and never contradicts one that did.

mod cadence;
mod checkpointer;
mod entries;
mod entry;
mod error;
mod file;
mod growth;
mod ledger;
#[cfg(test)]
mod tests;

#[cfg(feature = "sled")]
pub(crate) use entries::file_of;

pub use cadence::Cadence;
pub use checkpointer::Checkpointer;
pub use entry::{
    CHECKPOINT_CHECKSUM_OFFSET, CHECKPOINT_HEADER_BYTES, CHECKPOINT_KIND_OFFSET,
    CHECKPOINT_LENGTH_OFFSET, CHECKPOINT_MAGIC, Kind,
};
pub use error::CheckpointError;

pub(crate) use checkpointer::Growing;
pub(crate) use file::Place;
pub(crate) use growth::Growth;

use crate::error::{Broken, ReadError};
use crate::identity::Identity;
use crate::merkle::{Hash, Head};
use entry::Found;
use file::{End, Span};
use lampyris_evidence::checkpoint::{Checkpoint, SignedCheckpoint};
use lampyris_evidence::key::{SigningKey, VerifierKey};
use lampyris_evidence::note::NoteError;
use ledger::{Damage, Ledger, compare};
use parking_lot::Mutex;

/// The stored checkpoints of a log.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    place: Place,
    state: Mutex<State>,
}

/// What a checkpoint is about: a log that only grows, of which all that is shown is durable.
pub(crate) trait Rooted {
    /// The log's name in a checkpoint of so many records.
    fn origin_at(&self, size: u64) -> String;
    /// Size and root of what is durable.
    fn head(&self) -> Head;
    /// The root over so many of the first records; nothing if there are not so many.
    fn root_at(&self, size: u64) -> Result<Option<Hash>, ReadError>;
}

#[derive(Debug, Default)]
struct State {
    ledger: Ledger,
    /// The bytes of the last entry.
    last: Vec<u8>,
    /// Bytes behind the last entry, of a write that was torn.
    torn: usize,
    /// The first failure; nothing is written after it.
    failed: Option<String>,
}

impl Checkpoints {
    /// Reads what is there and changes nothing.
    pub(crate) fn read(place: Place) -> Result<Checkpoints, ReadError> {
        let bytes = place.read_all()?;
        let ledger = Ledger::read(&bytes).map_err(|damage| damaged(&place, damage))?;
        let last = part(&bytes, ledger.last()).to_vec();
        let torn = bytes.len() - usize::try_from(ledger.end()).unwrap_or(bytes.len());
        let state = State { ledger, last, torn, failed: None };
        Ok(Checkpoints { place, state: Mutex::new(state) })
    }

    /// Holds the log against the stored bodies while it is read: this is who it is, and a frame ends at this head.
    pub(crate) fn passed(&self, log: Option<&Identity>, head: Head) -> Result<(), Broken> {
        let mut state = self.state.lock();
        let next = state.ledger.next().filter(|next| next.size <= head.size);
        if let (Some(log), Some(next)) = (log, next) {
            self.check_origin(&state, log.origin_at(next.size))?;
        }
        state.ledger.passed(head)
    }

    /// How many of the stored bodies are of at most so many records, and the hash over their heads; the log was
    /// held against all of them.
    pub(crate) fn compared(&self, size: u64) -> (u64, Hash) {
        let state = self.state.lock();
        let count = state.ledger.up_to(size);
        (count as u64, state.ledger.digest(count).unwrap_or_else(|| Hash::of(&[])))
    }

    /// Goes on behind the bodies that the log was held against before, if these are still the first ones; else all
    /// will be compared.
    pub(crate) fn resume(&self, size: u64, (count, digest): (u64, Hash)) {
        let mut state = self.state.lock();
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        if count <= state.ledger.up_to(size) && state.ledger.digest(count) == Some(digest) {
            state.ledger.compared(count);
        }
    }

    /// The log is read anew from its first record.
    pub(crate) fn restart(&self) {
        self.state.lock().ledger.restart();
    }

    /// Compares what is left to compare with the log, which was read to its end, then makes durable what was read.
    pub(crate) fn adopt(&self, log: &impl Rooted, read_only: bool) -> Result<(), ReadError> {
        let mut state = self.state.lock();
        let size = log.head().size;
        // A log that was recovered begins anew to sign: nothing of its old name stands here.
        let first = state.ledger.bodies().first().map_or(size, |body| body.head.size.min(size));
        self.check_origin(&state, &log.origin_at(first))?;
        self.check_origin(&state, &log.origin_at(size))?;
        state.compare(log, size)?;
        let (end, tail) = (state.ledger.end(), state.ledger.tail());
        if read_only {
            // Another process may be writing the rest.
            return Ok(());
        }
        if state.torn > 0 {
            let (path, bytes) = (self.place.path(), state.torn);
            tracing::warn!(path = %path.display(), end, bytes, "dropping a torn write");
        }
        if end > 0 || state.torn > 0 {
            let bytes = self.place.read(tail)?;
            if bytes.len() != tail.bytes {
                let detail = "is not as long as it was read".to_owned();
                return Err(damaged(&self.place, Damage { byte: tail.at, detail }).into());
            }
            self.place.settle(&bytes, end)?;
        }
        Ok(())
    }

    /// Signs the log's durable head, or gives the note that it has already. In this order: the head is read and
    /// compared with every stored body, the body is made durable, signed, and the note made durable.
    pub(crate) fn sign(
        &self,
        log: &impl Rooted,
        key: &SigningKey,
    ) -> Result<SignedCheckpoint, CheckpointError> {
        let mut state = self.state.lock();
        state.check()?;
        // Invariant: read under the lock, so that bodies stand in the order of their sizes.
        let head = log.head();
        let origin = log.origin_at(head.size);
        check_name(key.verifier(), &origin)?;
        state.compare(log, head.size)?;
        let plan = state.ledger.plan(head, key.verifier());
        let before = plan.note.map(|note| self.note(&state, note)).transpose()?;
        if let Some(before) = &before
            && before.note().signature_of(key.verifier())?.is_some()
        {
            before.verify(key.verifier())?;
            return Ok(before.clone());
        }
        let end = self.place.at_end(&state.last, state.ledger.end())?;
        let body = Checkpoint::new(origin, head);
        let mut first = Vec::new();
        if plan.key {
            first.push((Kind::Key, key.verifier().to_string()));
        }
        if plan.body {
            first.push((Kind::Body, body.text()));
        }
        state.write(&end, &first)?;
        let signed = SignedCheckpoint::sign(body, key)?;
        let note = match before {
            None => signed,
            Some(mut before) => {
                before.merge(&signed)?;
                before
            }
        };
        state.write(&end, &[(Kind::Note, note.encode())])?;
        Ok(note)
    }

    /// Keeps the cosignatures of known witnesses under a checkpoint that was signed here.
    pub(crate) fn add_cosignatures(
        &self,
        given: &SignedCheckpoint,
        witnesses: &[VerifierKey],
    ) -> Result<SignedCheckpoint, CheckpointError> {
        let mut state = self.state.lock();
        state.check()?;
        let unknown = || CheckpointError::Unknown { size: given.checkpoint().head.size };
        let stored = state.ledger.body(given.checkpoint().head).and_then(|body| body.note);
        let mut note = self.note(&state, stored.ok_or_else(unknown)?)?;
        if note.note().text() != given.note().text() {
            return Err(unknown());
        }
        check_known(state.ledger.keys(), given)?;
        let (mut cosigned, mut news) = (false, false);
        for witness in witnesses {
            let signature = given.note().signature_of(witness)?;
            let (Some(_), Some(signature)) = (given.cosigned_by(witness)?, signature) else {
                continue;
            };
            cosigned = true;
            match note.add(signature.clone()) {
                Ok(()) => news = true,
                Err(NoteError::Again { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        if !cosigned {
            return Err(CheckpointError::NotCosigned);
        }
        if news {
            let end = self.place.at_end(&state.last, state.ledger.end())?;
            state.write(&end, &[(Kind::Note, note.encode())])?;
        }
        Ok(note)
    }

    /// The first body from the `index`-th on that was signed.
    pub(crate) fn signed_from(&self, index: usize) -> Option<usize> {
        let state = self.state.lock();
        let rest = state.ledger.bodies().iter().enumerate().skip(index);
        rest.filter(|(_, body)| body.note.is_some()).map(|(index, _)| index).next()
    }

    /// The checkpoint of the `index`-th body, if it was signed.
    pub(crate) fn get(&self, index: usize) -> Result<Option<SignedCheckpoint>, CheckpointError> {
        let state = self.state.lock();
        let note = state.ledger.bodies().get(index).and_then(|body| body.note);
        note.map(|note| self.note(&state, note)).transpose()
    }

    /// The newest checkpoint.
    pub(crate) fn last(&self) -> Result<Option<SignedCheckpoint>, CheckpointError> {
        let state = self.state.lock();
        let newest = state.ledger.bodies().iter().rev().find_map(|body| body.note);
        newest.map(|note| self.note(&state, note)).transpose()
    }

    /// The name that all entries say; nothing if there are none.
    pub(crate) fn origin(&self) -> Option<String> {
        self.state.lock().ledger.origin().map(ToOwned::to_owned)
    }

    /// Number of records under the newest note.
    fn signed(&self) -> u64 {
        let state = self.state.lock();
        let newest = state.ledger.bodies().iter().rev().find(|body| body.note.is_some());
        newest.map_or(0, |body| body.head.size)
    }

    /// The keys that were used, oldest first.
    pub(crate) fn verifier_keys(&self) -> Vec<VerifierKey> {
        self.state.lock().ledger.keys().to_vec()
    }

    fn check_origin(&self, state: &State, origin: &str) -> Result<(), Broken> {
        match state.ledger.origin().filter(|found| *found != origin) {
            None => Ok(()),
            Some(found) => {
                let detail = format!("is of {found}, the log is {origin}");
                Err(damaged(&self.place, Damage { byte: 0, detail }))
            }
        }
    }

    /// Reads a note and checks the signatures of the keys that are stored with it.
    fn note(&self, state: &State, span: Span) -> Result<SignedCheckpoint, CheckpointError> {
        let damage = |detail: &str| {
            damaged(&self.place, Damage { byte: span.at, detail: detail.to_owned() })
        };
        let bytes = self.place.read(span)?;
        let Found::Entry(Kind::Note, text, _) = entry::read(&bytes) else {
            return Err(damage("is not what was read from it").into());
        };
        let text = str::from_utf8(text).map_err(|_| damage("has an entry that is no text"))?;
        let note = SignedCheckpoint::parse(text)?;
        check_known(state.ledger.keys(), &note)?;
        Ok(note)
    }
}

impl State {
    fn check(&self) -> Result<(), CheckpointError> {
        let cause = self.failed.clone();
        cause.map_or(Ok(()), |cause| Err(CheckpointError::Poisoned { cause }))
    }

    /// Compares the bodies that were not compared yet with the log.
    fn compare(&mut self, log: &impl Rooted, have: u64) -> Result<(), ReadError> {
        for body in self.ledger.not_compared() {
            let root = if body.size <= have { log.root_at(body.size)? } else { None };
            compare(body, root, have)?;
        }
        self.ledger.all_compared();
        Ok(())
    }

    /// Appends entries, all or none, makes them durable and takes them in. After a failure nobody knows what the
    /// file holds, so nothing more is written until it is read again.
    fn write(&mut self, end: &End<'_>, entries: &[(Kind, String)]) -> Result<(), CheckpointError> {
        let mut bytes = Vec::new();
        for (kind, text) in entries {
            self.last.clear();
            entry::write(*kind, text, &mut self.last);
            bytes.extend_from_slice(&self.last);
        }
        if bytes.is_empty() {
            return Ok(());
        }
        end.append(&bytes, self.ledger.end()).inspect_err(|error| {
            self.failed = Some(error.to_string());
        })?;
        for (kind, text) in entries {
            let length = CHECKPOINT_HEADER_BYTES + text.len();
            // What is written keeps the rules of what is read.
            let taken = self.ledger.take(*kind, text.as_bytes(), length);
            taken.map_err(|Damage { byte, detail }| {
                self.failed = Some(detail.clone());
                Broken::CheckpointsDamaged { path: "checkpoints".into(), byte, detail }
            })?;
        }
        Ok(())
    }
}

fn check_name(key: &VerifierKey, origin: &str) -> Result<(), CheckpointError> {
    if key.name() == origin {
        return Ok(());
    }
    Err(CheckpointError::OtherKey { key: key.name().to_owned(), origin: origin.to_owned() })
}

/// Checks each signature of a known key: one that fails makes the whole note worthless.
fn check_known(keys: &[VerifierKey], note: &SignedCheckpoint) -> Result<(), CheckpointError> {
    for key in keys {
        if note.note().signature_of(key)?.is_some() {
            note.verify(key)?;
        }
    }
    Ok(())
}

fn damaged(place: &Place, Damage { byte, detail }: Damage) -> Broken {
    Broken::CheckpointsDamaged { path: place.path(), byte, detail }
}

fn part(bytes: &[u8], span: Span) -> &[u8] {
    let start = usize::try_from(span.at).unwrap_or(usize::MAX);
    bytes.get(start..).and_then(|rest| rest.get(..span.bytes)).unwrap_or_default()
}
