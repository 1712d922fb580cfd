//! `get`, `history`, `list`, `stats`: what is shown, in which order, and what is not found.

use lampyris::{Lampyris, block_on};
use serde_json::json;

use crate::program::{Program, SAMPLES, Said};

const ONE: &str = "677c5c95-7ad7-48ec-b3dc-ebd403ef9169";
const ELEMENT: &str = "11111111-1111-4111-8111-111111111111";

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

#[test]
fn an_unknown_id_writes_nothing_and_exits_with_1() {
    let program = Program::new();
    program.run(&["import", SAMPLES]).exits(0);
    for args in [["get", NOBODY], ["history", NOBODY]] {
        let said = program.run(&args).exits(1);
        assert_eq!(said.out, "");
        assert!(said.err.contains(NOBODY), "{}", said.err);
    }
    let said = program.run(&["get", NOBODY, "--json"]).exits(1);
    assert_eq!(said.out, "");
}

#[test]
fn a_list_is_in_the_order_of_first_events_and_can_be_cut_and_filtered() {
    let program = Program::new();
    program.run(&["import", SAMPLES]).exits(0);
    let all = program.run(&["list", "--json", "--limit", "0"]).exits(0);
    assert_eq!(all.json().len(), 4);
    let positions: Vec<_> =
        all.json().iter().map(|message| message["position"].as_u64().unwrap()).collect();
    assert_eq!(positions, [1, 2, 3, 4]);
    let two = program.run(&["list", "--json", "--limit", "2"]).exits(0);
    assert_eq!(two.json(), all.json()[..2]);
    let confirmed = program.run(&["list", "--json", "--state", "confirmed"]).exits(0);
    assert_eq!(confirmed.json(), all.json()[1..3]);
    let none = program.run(&["list", "--json", "--state", "rejected"]).exits(0);
    assert_eq!(none.out, "");
}

#[test]
fn a_counted_page_is_one_object_with_the_rows_and_where_the_list_goes_on() {
    let program = Program::new();
    program.run(&["import", SAMPLES]).exits(0);
    let all = program.run(&["list", "--json", "--limit", "0"]).exits(0).json();
    let page = |arguments: &[&str]| {
        let asked = [&["list", "--json", "--count"], arguments].concat();
        let mut pages = program.run(&asked).exits(0).json();
        assert_eq!(pages.len(), 1);
        pages.remove(0)
    };
    let first = page(&["--limit", "3"]);
    assert_eq!(first["items"].as_array().unwrap()[..], all[..3]);
    assert_eq!((&first["count"], &first["total"]), (&json!(3), &json!(4)));
    let rest = page(&["--limit", "3", "--after", first["next"].as_str().unwrap()]);
    assert_eq!(rest["items"].as_array().unwrap()[..], all[3..]);
    assert_eq!((&rest["next"], &rest["position"]), (&json!(null), &first["position"]));
    let none = page(&["state=rejected"]);
    assert_eq!(
        (&none["items"], &none["count"], &none["total"]),
        (&json!([]), &json!(0), &json!(0))
    );
}

#[test]
fn a_line_of_the_list_is_what_get_prints_but_for_what_is_missing() {
    let program = Program::new();
    program.run(&["import", SAMPLES]).exits(0);
    let list = program.run(&["list", "--json", "--limit", "0"]).exits(0);
    for line in list.out.lines() {
        let message: serde_json::Value = serde_json::from_str(line).unwrap();
        let id = message["header"]["id"].as_str().unwrap();
        let mut shown = program.run(&["get", id, "--json"]).exits(0).json().remove(0);
        let missing = shown.as_object_mut().unwrap().remove("missing");
        assert!(missing.is_some(), "its data was not imported with it");
        assert_eq!(shown.to_string(), message.to_string());
    }
    assert_eq!(program.run(&["list", "--json", "--limit", "0"]).exits(0).out, list.out);
}

