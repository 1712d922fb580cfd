//! Reading: scans in order, single records, histories of streams.
//! Every frame is checked again on every read; only durable records are shown.

use super::Log;
use crate::corrupt::{At, Corrupt, Rule};
use crate::error::ReadError;
use crate::frame::{Frame, FrameReader};
use crate::merkle::{Hash, Head};
use crate::record::Record;
use crate::sled_store::StoredFrames;
use crate::verify::{Chain, Order, VerifiedRecord, Verifier, decode};
use std::ops::ControlFlow;

/// A scan of the records that were durable when it began.
///
/// From sequence 0 it verifies everything again, from the first byte, in memory of its own.
/// From a later sequence it checks frames, records, density, time and appends, and takes the numbers of the
/// streams from the log, which verified roots, versions and links when it was opened.
pub struct Scan<'l> {
    log: &'l Log,
    frames: StoredFrames<'l>,
    check: Check,
    from: u64,
    /// The next sequence to be read.
    next: u64,
    end: u64,
}

enum Check {
    Whole(Box<Verifier>),
    Part { reader: FrameReader, order: Order },
}

impl Log {
    /// A scan from a sequence to what is the end now.
    ///
    /// # Errors
    /// [`ReadError`] if the store cannot be read.
    pub fn scan(&self, from: u64) -> Result<Scan<'_>, ReadError> {
        let end = self.head().size;
        let (check, next) = if from == 0 {
            (Check::Whole(Box::default()), 0)
        } else {
            let first =
                self.store.frame_holding(from)?.map(|(key, _)| sequence(&key)).transpose()?;
            let check = Check::Part { reader: FrameReader::new(), order: Order::new() };
            (check, first.unwrap_or(0))
        };
        Ok(Scan { log: self, frames: self.store.frames(next)?, check, from, next, end })
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
        let mut scan = self.scan(from)?;
        let mut next = from;
        while scan.next_frame(|record| {
            next = record.record.sequence + 1;
            visit(record)
        })? {}
        Ok(next)
    }

    /// One record, or nothing if the log is not that long.
    ///
    /// # Errors
    /// [`ReadError`] if it cannot be read or breaks a rule.
    pub fn read(&self, sequence: u64) -> Result<Option<Record>, ReadError> {
        OneFrame::default().read(self, sequence)
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
        let mut frame = OneFrame::default();
        let mut next = tail.map(|tail| tail.last);
        let mut version = tail.map_or(0, |tail| tail.events);
        while let Some(sequence) = next {
            let record = frame.read(self, sequence)?;
            let fault = |rule| Corrupt { frame: frame_key(&frame), sequence, at: At::Raw(0), rule };
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

    /// Reads, decompresses, decodes and hashes everything, and does nothing else: the bound that a replay
    /// is measured against. Returns the head it found.
    ///
    /// # Errors
    /// [`ReadError`] at the first record that cannot be read or breaks a rule.
    pub fn scan_bound(&self) -> Result<Head, ReadError> {
        let end = self.head().size;
        let (mut reader, mut chain) = (FrameReader::new(), Chain::default());
        for stored in self.store.frames(0)? {
            let (key, stored) = stored?;
            if chain.head().size == end {
                break;
            }
            let frame = reader.open(sequence(&key)?, &stored)?;
            chain.link(&frame)?;
            for raw in frame.records() {
                let raw = raw?;
                decode(&frame, raw)?;
                chain.leaf(raw.bytes);
            }
        }
        Ok(chain.head())
    }
}

impl Scan<'_> {
    /// Reads the next frame and hands out its records; returns whether there may be more.
    ///
    /// # Errors
    /// [`ReadError`] if the frame cannot be read or breaks a rule; the scan is then of no further use.
    pub fn next_frame(
        &mut self,
        mut visit: impl FnMut(&VerifiedRecord<'_>) -> ControlFlow<()>,
    ) -> Result<bool, ReadError> {
        if self.next >= self.end {
            return Ok(false);
        }
        let Some(stored) = self.frames.next() else {
            let rule = Rule::Sequence { found: self.next };
            return Err(
                Corrupt { frame: self.next, sequence: self.next, at: At::Stored(0), rule }.into()
            );
        };
        let (key, stored) = stored?;
        let key = sequence(&key)?;
        let (from, mut next) = (self.from, self.next);
        let mut visit = |record: &VerifiedRecord<'_>| {
            next = record.record.sequence + 1;
            if record.record.sequence < from { ControlFlow::Continue(()) } else { visit(record) }
        };
        let flow = match &mut self.check {
            Check::Whole(verifier) => verifier.frame(key, &stored, visit)?,
            Check::Part { reader, order } => {
                let frame = reader.open(key, &stored)?;
                if key != self.next {
                    return Err(frame.fault(self.next, 0, Rule::Sequence { found: key }).into());
                }
                part(self.log, &frame, order, &mut visit)?
            }
        };
        self.next = next;
        Ok(flow.is_continue() && self.next < self.end)
    }
}

/// Checks what can be checked in the middle of a log and hands the frame's records out.
/// The log is not locked while they are: `visit` may append.
fn part(
    log: &Log,
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
        let durable = log.durable.read();
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

/// The frame read last, kept because the next record often stands in it too.
#[derive(Default)]
struct OneFrame {
    stored: Option<(u64, sled::IVec)>,
}

impl OneFrame {
    fn read(&mut self, log: &Log, wanted: u64) -> Result<Option<Record>, ReadError> {
        if wanted >= log.head().size {
            return Ok(None);
        }
        let mut reader = FrameReader::new();
        for load in [false, true] {
            if load {
                let found = log.store.frame_holding(wanted)?;
                self.stored = found
                    .map(|(key, stored)| sequence(&key).map(|key| (key, stored)))
                    .transpose()?;
            }
            let Some((key, stored)) = &self.stored else { continue };
            let frame = reader.open(*key, stored)?;
            let Some(index) =
                wanted.checked_sub(*key).filter(|index| *index < u64::from(frame.count))
            else {
                continue;
            };
            for raw in frame.records() {
                let raw = raw?;
                if raw.sequence == *key + index {
                    return Ok(Some(decode(&frame, raw)?.to_record()));
                }
            }
        }
        let rule = Rule::Sequence { found: frame_key(self) };
        Err(Corrupt { frame: frame_key(self), sequence: wanted, at: At::Stored(0), rule }.into())
    }
}

fn frame_key(frame: &OneFrame) -> u64 {
    frame.stored.as_ref().map_or(0, |(key, _)| *key)
}

/// A key as the sequence it stands for.
pub(super) fn sequence(key: &[u8]) -> Result<u64, ReadError> {
    let fault =
        |found| Corrupt { frame: 0, sequence: 0, at: At::Stored(0), rule: Rule::Key { found } };
    Ok(key.try_into().map(u64::from_be_bytes).map_err(|_| fault(key.len()))?)
}

impl std::fmt::Debug for Scan<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scan")
            .field("next", &self.next)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

const _: () = {
    const fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<Log>();
};
