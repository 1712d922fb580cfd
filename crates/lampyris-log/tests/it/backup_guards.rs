//! What a backup must not do: give up what it alone has, follow a log that lost something, or become unreadable.
//!
//! Each was found by reading; each test does what would have lost it.

use crate::archive::contents;
use crate::backup::{back_up, opened, put};
use crate::scratch::{append, copy, noise, open, writer};
use lampyris_log::backup::BackupError;
use lampyris_log::{Log, Options, directory, key_file};
use std::fs;
use std::path::Path;

const NEW: &str = "example.com/new";

fn store(log: &Path, name: &str) -> std::path::PathBuf {
    log.join(directory::DATA).join(name)
}

#[test]
fn what_was_moved_and_then_lost_stays_in_the_backup() {
    let scratch = tempfile::tempdir().unwrap();
    let (path, backup) = (scratch.path().join("log"), scratch.path().join("backup"));
    let log = open(&path).unwrap();
    put(&log, &noise(9_000, 1));
    let moved = put(&log, &noise(9_000, 2));
    drop(log);
    back_up(&path, &backup).unwrap();
    // Its neighbour is collected, so it goes to a pack of its own.
    let log = open(&path).unwrap();
    assert_eq!(log.data().collect(&|hash| *hash == moved).unwrap().objects, 1);
    drop(log);
    // The pack that it was moved to is cut.
    let packs =
        || fs::read_dir(path.join(directory::DATA)).unwrap().map(|entry| entry.unwrap().path());
    for pack in
        packs().filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("pack"))
    {
        fs::OpenOptions::new().write(true).open(pack).unwrap().set_len(0).unwrap();
    }
    let made = back_up(&path, &backup).unwrap();
    assert!(made.unreadable > 0);
    assert_eq!(opened(&backup).data().read(&moved).unwrap().unwrap(), noise(9_000, 2));
}

#[test]
fn a_file_of_keys_that_is_cut_or_gone_is_no_erasure() {
    let scratch = tempfile::tempdir().unwrap();
    let path = |name: &str| scratch.path().join(name);
    let log = open(&path("log")).unwrap();
    let hash = put(&log, b"what must stay");
    back_up(&path("log"), &path("backup")).unwrap();
    drop(log);
    let keys = store(&path("log"), "keys.0");
    let whole = fs::read(&keys).unwrap();
    for cut in [0, 128, 4_096, whole.len()] {
        if cut == whole.len() {
            fs::remove_file(&keys).unwrap();
        } else {
            fs::write(&keys, &whole[..cut]).unwrap();
        }
        let made = back_up(&path("log"), &path("backup"));
        let held = opened(&path("backup")).data().read(&hash).unwrap();
        assert_eq!(held.as_deref(), Some(&b"what must stay"[..]), "cut to {cut}: {made:?}");
        // What was cut off behind all keys is no loss.
        assert!(made.is_err() || cut == 4_096, "cut to {cut}");
    }
}

#[test]
fn a_log_that_was_rolled_back_is_not_followed() {
    let scratch = tempfile::tempdir().unwrap();
    let path = |name: &str| scratch.path().join(name);
    let log = open(&path("log")).unwrap();
    log.append_blocking(append(1, 1, noise(900, 1))).unwrap();
    drop(log);
    copy(&path("log"), &path("old"));
    let log = open(&path("log")).unwrap();
    for number in 0..20 {
        log.append_blocking(append(1, 1, noise(9_000, number))).unwrap();
    }
    drop(log);
    back_up(&path("log"), &path("backup")).unwrap();
    // The backup has a bad place too, which would be filled again from the log.
    let frames = path("backup").join(directory::ARCHIVE).join("00000000000000000000");
    let mut bytes = fs::read(&frames).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&frames, &bytes).unwrap();
    let before = contents(&path("backup"));
    let made = back_up(&path("old"), &path("backup"));
    assert!(matches!(made, Err(BackupError::Diverged { .. })), "{made:?}");
    assert!(contents(&path("backup")) == before, "nothing is changed");
    back_up(&path("log"), &path("backup")).unwrap();
    drop(opened(&path("backup")));
}

