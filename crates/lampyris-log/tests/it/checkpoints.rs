//! Signed heads of a log in a directory: signing, opening, exchanging, and the thread that signs.

use crate::faults::FailingDisk;
use crate::scratch::SetClock;
use crate::scratch::{append, copy, open, writer};
use lampyris_evidence::checkpoint::{Checkpoint, SignedCheckpoint};
use lampyris_evidence::key::{SigningKey, WitnessKey};
use lampyris_log::{
    Broken, Cadence, CheckpointError, Checkpointer, Clock, Log, MemoryShard, OpenError, Options,
    directory,
};
use std::collections::BTreeSet;
use std::fs;
use std::num::NonZeroU64;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

pub(crate) fn key_of(log: &Log) -> SigningKey {
    SigningKey::from_seed(log.origin(), [7; 32]).unwrap()
}

fn grow(log: &Log, numbers: std::ops::Range<u8>) {
    for number in numbers {
        log.append_blocking(append(number, number % 3, vec![number; 30])).unwrap();
    }
}

fn stored(log: &Log) -> Vec<SignedCheckpoint> {
    log.checkpoints().collect::<Result<_, _>>().unwrap()
}

fn broken(path: &Path) -> Broken {
    match Log::open(path, &Options::exclusive()) {
        Err(OpenError::Broken(broken)) => broken,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_checkpoint_is_the_durable_head_and_stays() {
    let scratch = tempfile::tempdir().unwrap();
    let log = open(scratch.path()).unwrap();
    assert!(log.last_checkpoint().unwrap().is_none() && log.verifier_keys().is_empty());
    let key = key_of(&log);
    let mut signed = Vec::new();
    for number in 0..5 {
        grow(&log, 3 * number..3 * number + 3);
        let checkpoint = log.checkpoint(&key).unwrap();
        checkpoint.verify(key.verifier()).unwrap();
        assert_eq!(checkpoint.checkpoint(), &Checkpoint::new(log.origin(), log.head()));
        assert_eq!(log.checkpoint(&key).unwrap(), checkpoint);
        signed.push(checkpoint);
    }
    assert_eq!(stored(&log), signed);
    drop(log);
    for options in [Options::exclusive(), writer()] {
        let log = Log::open(scratch.path(), &options).unwrap();
        assert_eq!(stored(&log), signed);
        assert_eq!(log.last_checkpoint().unwrap().as_ref(), signed.last());
        assert_eq!(log.verifier_keys().last(), Some(key.verifier()));
        for checkpoint in &signed {
            log.agrees_with(checkpoint).unwrap();
        }
    }
}

#[test]
fn a_log_that_is_open_for_reading_is_signed_too() {
    let scratch = tempfile::tempdir().unwrap();
    grow(&open(scratch.path()).unwrap(), 0..3);
    let log = Log::open(scratch.path(), &Options::exclusive()).unwrap();
    let checkpoint = log.checkpoint(&key_of(&log)).unwrap();
    assert_eq!(checkpoint.checkpoint().head, log.head());
    drop(log);
    assert_eq!(stored(&open(scratch.path()).unwrap()), [checkpoint]);
}

#[test]
fn handles_that_sign_at_once_sign_one_line_of_heads() {
    let scratch = tempfile::tempdir().unwrap();
    let log = open(scratch.path()).unwrap();
    let key = key_of(&log);
    let signed: BTreeSet<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4u8)
            .map(|thread| {
                let (log, key) = (log.clone(), &key);
                scope.spawn(move || -> Vec<String> {
                    let sign = |number| {
                        log.append_blocking(append(number, thread, "x")).unwrap();
                        log.checkpoint(key).unwrap().encode()
                    };
                    (0..8).map(sign).collect()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let kept: BTreeSet<String> = stored(&log).iter().map(SignedCheckpoint::encode).collect();
    assert_eq!(signed, kept);
    drop(log);
    assert_eq!(stored(&open(scratch.path()).unwrap()).len(), signed.len());
}

#[test]
fn an_older_copy_of_the_records_beside_newer_checkpoints_is_rolled_back() {
    let scratch = tempfile::tempdir().unwrap();
    let (path, older) = (scratch.path().join("log"), scratch.path().join("older"));
    grow(&open(&path).unwrap(), 0..4);
    copy(&path, &older);
    let log = open(&path).unwrap();
    grow(&log, 4..9);
    let held = log.checkpoint(&key_of(&log)).unwrap();
    drop(log);
    // Without the file the older copy opens, and only who holds a checkpoint can tell.
    let log = open(&older).unwrap();
    let refused = log.agrees_with(&held).unwrap_err();
    let named = CheckpointError::Broken(Broken::LogRolledBack { have: 5, want: 10 });
    assert_eq!(refused.to_string(), named.to_string());
    drop(log);
    fs::copy(path.join(directory::CHECKPOINTS), older.join(directory::CHECKPOINTS)).unwrap();
    assert_eq!(broken(&older), Broken::LogRolledBack { have: 5, want: 10 });
}

#[test]
fn another_log_of_the_same_name_beside_the_checkpoints_has_diverged() {
    let scratch = tempfile::tempdir().unwrap();
    let (path, other) = (scratch.path().join("log"), scratch.path().join("other"));
    let log = open(&path).unwrap();
    grow(&log, 0..4);
    let held = log.checkpoint(&key_of(&log)).unwrap();
    let want = log.head().root;
    drop(log);
    let log = open(&other).unwrap();
    grow(&log, 10..20);
    let refused = log.agrees_with(&held).unwrap_err();
    assert!(matches!(
        refused,
        CheckpointError::Broken(Broken::CheckpointDiverged { size: 5, want: w, .. }) if w == want
    ));
    drop(log);
    fs::copy(path.join(directory::CHECKPOINTS), other.join(directory::CHECKPOINTS)).unwrap();
    let found = broken(&other);
    assert!(matches!(found, Broken::CheckpointDiverged { size: 5, want: w, .. } if w == want));
}

#[test]
fn checkpoints_of_another_name_are_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let (path, other) = (scratch.path().join("log"), scratch.path().join("other"));
    let log = open(&path).unwrap();
    let held = log.checkpoint(&key_of(&log)).unwrap();
    let log = Log::open(&other, &writer().origin("acme.example/log")).unwrap();
    let refused = log.agrees_with(&held).unwrap_err();
    assert!(matches!(refused, CheckpointError::OtherLog { .. }), "{refused}");
    let refused = log.checkpoint(&SigningKey::from_seed("b", [7; 32]).unwrap()).unwrap_err();
    assert!(matches!(refused, CheckpointError::OtherKey { .. }), "{refused}");
    let every = log.checkpoint_every(SigningKey::from_seed("b", [7; 32]).unwrap(), records(1));
    assert!(matches!(every, Err(CheckpointError::OtherKey { .. })));
    drop(log);
    fs::copy(path.join(directory::CHECKPOINTS), other.join(directory::CHECKPOINTS)).unwrap();
    assert!(matches!(broken(&other), Broken::CheckpointsDamaged { byte: 0, .. }));
}

#[test]
fn nothing_is_cleared_away_where_something_was_signed() {
    let scratch = tempfile::tempdir().unwrap();
    let log = open(scratch.path()).unwrap();
    log.checkpoint(&key_of(&log)).unwrap();
    drop(log);
    let marker = scratch.path().join(directory::MARKER);
    fs::rename(&marker, scratch.path().join(directory::CREATING)).unwrap();
    let refused = open(scratch.path()).unwrap_err();
    assert!(matches!(refused, OpenError::Broken(Broken::MarkerDamaged { .. })), "{refused}");
    fs::rename(scratch.path().join(directory::CREATING), &marker).unwrap();
    assert_eq!(stored(&open(scratch.path()).unwrap()).len(), 1);
}

#[test]
fn cosignatures_outlive_the_log_that_took_them() {
    let scratch = tempfile::tempdir().unwrap();
    let log = open(scratch.path()).unwrap();
    let mut checkpoint = log.checkpoint(&key_of(&log)).unwrap();
    grow(&log, 0..3);
    let newer = log.checkpoint(&key_of(&log)).unwrap();
    let witness = WitnessKey::from_seed("witness.example", [1; 32]).unwrap();
    checkpoint.add(witness.cosign(&checkpoint, 1_000).unwrap()).unwrap();
    let kept = log.add_cosignatures(&checkpoint, &[witness.verifier().clone()]).unwrap();
    assert_eq!(kept, checkpoint);
    drop(log);
    assert_eq!(stored(&open(scratch.path()).unwrap()), [checkpoint, newer]);
}

#[test]
fn a_log_without_a_folder_keeps_its_checkpoints_as_long_as_it_is_open() {
    let store = Arc::new(MemoryShard::new());
    let log = Log::open_on(Arc::clone(&store) as _, &writer(), |_| {}).unwrap();
    let first = log.checkpoint(&key_of(&log)).unwrap();
    grow(&log, 0..3);
    let second = log.checkpoint(&key_of(&log)).unwrap();
    assert_eq!(stored(&log), [first, second]);
}

#[test]
fn no_failing_operation_of_the_disk_takes_back_a_checkpoint() {
    for operation in 1.. {
        let scratch = tempfile::tempdir().unwrap();
        let disk = FailingDisk::new(0, false);
        let log = Log::open(scratch.path(), &writer().disk(Arc::new(disk.clone()))).unwrap();
        grow(&log, 0..2);
        let first = log.checkpoint(&key_of(&log)).unwrap();
        grow(&log, 2..4);
        disk.arm(operation);
        let second = log.checkpoint(&key_of(&log));
        let failed = disk.has_failed();
        assert_eq!(second.is_err(), failed, "operation {operation}");
        drop(log);
        let log = open(scratch.path()).unwrap();
        let third = log.checkpoint(&key_of(&log)).unwrap();
        assert_eq!(third.checkpoint().head, log.head());
        let mut expected = vec![first];
        expected.extend(second.ok().filter(|second| *second != third));
        expected.push(third);
        assert_eq!(stored(&log), expected, "operation {operation}");
        if !failed {
            assert!(operation > 5, "signing has only {operation} operations");
            return;
        }
    }
}

fn records(count: u64) -> Cadence {
    Cadence { records: NonZeroU64::new(count), seconds: None }
}

/// Waits until a checkpoint covers this size; a thread that never signs makes the test hang.
fn wait_for(log: &Log, size: u64) -> SignedCheckpoint {
    loop {
        let last = log.last_checkpoint().unwrap();
        match last.filter(|last| last.checkpoint().head.size >= size) {
            Some(last) => return last,
            None => std::thread::yield_now(),
        }
    }
}

fn sizes(log: &Log) -> Vec<u64> {
    stored(log).iter().map(|checkpoint| checkpoint.checkpoint().head.size).collect()
}

#[test]
fn a_running_log_is_signed_after_so_many_records_and_at_the_end() {
    let scratch = tempfile::tempdir().unwrap();
    let log = open(scratch.path()).unwrap();
    let checkpointer = log.checkpoint_every(key_of(&log), records(5)).unwrap();
    grow(&log, 0..4);
    wait_for(&log, 5);
    assert_eq!(sizes(&log), [5], "the record that opens the log counts");
    grow(&log, 4..9);
    wait_for(&log, 10);
    grow(&log, 9..12);
    assert_eq!(sizes(&log), [5, 10]);
    checkpointer.stop().unwrap();
    assert_eq!(sizes(&log), [5, 10, 13]);
    // Nothing grew: nothing is signed.
    drop(log.checkpoint_every(key_of(&log), records(1)).unwrap());
    assert_eq!(sizes(&log), [5, 10, 13]);
}

#[test]
fn a_running_log_is_signed_after_so_many_seconds_if_it_grew() {
    const SECOND: i64 = 1_000_000_000;
    let clock = Arc::new(SetClock(AtomicI64::new(100 * SECOND)));
    let options = writer().clock(Arc::clone(&clock) as Arc<dyn Clock>);
    let log = Log::open_on(Arc::new(MemoryShard::new()), &options, |_| {}).unwrap();
    log.checkpoint(&key_of(&log)).unwrap();
    let cadence = Cadence { records: None, seconds: NonZeroU64::new(3_600) };
    let checkpointer = log.checkpoint_every(key_of(&log), cadence).unwrap();
    for round in 0..5 {
        clock.0.fetch_add(3_600 * SECOND, Ordering::SeqCst);
        grow(&log, round..round + 1);
        wait_for(&log, log.head().size);
    }
    // It is not time again.
    grow(&log, 5..6);
    assert_eq!(sizes(&log), [1, 2, 3, 4, 5, 6]);
    drop(checkpointer);
    assert_eq!(sizes(&log), [1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn closing_a_log_ends_its_checkpointer_which_signs_what_is_left() {
    let scratch = tempfile::tempdir().unwrap();
    let log = open(scratch.path()).unwrap();
    let checkpointer = log.checkpoint_every(key_of(&log), Cadence::default()).unwrap();
    grow(&log, 0..7);
    assert!(sizes(&log).is_empty());
    log.close().unwrap();
    // It ends by itself: nobody stops it.
    let last = wait_for(&log, 8);
    assert_eq!(last.checkpoint().head, log.head());
    drop(log);
    checkpointer.stop().unwrap();
    assert_eq!(sizes(&open(scratch.path()).unwrap()), [8]);
}

#[test]
fn a_checkpointer_tells_why_it_signs_no_more() {
    let scratch = tempfile::tempdir().unwrap();
    let disk = FailingDisk::new(0, false);
    let log = Log::open(scratch.path(), &writer().disk(Arc::new(disk.clone()))).unwrap();
    let checkpointer: Checkpointer = log.checkpoint_every(key_of(&log), records(1)).unwrap();
    wait_for(&log, 1);
    assert!(checkpointer.failure().is_none());
    // Someone else writes to the file.
    let path = scratch.path().join(directory::CHECKPOINTS);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    grow(&log, 0..1);
    let failure = loop {
        match checkpointer.failure() {
            Some(failure) => break failure,
            None => std::thread::yield_now(),
        }
    };
    let named = matches!(&*failure, CheckpointError::Broken(Broken::CheckpointsDamaged { .. }));
    assert!(named, "{failure}");
    grow(&log, 1..3);
    assert_eq!(checkpointer.stop().unwrap_err().to_string(), failure.to_string());
    // Appending is not harmed.
    assert_eq!(log.head().size, 4);
}
