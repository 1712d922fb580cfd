//! The structural verifier names each rule that a log breaks although every checksum is good:
//! what a careful forger, or a bug of ours, could write.

use crate::scratch::{LOG_ID, RULES};
use lampyris_log::frame::FrameWriter;
use lampyris_log::{
    Corrupt, Frontier, Hash, Identity, OwnEvent, Record, Rule, StreamName, Verifier,
};
use std::ops::ControlFlow;

/// Three frames: `opened`, an append of two records, an append of one.
pub(crate) fn log() -> Vec<Vec<Record>> {
    let record = |sequence, stream: u8, version, previous| Record {
        sequence,
        namespace: "ns1".into(),
        stream: StreamName::new("message", [stream; 16]),
        version,
        previous,
        append_id: [1; 16],
        append_index: 0,
        append_count: 1,
        command: "submit".into(),
        actor: "me".into(),
        time: i64::try_from(sequence).unwrap() * 10,
        claims: vec![],
        event: "submitted".into(),
        event_version: 1,
        content: vec![stream],
    };
    let (origin, recoveries) = ("acme".into(), Vec::new());
    let identity = Identity { log_id: LOG_ID, origin, rules: RULES, layout: 2, recoveries };
    let mut opened = record(0, 0, 0, None);
    opened.namespace.clear();
    opened.stream = StreamName::new("log", LOG_ID);
    opened.event = "opened".into();
    opened.content = OwnEvent::Opened(identity).encode();
    let mut pair = [record(1, 1, 0, None), record(2, 1, 1, Some(1))];
    (pair[0].append_count, pair[1].append_count, pair[1].append_index) = (2, 2, 1);
    vec![vec![opened], pair.to_vec(), vec![record(3, 1, 2, Some(2))]]
}

/// Frames with good checksums; `root` may lie about what was before.
pub(crate) fn frames(log: &[Vec<Record>], root: impl Fn(u64, Hash) -> Hash) -> Vec<(u64, Vec<u8>)> {
    let mut frontier = Frontier::new();
    let mut writer = FrameWriter::new();
    let mut seal = |records: &Vec<Record>| {
        let first = frontier.size();
        let before = root(first, frontier.root());
        let mut raw = Vec::new();
        for record in records {
            let bytes = record.encode();
            raw.extend_from_slice(&u32::try_from(bytes.len()).unwrap().to_be_bytes());
            raw.extend_from_slice(&bytes);
            frontier.push(Hash::leaf(&bytes));
        }
        (first, writer.seal(first, u32::try_from(records.len()).unwrap(), before, &raw))
    };
    log.iter().map(&mut seal).collect()
}

fn verify(frames: &[(u64, Vec<u8>)]) -> Result<Verifier, Corrupt> {
    let mut verifier = Verifier::new();
    for (key, stored) in frames {
        let flow = verifier.frame(*key, stored, |_| ControlFlow::Continue(()))?;
        assert!(flow.is_continue());
    }
    Ok(verifier)
}

/// Changes the good log and expects a fault at a sequence.
#[track_caller]
fn check(change: impl FnOnce(&mut Vec<Vec<Record>>), sequence: u64, expected: &Rule) {
    let mut log = log();
    change(&mut log);
    let corrupt = verify(&frames(&log, |_, root| root)).map(drop).unwrap_err();
    assert_eq!((corrupt.sequence, &corrupt.rule), (sequence, expected));
}

#[test]
fn a_good_log_is_good() {
    let verifier = verify(&frames(&log(), |_, root| root)).unwrap();
    assert_eq!((verifier.head().size, verifier.streams().len()), (4, 2));
    assert_eq!(verifier.identity().unwrap().origin, "acme");
}

#[test]
fn sequences_are_dense() {
    check(|log| log[1][1].sequence = 3, 2, &Rule::Sequence { found: 3 });
    let mut frames = frames(&log(), |_, root| root);
    frames.remove(1);
    assert_eq!(verify(&frames).unwrap_err().rule, Rule::Sequence { found: 3 });
    frames.remove(0);
    assert_eq!(verify(&frames).unwrap_err().rule, Rule::Sequence { found: 3 });
}

#[test]
fn a_frame_stands_on_the_root_before_it() {
    for lie in [0, 1, 3] {
        let said = Hash([9; 32]);
        let corrupt = verify(&frames(&log(), |first, root| if first == lie { said } else { root }))
            .unwrap_err();
        assert!(matches!(corrupt.rule, Rule::RootBefore { said: s, .. } if s == said), "{corrupt}");
        assert_eq!((corrupt.frame, corrupt.sequence), (lie, lie));
    }
}

#[test]
fn versions_and_links_are_the_streams() {
    check(|log| log[2][0].version = 3, 3, &Rule::Version { expected: 2, found: 3 });
    check(|log| log[1][0].version = 1, 1, &Rule::Version { expected: 0, found: 1 });
    check(
        |log| log[2][0].previous = Some(1),
        3,
        &Rule::Previous { expected: Some(2), found: Some(1) },
    );
    check(|log| log[2][0].previous = None, 3, &Rule::Previous { expected: Some(2), found: None });
    check(
        |log| log[1][0].previous = Some(0),
        1,
        &Rule::Previous { expected: None, found: Some(0) },
    );
    // The same id in another namespace, or of another kind, is another stream.
    check(|log| log[2][0].namespace = "ns2".into(), 3, &Rule::Version { expected: 0, found: 2 });
    check(
        |log| log[2][0].stream.kind = "batch".into(),
        3,
        &Rule::Version { expected: 0, found: 2 },
    );
}

#[test]
fn time_does_not_go_back() {
    check(|log| log[2][0].time = 19, 3, &Rule::Time { earlier: 20, found: 19 });
    check(|log| log[1][1].time = 9, 2, &Rule::Time { earlier: 10, found: 9 });
}

#[test]
fn an_append_stands_together_and_whole() {
    check(
        |log| log[1][1].append_id = [2; 16],
        2,
        &Rule::Append { expected: 1, index: 1, count: 2 },
    );
    check(|log| log[1][1].append_count = 3, 2, &Rule::Append { expected: 1, index: 1, count: 3 });
    check(|log| log[1][0].append_index = 1, 1, &Rule::Append { expected: 0, index: 1, count: 2 });
    check(|log| log[2][0].append_count = 2, 3, &Rule::AppendCut);
    check(
        |log| {
            let second = log[1].pop().unwrap();
            log.insert(2, vec![second]);
        },
        1,
        &Rule::AppendCut,
    );
}

#[test]
fn the_logs_own_stream_is_the_logs() {
    let own = |change: fn(&mut Vec<Vec<Record>>), sequence| {
        let mut log = log();
        change(&mut log);
        let corrupt = verify(&frames(&log, |_, root| root)).map(drop).unwrap_err();
        assert!(
            matches!(corrupt.rule, Rule::OwnStream(_)) && corrupt.sequence == sequence,
            "{corrupt}"
        );
    };
    own(|log| log[0][0].namespace = "ns1".into(), 0);
    own(|log| log[0][0].event = "rules".into(), 0);
    own(|log| log[0][0].stream.id = vec![0; 16], 0);
    own(|log| log[0][0].content.push(0), 0);
    own(|log| log[2][0].namespace.clear(), 3);
    own(
        |log| {
            let opened = log[0][0].clone();
            log[2][0] = Record { sequence: 3, version: 1, previous: Some(0), time: 30, ..opened };
        },
        3,
    );
}
