//! Freeing segments, as the feeder does when it has fallen behind: what remains is a whole journal.

use super::{Journal, SEGMENT_BYTES, read, recover};
use crate::disk::{Disk, StdDisk};
use crate::frame::FrameWriter;
use crate::limits::{JOURNAL_COVER_BYTES, MAX_FRAME_BYTES};
use crate::merkle::{Hash, Head};
use crate::shard::SealedFrame;
use std::sync::Arc;

/// Frames of almost the greatest length, from `first` on, one record each.
fn frames(first: u64, count: u64) -> Vec<SealedFrame> {
    let mut state = 1u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    let noise: Vec<u8> = std::iter::repeat_with(next).take(MAX_FRAME_BYTES - 1000).collect();
    let root = |size: u64| if size == 0 { Hash::of(&[]) } else { Hash::of(&size.to_be_bytes()) };
    let seal = |sequence: u64| SealedFrame {
        first_sequence: sequence,
        bytes: FrameWriter::new().seal(sequence, 1, root(sequence), &noise).into(),
        after: Head { size: sequence + 1, root: root(sequence + 1) },
    };
    (first..first + count).map(seal).collect()
}

/// Three segments are given up at once, then a few appends more take one of them: nothing is missing in between.
#[test]
fn segments_freed_at_once_leave_no_gap() {
    let scratch = tempfile::tempdir().unwrap();
    let disk: Arc<dyn Disk> = Arc::new(StdDisk);
    let mut journal = Journal::create(&disk, scratch.path(), [1; 16]).unwrap();
    let segments = JOURNAL_COVER_BYTES / SEGMENT_BYTES + 5;
    let count = (segments * (SEGMENT_BYTES / MAX_FRAME_BYTES)) as u64;
    for frame in frames(0, count) {
        journal.append(&[frame]).unwrap();
    }
    let mut freed = 0;
    while let Some(segment) = journal.oldest_covered(count) {
        journal.free(segment.generation).unwrap();
        freed += 1;
        whole(&disk, scratch.path(), count);
    }
    assert!(freed > 2, "only {freed} were freed");
    for frame in frames(count, 20) {
        journal.append(&[frame]).unwrap();
    }
    whole(&disk, scratch.path(), count + 20);
}

#[track_caller]
fn whole(disk: &Arc<dyn Disk>, folder: &std::path::Path, size: u64) {
    let (_, found) = read(disk.as_ref(), folder).unwrap();
    let recovery = recover(&found, folder).unwrap();
    assert!(!recovery.damaged, "a whole journal looks damaged");
    assert_eq!(recovery.head.size, size);
}
