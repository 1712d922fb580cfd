//! `docs/hashing.md` shows golden vectors, and what it says is hashed is what was hashed.

use std::collections::BTreeSet;

use lampyris_message::Bytes32;
use serde_json::Value;

fn read(path: &str) -> String {
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What the vector called `id` expects.
fn expected(family: &str, id: &str) -> Value {
    let file: Value = serde_json::from_str(&read(&format!("tests/vectors/{family}.json"))).unwrap();
    let cases = file["cases"].as_array().unwrap();
    let case = cases.iter().find(|case| case["id"] == id);
    case.unwrap_or_else(|| panic!("no vector {id}"))["expect"].clone()
}

#[test]
fn every_example_of_the_page_is_a_golden_vector() {
    let page = read("../../docs/hashing.md");
    let (mut families, mut count) = (BTreeSet::new(), 0);
    for block in page.split("```vector ").skip(1) {
        let (block, _) = block.split_once("\n```").expect("a block ends");
        let lines: Vec<_> = block.split('\n').collect();
        let [info, hashed, hash] = lines[..] else { panic!("not three lines: {block}") };
        let words: Vec<_> = info.split(' ').collect();
        let bytes = match words[2..] {
            [] => hashed.as_bytes().to_vec(),
            ["hex"] => const_hex::decode(hashed.replace(' ', "")).unwrap(),
            _ => panic!("{info}"),
        };
        assert_eq!(Bytes32::sha256(&bytes).to_string(), hash, "{info}");
        let (family, _) = words[0].split_once('-').unwrap();
        match &expected(family, words[0])[words[1]] {
            Value::Object(rows) => assert!(rows.contains_key(hash), "{info}"),
            other => assert_eq!(other, hash, "{info}"),
        }
        families.insert(family.to_owned());
        count += 1;
    }
    let all = ["batch_hash", "data_hash", "group_hash", "message_hash", "message_seal", "pins"];
    assert_eq!(families.into_iter().collect::<Vec<_>>(), all);
    assert_eq!(page.matches("```").count(), 2 * count, "every block is an example");
}
