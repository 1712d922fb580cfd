//! `subscribe`: events in the order of the log, and cursors for who comes again.

mod follow;

use std::fs;

use serde_json::Value;

use crate::program::{Program, SAMPLES};

const ORDERS: &str = r#"{"do":"stage","message":{"header":{"type":"broadcast","author":"did:firefly:org/acme","key":"0x9f3b","topics":["a"]},"data":[]}}
{"do":"stage","message":{"header":{"type":"broadcast","author":"did:firefly:org/acme","key":"0x9f3b","topics":["b"]},"data":[]}}
"#;

fn sequences(lines: &[Value]) -> Vec<u64> {
    lines.iter().map(|line| line["sequence"].as_u64().unwrap()).collect()
}

#[test]
fn events_come_in_order_from_a_sequence_on_and_as_they_are_chosen() {
    let program = Program::new();
    program.run(&["import", SAMPLES]).exits(0);
    let all = program.run(&["subscribe", "--json"]).exits(0).json();
    assert_eq!(sequences(&all), [1, 2, 3, 4]);
    let id = all[2]["message"].as_str().unwrap();
    assert_eq!(
        sequences(&program.run(&["subscribe", "--json", "--from", "3"]).exits(0).json()),
        [3, 4]
    );
    assert_eq!(program.run(&["subscribe", "--json", "--stream", id]).exits(0).json(), all[2..3]);
    assert_eq!(program.run(&["subscribe", "--event", "staged"]).exits(0).out, "");
    let both = ["subscribe", "--event", "staged", "--event", "imported"];
    assert_eq!(program.run(&both).exits(0).out.lines().count(), 4);
    assert_eq!(program.run(&["subscribe", "--namespace", "other"]).exits(0).out, "");
    let history = program.run(&["history", id, "--json"]).exits(0).json();
    assert_eq!(history[0]["carried"], all[2]["carried"]);
}

#[test]
fn who_comes_again_with_a_cursor_gets_what_is_new() {
    let program = Program::new();
    program.run(&["import", SAMPLES]).exits(0);
    let again = || program.run(&["subscribe", "--json", "--cursor", "billing"]).exits(0).json();
    assert_eq!(sequences(&again()), [1, 2, 3, 4]);
    assert!(again().is_empty());
    program.run_with_input(&["apply", "-"], ORDERS).exits(0);
    let new = again();
    assert_eq!(sequences(&new), (5..5 + new.len() as u64).collect::<Vec<_>>());
    assert!(new.len() >= 2);
    let cursors = program.run(&["subscribe", "cursors"]).exits(0).out;
    assert_eq!(cursors.trim(), format!("{}  billing", 5 + new.len()));
    // What nobody reads is not acknowledged.
    program.run(&["subscribe", "forget", "billing"]).exits(0);
    program.run(&["subscribe", "forget", "billing"]).exits(1);
    assert_eq!(program.run_deaf(&["subscribe", "--cursor", "billing"], ""), 0);
    assert_eq!(again().len(), 4 + new.len());
}

#[test]
fn a_damaged_cursor_and_a_senseless_name_are_named() {
    let program = Program::new();
    program.run(&["import", SAMPLES]).exits(0);
    program.run(&["subscribe", "--cursor", "a"]).exits(0);
    let file = program.data().join("cursors/a");
    fs::write(&file, b"no cursor").unwrap();
    for args in [["subscribe", "--cursor=a"], ["subscribe", "cursors"]] {
        let said = program.run(&args).exits(1);
        assert!(format!("{}{}", said.out, said.err).contains("cursors/a has not"), "{said:?}");
    }
    program.run(&["subscribe", "forget", "a"]).exits(0);
    assert_eq!(program.run(&["subscribe", "--cursor=a"]).exits(0).out.lines().count(), 4);
    program.run(&["subscribe", "--cursor", "a/b"]).exits(2);
    program.run(&["subscribe", "--cursor", "a", "--from", "1"]).exits(2);
}
