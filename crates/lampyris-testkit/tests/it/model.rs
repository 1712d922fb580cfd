//! The log on sled against a map and a vector: every answer, and every record, whatever was asked and reopened.

use crate::sample::{records, writer};
use lampyris_log::{Append, AppendError, Claim, Expected, Log, NewEvent, Refused, StreamName};
use lampyris_testkit::Model;
use proptest::prelude::*;
use std::ops::Range;

#[derive(Debug, Clone)]
enum Step {
    Appends(Vec<Append>),
    Reopen,
}

fn stream() -> impl Strategy<Value = StreamName> {
    (0..3u8).prop_map(|id| StreamName::new("message", vec![id; 16]))
}

fn event() -> impl Strategy<Value = NewEvent> {
    (stream(), 0..2u64, prop::collection::vec(any::<u8>(), 0..40)).prop_map(
        |(stream, version, content)| NewEvent { stream, name: "event".into(), version, content },
    )
}

fn expected() -> impl Strategy<Value = Expected> {
    prop_oneof![
        Just(Expected::Any),
        Just(Expected::NoStream),
        (0..6u64).prop_map(Expected::Version),
    ]
}

fn claim() -> impl Strategy<Value = Claim> {
    ("[a-h]{1,2}", any::<[u8; 32]>()).prop_map(|(key, fingerprint)| Claim {
        namespace: "keys".into(),
        key,
        fingerprint,
    })
}

/// Few ids, streams and keys, so that appends meet.
fn append() -> impl Strategy<Value = Append> {
    let id = prop_oneof![3 => any::<[u8; 16]>(), 1 => (0..4u8).prop_map(|id| [id; 16])];
    let events = prop::collection::vec(event(), 1..4);
    let conditions = prop::collection::vec((stream(), expected()), 0..3);
    let claims = prop_oneof![2 => Just(vec![]), 1 => prop::collection::vec(claim(), 1..3)];
    (id, "[mn]", events, conditions, claims).prop_map(
        |(id, namespace, events, expected, claims)| {
            let mut append = Append::new(id, namespace, "command", "actor");
            (append.events, append.expected, append.claims) = (events, expected, claims);
            append
        },
    )
}

/// Appends, some of them sent again in another place.
fn appends() -> impl Strategy<Value = Vec<Append>> {
    let again =
        prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..3);
    (prop::collection::vec(append(), 1..8), again).prop_map(|(mut appends, again)| {
        for (from, to) in again {
            let append = appends[from.index(appends.len())].clone();
            appends.insert(to.index(appends.len() + 1), append);
        }
        appends
    })
}

/// Steps; some of the appends of one are sent again in a later one.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![4 => appends().prop_map(Step::Appends), 1 => Just(Step::Reopen)];
    (prop::collection::vec(step, 1..16), any::<bool>()).prop_map(|(mut steps, again)| {
        if again {
            steps.extend([Step::Reopen].into_iter().chain(steps.clone()));
        }
        steps
    })
}

fn check_records(log: &Log, model: &Model) -> Result<(), TestCaseError> {
    let found = records(log);
    prop_assert_eq!(found.len(), model.records.len());
    for ((sequence, found), kept) in (1..).zip(&found).zip(&model.records) {
        prop_assert_eq!(found.sequence, sequence);
        prop_assert_eq!((found.version, found.previous), (kept.version, kept.previous));
        prop_assert_eq!(
            (&found.namespace, &found.stream),
            (&kept.append.namespace, &kept.event.stream)
        );
        prop_assert_eq!(found.append_id, kept.append.id);
        prop_assert_eq!(found.append_count as usize, kept.append.events.len());
        prop_assert_eq!(
            (&found.event, found.event_version),
            (&kept.event.name.to_string(), kept.event.version)
        );
        prop_assert_eq!(&found.content, &kept.event.content);
        let claims = if found.append_index == 0 { kept.append.claims.as_slice() } else { &[] };
        prop_assert_eq!(found.claims.as_slice(), claims);
    }
    Ok(())
}

/// A conflict is looked into only once it is durable. If the same append was queued again behind it, and kept,
/// both are told so.
fn may_meet_its_own(wanted: &Result<Range<u64>, Refused>) -> bool {
    matches!(wanted, Err(Refused::Conflict { .. } | Refused::ClaimTaken { .. }))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.div_ceil(8), ..ProptestConfig::default() })]

    #[test]
    fn a_log_answers_as_a_map_and_a_vector_do(steps in steps()) {
        let scratch = tempfile::tempdir().unwrap();
        let mut log = Log::open(scratch.path(), &writer()).unwrap();
        let mut model = Model::new();
        for step in steps {
            let Step::Appends(appends) = step else {
                drop(log);
                log = Log::open(scratch.path(), &writer()).unwrap();
                continue;
            };
            let answers = log.append_group(&appends);
            prop_assert_eq!(answers.len(), appends.len());
            let wanted: Vec<_> = appends.iter().map(|append| model.append(append)).collect();
            for ((append, answer), wanted) in appends.iter().zip(answers).zip(wanted) {
                let answer = match answer {
                    Ok(appended) => Ok(appended.sequences),
                    Err(AppendError::Refused(refused)) => Err(refused),
                    Err(error) => panic!("{error}"),
                };
                let met_its_own = may_meet_its_own(&wanted) && model.known(append) == Some(answer.clone());
                if !met_its_own {
                    prop_assert_eq!(answer, wanted);
                }
            }
        }
        check_records(&log, &model)?;
        drop(log);
        check_records(&Log::open(scratch.path(), &writer()).unwrap(), &model)?;
    }
}
