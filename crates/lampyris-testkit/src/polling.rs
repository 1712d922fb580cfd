//! Futures without a runtime: waiting for one, and looking whether one woke its task.
//! It never polls a future that was not woken.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

struct Task {
    woken: AtomicBool,
    thread: Thread,
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

impl Task {
    fn new() -> Arc<Task> {
        Arc::new(Task { woken: AtomicBool::new(true), thread: thread::current() })
    }
}

/// Waits for a future on this thread.
pub fn wait<F: Future>(future: F) -> F::Output {
    let task = Task::new();
    let waker = Waker::from(Arc::clone(&task));
    let mut future = pin!(future);
    loop {
        if task.woken.swap(false, Ordering::AcqRel)
            && let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker))
        {
            return output;
        }
        thread::park();
    }
}

/// A future that is polled by hand, only after it woke its task.
pub struct Polled<F> {
    future: Pin<Box<F>>,
    task: Arc<Task>,
}

impl<F: Future> Polled<F> {
    /// Nothing was polled yet.
    pub fn new(future: F) -> Polled<F> {
        Polled { future: Box::pin(future), task: Task::new() }
    }

    /// Polls as long as the future is woken; its output, once it has one.
    pub fn poll(&mut self) -> Option<F::Output> {
        let waker = Waker::from(Arc::clone(&self.task));
        while self.task.woken.swap(false, Ordering::AcqRel) {
            let polled = self.future.as_mut().poll(&mut Context::from_waker(&waker));
            if let Poll::Ready(output) = polled {
                return Some(output);
            }
        }
        None
    }
}

impl<F> std::fmt::Debug for Polled<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Polled").field("woken", &self.task.woken).finish_non_exhaustive()
    }
}
