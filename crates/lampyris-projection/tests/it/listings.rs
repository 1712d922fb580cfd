//! FireFly's events and data elements: what is listed must be what the log tells, and the same whenever it is made.

use std::collections::BTreeSet;

use lampyris_message::DataId;
use lampyris_message::event::{DataEvent, Event};
use lampyris_projection::query::{Collection, Query, Rules, SortBy};
use lampyris_projection::{
    DataMisplaced, EventRow, FedData, FedEvent, SelectError, TakeError, Views,
};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::element::{added, erased};
use crate::lives::{NAMESPACES, Told, folded, lives};

fn fed(told: &[Told]) -> Views {
    let mut views = Views::new();
    for Told { namespace, id, event, position } in told {
        views.apply(namespace, *id, event, *position).unwrap();
    }
    views
}

/// What clients are told of in a namespace, a line an event, in the order of the log.
fn expected(told: &[Told], namespace: &str) -> Vec<String> {
    let shown = folded(told);
    let mut lines = Vec::new();
    for end in told.iter().filter(|told| told.namespace == namespace) {
        let (kind, correlator) = match &end.event {
            Event::Confirmed(confirmed) => ("message_confirmed", confirmed.correlator.clone()),
            Event::Rejected(_) => ("message_rejected", None),
            _ => continue,
        };
        let is_it = |first: &Told| (first.namespace, first.id) == (end.namespace, end.id);
        let message = shown.iter().find(|(first, _)| is_it(first)).unwrap().1.message();
        let correlator = correlator.or(message.header.cid.map(|cid| cid.to_string()));
        for topic in &message.header.topics {
            let number = lines.len();
            let (tx, at) = (message.tx_id, message.confirmed);
            lines.push(format!("{number} {kind} {} {correlator:?} {tx:?} {topic} {at:?}", end.id));
        }
    }
    lines
}

fn line(row: &EventRow<'_>) -> String {
    let (number, kind, message) = (row.sequence(), row.event_type(), row.reference());
    let (correlator, tx, at) = (row.correlator(), row.transaction(), row.created());
    format!("{number} {kind} {message} {correlator:?} {tx:?} {} {at:?}", row.topic())
}

fn asked(collection: Collection, text: &str) -> Query {
    let query = Query::parse(collection, text, &Rules::STRICT).unwrap();
    Query { limit: 0, count: true, ..query }
}

