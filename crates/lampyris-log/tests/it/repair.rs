//! What opening makes of a journal and a sled that do not agree.
//!
//! What could be lost: acknowledged records, when sled drops its newest segment, when a file comes from an older
//! copy, or when the machine stopped in the middle of a write. A store is copied while it is open, as a crash would
//! leave it, and one of its halves is damaged or exchanged. It must hold because the journal alone says what was
//! acknowledged, covers sled's newest segments, and knows from its later entries that an earlier one was whole.

use crate::scratch::{
    LOG_ID, append, copy, event, keep_guarded_panics_silent, noise, open, records,
};
use lampyris_log::frame::FrameWriter;
use lampyris_log::journal::{DATA_OFFSET, Entry, SEGMENT_NAME, SLOT_BYTES, Slot, SlotState};
use lampyris_log::{Broken, Hash, Head, OpenError, Record, directory};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Appends, one by one, and copies the directory while the log is still open: nothing is in sled yet.
fn crashed(path: &Path, numbers: Range<u8>) -> Vec<Record> {
    let live = path.with_extension("live");
    let log = open(&live).unwrap();
    for number in numbers {
        log.append_blocking(append(number, number % 5, vec![number; 100])).unwrap();
    }
    copy(&live, path);
    records(&log)
}

fn closed(path: &Path, numbers: Range<u8>) -> Vec<Record> {
    let log = open(path).unwrap();
    for number in numbers {
        log.append_blocking(append(number, number % 5, vec![number; 100])).unwrap();
    }
    records(&log)
}

fn segment(path: &Path) -> PathBuf {
    path.join(directory::JOURNAL).join(format!("{SEGMENT_NAME}0"))
}

fn exchange(path: &Path, other: &Path, folder: &str) {
    fs::remove_dir_all(path.join(folder)).unwrap();
    copy(&other.join(folder), &path.join(folder));
}

/// Positions of the entries of a segment, and where they end.
fn entries(bytes: &[u8]) -> Vec<usize> {
    let mut positions = vec![DATA_OFFSET];
    while let Some((entry, _)) = Entry::read(bytes, *positions.last().unwrap()) {
        positions.push(positions.last().unwrap() + entry.bytes());
    }
    positions
}

#[track_caller]
fn broken(path: &Path) -> Broken {
    match open(path) {
        Err(OpenError::Broken(broken)) => broken,
        other => panic!("not broken: {other:?}"),
    }
}

/// Opens, compares, and shows that the log goes on, twice.
#[track_caller]
fn same(path: &Path, expected: &[Record]) {
    for more in 0..2 {
        let log = open(path).unwrap();
        let found = records(&log);
        assert!(found[..expected.len()] == *expected, "other records than were acknowledged");
        assert_eq!(found.len(), expected.len() + more);
        log.append_blocking(append(200, 1, "goes on")).unwrap();
    }
}

#[test]
fn what_sled_never_got_comes_from_the_journal() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let expected = crashed(&path, 0..20);
    same(&path, &expected);
}

#[test]
fn an_older_sled_is_repaired() {
    let scratch = tempfile::tempdir().unwrap();
    let (path, old) = (scratch.path().join("log"), scratch.path().join("old"));
    closed(&path, 0..20);
    copy(&path, &old);
    let expected = closed(&path, 20..40);
    exchange(&path, &old, directory::SLED);
    same(&path, &expected);
}

#[test]
fn an_older_journal_of_a_closed_log_follows_sled() {
    let scratch = tempfile::tempdir().unwrap();
    let (path, old) = (scratch.path().join("log"), scratch.path().join("old"));
    closed(&path, 0..20);
    copy(&path, &old);
    let expected = closed(&path, 20..40);
    exchange(&path, &old, directory::JOURNAL);
    same(&path, &expected);
    // The journal was written anew: it can repair sled again.
    exchange(&path, &old, directory::SLED);
    assert_eq!(open(&path).unwrap().head().size, expected.len() as u64 + 2);
}

#[test]
fn a_sled_of_another_log_has_diverged() {
    let scratch = tempfile::tempdir().unwrap();
    let (path, other) = (scratch.path().join("log"), scratch.path().join("other"));
    let size = closed(&path, 0..20).len() as u64;
    closed(&other, 0..20);
    exchange(&path, &other, directory::SLED);
    assert!(matches!(broken(&path), Broken::LogDiverged { size: s, .. } if s == size));
}

