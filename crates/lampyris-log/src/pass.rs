//! A pass over a store from a frame on, by one thread or by several.
//! Any of them prepares frames; they are accepted in order, one at a time, and never twice.
//!
//! What a record is by itself (checksum, decompression, spelling, leaf hash, and what the consumer makes of it alone) is
//! found by whichever thread is free. What depends on those before it (roots, order, streams, claims, the consumer's
//! own state) is checked by the same thread when the turn comes to it. So records never cross from one thread to
//! another, and the first fault in the order of the log is what is found, with any number of threads.

mod batch;

pub(crate) use batch::Arrival;

use crate::error::ReadError;
use crate::frame::FrameReader;
use crate::record::RecordRef;
use crate::shard::ShardLog;
use batch::{Batch, Batches, Room};
use parking_lot::{Condvar, Mutex};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::thread;

/// How many threads verify if nobody says: two if the machine can run two at a time, else one.
pub(crate) fn default_threads() -> usize {
    thread::available_parallelism().map_or(1, NonZeroUsize::get).min(2)
}

/// What is read, and by how many threads.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pass<'s> {
    /// The store.
    pub(crate) shard: &'s dyn ShardLog,
    /// The frame that holds this record is the first that is read.
    pub(crate) begin: u64,
    /// The frame with the record before this one is the last that is read, if the store goes on.
    pub(crate) end: u64,
    /// How many threads work, the caller's among them; none means one.
    pub(crate) threads: usize,
}

/// What the threads share. The two locks are never held together.
struct Line<'s, A, E> {
    batches: Mutex<Batches<'s>>,
    gate: Mutex<Gate<A, E>>,
    turned: Condvar,
}

/// Where batches are accepted, by their numbers.
struct Gate<A, E> {
    accept: A,
    /// The batch whose turn it is; nothing once no batch is accepted any more.
    turn: Option<u64>,
    outcome: Result<(), E>,
}

impl Pass<'_> {
    /// Hands every frame to `accept`, in order, until it breaks off, a fault is found or the end is reached.
    /// A panic on another thread goes on on this one.
    ///
    /// # Errors
    /// The first that `accept` or the store gives, in the order of the log.
    pub(crate) fn run<P, F, A, E>(&self, prepare: &F, accept: A) -> Result<(), E>
    where
        F: Fn(&RecordRef<'_>) -> P + Sync,
        A: FnMut(Arrival<'_, P, F>) -> Result<ControlFlow<()>, E> + Send,
        E: From<ReadError> + Send,
    {
        let batches = Batches::new(self.shard, self.begin, self.end);
        if self.threads <= 1 {
            return alone(batches, prepare, accept);
        }
        let gate = Gate { accept, turn: Some(0), outcome: Ok(()) };
        let line =
            Line { batches: Mutex::new(batches), gate: Mutex::new(gate), turned: Condvar::new() };
        thread::scope(|scope| {
            // With fewer threads than asked for it takes longer, and that is all.
            let others: Vec<_> = (1..self.threads)
                .map_while(|_| {
                    let name = "lampyris-verify".to_owned();
                    thread::Builder::new()
                        .name(name)
                        .spawn_scoped(scope, || line.work(prepare))
                        .ok()
                })
                .collect();
            line.work(prepare);
            for other in others {
                if let Err(panic) = other.join() {
                    resume_unwind(panic);
                }
            }
        });
        line.gate.into_inner().outcome
    }
}

/// The same by this thread: each record is prepared right before it is accepted.
fn alone<P, F, A, E>(mut batches: Batches<'_>, prepare: &F, mut accept: A) -> Result<(), E>
where
    F: Fn(&RecordRef<'_>) -> P,
    A: FnMut(Arrival<'_, P, F>) -> Result<ControlFlow<()>, E>,
    E: From<ReadError>,
{
    let mut reader = FrameReader::new();
    while let Some(batch) = batches.next() {
        for stored in &batch.frames? {
            let key = stored.first_sequence;
            let opened = reader.open(key, &stored.bytes);
            if accept(Arrival::unread(key, opened, prepare))?.is_break() {
                return Ok(());
            }
        }
    }
    Ok(())
}

impl<A, E> Line<'_, A, E> {
    /// Prepares batches and accepts them, until there is nothing left to do.
    fn work<P, F>(&self, prepare: &F)
    where
        F: Fn(&RecordRef<'_>) -> P,
        A: FnMut(Arrival<'_, P, F>) -> Result<ControlFlow<()>, E>,
        E: From<ReadError>,
    {
        let _alarm = Alarm(self);
        let mut room = Room::default();
        loop {
            let Some(Batch { number, frames }) = self.batches.lock().next() else { return };
            let goes_on = match frames {
                Ok(frames) => {
                    let arrivals = room.prepare(&frames, prepare);
                    self.at_turn(number, |accept| accept_all(arrivals, accept))
                }
                Err(error) => self.at_turn(number, |_| Err(error.into())),
            };
            if !goes_on {
                return;
            }
        }
    }

    /// Waits for a batch's turn and accepts it; returns whether there may be more.
    fn at_turn(
        &self,
        number: u64,
        pass: impl FnOnce(&mut A) -> Result<ControlFlow<()>, E>,
    ) -> bool {
        let mut gate = self.gate.lock();
        while gate.turn.is_some_and(|turn| turn != number) {
            self.turned.wait(&mut gate);
        }
        if gate.turn.is_none() {
            return false;
        }
        let passed = pass(&mut gate.accept);
        let goes_on = matches!(passed, Ok(ControlFlow::Continue(())));
        gate.turn = goes_on.then_some(number + 1);
        gate.outcome = passed.map(drop);
        self.turned.notify_all();
        goes_on
    }

    /// Accepts nothing any more.
    fn stop(&self) {
        self.gate.lock().turn = None;
        self.turned.notify_all();
    }
}

fn accept_all<T, E>(
    arrivals: Vec<T>,
    accept: &mut impl FnMut(T) -> Result<ControlFlow<()>, E>,
) -> Result<ControlFlow<()>, E> {
    for arrival in arrivals {
        if accept(arrival)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// Lets nobody wait for the turn of a thread that panics.
struct Alarm<'l, 's, A, E>(&'l Line<'s, A, E>);

impl<A, E> Drop for Alarm<'_, '_, A, E> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.stop();
        }
    }
}
