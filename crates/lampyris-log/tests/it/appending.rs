//! What an append may be, what it answers, and how groups become frames.

use crate::scratch::SetClock;
use crate::scratch::{append, event, noise, open, records};
use lampyris_log::{Append, AppendError, Clock, Log, Refused, limits};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

fn refusal(log: &Log, append: &Append) -> Refused {
    match log.append_blocking(append.clone()) {
        Err(AppendError::Refused(refused)) => refused,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn versions_and_links_follow_the_stream() {
    let scratch = tempfile::tempdir().unwrap();
    let log = open(scratch.path()).unwrap();
    let first = append(1, 1, "a").event(event(2, "b")).event(event(1, "c"));
    assert_eq!(log.append_blocking(first.clone()).unwrap().sequences, 1..4);
    assert_eq!(log.append_blocking(append(2, 1, "d")).unwrap().sequences, 4..5);
    let places: Vec<_> = records(&log)
        .iter()
        .map(|record| {
            (
                record.sequence,
                record.version,
                record.previous,
                record.append_index,
                record.append_count,
            )
        })
        .collect();
    assert_eq!(
        places,
        [
            (0, 0, None, 0, 1),
            (1, 0, None, 0, 3),
            (2, 0, None, 1, 3),
            (3, 1, Some(1), 2, 3),
            (4, 2, Some(3), 0, 1)
        ]
    );
}

#[test]
fn a_refused_append_leaves_no_trace_and_its_neighbours_stand() {
    let scratch = tempfile::tempdir().unwrap();
    let log = open(scratch.path()).unwrap();
    let good = [append(1, 1, "a"), append(3, 1, "c")];
    // Too large only once it is compressed, so the sequencer has to take it back.
    let mut large = append(2, 1, "b");
    large.events = (0..5).map(|number| event(1, noise(50_000, number))).collect();
    let results = log.append_group(&[good[0].clone(), large, good[1].clone()]);
    let sequences: Vec<_> =
        results.iter().map(|result| result.as_ref().ok().map(|a| a.sequences.clone())).collect();
    assert_eq!(sequences, [Some(1..2), None, Some(2..3)]);
    let refused = results[1].as_ref().unwrap_err().to_string();
    assert!(
        refused.starts_with("append has 25") && refused.ends_with("the limit is 245760"),
        "{refused}"
    );
    assert_eq!(records(&log)[2].version, 1);
}

#[test]
fn limits_are_checked_before_anything_is_written() {
    let scratch = tempfile::tempdir().unwrap();
    let log = open(scratch.path()).unwrap();
    let head = log.head();
    let limit = limits::MAX_RECORD_BYTES;
    let refused = refusal(&log, &append(1, 1, vec![0; 60_000]));
    assert!(
        matches!(refused, Refused::TooLarge { what: "record", bytes: 60_000.., limit: l } if l == limit)
    );
    let mut many = append(1, 1, "");
    many.events = vec![event(1, ""); 1_001];
    assert_eq!(refusal(&log, &many).to_string(), "events has 1001 where 1 to 1000 are allowed");
    many.events = vec![event(1, vec![0; 59_000]); 18];
    assert!(matches!(refusal(&log, &many), Refused::TooLarge { what: "append", .. }));
    many.events.clear();
    assert!(matches!(refusal(&log, &many), Refused::OutOfBounds { field: "events", .. }));
    let nameless = Append::new([1; 16], "", "submit", "me").event(event(1, ""));
    assert!(matches!(refusal(&log, &nameless), Refused::Invalid { field: "namespace", .. }));
    let actorless = Append::new([1; 16], "ns1", "submit", "").event(event(1, ""));
    assert!(matches!(refusal(&log, &actorless), Refused::OutOfBounds { field: "actor", .. }));
    assert_eq!(log.head(), head);
}

#[test]
fn the_largest_append_is_kept() {
    let scratch = tempfile::tempdir().unwrap();
    let log = open(scratch.path()).unwrap();
    let mut largest = append(1, 1, "");
    largest.events = vec![event(1, vec![7; 800]); 1_000];
    assert_eq!(log.append_blocking(largest.clone()).unwrap().sequences, 1..1_001);
    let mut noisy = append(2, 2, "");
    noisy.events = (0..4).map(|number| event(2, noise(59_500, number))).collect();
    assert_eq!(log.append_blocking(noisy.clone()).unwrap().sequences, 1_001..1_005);
    drop(log);
    assert_eq!(open(scratch.path()).unwrap().head().size, 1_005);
}

#[test]
fn a_group_beyond_one_frame_is_split_between_appends() {
    let scratch = tempfile::tempdir().unwrap();
    let log = open(scratch.path()).unwrap();
    let group: Vec<_> = (0..200u8)
        .map(|number| {
            append(
                number,
                number % 7,
                if number < 100 { noise(9_000, number.into()) } else { vec![0; 20_000] },
            )
        })
        .collect();
    let results = log.append_group(&group);
    for (number, result) in (1..).zip(&results) {
        assert_eq!(result.as_ref().unwrap().sequences, number..number + 1);
    }
    let head = log.head();
    drop(log);
    let log = open(scratch.path()).unwrap();
    assert_eq!(log.head(), head);
    let contents: Vec<_> = records(&log).into_iter().skip(1).map(|record| record.content).collect();
    let expected: Vec<_> = group.iter().map(|append| append.events[0].content.clone()).collect();
    assert!(contents == expected);
}

#[test]
fn time_never_goes_back() {
    let scratch = tempfile::tempdir().unwrap();
    let clock = Arc::new(SetClock(AtomicI64::new(100)));
    let options = crate::scratch::writer().clock(Arc::clone(&clock) as Arc<dyn Clock>);
    let log = Log::open(scratch.path(), &options).unwrap();
    assert_eq!(log.append_blocking(append(1, 1, "a")).unwrap().time, 100);
    clock.0.store(50, Ordering::SeqCst);
    assert_eq!(log.append_blocking(append(2, 1, "b")).unwrap().time, 100);
    drop(log);
    let log = Log::open(scratch.path(), &options).unwrap();
    assert_eq!(log.append_blocking(append(3, 1, "c")).unwrap().time, 100);
    clock.0.store(200, Ordering::SeqCst);
    assert_eq!(log.append_blocking(append(4, 1, "d")).unwrap().time, 200);
}
