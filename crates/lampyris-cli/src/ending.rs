//! Being asked to end, by SIGINT or SIGTERM, for a command that goes on until then.
//!
//! What is left to do before the end is the command's; it has a moment for it.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::timeout;

use crate::failure::Failure;

/// How long the command has: it may be waiting for a reader of its answers who reads nothing.
const GRACE: Duration = Duration::from_secs(1);

/// Tells whether the process was asked to end. A second time ends it at once, as [`GRACE`] does.
#[derive(Debug)]
pub(crate) struct Ending(Receiver<()>);

impl Ending {
    /// Listens from now on, for the rest of the process.
    pub(crate) fn listen() -> Result<Self, Failure> {
        start()
            .map(Self)
            .map_err(|error| Failure::no(format!("cannot listen for signals: {error}")))
    }

    /// Waits for so long, or until the process is asked to end; returns whether it was.
    pub(crate) fn comes_within(&self, interval: Duration) -> bool {
        self.0.recv_timeout(interval) != Err(RecvTimeoutError::Timeout)
    }

    /// Whether the process was asked to end.
    pub(crate) fn has_come(&self) -> bool {
        self.comes_within(Duration::ZERO)
    }
}

fn start() -> io::Result<Receiver<()>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let signals = {
        let _inside = runtime.enter();
        [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?]
    };
    let (tell, told) = channel();
    let listen = move || wait(&runtime, signals, tell);
    thread::Builder::new().name("lampyris-signals".to_owned()).spawn(listen)?;
    Ok(told)
}

/// Waits for a signal, tells of it by letting go of the channel, and ends the process if nothing else does.
fn wait(runtime: &Runtime, [mut interrupt, mut terminate]: [Signal; 2], tell: Sender<()>) {
    runtime.block_on(async {
        let mut any = async || {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        };
        any().await;
        drop(tell);
        let _again = timeout(GRACE, any()).await;
    });
    std::process::exit(0);
}
