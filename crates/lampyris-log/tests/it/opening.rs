//! Whose directory it is, who may open it, and under which rules.

use crate::scratch::{LOG_ID, RULES, append, copy, open, records, writer};
use lampyris_log::{AppendError, Log, OpenError, Options, Refused, Rules, Unavailable, directory};
use std::fs;
use std::path::Path;

/// A closed log of a few records.
fn closed(path: &Path) {
    let log = open(path).unwrap();
    for number in 0..5 {
        log.append_blocking(append(number, number % 2, "content")).unwrap();
    }
}

#[test]
fn a_log_knows_who_it_is() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("a/b/c");
    let log = open(&path).unwrap();
    assert_eq!((log.log_id(), log.rules(), log.head().size), (LOG_ID, RULES, 1));
    assert_eq!(log.origin(), "lampyris.local/74686520-6c6f-6727-7320-6f776e206964");
    drop(log);
    let log = Log::open(&path, &Options::exclusive()).unwrap();
    assert_eq!((log.log_id(), log.rules(), log.head().size), (LOG_ID, RULES, 1));
    assert!(matches!(
        log.append_blocking(append(1, 1, "")),
        Err(AppendError::Refused(Refused::ReadOnly))
    ));
}

#[test]
fn a_copied_directory_opens() {
    let scratch = tempfile::tempdir().unwrap();
    let (original, copied) = (scratch.path().join("original"), scratch.path().join("copied"));
    closed(&original);
    copy(&original, &copied);
    let log = open(&original).unwrap();
    assert_eq!(records(&open(&copied).unwrap()), records(&log));
}

#[test]
fn a_log_is_open_once() {
    let scratch = tempfile::tempdir().unwrap();
    let log = open(scratch.path()).unwrap();
    let locked = |result| matches!(result, Err(OpenError::Unavailable(Unavailable::Locked { .. })));
    assert!(locked(open(scratch.path())));
    assert!(locked(Log::open(scratch.path(), &Options::exclusive())));
    drop(log);
    assert!(open(scratch.path()).is_ok());
}

#[test]
fn a_directory_that_is_not_a_log_is_left_alone() {
    for foreign in
        ["photo.jpg", directory::MARKER, directory::LOCK, directory::SLED, directory::JOURNAL]
    {
        let scratch = tempfile::tempdir().unwrap();
        fs::write(scratch.path().join(foreign), "not ours").unwrap();
        let result = open(scratch.path());
        assert!(matches!(result, Err(OpenError::NotALog { .. })), "{foreign}: {result:?}");
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1);
        assert_eq!(fs::read_to_string(scratch.path().join(foreign)).unwrap(), "not ours");
    }
}

#[test]
fn there_is_no_log_unless_one_is_asked_for() {
    let scratch = tempfile::tempdir().unwrap();
    for options in [Options::writer(RULES), Options::exclusive(), Options::reader().create(LOG_ID)]
    {
        assert!(matches!(Log::open(scratch.path(), &options), Err(OpenError::NoLog { .. })));
        let missing = scratch.path().join("missing");
        assert!(matches!(Log::open(&missing, &options), Err(OpenError::NoLog { .. })));
        assert!(!missing.exists());
    }
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
}

#[test]
fn a_newer_layout_is_named() {
    let scratch = tempfile::tempdir().unwrap();
    closed(scratch.path());
    let marker = scratch.path().join(directory::MARKER);
    let text = fs::read_to_string(&marker).unwrap();
    fs::write(&marker, text.replace('2', "12")).unwrap();
    assert!(matches!(
        open(scratch.path()),
        Err(OpenError::NewerFormat { found: 12, supported: 2 })
    ));
}

#[test]
fn newer_rules_are_recorded_and_older_ones_refused() {
    let scratch = tempfile::tempdir().unwrap();
    closed(scratch.path());
    let newer = Rules { version: 2, hash: [8; 32] };
    let log = Log::open(scratch.path(), &Options::writer(newer)).unwrap();
    assert_eq!((log.rules(), log.head().size), (newer, 7));
    let own = records(&log).pop().unwrap();
    assert_eq!((own.event.as_str(), own.version, own.previous), ("rules", 1, Some(0)));
    drop(log);
    let log = Log::open(scratch.path(), &Options::writer(newer)).unwrap();
    assert_eq!((log.rules(), log.head().size), (newer, 7));
    drop(log);
    assert!(matches!(open(scratch.path()), Err(OpenError::RulesNewer { log: 2, ours: 1 })));
    let differing = Rules { version: 2, hash: [9; 32] };
    let result = Log::open(scratch.path(), &Options::writer(differing));
    assert!(matches!(result, Err(OpenError::RulesDiffer { version: 2, .. })));
    assert_eq!(Log::open(scratch.path(), &Options::exclusive()).unwrap().rules(), newer);
}

#[test]
fn an_origin_is_one_word() {
    let scratch = tempfile::tempdir().unwrap();
    for origin in ["", "two words", "a+b", "a\nb"] {
        assert!(matches!(
            Log::open(scratch.path(), &writer().origin(origin)),
            Err(OpenError::Refused(_))
        ));
    }
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
    let log = Log::open(scratch.path(), &writer().origin("acme.example/log")).unwrap();
    assert_eq!(log.origin(), "acme.example/log");
}

#[test]
fn a_creation_cut_short_is_begun_anew() {
    let scratch = tempfile::tempdir().unwrap();
    drop(open(scratch.path()).unwrap());
    let (marker, creating) =
        (scratch.path().join(directory::MARKER), scratch.path().join(directory::CREATING));
    fs::rename(&marker, &creating).unwrap();
    assert!(matches!(
        Log::open(scratch.path(), &Options::exclusive()),
        Err(OpenError::NoLog { .. })
    ));
    assert_eq!(open(scratch.path()).unwrap().head().size, 1);
    assert!(marker.exists() && !creating.exists());
}

/// Beginning anew clears the store away: nothing that was acknowledged may look like a creation cut short.
#[test]
fn a_log_that_only_looks_unfinished_is_refused_and_left_alone() {
    let scratch = tempfile::tempdir().unwrap();
    closed(scratch.path());
    let (marker, creating) =
        (scratch.path().join(directory::MARKER), scratch.path().join(directory::CREATING));
    fs::rename(&marker, &creating).unwrap();
    assert!(matches!(
        open(scratch.path()),
        Err(OpenError::Broken(lampyris_log::Broken::MarkerDamaged { .. }))
    ));
    fs::rename(&creating, &marker).unwrap();
    assert_eq!(open(scratch.path()).unwrap().head().size, 6);
}
