//! Rules of retention: age by the log's clock, open messages, and bytes in common.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use lampyris::log::Clock;
use lampyris::message::data::inline::derived_id;
use lampyris::{Cancellation, DataHash, Lampyris, RetentionRule};

use super::{draft, element, holds_exactly, is_held, name, text};
use crate::cast::message;

const DAY: i64 = 86_400_000_000_000;

/// A clock that is set.
#[derive(Debug, Default)]
struct Days(AtomicI64);

impl Clock for Days {
    fn now_ns(&self) -> i64 {
        self.0.load(Ordering::SeqCst) * DAY
    }
}

fn rule(days: u64) -> RetentionRule {
    RetentionRule::new("default", Duration::from_secs(days * 86_400)).unwrap()
}

#[tokio::test]
async fn what_is_old_goes_unless_an_open_message_or_a_younger_element_needs_it() {
    let scratch = tempfile::tempdir().unwrap();
    let clock = Arc::new(Days(AtomicI64::new(20_000)));
    let open = || Lampyris::builder().clock(Arc::clone(&clock) as Arc<dyn Clock>);
    let engine = open().open(scratch.path()).unwrap();
    engine.add_data(element(1, "old")).await.unwrap();
    engine.add_data(element(2, "old and common")).await.unwrap();
    engine.add_data(element(3, "open")).await.unwrap();
    engine.add_data(element(4, "open")).await.unwrap();
    let other = draft(1).data(super::id(3), DataHash(text("open").hash()));
    engine.stage(other.build().unwrap()).await.unwrap();
    engine.stage(draft(2).text("in line").build().unwrap()).await.unwrap();
    clock.0.fetch_add(60, Ordering::SeqCst);
    engine.add_data(element(5, "old and common")).await.unwrap();
    clock.0.fetch_add(40, Ordering::SeqCst);
    engine.add_data(element(6, "new")).await.unwrap();

    let rules = [rule(90)];
    let told = engine.retain(&rules, true).await.unwrap();
    assert_eq!(told.elements, [name(1)]);
    assert_eq!((told.open, told.shared, told.objects), (2, 2, 0));
    let size = engine.head().size;
    let done = engine.retain(&rules, false).await.unwrap();
    assert_eq!((done.elements, done.open, done.shared, done.objects), (told.elements, 2, 2, 1));
    assert_eq!(engine.head().size, size + 1);
    assert!(!is_held(&engine, 1) && (2..=6).all(|number| is_held(&engine, number)));
    let again = engine.retain(&rules, false).await.unwrap();
    assert_eq!((again.elements.len(), engine.head().size), (0, size + 1));

    for number in [1, 2] {
        let cancelled = engine.cancel(message(number), Cancellation::new("done").unwrap()).await;
        cancelled.unwrap().accepted().unwrap();
    }
    let done = engine.retain(&rules, false).await.unwrap();
    let in_line = derived_id(message(2), 0, DataHash(text("in line").hash()));
    let mut ids: Vec<_> = done.elements.iter().map(|name| name.id).collect();
    ids.sort();
    let mut expected = [super::id(3), super::id(4), in_line];
    expected.sort();
    assert_eq!((ids.as_slice(), done.open, done.shared), (&expected[..], 0, 1));
    let all = [RetentionRule { keep_open: false, ..rule(0) }];
    drop(engine);
    clock.0.fetch_add(1, Ordering::SeqCst);
    let engine = open().open(scratch.path()).unwrap();
    assert_eq!(engine.retain(&all, false).await.unwrap().elements, [2, 5, 6].map(name));
    drop(engine);
    holds_exactly(scratch.path(), &[]);
}

#[tokio::test]
async fn the_first_rule_that_an_element_falls_under_counts_and_other_namespaces_are_left_alone() {
    let scratch = tempfile::tempdir().unwrap();
    let clock = Arc::new(Days(AtomicI64::new(20_000)));
    let open = |namespace: &str| {
        let clock = Arc::clone(&clock) as Arc<dyn Clock>;
        Lampyris::builder().clock(clock).namespace(namespace).open(scratch.path()).unwrap()
    };
    let other = open("other");
    other.add_data(element(1, "theirs")).await.unwrap();
    other.add_data(element(2, "common")).await.unwrap();
    drop(other);
    let engine = open("default");
    for number in 3..=250 {
        let value = if number == 3 { "common".to_owned() } else { format!("value {number}") };
        engine.add_data(element(number, &value)).await.unwrap();
    }
    clock.0.fetch_add(10, Ordering::SeqCst);
    let mut late = rule(5);
    late.reason = super::asked();
    let done = engine.retain(&[rule(20), late, rule(1)], false).await.unwrap();
    assert_eq!((done.elements.len(), done.objects, done.shared), (247, 247, 1));
    let theirs = RetentionRule::new("other", Duration::from_hours(24)).unwrap();
    let done = engine.retain(std::slice::from_ref(&theirs), false).await.unwrap();
    assert_eq!((done.elements.len(), done.shared), (1, 1));
    // Under both rules, those with bytes in common go together.
    let done = engine.retain(&[theirs, rule(1)], false).await.unwrap();
    assert_eq!((done.elements.len(), done.shared, done.objects), (2, 0, 1));
    drop(engine);
    holds_exactly(scratch.path(), &[]);
    let log = lampyris::log::Log::open(scratch.path(), &lampyris::log::Options::reader()).unwrap();
    let element = lampyris::projection::Element::read(&log, "default", super::id(4)).unwrap();
    assert_eq!(element.unwrap().erasure().unwrap().reason, super::asked());
}
