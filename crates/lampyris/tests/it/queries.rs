//! Queries of an engine while it is written to: pages neither skip nor repeat, views made anew are the same.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use lampyris::query::{Collection, Query, Rules};
use lampyris::{Lampyris, MessageId, Timestamp, View, block_on};

use crate::cast::{broadcast, message, seal};

fn page_of(text: &str) -> Query {
    Query::parse(Collection::Messages, text, &Rules::STRICT).unwrap()
}

/// All pages of a list, each of which is read while others append.
fn ids(engine: &Lampyris, mut query: Query) -> (Vec<MessageId>, u64, u64) {
    let mut ids = Vec::new();
    loop {
        let page = engine.query(&query).unwrap();
        ids.extend(page.messages.iter().map(|view| view.message().header.id.unwrap()));
        match page.next {
            Some(next) => query.after = Some(next),
            None => return (ids, page.total.unwrap(), page.position),
        }
    }
}

#[test]
fn pages_fit_together_and_views_are_made_anew_while_writers_append() {
    let scratch = tempfile::tempdir().unwrap();
    let engine = Lampyris::open(scratch.path()).unwrap();
    for number in 0..40 {
        block_on(engine.stage(broadcast(number))).unwrap();
    }
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for writer in 0..2 {
            let (engine, done) = (engine.clone(), &done);
            scope.spawn(move || {
                for number in 0..40 {
                    if number % 2 == writer {
                        // The states by which lists are ordered change too.
                        block_on(engine.seal(message(number), seal(number))).unwrap();
                    }
                    let outcome = block_on(engine.stage(broadcast(40 + 2 * number + writer)));
                    assert!(outcome.unwrap().is_accepted());
                }
                done.store(true, Ordering::Release);
            });
        }
        let mut rounds = 0;
        while !done.load(Ordering::Acquire) || rounds < 4 {
            for text in [
                "limit=7&count",
                "limit=7&count&sort=-created",
                "state=ready&limit=9&count&sort=state,-sequence",
            ] {
                let (ids, total, position) = ids(&engine, page_of(text));
                let single: BTreeSet<_> = ids.iter().collect();
                assert_eq!((ids.len() as u64, single.len()), (total, ids.len()), "{text}");
                // Once more, from the beginning, of the same moment.
                let again = Query { at: Some(position), limit: 0, ..page_of(text) };
                let whole = engine.query(&again).unwrap().messages;
                assert!(whole.iter().map(|view| view.message().header.id.unwrap()).eq(ids));
            }
            assert_eq!(engine.rebuild(|_| ControlFlow::Continue(())).unwrap(), []);
            rounds += 1;
        }
    });
    let everything = engine.query(&Query { count: true, ..Query::in_log_order() }).unwrap();
    assert_eq!(everything.total, Some(120));
    assert_eq!(engine.rebuild(|_| ControlFlow::Continue(())).unwrap(), []);
    assert_eq!(engine.query(&Query { count: true, ..Query::in_log_order() }).unwrap(), everything);
    block_on(engine.close()).unwrap();
}

#[test]
fn what_was_written_is_read_at_once_and_as_it_was_at_a_moment() {
    let scratch = tempfile::tempdir().unwrap();
    let engine = Lampyris::open(scratch.path()).unwrap();
    let staged = block_on(engine.stage(broadcast(1))).unwrap();
    let by_then = staged.accepted().unwrap().sequence.unwrap() + 1;
    block_on(engine.wait_for(by_then)).unwrap();
    let before = engine.query(&Query::in_log_order()).unwrap();
    assert_eq!(before.position, by_then);
    block_on(engine.seal(message(1), seal(1))).unwrap();
    let past = Query { at: Some(by_then), ..Query::in_log_order() };
    assert_eq!(engine.query(&past).unwrap(), before);
    assert_eq!(engine.get_at(message(1), by_then).as_ref(), before.messages.first());
    assert_ne!(engine.get(message(1)).as_ref(), before.messages.first());
    assert_eq!(engine.get_at(message(1), 1), None);
    assert_eq!(engine.position_at(Timestamp::from_unix_nanos(0)).unwrap(), 0);
    let head = engine.head().size;
    assert_eq!(
        engine.position_at(Timestamp::parse("9999-01-01T00:00:00Z").unwrap()).unwrap(),
        head
    );
    for sequence in 0..head {
        let entry = engine.history(message(1)).unwrap();
        let Some(entry) = entry.iter().find(|entry| entry.sequence == sequence) else { continue };
        assert!(engine.position_at(entry.time).unwrap() > sequence);
    }
    let plan = engine.explain_query(&page_of(&format!("id={}", message(1)))).unwrap();
    assert_eq!((plan.left, plan.rows), (1, 1));
    block_on(engine.close()).unwrap();
    assert!(block_on(engine.wait_for(head + 1)).is_err());
}

#[test]
fn all_views_are_read_where_they_are_and_a_message_is_explained() {
    let scratch = tempfile::tempdir().unwrap();
    let engine = Lampyris::open(scratch.path()).unwrap();
    for number in 0..3 {
        block_on(engine.stage(broadcast(number))).unwrap();
    }
    block_on(engine.seal(message(1), seal(1))).unwrap();
    let ready = page_of("state=ready");
    let (page, listed) = engine.with_views(|views| {
        let found = views.select(engine.namespace(), &ready).unwrap();
        let mut page = Vec::new();
        found.rows.iter().for_each(|row| row.write_json(&mut page));
        let events = views.select_events(engine.namespace(), &Query::in_log_order()).unwrap();
        (page, (found.rows.len(), events.rows.len()))
    });
    let whole: Vec<u8> =
        engine.query(&ready).unwrap().messages.iter().flat_map(View::to_json).collect();
    assert!(!page.is_empty());
    assert_eq!((page, listed), (whole, (3, 0)));

    let explained = engine.explain(message(1)).unwrap().unwrap();
    let view = engine.get(message(1)).unwrap();
    assert_eq!((explained.view, explained.last.sequence), (view.clone(), view.position()));
    assert_eq!(explained.since.sequence, view.position(), "since then it is sealed");
    assert!(engine.explain(message(9)).unwrap().is_none());
}
