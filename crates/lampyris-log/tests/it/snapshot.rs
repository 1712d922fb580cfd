//! Opening by a snapshot against opening without one: whatever the file holds, the log is the same.

mod damage;

use crate::scratch::{LOG_ID, RULES, append, event, open, records, writer};
use lampyris_log::snapshot::{Consumer, Snapshot, Unfit};
use lampyris_log::{
    Append, AppendError, Claim, Log, MemoryShard, OpenError, Options, Refused, ShardLog,
    StreamName, VerifiedRecord, Verify, directory,
};
use std::path::Path;
use std::sync::Arc;

/// What a log shows of all that a snapshot holds.
#[derive(Debug, PartialEq)]
pub(crate) struct Seen {
    head: lampyris_log::Head,
    origin: String,
    rules: u32,
    bytes: u64,
    kinds: Vec<(String, u64, u64)>,
    counts: (usize, usize),
    tails: Vec<Option<lampyris_log::Tail>>,
    claims: Vec<Option<u64>>,
    roots: Vec<Option<lampyris_log::Hash>>,
}

impl Seen {
    pub(crate) fn of(log: &Log) -> Seen {
        let all = records(log);
        let tails = all.iter().map(|it| log.tail(&it.namespace, &it.stream.kind, &it.stream.id));
        let claims = all.iter().flat_map(|it| &it.claims).map(|claim| {
            let found = log.claim(&claim.namespace, &claim.key).unwrap();
            found.map(|(_, record)| record.sequence)
        });
        Seen {
            head: log.head(),
            origin: log.origin(),
            rules: log.rules().version,
            bytes: log.record_bytes(),
            kinds: log.kinds(),
            counts: (log.stream_count(), log.claim_count()),
            tails: tails.collect(),
            claims: claims.collect(),
            roots: (0..=log.head().size).map(|size| log.root_at(size).ok().flatten()).collect(),
        }
    }
}

/// Notes from where on it was handed records.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Counting {
    pub(crate) resumed: Option<u64>,
    pub(crate) taken: u64,
}

impl Consumer for Counting {
    fn resume(&mut self, from: &Snapshot) -> Result<(), Unfit> {
        *self = Counting { resumed: Some(from.head().size), taken: 0 };
        Ok(())
    }

    fn restart(&mut self) {
        *self = Counting::default();
    }

    fn take(&mut self, record: &VerifiedRecord<'_>, (): ()) {
        assert_eq!(record.record.sequence, self.resumed.unwrap_or(0) + self.taken);
        self.taken += 1;
    }
}

/// A store, and beside it what a log keeps in files.
pub(crate) struct Place {
    pub(crate) shard: MemoryShard,
    pub(crate) folder: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Place {
        Place { shard: MemoryShard::new(), folder: tempfile::tempdir().unwrap() }
    }

    /// Options that keep everything in the folder; a snapshot for each new record.
    pub(crate) fn inside(&self, options: Options) -> Options {
        options
            .snapshot_file(self.snapshot())
            .tiles_folder(self.folder.path().join("tiles"))
            .checkpoints_file(self.folder.path().join("checkpoints"))
            .snapshot_every(1)
    }

    pub(crate) fn snapshot(&self) -> std::path::PathBuf {
        self.folder.path().join("snapshot")
    }

    pub(crate) fn open(&self, options: Options) -> Result<(Log, Counting), OpenError> {
        let mut counting = Counting::default();
        let shard: Arc<dyn ShardLog> = Arc::new(self.shard.share());
        let log = Log::open_into_on(shard, &self.inside(options), |_| (), &mut counting)?;
        Ok((log, counting))
    }

    pub(crate) fn writer(&self) -> Log {
        self.open(writer().verify(Verify::New)).unwrap().0
    }

    /// What the log is, read from its first record on.
    pub(crate) fn whole(&self) -> Seen {
        Seen::of(&self.open(Options::reader()).unwrap().0)
    }

    /// What it is by its snapshot, and from where on it was read.
    pub(crate) fn by_snapshot(&self) -> (Seen, Counting) {
        let (log, counting) = self.open(Options::reader().verify(Verify::New)).unwrap();
        (Seen::of(&log), counting)
    }
}

/// Appends of all that an index holds: streams with ids of both kinds, claims, appends of several records.
pub(crate) fn grow(log: &Log, numbers: std::ops::Range<u8>) {
    for number in numbers {
        let key = format!("key-{number}");
        let claim = Claim { namespace: "ns1".into(), key, fingerprint: [number; 32] };
        let mut append = append(number, number % 5, vec![number; 50]).claim(claim);
        let mut far = event(0, "far");
        far.stream = StreamName::new("far", vec![number % 3; 1 + usize::from(number % 3) * 20]);
        append.events.push(far);
        log.append_blocking(append).unwrap();
    }
}

