//! The sequencer: gives appends their places, encodes and hashes them, and packs them into frames.
//! It never writes: the committer makes its frames durable, or the log stops.

use crate::append::{Append, Appended, Place};
use crate::error::Refused;
use crate::frame::{FrameWriter, HEADER_BYTES, RECORD_LENGTH_BYTES};
use crate::index::{Streams, Tail};
use crate::limits::{MAX_FRAME_BYTES, MAX_RAW_BYTES, MAX_STREAM_EVENTS};
use crate::merkle::{Frontier, Hash, Head};
use crate::record::StreamName;
use crate::sled_store::SealedFrame;
use std::collections::HashMap;

/// Appends on their way to becoming one commit.
#[derive(Debug)]
pub(crate) struct Sequencer {
    /// Everything before the staged records.
    frontier: Frontier,
    time: i64,
    next: u64,
    /// Staged records, each with its length in front.
    raw: Vec<u8>,
    staged: Vec<Staged>,
    /// Where streams end once the staged records are in the index.
    tails: HashMap<(String, StreamName), Tail>,
    writer: FrameWriter,
    /// As many raw bytes as lately fitted into a frame.
    target: usize,
}

/// One staged append: where its records end, and how many it has.
#[derive(Debug, Clone, Copy)]
struct Staged {
    end: usize,
    records: u32,
}

/// Staged records as frames that the committer makes durable together.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) frames: Vec<SealedFrame>,
    /// The log's head after them.
    pub(crate) head: Head,
    /// The records, each with its length in front.
    pub(crate) raw: Vec<u8>,
}

const MAX_BODY_BYTES: usize = MAX_FRAME_BYTES - HEADER_BYTES;

impl Sequencer {
    /// A sequencer after the records of a frontier, the last of which carries `time`.
    pub(crate) fn new(frontier: Frontier, time: i64) -> Sequencer {
        Sequencer {
            next: frontier.size(),
            frontier,
            time,
            raw: Vec::new(),
            staged: Vec::new(),
            tails: HashMap::new(),
            writer: FrameWriter::new(),
            target: MAX_BODY_BYTES,
        }
    }

    /// Gives an append its places behind what is staged. A refused append leaves no trace.
    pub(crate) fn stage(
        &mut self,
        append: &Append,
        streams: &Streams,
        now: i64,
    ) -> Result<Appended, Refused> {
        let (first, start, time) = (self.next, self.raw.len(), self.time.max(now));
        let mut undo = Vec::with_capacity(append.events.len());
        let outcome =
            self.encode(append, streams, time, &mut undo).and_then(|()| self.check_frame(start));
        if let Err(refused) = outcome {
            self.raw.truncate(start);
            self.next = first;
            for (key, tail) in undo.into_iter().rev() {
                match tail {
                    Some(tail) => self.tails.insert(key, tail),
                    None => self.tails.remove(&key),
                };
            }
            return Err(refused);
        }
        self.time = time;
        let records = u32::try_from(append.events.len()).unwrap_or(u32::MAX);
        self.staged.push(Staged { end: self.raw.len(), records });
        Ok(Appended { sequences: first..self.next, time })
    }

    /// Whether nothing is staged.
    pub(crate) fn is_empty(&self) -> bool {
        self.staged.is_empty()
    }

    /// Packs what is staged into as few frames as the limits allow.
    pub(crate) fn seal(&mut self) -> Group {
        let (raw, staged) = (std::mem::take(&mut self.raw), std::mem::take(&mut self.staged));
        self.tails.clear();
        let mut frames = Vec::new();
        let (mut appends, mut start) = (staged.as_slice(), 0);
        while !appends.is_empty() {
            let mut taken =
                appends.partition_point(|append| append.end - start <= self.target).max(1);
            let (frame, end) = loop {
                let (now, _) = appends.split_at(taken);
                let end = now.last().map_or(raw.len(), |append| append.end);
                let count = now.iter().map(|append| append.records).sum();
                let body = raw.get(start..end).unwrap_or_default();
                let bytes =
                    self.writer.seal(self.frontier.size(), count, self.frontier.root(), body);
                if bytes.len() <= MAX_FRAME_BYTES || taken == 1 {
                    self.aim(body.len(), bytes.len());
                    break (SealedFrame { first_sequence: self.frontier.size(), bytes }, end);
                }
                taken /= 2;
            };
            self.hash(raw.get(start..end).unwrap_or_default());
            frames.push(frame);
            start = end;
            appends = appends.split_at(taken).1;
        }
        Group { frames, head: self.frontier.head(), raw }
    }

    fn encode(
        &mut self,
        append: &Append,
        streams: &Streams,
        time: i64,
        undo: &mut Vec<((String, StreamName), Option<Tail>)>,
    ) -> Result<(), Refused> {
        for (index, event) in (0..).zip(&append.events) {
            let key = (append.namespace.clone(), event.stream.clone());
            let staged = self.tails.get(&key).copied();
            let tail = staged.or_else(|| streams.tail(&key.0, &key.1.kind, &key.1.id));
            let version = tail.map_or(0, |tail| tail.events);
            if version >= MAX_STREAM_EVENTS {
                return Err(Refused::Invalid {
                    field: "stream",
                    rule: "has all the events it may have",
                });
            }
            let place =
                Place { sequence: self.next, version, previous: tail.map(|tail| tail.last), time };
            let start = self.raw.len() + RECORD_LENGTH_BYTES;
            self.raw.extend_from_slice(&[0; RECORD_LENGTH_BYTES]);
            append.record(index, event, place).encode_into(&mut self.raw);
            let length = u32::try_from(self.raw.len() - start).unwrap_or(u32::MAX);
            if let Some(front) = self.raw.get_mut(start - RECORD_LENGTH_BYTES..start) {
                front.copy_from_slice(&length.to_be_bytes());
            }
            self.tails.insert(key.clone(), Tail { events: version + 1, last: self.next });
            undo.push((key, staged));
            self.next += 1;
        }
        Ok(())
    }

    /// Checks that the append staged last fits into a frame of its own.
    fn check_frame(&mut self, start: usize) -> Result<(), Refused> {
        let body = self.raw.get(start..).unwrap_or_default();
        if body.len() <= MAX_BODY_BYTES {
            return Ok(());
        }
        if body.len() > MAX_RAW_BYTES {
            return Err(Refused::TooLarge {
                what: "append",
                bytes: body.len(),
                limit: MAX_RAW_BYTES,
            });
        }
        let bytes = self.writer.seal(0, 0, Hash([0; 32]), body).len();
        if bytes > MAX_FRAME_BYTES {
            return Err(Refused::TooLarge { what: "append", bytes, limit: MAX_FRAME_BYTES });
        }
        Ok(())
    }

    fn hash(&mut self, raw: &[u8]) {
        for record in raw_records(raw) {
            self.frontier.push(Hash::leaf(record));
        }
    }

    /// Learns from a frame how much the next one may take: nine tenths of what would just fit.
    fn aim(&mut self, raw: usize, stored: usize) {
        let fits = raw.saturating_mul(MAX_BODY_BYTES) / stored.max(1);
        self.target = (fits / 10 * 9).clamp(MAX_BODY_BYTES, MAX_RAW_BYTES);
    }
}

/// The records of a group, without the lengths in front.
pub(crate) fn raw_records(mut raw: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = raw.split_first_chunk::<RECORD_LENGTH_BYTES>()?;
        let (record, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        raw = rest;
        Some(record)
    })
}
