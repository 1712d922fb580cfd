//! `apply`: every line is answered in order, once what it says is durable, and harms no other.

use serde_json::{Value, json};

use crate::import::good_message;
use crate::program::Program;

pub(crate) const BATCH: &str = "b0000000-0000-4000-8000-000000000001";
pub(crate) const TX: &str = "c0000000-0000-4000-8000-000000000001";

pub(crate) fn id(number: u64) -> String {
    format!("0f1c6e05-2a5f-4d0d-a9b1-{number:012x}")
}

pub(crate) fn stage(number: u64) -> Value {
    let header = json!({
        "id": id(number), "type": "broadcast", "txtype": "batch_pin", "topics": ["orders"],
        "author": "did:firefly:org/acme", "key": "0x9f3b", "created": "2022-05-16T01:23:10Z",
        "namespace": "ns1",
    });
    json!({ "do": "stage", "message": { "header": header } })
}

/// The requests of a whole life.
pub(crate) fn life(number: u64) -> [Value; 5] {
    let (id, batch) = (id(number), BATCH);
    [
        stage(number),
        json!({ "do": "seal", "id": id, "batch": batch, "txid": TX }),
        json!({ "do": "dispatched", "id": id, "batch": batch }),
        json!({ "do": "sequence", "id": id, "batch": batch, "ledgerSequence": 7, "signer": "0x9f3b" }),
        json!({ "do": "confirm", "id": id, "confirmed": "2022-05-16T01:24:00Z" }),
    ]
}

pub(crate) fn text(lines: &[Value]) -> String {
    lines.iter().map(|line| line.to_string() + "\n").collect()
}

#[test]
fn a_whole_life_is_answered_step_by_step_and_again_without_an_event() {
    let program = Program::new();
    let said = program.run_with_input(&["apply", "--strict", "-"], &text(&life(1))).exits(0);
    assert_eq!(said.err, "");
    let (id, answers) = (id(1), said.json());
    let steps: [(&str, &[&str], u64); 5] = [
        ("ready", &["staged", "readied"], 2),
        ("ready", &["sealed"], 3),
        ("sent", &["sent"], 4),
        ("pending", &["sequenced"], 5),
        ("confirmed", &["confirmed"], 6),
    ];
    for (index, (state, events, sequence)) in steps.iter().enumerate() {
        assert_eq!(
            answers[index],
            json!({
                "line": index + 1, "ok": true, "id": id, "state": state, "events": events,
                "sequence": sequence,
            })
        );
    }
    let again = program.run_with_input(&["apply", "--strict", "-"], &text(&life(1))).exits(0);
    assert_eq!(again.json().len(), 5);
    for answer in again.json() {
        assert_eq!((&answer["ok"], &answer["events"]), (&json!(true), &json!([])));
        assert_eq!((&answer["state"], answer.get("sequence")), (&json!("confirmed"), None));
    }
    let verdict = program.run(&["replay"]).exits(0);
    assert!(verdict.out.ends_with("VERIFIED 6 events, 1 messages\n"), "{}", verdict.out);
}

#[test]
fn values_in_line_become_elements_and_are_not_in_the_log() {
    let program = Program::new();
    let order = |value: &str| {
        let mut line = stage(1);
        line["message"]["data"] = json!([{ "value": { "item": value } }, { "value": "a note" }]);
        format!("{line}\n")
    };
    let lines = [order("lamp"), order("lamp"), order("lantern")].concat();
    let answers = program.run_with_input(&["apply", "-"], &lines).exits(0).json();
    assert_eq!((&answers[0]["sequence"], &answers[0]["state"]), (&json!(4), &json!("ready")));
    assert_eq!((&answers[1]["ok"], &answers[1]["events"]), (&json!(true), &json!([])));
    assert_eq!(answers[2]["refusal"], "DuplicateId");
    let got = program.run(&["get", "--json", &id(1)]).exits(0).json();
    assert_eq!(got[0]["data"].as_array().unwrap().len(), 2);
    let verdict = program.run(&["replay"]).exits(0);
    let expected = "VERIFIED 2 events, 1 messages, 2 data elements\n";
    assert!(verdict.out.ends_with(expected), "{}", verdict.out);
    let stats = program.run(&["stats", "--json"]).exits(0).json();
    assert_eq!((&stats[0]["dataElements"], &stats[0]["messages"]), (&json!(2), &json!(1)));
}

#[test]
fn many_lives_in_flight_are_answered_in_the_order_of_their_lines() {
    let lines: Vec<_> = (0..200).flat_map(life).collect();
    for in_flight in ["1", "7", "4096"] {
        let program = Program::new();
        let args = ["apply", "--strict", "--in-flight", in_flight, "-"];
        let answers = program.run_with_input(&args, &text(&lines)).exits(0).json();
        let numbers: Vec<_> =
            answers.iter().map(|answer| answer["line"].as_u64().unwrap()).collect();
        assert_eq!(numbers, (1..=1000).collect::<Vec<_>>());
        for (answer, number) in answers.chunks(5).zip(0..) {
            assert!(answer.iter().all(|answer| answer["id"] == id(number)), "{answer:?}");
        }
        let verdict = program.run(&["replay"]).exits(0);
        assert!(verdict.out.ends_with("VERIFIED 1200 events, 200 messages\n"), "{}", verdict.out);
    }
}

