//! Any number of threads find in a log what one does: the same records, and the same first fault.
//!
//! Frames of zeros are long where they count and short where they are stored, so that small logs make many batches.

use crate::scratch::{LOG_ID, RULES, append, samples, writer};
use crate::verify::frames;
use async_trait::async_trait;
use lampyris_log::shard::{Capabilities, SealedFrame, StoredFrame};
use lampyris_log::{
    Hash, Head, Identity, Log, MemoryShard, Options, OwnEvent, ReadError, Record, ShardError,
    ShardLog, StreamName, Unavailable, Verifier, block_on,
};
use parking_lot::Mutex;
use proptest::prelude::*;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Content of which no two make one batch.
const LONG: usize = 50_000;

/// A store that says what it is told to.
#[derive(Debug, Clone)]
struct Fixed {
    frames: Arc<Mutex<Vec<StoredFrame>>>,
    tail: Head,
    /// Most frames that it gives at a time.
    at_a_time: usize,
    /// It cannot be read from this record on.
    broken_from: u64,
}

#[async_trait]
impl ShardLog for Fixed {
    fn capabilities(&self) -> Capabilities {
        MemoryShard::new().capabilities()
    }

    async fn tail(&self) -> Result<Head, ShardError> {
        Ok(self.tail)
    }

    async fn fence(&self, _end: Head) -> Result<(), ShardError> {
        Ok(())
    }

    async fn append(&self, _frames: &[SealedFrame]) -> Result<(), ShardError> {
        Err(ShardError::NotOwner)
    }

    async fn read(&self, from: u64, _bytes: usize) -> Result<Vec<StoredFrame>, ReadError> {
        if from >= self.broken_from {
            return Err(Unavailable::NotOwner.into());
        }
        let frames = self.frames.lock();
        let holds = |stored: &&StoredFrame| {
            stored.first_sequence >= from || lampyris_log::frame::may_hold(&stored.bytes, from)
        };
        Ok(frames.iter().filter(holds).take(self.at_a_time).cloned().collect())
    }

    async fn follow(&self, _size: u64) -> Result<Head, ShardError> {
        Ok(self.tail)
    }
}

/// Each record that was handed out: its sequence, its leaf, its stream.
type Found = Vec<(u64, Hash, u32)>;

impl Fixed {
    fn new(stored: Vec<(u64, Vec<u8>)>, at_a_time: usize) -> Fixed {
        let stored = stored.into_iter();
        let frames = stored
            .map(|(first_sequence, bytes)| StoredFrame { first_sequence, bytes: bytes.into() });
        let frames = Arc::new(Mutex::new(frames.collect()));
        let tail = Head { size: 0, root: Hash::of(&[]) };
        Fixed { frames, tail, at_a_time, broken_from: u64::MAX }
    }

    /// What opening finds on so many threads: every record that it hands out, and how it ends.
    fn opened(&self, threads: usize) -> (Found, Result<Head, String>) {
        let mut found = Vec::new();
        let options = Options::exclusive().verify_threads(threads);
        let log = Log::open_prepared_on(
            Arc::new(self.clone()),
            &options,
            |record| record.sequence,
            |verified, prepared| {
                assert_eq!(prepared, verified.record.sequence, "another record's");
                found.push((prepared, verified.leaf, verified.stream.0));
            },
        );
        let ended = log.map(|log| log.head()).map_err(|error| format!("{error:?}"));
        (found, ended)
    }

    /// The same by frames that are verified one after the other.
    fn verified(&self) -> (Found, Option<String>) {
        let (mut found, mut verifier) = (Vec::new(), Verifier::new());
        for stored in self.frames.lock().iter() {
            let flow = verifier.frame(stored.first_sequence, &stored.bytes, |verified| {
                found.push((verified.record.sequence, verified.leaf, verified.stream.0));
                ControlFlow::Continue(())
            });
            if let Err(corrupt) = flow {
                return (found, Some(format!("Broken(Corrupt({corrupt:?}))")));
            }
        }
        (found, None)
    }

    #[track_caller]
    fn is_the_same_on_any_number_of_threads(&self) {
        let (found, ended) = self.opened(1);
        let (verified, fault) = self.verified();
        assert!(found == verified, "{} records and {}", found.len(), verified.len());
        assert_eq!(ended.as_ref().err(), fault.as_ref());
        for threads in [2, 3] {
            let (others, other_end) = self.opened(threads);
            assert_eq!(other_end, ended, "{threads} threads");
            assert!(others == found, "{threads} threads: {} and {}", others.len(), found.len());
        }
    }
}

