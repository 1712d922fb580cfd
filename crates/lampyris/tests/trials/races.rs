//! Races: what is asked at the same time is answered as if it had been asked in some order, one after the other.

use lampyris::query::Query;
use std::sync::Arc;

use lampyris::{Accepted, Lampyris, Outcome, Request, Submission};
use lampyris_message::MessageState;
use lampyris_message::event::EventKind;
use lampyris_message::lifecycle::Refusal;
use proptest::prelude::*;
use tokio::runtime::Runtime;
use tokio::sync::Barrier;

use crate::ask::{Ask, Pins, Waits};
use crate::cast::{AUTHOR, BEGINNING, KEY, Who};
use crate::draw::any_ask;
use crate::lives::{life, lives};
use crate::model::{Answer, Expected, Model};
use crate::place::Memory;
use crate::trial::{Trial, told};

/// How many rounds of a race without a model.
const ROUNDS: u32 = 50;

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap()
}

/// Makes all these requests at the same time; the outcomes are in the order of the requests.
fn race(runtime: &Runtime, engine: &Lampyris, requests: Vec<Request>) -> Vec<Outcome> {
    let start = Arc::new(Barrier::new(requests.len()));
    let tasks: Vec<_> = requests
        .into_iter()
        .map(|request| {
            let (engine, start) = (engine.clone(), Arc::clone(&start));
            runtime.spawn(async move {
                start.wait().await;
                engine.submit(request).await.unwrap()
            })
        })
        .collect();
    tasks.into_iter().map(|task| runtime.block_on(task).unwrap()).collect()
}

/// All orders of so many.
fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = orders(count - 1);
    let with_last = |order: &Vec<usize>, at: usize| {
        let mut order = order.clone();
        order.insert(at, count - 1);
        order
    };
    shorter.iter().flat_map(|order| (0..count).map(move |at| with_last(order, at))).collect()
}

/// The model after some order of these requests that gives these outcomes.
fn explained(before: &Model, asks: &[Ask], outcomes: &[Answer]) -> Option<Model> {
    orders(asks.len()).into_iter().find_map(|order| {
        let mut model = before.clone();
        let fits = order.iter().all(|at| model.ask(&asks[*at]).answer == outcomes[*at]);
        fits.then_some(model)
    })
}

/// Anything but a message whose id is drawn: who draws first is not known.
fn named_ask() -> impl Strategy<Value = Ask> {
    any_ask(0).prop_filter("the id is drawn", |ask| !matches!(ask, Ask::Draw { .. }))
}

/// A few requests that meet: of lives of the same messages, or anything.
fn crowd() -> impl Strategy<Value = Vec<Ask>> {
    let together = proptest::collection::vec(named_ask(), 2..5);
    let same = (lives(), any::<proptest::sample::Index>()).prop_map(|(asks, at)| {
        let start = at.index(asks.len());
        asks.into_iter().cycle().skip(start).take(4).collect()
    });
    prop_oneof![together, same]
}

fn cases() -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig { cases: default.cases.div_ceil(4), failure_persistence: None, ..default }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn what_races_is_answered_as_in_some_order(
        first in lives(),
        crowds in proptest::collection::vec(crowd(), 1..4),
    ) {
        let (mut trial, mut model, runtime) = (Trial::<Memory>::new(), Model::default(), runtime());
        for ask in &first {
            let expected: Expected = model.ask(ask);
            trial.ask(model.now, ask, &[expected]);
        }
        for asks in crowds {
            let requests = asks.iter().map(Ask::request).collect();
            let outcomes = race(&runtime, trial.engine(), requests);
            let answers: Vec<_> = outcomes.iter().map(told).collect();
            let after = explained(&model, &asks, &answers);
            prop_assert!(after.is_some(), "no order gives {:#?} for {:#?}", answers, asks);
            model = after.unwrap();
        }
        trial.check(&model);
        trial.check_log(model.elements);
        trial.reopen(false);
        trial.check(&model);
    }
}

fn accepted(outcomes: Vec<Outcome>) -> Vec<Accepted> {
    outcomes.into_iter().map(|outcome| outcome.accepted().unwrap()).collect()
}

