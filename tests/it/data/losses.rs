//! What of the data is lost is named, and what nobody refers to goes.
//!
//! Files of the store are deleted and damaged here; what the store itself survives is the log crate's to test.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{ID, OTHER, noise, put, put_blob};
use crate::program::Program;

/// The packs of the store.
fn packs(program: &Program) -> Vec<PathBuf> {
    let entries = fs::read_dir(program.data().join("data")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut packs: Vec<_> = paths
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("pack"))
        .collect();
    packs.sort();
    packs
}

fn flip(path: &PathBuf, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// What is said of an element whose value is lost, by the word for it.
fn says_lost(program: &Program, word: &str) {
    let shown = program.run(&["data", "get", ID, "--json"]).exits(1);
    let element = &shown.json()[0];
    assert_eq!((&element["value"], &element[word][0]["part"]), (&Value::Null, &json!("value")));
    assert!(shown.err.contains("its value"), "{}", shown.err);
    let text = program.run(&["data", "get", ID]).exits(1).out;
    assert!(text.contains(&format!("{word:<15} value ")), "{text}");
    let bytes = program.run(&["data", "get", ID, "--value"]).exits(1);
    assert!(bytes.out.is_empty() && bytes.err.contains("its value"), "{}", bytes.err);
    let verdict = program.run(&["data", "verify"]).exits(1).out;
    assert!(verdict.contains(&format!("{word} value of {ID} ")), "{verdict}");
    assert!(
        verdict.ends_with("FAULT 1 parts missing, damaged or not erased, 0 keys unreadable\n"),
        "{verdict}"
    );
    let told = program.run(&["data", "verify", "--json"]).exits(1).json();
    assert_eq!((&told[0]["fault"], &told[0]["id"]), (&json!(word), &json!(ID)));
    assert_eq!((&told[1]["verdict"], &told[1]["objects"]), (&json!("FAULT"), &json!(1)));
}

#[test]
fn a_lost_part_is_named_and_put_back_by_putting_it_again() {
    // Of two values of one pack, the first is lost: its sealed bytes, its pack, or the store as a whole.
    let flipped = Program::new();
    put(&flipped, ID, "\"a lamp\"").exits(0);
    put(&flipped, OTHER, "\"a note\"").exits(0);
    flip(&packs(&flipped)[0], 3);
    says_lost(&flipped, "damaged");
    assert_eq!(flipped.run(&["data", "get", OTHER, "--value"]).exits(0).out, "\"a note\"");
    assert!(put(&flipped, ID, "\"a lamp\"").exits(0).out.starts_with("there already"));
    assert_eq!(flipped.run(&["data", "get", ID, "--value"]).exits(0).out, "\"a lamp\"");
    flipped.run(&["data", "verify"]).exits(0);

    let deleted = Program::new();
    let args = ["data", "put", "--blob", "-", "--id", OTHER];
    deleted.run_with_input(&args, &"a long text".repeat(200_000)).exits(0);
    put(&deleted, ID, "\"a lamp\"").exits(0);
    let small =
        packs(&deleted).into_iter().find(|path| fs::metadata(path).unwrap().len() < 1_000_000);
    fs::remove_file(small.unwrap()).unwrap();
    says_lost(&deleted, "damaged");
    let lost = deleted.run(&["data", "list", "--missing", "--json"]).exits(0).json();
    assert_eq!((lost.len(), &lost[0]["state"]), (1, &json!("damaged")));
    put(&deleted, ID, "\"a lamp\"").exits(0);
    assert_eq!(deleted.run(&["data", "get", ID, "--value"]).exits(0).out, "\"a lamp\"");
    assert_eq!(deleted.run(&["data", "list", "--missing"]).exits(0).out, "");

    let emptied = Program::new();
    put(&emptied, ID, "\"a lamp\"").exits(0);
    fs::remove_dir_all(emptied.data().join("data")).unwrap();
    put(&emptied, OTHER, "\"a note\"").exits(0);
    says_lost(&emptied, "missing");
    let lost = emptied.run(&["data", "list", "--missing"]).exits(0).out;
    assert!(lost.starts_with(ID) && lost.ends_with("value 8 missing  missing\n"), "{lost}");
    assert_eq!(emptied.run(&["data", "list"]).exits(0).out.lines().count(), 2);
}

#[test]
fn a_damaged_blob_leaves_no_file_under_its_name() {
    let program = Program::new();
    put_blob(&program, ID, "big", &noise(3_000_000)).exits(0);
    flip(&packs(&program)[0], 2_500_000);
    let out = program.write("out", "what was there");
    let args = ["data", "get", ID, "--blob", "--out", out.to_str().unwrap()];
    let said = program.run(&args).exits(1);
    assert!(said.err.contains("its blob cannot be read"), "{}", said.err);
    assert_eq!(fs::read_to_string(&out).unwrap(), "what was there");
    let left = fs::read_dir(out.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name());
    let mut left: Vec<_> = left.collect();
    left.sort();
    assert_eq!(left, ["big", "data", "out"]);
    let folder = program.data();
    let args = ["data", "get", ID, "--blob", "--out", folder.to_str().unwrap()];
    program.run(&args).exits(1);
}

#[test]
fn a_collection_removes_what_no_element_refers_to_and_says_so_before() {
    let program = Program::new();
    program.run(&["data", "gc"]).exits(1);
    put(&program, ID, "\"a lamp\"").exits(0);
    assert_eq!(program.run(&["data", "gc"]).exits(0).out, "removed 0 objects, 0 bytes, 0 files\n");
    // Elements that are refused leave their blobs and values behind; one of them has a pack of its own.
    put_blob(&program, ID, "big", &noise(2_000_000)).exits(1);
    put_blob(&program, ID, "small", &noise(1000)).exits(1);
    // Beside each blob, what its element said in words.
    let words = |name| format!(r#"{{"id":"{ID}","blob":{{"name":"{name}"}}}}"#).len();
    let bytes = 2_001_000 + words("big") + words("small");
    let verdict = program.run(&["data", "verify"]).exits(0).out;
    let orphans = format!("4 objects, {bytes} bytes, that no element refers to\n");
    assert!(verdict.starts_with(&orphans) && verdict.contains("VERIFIED 1 elements"), "{verdict}");
    let before = packs(&program);
    let dry = program.run(&["data", "gc", "--dry-run", "--json"]).exits(0).json().remove(0);
    assert_eq!(dry, json!({ "dryRun": true, "objects": 4, "bytes": bytes, "files": 3 }));
    assert_eq!(packs(&program), before);
    let mut done = program.run(&["data", "gc", "--json"]).exits(0).json().remove(0);
    done["dryRun"] = json!(true);
    assert_eq!(done, dry);
    let dry = program.run(&["data", "gc", "--dry-run"]).exits(0).out;
    assert_eq!(dry, "would remove 0 objects, 0 bytes, 0 files\n");
    assert!(
        program.run(&["data", "verify"]).exits(0).out.starts_with("VERIFIED 1 elements, 1 obj")
    );
    assert_eq!(program.run(&["data", "get", ID, "--value"]).exits(0).out, "\"a lamp\"");
}

#[test]
fn a_message_shows_which_of_its_data_is_there() {
    let program = Program::new();
    let stage = json!({
        "do": "stage",
        "message": {
            "header": { "type": "broadcast", "author": "did:firefly:org/acme", "key": "0x9f3b" },
            "data": [{ "value": "a lamp" }],
        },
    });
    let answer = program.run_with_input(&["apply", "-"], &stage.to_string()).exits(0).json();
    let id = answer[0]["id"].as_str().unwrap().to_owned();
    let shown = program.run(&["get", &id]).exits(0).out;
    assert!(
        shown.lines().any(|line| line.starts_with("data ") && line.ends_with(" held")),
        "{shown}"
    );
    let whole = program.run(&["get", &id, "--json"]).exits(0).json().remove(0);
    assert!(whole.get("missing").is_none());
    let element = whole["data"][0]["id"].as_str().unwrap();
    assert_eq!(program.run(&["data", "get", element, "--value"]).exits(0).out, "\"a lamp\"");
    fs::remove_dir_all(program.data().join("data")).unwrap();
    let shown = program.run(&["get", &id]).exits(0).out;
    assert!(shown.contains(" missing: its value is not in the data store\n"), "{shown}");
    let mut lost = program.run(&["get", &id, "--json"]).exits(0).json().remove(0);
    let missing = lost.as_object_mut().unwrap().remove("missing").unwrap();
    assert_eq!(missing, json!([{ "id": element, "why": "its value is not in the data store" }]));
    assert_eq!(lost, whole, "FireFly's own members stay as they are");
}
