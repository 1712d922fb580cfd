//! A log gives the same views whether they were fed live or made anew, and a view for one record.

use std::ops::ControlFlow;
use std::sync::Arc;

use lampyris_log::{Append, Log, MemoryShard, NewEvent, Options, Rules, ShardLog, StreamName};
use lampyris_message::DataId;
use lampyris_message::lifecycle::rules;
use lampyris_projection::{Audit, RebuildError, Views, rebuild, record};
use proptest::prelude::*;

use crate::element;
use crate::lives::{NAMESPACES, Told, folded, lives};
use crate::story::{ID, sequenced};

fn log() -> Log {
    let rules = Rules { version: rules::VERSION, hash: rules::hash().0 };
    let shard = Arc::new(MemoryShard::new()) as Arc<dyn ShardLog>;
    Log::open_on(shard, &Options::writer(rules).create([9; 16]), |_| {}).unwrap()
}

fn append(log: &Log, namespace: &str, event: NewEvent) -> u64 {
    let mut number = [0; 16];
    number[..8].copy_from_slice(&log.head().size.to_be_bytes());
    let append = Append::new(number, namespace, "test", "test").event(event);
    log.append_blocking(append).unwrap().sequences.start
}

fn go_on(_: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn rebuilt_equals_live_and_each_view_is_what_folding_its_events_gives(told in lives()) {
        let (log, mut live) = (log(), Views::new());
        live.reach(1);
        let mut kept = Vec::new();
        for told in told {
            let position =
                append(&log, told.namespace, record::new_event(told.id, &told.event));
            live.apply(told.namespace, told.id, &told.event, position).unwrap();
            kept.push(Told { position, ..told });
        }
        prop_assert_eq!(live.position(), log.head().size);
        prop_assert_eq!(&rebuild(&log, go_on).unwrap(), &live);
        for (first, view) in folded(&kept) {
            let row = live.row(first.namespace, first.id).unwrap();
            prop_assert_eq!(row.view(), view);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn data_elements_between_the_events_change_nothing_but_positions(
        told in lives(),
        dice in prop::collection::vec(0..4_u8, 8..20),
    ) {
        let (with, without) = (log(), log());
        let (mut live, mut plain) = (Views::new(), Views::new());
        let mut added = 0_u8;
        for (told, dice) in told.iter().zip(dice.iter().cycle()) {
            for _ in 0..*dice {
                let id = DataId::from_bytes([added; 16]);
                let event = element::added(added);
                let at = append(&with, told.namespace, record::new_data_event(id, &event));
                live.apply_data(told.namespace, id, &event, at).unwrap();
                added = added.wrapping_add(1);
                if added == 0 {
                    return Ok(());
                }
            }
            let event = record::new_event(told.id, &told.event);
            let position = append(&with, told.namespace, event.clone());
            live.apply(told.namespace, told.id, &told.event, position).unwrap();
            let position = append(&without, told.namespace, event);
            plain.apply(told.namespace, told.id, &told.event, position).unwrap();
        }
        let (id, event) = (DataId::from_bytes([0; 16]), element::added(0));
        let at = append(&with, "elsewhere", record::new_data_event(id, &event));
        live.apply_data("elsewhere", id, &event, at).unwrap();
        let rebuilt = rebuild(&with, go_on).unwrap();
        prop_assert_eq!(&rebuilt, &live);
        prop_assert!(rebuilt.namespaces().eq(plain.namespaces()));
        for namespace in NAMESPACES {
            prop_assert!(rebuilt.counts(namespace).eq(plain.counts(namespace)));
            let rows = rebuilt.list(namespace, None, None).zip(plain.list(namespace, None, None));
            for (row, plain) in rows {
                prop_assert_eq!(row.id(), plain.id());
                let (view, plain) = (row.view(), plain.view());
                prop_assert_eq!(view.message(), plain.message());
            }
        }
        let (judged, alone) = (audited(&with), audited(&without));
        prop_assert_eq!((judged.fault(), alone.fault()), (None, None));
        prop_assert_eq!((judged.elements(), alone.elements()), (u64::from(added) + 1, 0));
        prop_assert_eq!((judged.events(), judged.messages()), (alone.events(), alone.messages()));
        prop_assert!(judged.counts().eq(alone.counts()));
    }
}

/// The audit of all that is in a log.
fn audited(log: &Log) -> Audit {
    let mut audit = Audit::new();
    log.for_each(0, |verified| {
        audit.take(verified);
        ControlFlow::Continue(())
    })
    .unwrap();
    audit
}

#[test]
fn a_rebuild_can_be_broken_off_and_tells_how_far_it_came() {
    let log = log();
    for event in &sequenced() {
        append(&log, "a", record::new_event(ID, event));
    }
    let mut told = Vec::new();
    rebuild(&log, |position| {
        told.push(position);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert!(told.is_sorted());
    assert_eq!(told.last(), Some(&log.head().size));
    let broken_off = rebuild(&log, |_| ControlFlow::Break(()));
    assert!(matches!(broken_off, Err(RebuildError::Stopped { position: 1 })), "{broken_off:?}");
}

#[test]
fn a_log_that_tells_what_cannot_be_is_refused_with_the_sequence() {
    let log = log();
    append(&log, "a", record::new_event(ID, &sequenced()[1]));
    let said = rebuild(&log, go_on).unwrap_err().to_string();
    assert!(
        said.starts_with("sequence 1, message") && said.contains("brings no message"),
        "{said}"
    );
    let log = self::log();
    let stream = StreamName::new(record::MESSAGE, *ID.as_bytes());
    append(&log, "a", NewEvent { stream, name: "staged".into(), version: 7, content: Vec::new() });
    let said = rebuild(&log, go_on).unwrap_err().to_string();
    assert_eq!(said, "sequence 1: event 'staged' has version 7, this program knows up to 1");
}
