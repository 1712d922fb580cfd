//! Scans, single records, histories.

use crate::scratch::{append, event, open, records, writer};
use lampyris_log::{Log, MemoryShard, Record, StreamOrdinal};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

/// A log of 61 records in 31 frames, over five streams.
fn filled(path: &Path) -> Log {
    let log = open(path).unwrap();
    for number in 0..30 {
        log.append_blocking(
            append(number, number % 5, vec![number; 200]).event(event(number % 3, "second")),
        )
        .unwrap();
    }
    log
}

#[test]
fn a_scan_begins_at_any_record() {
    let scratch = tempfile::tempdir().unwrap();
    let log = filled(scratch.path());
    let all = records(&log);
    for from in 0..=62 {
        let mut found = Vec::new();
        let next = log.for_each(from, |verified| {
            assert_eq!(verified.bytes, verified.record.to_record().encode());
            found.push(verified.record.to_record());
            ControlFlow::Continue(())
        });
        assert_eq!(found, all.get(usize::try_from(from).unwrap()..).unwrap_or_default());
        assert_eq!(next.unwrap(), from.max(if from < 61 { 61 } else { from }));
    }
}

#[test]
fn a_scan_stops_when_told() {
    let scratch = tempfile::tempdir().unwrap();
    let log = filled(scratch.path());
    for from in [0, 7] {
        let mut count = 0;
        let next = log.for_each(from, |_| {
            count += 1;
            if count == 4 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!((count, next.unwrap()), (4, from + 4));
    }
}

#[test]
fn streams_are_numbered_alike_by_opening_and_by_every_scan() {
    let scratch = tempfile::tempdir().unwrap();
    let log = filled(scratch.path());
    let scan = |log: &Log, from| {
        let mut found: Vec<(u64, StreamOrdinal)> = Vec::new();
        log.for_each(from, |verified| {
            found.push((verified.record.sequence, verified.stream));
            ControlFlow::Continue(())
        })
        .unwrap();
        found
    };
    let whole = scan(&log, 0);
    assert_eq!(whole.iter().map(|(_, StreamOrdinal(number))| number).max(), Some(&5));
    assert_eq!(scan(&log, 9), whole[9..]);
    drop(log);
    let mut opened = Vec::new();
    let log = Log::open_with(scratch.path(), &writer(), |verified| {
        opened.push((verified.record.sequence, verified.stream));
    });
    assert_eq!(opened, whole);
    assert_eq!(scan(&log.unwrap(), 20), whole[20..]);
}

#[test]
fn a_record_is_read_by_its_sequence() {
    let scratch = tempfile::tempdir().unwrap();
    let log = filled(scratch.path());
    let read: Vec<Record> = (0..61).map(|sequence| log.read(sequence).unwrap().unwrap()).collect();
    assert_eq!(read, records(&log));
    assert_eq!(log.read(61).unwrap(), None);
    assert_eq!(log.read(u64::MAX).unwrap(), None);
}

/// More than is kept at hand, forwards, backwards and in leaps.
#[test]
fn a_record_is_the_same_however_often_its_frame_was_let_go() {
    let log = Log::open_on(Arc::new(MemoryShard::new()), &writer(), |_| {}).unwrap();
    for number in 0..=255 {
        log.append_blocking(append(number, number % 7, vec![number; 50_000])).unwrap();
    }
    let all = records(&log);
    let leaps = (0..257).map(|step| step * 101 % 257);
    for sequence in (0..257).chain((0..257).rev()).chain(leaps) {
        let found = log.read(sequence).unwrap().unwrap();
        assert!(found == all[usize::try_from(sequence).unwrap()], "record {sequence}");
    }
}

#[test]
fn a_history_is_the_streams_records_in_order() {
    let scratch = tempfile::tempdir().unwrap();
    let log = filled(scratch.path());
    for stream in 0..6u8 {
        let history = log.stream_history("ns1", "message", &[stream; 16]).unwrap();
        let expected: Vec<_> =
            records(&log).into_iter().filter(|record| record.stream.id == [stream; 16]).collect();
        assert_eq!(history, expected);
    }
    assert_eq!(log.stream_history("ns2", "message", &[0; 16]).unwrap(), []);
}

/// Readers take no lock that an appending thread waits for, and see a prefix of what was appended.
#[test]
fn reading_goes_on_while_others_append() {
    let scratch = tempfile::tempdir().unwrap();
    let log = filled(scratch.path());
    std::thread::scope(|scope| {
        for thread in 0..2 {
            let log = &log;
            scope.spawn(move || {
                for number in 0..20 {
                    log.append_blocking(append(number, thread, "more")).unwrap();
                }
            });
        }
        for _ in 0..10 {
            let size = log.head().size;
            assert!(records(&log).len() as u64 >= size);
            let visited = log.for_each(50, |_| {
                log.append_blocking(append(1, 1, "from within")).unwrap();
                ControlFlow::Break(())
            });
            assert_eq!(visited.unwrap(), 51);
        }
    });
    assert_eq!(log.head().size, 61 + 40 + 10);
    assert_eq!(log.scan_bound().unwrap(), log.head());
}
