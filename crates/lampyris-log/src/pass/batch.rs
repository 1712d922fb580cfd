//! Batches: frames that follow each other, read from the store in order and prepared together.
//! Nothing in them is checked against what stands before.

use crate::block_on::block_on;
use crate::corrupt::Corrupt;
use crate::error::ReadError;
use crate::frame::{self, Frame};
use crate::limits::FRAME_BYTES;
use crate::record::RecordRef;
use crate::shard::{ShardLog, StoredFrame};
use crate::verify::{Prepared, VerifiedRecord, Verifier, prepared};
use std::collections::VecDeque;
use std::ops::ControlFlow;

/// How many bytes of frames are read from the store at a time.
const READ_BYTES: usize = 1024 * 1024;

/// How many bytes of records make up a batch, if it has more than one frame: large beside what a turn costs, small
/// beside a core's cache.
const BATCH_BYTES: usize = FRAME_BYTES;

/// The batches of a store, in order.
pub(super) struct Batches<'s> {
    shard: &'s dyn ShardLog,
    /// The record that the store is read from next; nothing if there is no more to read.
    next: Option<u64>,
    end: u64,
    frames: VecDeque<StoredFrame>,
    number: u64,
}

/// Some frames that follow each other, or why the store does not give them.
pub(super) struct Batch {
    /// Dense from 0.
    pub(super) number: u64,
    pub(super) frames: Result<Vec<StoredFrame>, ReadError>,
}

/// A frame that has arrived where it is accepted.
pub(crate) struct Arrival<'a, P, F> {
    /// Its key.
    pub(crate) key: u64,
    records: Records<'a, P, F>,
}

enum Records<'a, P, F> {
    /// To be prepared one by one.
    Unread(Result<Frame<'a>, Corrupt>, &'a F),
    /// Up to the first fault, if there is one.
    Prepared(Result<PreparedFrame<'a, P>, Corrupt>),
}

type PreparedFrame<'a, P> = (Frame<'a>, Vec<Result<Prepared<'a, P>, Corrupt>>);

/// The room that a thread's batches are decompressed into, one after the other.
#[derive(Default)]
pub(super) struct Room(Vec<u8>);

impl<'s> Batches<'s> {
    pub(super) fn new(shard: &'s dyn ShardLog, begin: u64, end: u64) -> Batches<'s> {
        Batches { shard, next: Some(begin), end, frames: VecDeque::new(), number: 0 }
    }

    /// The next batch, if there is one.
    pub(super) fn next(&mut self) -> Option<Batch> {
        let number = self.number;
        self.number += 1;
        if let Err(error) = self.read() {
            return Some(Batch { number, frames: Err(error) });
        }
        let first = self.frames.pop_front()?;
        let (mut bytes, mut frames) = (room_for(&first), vec![first]);
        while let Some(next) = self.frames.front() {
            bytes += room_for(next);
            if bytes > BATCH_BYTES {
                break;
            }
            frames.extend(self.frames.pop_front());
        }
        Some(Batch { number, frames: Ok(frames) })
    }

    /// Reads on if all that was read is handed out. Where the next frame must begin follows from the last one's
    /// header: if that is not true, the last frame is not accepted, and nothing behind it matters.
    fn read(&mut self) -> Result<(), ReadError> {
        if !self.frames.is_empty() {
            return Ok(());
        }
        let Some(from) = self.next.take().filter(|next| *next < self.end) else { return Ok(()) };
        self.frames = block_on(self.shard.read(from, READ_BYTES))?.into();
        let end = self.frames.back().and_then(|last| frame::end(&last.bytes));
        self.next = end.filter(|end| *end > from);
        Ok(())
    }
}

impl<'a, P, F: Fn(&RecordRef<'_>) -> P> Arrival<'a, P, F> {
    /// A frame whose records are prepared when they are accepted.
    pub(super) fn unread(key: u64, frame: Result<Frame<'a>, Corrupt>, prepare: &'a F) -> Self {
        Arrival { key, records: Records::Unread(frame, prepare) }
    }

    /// Hands the frame to the verifier.
    ///
    /// # Errors
    /// [`Corrupt`] names the first rule that the frame or one of its records breaks.
    pub(crate) fn accept(
        self,
        verifier: &mut Verifier,
        visit: impl FnMut(&VerifiedRecord<'_>, P) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Corrupt> {
        match self.records {
            Records::Unread(frame, prepare) => {
                let frame = frame?;
                verifier.accept(&frame, prepared(&frame, prepare), visit)
            }
            Records::Prepared(prepared) => {
                let (frame, records) = prepared?;
                verifier.accept(&frame, records.into_iter(), visit)
            }
        }
    }
}

impl Room {
    /// Prepares frames, up to the first in which there is a fault.
    pub(super) fn prepare<'a, P, F: Fn(&RecordRef<'_>) -> P>(
        &'a mut self,
        frames: &'a [StoredFrame],
        prepare: &F,
    ) -> Vec<Arrival<'a, P, F>> {
        let length = frames.iter().map(room_for).sum();
        if self.0.len() < length {
            self.0.resize(length, 0);
        }
        let mut free = self.0.as_mut_slice();
        let mut arrivals = Vec::with_capacity(frames.len());
        for StoredFrame { first_sequence: key, bytes } in frames {
            let opened = Frame::open_in(*key, bytes, |length| {
                let (room, rest) = std::mem::take(&mut free).split_at_mut(length);
                free = rest;
                room
            });
            let records = opened.map(|frame| (frame, all(&frame, prepare)));
            let whole = records.as_ref().is_ok_and(|(_, all)| all.last().is_none_or(Result::is_ok));
            arrivals.push(Arrival { key: *key, records: Records::Prepared(records) });
            if !whole {
                break;
            }
        }
        arrivals
    }
}

/// Prepares the records of a frame, up to the first fault.
fn all<'a, P>(
    frame: &Frame<'a>,
    prepare: &impl Fn(&RecordRef<'_>) -> P,
) -> Vec<Result<Prepared<'a, P>, Corrupt>> {
    /// No record is shorter.
    const LEAST_RECORD_BYTES: usize = 32;
    let count = frame.raw_len() / LEAST_RECORD_BYTES;
    let mut all = Vec::with_capacity(count.min(frame.count as usize));
    for prepared in prepared(frame, prepare) {
        let is_fault = prepared.is_err();
        all.push(prepared);
        if is_fault {
            break;
        }
    }
    all
}

/// How many bytes of room a frame may need; none if it cannot be a frame.
fn room_for(frame: &StoredFrame) -> usize {
    frame::raw_length(&frame.bytes).unwrap_or(0)
}