#[test]
fn a_log_that_was_closed_is_opened_by_its_snapshot_alone() {
    let place = Place::new();
    let log = place.writer();
    grow(&log, 0..200);
    drop(log);
    let whole = place.whole();
    let (seen, counting) = place.by_snapshot();
    assert_eq!(counting, Counting { resumed: Some(401), taken: 0 });
    assert_eq!(seen, whole);
}

#[test]
fn what_came_after_a_snapshot_is_read_and_appends_go_on() {
    let place = Place::new();
    let log = place.writer();
    grow(&log, 0..30);
    drop(log);
    let old = std::fs::read(place.snapshot()).unwrap();
    let log = place.writer();
    grow(&log, 30..40);
    let sent = append(7, 1, "sent before");
    let kept = log.append_blocking(sent.clone()).unwrap();
    drop(log);
    let newer = std::fs::read(place.snapshot()).unwrap();
    for (snapshot, expected) in [(old, (Some(61), 21)), (newer, (Some(82), 0))] {
        std::fs::write(place.snapshot(), &snapshot).unwrap();
        let (seen, counting) = place.by_snapshot();
        assert_eq!((counting.resumed, counting.taken), expected);
        assert_eq!(seen, place.whole());
        let log = place.writer();
        assert_eq!(log.append_blocking(sent.clone()).unwrap(), kept);
        let key = Claim { namespace: "ns1".into(), key: "key-3".into(), fingerprint: [0; 32] };
        let taken = log.append_blocking(append(0, 0, "taken").claim(key)).unwrap_err();
        assert!(matches!(taken, AppendError::Refused(Refused::ClaimTaken { holder: 7, .. })));
        drop(log);
    }
    let log = place.writer();
    grow(&log, 50..60);
    drop(log);
    let (seen, counting) = place.by_snapshot();
    assert_eq!((seen, counting.taken), (place.whole(), 0));
}

#[test]
fn a_data_directory_has_a_snapshot_and_whole_ignores_it() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let log = Log::open(&path, &writer().snapshot_every(1)).unwrap();
    grow(&log, 0..20);
    drop(log);
    assert!(path.join(directory::SNAPSHOT).exists());
    let handed_out = |options: &Options| {
        let mut counting = Counting::default();
        let log = Log::open_into(&path, options, |_| (), &mut counting).unwrap();
        assert_eq!(log.head().size, 41);
        assert_eq!((log.log_id(), log.rules()), (LOG_ID, RULES));
        (counting.resumed, counting.taken)
    };
    assert_eq!(handed_out(&Options::reader()), (None, 41));
    assert_eq!(handed_out(&Options::reader().verify(Verify::New)), (Some(41), 0));
    assert_eq!(handed_out(&writer().verify(Verify::New)), (Some(41), 0));
    // Who wants every record gets it.
    let mut every = 0;
    let options = Options::reader().verify(Verify::New);
    drop(Log::open_with(&path, &options, |_| every += 1).unwrap());
    assert_eq!(every, 41);
}

#[test]
fn few_records_are_not_worth_a_snapshot_and_it_can_be_done_without() {
    for (options, appends, expected) in [
        (writer(), 10, false),
        (writer(), 600, true),
        (writer().snapshot_every(5), 10, true),
        (writer().snapshot_every(u64::MAX), 600, false),
    ] {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("log");
        let log = Log::open(&path, &options).unwrap();
        let appends: Vec<Append> =
            (0..appends).map(|_| append(0, 1, "one").event(event(2, "two"))).collect();
        assert!(log.append_group(&appends).iter().all(Result::is_ok));
        drop(log);
        assert_eq!(snapshot_is_there(&path), expected, "{appends:?}", appends = appends.len());
    }
}

fn snapshot_is_there(path: &Path) -> bool {
    path.join(directory::SNAPSHOT).exists()
}

#[test]
fn newer_rules_stand_in_the_snapshot_that_is_taken_with_them() {
    let place = Place::new();
    drop(place.writer());
    let newer = lampyris_log::Rules { version: 2, hash: [9; 32] };
    drop(place.open(Options::writer(newer).verify(Verify::New)).unwrap());
    let (seen, counting) = place.by_snapshot();
    assert_eq!((counting.resumed, seen.rules), (Some(2), 2));
    assert_eq!(seen, place.whole());
}

#[test]
fn a_log_in_a_directory_is_the_same_after_many_short_runs() {
    let scratch = tempfile::tempdir().unwrap();
    for run in 0..5 {
        let log = open(scratch.path()).unwrap();
        grow(&log, run * 10..run * 10 + 10);
    }
    let log = Log::open(scratch.path(), &Options::reader()).unwrap();
    assert_eq!(log.head().size, 101);
}
