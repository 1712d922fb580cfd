//! The rows must show what folding every message's events shows, and find what was told.

use lampyris_log::{Record, StreamName};
use lampyris_message::event::{Event, codec};
use lampyris_message::lifecycle::command::{GAP_FILL_TAG, GapFill};
use lampyris_message::text::IdempotencyKey;
use lampyris_message::{MessageId, MessageState, Pin};
use lampyris_projection::{Fed, Row, View, Views, Why, record};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::lives::{NAMESPACES, Told, folded, id, lives};

/// Views that were fed these events one by one.
fn fed(told: &[Told]) -> Views {
    let mut views = Views::new();
    for Told { namespace, id, event, position } in told {
        views.apply(namespace, *id, event, *position).unwrap();
    }
    views
}

fn state(view: &View) -> Option<MessageState> {
    view.message().state.as_ref()?.known()
}

fn ids<'v>(rows: impl Iterator<Item = Row<'v>>) -> Vec<MessageId> {
    rows.map(|row| row.id()).collect()
}

proptest! {
    #[test]
    fn a_row_gives_what_folding_all_events_gives(told in lives()) {
        let views = fed(&told);
        let shown = folded(&told);
        prop_assert_eq!(views.len(), shown.len());
        for (first, view) in &shown {
            let row = views.row(first.namespace, first.id).unwrap();
            prop_assert_eq!(&row.view(), view);
            let mut json = Vec::new();
            row.write_json(&mut json);
            prop_assert_eq!(String::from_utf8(json), String::from_utf8(view.to_json()));
            prop_assert_eq!((row.first(), row.position()), (first.position, view.position()));
            prop_assert_eq!(views.state(first.namespace, first.id), state(view));
        }
        prop_assert_eq!(views.position(), told.last().map_or(0, |last| last.position + 1));
    }

    #[test]
    fn a_list_is_in_the_order_of_first_events_and_goes_on_where_it_stopped(
        told in lives(),
        page in 1..5_usize,
    ) {
        let (views, shown) = (fed(&told), folded(&told));
        let states = MessageState::ALL.iter().copied().map(Some).chain([None]);
        for (namespace, wanted) in states.flat_map(|state| NAMESPACES.map(|name| (name, state))) {
            let expected: Vec<_> = shown
                .iter()
                .filter(|(first, _)| first.namespace == namespace)
                .filter(|(_, view)| wanted.is_none() || state(view) == wanted)
                .map(|(first, _)| first.id)
                .collect();
            prop_assert_eq!(&ids(views.list(namespace, wanted, None)), &expected);
            if let Some(wanted) = wanted {
                let mut counts = views.counts(namespace);
                let count = counts.find(|(state, _)| *state == wanted).unwrap().1;
                prop_assert_eq!(count, expected.len() as u64);
            }
            let (mut paged, mut after) = (Vec::new(), None);
            loop {
                let rows: Vec<_> = views.list(namespace, wanted, after).take(page).collect();
                let Some(last) = rows.last() else { break };
                after = Some(last.first());
                paged.extend(ids(rows.into_iter()));
                prop_assert!(paged.len() <= expected.len(), "a page is given twice");
            }
            prop_assert_eq!(paged, expected);
        }
    }

    #[test]
    fn a_key_finds_the_message_that_first_used_it(told in lives()) {
        let views = fed(&told);
        for (namespace, key) in NAMESPACES.iter().flat_map(|name| (0..5).map(move |n| (*name, n))) {
            let key = format!("key {key}");
            let used = |told: &&Told| match &told.event {
                Event::Staged(staged) => {
                    let used = staged.idempotency.as_ref().map(|used| used.key.as_str());
                    told.namespace == namespace && used == Some(&*key)
                }
                _ => false,
            };
            let expected = told.iter().find(used).map(|told| told.id);
            prop_assert_eq!(views.by_key(namespace, &key), expected);
        }
    }

    #[test]
    fn confirmed_gap_fills_are_found_in_the_order_in_which_they_were_confirmed(told in lives()) {
        let (views, shown) = (fed(&told), folded(&told));
        for (namespace, filled) in NAMESPACES.iter().flat_map(|name| (0..9).map(move |n| (*name, id(n)))) {
            let confirmed = told.iter().filter(|told| {
                told.namespace == namespace && matches!(told.event, Event::Confirmed(_))
            });
            let expected: Vec<_> = confirmed
                .map(|told| {
                    let same = |(first, _): &&(&Told, View)| {
                        (first.namespace, first.id) == (namespace, told.id)
                    };
                    let message = shown.iter().find(same).unwrap().1.message();
                    let header = message.header.clone();
                    GapFill {
                        id: told.id,
                        cid: header.cid,
                        tag: header.tag,
                        author: header.author,
                        group: header.group,
                        pins: message.pins.iter().map(|pin| Pin::parse(pin).unwrap()).collect(),
                        state: MessageState::Confirmed,
                    }
                })
                .filter(|found| found.tag == GAP_FILL_TAG && found.cid == Some(filled))
                .collect();
            prop_assert_eq!(views.gap_fills_for(namespace, filled), &expected[..]);
        }
    }

    #[test]
    fn records_give_the_same_as_their_events_and_batches_the_same_as_single_ones(
        told in lives(),
        cuts in prop::collection::vec(any::<Index>(), 0..5),
    ) {
        let (one_by_one, mut taken) = (fed(&told), Views::new());
        for told in &told {
            taken.take(&stored(told).borrow()).unwrap();
        }
        prop_assert_eq!(&taken, &one_by_one);
        let (mut between, mut next) = (Views::new(), 0);
        for told in &told {
            for position in next..told.position {
                between.take(&own_record(position).borrow()).unwrap();
                prop_assert_eq!(between.position(), position + 1);
            }
            between.take(&stored(told).borrow()).unwrap();
            next = told.position + 1;
        }
        prop_assert_eq!(&between, &one_by_one);
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(told.len() + 1)).collect();
        cuts.extend([0, told.len()]);
        cuts.sort_unstable();
        let mut batched = Views::new();
        for cut in cuts.windows(2) {
            let batch: Vec<_> = told[cut[0]..cut[1]].iter().map(Told::fed).collect();
            batched.apply_all(&batch, 0).unwrap();
        }
        prop_assert_eq!(&batched, &one_by_one);
    }

    #[test]
    fn views_that_were_fed_less_are_not_equal(told in lives()) {
        if let Some((_, before)) = told.split_last() {
            prop_assert_ne!(fed(before), fed(&told));
            prop_assert_ne!(fed(&told), fed(before));
        }
    }

    #[test]
    fn an_event_that_cannot_come_is_refused_by_name_and_leaves_no_trace(
        told in lives(),
        at in any::<Index>(),
        repeated in any::<Index>(),
    ) {
        if told.is_empty() {
            return Ok(());
        }
        let at = at.index(told.len());
        let (mut views, before) = (fed(&told[..at]), fed(&told[..at]));
        let next = told[at].fed();
        let again = told[repeated.index(at + 1)].fed();
        let faults = [
            (at > 0).then(|| Fed { position: before.position() - 1, ..next }),
            Some(Fed { position: u64::MAX, ..next }),
            next.event.message().is_some().then_some(Fed { id: id(99), ..next }),
            Some(Fed { namespace: "nowhere", event: later(&told).unwrap_or(next.event), ..next })
                .filter(|fed| fed.event.message().is_none()),
            (at > 0 && again.event.message().is_some() && again.position < next.position)
                .then_some(Fed { position: before.position(), ..again }),
        ];
        for fault in faults.into_iter().flatten() {
            let Fed { namespace, id, event, position } = fault;
            let refused = views.apply(namespace, id, event, position).unwrap_err();
            prop_assert_eq!((&*refused.namespace, refused.message), (namespace, id));
            prop_assert_eq!(&views, &before);
            let good: Vec<_> = told[at..].iter().map(Told::fed).collect();
            let bad: Vec<_> = good.iter().copied().chain([fault]).collect();
            views.apply_all(&bad, u64::MAX).unwrap_err();
            prop_assert_eq!(&views, &before, "none of a batch is taken in");
        }
    }
}

