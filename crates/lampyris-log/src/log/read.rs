//! Reading: scans in order, single records, histories of streams.
//! Every frame is checked when it is read from the store; only durable records are shown.

use super::{Log, Shared};
use crate::block_on::block_on;
use crate::corrupt::{At, Corrupt, Rule};
use crate::error::ReadError;
use crate::frame::{Frame, FrameReader};
use crate::merkle::{Hash, Head};
use crate::pass::Pass;
use crate::record::{Claim, ClaimRef, Record, RecordRef};
use crate::shard::StoredFrame;
use crate::verify::{Order, VerifiedRecord, Verifier, decode};
use std::collections::VecDeque;
use std::ops::ControlFlow;

/// How many bytes of frames are read from the store at a time.
pub(super) const READ_BYTES: usize = 1024 * 1024;

/// A scan of the records that were durable when it began.
///
/// From sequence 0 it verifies everything again, from the first byte, in memory of its own.
/// From a later sequence it checks frames, records, density, time and appends, and takes the numbers of the
/// streams from the log, which verified roots, versions and links when it was opened.
#[derive(Debug)]
pub struct Scan<'l> {
    shared: &'l Shared,
    cursor: Cursor,
    end: u64,
}

/// Where a reader stands, and how it checks what comes next.
pub(super) struct Cursor {
    check: Check,
    from: u64,
    /// The next sequence to be handed out.
    pub(super) next: u64,
    /// Key of the next frame, known after the first one.
    key: Option<u64>,
    frames: VecDeque<StoredFrame>,
}

enum Check {
    Whole(Box<Verifier>),
    Part { reader: FrameReader, order: Order },
}

