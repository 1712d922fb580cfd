//! Snapshots that are damaged, of another log, of another past, or of what the files beside them are not.

use super::{Counting, Place, Seen, grow};
use crate::scratch::{append, writer};
use lampyris_evidence::key::SigningKey;
use lampyris_log::snapshot::{FORMAT_OFFSET, ROW_BYTES, ROW_VERSION_OFFSET, SECTIONS_OFFSET};
use lampyris_log::{Broken, MemoryShard, OpenError, Options, ReadError, Verify};
use std::fs;
use std::ops::ControlFlow;

/// A store with sixty appends, its snapshot and what it is.
fn sample() -> (Place, Vec<u8>, Seen) {
    let place = Place::new();
    let log = place.writer();
    grow(&log, 0..60);
    drop(log);
    let (bytes, whole) = (fs::read(place.snapshot()).unwrap(), place.whole());
    (place, bytes, whole)
}

/// Opens with these bytes as the snapshot: the log is the same; was the snapshot of use?
#[track_caller]
fn used(place: &Place, bytes: &[u8], whole: &Seen) -> bool {
    fs::write(place.snapshot(), bytes).unwrap();
    let (seen, counting) = place.by_snapshot();
    assert_eq!(&seen, whole);
    let size = whole.head.size;
    assert_eq!(counting.resumed.unwrap_or(0) + counting.taken, size);
    assert_eq!(fs::read(place.snapshot()).unwrap(), bytes, "a reader writes nothing");
    counting.resumed.is_some()
}

#[test]
fn a_snapshot_that_is_missing_cut_or_longer_is_ignored() {
    let (place, bytes, whole) = sample();
    assert!(used(&place, &bytes, &whole));
    let edges = [0, 1, 4, 5, 21, 29, 61, 62, 122, 125, 126, 127];
    let sampled = (0..bytes.len()).step_by(97).chain(bytes.len() - 40..bytes.len());
    for length in edges.into_iter().chain(sampled) {
        assert!(!used(&place, &bytes[..length], &whole), "{length}");
    }
    assert!(!used(&place, &[&bytes[..], &[0]].concat(), &whole));
    fs::remove_file(place.snapshot()).unwrap();
    assert_eq!(place.by_snapshot().0, whole);
    fs::create_dir(place.snapshot()).unwrap();
    assert_eq!(place.by_snapshot().0, whole);
}

#[test]
fn a_snapshot_with_any_byte_flipped_is_ignored() {
    let place = Place::new();
    let log = place.writer();
    grow(&log, 0..3);
    drop(log);
    let (bytes, whole) = (fs::read(place.snapshot()).unwrap(), place.whole());
    assert!(used(&place, &bytes, &whole));
    for at in 0..bytes.len() {
        for mask in [1, 0x80, 0xff] {
            let mut flipped = bytes.clone();
            flipped[at] ^= mask;
            assert!(!used(&place, &flipped, &whole), "byte {at} with {mask}");
        }
    }
}

#[test]
fn a_snapshot_of_another_log_or_of_another_past_is_ignored() {
    let (place, _, whole) = sample();
    // As many records of another log.
    let other = Place::new();
    let log = other.open(Options::writer(crate::scratch::RULES).create([9; 16])).unwrap().0;
    grow(&log, 0..60);
    drop(log);
    assert!(!used(&place, &fs::read(other.snapshot()).unwrap(), &whole));
    // A log with the same id and another past: of fewer records, as many, more.
    for end in [50, 60, 70] {
        let fork = Place::new();
        let log = fork.open(writer()).unwrap().0;
        grow(&log, 0..end);
        drop(log);
        assert!(!used(&place, &fs::read(fork.snapshot()).unwrap(), &whole), "{end}");
    }
}

#[test]
fn a_snapshot_of_more_than_the_store_holds_is_ignored() {
    let place = Place::new();
    let log = place.writer();
    grow(&log, 0..10);
    drop(log);
    let short = copy_of(&place);
    let log = place.writer();
    grow(&log, 10..12);
    drop(log);
    let newer = fs::read(place.snapshot()).unwrap();
    let whole = short.whole();
    assert_eq!(whole.head.size, 21);
    assert!(!used(&short, &newer, &whole));
}

/// A place with the same frames, and nothing beside them.
fn copy_of(place: &Place) -> Place {
    altered(place, |_| {})
}

/// The same, with the bytes of frames changed.
fn altered(place: &Place, alter: impl Fn(&mut (u64, Vec<u8>))) -> Place {
    let shard = MemoryShard::new();
    let frames = lampyris_log::block_on(async {
        use lampyris_log::ShardLog;
        let frames = place.shard.read(0, usize::MAX).await.unwrap();
        let nothing = shard.tail().await.unwrap();
        shard.fence(nothing).await.unwrap();
        frames
    });
    let mut heads = lampyris_log::Frontier::new();
    for frame in frames {
        let mut reader = lampyris_log::frame::FrameReader::new();
        let opened = reader.open(frame.first_sequence, &frame.bytes).unwrap();
        for record in opened.records() {
            heads.push(lampyris_log::Hash::leaf(record.unwrap().bytes));
        }
        let mut pair = (frame.first_sequence, frame.bytes.to_vec());
        alter(&mut pair);
        let (first_sequence, bytes) = (pair.0, pair.1.into());
        let sealed =
            lampyris_log::shard::SealedFrame { first_sequence, bytes, after: heads.head() };
        lampyris_log::block_on(lampyris_log::ShardLog::append(&shard, &[sealed])).unwrap();
    }
    Place { shard, folder: tempfile::tempdir().unwrap() }
}

