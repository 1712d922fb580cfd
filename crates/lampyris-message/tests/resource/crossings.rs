//! References among all that is shown in one run: found wrong whichever end comes first, and only then.

use lampyris_message::check::{Crossings, items};
use lampyris_message::json::Document;
use lampyris_message::{Bytes32, DataListHash};
use proptest::prelude::*;

/// An element of this number whose value is another number.
fn data(id: u8, value: u8) -> String {
    let hash = Bytes32::sha256(value.to_string().as_bytes());
    format!(r#"{{"id":"{}","hash":"{hash}","value":{value}}}"#, uuid(id))
}

/// A message that refers to an element, by the hash that this value has.
fn message(id: u8, value: u8) -> String {
    let hash = Bytes32::sha256(value.to_string().as_bytes());
    format!(r#"{{"header":{{}},"data":[{{"id":"{}","hash":"{hash}"}}]}}"#, uuid(id))
}

fn uuid(id: u8) -> String {
    format!("a0000000-0000-4000-8000-0000000000{id:02}")
}

/// Takes these in; returns who is told to refer wrongly to whom, and how many references are right.
fn run(shown: &[String], limit: usize) -> (Vec<(usize, usize)>, u64, u64, u64) {
    let mut crossings = Crossings::new(limit);
    let mut wrong = Vec::new();
    for (place, json) in shown.iter().enumerate() {
        for item in items(Document::first(json.as_bytes()).unwrap().root()).unwrap() {
            let examined = item.examine().unwrap();
            wrong.extend(crossings.take(&examined, &place).into_iter().map(|one| (one.by, one.at)));
        }
    }
    (wrong, crossings.resolved(), crossings.open(), crossings.left_out())
}

#[test]
fn a_reference_is_wrong_if_its_element_has_another_hash_whichever_comes_first() {
    assert_eq!(run(&[data(1, 1), message(1, 1)], 9), (vec![], 1, 0, 0));
    assert_eq!(run(&[message(1, 1), data(1, 1)], 9), (vec![], 1, 0, 0));
    assert_eq!(run(&[data(1, 1), message(1, 2)], 9), (vec![(1, 0)], 0, 0, 0));
    assert_eq!(run(&[message(1, 2), data(1, 1)], 9), (vec![(0, 1)], 0, 0, 0));
    assert_eq!(run(&[message(1, 1), data(2, 2)], 9), (vec![], 0, 1, 0));
    assert_eq!(run(&[message(1, 1), message(1, 1)], 9), (vec![], 0, 2, 0));
    assert_eq!(run(&[message(1, 1), message(1, 1), data(1, 1)], 9), (vec![], 2, 0, 0));
    assert_eq!(run(&[data(1, 1), message(1, 1), message(1, 1)], 9), (vec![], 2, 0, 0));
}

/// What is wrong with an element is told of the element, not again of each reference to it.
#[test]
fn a_wrong_element_does_not_make_its_references_wrong() {
    let wrong = data(1, 1).replace("\"value\":1", "\"value\":7");
    assert_eq!(run(&[wrong.clone(), message(1, 1), message(1, 7)], 9), (vec![], 2, 0, 0));
    assert_eq!(run(&[message(1, 3), wrong], 9).0, [(0, 1)]);
}

#[test]
fn a_manifest_refers_to_messages_and_data() {
    let list = DataListHash::from(Bytes32::sha256(b"null"));
    let message = format!(r#"{{"header":{{"id":"{}","type":"","datahash":"{list}"}}}}"#, uuid(7));
    let entry = |hash: Bytes32| {
        format!(
            r#"{{"manifest":{{"messages":[{{"id":"{}","hash":"{hash}","topics":1}}]}}}}"#,
            uuid(7)
        )
    };
    let header = format!(r#"{{"id":"{}","type":"","datahash":"{list}"}}"#, uuid(7));
    let right = entry(Bytes32::sha256(header.as_bytes()));
    assert_eq!(run(&[right, message.clone()], 9), (vec![], 1, 0, 0));
    assert_eq!(run(&[message, entry(Bytes32::default())], 9).0, [(1, 0)]);
}

#[test]
fn no_more_is_kept_than_was_said() {
    let many: Vec<_> = (0..50).map(|id| message(id, 1)).collect();
    assert_eq!(run(&many, 20), (vec![], 0, 20, 30));
    let many: Vec<_> = (0..50).map(|id| data(id, 1)).collect();
    assert_eq!(run(&many, 20), (vec![], 0, 0, 30));
    let full: Vec<_> = (0..3).map(|id| data(id, 1)).chain([message(9, 1), data(9, 1)]).collect();
    assert_eq!(run(&full, 3), (vec![], 1, 0, 1), "what is not kept is not wrong for that");
}

proptest! {
    /// A plain model: at the end, what is shown under an id decides over each reference to it.
    #[test]
    fn the_order_changes_nothing_as_long_as_an_id_has_one_hash(
        elements in prop::collection::btree_map(0..6_u8, 0..3_u8, 0..6),
        references in prop::collection::btree_set((0..6_u8, 0..3_u8), 0..10),
        seed in any::<u64>(),
    ) {
        let wrong = references.iter().filter(|(id, value)| elements.get(id).is_some_and(|one| one != value));
        let right = references.iter().filter(|(id, value)| elements.get(id) == Some(value));
        let (wrong, right) = (wrong.count(), right.count());
        let mut all: Vec<String> = elements.iter().map(|(id, value)| data(*id, *value)).collect();
        all.extend(references.iter().map(|(id, value)| message(*id, *value)));
        all.sort_by_key(|json| Bytes32::sha256(format!("{seed}{json}").as_bytes()));
        let (told, resolved, open, _) = run(&all, 100);
        prop_assert_eq!((told.len(), resolved), (wrong, right as u64));
        prop_assert_eq!(open, (references.len() - wrong - right) as u64);
    }
}
