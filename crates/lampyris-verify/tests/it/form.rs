//! The form of a document: each thing that is wrong is named with its place and the rule that it breaks.

use lampyris_evidence::bundle::{Bundle, MAX_BUNDLE_BYTES, MalformedRule};
use lampyris_testkit::SampleLog;
use serde_json::{Value, json};

/// What is said of a whole bundle in which the value at a place was replaced.
fn said(pointer: &str, value: Value) -> String {
    let mut document: Value =
        serde_json::from_str(&SampleLog::of(2).full_bundle().to_json()).unwrap();
    if let Some(place) = document.pointer_mut(pointer) {
        *place = value;
    } else {
        let (object, name) = pointer.rsplit_once('/').unwrap();
        document.pointer_mut(object).unwrap()[name] = value;
    }
    Bundle::parse(document.to_string().as_bytes()).unwrap_err().to_string()
}

#[test]
fn a_member_is_named_with_its_rule() {
    let hash = "0".repeat(64);
    let cases = [
        ("/inclusion/3/proof/2", json!("00"), "inclusion[3].proof[2]: a hash is 64"),
        ("/inclusion/3/proof/2", json!(hash.replace('0', "A")), "inclusion[3].proof[2]: a hash is"),
        (
            "/inclusion/3/proof",
            json!(vec![hash.clone(); 64]),
            "inclusion[3].proof: there are at most 63",
        ),
        ("/inclusion/3/leaf", json!("0g"), "inclusion[3].leaf: bytes are an even number"),
        ("/inclusion/3/leaf", json!("000"), "inclusion[3].leaf: bytes are an even number"),
        ("/inclusion/3/leaf_hash", json!(hash), "inclusion[3]: there should be either `leaf` or"),
        ("/inclusion/3/index", json!(-1), "inclusion[3].index: this should be a whole number"),
        ("/inclusion/3/index", json!(1.0), "inclusion[3].index: this should be a whole number"),
        ("/inclusion/3/more", json!(1), "inclusion[3].more: no such member"),
        ("/inclusion/3", json!([]), "inclusion[3]: this should be an object"),
        ("/inclusion", json!({}), "inclusion: this should be a list"),
        (
            "/inclusion/0",
            json!({"index": 1, "leaf": ""}),
            "inclusion[0].proof: the member is missing",
        ),
        ("/consistency/0/old_size", json!(1), "consistency[0]: there should be either"),
        ("/consistency", json!(vec![0; 65]), "consistency: there are at most 64"),
        ("/tlog_proofs/0/text", json!("x"), "tlog_proofs[0].text: the proof has no empty line"),
        ("/checkpoint", json!("x"), "checkpoint: a note has a signature"),
        ("/log_keys/0", json!("x"), "log_keys[0]: a verifier key is"),
        ("/log_keys", json!([]), "log_keys: the member is missing"),
        ("/witness_keys", json!([]), "quorum: more witnesses are asked for than the 0"),
        ("/quorum", json!(3), "quorum: more witnesses are asked for than the 2"),
        ("/quorum", json!(null), "quorum: this should be a whole number"),
        ("/origin", json!(null), "origin: this should be a text"),
        ("/comment", json!(1), "comment: this should be a text"),
        ("/more", json!(1), "more: no such member is known"),
        ("/leaves/1", json!(1), "leaves[1]: this should be a text"),
        ("/leaf_hashes/1", json!("AA=="), "leaf_hashes[1]: a hash is 64"),
    ];
    for (pointer, value, words) in cases {
        let said = said(pointer, value);
        assert!(said.starts_with(words), "{pointer}: {said}");
    }
}

#[test]
fn keys_of_the_wrong_kind_or_twice_are_named() {
    let bundle = SampleLog::of(1).bundle(&[]);
    let (log, witness) = (bundle.log_keys[0].to_string(), bundle.witness_keys[0].to_string());
    let kind = "the key of a log signs notes";
    assert!(said("/log_keys/0", json!(witness)).starts_with(&format!("log_keys[0]: {kind}")));
    assert!(said("/witness_keys/1", json!(log)).starts_with(&format!("witness_keys[1]: {kind}")));
    let twice = "witness_keys[1]: the same public key stands there twice";
    assert_eq!(said("/witness_keys/1", json!(witness)), twice);
    assert_eq!(said("/log_keys", json!([log, log])), twice.replace("witness", "log"));
}

#[test]
fn the_document_itself_is_one_object_of_bounded_size() {
    let rule = |json: &[u8]| {
        let malformed = Bundle::parse(json).unwrap_err();
        assert_eq!(malformed.member, "");
        malformed.rule
    };
    for json in ["", "{", "{}{}", "{} x", "{\"origin\":\"\u{1}\"}", "{\"origin\":\"\\ud800\"}"] {
        assert!(matches!(rule(json.as_bytes()), MalformedRule::Json(_)), "{json}");
    }
    assert!(matches!(rule(b"{\"origin\":\"\xff\"}"), MalformedRule::Json(_)));
    assert!(matches!(rule("[".repeat(100_000).as_bytes()), MalformedRule::Json(_)));
    assert!(matches!(rule(b"[]"), MalformedRule::Type("an object")));
    assert_eq!(rule(&vec![b' '; MAX_BUNDLE_BYTES + 1]), MalformedRule::Long);
    assert_eq!(Bundle::parse(b" {} "), Ok(Bundle::default()));
    assert_eq!(Bundle::parse(br#"{"comment":"any"}"#), Ok(Bundle::default()));
}

#[test]
fn a_member_that_stands_twice_is_named() {
    let twice = |json: &str| Bundle::parse(json.as_bytes()).unwrap_err().to_string();
    let said = "the member stands there twice";
    assert_eq!(twice(r#"{"origin":"a","origin":"a"}"#), format!("origin: {said}"));
    assert_eq!(twice(r#"{"origin":"a","\u006frigin":"a"}"#), format!("origin: {said}"));
    assert_eq!(twice(r#"{"comment":"a","comment":"b"}"#), format!("comment: {said}"));
    let inner = r#"{"inclusion":[{"index":1,"index":1,"leaf":"","proof":[]}]}"#;
    assert_eq!(twice(inner), format!("inclusion[0].index: {said}"));
}
