//! `check` and `hash`: the verdict on every real sample is the one in its notes, and on nothing else
//! is it right.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;

use lampyris_message::Bytes32;
use serde_json::{Value, json};

use crate::dialogue::PATIENCE;
use crate::import::good_message;
use crate::program::{Program, Said, root};

const FILES: [&str; 3] =
    ["samples/real_messages.json", "samples/real_data.json", "samples/real_batches.json"];

fn samples(file: &str) -> Vec<Value> {
    serde_json::from_str(&std::fs::read_to_string(root().join(file)).unwrap()).unwrap()
}

/// A real message with the value of its data element in line.
fn message() -> Value {
    samples(FILES[0])[5]["message"].clone()
}

fn batch() -> Value {
    samples(FILES[2])[0]["batch"].clone()
}

/// The answers to items, without the summary.
fn items(said: &Said) -> Vec<Value> {
    let mut answers = said.json();
    answers.retain(|answer| answer.get("summary").is_none());
    answers
}

fn hash<'a>(answer: &'a Value, field: &str) -> &'a Value {
    let hashes = answer["hashes"].as_array().unwrap();
    hashes.iter().find(|hash| hash["field"] == field).unwrap_or(&Value::Null)
}

/// Checks one value; returns its answer.
#[track_caller]
fn check(value: &Value, code: i32) -> Value {
    let program = Program::new();
    let said = program.run_with_input(&["check", "-", "--json"], &value.to_string()).exits(code);
    assert!(!program.data().exists(), "no log is made");
    items(&said).remove(0)
}

/// A verdict as the notes write it.
fn noted(answer: &Value, field: &str) -> Value {
    match hash(answer, field)["outcome"].as_str() {
        Some("agrees" | "agrees as payload") => json!(true),
        Some("differs") => json!(false),
        _ => Value::Null,
    }
}

#[test]
fn every_real_sample_is_judged_as_its_notes_say() {
    let mut seen = 0;
    for file in FILES {
        let samples = samples(file);
        let all_match = samples.iter().all(|sample| sample["hashMatches"] != false);
        let said = Program::new().run(&["check", "--json", file]);
        let said = said.exits(i32::from(!all_match));
        let answers = items(&said);
        assert_eq!(answers.len(), samples.len());
        for (answer, sample) in answers.iter().zip(&samples) {
            assert_eq!(noted(answer, "hash"), sample["hashMatches"], "{answer}");
            assert_eq!(noted(answer, "header.datahash"), sample["datahashMatches"], "{answer}");
            let is_old = hash(answer, "hash")["cause"] == "topic-member";
            assert_eq!(is_old, sample["oldFormatHashMatches"] == true, "{answer}");
            let wrong = sample["hashMatches"] == false || sample["datahashMatches"] == false;
            assert_eq!(answer["verdict"], if wrong { "wrong" } else { "ok" });
            seen += 1;
        }
    }
    assert_eq!(seen, 16);
}

#[test]
fn text_for_people_says_the_same_and_names_the_cause() {
    let said = Program::new().run(&["check", FILES[0]]).exits(1);
    let lines = |start: &str| said.out.lines().filter(|line| line.starts_with(start)).count();
    assert_eq!((lines("ok message "), lines("WRONG message ")), (4, 4), "{}", said.out);
    assert_eq!(said.out.matches("'topic' in the place of 'topics'").count(), 4, "{}", said.out);
    assert!(said.out.contains("ok 4, wrong 4, nothing to compare 0, unreadable 0"), "{}", said.out);
    assert_eq!(said.err, "");
}

#[test]
fn every_form_of_input_is_judged_the_same() {
    let wrapped: Vec<_> = FILES.iter().flat_map(|file| samples(file)).collect();
    let bare = wrapped.iter().map(|sample| {
        let kinds = ["message", "data", "batch"];
        kinds.iter().find_map(|kind| sample.get(kind)).unwrap().clone()
    });
    let bare: Vec<_> = bare.collect();
    let texts = [
        json!(wrapped).to_string(),
        json!(bare).to_string(),
        serde_json::to_string_pretty(&bare).unwrap(),
        bare.iter().map(Value::to_string).collect::<Vec<_>>().join("\n"),
        json!({ "messages": bare[..8], "data": bare[8..14], "batches": bare[14..] }).to_string(),
    ];
    for text in texts {
        let said = Program::new().run_with_input(&["check", "-"], &text).exits(1);
        let summary = "ok 10, wrong 6, nothing to compare 0, unreadable 0";
        assert!(said.out.contains(summary), "{}", said.out);
        assert!(said.out.contains("references: 6 agree, 0 wrong, 4 to what"), "{}", said.out);
    }
    let said = Program::new().run(&["check", FILES[0], FILES[1], FILES[2]]).exits(1);
    assert!(said.out.contains("references: 6 agree, 0 wrong, 4 to what"), "{}", said.out);
}

