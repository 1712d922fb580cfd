//! `data`: what is put comes out byte for byte, what is lost is named, and what nobody refers to goes.
//!
//! Files of the store are deleted and damaged here; what the store itself survives is the log crate's to test.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::program::{Program, Said, root};

const ELEMENTS: &str = "samples/real_data.json";
const ID: &str = "6a2f3c74-0c5e-4d0b-8a6e-0f7a3a1c9b11";
const OTHER: &str = "6a2f3c74-0c5e-4d0b-8a6e-0f7a3a1c9b22";

fn put(program: &Program, id: &str, value: &str) -> Said {
    program.run_with_input(&["data", "put", "-", "--id", id], value)
}

/// Puts a blob of these bytes alone.
fn put_blob(program: &Program, id: &str, name: &str, bytes: &[u8]) -> Said {
    let path = program.path(name);
    fs::write(&path, bytes).unwrap();
    program.run(&["data", "put", "--blob", path.to_str().unwrap(), "--id", id])
}

/// Bytes that do not repeat soon.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 7_u64;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

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

#[test]
fn a_value_comes_out_as_it_was_but_for_white_space() {
    let cases = [
        (r#" { "a" : 1.50 , "a" : [ 1e400 , -0 ] } "#, r#"{"a":1.50,"a":[1e400,-0]}"#),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("\u{feff}\"a  b\\u00e9\\/ é\"\n", "\"a  b\\u00e9\\/ é\""),
        ("\"<&>\"", r#""\u003c\u0026\u003e""#),
        ("[\n]", "[]"),
        ("false", "false"),
    ];
    for (given, kept) in cases {
        let program = Program::new();
        let added = put(&program, ID, given).exits(0).out;
        assert!(added.starts_with(&format!("added {ID} ")), "{added}");
        assert_eq!(program.run(&["data", "get", ID, "--value"]).exits(0).out, kept);
        let shown = program.run(&["data", "get", ID, "--json"]).exits(0).out;
        assert!(shown.contains(&format!("\"value\":{kept},\"position\":1}}")), "{shown}");
        let file = program.path("value.json");
        let to = ["data", "get", ID, "--value", "--out", file.to_str().unwrap()];
        assert_eq!(program.run(&to).exits(0).out, "");
        assert_eq!(fs::read_to_string(&file).unwrap(), kept);
    }
}

#[test]
fn a_blob_comes_out_byte_for_byte_and_is_named_by_the_value_or_the_file() {
    for length in [0, 1, 65_536, 3_000_000] {
        let program = Program::new();
        let bytes = noise(length);
        put_blob(&program, ID, "picture.png", &bytes).exits(0);
        let shown = program.run(&["data", "get", ID, "--json"]).exits(0).json().remove(0);
        let blob = &shown["blob"];
        assert_eq!((&blob["size"], &blob["name"]), (&json!(length), &json!("picture.png")));
        assert_eq!((&shown["value"], &shown["hash"]), (&Value::Null, &blob["hash"]));
        let out = program.path("out.png");
        program.run(&["data", "get", ID, "--blob", "--out", out.to_str().unwrap()]).exits(0);
        assert!(fs::read(&out).unwrap() == bytes, "{length} bytes");
    }
    let program = Program::new();
    let blob = program.write("picture.png", "a picture");
    let value = r#"{"path":"/lamps","filename":"oil.png"}"#;
    let args = ["data", "put", "-", "--blob", blob.to_str().unwrap(), "--id", ID];
    program.run_with_input(&args, value).exits(0);
    let shown = program.run(&["data", "get", ID]).exits(0).out;
    assert!(shown.contains("blob.name       /lamps/oil.png\n"), "{shown}");
    assert_eq!(program.run(&["data", "get", ID, "--blob"]).exits(0).out, "a picture");
    assert_eq!(program.run(&["data", "get", ID, "--value"]).exits(0).out, value);
    let args = ["data", "put", "--blob", "-", "--id", OTHER, "--json"];
    program.run_with_input(&args, "from a pipe").exits(0);
    let shown = program.run(&["data", "get", OTHER, "--json"]).exits(0).json().remove(0);
    assert_eq!((&shown["blob"]["name"], &shown["blob"]["size"]), (&json!(""), &json!(11)));
}

#[test]
fn answers_say_what_became_of_an_element() {
    let program = Program::new();
    let args = [
        "data",
        "put",
        "-",
        "--id",
        ID,
        "--datatype",
        "order",
        "--datatype-version",
        "1",
        "--validator",
        "none",
        "--actor",
        "clerk",
        "--json",
    ];
    let first = program.run_with_input(&args, "{\"n\":1}").exits(0).json().remove(0);
    let hash = first["hash"].clone();
    assert_eq!(
        first,
        json!({ "ok": true, "id": ID, "hash": hash, "outcome": "added", "sequence": 1 })
    );
    let again = program.run_with_input(&args, "{ \"n\": 1 }").exits(0).json().remove(0);
    assert_eq!(again, json!({ "ok": true, "id": ID, "hash": hash, "outcome": "there already" }));
    let other = program.run_with_input(&args, "{\"n\":2}").exits(1).json().remove(0);
    let why = format!("data element {ID} was added before, and is another one");
    assert_eq!(other, json!({ "ok": false, "id": ID, "outcome": "refused", "error": why }));
    let told = put(&program, ID, "{\"n\":2}").exits(1).out;
    assert_eq!(told, format!("refused {ID}\n  {why}\n"));
    let shown = program.run(&["data", "get", ID, "--json"]).exits(0).json().remove(0);
    assert_eq!(shown["datatype"], json!({ "name": "order", "version": "1" }));
    assert_eq!((&shown["validator"], &shown["namespace"]), (&json!("none"), &json!("default")));
    let drawn = [0, 1].map(|_| {
        let added = program.run_with_input(&["data", "put", "-", "--json"], "1").exits(0);
        added.json()[0]["id"].as_str().unwrap().to_owned()
    });
    assert_ne!(drawn[0], drawn[1]);
    let list = program.run(&["data", "list", "--json"]).exits(0).json();
    let ids: Vec<_> = list.iter().map(|element| element["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [ID, &drawn[0], &drawn[1]]);
    assert_eq!(program.run(&["data", "list", "--limit", "2"]).exits(0).out.lines().count(), 2);
}

#[test]
fn what_cannot_be_an_element_is_refused_by_code_and_what_makes_no_sense_exits_with_2() {
    let program = Program::new();
    let refused = program.run_with_input(&["data", "put", "-", "--json"], "null").exits(1);
    assert_eq!(refused.json()[0]["code"], "FF00109");
    let args = ["data", "put", "-", "--validator", "nobody", "--json"];
    assert_eq!(program.run_with_input(&args, "1").exits(1).json()[0]["code"], "FF00108");
    let file = program.write("value", "1");
    let file = file.to_str().unwrap();
    let nowhere = program.path("nowhere");
    let senseless: [&[&str]; 9] = [
        &["data", "put"],
        &["data", "put", file, file],
        &["data", "put", "-", "--blob", "-"],
        &["data", "put", nowhere.to_str().unwrap()],
        &["data", "put", file, "--id", "1"],
        &["data", "put", file, "--datatype", "order"],
        &["data", "put", file, "--elements", "--id", ID],
        &["data", "put", file, "--strict"],
        &["data", "get", ID, "--out", file],
    ];
    for args in senseless {
        assert_eq!(program.run(args).exits(2).out, "", "{args:?}");
    }
    for (text, why) in [("1 2", "value"), ("{\"a\":", "standard input"), ("", "standard input")] {
        let said = program.run_with_input(&["data", "put", "-"], text).exits(2);
        assert!(said.err.contains(why), "{}", said.err);
    }
    assert_eq!(program.run(&["data", "list"]).exits(0).out, "");
}

fn samples() -> Vec<Value> {
    serde_json::from_str(&fs::read_to_string(root().join(ELEMENTS)).unwrap()).unwrap()
}

#[test]
fn exactly_the_real_elements_whose_hashes_reproduce_are_added() {
    let program = Program::new();
    let args = ["data", "put", "--elements", ELEMENTS, "--json"];
    let answers = program.run(&args).exits(0).json();
    let samples = samples();
    assert_eq!(answers.len(), samples.len() + 1);
    for (answer, sample) in answers.iter().zip(&samples) {
        assert_eq!(answer["ok"], sample["hashMatches"], "{answer} for {}", sample["note"]);
        assert_eq!(answer["id"], sample["data"]["id"]);
        let id = answer["id"].as_str().unwrap();
        if answer["ok"] == false {
            assert_eq!(answer["code"], "FF10201");
            program.run(&["data", "get", id]).exits(1);
            continue;
        }
        assert_eq!(answer["hash"], sample["data"]["hash"]);
        let shown = program.run(&["data", "get", id, "--json"]).exits(0).json().remove(0);
        for (name, given) in sample["data"].as_object().unwrap() {
            assert_eq!(&shown[name], given, "{name} of {id}");
        }
    }
    let good = samples.iter().filter(|sample| sample["hashMatches"] == true).count();
    let bad = samples.len() - good;
    let summary = json!({ "added": good, "alreadyThere": 0, "refused": bad });
    assert_eq!(answers.last().unwrap()["summary"], summary);
    let again = program.run(&["data", "put", "--elements", "--strict", ELEMENTS]).exits(1).out;
    assert!(again.ends_with(&format!("added 0, there already {good}, refused {bad}\n")), "{again}");
    let verdict = program.run(&["data", "verify"]).exits(0).out;
    assert!(verdict.starts_with(&format!("VERIFIED {good} elements, {good} objects, ")));
    let judged = program.run(&["replay"]).exits(0).out;
    assert!(judged.ends_with(&format!("{good} data elements\n")), "{judged}");
}

#[test]
fn elements_come_in_every_form_and_a_bad_one_stops_nothing() {
    let good: Vec<Value> = samples()
        .iter()
        .filter(|it| it["hashMatches"] == true)
        .map(|it| it["data"].clone())
        .collect();
    let lines: String = good.iter().map(|one| one.to_string() + "\n").collect();
    let without_id = json!({ "hash": good[0]["hash"], "value": good[0]["value"] });
    let without_hash = json!({ "id": ID, "value": 1 });
    let message = json!({ "header": {}, "data": [] });
    for (text, added, refused, code) in [
        (lines.clone(), good.len(), 0, 0),
        (json!(good).to_string(), good.len(), 0, 0),
        (json!({ "data": good }).to_string(), good.len(), 0, 0),
        (format!("{without_id}\n{lines}{without_hash}\n{message}\n7"), good.len(), 4, 0),
        (format!("not json\n{lines}"), good.len(), 1, 2),
    ] {
        let program = Program::new();
        let said = program.run_with_input(&["data", "put", "--elements", "-"], &text).exits(code);
        let summary = format!("added {added}, there already 0, refused {refused}\n");
        assert!(said.out.ends_with(&summary), "{}", said.out);
    }
    let program = Program::new();
    let twice = format!("{}{}", good[0], good[0]);
    let said = program.run_with_input(&["data", "put", "--elements", "-"], &twice).exits(0);
    assert!(said.out.ends_with("added 1, there already 1, refused 0\n"), "{}", said.out);
}

#[test]
fn namespaces_do_not_see_each_other() {
    let program = Program::new();
    let ours = ["data", "put", "-", "--id", ID, "--namespace", "ours"];
    program.run_with_input(&ours, "1").exits(0);
    assert_eq!(program.run(&["data", "list"]).exits(0).out, "");
    let unknown = program.run(&["data", "get", ID]).exits(1);
    assert!(unknown.out.is_empty() && unknown.err.contains(ID), "{}", unknown.err);
    put(&program, ID, "2").exits(0);
    let get = ["data", "get", ID, "--value", "--namespace", "ours"];
    assert_eq!(program.run(&get).exits(0).out, "1");
    assert_eq!(program.run(&["data", "get", ID, "--value"]).exits(0).out, "2");
    assert!(
        program.run(&["data", "verify"]).exits(0).out.contains("VERIFIED 2 elements, 2 objects")
    );
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
        verdict.ends_with("FAULT 1 parts missing or damaged, 0 keys unreadable\n"),
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
    let small = packs(&deleted).into_iter().find(|path| fs::metadata(path).unwrap().len() < 100);
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