impl Log {
    /// A scan from a sequence to what is the end now.
    pub fn scan(&self, from: u64) -> Scan<'_> {
        let cursor = if from == 0 {
            Cursor { check: Check::Whole(Box::default()), ..Cursor::part(0) }
        } else {
            Cursor::part(from)
        };
        Scan { shared: &self.shared, cursor, end: self.head().size }
    }

    /// Hands out every record from a sequence on, until `visit` breaks off or the end is reached.
    /// Returns the sequence after the last record it handed out.
    ///
    /// # Errors
    /// [`ReadError`] at the first record that cannot be read or breaks a rule.
    pub fn for_each(
        &self,
        from: u64,
        mut visit: impl FnMut(&VerifiedRecord<'_>) -> ControlFlow<()>,
    ) -> Result<u64, ReadError> {
        let mut scan = self.scan(from);
        let mut next = from;
        while scan.next_frame(|record| {
            next = record.record.sequence + 1;
            visit(record)
        })? {}
        Ok(next)
    }

    /// Verifies everything again from the first byte on, on so many threads, and hands out every record that is
    /// durable now until `visit` breaks off: as a [`scan`](Log::scan) from 0. Returns the sequence after the last
    /// record it handed out.
    ///
    /// `prepare` is called for records in any order and on any thread, for what a consumer can say of a record alone;
    /// what it returns is handed to `visit` with the record. Records are visited in the order of the log, one at a
    /// time, on any of the threads; a panic of either function goes on on the caller's thread.
    ///
    /// # Errors
    /// [`ReadError`] at the first record that cannot be read or breaks a rule, the same on any number of threads.
    pub fn for_each_on<P>(
        &self,
        threads: usize,
        prepare: impl Fn(&RecordRef<'_>) -> P + Sync,
        mut visit: impl FnMut(&VerifiedRecord<'_>, P) -> ControlFlow<()> + Send,
    ) -> Result<u64, ReadError> {
        let end = self.head().size;
        let pass = Pass { shard: self.shared.shard.as_ref(), begin: 0, end, threads };
        let (mut verifier, mut next, mut broken_off) = (Verifier::new(), 0, false);
        pass.run(&prepare, |arrival| {
            let flow = arrival.accept(&mut verifier, |record, prepared| {
                next = record.record.sequence + 1;
                visit(record, prepared)
            })?;
            broken_off = flow.is_break();
            Ok::<_, ReadError>(if verifier.size() < end { flow } else { ControlFlow::Break(()) })
        })?;
        if next < end && !broken_off { Err(missing(next).into()) } else { Ok(next) }
    }

    /// One record, or nothing if the log is not that long.
    ///
    /// # Errors
    /// [`ReadError`] if it cannot be read or breaks a rule.
    pub fn read(&self, sequence: u64) -> Result<Option<Record>, ReadError> {
        self.shared.record(sequence)
    }

    /// The claim of a key and the record that holds it, if the key was used.
    ///
    /// # Errors
    /// [`ReadError`] if the record cannot be read or does not hold the claim.
    pub fn claim(&self, namespace: &str, key: &str) -> Result<Option<(Claim, Record)>, ReadError> {
        let wanted = ClaimRef { namespace, key, fingerprint: [0; 32] };
        let holder = {
            let durable = self.shared.durable.read();
            durable.claims.holder(self.shared.secret.claim(&wanted))
        };
        holder.map(|holder| self.shared.claim(wanted, holder)).transpose()
    }

    /// The records of a stream, oldest first; nothing if there is no such stream.
    ///
    /// # Errors
    /// [`ReadError`] if one cannot be read or is not of this stream.
    pub fn stream_history(
        &self,
        namespace: &str,
        kind: &str,
        id: &[u8],
    ) -> Result<Vec<Record>, ReadError> {
        let tail = self.tail(namespace, kind, id);
        let mut records = Vec::new();
        let mut next = tail.map(|tail| tail.last);
        let mut version = tail.map_or(0, |tail| tail.events);
        while let Some(sequence) = next {
            let record = self.shared.record(sequence)?;
            let fault = |rule| Corrupt { frame: sequence, sequence, at: At::Raw(0), rule };
            let record = record.ok_or_else(|| fault(Rule::Count { said: 1, found: 0 }))?;
            let expected = version.wrapping_sub(1);
            let same = record.namespace == namespace
                && record.stream.kind == kind
                && record.stream.id == id;
            if !same || record.version != expected || record.previous.is_none() != (expected == 0) {
                return Err(fault(Rule::Version { expected, found: record.version }).into());
            }
            version = expected;
            next = record.previous;
            records.push(record);
        }
        records.reverse();
        Ok(records)
    }
}

impl Scan<'_> {
    /// Reads the next frame and hands out its records; returns whether there may be more.
    ///
    /// # Errors
    /// [`ReadError`] if the frame cannot be read or breaks a rule; the scan is then of no further use.
    pub fn next_frame(
        &mut self,
        visit: impl FnMut(&VerifiedRecord<'_>) -> ControlFlow<()>,
    ) -> Result<bool, ReadError> {
        self.cursor.next_frame(self.shared, self.end, visit)
    }
}

impl Cursor {
    /// A reader of a part of the log, from a sequence on.
    pub(super) fn part(from: u64) -> Cursor {
        let check = Check::Part { reader: FrameReader::new(), order: Order::new() };
        Cursor { check, from, next: from, key: None, frames: VecDeque::new() }
    }

    /// Reads the next frame, if the log of `end` records has one, and hands out its records.
    pub(super) fn next_frame(
        &mut self,
        shared: &Shared,
        end: u64,
        mut visit: impl FnMut(&VerifiedRecord<'_>) -> ControlFlow<()>,
    ) -> Result<bool, ReadError> {
        if self.next >= end {
            return Ok(false);
        }
        if self.frames.is_empty() {
            self.frames = block_on(shared.shard.read(self.next, READ_BYTES))?.into();
        }
        let stored = self.frames.pop_front().ok_or_else(|| missing(self.next))?;
        let key = stored.first_sequence;
        let (from, mut next) = (self.from, self.next);
        let mut visit = |record: &VerifiedRecord<'_>| {
            next = record.record.sequence + 1;
            if record.record.sequence < from { ControlFlow::Continue(()) } else { visit(record) }
        };
        let flow = match &mut self.check {
            Check::Whole(verifier) => verifier.frame(key, &stored.bytes, &mut visit)?,
            Check::Part { reader, order } => {
                let frame = reader.open(key, &stored.bytes)?;
                let expected = self.key.unwrap_or(key);
                if key != expected || key > self.next {
                    return Err(frame.fault(self.next, 0, Rule::Sequence { found: key }).into());
                }
                self.key = Some(key + u64::from(frame.count));
                part(shared, &frame, order, &mut visit)?
            }
        };
        if next <= self.next && flow.is_continue() {
            return Err(missing(self.next).into());
        }
        self.next = next;
        Ok(flow.is_continue() && self.next < end)
    }
}

/// The records lead to another root than the one that is known.
pub(super) fn differs(known: Head, found: Head) -> ReadError {
    let rule = Rule::RootBefore { said: known.root, found: found.root };
    Corrupt { frame: known.size, sequence: known.size, at: At::Stored(0), rule }.into()
}

pub(super) fn missing(sequence: u64) -> Corrupt {
    let rule = Rule::Sequence { found: sequence };
    Corrupt { frame: sequence, sequence, at: At::Stored(0), rule }
}

/// Checks what can be checked in the middle of a log and hands the frame's records out.
/// The log is not locked while they are: `visit` may append.
fn part(
    shared: &Shared,
    frame: &Frame<'_>,
    order: &mut Order,
    visit: &mut impl FnMut(&VerifiedRecord<'_>) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, Corrupt> {
    order.begin_frame();
    let mut records = Vec::new();
    for raw in frame.records() {
        let raw = raw?;
        let record = decode(frame, raw)?;
        order.observe(&record).map_err(|rule| frame.fault(raw.sequence, raw.offset, rule))?;
        records.push((record, raw));
    }
    order.end_frame().map_err(|rule| frame.fault(frame.first_sequence, frame.raw_len(), rule))?;
    let mut ordinals = Vec::with_capacity(records.len());
    {
        let durable = shared.durable.read();
        for (record, raw) in &records {
            let stream = durable.streams.ordinal(record.namespace, record.kind, record.id);
            let rule = Rule::Version { expected: 0, found: record.version };
            ordinals.push(stream.ok_or_else(|| frame.fault(raw.sequence, raw.offset, rule))?);
        }
    }
    for ((record, raw), stream) in records.into_iter().zip(ordinals) {
        let leaf = Hash::leaf(raw.bytes);
        if visit(&VerifiedRecord { record, stream, bytes: raw.bytes, leaf }).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

impl std::fmt::Debug for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cursor").field("next", &self.next).finish_non_exhaustive()
    }
}