#[test]
fn what_makes_no_sense_or_is_refused_is_answered_and_stops_nothing() {
    let program = Program::new();
    let long = "x".repeat(17 << 20);
    let bad_tag = json!({ "do": "stage", "message": { "header": {
        "id": id(2), "type": "broadcast", "tag": "!" } } });
    let input = format!(
        "{}\n\n \t\r\nhello\n{long}\n{bad_tag}\n{}\n{}",
        stage(1),
        json!({ "do": "dispatched", "id": id(1), "batch": BATCH }),
        json!({ "do": "confirm", "id": id(9) }),
    );
    let said = program.run_with_input(&["apply", "-"], &input).exits(0);
    assert_eq!(said.err, "");
    let answers = said.json();
    let numbers: Vec<_> = answers.iter().map(|answer| answer["line"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 4, 5, 6, 7, 8]);
    let oks: Vec<_> = answers.iter().map(|answer| answer["ok"].as_bool().unwrap()).collect();
    assert_eq!(oks, [true, false, false, false, false, false]);
    assert!(answers[1]["error"].as_str().unwrap().contains("malformed JSON"));
    assert!(answers[2]["error"].as_str().unwrap().contains("longer than 16777216 bytes"));
    assert_eq!((&answers[3]["code"], &answers[3]["id"]), (&json!("FF00140"), &json!(id(2))));
    assert_eq!(
        (&answers[4]["refusal"], &answers[4]["state"]),
        (&json!("NotSealed"), &json!("ready"))
    );
    assert_eq!(
        (&answers[5]["refusal"], &answers[5]["state"]),
        (&json!("UnknownMessage"), &json!("none"))
    );
    program.run_with_input(&["apply", "--strict", "-"], &input).exits(1);
    let verdict = program.run(&["replay"]).exits(0);
    assert!(verdict.out.ends_with("VERIFIED 2 events, 1 messages\n"), "{}", verdict.out);
}

#[test]
fn a_contradiction_is_answered_with_where_it_was_noted() {
    let program = Program::new();
    let mut lines = life(1).to_vec();
    lines.push(json!({ "do": "reject", "id": id(1), "code": "Bad", "reason": "no" }));
    let answers = program.run_with_input(&["apply", "-"], &text(&lines)).exits(0).json();
    let detail = answers[5]["detail"].clone();
    assert_eq!(
        answers[5],
        json!({
            "line": 6, "ok": false, "id": id(1), "state": "confirmed", "refusal": "Contradiction",
            "detail": detail, "events": ["noted"], "sequence": 7,
        })
    );
}

#[test]
fn a_used_idempotency_key_is_answered_with_upstreams_code() {
    let program = Program::new();
    let (mut first, mut second) = (stage(1), stage(2));
    for line in [&mut first, &mut second] {
        line["message"]["idempotencyKey"] = json!("order-7");
    }
    let mut other = second.clone();
    other["message"]["header"]["tag"] = json!("other");
    let lines = text(&[first, second, other]);
    let answers = program.run_with_input(&["apply", "-"], &lines).exits(0).json();
    assert_eq!((&answers[1]["ok"], &answers[1]["id"]), (&json!(true), &json!(id(1))));
    assert_eq!(answers[2]["refusal"], "IdempotencyKeyUsed");
    assert_eq!(answers[2]["code"], "FF10430");
}

#[test]
fn what_the_engine_draws_itself_is_told() {
    let program = Program::new();
    let mut line = stage(1);
    for name in ["id", "created", "namespace"] {
        line["message"]["header"].as_object_mut().unwrap().remove(name);
    }
    let args = ["apply", "--actor", "orchestrator", "--namespace", "ours", "-"];
    let answers = program.run_with_input(&args, &line.to_string()).exits(0).json();
    let id = answers[0]["id"].as_str().unwrap();
    let history = program.run(&["history", id, "--namespace", "ours", "--json"]).exits(0).json();
    assert_eq!(history[0]["actor"], "orchestrator");
    assert_eq!(history[0]["carried"]["header"]["namespace"], "ours");
}

#[test]
fn a_message_from_the_network_and_one_told_of_are_taken_in() {
    let program = Program::new();
    let message = good_message();
    let received = json!({ "do": "receive", "message": message, "batch": BATCH, "txid": TX });
    let imported = json!({ "do": "import", "message": message, "source": "node 7" });
    let lines = text(&[received, imported]);
    let answers = program.run_with_input(&["apply", "-"], &lines).exits(0).json();
    assert_eq!(
        (&answers[0]["state"], &answers[0]["events"]),
        (&json!("pending"), &json!(["received"]))
    );
    assert_eq!((&answers[1]["ok"], &answers[1]["events"]), (&json!(true), &json!([])));
    let other = Program::new();
    let imported = json!({ "do": "import", "message": message, "source": "node 7" });
    other.run_with_input(&["apply", "--strict", "-"], &imported.to_string()).exits(0);
    let again = other.run_with_input(&["import", "-"], &message.to_string()).exits(0);
    assert!(again.out.contains("imported 0, already there 1, refused 0"), "{}", again.out);
}

#[test]
fn a_file_is_read_and_one_that_cannot_be_makes_no_log() {
    let program = Program::new();
    let missing = program.path("missing");
    let said = program.run(&["apply", missing.to_str().unwrap()]).exits(2);
    assert!(said.err.contains("cannot read"), "{}", said.err);
    assert!(!program.data().exists());
    let file = program.write("requests", &text(&life(1)));
    assert_eq!(program.run(&["apply", file.to_str().unwrap()]).exits(0).json().len(), 5);
}

#[test]
fn nobody_reading_the_answers_ends_it_cleanly() {
    let program = Program::new();
    let lines: Vec<_> = (0..2_000).map(stage).collect();
    assert_eq!(program.run_deaf(&["apply", "-"], &text(&lines)), 0);
    let verdict = program.run(&["replay"]).exits(0);
    assert!(verdict.out.contains("VERIFIED "), "{}", verdict.out);
}
