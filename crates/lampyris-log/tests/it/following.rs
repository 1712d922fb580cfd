//! Followers: history, then what comes, without a gap and without a repeat.

use crate::scratch::{append, open, writer};
use lampyris_log::{Follower, Log, MemoryShard, Record};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Takes records until there is none for now.
fn ready(follower: &mut Follower) -> Vec<Record> {
    std::iter::from_fn(|| follower.try_next().unwrap()).collect()
}

fn sequences(records: &[Record]) -> Vec<u64> {
    records.iter().map(|record| record.sequence).collect()
}

#[test]
fn a_follower_begins_anywhere_and_waits_at_the_end() {
    let log = Log::open_on(Arc::new(MemoryShard::new()), &writer(), |_| {}).unwrap();
    let batch: Vec<_> = (0..30).map(|number| append(number, number % 3, "x")).collect();
    assert!(log.append_group(&batch).iter().all(Result::is_ok));
    let mut followers: Vec<_> = (0..35).map(|from| (from, log.follow(from))).collect();
    for (from, follower) in &mut followers {
        assert_eq!(follower.position(), *from);
        assert_eq!(sequences(&ready(follower)), (*from..31).collect::<Vec<_>>());
        assert_eq!(follower.position(), 31.max(*from));
        let mut next = pin!(follower.next());
        assert!(matches!(
            next.as_mut().poll(&mut Context::from_waker(Waker::noop())),
            Poll::Pending
        ));
    }
    log.append_group(
        &batch[..10].iter().map(|a| append(1, 1, a.actor.clone())).collect::<Vec<_>>(),
    );
    for (from, follower) in &mut followers {
        assert_eq!(sequences(&ready(follower)), (31.max(*from)..41).collect::<Vec<_>>());
    }
}

/// Followers that begin at different times, while four threads append; each sees all of it once, in order.
#[test]
fn following_while_others_append_misses_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let log = open(scratch.path()).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4u8 {
            let log = &log;
            scope.spawn(move || {
                for number in 0..50u8 {
                    log.append_blocking(append(number, thread, vec![thread, number])).unwrap();
                }
            });
        }
        for from in [0, 1, 17, 60, 150] {
            let mut follower = log.follow(from);
            scope.spawn(move || {
                for expected in from..201 {
                    let record = wait(&mut follower);
                    assert_eq!(record.sequence, expected);
                }
                assert_eq!(follower.try_next().unwrap(), None);
            });
        }
    });
}

fn wait(follower: &mut Follower) -> Record {
    let thread = std::thread::current();
    let waker = Waker::from(Arc::new(Unpark(thread)));
    let mut next = pin!(follower.next());
    loop {
        match next.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(record) => return record.unwrap(),
            Poll::Pending => std::thread::park(),
        }
    }
}

struct Unpark(std::thread::Thread);

impl std::task::Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
