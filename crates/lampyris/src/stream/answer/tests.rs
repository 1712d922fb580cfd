//! Answers, read back by another reader of JSON.

use lampyris_message::MessageId;
use lampyris_message::event::EventKind;
use lampyris_message::kind::MessageState;
use lampyris_message::lifecycle::Refusal;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::answer;
use crate::outcome::{Accepted, Outcome, Refused};
use crate::stream::BadLine;

const ID: MessageId = MessageId::from_bytes([0xab; 16]);
const ID_TEXT: &str = "abababab-abab-abab-abab-abababababab";

fn read(line: u64, result: Result<&Outcome, &BadLine>) -> Value {
    let bytes = answer(line, result);
    assert!(!bytes.contains(&b'\n'), "an answer is one line");
    serde_json::from_slice(&bytes).expect("an answer is JSON")
}

fn accepted(events: Vec<EventKind>, sequence: Option<u64>) -> Outcome {
    let (id, state, position) = (ID, MessageState::Ready, 9);
    Outcome::Accepted(Accepted { id, state, events, sequence, position })
}

fn refused(state: Option<MessageState>, refusal: Refusal, noted: Option<u64>) -> Outcome {
    let (detail, accepts) = ("what \"was\" said\n".to_owned(), Vec::new());
    let refused = Refused { id: ID, state, refusal, detail, accepts, noted, position: 9 };
    Outcome::Refused(Box::new(refused))
}

#[test]
fn a_step_is_answered_with_its_events_and_the_sequence_of_the_last() {
    let outcome = accepted(vec![EventKind::Staged, EventKind::Readied], Some(2));
    assert_eq!(
        String::from_utf8(answer(1, Ok(&outcome))).unwrap(),
        format!(
            r#"{{"line":1,"ok":true,"id":"{ID_TEXT}","state":"ready","events":["staged","readied"],"sequence":2}}"#
        )
    );
}

#[test]
fn the_same_again_is_answered_without_events_and_sequence() {
    assert_eq!(
        read(7, Ok(&accepted(Vec::new(), None))),
        json!({ "line": 7, "ok": true, "id": ID_TEXT, "state": "ready", "events": [] })
    );
}

#[test]
fn a_refusal_is_answered_by_name_with_the_state_it_met() {
    assert_eq!(
        read(2, Ok(&refused(Some(MessageState::Ready), Refusal::NotSealed, None))),
        json!({
            "line": 2, "ok": false, "id": ID_TEXT, "state": "ready",
            "refusal": "NotSealed", "detail": "what \"was\" said\n",
        })
    );
}

#[test]
fn the_state_of_an_unknown_message_is_none() {
    let answer = read(2, Ok(&refused(None, Refusal::UnknownMessage, None)));
    assert_eq!(answer["state"], "none");
}

#[test]
fn a_noted_refusal_says_where_and_a_coded_one_its_code() {
    let noted = refused(Some(MessageState::Sent), Refusal::WrongBatch, Some(11));
    let answer = read(3, Ok(&noted));
    assert_eq!((&answer["events"], &answer["sequence"]), (&json!(["noted"]), &json!(11)));
    assert_eq!(answer.get("code"), None);
    let coded = refused(Some(MessageState::Sent), Refusal::IdempotencyKeyUsed, None);
    let answer = read(4, Ok(&coded));
    assert_eq!(answer["code"], "FF10430");
    assert_eq!((answer.get("events"), answer.get("sequence")), (None, None));
}

#[test]
fn a_bad_line_is_answered_with_what_could_be_read_of_it() {
    let bad = BadLine { id: Some(ID), code: Some("FF00140"), reason: "no".to_owned() };
    assert_eq!(
        read(3, Err(&bad)),
        json!({ "line": 3, "ok": false, "id": ID_TEXT, "error": "no", "code": "FF00140" })
    );
    let bad = BadLine { id: None, code: None, reason: "no".to_owned() };
    assert_eq!(read(u64::MAX, Err(&bad)), json!({ "line": u64::MAX, "ok": false, "error": "no" }));
}

proptest! {
    #[test]
    fn every_text_comes_back(text: String) {
        let bad = BadLine { id: None, code: None, reason: text.clone() };
        prop_assert_eq!(&read(1, Err(&bad))["error"], &json!(text));
    }

    #[test]
    fn every_outcome_comes_back(
        events in prop::collection::vec(prop::sample::select(EventKind::ALL), 0..3),
        state in prop::option::of(prop::sample::select(MessageState::ALL)),
        refusal in prop::sample::select(Refusal::ALL),
        at: Option<u64>,
    ) {
        let names: Vec<_> = events.iter().map(|event| event.name()).collect();
        let answer = read(1, Ok(&accepted(events, at)));
        prop_assert_eq!(&answer["events"], &json!(names));
        prop_assert_eq!(answer["sequence"].as_u64(), at);
        let answer = read(1, Ok(&refused(state, refusal, at)));
        prop_assert_eq!(Refusal::from_name(answer["refusal"].as_str().unwrap()), Some(refusal));
        let told = answer["state"].as_str().unwrap();
        prop_assert_eq!(MessageState::parse(told).ok(), state);
        prop_assert_eq!(answer["sequence"].as_u64(), at);
        prop_assert_eq!(answer["code"].as_str(), refusal.code());
    }
}