#[test]
fn an_empty_sled_is_filled_from_a_journal_that_holds_everything() {
    keep_guarded_panics_silent();
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let expected = closed(&path, 0..20);
    fs::remove_dir_all(path.join(directory::SLED)).unwrap();
    fs::create_dir(path.join(directory::SLED)).unwrap();
    same(&path, &expected);
    fs::write(path.join(directory::SLED).join("db"), b"no sled at all").unwrap();
    let log = open(&path).unwrap();
    assert!(records(&log)[..expected.len()] == expected);
    assert!(path.join(directory::SET_ASIDE).exists(), "what was there is kept as evidence");
}

#[test]
fn a_cut_write_at_the_end_drops_that_group_alone() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let expected = crashed(&path, 0..6);
    let bytes = fs::read(segment(&path)).unwrap();
    let positions = entries(&bytes);
    let [.., last, end] = positions.as_slice() else { panic!("no entries") };
    for cut in (*last..*end).step_by(7) {
        let copied = scratch.path().join(format!("cut-{cut}"));
        copy(&path, &copied);
        let mut torn = bytes.clone();
        torn[cut..*end].fill(0);
        fs::write(segment(&copied), torn).unwrap();
        same(&copied, &expected[..expected.len() - 1]);
        fs::remove_dir_all(&copied).unwrap();
    }
}

/// sled holds nothing yet, so nothing can stand in for a damaged entry: its successors say that it was there.
#[test]
fn damage_before_the_last_group_is_named() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let expected = crashed(&path, 0..6);
    let bytes = fs::read(segment(&path)).unwrap();
    let positions = entries(&bytes);
    let want = expected.len() as u64 - 1;
    for (number, position) in positions.iter().enumerate().take(positions.len() - 2) {
        for offset in [0, 20, 80, 120] {
            let copied = scratch.path().join("copied");
            copy(&path, &copied);
            let mut damaged = bytes.clone();
            damaged[position + offset] ^= 0x10;
            fs::write(segment(&copied), damaged).unwrap();
            let found = broken(&copied);
            let named = matches!(found, Broken::LogRolledBack { have, want: w }
                if have == number as u64 && w >= want);
            assert!(named, "entry {number}, byte {offset}: {found}");
            fs::remove_dir_all(&copied).unwrap();
        }
    }
}

/// Zeros from some entry on: the slots know what was acknowledged before the last group.
#[test]
fn a_lost_end_of_more_than_one_group_is_named() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let expected = crashed(&path, 0..6);
    let bytes = fs::read(segment(&path)).unwrap();
    let positions = entries(&bytes);
    for (number, position) in positions.iter().enumerate().take(positions.len() - 1) {
        let copied = scratch.path().join("copied");
        copy(&path, &copied);
        let mut damaged = bytes.clone();
        damaged[*position..].fill(0);
        fs::write(segment(&copied), damaged).unwrap();
        if number == positions.len() - 2 {
            same(&copied, &expected[..expected.len() - 1]);
        } else {
            assert!(matches!(broken(&copied), Broken::LogRolledBack { .. }), "entry {number}");
        }
        fs::remove_dir_all(&copied).unwrap();
    }
}

#[test]
fn a_shorter_journal_is_named_unless_nothing_stood_there() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let expected = crashed(&path, 0..6);
    let bytes = fs::read(segment(&path)).unwrap();
    let end = *entries(&bytes).last().unwrap();
    for length in (0..end + 92).step_by(97).chain([end - 1, end, end + 91]) {
        let copied = scratch.path().join("copied");
        copy(&path, &copied);
        fs::write(segment(&copied), &bytes[..length]).unwrap();
        let found = broken(&copied);
        assert!(
            matches!(found, Broken::JournalDamaged { .. } | Broken::JournalMissing { .. }),
            "cut to {length}: {found}"
        );
        fs::remove_dir_all(&copied).unwrap();
    }
    fs::write(segment(&path), &bytes[..end + 92]).unwrap();
    same(&path, &expected);
}

#[test]
fn a_missing_journal_is_named() {
    let scratch = tempfile::tempdir().unwrap();
    closed(scratch.path(), 0..3);
    fs::remove_file(segment(scratch.path())).unwrap();
    assert!(matches!(broken(scratch.path()), Broken::JournalMissing { .. }));
    fs::remove_dir_all(scratch.path().join(directory::JOURNAL)).unwrap();
    assert!(matches!(broken(scratch.path()), Broken::JournalMissing { .. }));
}

/// After a clean close sled holds everything, so the journal may lose any of its entries.
#[test]
fn a_damaged_journal_of_a_closed_log_is_written_anew() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let expected = closed(&path, 0..6);
    let bytes = fs::read(segment(&path)).unwrap();
    for position in entries(&bytes) {
        let copied = scratch.path().join("copied");
        copy(&path, &copied);
        let mut damaged = bytes.clone();
        let end = damaged.len().min(position + 200);
        damaged[position..end].fill(0);
        fs::write(segment(&copied), damaged).unwrap();
        same(&copied, &expected);
        fs::remove_dir_all(&copied).unwrap();
    }
}

