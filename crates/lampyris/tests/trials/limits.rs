//! Limits: what is too large for a record, more than the queue takes, more messages than are kept at hand, futures
//! that nobody waits for. Each harms itself alone.

use std::sync::Arc;

use lampyris::request::{Cancellation, Confirmation, Rejection};
use lampyris::{Arrival, Error, Evidence, Lampyris, LedgerPin, Outcome, Request, Submission};
use lampyris_log::Refused;
use lampyris_log::shard::MemoryShard;
use lampyris_message::hash::{Bytes32, DataHash};
use lampyris_message::{DataId, DataRef, Message, MessageState};
use lampyris_testkit::{Polled, wait};

use crate::ask::{Ask, drawn_id};
use crate::cast::{SOURCE, Who, batch, claims, drawn, pins, position, transaction};
use crate::lives::life;
use crate::model::Model;
use crate::place::{Memory, Place};
use crate::trial::Trial;

/// More than a record takes, in bytes.
const LARGE: usize = 70_000;
/// More than a frame takes.
const HUGE: usize = 1_200_000;

/// A message with so many references to data.
fn referring(who: Who, references: u64) -> Message {
    let reference = |number: u64| {
        let id = DataId::from_bytes(drawn("data", number));
        let Bytes32(hash) = Bytes32::sha256(&number.to_be_bytes());
        Some(DataRef { id: Some(id), hash: Some(DataHash::from_bytes(hash)) })
    };
    Message { data: Some((0..references).map(reference).collect()), ..who.message(false) }
}

fn stage(message: Message) -> Request {
    Request::Stage(Box::new(Submission::new(message, None).unwrap()))
}

/// Requests that no record can hold, about messages in every state that takes them.
fn too_large(bytes: usize) -> Vec<Request> {
    let text = "x".repeat(bytes);
    let references = (bytes / 20) as u64;
    let sealed = |who| {
        let mut message = Message { tx_id: None, ..referring(who, references) };
        message.seal().unwrap()
    };
    let keyed = |message| Message { idempotency_key: "large".to_owned(), ..message };
    let arrival = |who| Arrival::new(sealed(who), batch(0), transaction(0));
    let many_pins = || pins(0, 200).into_iter().cycle().take(bytes / 40).collect::<Vec<_>>();
    let order = Who::Order.id();
    vec![
        stage(keyed(referring(Who::Call, references))),
        Request::Receive(Box::new(arrival(Who::Call))),
        Request::Receive(Box::new(arrival(Who::Call).from(text.clone()))),
        Request::Receive(Box::new(
            Arrival::new(Who::Call.sealed(false), batch(0), transaction(0)).pins(many_pins()),
        )),
        Request::Import(Box::new(Evidence::new(
            sealed(Who::Call),
            claims(MessageState::Pending),
            SOURCE,
        ))),
        Request::Import(Box::new(Evidence::new(
            Who::Call.sealed(false),
            claims(MessageState::Pending),
            text.clone(),
        ))),
        Request::Sequence(
            Who::Secret.id(),
            LedgerPin::new(batch(0), position(0).sequence, text.clone()),
        ),
        Request::Confirm(order, Confirmation::now().correlator(text.clone())),
        Request::Reject(order, Rejection::new(&text, "too large").unwrap()),
        Request::Reject(order, Rejection::new("FF10435", &text).unwrap()),
        Request::Cancel(Who::Twin.id(), Cancellation::new("Late").unwrap().reason(text.clone())),
        // Refused, and too large to be noted.
        Request::Sequence(order, LedgerPin::new(batch(0), 77, text)),
    ]
}

/// An order that waits for its verdict, a secret that was sent, and a twin that is ready.
fn prepared() -> (Trial<Memory>, Model) {
    let (trial, mut model) = (Trial::new(), Model::default());
    let lives = [life(Who::Order, true, 4), life(Who::Secret, true, 3), life(Who::Twin, true, 1)];
    for ask in lives.iter().flatten() {
        let expected = model.ask(ask);
        trial.ask(model.now, ask, &[expected]);
    }
    (trial, model)
}

