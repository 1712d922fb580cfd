//! The program that is killed: this test binary, started by the other tests as a process of its own.
//! It writes a line for what it knows to be durable, and never before it knows.

use crate::child_cursor;
use crate::workload::{DEPTHS, LOG_ID, RULES, Which, signing_key};
use lampyris_log::{
    AppendError, AppendFuture, Cadence, Chain, Disk, DiskFile, Expected, Log, Options, StdDisk,
    StreamName,
};
use std::collections::{HashMap, HashSet, VecDeque};
use std::io::{self, Write};
use std::num::NonZeroU64;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What the program does: `append`, `check` or `acknowledge`.
pub(crate) const TASK: &str = "LAMPYRIS_CRASH_TASK";
/// The data directory.
pub(crate) const DIRECTORY: &str = "LAMPYRIS_CRASH_DIRECTORY";
/// The number of each thread's first append, with commas between them.
pub(crate) const FIRST: &str = "LAMPYRIS_CRASH_FIRST";
/// The number of the last append of each thread; without it there is no end.
pub(crate) const LAST: &str = "LAMPYRIS_CRASH_LAST";
/// Bytes by which each record is larger.
pub(crate) const LARGE: &str = "LAMPYRIS_CRASH_LARGE";
/// The log is signed while it grows: after so many records, and by a thread that does nothing else.
pub(crate) const SIGN: &str = "LAMPYRIS_CRASH_SIGN";
/// After so many syncs of data there are no more: creating and opening the log needs a few.
pub(crate) const UNSYNCED: &str = "LAMPYRIS_CRASH_UNSYNCED";

#[test]
#[ignore = "the program that other tests start"]
fn program() {
    let Ok(task) = std::env::var(TASK) else { return };
    let directory = PathBuf::from(std::env::var(DIRECTORY).unwrap());
    std::panic::set_hook(Box::new(|info| {
        if !lampyris_log::is_guarded_panic(info) {
            say(&format!("panicked {info:?}"));
            std::process::exit(101);
        }
    }));
    // What the test harness has begun to write ends here.
    say("");
    match task.as_str() {
        "append" => append(&directory),
        "check" => check(&directory),
        "acknowledge" => child_cursor::acknowledge(&directory),
        other => panic!("no task {other}"),
    }
}

pub(crate) fn say(line: &str) {
    let mut out = io::stdout().lock();
    if out.write_all(format!("{line}\n").as_bytes()).and_then(|()| out.flush()).is_err() {
        // Nobody listens any more.
        std::process::exit(0);
    }
}

pub(crate) fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap())
}

/// Appends until the end, if there is one, then closes the log.
fn append(directory: &Path) {
    let mut options = Options::writer(RULES).create(LOG_ID);
    if let Some(left) = number(UNSYNCED) {
        options = options.disk(Arc::new(Unsynced { left: Arc::new(AtomicU64::new(left)) }));
    }
    let mut known = HashSet::new();
    let opened = Log::open_with(directory, &options, |verified| {
        known.insert(verified.record.append_id);
    });
    let log = match opened {
        Ok(log) => log,
        Err(error) => return say(&format!("unopened {error:?}")),
    };
    say(&format!("opened {}", log.head().size));
    let records = number(SIGN).and_then(NonZeroU64::new);
    let cadence = Cadence { records, seconds: None };
    let checkpointer = records.map(|_| log.checkpoint_every(signing_key(), cadence).unwrap());
    std::thread::scope(|scope| {
        if checkpointer.is_some() {
            let log = &log;
            scope.spawn(move || sign(log));
        }
        for (thread, depth) in (0..).zip(DEPTHS) {
            let (log, known) = (&log, &known);
            scope.spawn(move || append_from(log, thread, depth, known));
        }
    });
    match log.close() {
        Ok(()) => drop(log),
        Err(error) => return say(&format!("failed {error:?}")),
    }
    say("closed");
}

/// Signs whenever the log grew, and says each checkpoint once it has it, as one line.
fn sign(log: &Log) {
    let mut signed = 0;
    loop {
        while log.head().size == signed {
            std::thread::yield_now();
        }
        match log.checkpoint(&signing_key()) {
            Ok(checkpoint) => {
                signed = checkpoint.checkpoint().head.size;
                say(&format!("signed {}", checkpoint.encode().replace('\n', "|")));
            }
            Err(error) => return say(&format!("failed {error}")),
        }
    }
}

