//! Group commit: one thread takes all that waits, up to a bound, commits it at once, and answers.
//! The same for the raw file and for every store that has none of its own.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::{Answer, Side};
use crate::records::Item;

/// As many records as one group of Lampyris may have.
const GROUP: usize = 4096;

/// What commits a group.
pub(super) trait Commit: Send + 'static {
    /// Makes records durable whose first has this sequence.
    fn commit(&mut self, first: u64, records: &[Vec<u8>]) -> Result<(), String>;
}

/// A store and the thread that writes to it.
#[derive(Debug)]
pub(super) struct Grouped {
    queue: Option<Sender<Queued>>,
    writer: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Queued {
    record: Vec<u8>,
    durable: oneshot::Sender<Result<(), String>>,
}

impl Grouped {
    pub(super) fn start(mut store: impl Commit) -> Result<Self, String> {
        let (queue, queued) = channel();
        let writer = std::thread::Builder::new().spawn(move || write(&mut store, &queued));
        let writer = writer.map_err(|error| format!("no thread: {error}"))?;
        Ok(Self { queue: Some(queue), writer: Some(writer) })
    }
}

impl Side for Grouped {
    fn append(&self, _: u64, item: &Item) -> Answer {
        let (durable, answer) = oneshot::channel();
        if let Some(queue) = &self.queue {
            // If the writer is gone, so is the sender of the answer, and the waiter is told.
            drop(queue.send(Queued { record: item.bytes.clone(), durable }));
        }
        Box::pin(async move { answer.await.map_err(|_| "the writer is gone".to_owned())? })
    }
}

impl Drop for Grouped {
    fn drop(&mut self) {
        self.queue = None;
        drop(self.writer.take().map(JoinHandle::join));
    }
}

fn write(store: &mut impl Commit, queue: &Receiver<Queued>) {
    let (mut next, mut records, mut waiting) = (0, Vec::new(), Vec::new());
    while let Ok(first) = queue.recv() {
        for queued in std::iter::once(first).chain(queue.try_iter()).take(GROUP) {
            records.push(queued.record);
            waiting.push(queued.durable);
        }
        let committed = store.commit(next, &records);
        next += records.len() as u64;
        records.clear();
        for durable in waiting.drain(..) {
            // A waiter that went away needs no answer.
            drop(durable.send(committed.clone()));
        }
    }
}
