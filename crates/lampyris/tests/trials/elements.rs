//! Data elements that are queued: what refers to them is judged by them, and nobody hears of it too early.

use lampyris::{Error, Lampyris, Submission};
use lampyris_message::data::inline::InlineData;
use lampyris_message::{DataHash, DataId, Message};
use lampyris_testkit::{Polled, wait};

use crate::ask::drawn_id;
use crate::cast::{AUTHOR, KEY, Who};
use crate::place::{Memory, Place};

/// A broadcast with this id and one entry of data.
fn referring(number: u64, id: DataId, hash: Option<DataHash>) -> Submission {
    let entry = InlineData { id: Some(id), hash, ..InlineData::default() };
    let draft = Submission::broadcast(AUTHOR, KEY).id(drawn_id(number));
    draft.entry(entry).build().unwrap()
}

fn order() -> (Submission, Message) {
    let message = Who::Order.message(false);
    let order = Submission::with_data(message.clone(), Who::Order.in_line(), None).unwrap();
    (order, message)
}

#[test]
fn what_refers_to_a_queued_element_is_judged_by_it_and_told_when_it_is_durable() {
    let place = Memory::new();
    let engine = place.open(Lampyris::builder()).unwrap();
    // Dropped before the engine, which waits for the gate: so a failure ends the test.
    let place = place;
    let gate = place.gate().unwrap();
    let (order, message) = order();
    let element = message.data.unwrap()[1].unwrap();
    let (id, hash) = (element.id.unwrap(), element.hash.unwrap());
    gate.send_replace(false);
    let staged = wait(engine.enqueue(lampyris::Request::Stage(Box::new(order)))).unwrap();
    let resolved = wait(engine.enqueue(stage(referring(1, id, None)))).unwrap();
    let right = wait(engine.enqueue(stage(referring(2, id, Some(hash))))).unwrap();
    let other = Some(DataHash::from_bytes([7; 32]));
    let mut wrong = Box::pin(engine.stage(referring(3, id, other)));
    assert!(Polled::new(&mut wrong).poll().is_none(), "it was judged by what is not durable");
    gate.send_replace(true);
    let Err(Error::Unresolved(unresolved)) = wait(wrong) else { panic!("it was accepted") };
    assert_eq!((unresolved.index, unresolved.found), (0, Some(hash)));
    for pending in [staged, resolved, right] {
        assert!(wait(pending).unwrap().is_accepted());
    }
    for number in [1, 2] {
        let view = engine.get(drawn_id(number)).unwrap();
        assert_eq!(view.message().data.as_ref().unwrap()[0].unwrap(), element);
    }
    assert_eq!(engine.state(drawn_id(3)), None);
    // The same, now that the log tells of it.
    let again = wait(engine.stage(referring(3, id, other))).unwrap_err();
    assert!(matches!(again, Error::Unresolved(_)) && again.is_of_the_request());
    assert!(wait(engine.stage(referring(3, id, None))).unwrap().is_accepted());
}

fn stage(submission: Submission) -> lampyris::Request {
    lampyris::Request::Stage(Box::new(submission))
}
