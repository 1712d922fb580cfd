//! A log that is made of a backup.
//!
//! What could be lost: records, if the store is not filled with all of them; the backup itself, if what makes a log of it is
//! cut short; and the word of checkpoints, if the new log signs under the old name. It must hold because the archive is
//! only cut behind the backup's end, because the marker of a log comes last, and because the record that gives the new
//! name is there before it.

use crate::archive::contents;
use crate::faults::FailingDisk;
use crate::scratch::{append, copy, keep_guarded_panics_silent, noise, open, records, writer};
use lampyris_log::{Head, Log, OpenError, Options, SigningKey, directory, key_file};
use std::fs;
use std::path::Path;
use std::sync::Arc;

const NEW: &str = "example.com/again";

fn recovering() -> Options {
    writer().recovered(NEW, None)
}

fn back_up(log: &Path, backup: &Path) -> Head {
    Log::back_up(log, backup, &Options::reader(), &mut |_| {}).unwrap().head
}

#[test]
fn a_recovered_log_has_the_records_and_goes_on_under_its_new_name() {
    let scratch = tempfile::tempdir().unwrap();
    let path = |name: &str| scratch.path().join(name);
    let log = open(&path("log")).unwrap();
    for number in 0..100 {
        log.append_blocking(append(1, 1, noise(59_000, number))).unwrap();
    }
    let key: SigningKey = key_file::draw(&log.origin()).unwrap();
    log.checkpoint(&key).unwrap();
    let value = log.data().put(b"a value").unwrap();
    log.data().wait(value.ticket).unwrap();
    log.cursor("billing").unwrap().acknowledge(40).unwrap();
    let end = back_up(&path("log"), &path("backup"));
    let written = records(&log);
    // What a later run left there that was cut short is not the backup's.
    log.append_blocking(append(1, 1, "beyond")).unwrap();
    back_up(&path("log"), &path("beyond"));
    fs::copy(
        path("beyond/archive/00000000000000000000"),
        path("backup/archive/00000000000000000000"),
    )
    .unwrap();
    drop(log);
    let again = Log::recover(path("backup"), &recovering()).unwrap();
    assert_eq!(again.head().size, end.size + 1);
    assert_eq!(again.root_at(end.size).unwrap(), Some(end.root));
    let [recovery] = &again.recoveries()[..] else { panic!("one recovery") };
    assert_eq!((recovery.head, &*recovery.new_origin), (end, NEW));
    assert_eq!(again.origin(), NEW);
    again.append_blocking(append(1, 1, "goes on")).unwrap();
    assert!(again.checkpoint(&key).is_err(), "signed under the old name");
    again.checkpoint(&key_file::draw(NEW).unwrap()).unwrap();
    drop(again);
    for options in [writer(), Options::reader(), Options::exclusive()] {
        let log = Log::open(path("backup"), &options).unwrap();
        let found = records(&log);
        assert!(found[..written.len()] == written && found.len() == written.len() + 2);
        assert_eq!(log.data().read(&value.object.hash).unwrap().unwrap(), b"a value");
        assert_eq!(log.cursors().unwrap().len(), 1);
        assert_eq!((log.origin(), log.checkpoints().count()), (NEW.to_owned(), 1));
    }
    assert_eq!(Log::repair(path("backup"), &Options::exclusive()).unwrap().repaired, []);
    // The heads that were signed before are kept, and a backup of the log is brought up to date anew.
    let aside = fs::read_dir(path("backup").join(directory::SET_ASIDE)).unwrap().count();
    assert_eq!(aside, 1);
    assert!(matches!(Log::recover(path("backup"), &recovering()), Err(OpenError::LogThere { .. })));
    back_up(&path("backup"), &path("next"));
    assert_eq!(Log::open(path("next"), &Options::backup()).unwrap().origin(), NEW);
}

#[test]
fn a_recovery_that_fails_at_any_point_leaves_the_backup_or_the_log() {
    keep_guarded_panics_silent();
    let scratch = tempfile::tempdir().unwrap();
    let path = |name: &str| scratch.path().join(name);
    let log = open(&path("log")).unwrap();
    for number in 0..5 {
        log.append_blocking(append(1, 1, noise(9_000, number))).unwrap();
    }
    log.checkpoint(&key_file::draw(&log.origin()).unwrap()).unwrap();
    let end = back_up(&path("log"), &path("backup"));
    for operation in 1.. {
        let twin = path("twin");
        copy(&path("backup"), &twin);
        let disk = FailingDisk::new(operation, operation % 2 == 0);
        let made = Log::recover(&twin, &recovering().disk(Arc::new(disk.clone())));
        let failed = made.is_err();
        drop(made);
        if failed && let Err(OpenError::IsABackup { .. }) = Log::open(&twin, &Options::reader()) {
            assert_eq!(Log::open(&twin, &Options::backup()).unwrap().head(), end);
            drop(Log::recover(&twin, &recovering()).unwrap());
        }
        let log = open(&twin).unwrap_or_else(|error| panic!("operation {operation}: {error}"));
        assert_eq!((log.recoveries().len(), log.head().size), (1, end.size + 1), "{operation}");
        assert_eq!(log.root_at(end.size).unwrap(), Some(end.root));
        drop(log);
        fs::remove_dir_all(&twin).unwrap();
        if !failed && !disk.has_failed() {
            assert!(operation > 60, "{operation} operations");
            break;
        }
    }
}

#[test]
fn what_cannot_be_recovered_is_left_as_it_is() {
    let scratch = tempfile::tempdir().unwrap();
    let path = |name: &str| scratch.path().join(name);
    let log = open(&path("log")).unwrap();
    log.append_blocking(append(1, 1, noise(900, 1))).unwrap();
    let old = log.origin();
    back_up(&path("log"), &path("backup"));
    let before = contents(&path("backup"));
    let refused = |options: &Options, why: &str| {
        let error = Log::recover(path("backup"), options).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    };
    refused(&writer(), "origin is needed");
    refused(&Options::reader().recovered(NEW, None), "for reading only");
    key_file::create(&path("backup.key"), &key_file::draw("example.com/other").unwrap()).unwrap();
    refused(&recovering(), "is for example.com/other");
    fs::remove_file(path("backup.key")).unwrap();
    let short = Head { size: 1, root: log.head().root };
    for (origin, lost) in [(&*old, None), (NEW, Some(short)), ("a b", None)] {
        assert!(Log::recover(path("backup"), &writer().recovered(origin, lost)).is_err());
        assert_eq!(Log::open(path("backup"), &Options::backup()).unwrap().head(), log.head());
    }
    let file = path("backup/archive/00000000000000000000");
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, &bytes).unwrap();
    assert!(matches!(Log::recover(path("backup"), &recovering()), Err(OpenError::Broken(_))));
    bytes[middle] ^= 1;
    fs::write(&file, &bytes).unwrap();
    let kept = |name: &str| fs::read(path("backup").join(name)).unwrap();
    assert!(before[&path("backup").join(directory::BACKUP)] == kept(directory::BACKUP));
    drop(Log::recover(path("backup"), &recovering()).unwrap());
}