#[test]
fn racing_stages_of_one_key_give_one_message() {
    let (trial, runtime) = (Trial::<Memory>::new(), runtime());
    for round in 0..ROUNDS {
        let stage = || {
            let draft = Submission::broadcast(AUTHOR, KEY).topic("orders");
            let draft = draft.idempotency_key(format!("order {round}")).text("a lamp");
            let submission = draft.build().unwrap();
            Request::Stage(Box::new(submission))
        };
        let size = trial.engine().position();
        let answers = accepted(race(&runtime, trial.engine(), (0..64).map(|_| stage()).collect()));
        let winners = answers.iter().filter(|answer| !answer.events.is_empty());
        assert_eq!(winners.count(), 1);
        let id = answers[0].id;
        let same = |answer: &Accepted| (answer.id, answer.state) == (id, MessageState::Ready);
        assert!(answers.iter().all(same));
        assert!(answers.iter().all(|answer| answer.position >= size + 3));
        assert_eq!(trial.engine().by_key(&format!("order {round}")), Some(id));
        assert_eq!(trial.engine().position(), size + 3, "one element, two events");
    }
    let messages = trial.engine().query(&Query::in_log_order()).unwrap().messages;
    assert_eq!(messages.len(), usize::try_from(ROUNDS).unwrap());
}

#[test]
fn of_two_verdicts_on_one_message_one_stands_and_the_other_is_noted() {
    let runtime = runtime();
    let mut confirmed = 0;
    for _ in 0..ROUNDS {
        let trial = pinned(Who::Order);
        let who = Who::Order;
        let verdicts = [Ask::Confirm { who, correlated: false }, Ask::Reject { who, code: 0 }];
        let requests = verdicts.iter().map(Ask::request).collect();
        let outcomes = race(&runtime, trial.engine(), requests);
        let stands = outcomes.iter().position(Outcome::is_accepted).unwrap();
        let Outcome::Refused(refused) = &outcomes[1 - stands] else { panic!("{outcomes:?}") };
        assert_eq!(refused.refusal, Refusal::Contradiction);
        assert!(refused.noted.is_some());
        let state = [MessageState::Confirmed, MessageState::Rejected][stands];
        assert_eq!(trial.engine().state(who.id()), Some(state));
        confirmed += u32::from(stands == 0);
    }
    println!("{confirmed} of {ROUNDS} were confirmed");
}

#[test]
fn racing_batches_seal_a_message_once_and_the_others_are_refused() {
    let runtime = runtime();
    for _ in 0..ROUNDS {
        let trial = Trial::<Memory>::new();
        let who = Who::Secret;
        let stage = Ask::Stage { who, impostor: false, key: None, waits: Waits::Not };
        race(&runtime, trial.engine(), vec![stage.request()]);
        let seal = |batch| Ask::Seal { who, batch, tx: batch, pins: Pins::Right }.request();
        let outcomes = race(&runtime, trial.engine(), (0..16).map(|task| seal(task / 2)).collect());
        let sealed =
            |outcome: &Outcome| matches!(outcome, Outcome::Accepted(it) if !it.events.is_empty());
        assert_eq!(outcomes.iter().filter(|outcome| sealed(outcome)).count(), 1);
        let winner = outcomes.iter().position(sealed).unwrap();
        for (task, outcome) in outcomes.iter().enumerate() {
            match outcome {
                Outcome::Accepted(_) => assert_eq!(task / 2, winner / 2),
                Outcome::Refused(refused) => assert_eq!(refused.refusal, Refusal::AlreadySealed),
            }
        }
    }
}

#[test]
fn a_batch_that_many_report_is_dispatched_once() {
    let runtime = runtime();
    let in_it = [Who::Order, Who::Secret, Who::Call, Who::Whisper];
    for _ in 0..ROUNDS {
        let trial = Trial::<Memory>::new();
        for who in in_it {
            for ask in &life(who, true, 2) {
                race(&runtime, trial.engine(), vec![ask.request()]);
            }
        }
        let report = |who| Ask::Dispatched { who, batch: 0 }.request();
        let reports = (0..8).flat_map(|_| in_it.map(report)).collect();
        for answer in accepted(race(&runtime, trial.engine(), reports)) {
            assert!(matches!(answer.state, MessageState::Sent | MessageState::Confirmed));
        }
        for who in in_it {
            let history = trial.engine().history(who.id()).unwrap();
            let sent = history.iter().filter(|entry| entry.event.kind() == EventKind::Sent);
            assert_eq!(sent.count(), 1);
        }
    }
}

/// A trial in which this message waits for its verdict.
fn pinned(who: Who) -> Trial<Memory> {
    let (trial, mut model) = (Trial::new(), Model::default());
    for ask in &life(who, true, 4) {
        let expected = model.ask(ask);
        trial.ask(BEGINNING, ask, &[expected]);
    }
    trial
}
