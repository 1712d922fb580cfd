//! What any store must do, a rule a function; [`shard_contract!`](crate::shard_contract) makes each a test of its own.
//! No rule asks for more than the trait promises, and each takes a fresh store.

use crate::frames::Frames;
use crate::polling::{Polled, wait};
use lampyris_log::shard::{Durability, SealedFrame, ShardError, ShardLog, StoredFrame};
use lampyris_log::{Head, limits};
use std::sync::Arc;

/// A store that is held against the contract.
pub trait Subject {
    /// A fresh, empty store.
    fn fresh() -> Self;

    /// A handle on the store; none if it can have but one at a time and there is one.
    fn open(&self) -> Option<Arc<dyn ShardLog>>;
}

/// Tests that a [`Subject`](crate::contract::Subject) keeps the contract, a test a rule, in a module of this name.
///
/// `shard_contract!(memory, Memory);` in a file of tests is all it takes.
#[macro_export]
macro_rules! shard_contract {
    ($module:ident, $subject:ty) => {
        mod $module {
            use super::*;
            $crate::shard_contract! { @ $subject:
                a_new_store_is_empty
                frames_come_back_byte_for_byte_in_order
                the_frame_that_holds_a_record_is_found
                reading_keeps_to_its_bytes
                a_gap_is_a_conflict_and_nothing_is_kept
                another_frame_is_a_conflict_and_nothing_is_kept
                a_conflict_behind_good_frames_keeps_none_of_them
                the_same_frames_again_are_kept_once
                what_is_half_there_is_completed
                the_tail_never_lessens
                what_is_durable_is_there_after_reopening
                nobody_appends_before_taking_over
                taking_over_deposes_the_owner
                taking_over_at_another_end_is_a_conflict
                a_follower_wakes_and_misses_nothing
                capabilities_are_honest
            }
        }
    };
    (@ $subject:ty: $($rule:ident)+) => {
        $(
            #[test]
            fn $rule() {
                $crate::contract::$rule(&<$subject as $crate::contract::Subject>::fresh());
            }
        )+
    };
}

/// A new store says that it holds nothing, holds nothing, and says so again when it was opened again.
pub fn a_new_store_is_empty(subject: &impl Subject) {
    for _ in 0..2 {
        let shard = subject.open().unwrap();
        assert_eq!(wait(shard.tail()).unwrap(), Frames::new().head());
        assert_eq!(wait(shard.read(0, 1 << 20)).unwrap(), []);
    }
}

/// Also many of them, of many sizes, appended alone and together.
pub fn frames_come_back_byte_for_byte_in_order(subject: &impl Subject) {
    let (shard, mut frames) = owned(subject);
    let mut kept = Vec::new();
    for group in 1..8u32 {
        let group: Vec<_> =
            (0..group).map(|index| frames.next(index * group + 1, "some")).collect();
        keep(&shard, &group).unwrap();
        kept.extend(group);
    }
    let large = frames.next_noise(50_000);
    keep(&shard, std::slice::from_ref(&large)).unwrap();
    kept.push(large);
    keep(&shard, &[]).unwrap();
    assert_eq!(all(&shard), stored(&kept));
    assert_eq!(wait(shard.tail()).unwrap(), frames.head());
}

/// Every record of a frame leads to the frame, and the sequence after the last one to nothing.
pub fn the_frame_that_holds_a_record_is_found(subject: &impl Subject) {
    let (shard, kept) = with_frames(subject, &[3, 1, 5]);
    for frame in &kept {
        for sequence in frame.first_sequence..frame.after.size {
            let found = wait(shard.read(sequence, 1)).unwrap();
            assert_eq!(found, stored(std::slice::from_ref(frame)), "record {sequence}");
        }
    }
    assert_eq!(wait(shard.read(9, 1 << 20)).unwrap(), []);
    assert_eq!(wait(shard.read(u64::MAX, 1)).unwrap(), []);
}

/// A read gives one frame in any case, and otherwise no more bytes than were asked for.
pub fn reading_keeps_to_its_bytes(subject: &impl Subject) {
    let (shard, kept) = with_frames(subject, &[3, 1, 5, 2, 2]);
    let total: usize = kept.iter().map(|frame| frame.bytes.len()).sum();
    for bytes in 0..=total + 1 {
        let found = wait(shard.read(0, bytes)).unwrap();
        let taken: usize = found.iter().map(|frame| frame.bytes.len()).sum();
        assert!(!found.is_empty() && (found.len() == 1 || taken <= bytes), "{taken} of {bytes}");
        assert!(stored(&kept).starts_with(&found));
    }
}

