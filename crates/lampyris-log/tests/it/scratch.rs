//! What the tests share: a log in a scratch directory, short ways to append and to look.
//! Nothing here asserts.

use lampyris_log::{Append, Clock, Log, NewEvent, OpenError, Options, Record, Rules, StreamName};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Once;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

pub(crate) const RULES: Rules = Rules { version: 1, hash: [7; 32] };
pub(crate) const LOG_ID: [u8; 16] = *b"the log's own id";

/// Options of a writer that creates the log if there is none.
pub(crate) fn writer() -> Options {
    Options::writer(RULES).create(LOG_ID)
}

pub(crate) fn open(path: &Path) -> Result<Log, OpenError> {
    Log::open(path, &writer())
}

/// An event of stream `message`/`stream`.
pub(crate) fn event(stream: u8, content: impl Into<Vec<u8>>) -> NewEvent {
    NewEvent {
        stream: StreamName::new("message", [stream; 16]),
        name: "submitted".into(),
        version: 1,
        content: content.into(),
    }
}

/// An append of one event; its id begins with `number` and no other append has it.
pub(crate) fn append(number: u8, stream: u8, content: impl Into<Vec<u8>>) -> Append {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut id = u128::from(NEXT.fetch_add(1, Ordering::Relaxed)).to_be_bytes();
    id[0] = number;
    Append::new(id, "ns1", "submit", "me").event(event(stream, content))
}

/// A clock that stands still where it was set, in nanoseconds.
#[derive(Debug)]
pub(crate) struct SetClock(pub(crate) AtomicI64);

impl Clock for SetClock {
    fn now_ns(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Bytes that do not compress.
pub(crate) fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[2]
    })
    .take(length)
    .collect()
}

/// All records, by a verifying scan from the first one.
pub(crate) fn records(log: &Log) -> Vec<Record> {
    let mut records = Vec::new();
    log.for_each(0, |verified| {
        records.push(verified.record.to_record());
        ControlFlow::Continue(())
    })
    .unwrap();
    records
}

/// Number of samples, scaled by the environment.
pub(crate) fn samples(default: usize) -> usize {
    let scale = std::env::var("LAMPYRIS_TEST_SCALE").ok().and_then(|scale| scale.parse().ok());
    default * scale.unwrap_or(1)
}

/// Keeps the panics silent that the log turns into errors.
pub(crate) fn keep_guarded_panics_silent() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !lampyris_log::is_guarded_panic(info) {
                loud(info);
            }
        }));
    });
}

/// Copies a data directory; holes stay holes.
pub(crate) fn copy(from: &Path, to: &Path) {
    use std::os::unix::fs::FileExt;
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
            continue;
        }
        let bytes = std::fs::read(entry.path()).unwrap();
        let file = std::fs::File::create(&to).unwrap();
        for (block, offset) in bytes.chunks(4096).zip((0..).step_by(4096)) {
            if block.iter().any(|byte| *byte != 0) {
                file.write_all_at(block, offset).unwrap();
            }
        }
        file.set_len(bytes.len() as u64).unwrap();
    }
}
