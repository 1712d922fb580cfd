//! Bad input: one clear error that names the field and the rule, the right exit code, nothing lost.

use serde_json::{Value, json};

use crate::import::good_message;
use crate::program::{Program, SAMPLES};

/// Imports one bad message beside a good one; the good one is there, the bad one has this answer.
#[track_caller]
fn refused(bad: &str, expected: &[&str]) {
    let program = Program::new();
    let input = format!("{bad}\n{}\n", good_message());
    let said = program.run_with_input(&["import", "-"], &input).exits(0);
    assert!(said.out.contains("imported 1, already there 0, refused 1"), "{}", said.out);
    for text in expected {
        assert!(said.out.contains(text), "'{text}' is missing in: {}", said.out);
    }
    program.run_with_input(&["import", "--strict", "-"], bad).exits(1);
    let verdict = program.run(&["replay"]).exits(0);
    assert!(verdict.out.contains("VERIFIED 1 events, 1 messages"), "{}", verdict.out);
}

fn with(pointer: &str, value: Value) -> String {
    let mut message = good_message();
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    message.pointer_mut(parent).unwrap()[member] = value;
    message.to_string()
}

#[test]
fn each_bad_message_is_refused_by_field_and_rule_and_harms_no_other() {
    refused(&with("/header/tag", json!("!")), &["FF00140", "header.tag"]);
    refused(&with("/header/tag", json!(7)), &["tag", "number", "string"]);
    refused(&with("/header/type", json!("postcard")), &["FF00172", "header.type", "postcard"]);
    refused(&with("/header/txtype", json!("carrier_pigeon")), &["FF00130", "carrier_pigeon"]);
    refused(&with("/state", json!("canceled")), &["FF00172", "state", "canceled"]);
    refused(&with("/header/topics", json!(["a", "b", "a"])), &["FF00133", "header.topics"]);
    let eleven: Vec<_> = (0..11).map(|topic| format!("t{topic}")).collect();
    refused(&with("/header/topics", json!(eleven)), &["FF00134", "header.topics", "10"]);
    refused(&with("/header/created", json!("yesterday")), &["FF00136", "yesterday"]);
    refused(&with("/header/id", json!("not-a-uuid")), &["id", "UUID"]);
    refused(&with("/hash", json!("abc")), &["hash"]);
    refused(&with("/hash", Value::Null), &["FF00131"]);
    refused(&with("/header/key", json!("0x0")), &["FF00132", "expected", "found"]);
    refused(&with("/data/0/hash", json!("00".repeat(32))), &["FF00132", "header.datahash"]);
    refused(&with("/pins", json!(["xyz"])), &["pins[0]"]);
    refused("{}", &["FF00172", "header.type"]);
}

#[test]
fn another_message_under_a_taken_id_is_refused_with_both_hashes() {
    let program = Program::new();
    program.run_with_input(&["import", "-"], &good_message().to_string()).exits(0);
    // The same id with another tag, sealed over again: its hashes are right.
    let other = r#"{"header":{"id":"2b393190-28e7-4b86-8af6-00906e94989b","type":"broadcast","txtype":"batch_pin","topics":["t"],"datahash":"74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b"},"hash":"HASH"}"#;
    let wrong = program.run_with_input(&["import", "-"], &other.replace("HASH", &"00".repeat(32)));
    let start = wrong.out.find("expected ").unwrap() + "expected ".len();
    let hash = &wrong.out[start..start + 64];
    let said = program.run_with_input(&["import", "-"], &other.replace("HASH", hash)).exits(0);
    let recorded = good_message()["hash"].as_str().unwrap().to_owned();
    for text in ["DuplicateId", hash, &recorded] {
        assert!(said.out.contains(text), "'{text}' is missing in: {}", said.out);
    }
}

#[test]
fn text_that_is_not_json_exits_with_2_and_keeps_what_is_good() {
    for bad in ["hello", "{\"header\":", "\u{0}", "[1,"] {
        let program = Program::new();
        let said = program
            .run_with_input(&["import", "-"], &format!("{}\n{bad}", good_message()))
            .exits(2);
        assert!(said.err.contains("standard input, line 2"), "{}", said.err);
        assert!(program.run(&["replay"]).exits(0).out.contains("VERIFIED 1 events"));
    }
    let program = Program::new();
    let cut = format!("[{}", good_message());
    let said = program.run_with_input(&["import", "-"], &cut).exits(2);
    assert!(said.err.contains("cut short"), "{}", said.err);
    assert!(said.out.contains("imported 1"), "{}", said.out);
}

