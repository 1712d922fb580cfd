//! A session whose engine answers when the test wants it to.

use std::cell::{Cell, RefCell};
use std::future::{Future, ready};
use std::io::{self, Write};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use lampyris::{Error, Outcome, Request};
use lampyris_log::Unavailable;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::oneshot;

use super::{Told, run};
use crate::failure::Failure;
use crate::input::Line;

/// What was written, and how much of it was sent on.
#[derive(Debug, Clone, Default)]
struct Out {
    written: Rc<RefCell<Vec<u8>>>,
    flushed: Rc<Cell<usize>>,
    gone: bool,
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.gone {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.written.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.flushed.set(self.written.borrow().len());
        Ok(())
    }
}

impl Out {
    /// The lines whose answers were sent on.
    fn told(&self) -> Vec<u64> {
        let written = self.written.borrow();
        let flushed = str::from_utf8(&written[..self.flushed.get()]).unwrap();
        let answers = flushed.lines().map(|line| serde_json::from_str(line).unwrap());
        answers.map(|answer: serde_json::Value| answer["line"].as_u64().unwrap()).collect()
    }
}

type Answer = Result<Outcome, Error>;
type Answers = Rc<RefCell<Vec<Option<oneshot::Sender<Answer>>>>>;

/// The future of a session whose requests are answered through `answers`, in any order.
fn session(
    lines: Receiver<io::Result<Line>>,
    in_flight: usize,
    answers: Answers,
    out: Out,
) -> impl Future<Output = Result<Told, Failure>> {
    let enqueue = async move |_: Request| {
        let (sender, receiver) = oneshot::channel();
        answers.borrow_mut().push(Some(sender));
        Ok(Box::pin(async { receiver.await.expect("the test answers") }))
    };
    run(lines, in_flight, enqueue, out)
}

/// An answer that needs no engine: refused for the namespace.
fn no() -> Answer {
    Err(Error::Namespace { served: "a".to_owned(), found: "b".to_owned() })
}

fn answer(answers: &Answers, index: usize, with: Answer) {
    answers.borrow_mut()[index].take().unwrap().send(with).unwrap();
}

fn good(number: u64) -> Line {
    let bytes = br#"{"do":"confirm","id":"0f1c6e05-2a5f-4d0d-a9b1-8f8a5e6d2b11"}"#.to_vec();
    Line { number, bytes }
}

/// Lines that are there already; the sender keeps the input open.
fn input(
    lines: impl IntoIterator<Item = Line>,
) -> (Sender<io::Result<Line>>, Receiver<io::Result<Line>>) {
    let (sender, receiver) = mpsc::channel(100);
    for line in lines {
        sender.try_send(Ok(line)).unwrap();
    }
    (sender, receiver)
}

/// Polls until nothing wakes it any more.
fn poll<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    struct Woken(AtomicBool);
    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let woken = Arc::new(Woken(AtomicBool::new(true)));
    let waker = Waker::from(Arc::clone(&woken));
    while woken.0.swap(false, Ordering::Relaxed) {
        if let ready @ Poll::Ready(_) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return ready;
        }
    }
    Poll::Pending
}

#[test]
fn answers_go_out_in_the_order_of_the_lines_though_more_input_may_come() {
    let (open, lines) = input([good(1), good(3), good(4)]);
    let (answers, out) = (Answers::default(), Out::default());
    let mut session = pin!(session(lines, 9, answers.clone(), out.clone()));
    assert!(poll(session.as_mut()).is_pending());
    assert_eq!(answers.borrow().len(), 3, "all are asked before any is answered");
    answer(&answers, 2, no());
    answer(&answers, 1, no());
    assert!(poll(session.as_mut()).is_pending());
    assert_eq!(out.told(), [0; 0]);
    answer(&answers, 0, no());
    assert!(poll(session.as_mut()).is_pending(), "the input is still open");
    assert_eq!(out.told(), [1, 3, 4]);
    drop(open);
    let Poll::Ready(Ok(told)) = poll(session.as_mut()) else { panic!("the input has ended") };
    assert_eq!(told.not_ok, 3);
    assert!(told.unreadable.is_none());
}

#[test]
fn what_is_known_is_sent_on_before_the_next_is_waited_for() {
    let (_open, lines) = input([good(1), good(2)]);
    let (answers, out) = (Answers::default(), Out::default());
    let mut session = pin!(session(lines, 9, answers.clone(), out.clone()));
    assert!(poll(session.as_mut()).is_pending());
    answer(&answers, 0, no());
    assert!(poll(session.as_mut()).is_pending());
    assert_eq!(out.told(), [1]);
}

