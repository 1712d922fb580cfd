//! One stream of requests and its answers: many in flight, answered in order, each once it is durable.
//!
//! Two halves run at the same time: one asks, as long as there is room in the window; the other
//! tells. Neither waits for the other, nor for input that has not come, so an answer goes out as
//! soon as it is known and all before it are told.

use std::future::poll_fn;
use std::io::{self, Write};
use std::pin::Pin;
use std::task::Poll;

use lampyris::stream::{self, BadLine};
use lampyris::{Error, Outcome, Request};
use lampyris_message::MessageId;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::mpsc::{Receiver, UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::failure::Failure;
use crate::input::Line;

/// What became of a stream whose lines were all answered.
#[derive(Debug)]
pub(crate) struct Told {
    /// How many lines were not accepted.
    pub(crate) not_ok: u64,
    /// Why the input could not be read to its end.
    pub(crate) unreadable: Option<io::Error>,
}

/// A line that was asked about and is not answered yet.
struct Asked<'w, P> {
    line: u64,
    /// The message, where the line names it.
    id: Option<MessageId>,
    fate: Fate<P>,
    /// Its place in the window, given back once it is answered.
    _place: SemaphorePermit<'w>,
}

enum Fate<P> {
    /// Decided on; the outcome comes when it is durable.
    Queued(P),
    Bad(BadLine),
    /// The engine does not go on.
    Failed(Error),
}

/// Answers all lines. At most `in_flight` are asked and not answered.
///
/// # Errors
/// If the engine fails or an answer cannot be written; what was durable before is answered.
pub(crate) async fn run<P>(
    lines: Receiver<io::Result<Line>>,
    in_flight: usize,
    enqueue: impl AsyncFnMut(Request) -> Result<P, Error>,
    out: impl Write,
) -> Result<Told, Failure>
where
    P: Future<Output = Result<Outcome, Error>> + Unpin,
{
    let window = Semaphore::new(in_flight);
    let (asking, telling) = unbounded_channel();
    let asked = async { Ok(ask(lines, &window, enqueue, asking).await) };
    let (unreadable, not_ok) = tokio::try_join!(asked, tell(telling, out))?;
    Ok(Told { not_ok, unreadable })
}

/// Asks, line by line; returns why the input could not be read to its end.
async fn ask<'w, P>(
    mut lines: Receiver<io::Result<Line>>,
    window: &'w Semaphore,
    mut enqueue: impl AsyncFnMut(Request) -> Result<P, Error>,
    asked: UnboundedSender<Asked<'w, P>>,
) -> Option<io::Error> {
    while let Ok(place) = window.acquire().await {
        let line = match lines.recv().await? {
            Ok(line) => line,
            Err(error) => return Some(error),
        };
        let request = stream::parse(&line.bytes);
        let id = request.as_ref().map_or_else(|bad| bad.id, Request::id);
        let fate = match request {
            Err(bad) => Fate::Bad(bad),
            Ok(request) => match enqueue(request).await {
                Ok(pending) => Fate::Queued(pending),
                Err(error) if error.is_of_the_request() => {
                    Fate::Bad(BadLine::undecided(id, &error))
                }
                Err(error) => Fate::Failed(error),
            },
        };
        let failed = matches!(fate, Fate::Failed(_));
        let told = asked.send(Asked { line: line.number, id, fate, _place: place });
        if failed || told.is_err() {
            break;
        }
    }
    None
}

/// Tells the answers in the order of the lines; returns how many were not accepted.
async fn tell<P>(
    mut asked: UnboundedReceiver<Asked<'_, P>>,
    mut out: impl Write,
) -> Result<u64, Failure>
where
    P: Future<Output = Result<Outcome, Error>> + Unpin,
{
    let mut not_ok = 0;
    loop {
        let next = match asked.try_recv() {
            Ok(next) => Some(next),
            Err(TryRecvError::Disconnected) => None,
            Err(TryRecvError::Empty) => {
                out.flush()?;
                asked.recv().await
            }
        };
        let Some(Asked { line, id, fate, _place }) = next else { break };
        let outcome = match fate {
            Fate::Bad(bad) => Ok(Err(bad)),
            Fate::Failed(error) => Err(error),
            Fate::Queued(pending) => match settled(pending, &mut out).await? {
                Ok(outcome) => Ok(Ok(outcome)),
                Err(error) if error.is_of_the_request() => Ok(Err(BadLine::undecided(id, &error))),
                Err(error) => Err(error),
            },
        };
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(error) => {
                out.flush()?;
                return Err(error.into());
            }
        };
        not_ok += u64::from(!outcome.as_ref().is_ok_and(Outcome::is_accepted));
        let mut answer = stream::answer(line, outcome.as_ref());
        answer.push(b'\n');
        out.write_all(&answer)?;
    }
    out.flush()?;
    Ok(not_ok)
}

/// Waits for an outcome; if it is not there yet, what was told before is sent on first.
async fn settled<P: Future + Unpin>(mut pending: P, out: &mut impl Write) -> io::Result<P::Output> {
    let now = poll_fn(|context| Poll::Ready(Pin::new(&mut pending).poll(context)));
    match now.await {
        Poll::Ready(outcome) => Ok(outcome),
        Poll::Pending => {
            out.flush()?;
            Ok(pending.await)
        }
    }
}

#[cfg(test)]
mod tests;