/// A frame that does not begin where the store ends is refused, and the store says where it ends.
pub fn a_gap_is_a_conflict_and_nothing_is_kept(subject: &impl Subject) {
    let (shard, mut frames) = owned(subject);
    let (first, second) = (frames.next(2, "first"), frames.next(1, "second"));
    conflict(&shard, std::slice::from_ref(&second), 0);
    keep(&shard, std::slice::from_ref(&first)).unwrap();
    let third = frames.next(1, "third");
    conflict(&shard, &[third], 2);
    assert_eq!(all(&shard), stored(std::slice::from_ref(&first)));
    keep(&shard, std::slice::from_ref(&second)).unwrap();
    assert_eq!(all(&shard), stored(&[first, second]));
}

/// Where a frame stands, no other is taken for it: of other bytes, or beginning inside it.
pub fn another_frame_is_a_conflict_and_nothing_is_kept(subject: &impl Subject) {
    let (shard, mut frames) = owned(subject);
    let (mut other, mut inside) = (frames.clone(), frames.clone());
    let kept = frames.next(3, "kept");
    keep(&shard, std::slice::from_ref(&kept)).unwrap();
    conflict(&shard, &[other.next(3, "lost")], 3);
    inside.next(1, "inside");
    conflict(&shard, &[inside.next(2, "inside")], 3);
    assert_eq!(all(&shard), stored(&[kept]));
}

/// Frames are kept all or none, wherever the fault among them is.
pub fn a_conflict_behind_good_frames_keeps_none_of_them(subject: &impl Subject) {
    let (shard, mut frames) = owned(subject);
    let (good, _skipped, behind) = (frames.next(1, "a"), frames.next(1, "b"), frames.next(1, "c"));
    conflict(&shard, &[good, behind], 0);
    assert_eq!(all(&shard), []);
    assert_eq!(wait(shard.tail()).unwrap().size, 0);
}

/// Sending again, at once or much later, some or all, is answered as the first time and changes nothing.
pub fn the_same_frames_again_are_kept_once(subject: &impl Subject) {
    let (shard, kept) = with_frames(subject, &[3, 1, 5, 2]);
    let tail = wait(shard.tail()).unwrap();
    for again in [&kept[..], &kept[2..], &kept[..1], &kept[1..3]] {
        keep(&shard, again).unwrap();
    }
    assert_eq!(wait(shard.tail()).unwrap(), tail);
    assert_eq!(all(&shard), stored(&kept));
}

/// Frames of which the first are there already are completed by the others.
pub fn what_is_half_there_is_completed(subject: &impl Subject) {
    let (shard, mut frames) = owned(subject);
    let group = [frames.next(1, "a"), frames.next(2, "b"), frames.next(3, "c")];
    keep(&shard, &group[..1]).unwrap();
    keep(&shard, &group).unwrap();
    assert_eq!(all(&shard), stored(&group));
}

/// After each append, of any outcome, the tail is what was acknowledged.
pub fn the_tail_never_lessens(subject: &impl Subject) {
    let (shard, mut frames) = owned(subject);
    for number in 0..10 {
        let mut other = frames.clone();
        keep(&shard, &[frames.next(2, "kept")]).unwrap();
        assert_eq!(wait(shard.tail()).unwrap(), frames.head());
        conflict(&shard, &[other.next(1, "other")], 2 * number + 2);
        assert_eq!(wait(shard.tail()).unwrap(), frames.head());
    }
}

/// A store that survives its process gives everything back, closed cleanly, as often as it is opened.
pub fn what_is_durable_is_there_after_reopening(subject: &impl Subject) {
    let (mut shard, mut kept) = with_frames(subject, &[3, 1]);
    if shard.capabilities().durability == Durability::Process {
        return;
    }
    let mut frames = Frames::new();
    for records in [3, 1] {
        frames.next(records, "frame");
    }
    for _ in 0..3 {
        drop(shard);
        shard = subject.open().unwrap();
        assert_eq!(wait(shard.tail()).unwrap(), frames.head());
        assert_eq!(all(&shard), stored(&kept));
        wait(shard.fence(frames.head())).unwrap();
        kept.push(frames.next(2, "more"));
        keep(&shard, &kept).unwrap();
        assert_eq!(all(&shard), stored(&kept));
    }
}

/// A handle that has not taken the log over cannot write to it.
pub fn nobody_appends_before_taking_over(subject: &impl Subject) {
    let shard = subject.open().unwrap();
    let answer = keep(&shard, &[Frames::new().next(1, "early")]);
    assert!(matches!(answer, Err(ShardError::NotOwner)), "{answer:?}");
    assert_eq!(all(&shard), []);
}

/// Two handles never write both: the second one is not to be had, or its taking over ends the first one's writing.
pub fn taking_over_deposes_the_owner(subject: &impl Subject) {
    let (old, mut frames) = owned(subject);
    let kept = frames.next(2, "the old owner's");
    keep(&old, std::slice::from_ref(&kept)).unwrap();
    let Some(new) = subject.open() else { return };
    wait(new.fence(frames.head())).unwrap();
    let next = frames.next(1, "the new owner's");
    for frame in [&kept, &next] {
        let answer = keep(&old, std::slice::from_ref(frame));
        assert!(matches!(answer, Err(ShardError::NotOwner)), "{answer:?}");
    }
    assert_eq!(all(&new), stored(std::slice::from_ref(&kept)));
    keep(&new, std::slice::from_ref(&next)).unwrap();
    assert_eq!(all(&old), stored(&[kept, next]));
}