#[test]
fn no_more_are_in_flight_than_the_window_has_places() {
    let (_open, lines) = input((1..=5).map(good));
    let (answers, out) = (Answers::default(), Out::default());
    let mut session = pin!(session(lines, 2, answers.clone(), out.clone()));
    assert!(poll(session.as_mut()).is_pending());
    assert_eq!(answers.borrow().len(), 2);
    answer(&answers, 1, no());
    assert!(poll(session.as_mut()).is_pending());
    assert_eq!(answers.borrow().len(), 2, "the first still has its place, and the second too");
    answer(&answers, 0, no());
    assert!(poll(session.as_mut()).is_pending());
    assert_eq!((answers.borrow().len(), out.told()), (4, vec![1, 2]));
}

#[test]
fn a_request_that_waits_for_room_holds_back_no_answer() {
    let (_open, lines) = input([good(1), good(2)]);
    let out = Out::default();
    let mut asked = 0;
    let enqueue = async move |_: Request| {
        asked += 1;
        if asked == 2 {
            std::future::pending::<()>().await;
        }
        Ok(ready(no()))
    };
    let mut session = pin!(run(lines, 9, enqueue, out.clone()));
    assert!(poll(session.as_mut()).is_pending());
    assert_eq!(out.told(), [1]);
}

#[test]
fn a_line_that_is_no_request_is_answered_in_its_turn() {
    let bad = Line { number: 2, bytes: b"{}".to_vec() };
    let (open, lines) = input([good(1), bad, good(3)]);
    drop(open);
    let (answers, out) = (Answers::default(), Out::default());
    let mut session = pin!(session(lines, 9, answers.clone(), out.clone()));
    assert!(poll(session.as_mut()).is_pending());
    assert_eq!((answers.borrow().len(), out.told().len()), (2, 0));
    answer(&answers, 0, no());
    answer(&answers, 1, no());
    assert!(poll(session.as_mut()).is_ready());
    assert_eq!(out.told(), [1, 2, 3]);
}

#[test]
fn a_failing_engine_ends_it_after_what_is_durable_is_answered() {
    let (_open, lines) = input((1..=3).map(good));
    let (answers, out) = (Answers::default(), Out::default());
    let mut session = pin!(session(lines, 9, answers.clone(), out.clone()));
    assert!(poll(session.as_mut()).is_pending());
    answer(&answers, 0, no());
    answer(&answers, 1, Err(Unavailable::Closed.into()));
    answer(&answers, 2, no());
    let ended = poll(session.as_mut());
    assert!(matches!(ended, Poll::Ready(Err(Failure::No(why))) if why.contains("closed")));
    assert_eq!(out.told(), [1]);
}

#[test]
fn an_engine_that_takes_no_more_ends_it_after_the_answers_before() {
    let (_open, lines) = input([good(1), good(2)]);
    let (out, mut asked) = (Out::default(), 0);
    let enqueue = async move |_: Request| {
        asked += 1;
        if asked == 2 { Err(Unavailable::Closed.into()) } else { Ok(ready(no())) }
    };
    let mut session = pin!(run(lines, 9, enqueue, out.clone()));
    assert!(matches!(poll(session.as_mut()), Poll::Ready(Err(Failure::No(_)))));
    assert_eq!(out.told(), [1]);
}

#[test]
fn it_ends_when_nobody_reads_though_the_input_is_open() {
    let (_open, lines) = input([good(1)]);
    let out = Out { gone: true, ..Out::default() };
    let mut session = pin!(run(lines, 9, async |_| Ok(ready(no())), out));
    assert!(matches!(poll(session.as_mut()), Poll::Ready(Err(Failure::ReaderGone))));
}

#[test]
fn an_input_that_fails_is_told_after_the_answers() {
    let (open, lines) = input([good(1)]);
    open.try_send(Err(io::Error::other("torn out"))).unwrap();
    let out = Out::default();
    let mut session = pin!(run(lines, 9, async |_| Ok(ready(no())), out.clone()));
    let Poll::Ready(Ok(told)) = poll(session.as_mut()) else { panic!("it has ended") };
    assert_eq!((told.not_ok, told.unreadable.unwrap().to_string()), (1, "torn out".to_owned()));
    assert_eq!(out.told(), [1]);
}
