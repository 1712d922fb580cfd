//! A whole life, and going on after a reopening.

use std::time::Duration;

use lampyris::{Accepted, Confirmation, Lampyris, Outcome};
use lampyris_message::MessageState;
use lampyris_message::event::EventKind;

use crate::cast::{batch, broadcast, message, pin, seal};

fn accepted(outcome: Outcome) -> Accepted {
    outcome.accepted().unwrap()
}

#[tokio::test]
async fn a_life_is_led_and_told_the_same_after_reopening() {
    let scratch = tempfile::tempdir().unwrap();
    let engine = Lampyris::open(scratch.path()).unwrap();
    let id = message(1);
    let staged = accepted(engine.stage(broadcast(1)).await.unwrap());
    assert_eq!(staged.events, [EventKind::Staged, EventKind::Readied]);
    assert_eq!((staged.sequence, staged.position), (Some(2), 3));
    accepted(engine.seal(id, seal(1)).await.unwrap());
    let sealed = engine.work(Duration::ZERO).await.unwrap();
    assert_eq!(sealed.to_dispatch[0].batch, Some(batch(1)));
    accepted(engine.dispatched(id, batch(1)).await.unwrap());
    drop(engine);

    let engine = Lampyris::open(scratch.path()).unwrap();
    assert_eq!(engine.state(id), Some(MessageState::Sent));
    assert_eq!(engine.work(Duration::ZERO).await.unwrap().to_sequence[0].id, id);
    accepted(engine.sequence(id, pin(1)).await.unwrap());
    let confirmed = accepted(engine.confirm(id, Confirmation::now()).await.unwrap());
    assert_eq!(confirmed.state, MessageState::Confirmed);
    let again = accepted(engine.confirm(id, Confirmation::now()).await.unwrap());
    assert_eq!((again.events.len(), again.sequence), (0, None));
    let view = engine.get(id).unwrap().unwrap();
    let history = engine.history(id).unwrap();
    assert_eq!(history.len(), 6);
    engine.close().await.unwrap();
    drop(engine);

    let engine = Lampyris::open(scratch.path()).unwrap();
    assert_eq!(engine.get(id).unwrap().unwrap(), view);
    assert_eq!(engine.history(id).unwrap(), history);
    assert_eq!(engine.work(Duration::ZERO).await.unwrap(), lampyris::Work::default());
    let again = accepted(engine.confirm(id, Confirmation::now()).await.unwrap());
    assert_eq!((again.state, again.events.len()), (MessageState::Confirmed, 0));
}

#[tokio::test]
async fn requests_can_be_made_from_any_thread_of_a_runtime() {
    let scratch = tempfile::tempdir().unwrap();
    let engine = Lampyris::open(scratch.path()).unwrap();
    let tasks: Vec<_> = (0..64)
        .map(|number| {
            let engine = engine.clone();
            tokio::spawn(async move { engine.stage(broadcast(number)).await.unwrap() })
        })
        .collect();
    for task in tasks {
        accepted(task.await.unwrap());
    }
    assert_eq!(engine.list(None, None, 100).unwrap().messages.len(), 64);
}

#[test]
fn a_name_that_no_record_could_carry_is_refused_at_opening() {
    let scratch = tempfile::tempdir().unwrap();
    for (builder, field) in [
        (Lampyris::builder().namespace(""), "namespace"),
        (Lampyris::builder().namespace("n".repeat(65)), "namespace"),
        (Lampyris::builder().actor(""), "actor"),
    ] {
        let error = builder.open(scratch.path()).unwrap_err().to_string();
        assert!(error.contains(field), "{error}");
    }
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0, "nothing was made");
}
