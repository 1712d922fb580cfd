//! An engine that is opened by a snapshot, and one whose log is damaged before it.

use lampyris::query::Query;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lampyris::{Builder, Lampyris, Outcome, Request};
use lampyris_log::{Head, Log, Options, Receiver, Verify};
use lampyris_message::MessageState;

use crate::cast::{batch, broadcast, message, pin, seal};

fn builder() -> Builder {
    Lampyris::builder().snapshot_every(1)
}

/// Messages in every state that a message can wait in.
async fn fill(engine: &Lampyris) {
    for number in 0..8 {
        engine.stage(broadcast(number)).await.unwrap();
        if number >= 2 {
            engine.seal(message(number), seal(number)).await.unwrap();
        }
        if number >= 4 {
            engine.dispatched(message(number), batch(number)).await.unwrap();
        }
        if number >= 6 {
            engine.sequence(message(number), pin(number)).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_closed_engine_opens_by_its_snapshot_and_whole_all_the_same() {
    let scratch = tempfile::tempdir().unwrap();
    let engine = builder().open(scratch.path()).unwrap();
    fill(&engine).await;
    engine.close().await.unwrap();
    drop(engine);
    let mut seen = Vec::new();
    for verify in [Verify::New, Verify::Whole, Verify::New] {
        let builder = builder().verify(verify).verify_in_background();
        let engine = builder.open(scratch.path()).unwrap();
        let from = if verify == Verify::New { engine.head().size } else { 0 };
        assert_eq!(engine.verified_from(), from);
        let work = engine.work(std::time::Duration::ZERO).await.unwrap();
        assert_eq!((work.to_seal.len(), work.to_dispatch.len()), (2, 2));
        assert_eq!((work.to_sequence.len(), work.to_confirm.len()), (2, 2));
        // Since when a message waits is when it was decided on, or a moment later when it was recorded.
        let ids = |tasks: &[lampyris::Task]| tasks.iter().map(|it| it.id).collect::<Vec<_>>();
        let waiting = [&work.to_seal, &work.to_dispatch, &work.to_sequence, &work.to_confirm];
        let waiting = waiting.map(|tasks| ids(tasks));
        seen.push((waiting, engine.query(&Query::in_log_order()).unwrap().messages, engine.head()));
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]));
}

#[tokio::test]
async fn another_namespace_reads_the_whole_log() {
    let scratch = tempfile::tempdir().unwrap();
    let engine = builder().open(scratch.path()).unwrap();
    fill(&engine).await;
    drop(engine);
    for (namespace, is_quick) in [("other", false), ("other", true), ("default", false)] {
        let engine = builder().namespace(namespace).open(scratch.path()).unwrap();
        assert_eq!(engine.verified_from() > 0, is_quick, "{namespace}");
        let is_ours = namespace == "default";
        assert_eq!(engine.state(message(0)).is_some(), is_ours);
        if is_ours {
            assert_eq!(engine.state(message(6)), Some(MessageState::Pending));
        }
    }
}

/// A log that was written without an engine since: its snapshot stays, and what came after is judged.
#[tokio::test]
async fn a_log_that_others_wrote_to_is_opened_by_the_snapshot_before() {
    use lampyris_log::{Append, Rules};
    use lampyris_message::lifecycle::rules;

    let scratch = tempfile::tempdir().unwrap();
    let engine = builder().open(scratch.path()).unwrap();
    fill(&engine).await;
    let size = engine.head().size;
    drop(engine);
    let rules = Rules { version: rules::VERSION, hash: rules::hash().0 };
    let log = Log::open(scratch.path(), &Options::writer(rules).snapshot_every(1)).unwrap();
    let sealed = lampyris_message::event::Event::Sent(lampyris_message::event::Sent {
        batch: batch(2),
        tx_id: crate::cast::transaction(2),
    });
    let append = Append::new([1; 16], "default", "dispatched", "other");
    let event = lampyris_projection::record::new_event(message(2), &sealed);
    log.append_blocking(append.event(event)).unwrap();
    drop(log);
    let engine = builder().open(scratch.path()).unwrap();
    assert_eq!((engine.verified_from(), engine.head().size), (size, size + 1));
    assert_eq!(engine.state(message(2)), Some(MessageState::Sent));
    drop(engine);

    // One that the table does not allow: the whole log is read, and that names it.
    let log = Log::open(scratch.path(), &Options::writer(rules)).unwrap();
    let append = Append::new([2; 16], "default", "dispatched", "other");
    let event = lampyris_projection::record::new_event(message(0), &sealed);
    log.append_blocking(append.event(event)).unwrap();
    drop(log);
    let error = builder().open(scratch.path()).unwrap_err().to_string();
    assert!(error.contains(&format!("sequence {}", size + 1)), "{error}");
}

/// The snapshots that came by in a directory while something went on, by the number of their records.
fn caught(path: &std::path::Path, done: &AtomicBool) -> BTreeMap<u64, Vec<u8>> {
    let mut caught = BTreeMap::new();
    while !done.load(Ordering::SeqCst) {
        // It takes its name whole.
        if let Ok(bytes) = std::fs::read(path.join("snapshot")) {
            caught.insert(u64::from_be_bytes(bytes[21..29].try_into().unwrap()), bytes);
        }
    }
    caught
}

/// A log of the first records of another, as a crash leaves it that takes back what was not durable.
fn cut(log: &Log, size: u64, path: &std::path::Path) {
    let options = Options::exclusive();
    let mut receiver = Receiver::begin(path, &options, log.log_id()).unwrap();
    for sequence in 0..size {
        receiver.record(&log.leaf_bytes(sequence).unwrap().unwrap()).unwrap();
    }
    let root = log.root_at(size).unwrap().unwrap();
    receiver.finish(Head { size, root }, &[], &options).unwrap();
    // Makes the tiles, which a snapshot relies on, and no snapshot.
    drop(Log::open(path, &options).unwrap());
}

/// What was decided and is not durable when a snapshot is taken is not in it: who opens by it after a crash
/// decides as who reads the whole log.
#[tokio::test]
async fn a_snapshot_holds_nothing_that_a_crash_could_take_back() {
    const MESSAGES: u32 = 150;
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let engine = builder().open(&path).unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let watching = {
        let (path, done) = (path.clone(), Arc::clone(&done));
        std::thread::spawn(move || caught(&path, &done))
    };
    let mut waiting = Vec::new();
    // Nobody waits for the disk, so what is decided is far ahead of it.
    for step in 0..3 {
        for number in 0..MESSAGES {
            let id = message(number);
            waiting.push(
                match step {
                    0 => engine.enqueue(Request::Stage(Box::new(broadcast(number)))),
                    1 => engine.enqueue(Request::Seal(id, seal(number))),
                    _ => engine.enqueue(Request::Dispatched(id, batch(number))),
                }
                .await
                .unwrap(),
            );
        }
    }
    for pending in waiting {
        pending.await.unwrap();
    }
    engine.close().await.unwrap();
    drop(engine);
    done.store(true, Ordering::SeqCst);
    let mut caught = watching.join().unwrap();
    let log = Log::open(&path, &Options::reader()).unwrap();
    caught.retain(|size, _| *size < log.head().size);
    assert!(!caught.is_empty(), "no snapshot came by on the way");
    for (size, snapshot) in caught {
        let folder = scratch.path().join(size.to_string());
        cut(&log, size, &folder);
        let mut seen = Vec::new();
        for verify in [Verify::New, Verify::Whole] {
            std::fs::write(folder.join("snapshot"), &snapshot).unwrap();
            let engine = Lampyris::builder().snapshot_every(u64::MAX).verify(verify);
            let engine = engine.open(&folder).unwrap();
            let from = if verify == Verify::New { size } else { 0 };
            assert_eq!(engine.verified_from(), from, "{size} records");
            let states: Vec<_> =
                (0..MESSAGES).map(|number| engine.state(message(number))).collect();
            let mut answers = Vec::new();
            for number in 0..MESSAGES {
                // Legal for some, refused by name for others.
                let answer = engine.dispatched(message(number), batch(number)).await.unwrap();
                answers.push(match answer {
                    Outcome::Accepted(it) => format!("{} {:?}", it.state, it.events),
                    Outcome::Refused(it) => it.to_string(),
                });
            }
            seen.push((states, answers));
            drop(engine);
            std::fs::remove_dir_all(&folder).unwrap();
            cut(&log, size, &folder);
        }
        assert!(seen[0] == seen[1], "{size} records: other states or answers");
    }
}
