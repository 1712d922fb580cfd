//! Subscriptions that filter, buffer, and go on from a cursor.
//!
//! What could be lost: an event between two lives of a consumer, or one that a full buffer had no room for; and a
//! subscriber that does not read could hold the writer up.

use crate::cast::{batch, broadcast, message, pin, seal};
use lampyris::log::MemoryShard;
use lampyris::projection::record::MESSAGE;
use lampyris::{CursorError, Error, Filter, Lampyris, MessageId, block_on};
use proptest::prelude::*;
use std::num::NonZeroUsize;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// A message's life up to a step: staged, sealed, dispatched, and so on.
fn live(engine: &Lampyris, number: u32, steps: u8) {
    let id = message(number);
    block_on(engine.stage(broadcast(number))).unwrap();
    if steps > 0 {
        block_on(engine.seal(id, seal(number))).unwrap();
    }
    if steps > 1 {
        block_on(engine.dispatched(id, batch(number))).unwrap();
    }
    if steps > 2 {
        block_on(engine.sequence(id, pin(number))).unwrap();
    }
}

/// All events there are, as sequence, message and name.
fn all(engine: &Lampyris) -> Vec<(u64, MessageId, &'static str)> {
    let mut events = engine.subscribe(0);
    let next = || events.try_next().unwrap();
    std::iter::from_fn(next).map(|it| (it.sequence, it.id, it.event.kind().name())).collect()
}

fn engine(dir: &Path) -> Lampyris {
    Lampyris::open(dir).unwrap()
}

#[test]
fn a_filter_names_messages_and_events_and_other_namespaces_are_not_seen() {
    let shard = MemoryShard::new();
    let here = Lampyris::builder().open_on(Arc::new(shard.share())).unwrap();
    (0..4).for_each(|number| live(&here, number, 3));
    drop(here);
    let there = Lampyris::builder().namespace("there").open_on(Arc::new(shard.share())).unwrap();
    live(&there, 9, 1);
    assert_eq!(all(&there).len(), 3);
    drop(there);
    let here = Lampyris::builder().open_on(Arc::new(shard)).unwrap();
    let handed = |filter: Filter| {
        let mut events = here.subscribe_only(filter, 0);
        let next = || events.try_next().unwrap();
        let handed: Vec<_> =
            std::iter::from_fn(next).map(|it| (it.id, it.event.kind().name())).collect();
        assert_eq!(events.position(), here.position());
        handed
    };
    let of = |number: u32| Filter::new().stream(MESSAGE, *message(number).as_bytes());
    let staged: Vec<_> = (0..4).map(|number| (message(number), "staged")).collect();
    assert_eq!(handed(Filter::new().event("staged")), staged);
    assert_eq!(
        handed(of(2).event("staged").event("sealed")),
        [(message(2), "staged"), (message(2), "sealed")]
    );
    assert_eq!(handed(Filter::new().namespace("there")), []);
    assert_eq!(handed(of(9)), []);
    assert_eq!(handed(Filter::new().kind("data")), []);
}

#[test]
fn a_subscriber_that_reads_nothing_holds_nobody_up_and_its_buffer_is_bounded() {
    let scratch = tempfile::tempdir().unwrap();
    let engine = engine(scratch.path());
    let bound = NonZeroUsize::new(3).unwrap();
    let mut slow = engine.subscribe(0).buffered(bound).unwrap();
    (0..40).for_each(|number| live(&engine, number, 1));
    let expected = all(&engine);
    assert_eq!(expected.len(), 120);
    for (sequence, id, name) in expected {
        assert!(slow.waiting() <= bound.get());
        let next = block_on(slow.next()).unwrap();
        assert_eq!((next.sequence, next.id, next.event.kind().name()), (sequence, id, name));
        assert_eq!(slow.position(), sequence + 1);
    }
    assert!(slow.try_next().unwrap().is_none());
    // It waits; who drops it waits for nothing.
    let mut next = pin!(slow.next());
    assert!(matches!(next.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending));
}

