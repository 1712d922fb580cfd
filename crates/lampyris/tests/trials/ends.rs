//! Ends: an engine that is closed, or whose store fails, while it is asked. Nobody waits for ever, and what was
//! acknowledged is there when it is opened again.

use lampyris::query::Query;
use std::collections::BTreeSet;
use std::sync::Arc;

use lampyris::{Error, Lampyris, Outcome};
use lampyris_log::Unavailable;
use lampyris_log::shard::MemoryShard;
use lampyris_message::MessageId;
use lampyris_testkit::script::{Fault, Odds, Script};
use lampyris_testkit::{FaultyShard, Polled, wait};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::ask::{Ask, drawn_id};
use crate::cast::{AUTHOR, KEY, Who};
use crate::lives::life;

const TASKS: u64 = 8;
const ROUNDS: u64 = 40;
/// More than any task makes before the end comes.
const WITHOUT_END: u64 = 1_000_000;

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap()
}

/// Stages one message after the other until the engine refuses to go on; what was acknowledged, and the error.
async fn stage_on(engine: Lampyris, task: u64) -> (Vec<Outcome>, Error) {
    let mut acknowledged = Vec::new();
    for number in 0..WITHOUT_END {
        let draft = lampyris::Submission::broadcast(AUTHOR, KEY).topic("orders");
        let id = drawn_id(task * WITHOUT_END + number);
        let key = format!("order {task} {number}");
        match engine.stage(draft.id(id).idempotency_key(key).build().unwrap()).await {
            Ok(outcome) => acknowledged.push(outcome),
            Err(error) => return (acknowledged, error),
        }
    }
    panic!("the end never came");
}

fn crew(runtime: &Runtime, engine: &Lampyris) -> Vec<JoinHandle<(Vec<Outcome>, Error)>> {
    (0..TASKS).map(|task| runtime.spawn(stage_on(engine.clone(), task))).collect()
}

/// Waits for all; everything that they were told, and their errors.
fn home(
    runtime: &Runtime,
    crew: Vec<JoinHandle<(Vec<Outcome>, Error)>>,
) -> (Vec<Outcome>, Vec<Error>) {
    let ended: Vec<_> = crew.into_iter().map(|task| runtime.block_on(task).unwrap()).collect();
    let (told, errors): (Vec<_>, Vec<_>) = ended.into_iter().unzip();
    (told.into_iter().flatten().collect(), errors)
}

/// All that was acknowledged is there, once, and nothing is there by half.
#[track_caller]
fn nothing_is_lost(engine: &Lampyris, told: &[Outcome]) {
    let page = engine.query(&Query::in_log_order()).unwrap();
    let id = |view: &lampyris_projection::View| view.message().header.id.unwrap();
    let there: BTreeSet<MessageId> = page.messages.iter().map(id).collect();
    assert_eq!(there.len(), page.messages.len());
    for outcome in told {
        assert!(there.contains(&outcome.id()), "lost: {outcome:?}");
        let history = engine.history(outcome.id()).unwrap();
        let Outcome::Accepted(accepted) = outcome else { panic!("{outcome:?}") };
        assert_eq!(history.last().map(|entry| entry.sequence), accepted.sequence);
    }
    for view in &page.messages {
        assert_eq!(engine.history(id(view)).unwrap().len(), 2, "staged and readied, or neither");
    }
}

#[test]
fn requests_that_race_with_closing_are_kept_or_refused() {
    let runtime = runtime();
    for round in 0..ROUNDS {
        let shard = MemoryShard::new();
        let engine = Lampyris::builder().open_on(Arc::new(shard.share())).unwrap();
        let crew = crew(&runtime, &engine);
        wait(engine.wait_for(1 + round * 5)).unwrap();
        runtime.block_on(engine.close()).unwrap();
        let size = engine.position();
        let (told, errors) = home(&runtime, crew);
        for error in &errors {
            assert!(matches!(error, Error::Unavailable(Unavailable::Closed)), "{error:?}");
        }
        assert_eq!(engine.position(), size, "closed is closed");
        nothing_is_lost(&engine, &told);
        drop(engine);
        let engine = Lampyris::builder().open_on(Arc::new(shard)).unwrap();
        nothing_is_lost(&engine, &told);
    }
}

