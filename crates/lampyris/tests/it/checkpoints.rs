//! A running engine signs its log as it grows, and once more when it is closed.

use std::num::NonZeroU64;

use lampyris::log::{Cadence, Log, Options, SigningKey};
use lampyris::{Lampyris, Submission, block_on};

const NAME: &str = "acme.example/messages";

fn key() -> SigningKey {
    SigningKey::from_seed(NAME, [7; 32]).unwrap()
}

fn stage(engine: &Lampyris) {
    let order = Submission::broadcast("did:firefly:org/acme", "0x9f3b").topic("orders").build();
    block_on(engine.stage(order.unwrap())).unwrap();
}

#[test]
fn an_engine_signs_as_it_grows_and_when_it_is_closed() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("data");
    let cadence = Cadence { records: NonZeroU64::new(4), seconds: None };
    let engine = Lampyris::builder().checkpoints(key(), cadence).open(&dir).unwrap();
    // Nobody asks for it: it is signed while the engine runs, however late its thread is.
    let signed = (0..20_000).any(|_| {
        stage(&engine);
        engine.last_checkpoint().unwrap().is_some()
    });
    assert!(signed, "nothing was signed before the end");
    let asked = engine.checkpoint(&key()).unwrap();
    asked.verify(key().verifier()).unwrap();
    assert_eq!(engine.last_checkpoint().unwrap(), Some(asked));
    stage(&engine);
    block_on(engine.close()).unwrap();
    let last = engine.last_checkpoint().unwrap().unwrap();
    drop(engine);
    let log = Log::open(&dir, &Options::reader()).unwrap();
    assert_eq!((log.origin().as_str(), last.checkpoint().head), (NAME, log.head()));
    assert_eq!(log.last_checkpoint().unwrap(), Some(last));
    for checkpoint in log.checkpoints() {
        log.agrees_with(&checkpoint.unwrap()).unwrap();
    }
}

#[test]
fn an_engine_that_is_dropped_signs_too() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("data");
    let engine = Lampyris::builder().checkpoints(key(), Cadence::default()).open(&dir).unwrap();
    stage(&engine);
    drop(engine);
    let log = Log::open(&dir, &Options::reader()).unwrap();
    assert_eq!(log.last_checkpoint().unwrap().unwrap().checkpoint().head, log.head());
}

#[test]
fn an_engine_is_not_opened_with_a_key_of_another_name() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("data");
    drop(Lampyris::open(&dir).unwrap());
    let opened = Lampyris::builder().checkpoints(key(), Cadence::default()).open(&dir);
    let refused = opened.unwrap_err().to_string();
    assert!(refused.starts_with("the key is for acme.example/messages, the log is"), "{refused}");
    Lampyris::open(&dir).unwrap();
}