proptest! {
    #[test]
    fn each_end_is_told_once_for_every_topic_under_an_id_of_its_own(told in lives(), at in any::<Index>()) {
        let views = fed(&told);
        let in_order = asked(Collection::Events, "sort=sequence");
        for namespace in NAMESPACES {
            let listing = views.select_events(namespace, &in_order).unwrap();
            let lines: Vec<_> = listing.rows.iter().map(line).collect();
            prop_assert_eq!(&lines, &expected(&told, namespace));
            prop_assert_eq!(listing.total, Some(lines.len() as u64));
            let ids: BTreeSet<_> = listing.rows.iter().map(EventRow::id).collect();
            prop_assert_eq!(ids.len(), lines.len());
            // The same at an earlier position, and by views that were fed no more.
            let end = usize::try_from(views.position()).unwrap();
            let at = at.index(end + 1) as u64;
            let by_then: Vec<_> = told.iter().filter(|told| told.position < at).cloned().collect();
            let then = fed(&by_then);
            let past = views.select_events(namespace, &Query { at: Some(at), ..in_order.clone() }).unwrap();
            prop_assert_eq!(&past.rows, &then.select_events(namespace, &in_order).unwrap().rows);
            prop_assert_eq!(past.rows.len(), expected(&by_then, namespace).len());
            for row in &listing.rows {
                let found = |filter: String| {
                    views.select_events(namespace, &asked(Collection::Events, &filter)).unwrap().rows
                };
                let kept = |keep: &dyn Fn(&EventRow<'_>) -> bool| -> Vec<_> {
                    listing.rows.iter().rev().copied().filter(|row| keep(row)).collect()
                };
                prop_assert_eq!(found(format!("reference={}", row.reference())), kept(&|other| other.reference() == row.reference()));
                prop_assert_eq!(found(format!("topic={}&type={}", row.topic(), row.event_type())), kept(&|other| {
                    other.topic() == row.topic() && other.event_type() == row.event_type()
                }));
                prop_assert_eq!(found(format!("id={}", row.id())), [*row]);
                prop_assert_eq!(found(format!("sequence=>={}", row.sequence())).len() as u64, lines.len() as u64 - row.sequence());
            }
        }
    }

    #[test]
    fn pages_of_events_fit_together(told in lives(), limit in 1..4_u64, by in 0..3_usize) {
        let views = fed(&told);
        let sort = ["", "sort=sequence", "sort=topic,-created"][by];
        for namespace in NAMESPACES {
            let whole = views.select_events(namespace, &asked(Collection::Events, sort)).unwrap().rows;
            let mut query = Query { limit, ..asked(Collection::Events, sort) };
            let mut rows = Vec::new();
            loop {
                let page = views.select_events(namespace, &query).unwrap();
                rows.extend(page.rows);
                query.after = page.next;
                if query.after.is_none() {
                    break;
                }
            }
            prop_assert_eq!(rows, whole);
        }
    }

    #[test]
    fn data_elements_are_listed_as_their_records_tell(
        acts in prop::collection::vec((0..2_usize, 0..6_u8, any::<bool>(), 0..3_u64), 0..40),
        at in any::<Index>(),
    ) {
        let (mut views, mut model, mut position) = (Views::new(), Vec::<(usize, u8, u64, Option<u64>)>::new(), 0);
        for (namespace, number, erase, gap) in acts {
            position += gap;
            let event = if erase { erased() } else { added(number) };
            let id = DataId::from_bytes([number; 16]);
            let known = model.iter_mut().find(|(found, other, ..)| (*found, *other) == (namespace, number));
            let expected = match (known, erase) {
                (None, false) => {
                    model.push((namespace, number, position, None));
                    Ok(())
                }
                (None, true) => Err(DataMisplaced::NotAdded),
                (Some(_), false) => Err(DataMisplaced::AddedTwice),
                (Some((.., erased @ None)), true) => {
                    *erased = Some(position);
                    Ok(())
                }
                (Some((.., Some(_))), true) => Err(DataMisplaced::ErasedTwice),
            };
            let refused = expected.map_err(|why| TakeError::Data { sequence: position, id, why });
            let batch = [FedEvent::Data(FedData { namespace: NAMESPACES[namespace], id, event: &event, position })];
            prop_assert_eq!(views.apply_all(&batch, 0), refused);
            position += u64::from(expected.is_ok());
        }
        let end = views.position();
        let at = at.index(usize::try_from(end).unwrap() + 1) as u64;
        for (number, namespace) in NAMESPACES.iter().enumerate() {
            for at in [at, end] {
                let query = Query { at: Some(at), ..asked(Collection::Data, "sort=sequence&validator=json&blob.hash=?&blob.size=0") };
                let listing = views.select_data(namespace, &query).unwrap();
                let rows = listing.rows.iter().map(|row| (row.id, row.sequence, row.erased));
                let told = model.iter().filter(|(found, _, sequence, _)| *found == number && *sequence < at);
                let told = told.map(|(_, id, sequence, erased)| {
                    (DataId::from_bytes([*id; 16]), *sequence, erased.filter(|sequence| *sequence < at))
                });
                prop_assert!(rows.eq(told));
                for row in listing.rows {
                    prop_assert_eq!(views.element_at(namespace, row.id, at), Some(row.clone()));
                    let DataEvent::Added(element) = added(row.id.as_bytes()[0]) else { unreachable!() };
                    prop_assert_eq!((row.hash, row.created), (element.hash(), Some(element.created)));
                    let one = asked(Collection::Data, &format!("id={}&hash={}", row.id, row.hash));
                    prop_assert_eq!(views.select_data(namespace, &one).unwrap().total, Some(1));
                }
            }
        }
    }
}

#[test]
fn a_place_in_another_list_is_refused() {
    let events = crate::story::sequenced().into_iter().chain([crate::story::confirmed()]);
    let tell = |(position, event)| Told { namespace: "a", id: crate::story::ID, event, position };
    let views = fed(&(0..).zip(events).map(tell).collect::<Vec<_>>());
    let page =
        views.select_events("a", &Query { limit: 1, ..asked(Collection::Events, "") }).unwrap();
    assert_eq!((page.rows.len(), page.total), (1, Some(1)));
    let foreign = "7-0-00000000".parse().ok();
    let query = Query { after: foreign, ..Query::default() };
    assert_eq!(
        views.select_events("a", &query).unwrap_err(),
        SelectError::Ahead { position: 7, size: 6 }
    );
    let foreign = "6-0-00000000".parse().ok();
    let query = Query {
        after: foreign,
        sort: vec![SortBy::ascending(lampyris_projection::query::Field::Id)],
        ..query
    };
    assert_eq!(views.select_events("a", &query).unwrap_err(), SelectError::OtherList);
}
