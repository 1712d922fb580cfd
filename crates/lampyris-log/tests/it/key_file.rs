//! The file of a signing key: where it is, who may read it, and what a log takes from it.

use crate::scratch::{LOG_ID, RULES, writer};
use lampyris_evidence::key::SigningKey;
use lampyris_log::key_file::{self, KeyFileError};
use lampyris_log::{Log, OpenError, Options};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const NAMED: &str = "lampyris.local/12345678-9abc-4def-8123-456789abcdef";

fn key(name: &str) -> SigningKey {
    SigningKey::from_seed(name, [7; 32]).unwrap()
}

#[test]
fn a_key_is_written_once_for_its_owner_alone_and_read_back() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("data.key");
    let drawn = key_file::draw("acme.example/log").unwrap();
    assert_ne!(drawn.encode(), key_file::draw("acme.example/log").unwrap().encode());
    key_file::create(&path, &drawn).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    assert_eq!(fs::read_to_string(&path).unwrap(), format!("{}\n", drawn.encode()));
    assert_eq!(key_file::read(&path).unwrap().encode(), drawn.encode());
    let again = key_file::create(&path, &key("acme.example/log")).unwrap_err();
    assert!(matches!(again, KeyFileError::Exists { .. }), "{again}");
    assert_eq!(key_file::read(&path).unwrap().encode(), drawn.encode());
    let witness = key_file::draw_witness("witness.example").unwrap();
    let path = scratch.path().join("witness.key");
    key_file::create_witness(&path, &witness).unwrap();
    assert_eq!(key_file::read_witness(&path).unwrap().encode(), witness.encode());
    assert!(matches!(key_file::read(&path).unwrap_err(), KeyFileError::Text { .. }));
    assert!(matches!(key_file::draw("two words").unwrap_err(), KeyFileError::Text { .. }));
}

#[test]
fn a_key_that_others_may_read_is_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("data.key");
    key_file::create(&path, &key("a")).unwrap();
    for mode in [0o600, 0o400, 0o700] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        key_file::read(&path).unwrap();
    }
    for mode in [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644, 0o666] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let refused = key_file::read(&path).unwrap_err().to_string();
        let said = format!("is open to others (mode 0{mode:o}): a key has mode 0600");
        assert!(refused.ends_with(&said), "{refused}");
    }
}

#[test]
fn what_is_not_exactly_a_key_and_a_line_feed_is_refused_and_not_shown() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("data.key");
    key_file::create(&path, &key("a")).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let secret = text.rsplit('+').next().unwrap().trim();
    let public = key("a").verifier().to_string();
    for wrong in [
        String::new(),
        text.trim_end().to_owned(),
        format!("{text}\n"),
        format!(" {text}"),
        format!("{text}{text}"),
        text.replace("PRIVATE", "private"),
        public,
        text.repeat(40),
    ] {
        fs::write(&path, &wrong).unwrap();
        let refused = key_file::read(&path).unwrap_err();
        assert!(matches!(refused, KeyFileError::Text { .. }), "{refused}");
        let told = format!("{refused} {refused:?}");
        assert!(!told.contains(secret), "{told}");
    }
    fs::write(&path, [0xff, b'\n']).unwrap();
    assert!(matches!(key_file::read(&path).unwrap_err(), KeyFileError::Text { .. }));
    fs::remove_file(&path).unwrap();
    assert!(matches!(
        key_file::read(&path).unwrap_err(),
        KeyFileError::Io { operation: "open", .. }
    ));
}

#[test]
fn the_key_stands_beside_the_directory_however_it_is_spelled() {
    for (directory, key) in [
        ("data", "data.key"),
        ("./data", "data.key"),
        ("data/", "data.key"),
        ("data//", "data.key"),
        ("data/.", "data.key"),
        ("a/data/./", "a/data.key"),
        ("/a/data", "/a/data.key"),
        ("data.d", "data.d.key"),
    ] {
        assert_eq!(key_file::beside(Path::new(directory)), Path::new(key), "{directory}");
    }
    let here = std::env::current_dir().unwrap();
    let mut named = here.file_name().unwrap().to_owned();
    named.push(".key");
    for directory in ["", ".", "./", "./."] {
        assert_eq!(key_file::beside(Path::new(directory)), here.with_file_name(&named));
    }
    assert_eq!(key_file::beside(Path::new("src/..")), here.with_file_name(&named));
}

