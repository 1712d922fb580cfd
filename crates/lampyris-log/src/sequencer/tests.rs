//! The sequencer, stepped by hand: when groups go out, and what is judged by what is not durable yet.

use super::{Input, Output, Sequencer};
use crate::append::{Append, Expected, NewEvent};
use crate::claims_index::{ClaimKey, Secret};
use crate::error::Refused;
use crate::index::Tail;
use crate::merkle::Frontier;
use crate::recent::Recent;
use crate::record::{Claim, StreamName};
use crate::request::{Keys, Request, Verdict};
use crate::speculation::Known;
use std::sync::Arc;

/// A log of nothing: whatever is known comes from what is queued.
struct Nothing;

impl Known for Nothing {
    fn tail(&self, _: &str, _: &str, _: &[u8]) -> Option<Tail> {
        None
    }
    fn holder(&self, _: ClaimKey) -> Option<u64> {
        None
    }
}

fn append(number: u8, content: usize) -> Append {
    let event = NewEvent {
        stream: StreamName::new("message", [1; 16]),
        name: "x".into(),
        version: 1,
        content: crate::merkle::Hash::of(&[number]).0.repeat(content.div_ceil(32)),
    };
    Append::new([number; 16], "ns", "do", "me").event(event)
}

struct Stepped {
    machine: Sequencer<u8>,
    secret: Secret,
}

impl Stepped {
    fn new() -> Stepped {
        let machine = Sequencer::new(Frontier::new(), 0, Recent::default());
        Stepped { machine, secret: Secret::default() }
    }

    /// Submits appends; the ticket of each is the first byte of its id.
    fn submit(&mut self, appends: Vec<Append>) -> Output<u8> {
        let requests = appends.into_iter().map(|append| Request {
            keys: Keys::of(&append, &self.secret),
            ticket: append.id[0],
            append: Arc::new(append),
        });
        let requests = requests.collect();
        self.machine.step(Input::Submit { requests, now: 5 }, &Nothing)
    }

    fn committed(&mut self, groups: usize, size: u64) -> Output<u8> {
        self.machine.step(Input::Committed { groups, size }, &Nothing)
    }
}

/// Of each group: its frames and its tickets.
fn shape(output: &Output<u8>) -> Vec<(usize, Vec<u8>)> {
    let group = |group: &crate::request::Group<u8>| {
        let tickets = group.answers.iter().map(|answer| answer.request.ticket);
        (group.frames.len(), tickets.collect())
    };
    output.groups.iter().map(group).collect()
}

#[test]
fn what_is_queued_while_a_group_is_under_way_becomes_the_next_one() {
    let mut log = Stepped::new();
    assert_eq!(shape(&log.submit(vec![append(1, 50), append(2, 50)])), [(1, vec![1, 2])]);
    assert_eq!(shape(&log.submit(vec![append(3, 50)])), []);
    assert_eq!(shape(&log.submit(vec![append(4, 50)])), []);
    assert_eq!(shape(&log.committed(1, 2)), [(1, vec![3, 4])]);
    assert_eq!(shape(&log.committed(1, 4)), []);
}

#[test]
fn a_full_frame_does_not_wait_for_the_one_before() {
    let mut log = Stepped::new();
    log.submit(vec![append(1, 50)]);
    let full = log.submit((2..8).map(|number| append(number, 15_000)).collect());
    assert_eq!(shape(&full), [(1, vec![2, 3, 4, 5, 6])]);
    assert_eq!(shape(&log.committed(1, 1)), [], "a full frame is still under way");
    assert_eq!(shape(&log.committed(1, 6)), [(1, vec![7])]);
}

#[test]
fn decisions_stand_on_what_is_queued_and_wait_for_it() {
    let stream = || StreamName::new("message", [1; 16]);
    let claim = Claim { namespace: "k".into(), key: "key".into(), fingerprint: [0; 32] };
    let mut log = Stepped::new();
    log.submit(vec![append(1, 50).expect(stream(), Expected::NoStream).claim(claim.clone())]);
    let decided = log.submit(vec![
        append(2, 50).expect(stream(), Expected::NoStream),
        append(3, 50).claim(claim),
        append(1, 50),
        append(4, 50).expect(stream(), Expected::Version(0)),
    ]);
    assert_eq!(shape(&decided), [], "nobody hears of it yet");
    let decided = log.committed(1, 1);
    let verdicts = &decided.groups[0].answers;
    assert!(matches!(verdicts[0].verdict, Verdict::Conflict { index: 0, actual: Some(0) }));
    assert!(matches!(verdicts[1].verdict, Verdict::ClaimTaken { index: 0, holder: 0 }));
    assert!(matches!(&verdicts[2].verdict, Verdict::Repeat(first) if first.sequences == (0..1)));
    assert!(matches!(&verdicts[3].verdict, Verdict::Keep(kept, _) if kept.sequences == (1..2)));
}

#[test]
fn a_group_of_refusals_has_no_frame_and_keeps_its_place() {
    let stream = StreamName::new("message", [1; 16]);
    let mut log = Stepped::new();
    let refused = log.submit(vec![append(1, 50).expect(stream, Expected::Version(9))]);
    assert_eq!(shape(&refused), [(0, vec![1])]);
    assert_eq!(shape(&log.submit(vec![append(2, 50)])), [], "the refusals are under way");
    assert_eq!(shape(&log.committed(1, 0)), [(1, vec![2])]);
}

#[test]
fn what_was_refused_for_its_size_leaves_no_trace() {
    let mut log = Stepped::new();
    let mut large = append(1, 50);
    let noise = |seed: u32| {
        let hashes =
            (0..1800u32).map(|n| crate::merkle::Hash::of(&(seed * 9999 + n).to_be_bytes()).0);
        NewEvent { content: hashes.flatten().collect(), ..append(1, 0).events[0].clone() }
    };
    large.events.extend((0..5).map(noise));
    let output = log.submit(vec![large, append(2, 50)]);
    let [refused, kept] = output.groups[0].answers.as_slice() else { panic!("two answers") };
    assert!(matches!(refused.verdict, Verdict::Refused(Refused::TooLarge { .. })));
    let Verdict::Keep(_, places) = &kept.verdict else { panic!("not kept") };
    assert_eq!((places[0].version, places[0].previous, places[0].sequence), (0, None, 0));
}

#[test]
fn after_a_failure_everything_is_dropped() {
    let mut log = Stepped::new();
    log.submit(vec![append(1, 50)]);
    log.submit(vec![append(2, 50)]);
    let tickets = |output: Output<u8>| -> Vec<u8> {
        assert!(output.groups.is_empty());
        output.dropped.into_iter().map(|request| request.ticket).collect()
    };
    assert_eq!(tickets(log.machine.step(Input::Failed, &Nothing)), [2]);
    assert_eq!(tickets(log.submit(vec![append(3, 50)])), [3]);
}