/// Puts the checksum right again.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let rows = usize::from(bytes[SECTIONS_OFFSET]);
    let end = SECTIONS_OFFSET + 1 + rows * ROW_BYTES;
    let checksum = crc32fast::hash(&bytes[..end]).to_be_bytes();
    bytes[end..end + 4].copy_from_slice(&checksum);
    bytes
}

#[test]
fn a_format_or_version_of_a_newer_program_is_ignored() {
    let (place, bytes, whole) = sample();
    assert!(used(&place, &sealed(bytes.clone()), &whole));
    let version = SECTIONS_OFFSET + 1 + ROW_VERSION_OFFSET + 3;
    for (name, at) in [("format", FORMAT_OFFSET), ("version of the section", version)] {
        let mut newer = bytes.clone();
        newer[at] += 1;
        assert!(!used(&place, &sealed(newer), &whole), "{name}");
    }
}

#[test]
fn tiles_that_are_not_those_of_the_snapshot_are_made_anew() {
    let (place, bytes, _) = sample();
    let log = place.writer();
    for number in 0..200 {
        log.append_blocking(append(number, number % 9, "more")).unwrap();
    }
    drop(log);
    let (bytes, whole) = (fs::read(place.snapshot()).unwrap_or(bytes), place.whole());
    let tiles = place.folder.path().join("tiles").join("0");
    let good = fs::read(&tiles).unwrap();
    assert_eq!(good.len(), 8192);
    assert!(used(&place, &bytes, &whole));
    let mut flipped = good.clone();
    flipped[8191] ^= 1;
    for (what, found) in [("cut", &good[..8191]), ("none", &[][..]), ("flipped", &flipped)] {
        fs::write(&tiles, found).unwrap();
        // A tile that is there is looked at when a proof needs it, and mended then.
        assert_eq!(used(&place, &bytes, &whole), what == "flipped", "{what}");
        assert_eq!(fs::read(&tiles).unwrap(), good, "{what}");
    }
    fs::remove_dir_all(tiles.parent().unwrap()).unwrap();
    assert!(!used(&place, &bytes, &whole));
    assert_eq!(fs::read(&tiles).unwrap(), good);
}

#[test]
fn checkpoints_that_were_not_there_are_compared_and_one_that_lies_is_found() {
    let (place, bytes, whole) = sample();
    let log = place.writer();
    let key = SigningKey::from_seed(log.origin(), [7; 32]).unwrap();
    log.checkpoint(&key).unwrap();
    drop(log);
    // Signed behind the snapshot's back, over records that it holds.
    assert!(used(&place, &bytes, &whole));
    let path = place.folder.path().join("checkpoints");
    // As many records of a fork, signed with the same key.
    let fork = Place::new();
    let log = fork.open(writer()).unwrap().0;
    grow(&log, 100..160);
    assert_eq!(log.head().size, whole.head.size);
    log.checkpoint(&key).unwrap();
    drop(log);
    fs::copy(fork.folder.path().join("checkpoints"), &path).unwrap();
    for verify in [Verify::Whole, Verify::New] {
        match place.open(Options::reader().verify(verify)) {
            Err(OpenError::Broken(Broken::CheckpointDiverged { .. })) => {}
            other => panic!("{verify:?}: {other:?}"),
        }
    }
}

#[test]
fn a_writer_puts_a_good_snapshot_in_the_place_of_a_bad_one() {
    let (place, bytes, whole) = sample();
    fs::write(place.snapshot(), &bytes[..bytes.len() / 2]).unwrap();
    drop(place.writer());
    let (seen, counting) = place.by_snapshot();
    assert_eq!((seen, counting), (whole, Counting { resumed: Some(121), taken: 0 }));
}

/// What was damaged after the snapshot was taken is not noticed by opening by it, and named by who verifies all of it.
#[test]
fn damage_behind_a_snapshot_is_found_by_verifying_the_whole_log() {
    let (place, snapshot, whole) = sample();
    for damaged in [0, 1, 31, 61] {
        let twin = altered(&place, |(first, bytes)| {
            if *first == damaged {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
            }
        });
        fs::write(twin.snapshot(), &snapshot).unwrap();
        for entry in fs::read_dir(place.folder.path().join("tiles")).into_iter().flatten() {
            let (entry, tiles) = (entry.unwrap(), twin.folder.path().join("tiles"));
            fs::create_dir_all(&tiles).unwrap();
            fs::copy(entry.path(), tiles.join(entry.file_name())).unwrap();
        }
        let (log, counting) = twin.open(Options::reader().verify(Verify::New)).unwrap();
        assert_eq!(counting.resumed, Some(whole.head.size));
        let mut verified = 0;
        let found = log.reverify().run(|record| {
            verified = record.record.sequence;
            ControlFlow::Continue(())
        });
        assert!(matches!(found, Err(ReadError::Broken(_))), "{damaged}: {found:?}");
        assert!(verified <= damaged && twin.open(Options::reader()).is_err());
    }
    let (log, _) = place.open(Options::reader().verify(Verify::New)).unwrap();
    assert_eq!(log.reverify().run(|_| ControlFlow::Continue(())).unwrap(), whole.head.size);
}
