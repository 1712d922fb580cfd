//! A whole life, and going on after a reopening.

use lampyris::query::Query;
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
    let view = engine.get(id).unwrap();
    let history = engine.history(id).unwrap();
    assert_eq!(history.len(), 6);
    engine.close().await.unwrap();
    drop(engine);

    let engine = Lampyris::open(scratch.path()).unwrap();
    assert_eq!(engine.get(id).unwrap(), view);
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
    assert_eq!(engine.query(&Query::in_log_order()).unwrap().messages.len(), 64);
}

/// The engine draws the time of a submission that has none: made again, that is still the same submission.
#[tokio::test]
async fn a_submission_with_an_id_and_no_time_can_be_made_again() {
    let scratch = tempfile::tempdir().unwrap();
    let keyed = || {
        let draft = lampyris::Submission::broadcast("did:firefly:org/acme", "0x9f3b");
        draft.id(message(2)).idempotency_key("two").build().unwrap()
    };
    for round in 0..3 {
        let engine = Lampyris::open(scratch.path()).unwrap();
        for submission in [broadcast(1), keyed(), broadcast(1), keyed()] {
            let id = submission.id().unwrap();
            let staged = accepted(engine.stage(submission).await.unwrap());
            assert_eq!((staged.id, staged.state), (id, MessageState::Ready), "round {round}");
        }
        let other = lampyris::Submission::broadcast("did:firefly:org/acme", "0x9f3b");
        let other = other.topic("other").id(message(1)).build().unwrap();
        let refused = engine.stage(other).await.unwrap().accepted().unwrap_err();
        assert_eq!(refused.refusal.name(), "DuplicateId");
        assert_eq!(engine.head().size, 5, "record 0, and two events of each message");
    }
}

/// Ids that are counted, on and on over reopenings: unlike each other, and alike in their first half.
#[derive(Debug)]
struct Counted(std::sync::atomic::AtomicU64);

impl lampyris::IdSource for Counted {
    fn draw(&self) -> [u8; 16] {
        let next = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        u128::from(next).to_be_bytes()
    }
}

#[tokio::test]
async fn ids_need_only_be_unlike_each_other() {
    let scratch = tempfile::tempdir().unwrap();
    let ids = std::sync::Arc::new(Counted(1.into()));
    for round in 0..4u64 {
        let builder = Lampyris::builder().ids(std::sync::Arc::clone(&ids) as _);
        let engine = builder.open(scratch.path()).unwrap();
        for _ in 0..3 {
            let draft = lampyris::Submission::broadcast("did:firefly:org/acme", "0x9f3b");
            accepted(engine.stage(draft.build().unwrap()).await.unwrap());
        }
        assert_eq!(engine.head().size, 1 + 6 * (round + 1));
    }
}

#[test]
fn a_key_of_nothing_is_refused() {
    let draft = lampyris::Submission::broadcast("did:firefly:org/acme", "0x9f3b");
    let error = draft.idempotency_key("").build().unwrap_err();
    assert!(error.to_string().contains("idempotencyKey"), "{error}");
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