/// Who verified another end than the store's does not get the log, and the store stays as it is.
pub fn taking_over_at_another_end_is_a_conflict(subject: &impl Subject) {
    let (shard, kept) = with_frames(subject, &[2, 1]);
    let tail = wait(shard.tail()).unwrap();
    let other = Frames::new().head().root;
    for end in [kept[0].after, Head { size: 4, ..tail }, Head { root: other, ..tail }] {
        let answer = wait(shard.fence(end));
        assert!(matches!(answer, Err(ShardError::Conflict { tail: 3 })), "{answer:?} at {end:?}");
        assert_eq!(wait(shard.tail()).unwrap(), tail);
    }
    wait(shard.fence(tail)).unwrap();
    assert_eq!(all(&shard), stored(&kept));
}

/// A follower is woken by the append it waits for, not before, and reads it; one that is late does not wait.
pub fn a_follower_wakes_and_misses_nothing(subject: &impl Subject) {
    let (shard, mut frames) = owned(subject);
    let mut kept = Vec::new();
    for size in [0, 2, 4] {
        let mut follower = Polled::new(shard.follow(size));
        let mut far = Polled::new(shard.follow(size + 2));
        assert!(follower.poll().is_none() && far.poll().is_none());
        kept.push(frames.next(2, "followed"));
        keep(&shard, &kept[kept.len() - 1..]).unwrap();
        assert_eq!(follower.poll().unwrap().unwrap(), frames.head());
        assert!(far.poll().is_none(), "there are no more than {} records", size + 2);
        assert_eq!(wait(shard.read(size, 1 << 20)).unwrap(), stored(&kept[kept.len() - 1..]));
        assert_eq!(wait(shard.follow(0)).unwrap(), frames.head());
    }
}

/// They do not change, the largest frame fits, and as many bytes as promised are taken at once.
pub fn capabilities_are_honest(subject: &impl Subject) {
    let (shard, mut frames) = owned(subject);
    let promised = shard.capabilities();
    assert!(promised.append_bytes >= limits::MAX_FRAME_BYTES);
    let (mut group, mut room) = (Vec::new(), promised.append_bytes.min(4 << 20));
    while room > 100 {
        let frame = frames.next_noise((room - 80).min(50_000));
        room = room.saturating_sub(frame.bytes.len());
        group.push(frame);
    }
    keep(&shard, &group).unwrap();
    assert_eq!(all(&shard), stored(&group));
    assert_eq!(shard.capabilities(), promised);
}

/// Sends frames until the store says what became of them, as a log does.
fn keep(shard: &Arc<dyn ShardLog>, frames: &[SealedFrame]) -> Result<(), ShardError> {
    for _ in 0..100 {
        match wait(shard.append(frames)) {
            Err(ShardError::Unknown) => {}
            answer => return answer,
        }
    }
    Err(ShardError::Unknown)
}

fn conflict(shard: &Arc<dyn ShardLog>, frames: &[SealedFrame], end: u64) {
    match keep(shard, frames) {
        Err(ShardError::Conflict { tail }) => assert_eq!(tail, end),
        answer => panic!("no conflict: {answer:?}"),
    }
}

/// A fresh store that was taken over.
fn owned(subject: &impl Subject) -> (Arc<dyn ShardLog>, Frames) {
    let (shard, frames) = (subject.open().unwrap(), Frames::new());
    wait(shard.fence(frames.head())).unwrap();
    (shard, frames)
}

/// The same, with frames of so many records.
fn with_frames(subject: &impl Subject, records: &[u32]) -> (Arc<dyn ShardLog>, Vec<SealedFrame>) {
    let (shard, mut frames) = owned(subject);
    let kept: Vec<_> = records.iter().map(|records| frames.next(*records, "frame")).collect();
    keep(&shard, &kept).unwrap();
    (shard, kept)
}

fn stored(frames: &[SealedFrame]) -> Vec<StoredFrame> {
    let stored = frames.iter().map(|frame| StoredFrame {
        first_sequence: frame.first_sequence,
        bytes: Arc::clone(&frame.bytes),
    });
    stored.collect()
}

/// All frames, read piece by piece.
fn all(shard: &Arc<dyn ShardLog>) -> Vec<StoredFrame> {
    let (mut found, mut next) = (Vec::new(), 0);
    loop {
        let read = wait(shard.read(next, 10_000)).unwrap();
        let Some(last) = read.last() else { return found };
        let mut reader = lampyris_log::frame::FrameReader::new();
        let end = reader.open(last.first_sequence, &last.bytes).unwrap();
        next = last.first_sequence + u64::from(end.count);
        found.extend(read);
    }
}
