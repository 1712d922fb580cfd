//! A copy of a log that takes the place of the original: it goes on under another name, and says so.
//! How a copy is made is not asked here: the directory itself stands for it, without its checkpoints.

use crate::checkpoints::key_of;
use crate::scratch::{LOG_ID, RULES, append, open, records, writer};
use crate::snapshot::Counting;
use crate::verify::{frames, log};
use lampyris_evidence::checkpoint::{Checkpoint, SignedCheckpoint};
use lampyris_log::{
    Broken, CheckpointError, Corrupt, Hash, Head, Log, NotOwn, OpenError, Options, OwnEvent,
    RECOVERED, Record, Recovered, Refused, Rule, Rules, StreamName, Verifier, Verify, directory,
};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

const NEW: &str = "example.com/recovered";

/// A log that was signed under its first name, with the checkpoints set aside.
struct Lost {
    _scratch: tempfile::TempDir,
    path: PathBuf,
    origin: String,
    head: Head,
    /// One under the head that was copied, one under what came after.
    held: [SignedCheckpoint; 2],
}

impl Lost {
    fn new() -> Lost {
        let scratch = tempfile::tempdir().unwrap();
        let (path, further) = (scratch.path().join("log"), scratch.path().join("further"));
        let log = Log::open(&path, &writer().snapshot_every(1)).unwrap();
        grow(&log, 0..20);
        let (origin, head, key) = (log.origin(), log.head(), key_of(&log));
        let before = log.checkpoint(&key).unwrap();
        drop(log);
        crate::scratch::copy(&path, &further);
        let log = open(&further).unwrap();
        grow(&log, 20..25);
        let after = log.checkpoint(&key).unwrap();
        fs::remove_file(path.join(directory::CHECKPOINTS)).unwrap();
        Lost { _scratch: scratch, path, origin, head, held: [before, after] }
    }

    fn known(&self) -> Head {
        self.held[1].checkpoint().head
    }

    fn recover(&self) -> Log {
        Log::open(&self.path, &writer().recovered(NEW, Some(self.known()))).unwrap()
    }
}

fn grow(log: &Log, numbers: std::ops::Range<u8>) {
    for number in numbers {
        log.append_blocking(append(number, number % 3, vec![number; 30])).unwrap();
    }
}