/// Some event that brings no message.
fn later(told: &[Told]) -> Option<&Event> {
    told.iter().map(|told| &told.event).find(|event| event.message().is_none())
}

/// The record of an event, as far as views look at it.
fn stored(told: &Told) -> Record {
    Record {
        sequence: told.position,
        namespace: told.namespace.to_owned(),
        stream: StreamName::new(record::MESSAGE, *told.id.as_bytes()),
        version: 0,
        previous: None,
        append_id: [0; 16],
        append_index: 0,
        append_count: 1,
        command: String::new(),
        actor: String::new(),
        time: 0,
        claims: Vec::new(),
        event: told.event.kind().name().to_owned(),
        event_version: codec::VERSION,
        content: codec::encode(&told.event),
    }
}

/// A record of the log itself.
fn own_record(position: u64) -> Record {
    let told = Told { namespace: "a", id: id(1), event: crate::story::confirmed(), position };
    Record { stream: StreamName::new("log", Vec::new()), ..stored(&told) }
}

#[test]
fn each_fault_has_its_name() {
    let told = crate::story::sequenced();
    let (known, other) = (crate::story::ID, id(99));
    let mut views = Views::new();
    let mut refused =
        |id, event, position| views.apply("a", id, event, position).map_err(|f| f.why);
    assert_eq!(refused(known, &told[1], 4), Err(Why::NotBegun));
    assert_eq!(refused(other, &told[0], 4), Err(Why::OtherMessage { found: known }));
    assert_eq!(refused(known, &told[0], 4), Ok(()));
    assert_eq!(refused(known, &told[0], 5), Err(Why::BegunTwice));
    assert_eq!(refused(known, &told[1], 4), Err(Why::Position { size: 5 }));
    assert_eq!(refused(known, &told[1], u64::MAX), Err(Why::Position { size: 5 }));
    let said = views.apply("a", other, &told[1], 7).unwrap_err().to_string();
    assert_eq!(
        said,
        format!("sequence 7, message {other} of namespace 'a': its first event brings no message")
    );
}

