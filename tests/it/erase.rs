//! `erase` and `retention`: nothing of an erased value is found in any file, and every proof stays valid.
//!
//! Keys and sealed bytes are read from the files by `format.md` before, and looked for in every file after.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::damage::copy;
use crate::program::{Program, Said};

const SECRET: &str = "a secret that is long enough to be found in any file";
const ID: &str = "6a2f3c74-0c5e-4d0b-8a6e-0f7a3a1c9b11";
const OTHER: &str = "6a2f3c74-0c5e-4d0b-8a6e-0f7a3a1c9b22";
const BLOB: &str = "6a2f3c74-0c5e-4d0b-8a6e-0f7a3a1c9b33";
const MESSAGE: &str = "11111111-1111-4111-8111-111111111111";

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// Every slot in use: the hash, the key, and some pieces of the sealed bytes.
fn traces(data: &Path) -> BTreeMap<Vec<u8>, Vec<Vec<u8>>> {
    let mut traces = BTreeMap::new();
    for path in files(&data.join("data")) {
        let bytes = fs::read(&path).unwrap();
        for slot in bytes.chunks(128).filter(|slot| slot.starts_with(b"LMPK")) {
            let number = |at: std::ops::Range<usize>| {
                slot[at].iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
            };
            let (pack, offset, size) = (number(68..72), number(72..80), number(80..88));
            let pack = fs::read(data.join(format!("data/pack.{pack}"))).unwrap();
            let sealed = &pack[offset..offset + size];
            let pieces = sealed.windows(16).step_by((size / 64).max(16)).map(<[u8]>::to_vec);
            let key = [slot[36..52].to_vec(), slot[52..68].to_vec()];
            traces.insert(slot[4..36].to_vec(), key.into_iter().chain(pieces).collect());
        }
    }
    traces
}

fn hash(text: &str) -> Vec<u8> {
    lampyris::message::Bytes32::sha256(text.as_bytes()).0.to_vec()
}

/// Whether one of the parts stands in one of the files.
fn found(folders: &[PathBuf], parts: &[Vec<u8>]) -> Option<String> {
    let mut by_start: BTreeMap<[u8; 4], Vec<&[u8]>> = BTreeMap::new();
    for part in parts {
        by_start.entry(part[..4].try_into().unwrap()).or_default().push(part);
    }
    for path in folders.iter().flat_map(|folder| files(folder)) {
        let mut bytes = fs::read(&path).unwrap();
        bytes.truncate(bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1));
        for (at, start) in bytes.windows(4).enumerate() {
            if start == [0; 4] {
                continue;
            }
            let parts = by_start.get(start).map(Vec::as_slice).unwrap_or_default();
            if parts.iter().any(|part| bytes[at..].starts_with(part)) {
                return Some(format!("{} at {at}", path.display()));
            }
        }
    }
    None
}

fn put(program: &Program, id: &str, text: &str) {
    let value = json!(text).to_string();
    program.run_with_input(&["data", "put", "-", "--id", id], &value).exits(0);
}

fn erase(program: &Program, id: &str, more: &[&str]) -> Said {
    let args = ["erase", id, "--reason", "the customer asked", "--actor", "clerk"];
    program.run(&[&args[..], more].concat())
}