/// A group of two entries, the first of them torn: the second stays behind when the log goes on from before it.
#[test]
fn leftovers_of_a_torn_group_are_never_taken_up() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let expected = crashed(&path, 0..6);
    let mut bytes = fs::read(segment(&path)).unwrap();
    let end = *entries(&bytes).last().unwrap();
    let size = expected.len() as u64;
    let mut group = Vec::new();
    for sequence in size..size + 2 {
        let frame = FrameWriter::new().seal(sequence, 1, Hash([1; 32]), &[7; 90]);
        let entry = Entry {
            log_id: LOG_ID,
            generation: 1,
            position: u32::try_from(end + group.len()).unwrap(),
            previous: 0,
            acknowledged: size,
            after: Head { size: sequence + 1, root: Hash([2; 32]) },
            frame: &frame,
        };
        entry.write(&mut group);
    }
    group[10] ^= 1;
    bytes[end..end + group.len()].copy_from_slice(&group);
    fs::write(segment(&path), bytes).unwrap();
    same(&path, &expected);
}

/// An entry that would continue the journal, but for the use of the segment or the log that it names.
#[test]
fn an_entry_of_another_use_or_log_is_never_taken_up() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let expected = crashed(&path, 0..6);
    let bytes = fs::read(segment(&path)).unwrap();
    let positions = entries(&bytes);
    let [.., last, end] = positions.as_slice() else { panic!("no entries") };
    let (newest, previous) = Entry::read(&bytes, *last).unwrap();
    let Head { size, root } = newest.after;
    let frame = FrameWriter::new().seal(size, 1, root, &[7; 90]);
    for (log_id, generation) in [(LOG_ID, 2), ([0; 16], 1)] {
        let entry = Entry {
            log_id,
            generation,
            position: u32::try_from(*end).unwrap(),
            previous,
            acknowledged: size,
            after: Head { size: size + 1, root: Hash([2; 32]) },
            frame: &frame,
        };
        let mut written = Vec::new();
        entry.write(&mut written);
        let copied = scratch.path().join("copied");
        copy(&path, &copied);
        let mut bytes = bytes.clone();
        bytes[*end..end + written.len()].copy_from_slice(&written);
        fs::write(segment(&copied), bytes).unwrap();
        same(&copied, &expected);
        fs::remove_dir_all(&copied).unwrap();
    }
}

/// The slots are as they were when the segment was begun: the entries alone say what was acknowledged.
#[test]
fn entries_prove_what_was_acknowledged_without_the_slots() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    crashed(&path, 0..6);
    let mut bytes = fs::read(segment(&path)).unwrap();
    for counter in 1..3 {
        let acknowledged = Head { size: 0, root: Hash::of(&[]) };
        let (generation, state) = (1, SlotState::Open);
        let slot = Slot { log_id: LOG_ID, generation, counter, acknowledged, state };
        bytes[slot.offset()..slot.offset() + SLOT_BYTES].copy_from_slice(&slot.write());
    }
    let positions = entries(&bytes);
    bytes[positions[4] + 120] ^= 1;
    fs::write(segment(&path), bytes).unwrap();
    let found = broken(&path);
    assert!(matches!(found, Broken::LogRolledBack { have: 4, want: 6.. }), "{found}");
}

/// Far more than the journal covers: its segments are used again, and still repair a sled that lost its newest.
#[test]
fn segments_are_used_again_and_still_cover_sleds_newest() {
    let scratch = tempfile::tempdir().unwrap();
    let (path, old) = (scratch.path().join("log"), scratch.path().join("old"));
    let fill = |first: u64| {
        let log = open(&path).unwrap();
        for number in first..first + 140 {
            let mut large = append(1, 1, noise(50_000, number));
            large.events.extend((1..4).map(|part| event(2, noise(50_000, number * 7 + part))));
            log.append_blocking(large).unwrap();
        }
        log.head()
    };
    fill(0);
    fill(1000);
    copy(&path, &old);
    let head = fill(2000);
    let segments = fs::read_dir(path.join(directory::JOURNAL)).unwrap().count();
    assert!((10..=24).contains(&segments), "{segments} segments for 84 MB of frames");
    exchange(&path, &old, directory::SLED);
    assert_eq!(open(&path).unwrap().head(), head);
    // What the journal has given up cannot be put back.
    let empty = scratch.path().join("empty");
    closed(&empty, 0..1);
    exchange(&path, &empty, directory::SLED);
    assert!(
        matches!(broken(&path), Broken::LogRolledBack { have: 1.., want } if want == head.size)
    );
}
