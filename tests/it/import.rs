//! `import`: exactly the messages whose hashes reproduce are taken in, and each other one is
//! answered with its reason.

use serde_json::{Value, json};

use crate::program::{Program, SAMPLES, root};

fn samples() -> Vec<Value> {
    let text = std::fs::read_to_string(root().join(SAMPLES)).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn exactly_the_real_messages_whose_hashes_reproduce_are_imported() {
    let program = Program::new();
    let said = program.run(&["import", SAMPLES, "--json"]).exits(0);
    let answers = said.json();
    let samples = samples();
    assert_eq!(answers.len(), samples.len() + 1);
    for (answer, sample) in answers.iter().zip(&samples) {
        let good = sample["hashMatches"] == true && sample["datahashMatches"] == true;
        assert_eq!(answer["ok"], good, "{answer} for {}", sample["note"]);
        assert_eq!(answer["id"], sample["message"]["header"]["id"]);
        if !good {
            assert_eq!(answer["code"], "FF00132");
            let found = sample["message"]["hash"].as_str().unwrap();
            assert!(answer["error"].as_str().unwrap().contains(&format!("found {found}")));
        }
    }
    let good = samples.iter().filter(|sample| sample["hashMatches"] == true).count();
    let refused = samples.len() - good;
    assert_eq!(
        answers.last().unwrap()["summary"],
        json!({
            "imported": good, "alreadyThere": 0, "otherClaims": 0, "refused": refused,
            "refusedByReason": { "FF00132 hashes do not match": refused },
        })
    );
    let verdict = program.run(&["replay"]).exits(0);
    assert!(verdict.out.ends_with(&format!("VERIFIED {good} events, {good} messages\n")));
}

#[test]
fn what_was_imported_is_shown_as_its_source_gave_it() {
    let program = Program::new();
    program.run(&["import", SAMPLES]).exits(0);
    for sample in samples().iter().filter(|sample| sample["hashMatches"] == true) {
        let mut message = sample["message"].clone();
        let id = message["header"]["id"].as_str().unwrap().to_owned();
        let mut shown = program.run(&["get", &id, "--json"]).exits(0).json().remove(0);
        let position = shown.as_object_mut().unwrap().remove("position");
        assert!(position.unwrap().is_u64());
        let missing = shown.as_object_mut().unwrap().remove("missing").unwrap();
        assert_eq!(missing.as_array().unwrap().len(), message["data"].as_array().unwrap().len());
        let members = message.as_object_mut().unwrap();
        members.entry("state").or_insert(json!("pending"));
        for reference in members["data"].as_array_mut().unwrap() {
            *reference = json!({ "id": reference["id"], "hash": reference["hash"] });
        }
        assert_eq!(shown, message);
    }
}

#[test]
fn importing_again_changes_nothing() {
    let program = Program::new();
    program.run(&["import", SAMPLES]).exits(0);
    let before = program.run(&["stats", "--json"]).exits(0).out;
    let again = program.run(&["import", SAMPLES, SAMPLES]).exits(0);
    assert!(again.out.contains("imported 0, already there 8, refused 8"), "{}", again.out);
    assert_eq!(program.run(&["stats", "--json"]).exits(0).out, before);
}

#[test]
fn strict_exits_with_1_if_any_message_was_refused() {
    let program = Program::new();
    let said = program.run(&["import", "--strict", SAMPLES]).exits(1);
    assert!(said.out.contains("imported 4, already there 0, refused 4"));
    let good = good_message().to_string();
    program.run_with_input(&["import", "--strict", "-"], &good).exits(0);
}

#[test]
fn every_form_of_input_imports_the_same() {
    let texts = [
        samples().iter().map(|sample| sample["message"].to_string() + "\n").collect::<String>(),
        samples().iter().map(Value::to_string).collect::<String>(),
        serde_json::to_string_pretty(&samples()).unwrap(),
        json!(samples().iter().map(|s| s["message"].clone()).collect::<Vec<_>>()).to_string(),
    ];
    for text in texts {
        let program = Program::new();
        let said = program.run_with_input(&["import", "-"], &text).exits(0);
        assert!(said.out.contains("imported 4, already there 0, refused 4"), "{}", said.out);
    }
}

#[test]
fn a_message_twice_in_one_input_is_imported_once() {
    let program = Program::new();
    let message = good_message();
    let said = program.run_with_input(&["import", "-"], &format!("{message}{message}")).exits(0);
    assert!(said.out.contains("imported 1, already there 1, refused 0"), "{}", said.out);
}

#[test]
fn every_event_says_where_its_message_came_from() {
    let program = Program::new();
    program.run(&["import", SAMPLES, "--actor", "auditor"]).exits(0);
    let id = good_message()["header"]["id"].as_str().unwrap().to_owned();
    let history = program.run(&["history", &id, "--json"]).exits(0).json();
    assert_eq!(history.len(), 1);
    assert_eq!(history[0]["event"], "imported");
    assert_eq!(history[0]["actor"], "auditor");
    assert_eq!(history[0]["carried"]["source"], "samples/real_messages.json, object 5");
    assert_eq!(history[0]["carried"]["header"], good_message()["header"]);
}

/// The first real message whose hashes reproduce.
pub(crate) fn good_message() -> Value {
    samples().into_iter().find(|sample| sample["hashMatches"] == true).unwrap()["message"].clone()
}

#[test]
fn another_claim_about_a_known_message_is_reported_and_changes_nothing() {
    let program = Program::new();
    let mut message = good_message();
    program.run_with_input(&["import", "-"], &message.to_string()).exits(0);
    message["state"] = json!("rejected");
    message["rejectReason"] = json!("no");
    let said = program.run_with_input(&["import", "-"], &message.to_string()).exits(0);
    assert!(said.out.contains("state: recorded 'pending', told 'rejected'"), "{}", said.out);
    assert!(said.out.contains("rejectReason: recorded nothing, told 'no'"), "{}", said.out);
    assert!(said.out.contains("imported 0, already there 1, refused 0"), "{}", said.out);
    let answers = program.run_with_input(&["import", "-", "--json"], &message.to_string()).exits(0);
    assert_eq!(answers.json()[0]["otherClaims"].as_array().unwrap().len(), 2);
    assert_eq!(answers.json()[1]["summary"]["otherClaims"], 1);
    let list = program.run(&["list", "--json"]).exits(0).json();
    assert_eq!(list[0]["state"], "pending");
}

#[test]
fn nobody_reading_the_answers_stops_neither_the_import_nor_the_verdict() {
    let program = Program::new();
    let message = good_message().to_string();
    // Enough answers that the pipe is written to more than once.
    let input = format!("{message}\n").repeat(3_000);
    let code = program.run_deaf(&["import", "--strict", "--json", "-"], &(input + "{}"));
    assert_eq!(code, 1, "the refusal counts though nobody reads of it");
    let verdict = program.run(&["replay"]).exits(0);
    assert!(verdict.out.contains("VERIFIED 1 events"), "{}", verdict.out);
}

#[test]
fn what_a_message_says_cannot_forge_a_line() {
    let program = Program::new();
    let mut message = good_message();
    message["state"] = json!("rejected");
    message["rejectReason"] = json!("no\n       9  2024-01-01T00:00:00Z  confirmed\u{1b}[2J");
    program.run_with_input(&["import", "-"], &message.to_string()).exits(0);
    let id = message["header"]["id"].as_str().unwrap().to_owned();
    for command in ["get", "history"] {
        let shown = program.run(&[command, &id]).exits(0).out;
        assert!(!shown.contains('\u{1b}'), "{shown:?}");
        assert!(!shown.lines().any(|line| line.starts_with("       9")), "{shown}");
        assert!(shown.contains("\\u{a}"), "{shown}");
    }
}
