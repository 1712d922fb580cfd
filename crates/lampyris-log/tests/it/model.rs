//! The log against the simplest log there is: a vector.

use crate::scratch::{open, records};
use lampyris_log::{Append, Claim, Frontier, Hash, NewEvent, StreamName};
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Step {
    One(Append),
    Group(Vec<Append>),
    Reopen,
}

fn new_event() -> impl Strategy<Value = NewEvent> {
    // Ids of 16 bytes and others are kept in different places.
    let id = prop_oneof![
        (0..4u8).prop_map(|id| vec![id; 16]),
        (0..4u8).prop_map(|id| vec![id; 1 + usize::from(id)])
    ];
    let content = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        (0..40_000usize, any::<u64>())
            .prop_map(|(length, seed)| crate::scratch::noise(length, seed)),
    ];
    ("[ab]", id, "[a-z]{1,8}", 0..9u64, content).prop_map(|(kind, id, name, version, content)| {
        NewEvent { stream: StreamName::new(kind, id), name, version, content }
    })
}

fn append() -> impl Strategy<Value = Append> {
    let claims = prop::collection::vec("[a-z]{1,8}", 0..3);
    (any::<[u8; 16]>(), "[mn]", prop::collection::vec(new_event(), 1..4), claims).prop_map(
        |(id, namespace, events, claims)| {
            let mut append = Append::new(id, namespace, "command", "actor");
            append.events = events;
            append.claims = claims
                .into_iter()
                .map(|key| Claim {
                    namespace: "keys".into(),
                    key,
                    fingerprint: id.repeat(2).try_into().unwrap(),
                })
                .collect();
            append
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => append().prop_map(Step::One),
        2 => prop::collection::vec(append(), 0..12).prop_map(Step::Group),
        1 => Just(Step::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.div_ceil(12), ..ProptestConfig::default() })]

    #[test]
    fn a_log_is_a_vector_that_survives(steps in prop::collection::vec(step(), 1..12)) {
        let scratch = tempfile::tempdir().unwrap();
        let mut log = open(scratch.path()).unwrap();
        let mut model: Vec<(Append, NewEvent)> = Vec::new();
        for step in steps {
            let appends = match step {
                Step::One(append) => vec![append],
                Step::Group(appends) => appends,
                Step::Reopen => {
                    drop(log);
                    log = open(scratch.path()).unwrap();
                    vec![]
                }
            };
            let results = if let [append] = appends.as_slice() {
                vec![log.append(append)]
            } else {
                log.append_group(&appends)
            };
            for (append, result) in appends.into_iter().zip(results) {
                let first = model.len() as u64 + 1;
                prop_assert_eq!(result.unwrap().sequences, first..first + append.events.len() as u64);
                model.extend(append.events.clone().into_iter().map(|event| (append.clone(), event)));
            }
        }
        drop(log);
        let log = open(scratch.path()).unwrap();
        let found = records(&log);
        prop_assert_eq!(found.len(), model.len() + 1);
        let mut frontier = Frontier::new();
        frontier.push(Hash::leaf(&found[0].encode()));
        for (record, (append, event)) in found[1..].iter().zip(&model) {
            prop_assert_eq!(&record.content, &event.content);
            prop_assert_eq!((&record.event, record.event_version), (&event.name, event.version));
            prop_assert_eq!((&record.namespace, &record.stream), (&append.namespace, &event.stream));
            prop_assert_eq!(record.append_id, append.id);
            let claims = if record.append_index == 0 { append.claims.as_slice() } else { &[] };
            prop_assert_eq!(record.claims.as_slice(), claims);
            let before = found[..usize::try_from(record.sequence).unwrap()].iter()
                .filter(|other| (&other.namespace, &other.stream) == (&record.namespace, &record.stream));
            prop_assert_eq!(record.version, before.clone().count() as u64);
            prop_assert_eq!(record.previous, before.map(|other| other.sequence).max());
            frontier.push(Hash::leaf(&record.encode()));
        }
        prop_assert_eq!(log.head(), frontier.head());
    }
}