/// A log of seven appends in a store, some of them long.
fn log() -> (Log, Fixed) {
    let shard = MemoryShard::new();
    let log = Log::open_on(Arc::new(shard.share()), &writer(), |_| {}).unwrap();
    for number in 0..7u8 {
        let length = if number % 3 == 2 { 10 } else { LONG };
        log.append_blocking(append(number, number % 3, vec![0; length])).unwrap();
    }
    let stored = block_on(shard.read(0, usize::MAX)).unwrap();
    assert_eq!(stored.len(), 8);
    let mut fixed = Fixed::new(Vec::new(), usize::MAX);
    fixed.frames = Arc::new(Mutex::new(stored));
    fixed.tail = log.head();
    (log, fixed)
}

#[test]
fn every_flipped_byte_is_found_alike() {
    let (_log, fixed) = log();
    let whole = fixed.opened(1);
    assert_eq!(whole.1, Ok(fixed.tail));
    assert_eq!(fixed.opened(2), whole);
    let good = fixed.frames.lock().clone();
    // A batch that begins with the damage, one that ends with it, and those behind.
    for (at, frame) in good.iter().enumerate() {
        for byte in 0..frame.bytes.len() {
            let mut damaged = frame.bytes.to_vec();
            damaged[byte] ^= 1 << (byte % 8);
            fixed.frames.lock()[at].bytes = damaged.into();
            let one = fixed.opened(1);
            assert!(one.1.is_err(), "frame {at}, byte {byte}");
            assert_eq!(one.0, whole.0[..at], "frame {at}, byte {byte}");
            assert_eq!(fixed.opened(2), one, "frame {at}, byte {byte}");
        }
        fixed.frames.lock()[at] = frame.clone();
    }
}

