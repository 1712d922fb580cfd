//! Followers: history, then what comes, without a gap and without a repeat.

use crate::scratch::{append, open, samples, writer};
use lampyris_log::{Append, Filter, Follower, Log, MemoryShard, Record};
use proptest::collection::vec;
use proptest::prelude::*;
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

/// What a filter says of a record, written as plainly as it can be.
fn is_wanted(record: &Record, wanted: &Wanted) -> bool {
    let Wanted { namespaces, streams, kinds, events } = wanted;
    (namespaces.is_empty() || namespaces.contains(&record.namespace))
        && (events.is_empty() || events.contains(&record.event))
        && ((streams.is_empty() && kinds.is_empty())
            || kinds.iter().any(|kind| *kind == record.stream.kind)
            || streams.contains(&(record.stream.kind.to_string(), record.stream.id.clone())))
}

#[derive(Debug, Clone)]
struct Wanted {
    namespaces: Vec<String>,
    kinds: Vec<String>,
    streams: Vec<(String, Vec<u8>)>,
    events: Vec<String>,
}

fn wanted() -> impl Strategy<Value = Wanted> {
    let name = |names: &'static [&'static str]| {
        vec(proptest::sample::select(names).prop_map(str::to_owned), 0..3)
    };
    let stream = (proptest::sample::select(&["a", "b"][..]), 0..3u8)
        .prop_map(|(kind, id)| (kind.to_owned(), vec![id; 16]));
    (
        name(&["", "n1", "n2"]),
        name(&["a", "b", "lampyris"]),
        vec(stream, 0..3),
        name(&["e1", "e2", "opened"]),
    )
        .prop_map(|(namespaces, kinds, streams, events)| Wanted {
            namespaces,
            kinds,
            streams,
            events,
        })
}

/// An append of one record whose names are told by numbers.
fn named((namespace, kind, id, event): (u8, u8, u8, u8)) -> Append {
    let mut append = append(id, id, "x");
    append.namespace = ["n1", "n2"][usize::from(namespace)].into();
    append.events[0].stream.kind = ["a", "b"][usize::from(kind)].into();
    append.events[0].name = ["e1", "e2"][usize::from(event)].into();
    append
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(u32::try_from(samples(64)).unwrap()))]

    /// A filtered follower hands out what a follower does, less what the filter does not take, from any sequence and
    /// while the log grows; who goes on at its position later misses nothing and repeats nothing.
    #[test]
    fn a_filtered_follower_hands_out_what_it_takes_and_goes_on_at_its_position(
        records in vec((0..2u8, 0..2u8, 0..3u8, 0..2u8), 1..60),
        wanted in wanted(),
        from in 0..12u64,
        turns in vec(0..4usize, 0..9),
    ) {
        let log = Log::open_on(Arc::new(MemoryShard::new()), &writer(), |_| {}).unwrap();
        let mut filter = Filter::new();
        filter = wanted.namespaces.iter().fold(filter, |it, name| it.namespace(name.as_str()));
        filter = wanted.kinds.iter().fold(filter, |it, name| it.kind(name.as_str()));
        filter = wanted.streams.iter().fold(filter, |it, (kind, id)| it.stream(kind.as_str(), id.as_slice()));
        filter = wanted.events.iter().fold(filter, |it, name| it.event(name.as_str()));
        let mut follower = log.follow_only(filter.clone(), from);
        let mut handed = Vec::new();
        let mut turns = turns.into_iter();
        // Appends that are queued together share a frame.
        for group in records.chunks(7) {
            let appends: Vec<_> = group.iter().copied().map(named).collect();
            prop_assert!(log.append_group(&appends).iter().all(Result::is_ok));
            if let Some(count) = turns.next() {
                handed.extend(std::iter::from_fn(|| follower.try_next().unwrap()).take(count));
                // Another one goes on where this one stands.
                follower = log.follow_only(filter.clone(), follower.position());
            }
        }
        handed.extend(ready(&mut follower));
        let mut all = log.follow(from);
        let expected: Vec<Record> =
            ready(&mut all).into_iter().filter(|record| is_wanted(record, &wanted)).collect();
        prop_assert_eq!(handed, expected);
    }
}