#[test]
fn views_that_find_by_other_keys_are_not_equal() {
    let keyed = |key: &str| {
        let mut event = crate::story::sequenced().remove(0);
        if let Event::Staged(staged) = &mut event {
            staged.idempotency.as_mut().unwrap().key = IdempotencyKey::new(key).unwrap();
        }
        fed(&[Told { namespace: "a", id: crate::story::ID, event, position: 1 }])
    };
    assert_eq!(keyed("one"), keyed("one"));
    assert_ne!(keyed("one"), keyed("two"));
}

#[test]
fn a_record_that_is_no_messages_moves_the_position_alone() {
    let told = Told { namespace: "a", id: id(1), event: crate::story::confirmed(), position: 8 };
    let mut record = stored(&told);
    record.stream.kind = "log".into();
    let mut views = Views::new();
    views.take(&record.borrow()).unwrap();
    assert_eq!((views.position(), views.len(), views.is_empty()), (9, 0, true));
    views.reach(3);
    assert_eq!(views.position(), 9, "what is reflected stays reflected");
    assert_ne!(views, Views::new());
    assert_ne!(Views::new(), views, "another position");
}

/// The laws above would hold of lives in which nothing of interest happens.
#[test]
fn the_random_lives_meet_every_state_and_gap_fills_and_shared_keys() {
    let mut runner = TestRunner::deterministic();
    let (mut states, mut gap_fills, mut keys, mut pinned) = ([0; 7], 0, 0, 0);
    for _ in 0..300 {
        let told = lives().new_tree(&mut runner).unwrap().current();
        let views = fed(&told);
        for namespace in NAMESPACES {
            for (sum, (_, count)) in states.iter_mut().zip(views.counts(namespace)) {
                *sum += count;
            }
            gap_fills += (0..9).map(|n| views.gap_fills_for(namespace, id(n)).len()).sum::<usize>();
            keys +=
                (0..4).filter(|n| views.by_key(namespace, &format!("key {n}")).is_some()).count();
            for row in views.list(namespace, None, None) {
                let first = told.iter().find(|told| told.position == row.first()).unwrap();
                let view = row.view();
                pinned += usize::from(
                    matches!(first.event, Event::Staged(_)) && !view.message().pins.is_empty(),
                );
            }
        }
    }
    assert!(states.iter().all(|count| *count > 20), "{states:?}");
    assert!(gap_fills > 20 && keys > 20 && pinned > 20, "{gap_fills} {keys} {pinned}");
}
