//! What is stuck, the oldest of each state, counts over time and differences: all as a fold of the events has them.

use std::collections::BTreeMap;

use lampyris_message::event::Event;
use lampyris_message::{MessageId, MessageState, Timestamp};
use lampyris_projection::query::{Field, Query};
use lampyris_projection::{Difference, Row, View, Views};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::lives::{NAMESPACES, Told, folded, lives};

fn fed(told: &[Told]) -> Views {
    let mut views = Views::new();
    for Told { namespace, id, event, position } in told {
        views.apply(namespace, *id, event, *position).unwrap();
    }
    views
}

fn state(view: &View) -> MessageState {
    view.message().state.as_ref().unwrap().known().unwrap()
}

/// Since which event each message is in its state, whether it is evidence, and the state.
fn since(told: &[Told], namespace: &str) -> Vec<(u64, u64, MessageId, MessageState, bool)> {
    let mut found: BTreeMap<MessageId, (u64, u64, View, bool)> = BTreeMap::new();
    for told in told.iter().filter(|told| told.namespace == namespace) {
        match found.get_mut(&told.id) {
            None => {
                let view = View::begin(&told.event, told.position).unwrap();
                let is_evidence = matches!(told.event, Event::Imported(_));
                found.insert(told.id, (told.position, told.position, view, is_evidence));
            }
            Some((since, _, view, _)) => {
                let before = state(view);
                view.apply(&told.event, told.position);
                // A message that was released is ready by that event, and one that is pinned pending by it.
                let moved =
                    matches!(told.event, Event::Readied(_) | Event::Sent(_) | Event::Sequenced(_));
                if state(view) != before || moved {
                    *since = told.position;
                }
            }
        }
    }
    let mut rows: Vec<_> = found
        .into_iter()
        .map(|(id, (since, first, view, is_evidence))| {
            (since, first, id, state(&view), is_evidence)
        })
        .collect();
    rows.sort_by_key(|(since, first, ..)| (*since, *first));
    rows
}

fn nanos(time: Timestamp) -> i128 {
    i128::from(time.unix_seconds()) * 1_000_000_000 + i128::from(time.subsec_nanos())
}

proptest! {
    #[test]
    fn what_came_into_its_state_before_a_position_is_stuck(told in lives(), at in any::<Index>()) {
        let views = fed(&told);
        let at = at.index(usize::try_from(views.position()).unwrap() + 1) as u64;
        for namespace in NAMESPACES {
            let all = since(&told, namespace);
            let before = [(MessageState::Ready, at), (MessageState::Pending, at / 2)];
            let expected: Vec<_> = all
                .iter()
                .filter(|(since, _, _, state, is_evidence)| {
                    !is_evidence && before.iter().any(|(wanted, before)| wanted == state && since < before)
                })
                .map(|(_, _, id, ..)| *id)
                .collect();
            let stuck: Vec<_> = views.stuck(namespace, &before).iter().map(Row::id).collect();
            prop_assert_eq!(stuck, expected);
            for state in MessageState::ALL.iter().copied() {
                let oldest = views.oldest(namespace, state).map(|row| (row.since(), row.id()));
                let expected = all.iter().find(|(.., found, _)| *found == state);
                prop_assert_eq!(oldest, expected.map(|(since, _, id, ..)| (*since, *id)));
            }
        }
    }

    #[test]
    fn each_message_is_counted_in_the_span_that_its_time_is_in(told in lives(), buckets in 1..7_u32) {
        let views = fed(&told);
        for namespace in NAMESPACES {
            for by in [Field::Created, Field::Confirmed] {
                let shown: Vec<_> =
                    folded(&told).into_iter().filter(|(first, _)| first.namespace == namespace).collect();
                let time = |view: &View| match by {
                    Field::Created => view.message().header.created,
                    _ => view.message().confirmed,
                };
                let times: Vec<_> = shown.iter().filter_map(|(_, view)| time(view)).collect();
                let span = times.iter().min().copied().zip(times.iter().max().copied());
                prop_assert_eq!(views.span(namespace, by).map(|span| (span.start, span.end)), span);
                let Some((from, to)) = span else { continue };
                let histogram = views.histogram(namespace, &Query::default(), by, from..to, buckets).unwrap();
                prop_assert_eq!(histogram.buckets.len(), buckets as usize);
                prop_assert_eq!(histogram.position, views.position());
                let counted: u64 = histogram.buckets.iter().map(|bucket| bucket.count).sum();
                prop_assert_eq!(counted, times.len() as u64);
                for (number, bucket) in histogram.buckets.iter().enumerate() {
                    let end = histogram.buckets.get(number + 1).map(|next| next.start);
                    let is_in = |time: i128| time >= bucket.start && end.is_none_or(|end| time < end);
                    let here: Vec<_> = shown
                        .iter()
                        .filter(|(_, view)| time(view).is_some_and(|time| is_in(nanos(time))))
                        .collect();
                    prop_assert_eq!(bucket.count, here.len() as u64, "bucket {} of {}", number, buckets);
                    prop_assert_eq!(bucket.states.values().sum::<u64>(), bucket.count);
                    prop_assert_eq!(bucket.types.values().sum::<u64>(), bucket.count);
                    for (found, count) in &bucket.states {
                        let in_it = here.iter().filter(|(_, view)| state(view) == *found).count();
                        prop_assert_eq!(*count, in_it as u64);
                    }
                }
            }
        }
    }

    #[test]
    fn views_of_the_same_events_do_not_differ_and_others_are_told_apart(told in lives(), cut in any::<Index>()) {
        let views = fed(&told);
        prop_assert_eq!(views.differences(&fed(&told)), []);
        let cut = cut.index(told.len() + 1);
        let mut less = fed(&told[..cut]);
        less.reach(views.position());
        let differing: Vec<_> = views
            .differences(&less)
            .into_iter()
            .filter_map(|difference| match difference {
                Difference::Message { namespace, id, ours, theirs } => {
                    assert_ne!(&ours, &theirs);
                    Some((namespace, id))
                }
                _ => None,
            })
            .collect();
        let mut expected: Vec<_> =
            told[cut..].iter().map(|told| (told.namespace.to_owned(), told.id)).collect();
        expected.sort();
        expected.dedup();
        let mut found = differing.clone();
        found.sort();
        prop_assert_eq!(found, expected);
    }
}
