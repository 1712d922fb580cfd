//! `data`: what is put comes out byte for byte, and what cannot be an element is refused with the reason.
//!
//! What is lost, and what nobody refers to, is in `losses`.

mod losses;

use std::fs;

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