/// A log with a value and a large blob that will go, one that stays, a message, a signed checkpoint and a bundle.
fn filled(program: &Program) -> (String, PathBuf) {
    put(program, ID, SECRET);
    put(program, OTHER, "what stays");
    let picture = program.path("picture");
    let bytes: Vec<u8> =
        (0..1_500_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
    fs::write(&picture, bytes).unwrap();
    let blob = ["data", "put", "--blob", picture.to_str().unwrap(), "--id", BLOB];
    program.run(&blob).exits(0);
    fs::remove_file(&picture).unwrap();
    let list = program.run(&["data", "list", "--json"]).exits(0).json();
    let of = |id: &str| {
        let one = list.iter().find(|element| element["id"] == id).unwrap();
        json!({ "id": id, "hash": one["hash"] })
    };
    let mut stage = crate::apply::stage(1);
    stage["message"]["header"]["id"] = json!(MESSAGE);
    stage["message"]["data"] = json!([of(ID), of(OTHER), of(BLOB)]);
    let said =
        program.run_with_input(&["apply", "-", "--json"], &(stage.to_string() + "\n")).exits(0);
    assert_eq!(said.json()[0]["ok"], true, "{}", said.out);
    let verifier = program.run(&["key"]).exits(0).out.trim().to_owned();
    let bundle = program.path("before.json");
    program.run(&["prove", MESSAGE, "--out", bundle.to_str().unwrap()]).exits(0);
    (verifier, bundle)
}

#[test]
fn after_an_erasure_no_file_has_a_trace_of_the_value_and_all_proofs_stay_valid() {
    let program = Program::new();
    let (verifier, bundle) = filled(&program);
    let before = traces(&program.data());
    let picture = program.run(&["data", "list", "--json"]).exits(0).json();
    let picture = picture.iter().find(|element| element["id"] == BLOB).unwrap()["blob"]["hash"]
        .as_str()
        .unwrap()
        .to_owned();
    let picture: Vec<u8> =
        (0..32).map(|at| u8::from_str_radix(&picture[2 * at..2 * at + 2], 16).unwrap()).collect();
    let mut gone: Vec<Vec<u8>> = vec![SECRET.as_bytes()[..30].to_vec()];
    for hash in [hash(&json!(SECRET).to_string()), picture] {
        gone.extend(before[&hash].clone());
    }
    assert!(gone.len() > 60);
    assert!(found(&[program.data()], &gone).is_some(), "what is looked for is there before");
    let said = erase(&program, ID, &[]).exits(0).out;
    assert!(said.contains(&format!("erased {ID} in namespace 'default'\n1 objects, ")), "{said}");
    assert!(said.contains("can test the guess"), "{said}");
    erase(&program, BLOB, &[]).exits(0);
    let again = erase(&program, ID, &[]).exits(0).out;
    assert!(again.starts_with(&format!("data element {ID} was erased before\n0 objects, ")));

    let tiles = program.path("tiles");
    program.run(&["export", "--tiles", tiles.to_str().unwrap()]).exits(0);
    let fresh = program.path("after.json");
    program.run(&["prove", MESSAGE, "--out", fresh.to_str().unwrap()]).exits(0);
    let files = program.path("exported");
    fs::create_dir(&files).unwrap();
    for format in ["jsonl", "cbor"] {
        let file = files.join(format);
        let args = ["export", file.to_str().unwrap(), "--format", format];
        program.run(&args).exits(0);
    }
    assert_eq!(found(&[program.data(), tiles, files], &gone), None);
    let kept: Vec<Vec<u8>> = before[&hash("\"what stays\"")].clone();
    assert!(found(&[program.data()], &kept[..1]).is_some(), "the key of what stays");

    for bundle in [&bundle, &fresh] {
        let args = ["verify", bundle.to_str().unwrap(), "--key", &verifier];
        let said = program.run(&args).exits(0).out;
        assert!(said.starts_with("VERIFIED"), "{said}");
    }
    program.run(&["replay"]).exits(0);
    let verdict = program.run(&["data", "verify", "--json"]).exits(0).json().remove(0);
    assert_eq!((&verdict["verdict"], &verdict["erased"]), (&json!("VERIFIED"), &json!(2)));
    assert_eq!(program.run(&["data", "get", OTHER, "--value"]).exits(0).out, "\"what stays\"");
    program.run(&["data", "gc"]).exits(0);
    assert_eq!(found(&[program.data()], &gone), None);
}

#[test]
fn an_erased_element_is_shown_as_such_and_nothing_of_it_is_given_out() {
    let program = Program::new();
    put(&program, ID, SECRET);
    put(&program, OTHER, SECRET);
    let refused = erase(&program, ID, &[]).exits(1).err;
    assert!(refused.contains(&format!("{OTHER} in namespace 'default'")), "{refused}");
    assert_eq!(
        program.run(&["data", "verify"]).exits(0).out,
        "VERIFIED 2 elements, 1 objects, 54 bytes\n"
    );
    let said = erase(&program, ID, &["--all-references", "--json"]).exits(0).json().remove(0);
    let both =
        json!([{ "id": ID, "namespace": "default" }, { "id": OTHER, "namespace": "default" }]);
    assert_eq!((&said["erased"], &said["objects"], &said["bytes"]), (&both, &json!(1), &json!(54)));
    let shown = program.run(&["data", "get", ID, "--json"]).exits(1);
    assert!(shown.err.contains("was erased"), "{}", shown.err);
    let shown = shown.json().remove(0);
    let erased = &shown["erased"];
    assert_eq!(
        (&erased["actor"], &erased["reason"]),
        (&json!("clerk"), &json!("the customer asked"))
    );
    assert_eq!((&erased["sequence"], &shown["value"]), (&json!(3), &Value::Null));
    let why = program.run(&["data", "get", ID, "--value"]).exits(1).err;
    assert!(why.contains("was erased: the customer asked"), "{why}");
    let list = program.run(&["data", "list", "--json"]).exits(0).json();
    assert!(
        list.iter()
            .all(|element| element["state"] == "erased" && element["value"]["state"] == "erased")
    );
    assert_eq!(program.run(&["data", "list", "--missing"]).exits(0).out, "");
    let record = program.run(&["data", "put", "-", "--id", ID, "--json"]);
    assert_eq!(record.code, 2);
    let value = json!(SECRET).to_string();
    let again =
        program.run_with_input(&["data", "put", "-", "--id", ID, "--json"], &value).exits(1);
    assert_eq!(again.json()[0]["error"], format!("data element {ID} was erased"));
    assert_eq!(
        program.run(&["data", "verify"]).exits(0).out,
        "VERIFIED 2 elements, 0 objects, 0 bytes\n"
    );
    for (args, code) in [
        (vec!["erase", "6a2f3c74-0c5e-4d0b-8a6e-0f7a3a1c9b99", "--reason", "x"], 1),
        (vec!["erase", ID, "--reason", " "], 2),
        (vec!["erase", ID], 2),
        (vec!["erase", "x", "--reason", "x"], 2),
    ] {
        assert_eq!(program.run(&args).exits(code).out, "", "{args:?}");
    }
}

#[test]
fn what_can_still_be_opened_after_an_erasure_is_a_fault() {
    let program = Program::new();
    put(&program, ID, SECRET);
    let held = program.path("held");
    copy(&program.data().join("data"), &held);
    erase(&program, ID, &[]).exits(0);
    // The data store as it was before, as a backup brings it back.
    fs::remove_dir_all(program.data().join("data")).unwrap();
    copy(&held, &program.data().join("data"));
    let verdict = program.run(&["data", "verify"]).exits(1).out;
    assert!(verdict.contains("not erased: object "), "{verdict}");
    assert!(verdict.contains("FAULT 1 parts missing, damaged or not erased"), "{verdict}");
    let said = program.run(&["data", "verify", "--json"]).exits(1).json();
    assert_eq!((&said[0]["fault"], &said[1]["faults"]), (&json!("not erased"), &json!(1)));
    program.run(&["data", "get", ID, "--value"]).exits(1);
    erase(&program, ID, &[]).exits(0);
    program.run(&["data", "verify"]).exits(0);
}

#[test]
fn rules_of_retention_are_read_tried_and_carried_out() {
    let program = Program::new();
    put(&program, ID, SECRET);
    put(&program, OTHER, "what stays");
    let rules = |older: &str| {
        json!({ "rules": [{ "namespace": "default", "olderThan": older, "reason": "90 days are over" }] })
            .to_string()
    };
    let run = |rules: &str, more: &[&str]| {
        program.run_with_input(&[&["retention", "-"][..], more].concat(), rules)
    };
    let young = run(&rules("90d"), &[]).exits(0).out;
    assert_eq!(
        young,
        "0 elements erased, 0 objects, 0 bytes; 0 kept for open messages, 0 for bytes in common\n"
    );
    let told = run(&rules("0s"), &["--dry-run"]).exits(0).out;
    assert!(told.starts_with(&format!("would erase {ID} in namespace 'default'\n")), "{told}");
    assert!(told.contains("2 elements would be erased; 0 kept"), "{told}");
    program.run(&["data", "get", ID]).exits(0);
    let answers = run(&rules("0s"), &["--json"]).exits(0).json();
    assert_eq!(
        answers[0],
        json!({ "erased": { "id": ID, "namespace": "default" }, "dryRun": false })
    );
    let last: &Value = answers.last().unwrap();
    assert_eq!((&last["elements"], &last["objects"]), (&json!(2), &json!(2)));
    let shown = program.run(&["data", "get", ID, "--json"]).exits(1).json().remove(0);
    assert_eq!(shown["erased"]["reason"], "90 days are over");
    program.run(&["replay"]).exits(0);
    let senseless = run("{\"rules\":[{\"namespace\":\"default\"}]}", &[]).exits(2).err;
    assert!(senseless.contains("rules[0]: 'olderThan' is missing"), "{senseless}");
}
