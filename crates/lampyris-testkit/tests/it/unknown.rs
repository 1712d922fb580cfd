//! Unknown is resolved by sending again, never by losing or doubling.
//!
//! A store across a network may keep frames and lose its answer, keep none or some of them, or break off for good.
//! A log that took Unknown for a failure would double what its client sends again; one that took it for a success
//! would lose it. Here several writers append through such a store; whatever ends the log, they open it again and
//! send again what was not answered. Everything must then be there once, in the order of its writer, at the place
//! that was acknowledged first, and the verifier of opening and scanning must agree.

use crate::sample::{append, open, records};
use lampyris_log::{Append, Appended, Log, MemoryShard, ShardLog};
use lampyris_testkit::{Fault, FaultyShard, Odds, Script};
use proptest::prelude::*;
use std::collections::HashMap;
use std::sync::Arc;

const WRITERS: u8 = 4;
const APPENDS: u8 = 24;
const IN_FLIGHT: usize = 5;

/// What writers were told, by append id.
type Told = HashMap<[u8; 16], Appended>;

/// One writer: a few appends in flight, every third one sent twice; what is known already is asked again.
fn write(log: &Log, writer: u8, mut told: Told) -> Told {
    let appends: Vec<Append> = (0..APPENDS).map(|number| append(writer, number)).collect();
    let twice = |append: &Append| if append.id[1].is_multiple_of(3) { 2 } else { 1 };
    let sends: Vec<&Append> =
        appends.iter().flat_map(|append| std::iter::repeat_n(append, twice(append))).collect();
    for flight in sends.chunks(IN_FLIGHT) {
        let futures: Vec<_> = flight.iter().map(|append| log.append((*append).clone())).collect();
        for (append, future) in flight.iter().zip(futures) {
            let Ok(appended) = future.wait() else { return told };
            let before = told.insert(append.id, appended.clone());
            assert!(before.is_none_or(|before| before == appended), "acknowledged twice");
        }
    }
    told
}

fn write_all(log: &Log, told: &mut [Told]) {
    std::thread::scope(|scope| {
        for (writer, told) in (0..).zip(told) {
            scope.spawn(move || *told = write(log, writer, std::mem::take(told)));
        }
    });
}

fn check(log: &Log, told: &[Told]) {
    let records = records(log);
    assert_eq!(records.len(), usize::from(WRITERS) * usize::from(APPENDS) * 2);
    let mut next = [0; WRITERS as usize];
    for pair in records.chunks(2) {
        let (id, first) = (pair[0].append_id, pair[0].sequence);
        assert_eq!(pair[1].append_id, id, "an append was torn");
        let writer = usize::from(id[0]);
        assert_eq!(id[1], next[writer], "an append is missing, doubled or out of order");
        next[writer] += 1;
        assert_eq!(told[writer][&id].sequences, first..first + 2);
        assert_eq!(told[writer][&id].time, pair[0].time);
        assert_eq!(pair[0].content, append(id[0], id[1]).events[0].content);
    }
    assert_eq!(next, [APPENDS; WRITERS as usize]);
}

fn faulty(shard: &MemoryShard, seed: u64, odds: Odds) -> FaultyShard {
    FaultyShard::new(Arc::new(shard.share()), Script::seeded(seed, odds))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.div_ceil(4), ..ProptestConfig::default() })]

    #[test]
    fn what_the_store_does_not_say_is_resolved_under_the_log(seed in any::<u64>()) {
        let shard = MemoryShard::new();
        let log = open(faulty(&shard, seed, Odds::resolvable())).unwrap();
        let mut told = vec![Told::new(); WRITERS.into()];
        write_all(&log, &mut told);
        check(&log, &told);
        log.close().unwrap();
        check(&open(shard.share()).unwrap(), &told);
    }

    #[test]
    fn what_the_log_does_not_say_is_resolved_by_its_writers(seed in any::<u64>()) {
        let shard = MemoryShard::new();
        let mut told = vec![Told::new(); WRITERS.into()];
        for attempt in 0..6 {
            if let Ok(log) = open(faulty(&shard, seed ^ attempt, Odds::any())) {
                write_all(&log, &mut told);
            }
        }
        let log = open(shard.share()).unwrap();
        write_all(&log, &mut told);
        check(&log, &told);
    }
}

/// The log gives up at some point; the append may be there, and sending it again after opening tells.
#[test]
fn a_store_that_never_says_leaves_the_append_undecided() {
    for fault in [Fault::DropAnswer, Fault::DropFrames] {
        let shard = MemoryShard::new();
        let script = Script::listed([None].into_iter().chain([Some(fault); 1_000]));
        let log = open(FaultyShard::new(Arc::new(shard.share()), script)).unwrap();
        let error = log.append_blocking(append(1, 1)).unwrap_err().to_string();
        assert!(error.contains("does not say"), "{error}");
        drop(log);
        let log = open(shard.share()).unwrap();
        let kept = if fault == Fault::DropAnswer { 2 } else { 0 };
        assert_eq!(records(&log).len(), kept);
        assert_eq!(log.append_blocking(append(1, 1)).unwrap().sequences, 1..3);
        assert_eq!(records(&log).len(), 2);
    }
}

/// The properties would say little if their stores behaved.
#[test]
fn the_scripts_of_the_properties_have_every_fault() {
    let mut met: HashMap<_, u32> = HashMap::new();
    let mut script = Script::seeded(1, Odds::any());
    for _ in 0..4_096 {
        let fault = script.draw().map(|fault| std::mem::discriminant(&fault));
        *met.entry(fault).or_default() += 1;
    }
    assert_eq!(met.len(), 8, "six faults and a delay, and none");
    assert!(met.values().all(|times| *times > 20), "{met:?}");
    let shard = FaultyShard::new(Arc::new(MemoryShard::new()), Script::quiet());
    assert!(shard.met().is_empty() && shard.capabilities().append_bytes > 0);
}
