//! Wakes who waits for the log to grow to a size, or to end.
//! It wakes nobody before that size, so that most commits wake no thread.

use parking_lot::{Condvar, Mutex};
use std::time::Duration;

/// The growth of a log, for who waits for it without a runtime.
#[derive(Debug)]
pub(crate) struct Growth {
    state: Mutex<Awaited>,
    changed: Condvar,
}

#[derive(Debug)]
struct Awaited {
    /// The smallest size that anyone waits for.
    size: u64,
    ended: bool,
}

impl Default for Growth {
    fn default() -> Self {
        let state = Mutex::new(Awaited { size: u64::MAX, ended: false });
        Growth { state, changed: Condvar::new() }
    }
}

impl Growth {
    /// The log has this size, and shows it already.
    pub(crate) fn grew(&self, size: u64) {
        let mut state = self.state.lock();
        if size >= state.size {
            state.size = u64::MAX;
            self.changed.notify_all();
        }
    }

    /// The log grows no more.
    pub(crate) fn end(&self) {
        self.state.lock().ended = true;
        self.changed.notify_all();
    }

    /// Wakes all who wait, so that they look whether they still have to.
    pub(super) fn wake(&self) {
        let _state = self.state.lock();
        self.changed.notify_all();
    }

    /// Whether the log grows no more.
    pub(super) fn has_ended(&self) -> bool {
        self.state.lock().ended
    }

    /// Waits while `goes_on`, which says so as long as there is nothing to do: until the log has this size or has
    /// ended, until [`Growth::wake`], or for so long. It may return early.
    pub(super) fn wait(&self, size: u64, wait: Option<Duration>, goes_on: impl FnOnce() -> bool) {
        let mut state = self.state.lock();
        // Invariant: asked under the lock, which whoever changes the answer takes afterwards.
        if state.ended || !goes_on() {
            return;
        }
        state.size = state.size.min(size);
        match wait {
            None => self.changed.wait(&mut state),
            Some(wait) => drop(self.changed.wait_for(&mut state, wait)),
        }
    }
}
