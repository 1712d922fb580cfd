//! Stores as every earlier program left them: they open, say what they said then, and go on.

use serde_json::json;

use crate::apply::{id, stage, text};
use crate::program::Program;
use lampyris_testkit::fixture;

/// Layout, name, records, root, events, messages.
const STORES: [(&str, &str, u64, &str, u64, u64); 2] = [
    (
        "layout-1",
        "closed",
        34,
        "7c416b4016695aa8755ae7039204ce5bf746613ef30f9c6c431bb90eb5fa488b",
        24,
        9,
    ),
    (
        "layout-1",
        "killed",
        43,
        "b0d299056518910ed7eaef68a69e3988e802ca8d1b64ef9294e074a4e2b177b9",
        33,
        13,
    ),
];

#[test]
fn every_store_that_was_ever_written_opens_and_goes_on() {
    for (layout, name, records, root, events, messages) in STORES {
        let program = Program::new();
        fixture::unpack(layout, name, &program.data());
        let refused = program.run(&["replay"]).exits(1);
        assert!(refused.err.contains("lampyris upgrade"), "{}", refused.err);
        let upgraded = program.run(&["upgrade", "--json"]).exits(0).json().remove(0);
        let told = (&upgraded["from"], &upgraded["to"], &upgraded["root"]);
        assert_eq!(told, (&json!(1), &json!(2), &json!(root)));
        let verdict = program.run(&["replay"]).exits(0);
        let expected = format!("VERIFIED {events} events, {messages} messages, 9 data elements");
        assert!(verdict.out.ends_with(&format!("{expected}\n")), "{}", verdict.out);
        let stats = program.run(&["stats", "--json"]).exits(0).json().remove(0);
        assert_eq!((&stats["records"], &stats["root"]), (&json!(records), &json!(root)), "{name}");

        let value = program.run(&["data", "verify"]).exits(0);
        assert!(!value.out.contains("FAULT"), "{}", value.out);
        program.run_with_input(&["apply", "--strict", "-"], &text(&[stage(77)])).exits(0);
        let shown = program.run(&["get", &id(77), "--json"]).exits(0);
        assert_eq!(shown.json()[0]["state"], "ready");
        program.run(&["replay"]).exits(0);
    }
}

#[test]
fn a_bundle_that_was_ever_written_is_verified() {
    let folder = fixture::folder().join("layout-1");
    let key = std::fs::read_to_string(folder.join("verifier.key")).unwrap();
    let bundle = folder.join("bundle.json");
    let program = Program::new();
    let said = program.run(&["verify", bundle.to_str().unwrap(), "--key", key.trim()]).exits(0);
    assert!(said.out.starts_with("VERIFIED\n"), "{}", said.out);
}