#[test]
fn every_hash_of_a_message_and_a_batch_counts() {
    assert_eq!(check(&message(), 0)["verdict"], "ok");
    assert_eq!(check(&batch(), 0)["verdict"], "ok");
    let other = json!("00".repeat(32));
    for (value, pointer, field) in [
        (message(), "/hash", "hash"),
        (message(), "/header/datahash", "header.datahash"),
        (message(), "/header/datahash", "hash"),
        (message(), "/data/0/hash", "data[0].hash"),
        (message(), "/data/0/hash", "header.datahash"),
        (batch(), "/hash", "hash"),
        (batch(), "/manifest/data/0/hash", "hash"),
        (batch(), "/manifest/messages/0/hash", "hash"),
    ] {
        let mut value = value;
        *value.pointer_mut(pointer).unwrap() = other.clone();
        let answer = check(&value, 1);
        assert_eq!(answer["verdict"], "wrong", "{pointer}");
        assert_eq!(hash(&answer, field)["outcome"], "differs", "{pointer}: {answer}");
    }
    let mut value = message();
    value["data"][0]["value"]["name"] = json!("org_1");
    let answer = check(&value, 1);
    assert_eq!(hash(&answer, "data[0].hash")["outcome"], "differs");
    assert_eq!(hash(&answer, "hash")["outcome"], "agrees");
}

#[test]
fn a_header_that_was_edited_together_with_its_data_is_told_apart() {
    let mut value = message();
    value["data"][0]["hash"] = json!("00".repeat(32));
    let cause = check(&value, 1);
    assert_eq!(hash(&cause, "header.datahash")["cause"], "other-reference-hashes");
    let mut value = message();
    value["header"]["datahash"] = json!("00".repeat(32));
    assert_eq!(hash(&check(&value, 1), "hash")["cause"], "other-data-hash");
}

#[test]
fn what_is_missing_is_not_right() {
    let mut value = message();
    value.as_object_mut().unwrap().remove("hash");
    let answer = check(&value, 0);
    assert_eq!(answer["verdict"], "nothing to compare");
    let program = Program::new();
    program.run_with_input(&["check", "--strict", "-"], &value.to_string()).exits(1);
    program.run_with_input(&["check", "--strict", "-"], &message().to_string()).exits(0);
}

#[test]
fn a_reference_to_an_element_with_another_hash_is_wrong_in_either_order() {
    let mut data = samples(FILES[1])[2]["data"].clone();
    data["value"]["broadcastID"] = json!("8");
    data["hash"] = json!(Bytes32::sha256(data["value"].to_string().as_bytes()).to_string());
    let message = good_message();
    for (values, by, at) in [([&message, &data], 1, 2), ([&data, &message], 2, 1)] {
        let text = json!(values).to_string();
        let said = Program::new().run_with_input(&["check", "--json", "-"], &text).exits(1);
        let answers = said.json();
        assert_eq!((&answers[0]["verdict"], &answers[1]["verdict"]), (&json!("ok"), &json!("ok")));
        let wrong = &answers[2];
        assert_eq!(wrong["reference"]["id"], data["id"]);
        assert_eq!(wrong["reference"]["hash"], message["data"][0]["hash"]);
        assert_eq!(wrong["reference"]["source"], format!("standard input, object {by}"));
        assert_eq!(wrong["shown"]["hash"], data["hash"]);
        assert_eq!(wrong["shown"]["source"], format!("standard input, object {at}"));
        assert_eq!(answers[3]["summary"]["references"]["wrong"], 1);
        let said = Program::new().run_with_input(&["check", "-"], &text).exits(1);
        assert!(said.out.contains("WRONG reference to data 147743b4"), "{}", said.out);
    }
}