#[test]
fn a_file_that_cannot_be_read_exits_with_2_and_the_others_are_imported() {
    let program = Program::new();
    let said = program.run(&["import", "no-such-file.json", SAMPLES]).exits(2);
    assert!(said.err.contains("no-such-file.json"), "{}", said.err);
    assert!(said.out.contains("imported 4"), "{}", said.out);
}

#[test]
fn deep_and_large_input_is_answered() {
    let deep = format!("{{\"header\":{}{}}}", "[".repeat(20_000), "]".repeat(20_000));
    refused_alone(&deep);
    let long = format!("{{\"header\":{{\"tag\":\"{}\"}}}}", "x".repeat(10_000_000));
    refused_alone(&long);
}

#[track_caller]
fn refused_alone(bad: &str) {
    let said = Program::new().run_with_input(&["import", "-", "--json"], bad);
    assert_eq!(said.json().last().unwrap()["summary"]["refused"], 1);
}

#[test]
fn a_data_directory_that_is_not_a_log_is_left_alone() {
    let program = Program::new();
    std::fs::create_dir(program.data()).unwrap();
    let precious = program.write("data/precious.txt", "do not touch");
    for args in [&["import", SAMPLES][..], &["replay"], &["list"]] {
        let said = program.run(args).exits(1);
        assert!(said.err.contains("not a log"), "{}", said.err);
    }
    let left: Vec<_> = std::fs::read_dir(program.data()).unwrap().collect();
    assert_eq!(left.len(), 1);
    assert_eq!(std::fs::read_to_string(precious).unwrap(), "do not touch");
}

#[test]
fn reading_where_there_is_no_log_says_so_and_makes_none() {
    let program = Program::new();
    for args in [&["replay"][..], &["list"], &["stats"]] {
        let said = program.run(args).exits(1);
        assert!(said.err.contains("there is no log in"), "{}", said.err);
    }
    assert!(!program.data().exists());
}

#[test]
fn senseless_requests_exit_with_2() {
    let program = Program::new();
    program.run(&["get", "not-a-uuid"]).exits(2);
    program.run(&["list", "--state", "canceled"]).exits(2);
    program.run(&["import"]).exits(2);
    program.run(&["fly"]).exits(2);
    program.run(&["import", SAMPLES, "--actor", ""]).exits(2);
    program.run(&["list", "--namespace", &"n".repeat(65)]).exits(2);
    program.run(&["import", "no-such-file.json"]).exits(2);
    assert!(!program.data().exists(), "nothing is made for a request that makes no sense");
    let said = program.run(&["fly", "--json"]).exits(2);
    assert!(serde_json::from_str::<Value>(&said.err).unwrap()["error"].is_string());
}

#[test]
fn a_log_that_is_open_elsewhere_can_be_read_and_is_locked_for_all_else() {
    let program = Program::new();
    program.run(&["import", SAMPLES]).exits(0);
    let free = ["replay", "list", "stats"].map(|name| program.run(&[name, "--json"]).exits(0).out);
    let held =
        lampyris_log::Log::open(program.data(), &lampyris_log::Options::exclusive()).unwrap();
    for args in [&["import", SAMPLES][..], &["replay", "--exclusive"], &["repair"], &["upgrade"]] {
        let said = program.run(args).exits(1);
        assert!(said.err.contains("locked"), "{}", said.err);
    }
    for (name, before) in ["replay", "list", "stats"].into_iter().zip(free) {
        let said = program.run(&[name, "--json"]).exits(0);
        let without_rate = |out: &str| {
            let mut answers: Vec<Value> =
                out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            for answer in &mut answers {
                answer.as_object_mut().unwrap().remove("eventsPerSecond");
            }
            answers
        };
        assert_eq!(without_rate(&said.out), without_rate(&before));
    }
    drop(held);
    program.run(&["replay", "--exclusive"]).exits(0);
}

#[test]
fn a_log_of_a_newer_layout_is_refused_by_both_versions_and_left_alone() {
    let program = Program::new();
    program.run(&["import", SAMPLES]).exits(0);
    let marker = program.data().join("format");
    let text = std::fs::read_to_string(&marker).unwrap();
    let newer = text.replace('2', "3");
    assert_ne!(newer, text);
    std::fs::write(&marker, &newer).unwrap();
    let said = program.run(&["replay"]).exits(1);
    assert!(said.err.contains("layout 3") && said.err.contains("up to 2"), "{}", said.err);
    std::fs::write(&marker, &text).unwrap();
    assert!(program.run(&["replay"]).exits(0).out.contains("VERIFIED 4 events"));
}