#[test]
fn what_is_too_large_is_an_error_for_itself_alone() {
    for bytes in [LARGE, HUGE] {
        let (mut trial, mut model) = prepared();
        for request in too_large(bytes) {
            let id = request.id();
            let error = wait(trial.engine().submit(request)).unwrap_err();
            let Error::Limit { id: found, refused } = &error else { panic!("{error:?}") };
            let measured =
                matches!(refused, Refused::TooLarge { .. } | Refused::OutOfBounds { .. });
            assert!(measured && Some(*found) == id, "{error:?}");
            assert!(error.is_of_the_request());
            trial.check(&model);
        }
        assert_eq!(trial.engine().by_key("large"), None);
        // The same messages, of a size that fits.
        let call = Who::Call;
        let mut going_on = life(call, false, 3);
        let who = Who::Order;
        going_on.push(Ask::Confirm { who, correlated: true });
        going_on.push(Ask::Cancel { who: Who::Twin, gap_fill: None });
        for ask in &going_on {
            let expected = model.ask(ask);
            assert!(expected.answer.appends());
            trial.ask(model.now, ask, &[expected]);
        }
        trial.check(&model);
        trial.reopen(false);
        trial.check(&model);
    }
}

/// Requests that are as large as a record takes must find room: what is kept for them is never too small.
#[test]
fn what_fits_a_record_fits_the_room_that_is_kept_for_it() {
    for bytes in (2_500..70_000).step_by(7_500) {
        for request in too_large(bytes) {
            let (trial, _) = prepared();
            match wait(trial.engine().submit(request)) {
                Ok(_) => {}
                Err(Error::Limit { refused: Refused::TooLarge { what, .. }, .. }) => {
                    assert_eq!(what, "record");
                }
                Err(error) => panic!("{error:?}"),
            }
        }
    }
}

/// A stage of a message that takes up much of the queue.
fn bulky(number: u64) -> Request {
    let who = Who::Order;
    let mut message = referring(who, 900);
    message.header.id = Some(drawn_id(number));
    stage(message)
}

#[test]
fn a_full_queue_lets_wait_and_forgets_who_gave_up() {
    let place = Memory::new();
    let gate = place.gate().unwrap();
    let engine = place.open(Lampyris::builder()).unwrap();
    gate.send_replace(false);
    let mut queued = Vec::new();
    let mut waiting = Vec::new();
    let mut number = 0;
    while waiting.len() < 40 {
        let mut asked = Polled::new(engine.enqueue(bulky(number)));
        match asked.poll() {
            Some(pending) => queued.push(pending.unwrap()),
            None => waiting.push((number, asked)),
        }
        number += 1;
    }
    assert!(queued.len() > 100, "only {} had room", queued.len());
    let (mut kept, mut gone) = (Vec::new(), Vec::new());
    for (place, (number, asked)) in waiting.into_iter().enumerate() {
        if place % 2 == 0 { kept.push(asked) } else { gone.push(number) }
    }
    gate.send_replace(true);
    for pending in queued {
        assert!(wait(pending).unwrap().is_accepted());
    }
    let last = wait(engine.submit(bulky(number))).unwrap();
    assert!(last.is_accepted(), "room comes back");
    for mut asked in kept {
        let pending = asked.poll().expect("those before it had room").unwrap();
        assert!(wait(pending).unwrap().is_accepted());
    }
    for number in gone {
        assert_eq!(engine.state(drawn_id(number)), None, "it was given up");
    }
}

#[test]
fn messages_that_are_not_kept_at_hand_are_found_in_the_log() {
    /// More than are kept at hand.
    const MANY: u64 = 17_000;
    let engine = Lampyris::builder().open_on(Arc::new(MemoryShard::new())).unwrap();
    let import = |number| {
        let mut message = Message { tx_id: None, ..Who::Order.message(false) };
        message.header.id = Some(drawn_id(number));
        let claims = claims(MessageState::Confirmed);
        Request::Import(Box::new(Evidence::new(message.seal().unwrap(), claims, SOURCE)))
    };
    let pending: Vec<_> =
        (0..MANY).map(|number| wait(engine.enqueue(import(number))).unwrap()).collect();
    for pending in pending {
        assert!(wait(pending).unwrap().is_accepted());
    }
    let size = engine.position();
    assert_eq!(size, MANY + 1);
    for number in (0..MANY).rev().step_by(97).chain((0..MANY).step_by(89)) {
        let Outcome::Accepted(again) = wait(engine.submit(import(number))).unwrap() else {
            panic!("{number} was refused")
        };
        assert_eq!((again.events.len(), again.state), (0, MessageState::Confirmed));
    }
    let mut impostor = Who::Order.message(true);
    (impostor.header.id, impostor.tx_id) = (Some(drawn_id(0)), None);
    let arrival = Arrival::new(impostor.seal().unwrap(), batch(0), transaction(0));
    let noted = |_| {
        let outcome = wait(engine.receive(arrival.clone())).unwrap();
        let Outcome::Refused(refused) = outcome else { panic!("{outcome:?}") };
        refused.noted
    };
    assert_eq!([0, 1].map(noted), [Some(size), None], "noted once");
}