#[test]
fn namespaces_do_not_see_each_other() {
    let program = Program::new();
    program.run(&["import", SAMPLES, "--namespace", "ours"]).exits(0);
    assert_eq!(program.run(&["list", "--limit", "0"]).exits(0).out, "");
    assert_eq!(program.run(&["list", "--namespace", "ours"]).exits(0).out.lines().count(), 4);
}

#[test]
fn stats_count_events_messages_and_states() {
    let program = Program::new();
    program.run(&["import", SAMPLES]).exits(0);
    let stats = program.run(&["stats", "--json"]).exits(0).json().remove(0);
    assert_eq!(stats["records"], 5, "four messages and the log's own first record");
    assert_eq!(stats["messages"], 4);
    assert_eq!(stats["states"]["confirmed"], 2);
    assert_eq!(stats["states"]["pending"], 1);
    assert_eq!(stats["states"]["sent"], 1);
}

#[test]
fn text_for_people_names_the_same_things() {
    let program = Program::new();
    program.run(&["import", SAMPLES]).exits(0);
    let id = "677c5c95-7ad7-48ec-b3dc-ebd403ef9169";
    let shown = program.run(&["get", id]).exits(0).out;
    for expected in [
        id,
        "sent",
        "CN=org_4c078a",
        "9403f4f454894551967e2b3fe244fb29a6b868325989c5cdce07ee92198fd3ff",
    ] {
        assert!(shown.contains(expected), "{shown}");
    }
    let history = program.run(&["history", id]).exits(0).out;
    assert!(history.contains("imported"), "{history}");
    let list = program.run(&["list"]).exits(0).out;
    assert!(list.contains(id), "{list}");
    assert!(program.run(&["stats"]).exits(0).out.contains("messages   4"));
}

/// Those that look something up open the log by its snapshot, if it is of use; those that vouch for all of it do not.
#[test]
fn what_is_looked_up_by_a_snapshot_is_what_the_whole_log_tells() {
    let program = Program::new();
    program.run(&["key"]).exits(0);
    program.run(&["import", SAMPLES]).exits(0);
    program.run_with_input(&["data", "put", "-", "--id", ELEMENT], "{\"a\":1}").exits(0);
    program.run(&["checkpoint"]).exits(0);
    let quick: &[&[&str]] = &[
        &["prove", "--tlog-proof", "2"],
        &["checkpoint", "--list"],
        &["checkpoint", "--last"],
        &["data", "list", "--json"],
        &["data", "get", ELEMENT, "--json"],
        &["data", "get", ELEMENT, "--value"],
        &["data", "gc", "--dry-run"],
        &["get", ONE, "--json"],
        &["history", ONE],
    ];
    let whole: &[&[&str]] = &[&["prove", ONE], &["data", "verify"], &["replay"]];
    let ask = || quick.iter().chain(whole).map(|args| program.run(args).exits(0));
    // How fast it was is of the run.
    let told = |said: &Said| -> Vec<String> {
        said.out.lines().filter(|it| !it.ends_with(" events/s")).map(str::to_owned).collect()
    };
    let without: Vec<_> = ask().map(|said| told(&said)).collect();
    let engine = Lampyris::builder().existing().snapshot_every(1).open(program.data()).unwrap();
    block_on(engine.close()).unwrap();
    drop(engine);
    let file = program.data().join("snapshot");
    let snapshot = std::fs::read(&file).unwrap();
    for (args, (said, without)) in quick.iter().chain(whole).zip(ask().zip(&without)) {
        assert_eq!((&told(&said), &*said.err), (without, ""), "{args:?}");
    }
    // One that is of no use says who would have used it.
    std::fs::write(&file, &snapshot[..snapshot.len() / 2]).unwrap();
    for (number, (said, without)) in ask().zip(&without).enumerate() {
        assert_eq!(&told(&said), without);
        let used = said.err.contains("the snapshot is ignored");
        assert_eq!(used, number < quick.len(), "{number}: {}", said.err);
    }
}