#[test]
fn a_log_is_named_by_the_key_beside_it() {
    let scratch = tempfile::tempdir().unwrap();
    let id = 0x1234_5678_9abc_4def_8123_4567_89ab_cdef_u128.to_be_bytes();
    let cases = [("own", "acme.example/log", LOG_ID), ("uuid", NAMED, id)];
    for (folder, name, expected) in cases {
        let path = scratch.path().join(folder);
        key_file::create(&key_file::beside(&path), &key(name)).unwrap();
        let log = Log::open(path.join(""), &writer()).unwrap();
        assert_eq!((log.origin().as_str(), log.log_id()), (name, expected));
        log.checkpoint(&key_file::read(&key_file::beside(&path)).unwrap()).unwrap();
        let inside: Vec<_> = fs::read_dir(&path).unwrap().map(|it| it.unwrap().path()).collect();
        assert!(inside.iter().all(|path| path.extension().is_none_or(|it| it != "key")));
    }
    // A log that is there keeps its name, whatever key is put beside it.
    let path = scratch.path().join("older");
    drop(Log::open(&path, &writer()).unwrap());
    key_file::create(&key_file::beside(&path), &key("acme.example/log")).unwrap();
    let log = Log::open(&path, &writer()).unwrap();
    assert_eq!(log.origin(), "lampyris.local/74686520-6c6f-6727-7320-6f776e206964");
}

#[test]
fn only_the_usual_spelling_of_an_id_is_one() {
    let id = |name| key_file::log_id(key(name).verifier());
    assert!(id(NAMED).is_some());
    for other in [
        "lampyris.local/12345678-9ABC-4def-8123-456789abcdef",
        "lampyris.local/123456789abc4def8123456789abcdef",
        "lampyris.local/+2345678-9abc-4def-8123-456789abcde",
        "lampyris.local/12345678-9abc-4def-8123-456789abcde",
        "example/12345678-9abc-4def-8123-456789abcdef",
        "lampyris.local",
        "lampyris.local/",
    ] {
        if let Ok(key) = SigningKey::from_seed(other, [7; 32]) {
            assert_eq!(key_file::log_id(key.verifier()), None, "{other}");
        }
    }
}

#[test]
fn a_log_is_not_created_beside_a_key_of_another_name_or_one_that_cannot_be_used() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("data");
    let file = key_file::beside(&path);
    key_file::create(&file, &key(NAMED)).unwrap();
    let refused = Log::open(&path, &writer().origin("acme.example/log")).unwrap_err();
    let said = format!(
        "the log is to be named acme.example/log, the key {} is for {NAMED}",
        file.display()
    );
    assert_eq!(refused.to_string(), said);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let refused = Log::open(&path, &writer()).unwrap_err();
    assert!(matches!(refused, OpenError::Key(KeyFileError::Open { .. })), "{refused}");
    assert!(!path.exists());
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let log = Log::open(&path, &writer().origin(NAMED)).unwrap();
    assert_eq!(log.origin(), NAMED);
}

#[test]
fn a_log_in_another_store_is_named_by_a_key_if_that_is_asked_for() {
    let store = std::sync::Arc::new(lampyris_log::MemoryShard::new());
    let options = Options::writer(RULES).create(LOG_ID).named_by(key(NAMED).verifier());
    let log = Log::open_on(store, &options, |_| {}).unwrap();
    assert_eq!(log.origin(), NAMED);
    assert_ne!(log.log_id(), LOG_ID);
    log.checkpoint(&key(NAMED)).unwrap();
}
