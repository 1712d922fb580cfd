//! `UmaDB`, embedded: its own writer thread with its own group commit, as its server starts it.
//! An event has one tag, its stream, without which `UmaDB` could not find it; no condition, no tracking.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};
use umadb_core::io_shell::io_shell;
use umadb_core::mvcc::{Mvcc, StorageOptions};
use umadb_core::writer_thread_blocking::writer_thread_blocking;
use umadb_core::writer_thread_pipelining::writer_thread_pipelining;
use umadb_core::writer_thread_request::WriterThreadRequest;
use umadb_dcb::DcbEvent;

use super::{Answer, Side};
use crate::records::Item;

/// Requests that may wait, as in the server.
const QUEUE: usize = 1024;
/// Events of a group, as in the server.
const GROUP: usize = 2000;

/// The queue of a writer thread.
pub(super) struct UmaDb(mpsc::Sender<WriterThreadRequest>);

impl UmaDb {
    /// `pipelined` writes a group by `io_uring` while the next one is made, which is not the default.
    pub(super) fn create(folder: &Path, pipelined: bool) -> Result<Self, String> {
        let path = folder.join("uma.db");
        let options = StorageOptions::default().db_path(&path);
        let page_size = options.page_size;
        let mvcc = Mvcc::new(false, StorageOptions { pipelined_writer: pipelined, ..options });
        let mvcc = Arc::new(mvcc.map_err(|error| error.to_string())?);
        let (queue, queued) = mpsc::channel(QUEUE);
        let (head, _) = watch::channel(None);
        if pipelined {
            let (io, jobs) = mpsc::unbounded_channel();
            std::thread::spawn(move || io_shell::start_io_uring_thread(path, page_size, jobs));
            std::thread::spawn(move || writer_thread_pipelining(io, mvcc, queued, head, GROUP));
        } else {
            std::thread::spawn(move || writer_thread_blocking(mvcc, queued, head, GROUP));
        }
        Ok(Self(queue))
    }
}

impl Side for UmaDb {
    fn append(&self, _: u64, item: &Item) -> Answer {
        let event = DcbEvent::new().event_type("record").tags([item.stream.as_str()]);
        let events = vec![event.data(item.bytes.as_slice())];
        let (response_tx, answer) = oneshot::channel();
        let (condition, tracking_info, cancel) = (None, None, None);
        let request =
            WriterThreadRequest::Append { events, condition, tracking_info, response_tx, cancel };
        let queue = self.0.clone();
        Box::pin(async move {
            queue.send(request).await.map_err(|_| "the writer is gone")?;
            let answer = answer.await.map_err(|_| "the writer is gone")?;
            answer.map(drop).map_err(|error| error.to_string())
        })
    }
}