/// Scripts that end an engine after so many appends, and one that does not.
fn fatal(after: u64) -> Vec<Script> {
    let faults = [Fault::Unavailable, Fault::KeptUnavailable, Fault::LoseOwnership];
    let quiet = (0..after).map(|_| None);
    let mut scripts: Vec<_> = faults
        .into_iter()
        .map(|fault| Script::listed(quiet.clone().chain([Some(fault)])))
        .collect();
    // The store never says what became of a frame.
    let silent = std::iter::repeat_n(Some(Fault::DropAnswer), 200);
    scripts.push(Script::listed(quiet.chain(silent)));
    scripts.push(Script::seeded(after, Odds { unavailable: 8, ..Odds::any() }));
    scripts
}

#[test]
fn a_store_that_fails_ends_every_request_and_loses_nothing_acknowledged() {
    let runtime = runtime();
    for script in (0..ROUNDS / 2).flat_map(fatal) {
        let shard = MemoryShard::new();
        // The log's own first record is not to fail.
        drop(Lampyris::builder().open_on(Arc::new(shard.share())).unwrap());
        let faulty = FaultyShard::new(Arc::new(shard.share()), script);
        let engine = Lampyris::builder().open_on(Arc::new(faulty)).unwrap();
        let (told, errors) = home(&runtime, crew(&runtime, &engine));
        for error in &errors {
            let closed = matches!(error, Error::Unavailable(Unavailable::Closed));
            assert!(matches!(error, Error::Unavailable(_)) && !closed, "{error:?}");
        }
        nothing_is_lost(&engine, &told);
        runtime.block_on(ended_by_failure(&engine));
        drop(engine);
        let engine = Lampyris::builder().open_on(Arc::new(shard)).unwrap();
        nothing_is_lost(&engine, &told);
        for ask in life(Who::Order, true, 5) {
            assert!(wait(engine.submit(ask.request())).unwrap().is_accepted(), "it goes on");
        }
    }
}

/// Every way in and every way to wait says why, and reading goes on.
async fn ended_by_failure(engine: &Lampyris) {
    let ask = &life(Who::Order, true, 1)[0];
    let poisoned =
        |error: &Error| matches!(error, Error::Unavailable(Unavailable::Poisoned { .. }));
    assert!(poisoned(&engine.submit(ask.request()).await.unwrap_err()));
    assert!(poisoned(&engine.wait_for(engine.position() + 1).await.unwrap_err()));
    assert!(poisoned(&engine.close().await.unwrap_err()));
    let mut events = engine.subscribe(0);
    while events.try_next().unwrap().is_some() {}
    assert!(poisoned(&events.next().await.unwrap_err()));
}

#[test]
fn who_waits_for_more_is_told_that_the_engine_was_closed() {
    let engine = Lampyris::builder().open_on(Arc::new(MemoryShard::new())).unwrap();
    wait(engine.submit(life(Who::Order, true, 1)[0].request())).unwrap();
    let end = engine.position();
    let mut subscription = engine.subscribe(end);
    let mut more = Polled::new(engine.wait_for(end + 1));
    let mut next = Polled::new(subscription.next());
    assert!(more.poll().is_none() && next.poll().is_none());
    wait(engine.close()).unwrap();
    let closed = |error: &Error| matches!(error, Error::Unavailable(Unavailable::Closed));
    assert!(more.poll().is_some_and(|end| closed(&end.unwrap_err())));
    assert!(next.poll().is_some_and(|end| closed(&end.unwrap_err())));
    wait(engine.wait_for(end)).unwrap();
    assert_eq!(wait(engine.subscribe(0).next()).unwrap().id, Who::Order.id());
}

#[test]
fn a_failure_that_nobody_asked_about_is_told_to_who_waits() {
    let shard = MemoryShard::new();
    drop(Lampyris::builder().open_on(Arc::new(shard.share())).unwrap());
    let script = Script::listed([Some(Fault::Unavailable)]);
    let faulty = FaultyShard::new(Arc::new(shard.share()), script);
    let engine = Lampyris::builder().open_on(Arc::new(faulty)).unwrap();
    drop(wait(engine.enqueue(life(Who::Order, true, 1)[0].request())).unwrap());
    let error = wait(engine.wait_for(engine.position() + 2)).unwrap_err();
    assert!(matches!(error, Error::Unavailable(Unavailable::Poisoned { durable: 1, .. })));
    let again = wait(engine.enqueue(Ask::Dispatched { who: Who::Call, batch: 0 }.request()));
    assert!(again.is_err(), "what the engine knew may not be true");
}