#[test]
fn a_scan_on_threads_hands_out_what_a_scan_does() {
    let (_, fixed) = log();
    let log = Log::open_on(Arc::new(fixed.clone()), &Options::exclusive(), |_| {}).unwrap();
    let good = fixed.frames.lock().clone();
    let on = |threads, stop: u64| {
        let mut found = Vec::new();
        let next = log.for_each_on(
            threads,
            |record| record.sequence,
            |verified, prepared| {
                found.push((verified.record.to_record(), verified.stream, prepared));
                if prepared == stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        );
        (found, next.map_err(|error| format!("{error:?}")))
    };
    let plain = |stop: u64| {
        let mut found = Vec::new();
        let next = log.for_each(0, |verified| {
            let record = verified.record.to_record();
            found.push((record, verified.stream, verified.record.sequence));
            if verified.record.sequence == stop {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        (found, next.map_err(|error| format!("{error:?}")))
    };
    let check = || {
        for stop in [0, 3, 7, u64::MAX] {
            let expected = plain(stop);
            for threads in [0, 1, 2, 3] {
                assert!(on(threads, stop) == expected, "{threads} threads, to {stop}");
            }
        }
    };
    check();
    assert_eq!(on(2, u64::MAX).1, Ok(8));
    let mut damaged = good[5].bytes.to_vec();
    *damaged.last_mut().unwrap() ^= 1;
    fixed.frames.lock()[5].bytes = damaged.into();
    check();
    assert_eq!(on(2, u64::MAX).0.len(), 5);
    // The store has lost its end.
    *fixed.frames.lock() = good[..6].to_vec();
    check();
    assert!(on(2, u64::MAX).1.is_err());
}

#[test]
fn a_store_that_fails_is_reported_after_what_it_gave() {
    let (_log, mut fixed) = log();
    for at_a_time in [1, 3] {
        for broken_from in 0..8 {
            (fixed.at_a_time, fixed.broken_from) = (at_a_time, broken_from);
            let one = fixed.opened(1);
            assert!(one.1.is_err());
            assert!(one.0.len() as u64 >= broken_from);
            assert_eq!(fixed.opened(2), one);
        }
    }
}

/// Nobody is left waiting for the turn of a thread that panicked.
#[test]
fn a_panic_of_the_consumer_reaches_the_caller() {
    let (_, fixed) = log();
    let log = Log::open_on(Arc::new(fixed), &Options::exclusive(), |_| {}).unwrap();
    let panics = |threads, in_prepare, at| {
        catch_unwind(AssertUnwindSafe(|| {
            let panic = |sequence: u64, here| {
                // Raised past the hook, which would print it.
                if here && sequence == at {
                    std::panic::resume_unwind(Box::new("told so"));
                }
            };
            log.for_each_on(
                threads,
                |record| panic(record.sequence, in_prepare),
                |verified, ()| {
                    panic(verified.record.sequence, !in_prepare);
                    ControlFlow::Continue(())
                },
            )
        }))
    };
    for threads in [1, 2, 3] {
        for at in 0..8 {
            for in_prepare in [false, true] {
                let payload = panics(threads, in_prepare, at).unwrap_err();
                assert_eq!(payload.downcast_ref(), Some(&"told so"));
            }
        }
        assert_eq!(panics(threads, true, 8).unwrap().unwrap(), 8);
    }
}

/// A change of one record that leaves every checksum right.
#[derive(Debug, Clone, Copy)]
enum Lie {
    Sequence,
    Version,
    Previous,
    Time,
    AppendIndex,
    AppendCount,
    Namespace,
    Kind,
    RootBefore,
}

/// A log of frames of one to three records, of lengths that make batches of every kind.
fn made(frames: &[Vec<(u8, usize)>]) -> Vec<Vec<Record>> {
    let (origin, recoveries) = ("acme".into(), Vec::new());
    let identity = Identity { log_id: LOG_ID, origin, rules: RULES, layout: 2, recoveries };
    let own = StreamName::new("log", LOG_ID);
    let mut tails = vec![(own, 0, None::<u64>)];
    let mut sequence = 0;
    let mut record = |stream: usize, index: usize, count: usize, content: Vec<u8>| {
        while tails.len() <= stream {
            let id = [u8::try_from(tails.len()).unwrap(); 16];
            tails.push((StreamName::new("message", id), 0, None));
        }
        let (name, version, previous) = &mut tails[stream];
        let record = Record {
            sequence,
            namespace: if stream == 0 { String::new() } else { "ns1".into() },
            stream: name.clone(),
            version: *version,
            previous: previous.replace(sequence),
            append_id: [1; 16],
            append_index: u32::try_from(index).unwrap(),
            append_count: u32::try_from(count).unwrap(),
            command: "submit".into(),
            actor: "me".into(),
            time: i64::try_from(sequence).unwrap() * 10,
            claims: vec![],
            event: if stream == 0 { "opened".into() } else { "submitted".into() },
            event_version: 1,
            content,
        };
        *version += 1;
        sequence += 1;
        record
    };
    let mut log = vec![vec![record(0, 0, 1, OwnEvent::Opened(identity).encode())]];
    for frame in frames {
        let records = frame.iter().enumerate();
        let of = |(index, (stream, length)): (usize, &(u8, usize))| {
            record(usize::from(*stream) + 1, index, frame.len(), vec![0; *length])
        };
        log.push(records.map(of).collect());
    }
    log
}

fn tell(lie: Lie, record: &mut Record) {
    match lie {
        Lie::Sequence => record.sequence += 1,
        Lie::Version => record.version += 1,
        Lie::Previous => record.previous = Some(record.previous.map_or(0, |last| last + 1)),
        Lie::Time => record.time -= 1_000,
        Lie::AppendIndex => record.append_index += 1,
        Lie::AppendCount => record.append_count += 1,
        Lie::Namespace => record.namespace.clear(),
        Lie::Kind => record.stream.kind = "k".repeat(200).into(),
        Lie::RootBefore => {}
    }
}

fn lies() -> impl Strategy<Value = Lie> {
    prop::sample::select(vec![
        Lie::Sequence,
        Lie::Version,
        Lie::Previous,
        Lie::Time,
        Lie::AppendIndex,
        Lie::AppendCount,
        Lie::Namespace,
        Lie::Kind,
        Lie::RootBefore,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(u32::try_from(samples(64)).unwrap()))]

    #[test]
    fn any_log_is_verified_alike(
        frames_of in prop::collection::vec(
            prop::collection::vec((0..4u8, prop_oneof![0..300_usize, 20_000..LONG]), 1..4),
            0..12,
        ),
        told in prop::collection::vec((lies(), any::<prop::sample::Index>()), 0..3),
        flipped in prop::option::of((any::<prop::sample::Index>(), any::<prop::sample::Index>())),
        lost in prop::option::of(any::<prop::sample::Index>()),
        at_a_time in 1..5_usize,
    ) {
        let mut log = made(&frames_of);
        let mut wrong_root = None;
        for (lie, at) in told {
            let frame = at.index(log.len());
            if let Lie::RootBefore = lie {
                wrong_root = Some(log[frame][0].sequence);
            }
            let last = log[frame].len() - 1;
            tell(lie, &mut log[frame][last]);
        }
        let mut stored = frames(&log, |first, root| {
            if wrong_root == Some(first) { Hash([9; 32]) } else { root }
        });
        if let Some((frame, byte)) = flipped {
            let frame = frame.index(stored.len());
            let byte = byte.index(stored[frame].1.len());
            stored[frame].1[byte] ^= 0x10;
        }
        if let Some(lost) = lost.filter(|_| stored.len() > 1) {
            stored.remove(lost.index(stored.len()));
        }
        Fixed::new(stored, at_a_time).is_the_same_on_any_number_of_threads();
    }
}
