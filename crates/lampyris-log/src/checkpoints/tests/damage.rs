//! Damage to the file: the same checkpoints, or a named refusal, or the last entry is taken for a torn write.

use super::disk::{MadeUpDisk, entries};
use super::{Grown, key, open, stored, witness};
use crate::checkpoints::ledger::Ledger;
use crate::error::{Broken, ReadError};

/// A file of every kind of entry, and its log.
fn written() -> (Vec<u8>, Grown) {
    let (disk, mut log) = (MadeUpDisk::with(None), Grown::of(0..3));
    let checkpoints = open(&disk, &log).unwrap();
    checkpoints.sign(&log, &key(1)).unwrap();
    log.grow(3);
    log.grow(4);
    let mut note = checkpoints.sign(&log, &key(1)).unwrap();
    note.add(witness(1).cosign(&note, 5).unwrap()).unwrap();
    checkpoints.add_cosignatures(&note, &[witness(1).verifier().clone()]).unwrap();
    (disk.state().live.unwrap(), log)
}

#[test]
fn a_flipped_bit_is_named_or_takes_the_last_entry_alone() {
    let (bytes, log) = written();
    let all = entries(&bytes);
    let last = bytes.len() - all.last().unwrap().1.len() - 13;
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            let disk = MadeUpDisk::with(Some(changed));
            match open(&disk, &log) {
                Ok(checkpoints) => {
                    assert!(at >= last, "byte {at} bit {bit}");
                    assert_eq!(entries(&disk.state().live.unwrap()), all[..all.len() - 1]);
                    assert_eq!(stored(&checkpoints).unwrap().len(), 2);
                }
                Err(ReadError::Broken(Broken::CheckpointsDamaged { byte, .. })) => {
                    assert!(at < last && byte <= at as u64, "byte {at} bit {bit}: {byte}");
                }
                Err(error) => panic!("byte {at} bit {bit}: {error}"),
            }
        }
    }
}

#[test]
fn a_cut_leaves_the_entries_before_it() {
    let (bytes, log) = written();
    let all = entries(&bytes);
    for length in 0..=bytes.len() {
        let disk = MadeUpDisk::with(Some(bytes[..length].to_vec()));
        let checkpoints = open(&disk, &log).unwrap();
        let kept = entries(&bytes[..length]);
        assert!(all.starts_with(&kept));
        assert_eq!(entries(&disk.state().live.unwrap()), kept);
        assert_eq!(disk.state().live, disk.state().durable);
        // It goes on as if the rest had never been there.
        let note = checkpoints.sign(&log, &key(1)).unwrap();
        assert_eq!(open(&disk, &log).unwrap().last().unwrap(), Some(note));
    }
}

#[test]
fn whatever_follows_the_last_entry_is_dropped() {
    let (bytes, log) = written();
    for rest in [vec![0; 1], vec![0; 4096], b"LMPC".to_vec(), bytes[..40].to_vec()] {
        let disk = MadeUpDisk::with(Some([&bytes[..], &rest].concat()));
        let checkpoints = open(&disk, &log).unwrap();
        assert_eq!(stored(&checkpoints).unwrap().len(), 2);
        assert_eq!(disk.state().durable.unwrap(), bytes);
    }
}

#[test]
fn a_missing_middle_is_named() {
    let (bytes, _) = written();
    for (start, end) in [(0, 13), (0, 60), (100, 130), (250, 300)] {
        let changed = [&bytes[..start], &bytes[end..]].concat();
        assert!(Ledger::read(&changed).is_err(), "without {start} to {end}");
    }
}
