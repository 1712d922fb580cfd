//! A store around another one that misbehaves after a script, as stores across a network do.
//! It never keeps what the other one did not, and never hands out what that one does not hold.

use crate::script::{Fault, Script};
use async_trait::async_trait;
use lampyris_log::shard::{Capabilities, SealedFrame, ShardError, ShardLog, StoredFrame};
use lampyris_log::{Head, ReadError, Unavailable};
use parking_lot::Mutex;
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::Poll;

/// A store with faults. Every read is answered one poll late.
#[derive(Debug)]
pub struct FaultyShard {
    inner: Arc<dyn ShardLog>,
    state: Mutex<State>,
    append_bytes: usize,
}

#[derive(Debug)]
struct State {
    script: Script,
    deposed: bool,
    met: Vec<Fault>,
}

impl FaultyShard {
    /// Faults of a script in front of a store.
    pub fn new(inner: Arc<dyn ShardLog>, script: Script) -> FaultyShard {
        let append_bytes = inner.capabilities().append_bytes;
        let state = Mutex::new(State { script, deposed: false, met: Vec::new() });
        FaultyShard { inner, state, append_bytes }
    }

    /// The same, for a store that takes fewer bytes at a time and refuses more.
    #[must_use]
    pub fn narrow(mut self, append_bytes: usize) -> FaultyShard {
        self.append_bytes = append_bytes;
        self
    }

    /// From now on somebody else owns the log.
    pub fn depose(&self) {
        self.state.lock().deposed = true;
    }

    /// The faults that were met so far.
    pub fn met(&self) -> Vec<Fault> {
        self.state.lock().met.clone()
    }

    fn draw(&self) -> Result<Option<Fault>, ShardError> {
        let mut state = self.state.lock();
        let fault = state.script.draw();
        state.met.extend(fault);
        state.deposed |= fault == Some(Fault::LoseOwnership);
        if state.deposed { Err(ShardError::NotOwner) } else { Ok(fault) }
    }
}

#[async_trait]
impl ShardLog for FaultyShard {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new(self.inner.capabilities().durability, self.append_bytes)
    }

    async fn tail(&self) -> Result<Head, ShardError> {
        late(1).await;
        self.inner.tail().await
    }

    async fn fence(&self, end: Head) -> Result<(), ShardError> {
        if self.state.lock().deposed {
            return Err(ShardError::NotOwner);
        }
        self.inner.fence(end).await
    }

    async fn append(&self, frames: &[SealedFrame]) -> Result<(), ShardError> {
        let bytes: usize = frames.iter().map(|frame| frame.bytes.len()).sum();
        if bytes > self.append_bytes {
            return Err(unavailable("take more bytes than it promised in"));
        }
        match self.draw()? {
            None | Some(Fault::LoseOwnership) => self.inner.append(frames).await,
            Some(Fault::DropAnswer) => {
                drop(self.inner.append(frames).await);
                Err(ShardError::Unknown)
            }
            Some(Fault::DropFrames) => Err(ShardError::Unknown),
            Some(Fault::CutShort) => {
                let (kept, _) = frames.split_at(frames.len() / 2);
                drop(self.inner.append(kept).await);
                Err(ShardError::Unknown)
            }
            Some(Fault::Delay(polls)) => {
                late(polls).await;
                let answer = self.inner.append(frames).await;
                late(polls).await;
                answer
            }
            Some(Fault::Unavailable) => Err(unavailable("write to")),
            Some(Fault::KeptUnavailable) => {
                drop(self.inner.append(frames).await);
                Err(unavailable("sync"))
            }
        }
    }

    async fn read(&self, from: u64, bytes: usize) -> Result<Vec<StoredFrame>, ReadError> {
        late(1).await;
        self.inner.read(from, bytes).await
    }

    async fn follow(&self, size: u64) -> Result<Head, ShardError> {
        late(1).await;
        self.inner.follow(size).await
    }
}

/// Yields so many times.
async fn late(mut polls: u8) {
    poll_fn(|context| {
        if polls == 0 {
            return Poll::Ready(());
        }
        polls -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

fn unavailable(operation: &'static str) -> ShardError {
    let source = io::Error::other("the script says so");
    Unavailable::Io { operation, path: "a faulty store".into(), source }.into()
}
