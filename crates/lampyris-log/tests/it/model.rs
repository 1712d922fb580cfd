//! The log against the simplest log there is: a vector, with a map of versions and a map of used keys.

use crate::scratch::{records, writer};
use crate::snapshot::Seen;
use lampyris_log::{
    Append, AppendError, Claim, Expected, Frontier, Hash, Log, NewEvent, Refused, StreamName,
    Verify,
};
use proptest::prelude::*;
use std::path::Path;

#[derive(Debug, Clone)]
enum Step {
    One(Append),
    Group(Vec<Append>),
    /// Sends an earlier append again.
    Again(prop::sample::Index),
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
        NewEvent { stream: StreamName::new(kind, id), name: name.into(), version, content }
    })
}

fn append() -> impl Strategy<Value = Append> {
    // Few keys and versions, so that they meet; a key in an append once.
    let claims = prop::collection::btree_set("[a-f]", 0..2);
    let expected = prop::collection::vec(
        prop_oneof![
            3 => Just(Expected::Any),
            1 => Just(Expected::NoStream),
            2 => (0..3u64).prop_map(Expected::Version)
        ],
        4,
    );
    let events = prop::collection::vec(new_event(), 1..4);
    (any::<[u8; 16]>(), "[mn]", events, claims, expected).prop_map(
        |(id, namespace, events, claims, expected)| {
            let mut append = Append::new(id, namespace, "command", "actor");
            for (event, expected) in events.iter().zip(expected) {
                append = append.expect(event.stream.clone(), expected);
            }
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
        2 => any::<prop::sample::Index>().prop_map(Step::Again),
        1 => Just(Step::Reopen),
    ]
}

enum Judged {
    New,
    /// Sent before: the first answer begins with this sequence.
    Kept(u64),
    Refused(Refused),
}

/// What the plainest log would say.
fn judge(model: &[(Append, NewEvent)], append: &Append) -> Judged {
    if let Some(first) = model.iter().position(|(kept, _)| kept.id == append.id) {
        return Judged::Kept(first as u64 + 1);
    }
    for (stream, expected) in &append.expected {
        let of_stream = |(kept, event): &&(Append, NewEvent)| {
            kept.namespace == append.namespace && event.stream == *stream
        };
        let actual = (model.iter().filter(of_stream).count() as u64).checked_sub(1);
        if !expected.holds(actual) {
            let (stream, expected) = (stream.clone(), *expected);
            return Judged::Refused(Refused::Conflict { stream, expected, actual });
        }
    }
    for claim in &append.claims {
        let mut held = model.iter().enumerate().flat_map(|(index, (kept, _))| {
            kept.claims.iter().map(move |held| (index as u64 + 1, held))
        });
        if let Some((holder, held)) = held.find(|(_, held)| held.key == claim.key) {
            let Claim { namespace, key, fingerprint } = held.clone();
            return Judged::Refused(Refused::ClaimTaken { namespace, key, holder, fingerprint });
        }
    }
    Judged::New
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.div_ceil(12), ..ProptestConfig::default() })]

    #[test]
    fn a_log_is_a_vector_that_survives(
        steps in prop::collection::vec(step(), 1..12),
        snapshots in any::<bool>(),
    ) {
        let scratch = tempfile::tempdir().unwrap();
        // One that is opened by snapshots, taken all the time, is the same.
        let options = writer().snapshot_every(if snapshots { 1 } else { u64::MAX });
        let open = |path: &Path| Log::open(path, &options.clone().verify(Verify::New));
        let mut log = open(scratch.path()).unwrap();
        let mut model: Vec<(Append, NewEvent)> = Vec::new();
        let mut sent: Vec<Append> = Vec::new();
        for step in steps {
            let appends = match step {
                Step::One(append) => vec![append],
                Step::Group(appends) => appends,
                Step::Again(_) if sent.is_empty() => vec![],
                Step::Again(index) => vec![index.get(&sent).clone()],
                Step::Reopen => {
                    drop(log);
                    log = open(scratch.path()).unwrap();
                    vec![]
                }
            };
            let results = if let [append] = appends.as_slice() {
                vec![log.append_blocking(append.clone())]
            } else {
                log.append_group(&appends)
            };
            for (append, result) in appends.into_iter().zip(results) {
                sent.push(append.clone());
                let first = model.len() as u64 + 1;
                match judge(&model, &append) {
                    Judged::Kept(first) => prop_assert_eq!(result.unwrap().sequences.start, first),
                    Judged::Refused(expected) => match result {
                        Err(AppendError::Refused(refused)) => prop_assert_eq!(refused, expected),
                        other => prop_assert!(false, "{:?} is not {:?}", other, expected),
                    },
                    Judged::New => {
                        let count = append.events.len() as u64;
                        prop_assert_eq!(result.unwrap().sequences, first..first + count);
                        let events = append.events.clone();
                        model.extend(events.into_iter().map(|event| (append.clone(), event)));
                    }
                }
            }
        }
        drop(log);
        let by_snapshot = Seen::of(&open(scratch.path()).unwrap());
        let log = Log::open(scratch.path(), &writer()).unwrap();
        prop_assert_eq!(by_snapshot, Seen::of(&log));
        let found = records(&log);
        prop_assert_eq!(found.len(), model.len() + 1);
        let mut frontier = Frontier::new();
        frontier.push(Hash::leaf(&found[0].encode()));
        for (record, (append, event)) in found[1..].iter().zip(&model) {
            prop_assert_eq!(&record.content, &event.content);
            prop_assert_eq!((&*record.event, record.event_version), (&*event.name, event.version));
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
