//! A log that lost its store stops: it acknowledges nothing more, and the next owner has all it acknowledged.

use crate::sample::{append, open, records};
use lampyris_log::{AppendError, MemoryShard, Unavailable};
use lampyris_testkit::{Fault, FaultyShard, Script};

fn cause(error: &AppendError) -> &Unavailable {
    match error {
        AppendError::Unavailable(unavailable) => unavailable,
        other => panic!("not unavailable: {other}"),
    }
}

#[test]
fn a_deposed_log_acknowledges_nothing_more() {
    let shard = MemoryShard::new();
    let old = open(shard.share()).unwrap();
    old.append_blocking(append(1, 1)).unwrap();
    let new = open(shard.share()).unwrap();
    let first = old.append_blocking(append(1, 2)).unwrap_err();
    assert!(matches!(cause(&first), Unavailable::NotOwner), "{first}");
    new.append_blocking(append(2, 1)).unwrap();
    for number in [1, 2, 3] {
        let error = old.append_blocking(append(1, number)).unwrap_err();
        assert!(matches!(cause(&error), Unavailable::Poisoned { durable: 3, .. }), "{error}");
    }
    assert!(matches!(old.close(), Err(Unavailable::Poisoned { .. })));
    assert_eq!(records(&old).len(), 2, "what it acknowledged can still be read");
    let ids: Vec<_> = records(&new).iter().map(|record| record.append_id).collect();
    assert_eq!(ids, [append(1, 1).id, append(1, 1).id, append(2, 1).id, append(2, 1).id]);
}

#[test]
fn appends_in_flight_when_ownership_is_lost_are_not_acknowledged() {
    let shard = MemoryShard::new();
    let script = Script::listed([None, None, Some(Fault::LoseOwnership)]);
    let log = open(FaultyShard::new(std::sync::Arc::new(shard.share()), script)).unwrap();
    log.append_blocking(append(1, 0)).unwrap();
    let futures: Vec<_> = (1..20).map(|number| log.append(append(1, number))).collect();
    for future in futures {
        let error = future.wait().unwrap_err();
        cause(&error);
    }
    drop(log);
    let log = open(shard.share()).unwrap();
    assert_eq!(records(&log).len(), 2);
    for number in 0..20 {
        let first = 1 + 2 * u64::from(number);
        assert_eq!(log.append_blocking(append(1, number)).unwrap().sequences, first..first + 2);
    }
}

#[test]
fn a_log_sends_no_more_at_once_than_its_store_takes() {
    let shard = MemoryShard::new();
    let limit = lampyris_log::limits::MAX_FRAME_BYTES;
    let faulty = FaultyShard::new(std::sync::Arc::new(shard.share()), Script::quiet());
    let log = open(faulty.narrow(limit)).unwrap();
    let appends = (0..60).map(|number| {
        let mut append = append(1, number);
        append.events[0].content = noise(20_000, number.into());
        append
    });
    let appends: Vec<_> = appends.collect();
    for result in log.append_group(&appends) {
        result.unwrap();
    }
    assert_eq!(records(&log).len(), 120);
}

fn noise(bytes: usize, seed: u64) -> Vec<u8> {
    let mut state = seed;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(bytes).collect()
}