#[test]
fn a_folder_of_the_time_before_a_recovery_stays_a_backup() {
    let scratch = tempfile::tempdir().unwrap();
    let path = |name: &str| scratch.path().join(name);
    let log = open(&path("log")).unwrap();
    log.append_blocking(append(1, 1, noise(900, 1))).unwrap();
    log.checkpoint(&key_file::draw(&log.origin()).unwrap()).unwrap();
    drop(log);
    back_up(&path("log"), &path("backup")).unwrap();
    Log::restore(path("backup"), path("new"), &Options::reader(), &mut |_| {}).unwrap();
    let log = Log::recover(path("new"), &writer().recovered(NEW, None)).unwrap();
    back_up(&path("new"), &path("backup")).unwrap();
    assert_eq!(opened(&path("backup")).head(), log.head());
    log.checkpoint(&key_file::draw(NEW).unwrap()).unwrap();
    back_up(&path("new"), &path("backup")).unwrap();
    let held = opened(&path("backup")).last_checkpoint().unwrap();
    assert_eq!(held.unwrap().checkpoint().origin, NEW);
}

#[test]
fn a_damaged_key_of_what_was_erased_is_overwritten_too() {
    let scratch = tempfile::tempdir().unwrap();
    let (path, backup) = (scratch.path().join("log"), scratch.path().join("backup"));
    let log = open(&path).unwrap();
    let doomed = put(&log, b"what must go");
    back_up(&path, &backup).unwrap();
    let keys = store(&backup, "keys.0");
    let mut bytes = fs::read(&keys).unwrap();
    let at = bytes.windows(32).position(|window| window == doomed.0).unwrap();
    let secret = bytes[at + 32..at + 64].to_vec();
    // The number of its pack, which the check of the slot covers.
    bytes[at + 64] ^= 1;
    fs::write(&keys, &bytes).unwrap();
    log.data().erase(&[doomed]).unwrap();
    back_up(&path, &backup).unwrap();
    let bytes = fs::read(&keys).unwrap();
    assert!(!bytes.windows(32).any(|window| window == secret));
}

#[test]
fn what_is_known_of_the_lost_log_is_judged_before_anything_is_changed() {
    let scratch = tempfile::tempdir().unwrap();
    let path = |name: &str| scratch.path().join(name);
    let log = open(&path("log")).unwrap();
    let early = log.head();
    log.append_blocking(append(1, 1, noise(900, 1))).unwrap();
    log.checkpoint(&key_file::draw(&log.origin()).unwrap()).unwrap();
    let (name, late) = (log.origin(), log.head());
    drop(log);
    back_up(&path("log"), &path("backup")).unwrap();
    let before = contents(&path("backup"));
    let refused = |options: &Options, why: &str| {
        let error = Log::recover(path("backup"), options).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
        let mut after = contents(&path("backup"));
        after.remove(&path("backup").join("lock"));
        let mut before = before.clone();
        before.remove(&path("backup").join("lock"));
        assert!(after == before, "{why}");
    };
    let other = lampyris_log::Head { root: late.root, ..early };
    refused(&writer().recovered(NEW, Some(other)), "the root there is another");
    let far = lampyris_log::Head { size: late.size + 9, ..late };
    refused(
        &writer().recovered(NEW, Some(far)).signed_as("example.com/other"),
        "name of another log",
    );
    refused(&writer().recovered(name.clone(), None), "is the old one");
    // A head that the backup itself goes up to says nothing of what was lost.
    let known = writer().recovered(NEW, Some(early)).signed_as(name);
    let log = Log::recover(path("backup"), &known).unwrap();
    assert_eq!(log.recoveries()[0].lost, None);
}