#[test]
fn a_bad_item_is_named_by_its_place_and_stops_nothing() {
    let good = good_message();
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let huge = format!("{{\"value\":1e{}}}", "9".repeat(10_000));
    for (bad, words) in [
        ("{\"header\":7}", "JSON number at byte 10 where header needs object"),
        ("{\"header\":{\"topics\":[1]}}", "header.topics needs string"),
        ("{\"header\":{},\"hash\":\"xyz\"}", "hash at byte 20"),
        ("{\"value\":1,\"hash\":\"abc\"}", "odd length"),
        ("7", "a JSON number is no message"),
        ("{\"id\":1}", "neither a message"),
        (&format!("{{\"header\":{deep}}}"), "nested too deep"),
        ("{\"header\":{\"tag\":nul}}", "malformed JSON at byte 20"),
    ] {
        let text = format!("[{good},\n{bad},\n{good}]");
        let said = Program::new().run_with_input(&["check", "-"], &text).exits(2);
        assert!(said.out.contains("ok 2, wrong 0"), "{}", said.out);
        assert!(said.out.contains("unreadable 1"), "{}", said.out);
        assert!(said.err.contains("standard input, object 2, line 2"), "{}", said.err);
        assert!(said.err.contains(words), "{words}: {}", said.err);
        Program::new().run_with_input(&["hash", "-"], &text).exits(2);
    }
    let said = Program::new().run_with_input(&["hash", "--json", "-"], &huge).exits(0);
    let bytes = said.json()[0]["hashes"][0]["bytes"].as_str().unwrap().len();
    assert_eq!(bytes, 10_002, "a number is hashed as it is written, however large");
}

#[test]
fn input_that_is_empty_cut_short_or_not_there_is_an_error() {
    for (text, words) in [
        ("", "the input is empty"),
        (" \n ", "the input is empty"),
        ("[]", "the input is empty"),
        ("hello", "malformed JSON"),
        ("{\"header\":{", "never ends"),
        (&format!("[{}", good_message()), "the array is cut short"),
        (&format!("[{},", good_message()), "missing"),
    ] {
        for command in ["check", "hash"] {
            let said = Program::new().run_with_input(&[command, "-"], text).exits(2);
            assert!(said.err.contains(words), "{text}: {}", said.err);
        }
    }
    let said = Program::new().run(&["check", "no-such-file", FILES[1]]).exits(2);
    assert!(said.err.contains("cannot read no-such-file"), "{}", said.err);
    assert!(said.out.contains("ok 5, wrong 1"), "{}", said.out);
}

#[test]
fn hash_prints_the_bytes_that_each_hash_is_of() {
    let mut seen = 0;
    for file in FILES {
        let said = Program::new().run(&["hash", "--json", file]).exits(1);
        for answer in items(&said) {
            for one in answer["hashes"].as_array().unwrap() {
                let Some(bytes) = one["bytes"].as_str() else { continue };
                assert_eq!(one["expected"], Bytes32::sha256(bytes.as_bytes()).to_string());
                seen += 1;
            }
        }
    }
    assert!(seen > 30, "{seen}");
    let said = Program::new().run(&["hash", FILES[2]]).exits(1);
    let manifest = batch()["manifest"].to_string();
    assert!(said.out.contains(&format!("\n    {manifest}\n")), "{}", said.out);
    assert!(said.out.contains("334c4eb2fdfde94cd080612724e44d73"), "the hash of the payload");
}

#[test]
fn bytes_that_are_no_text_are_shown_in_hex() {
    let program = Program::new();
    let path = program.path("bytes");
    std::fs::write(&path, b"{\"value\":\"a\xffb\"}").unwrap();
    let said = program.run(&["hash", "--json", path.to_str().unwrap()]).exits(0);
    let hash = &said.json()[0]["hashes"][0];
    assert_eq!((&hash["bytes"], &hash["bytesHex"]), (&Value::Null, &json!("2261ff6222")));
    assert_eq!(hash["expected"], Bytes32::sha256(b"\"a\xffb\"").to_string());
    let said = program.run(&["hash", path.to_str().unwrap()]).exits(0);
    assert!(said.out.contains("in hex 2261ff6222"), "{}", said.out);
}

#[test]
fn what_an_item_says_cannot_forge_a_line() {
    let mut value = message();
    value["header"]["tag"] = json!("x\nok message\u{202e}");
    value["header"]["\u{1b}[2J"] = json!(1);
    value["hash"] = json!("AB");
    for command in ["check", "hash"] {
        let said = Program::new().run_with_input(&[command, "-"], &value.to_string()).exits(1);
        assert!(!said.out.contains(['\u{1b}', '\u{202e}']), "{:?}", said.out);
        assert!(!said.out.lines().any(|line| line.starts_with("ok message")), "{}", said.out);
    }
}

#[test]
fn each_line_is_judged_though_no_other_comes() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lampyris"))
        .args(["check", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let (sender, answers) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let _nobody_waits = sender.send(line);
        }
    });
    for _ in 0..3 {
        writeln!(stdin, "{}", good_message()).unwrap();
        let answer = answers.recv_timeout(PATIENCE).expect("each line is judged by itself");
        assert!(answer.starts_with("ok message "), "{answer}");
    }
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn nobody_reading_the_verdicts_is_not_a_good_verdict() {
    let input = format!("{}\n", good_message()).repeat(3_000);
    for command in ["check", "hash"] {
        assert_eq!(Program::new().run_deaf(&[command, "-"], &input), 1);
    }
}
