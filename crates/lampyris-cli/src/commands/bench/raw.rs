//! The bound of `bench append`: a file that is appended to and synced, with the same group commit.
//!
//! It keeps no index, no chain and no versions; a record is its length, a checksum and its bytes.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

/// As many records as one group of the log may have.
const GROUP: usize = 4096;

/// A raw file and the thread that writes it.
#[derive(Debug)]
pub(super) struct Raw {
    queue: Option<Sender<Queued>>,
    writer: Option<JoinHandle<io::Result<()>>>,
}

struct Queued {
    record: Vec<u8>,
    durable: oneshot::Sender<()>,
}

impl Raw {
    /// Creates the file.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let file = File::create(path)?;
        let (queue, queued) = channel();
        let writer = std::thread::Builder::new().spawn(move || write(file, &queued))?;
        Ok(Self { queue: Some(queue), writer: Some(writer) })
    }

    /// Queues a record; the answer comes when it is durable.
    pub(super) fn append(&self, record: Vec<u8>) -> oneshot::Receiver<()> {
        let (durable, answer) = oneshot::channel();
        if let Some(queue) = &self.queue {
            // If the writer is gone, so is the sender of the answer, and the waiter is told.
            let _queued = queue.send(Queued { record, durable });
        }
        answer
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        self.queue = None;
        let _ended = self.writer.take().map(JoinHandle::join);
    }
}

fn write(mut file: File, queue: &Receiver<Queued>) -> io::Result<()> {
    let (mut buffer, mut waiting) = (Vec::new(), Vec::new());
    while let Ok(first) = queue.recv() {
        for queued in std::iter::once(first).chain(queue.try_iter()).take(GROUP) {
            let length = u32::try_from(queued.record.len()).unwrap_or(u32::MAX);
            buffer.extend_from_slice(&length.to_be_bytes());
            buffer.extend_from_slice(&crc32fast::hash(&queued.record).to_be_bytes());
            buffer.extend_from_slice(&queued.record);
            waiting.push(queued.durable);
        }
        file.write_all(&buffer)?;
        file.sync_data()?;
        buffer.clear();
        for durable in waiting.drain(..) {
            // A waiter that went away needs no answer.
            let _told = durable.send(());
        }
    }
    Ok(())
}