fn refused(path: &Path, options: &Options) -> String {
    match Log::open(path, options) {
        Err(OpenError::Refused(refused)) => refused.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_recovered_log_keeps_its_records_and_says_what_became_of_it() {
    let lost = Lost::new();
    let log = lost.recover();
    let told = Recovered {
        old_origin: lost.origin.clone(),
        new_origin: NEW.to_owned(),
        head: lost.head,
        lost: Some(lost.known()),
    };
    assert_eq!((log.origin().as_str(), log.recoveries()), (NEW, vec![told.clone()]));
    assert_eq!((log.log_id(), log.rules()), (LOG_ID, RULES));
    assert_eq!(log.head().size, lost.head.size + 1);
    assert_eq!(log.root_at(lost.head.size).unwrap(), Some(lost.head.root));
    let record = records(&log).pop().unwrap();
    assert_eq!((&*record.event, record.sequence), (RECOVERED, lost.head.size));
    assert_eq!(record.content, OwnEvent::Recovered(told).encode());
    assert_eq!(log.origin_at(lost.head.size), lost.origin);
    assert_eq!(log.origin_at(lost.head.size + 1), NEW);
}

/// Whoever asks again, after a crash or by mistake, finds it done.
#[test]
fn it_is_recorded_once() {
    let lost = Lost::new();
    let head = lost.recover().head();
    assert_eq!(lost.recover().head(), head);
    let log = open(&lost.path).unwrap();
    grow(&log, 30..33);
    let key = key_of(&log);
    log.checkpoint(&key).unwrap();
    let size = log.head().size;
    drop(log);
    assert_eq!(lost.recover().head().size, size);
}

#[test]
fn checkpoints_bear_the_new_name_and_old_ones_still_agree() {
    let lost = Lost::new();
    let log = lost.recover();
    let stale = lampyris_evidence::key::SigningKey::from_seed(&*lost.origin, [7; 32]).unwrap();
    assert!(matches!(log.checkpoint(&stale), Err(CheckpointError::OtherKey { .. })));
    let key = key_of(&log);
    let signed = log.checkpoint(&key).unwrap();
    assert_eq!(signed.checkpoint(), &Checkpoint::new(NEW, log.head()));
    log.agrees_with(&signed).unwrap();
    log.agrees_with(&lost.held[0]).unwrap();
    let (size, recovered) = (lost.held[1].checkpoint().head.size, lost.head.size);
    match log.agrees_with(&lost.held[1]).unwrap_err() {
        CheckpointError::NotRecovered { size: of, found, recovered: kept, origin } => {
            assert_eq!((of, found, kept, &*origin), (size, lost.origin.clone(), recovered, NEW));
        }
        other => panic!("{other}"),
    }
    let sign = |origin: &str, head| {
        let key = lampyris_evidence::key::SigningKey::from_seed(origin, [7; 32]).unwrap();
        SignedCheckpoint::sign(Checkpoint::new(origin, head), &key).unwrap()
    };
    let early = log.agrees_with(&sign(NEW, lost.head)).unwrap_err();
    assert!(matches!(early, CheckpointError::OtherLog { .. }), "the log had that name later");
    let other = Head { root: Hash([1; 32]), ..lost.head };
    let forked = log.agrees_with(&sign(&lost.origin, other)).unwrap_err();
    assert!(matches!(forked, CheckpointError::Broken(Broken::CheckpointDiverged { .. })));
    drop(log);
    for options in [Options::reader(), Options::exclusive(), writer(), writer().verify(Verify::New)]
    {
        let log = Log::open(&lost.path, &options).unwrap();
        assert_eq!(log.last_checkpoint().unwrap().as_ref(), Some(&signed));
    }
}

/// The file of checkpoints of the old name binds the lost log; beside it nothing is recovered, and nothing opened.
#[test]
fn checkpoints_of_the_old_name_are_moved_away_first() {
    let lost = Lost::new();
    let checkpoints = lost.path.join(directory::CHECKPOINTS);
    let log = open(&lost.path).unwrap();
    log.checkpoint(&key_of(&log)).unwrap();
    drop(log);
    let words = refused(&lost.path, &writer().recovered(NEW, None));
    assert!(words.contains("move their file away"), "{words}");
    let kept = fs::read(&checkpoints).unwrap();
    fs::remove_file(&checkpoints).unwrap();
    drop(lost.recover());
    fs::write(&checkpoints, kept).unwrap();
    for options in [Options::reader(), writer()] {
        match Log::open(&lost.path, &options) {
            Err(OpenError::Broken(Broken::CheckpointsDamaged { detail, .. })) => {
                assert_eq!(detail, format!("is of {}, the log is {NEW}", lost.origin));
            }
            other => panic!("{other:?}"),
        }
    }
}

/// A checkpoint under the new name, of records from before it: nobody can have signed that here.
#[test]
fn a_stored_checkpoint_under_a_name_of_later_is_refused() {
    let (lost, other) = (Lost::new(), Lost::new());
    drop(lost.recover());
    fs::remove_dir_all(&other.path).unwrap();
    let named = lampyris_evidence::key::SigningKey::from_seed(NEW, [7; 32]).unwrap();
    // Another log with the same records and the new name from the start would sign it.
    let log = Log::open(&other.path, &writer().named_by(named.verifier())).unwrap();
    grow(&log, 0..3);
    log.checkpoint(&named).unwrap();
    drop(log);
    let name = directory::CHECKPOINTS;
    fs::copy(other.path.join(name), lost.path.join(name)).unwrap();
    match Log::open(&lost.path, &Options::exclusive()) {
        Err(OpenError::Broken(Broken::CheckpointsDamaged { detail, .. })) => {
            assert_eq!(detail, format!("is of {NEW}, the log is {}", lost.origin));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_refused_leaves_the_log_as_it_was() {
    let lost = Lost::new();
    let behind = Some(Head { size: lost.head.size - 1, ..lost.head });
    let same = Some(Head { root: Hash([1; 32]), ..lost.head });
    for (origin, known, words) in [
        (&*lost.origin, None, "is the old one"),
        ("two words", None, "may not name a log"),
        (NEW, behind, "knows of less"),
        (NEW, same, "by another root"),
    ] {
        let said = refused(&lost.path, &writer().recovered(origin, known));
        assert!(said.contains(words), "{said}");
    }
    let log = open(&lost.path).unwrap();
    assert_eq!((log.origin(), log.head()), (lost.origin.clone(), lost.head));
    drop(log);
    drop(lost.recover());
    let once = writer().recovered("example.com/again", None);
    let head = Log::open(&lost.path, &once).unwrap().head();
    assert_eq!(head.size, lost.head.size + 2, "a second recovery is one of the first");
    let back = refused(&lost.path, &writer().recovered(lost.origin.clone(), None));
    assert!(back.contains("was the log's before"), "{back}");
    let nothing = lost.path.join("nothing");
    let none = Log::open(&nothing, &writer().recovered(NEW, None));
    assert!(matches!(none, Err(OpenError::NoLog { .. })), "{none:?}");
    assert!(Log::open(&nothing, &Options::reader()).is_err(), "and none is made");
}

#[test]
fn newer_rules_follow_the_recovery() {
    let lost = Lost::new();
    let newer = Rules { version: 2, hash: [9; 32] };
    let log = Log::open(&lost.path, &Options::writer(newer).recovered(NEW, None)).unwrap();
    let own: Vec<_> = records(&log).into_iter().filter(|it| it.namespace.is_empty()).collect();
    let names: Vec<&str> = own.iter().map(|record| &*record.event).collect();
    assert_eq!(names, ["opened", "recovered", "rules"]);
    assert_eq!(own[2].previous, Some(own[1].sequence));
}

#[test]
fn a_snapshot_remembers_the_names() {
    let lost = Lost::new();
    // The copy's own snapshot is of the records before, and may be gone on from.
    let options = writer().snapshot_every(1);
    let once = options.clone().recovered(NEW, Some(lost.known())).verify(Verify::New);
    let mut counting = Counting::default();
    let log = Log::open_into(&lost.path, &once, |_| (), &mut counting).unwrap();
    assert_eq!(counting.resumed, Some(lost.head.size));
    grow(&log, 30..40);
    let told = log.recoveries();
    drop(log);
    let second = options.recovered("example.com/again", None).verify(Verify::New);
    let log = Log::open(&lost.path, &second).unwrap();
    let told = [told, log.recoveries().split_off(1)].concat();
    drop(log);
    let mut counting = Counting::default();
    let reader = Options::reader().verify(Verify::New);
    let log = Log::open_into(&lost.path, &reader, |_| (), &mut counting).unwrap();
    assert_eq!(counting.resumed, Some(log.head().size), "nothing was read but the snapshot");
    assert_eq!((log.origin().as_str(), log.recoveries()), ("example.com/again", told.clone()));
    assert_eq!(Log::open(&lost.path, &Options::reader()).unwrap().recoveries(), told);
}

/// Frames that say one more record, of a recovery that lies.
fn lie(change: impl FnOnce(&mut Recovered)) -> Result<Verifier, Corrupt> {
    let mut log = log();
    let mut verifier = Verifier::new();
    let good = frames(&log, |_, root| root);
    let take = |verifier: &mut Verifier, (key, stored): &(u64, Vec<u8>)| {
        verifier.frame(*key, stored, |_| ControlFlow::Continue(())).map(drop)
    };
    good.iter().try_for_each(|frame| take(&mut verifier, frame))?;
    let (old_origin, new_origin) = ("acme".to_owned(), NEW.to_owned());
    let mut recovered = Recovered { old_origin, new_origin, head: verifier.head(), lost: None };
    change(&mut recovered);
    let event = OwnEvent::Recovered(recovered);
    log.push(vec![Record {
        sequence: 4,
        namespace: String::new(),
        stream: StreamName::new("log", LOG_ID),
        version: 1,
        previous: Some(0),
        event: event.name().to_owned(),
        content: event.encode(),
        ..log[2][0].clone()
    }]);
    take(&mut verifier, frames(&log, |_, root| root).last().unwrap())?;
    Ok(verifier)
}

#[test]
fn the_verifier_knows_the_tree_before() {
    let identity = lie(|_| {}).unwrap().identity().cloned().unwrap();
    assert_eq!((&*identity.origin, identity.recoveries.len()), (NEW, 1));
    let words = |change: fn(&mut Recovered)| {
        let Corrupt { sequence, rule, .. } = lie(change).unwrap_err();
        let Rule::OwnStream(NotOwn(words)) = rule else { panic!("{rule}") };
        assert_eq!(sequence, 4);
        words
    };
    assert!(words(|it| it.head.root.0[31] ^= 1).contains("another root"));
    assert!(words(|it| it.head.size = 3).contains("another size"));
    assert!(words(|it| it.old_origin = "other".into()).contains("is not the log's"));
    assert!(words(|it| it.new_origin = "acme".into()).contains("is the old one"));
}

#[test]
fn a_reader_recovers_nothing() {
    let lost = Lost::new();
    for options in [Options::reader(), Options::exclusive()] {
        let said = Log::open(&lost.path, &options.recovered(NEW, None));
        assert!(matches!(said, Err(OpenError::Refused(Refused::ReadOnly))), "{said:?}");
    }
}
