//! Expected versions, claims and re-sent appends: who may, who may not, and who already did.

use crate::scratch::{append, event, open, writer};
use lampyris_log::{
    Append, AppendError, Appended, Claim, Expected, Log, MemoryShard, Refused, StreamName, limits,
};
use std::sync::{Arc, Barrier};

fn stream(number: u8) -> StreamName {
    event(number, "").stream
}

fn memory() -> Log {
    Log::open_on(Arc::new(MemoryShard::new()), &writer(), |_| {}).unwrap()
}

fn refusal(result: Result<Appended, AppendError>) -> Refused {
    match result {
        Err(AppendError::Refused(refused)) => refused,
        other => panic!("not refused: {other:?}"),
    }
}

fn claim(key: &str) -> Claim {
    Claim { namespace: "keys".into(), key: key.into(), fingerprint: [3; 32] }
}

#[test]
fn a_stream_ends_where_the_append_expects_it() {
    let log = memory();
    let expecting = |expected| append(1, 1, "x").expect(stream(1), expected);
    let conflict = |expected, actual| {
        let found = refusal(log.append_blocking(expecting(expected)));
        assert_eq!(found, Refused::Conflict { stream: stream(1), expected, actual });
    };
    conflict(Expected::Version(0), None);
    log.append_blocking(expecting(Expected::NoStream)).unwrap();
    conflict(Expected::NoStream, Some(0));
    conflict(Expected::Version(1), Some(0));
    log.append_blocking(expecting(Expected::Version(0))).unwrap();
    log.append_blocking(expecting(Expected::Any)).unwrap();
    conflict(Expected::Version(1), Some(2));
    let found = refusal(log.append_blocking(expecting(Expected::NoStream))).to_string();
    assert!(found.ends_with("ends at version 2, the append expects no record"), "{found}");
    assert_eq!(log.head().size, 4);
}

#[test]
fn all_streams_and_claims_of_an_append_or_none() {
    let log = memory();
    log.append_blocking(append(1, 1, "x").claim(claim("used"))).unwrap();
    let both =
        |a, b| append(1, 1, "x").event(event(2, "y")).expect(stream(1), a).expect(stream(2), b);
    let refused = refusal(log.append_blocking(both(Expected::Version(0), Expected::Version(0))));
    assert!(matches!(refused, Refused::Conflict { stream: s, .. } if s == stream(2)));
    let taken =
        both(Expected::Version(0), Expected::NoStream).claim(claim("free")).claim(claim("used"));
    let expected = Refused::ClaimTaken {
        namespace: "keys".into(),
        key: "used".into(),
        holder: 1,
        fingerprint: [3; 32],
    };
    assert_eq!(refusal(log.append_blocking(taken)), expected);
    assert_eq!(log.head().size, 2);
    let kept = both(Expected::Version(0), Expected::NoStream).claim(claim("free"));
    assert_eq!(log.append_blocking(kept).unwrap().sequences, 2..4);
    assert_eq!((log.stream_count(), log.claim_count()), (3, 2));
    let twice = append(1, 1, "x").claim(claim("new")).claim(claim("new"));
    assert!(matches!(refusal(log.append_blocking(twice)), Refused::Invalid { .. }));
}

#[test]
fn claims_outlive_the_process() {
    let scratch = tempfile::tempdir().unwrap();
    let once = |log: &Log| log.append_blocking(append(1, 1, "x").claim(claim("once")));
    once(&open(scratch.path()).unwrap()).unwrap();
    let found = refusal(once(&open(scratch.path()).unwrap()));
    assert!(matches!(found, Refused::ClaimTaken { holder: 1, .. }), "{found:?}");
}

/// The same append again is answered as the first time: at once, after reopening, and when so many others came
/// in between that its id alone is not remembered.
#[test]
fn a_resent_append_gets_the_first_answer() {
    let scratch = tempfile::tempdir().unwrap();
    let log = open(scratch.path()).unwrap();
    let creating = append(1, 1, "x").event(event(1, "y")).expect(stream(1), Expected::NoStream);
    let claiming = append(2, 2, "x").claim(claim("mine"));
    let moving = append(3, 1, "z").expect(stream(1), Expected::Version(1));
    let anywhere = append(4, 3, "any");
    let all = [creating, claiming, moving, anywhere];
    let first: Vec<_> = log.append_group(&all).into_iter().map(Result::unwrap).collect();
    let again = |log: &Log, count: usize| {
        let size = log.head().size;
        for (append, first) in all.iter().zip(&first).take(count) {
            assert_eq!(&log.append_blocking(append.clone()).unwrap(), first);
        }
        assert_eq!(log.head().size, size);
    };
    again(&log, 4);
    drop(log);
    let log = open(scratch.path()).unwrap();
    again(&log, 4);
    let others: Vec<Append> = (0..=limits::RECENT_APPENDS).map(|_| append(9, 1, "o")).collect();
    assert!(log.append_group(&others).iter().all(Result::is_ok));
    again(&log, 3);
    drop(log);
    again(&open(scratch.path()).unwrap(), 3);
}

#[test]
fn an_id_names_one_append() {
    let log = memory();
    let first = append(1, 1, "x").expect(stream(1), Expected::NoStream);
    log.append_blocking(first.clone()).unwrap();
    let mut other = first.clone();
    other.events[0].content = b"y".to_vec();
    assert_eq!(refusal(log.append_blocking(other)), Refused::IdTaken { holder: 1 });
    let mut other = first;
    other.actor = "you".into();
    assert_eq!(refusal(log.append_blocking(other)), Refused::IdTaken { holder: 1 });
}

/// Everybody wants the same key and the same first version; one gets both.
#[test]
fn of_many_threads_exactly_one_wins() {
    let scratch = tempfile::tempdir().unwrap();
    for log in [memory(), open(scratch.path()).unwrap()] {
        for round in 0..10u8 {
            let barrier = Barrier::new(64);
            let race = |number: u8| {
                barrier.wait();
                let mine = append(number, round, vec![number]);
                if number.is_multiple_of(2) {
                    log.append_blocking(mine.expect(stream(round), Expected::NoStream))
                } else {
                    let both = mine.expect(stream(round), Expected::NoStream);
                    log.append_blocking(both.claim(claim(&format!("round {round}"))))
                }
            };
            let results: Vec<_> = std::thread::scope(|scope| {
                let race = &race;
                let threads: Vec<_> =
                    (0..64).map(|number| scope.spawn(move || race(number))).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
            for result in results.into_iter().filter(Result::is_err) {
                assert!(matches!(refusal(result), Refused::Conflict { actual: Some(0), .. }));
            }
        }
        assert_eq!(log.head().size, 11);
    }
}