#[test]
fn a_buffered_subscriber_is_told_that_the_engine_ended() {
    let scratch = tempfile::tempdir().unwrap();
    let engine = engine(scratch.path());
    live(&engine, 1, 0);
    let mut events = engine.subscribe(0).buffered(NonZeroUsize::MIN).unwrap();
    drop(engine);
    for sequence in 1..3 {
        assert_eq!(block_on(events.next()).unwrap().sequence, sequence);
    }
    for _ in 0..2 {
        assert!(matches!(block_on(events.next()), Err(Error::Unavailable(_))));
    }
    drop(events);
    // Nothing keeps the store open any more.
    drop(Lampyris::open(scratch.path()).unwrap());
}

#[test]
fn a_cursor_of_an_engine_is_there_when_it_is_opened_again() {
    let scratch = tempfile::tempdir().unwrap();
    let first = engine(scratch.path());
    live(&first, 1, 2);
    let mut cursor = first.cursor("billing").unwrap();
    assert!(matches!(first.cursor("billing"), Err(CursorError::Held { .. })));
    let mut events = first.subscribe(cursor.position());
    cursor.acknowledge(block_on(events.next()).unwrap().sequence).unwrap();
    drop((first, events, cursor));
    let second = engine(scratch.path());
    let standing = second.cursors().unwrap();
    assert_eq!(standing[0].name, "billing");
    let cursor = second.cursor("billing").unwrap();
    assert_eq!(cursor.position(), 2);
    let next = block_on(second.subscribe(cursor.position()).next()).unwrap();
    assert_eq!((next.sequence, next.id), (2, message(1)));
    drop(cursor);
    assert!(second.remove_cursor("billing").unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Consumers that end at any event and an engine that is opened again: what is handled before each
    /// acknowledgement, put together, is every event once, and what was handled without one comes again.
    #[test]
    fn consumers_that_come_and_go_handle_every_event(
        lives in proptest::collection::vec((0..4u8, 0..6usize, 0..6usize, any::<bool>(), any::<bool>()), 1..12),
        only_staged in any::<bool>(),
    ) {
        let scratch = tempfile::tempdir().unwrap();
        let mut here = engine(scratch.path());
        let filter = if only_staged { Filter::new().event("staged") } else { Filter::new() };
        let (mut done, mut number) = (Vec::new(), 0);
        for (steps, handle, acknowledge, buffered, reopen) in lives {
            live(&here, number, steps);
            number += 1;
            let mut cursor = here.cursor("a").unwrap();
            let events = here.subscribe_only(filter.clone(), cursor.position());
            let mut handled = Vec::new();
            if buffered {
                let mut there = here.subscribe_only(filter.clone(), cursor.position());
                let count = std::iter::from_fn(|| there.try_next().unwrap()).count();
                let mut events = events.buffered(NonZeroUsize::new(2).unwrap()).unwrap();
                for _ in 0..handle.min(count) {
                    handled.push(block_on(events.next()).unwrap());
                }
            } else {
                let mut events = events;
                handled.extend(std::iter::from_fn(|| events.try_next().unwrap()).take(handle));
            }
            for entry in handled.into_iter().take(acknowledge) {
                cursor.acknowledge(entry.sequence).unwrap();
                done.push((entry.sequence, entry.id, entry.event.kind().name()));
            }
            drop(cursor);
            if reopen {
                drop(here);
                here = engine(scratch.path());
            }
        }
        let mut rest = here.subscribe_only(filter, here.cursor("a").unwrap().position());
        done.extend(std::iter::from_fn(|| rest.try_next().unwrap()).map(|it| (it.sequence, it.id, it.event.kind().name())));
        let expected: Vec<_> =
            all(&here).into_iter().filter(|(_, _, name)| !only_staged || *name == "staged").collect();
        prop_assert_eq!(done, expected);
    }
}