/// One thread: new appends name the versions they expect; those that are in the log already are sent again.
fn append_from(log: &Log, thread: u64, depth: usize, known: &HashSet<[u8; 16]>) {
    let large = usize::try_from(number(LARGE).unwrap_or(0)).unwrap();
    let firsts = std::env::var(FIRST).unwrap_or_default();
    let first = firsts.split(',').nth(usize::try_from(thread).unwrap());
    let first = first.and_then(|first| first.parse().ok()).unwrap_or(0);
    let last = number(LAST).unwrap_or(u64::MAX);
    let mut ends = HashMap::<StreamName, Expected>::new();
    let mut under_way = VecDeque::new();
    for number in first..=last {
        let which = Which { thread, number };
        let mut append = which.append(large);
        if !known.contains(&which.id()) {
            for event in append.events.clone() {
                let stream = event.stream;
                let end =
                    ends.entry(stream.clone()).or_insert_with(|| stored(log, &append, &stream));
                let expected = *end;
                *end = match expected {
                    Expected::Version(version) => Expected::Version(version + 1),
                    Expected::NoStream | Expected::Any => Expected::Version(0),
                };
                append = append.expect(stream, expected);
            }
        }
        under_way.push_back((which, log.append(append)));
        if under_way.len() >= depth && !under_way.pop_front().is_some_and(settle) {
            return;
        }
    }
    under_way.into_iter().all(settle);
}

fn stored(log: &Log, append: &lampyris_log::Append, stream: &StreamName) -> Expected {
    let tail = log.tail(&append.namespace, &stream.kind, &stream.id);
    tail.map_or(Expected::NoStream, |tail| Expected::Version(tail.events - 1))
}

/// Waits for an answer and says it; false after a failure.
fn settle((which, future): (Which, AppendFuture)) -> bool {
    let Which { thread, number } = which;
    match future.wait() {
        Ok(appended) => say(&format!("ack {thread} {number} {}", appended.sequences.start)),
        Err(AppendError::Refused(refused)) => {
            say(&format!("refused {thread} {number}: {refused}"));
            return false;
        }
        Err(error) => {
            say(&format!("failed {thread} {number}: {error}"));
            return false;
        }
    }
    true
}

/// Opens a log, reads all of it, and shows that it can go on: appends, closes, opens again.
fn check(directory: &Path) {
    let options = Options::writer(RULES);
    let log = match Log::open(directory, &options) {
        Ok(log) => log,
        Err(error) => return say(&format!("unopened {error:?}")),
    };
    let (head, read) = (log.head(), reread(&log));
    say(&format!("found {} {}", head.size, head.root));
    assert_eq!(read, head, "what is read is not what opening says");
    let which = Which { thread: 0, number: u64::MAX };
    let appended = log.append_blocking(which.append(0)).unwrap();
    assert_eq!(appended.sequences.start, head.size);
    let head = log.head();
    log.close().unwrap();
    drop(log);
    let log = Log::open(directory, &options).unwrap();
    assert_eq!((log.head(), reread(&log)), (head, head), "it does not go on");
    say("healthy");
}

/// Size and root of what a scan gives, computed here.
fn reread(log: &Log) -> lampyris_log::Head {
    let mut chain = Chain::default();
    log.for_each(0, |verified| {
        chain.leaf(verified.bytes);
        ControlFlow::Continue(())
    })
    .unwrap();
    chain.head()
}

/// The machine's disk, without the sync that an acknowledgement stands on once some have been made.
#[derive(Debug)]
struct Unsynced {
    left: Arc<AtomicU64>,
}

#[derive(Debug)]
struct UnsyncedFile(Box<dyn DiskFile>, Arc<AtomicU64>);

impl Disk for Unsynced {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        StdDisk.create_dir(path)
    }
    fn open(&self, path: &Path, create: bool) -> io::Result<Box<dyn DiskFile>> {
        let file = StdDisk.open(path, create)?;
        Ok(Box::new(UnsyncedFile(file, Arc::clone(&self.left))))
    }
    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn DiskFile>>> {
        StdDisk.lock(path)
    }
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        StdDisk.sync_dir(path)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        StdDisk.rename(from, to)
    }
    fn remove_file(&self, path: &Path) -> io::Result<()> {
        StdDisk.remove_file(path)
    }
    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        StdDisk.remove_dir_all(path)
    }
    fn list(&self, path: &Path) -> io::Result<Option<Vec<PathBuf>>> {
        StdDisk.list(path)
    }
    fn exists(&self, path: &Path) -> io::Result<bool> {
        StdDisk.exists(path)
    }
}

impl DiskFile for UnsyncedFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(buffer, offset)
    }
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_at(bytes, offset)
    }
    fn sync_data(&self) -> io::Result<()> {
        let left = |left: u64| left.checked_sub(1);
        match self.1.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left) {
            Ok(_) => self.0.sync_data(),
            Err(_) => Ok(()),
        }
    }
    fn sync_all(&self) -> io::Result<()> {
        self.0.sync_all()
    }
    fn set_len(&self, length: u64) -> io::Result<()> {
        self.0.set_len(length)
    }
}
