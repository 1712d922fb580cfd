//! Checking what somebody shows: right is only what is right, and a cause is only what was proven.

use lampyris_message::check::{
    Cause, Crossings, Examined, Fault, ItemKind, NoItem, Outcome, Verdict, items,
};
use lampyris_message::json::{Document, JsonValue, Node};
use lampyris_message::{Batch, Bytes32, Data, Message};
use proptest::prelude::*;

use crate::batches::good as good_batch;
use crate::causes::{message, text};
use crate::real::{member, sample};

/// Examines a value that shows one item.
pub(crate) fn examine(json: &str) -> Examined {
    let document = Document::first(json.as_bytes()).unwrap();
    let items = items(document.root()).unwrap();
    assert_eq!(items.len(), 1, "{json}");
    items[0].examine().unwrap()
}

/// What comparing the hash in this field came to.
pub(crate) fn outcome(examined: &Examined, field: &str) -> Outcome {
    let hashed = examined.hashes.iter().find(|hashed| hashed.field == field);
    hashed.unwrap_or_else(|| panic!("no {field} in {examined:?}")).outcome
}

/// A note of a sample: `None` where there is nothing to compare, or no such note.
fn note(entry: Node<'_>, name: &str) -> Option<bool> {
    match member(entry, name)?.bytes() {
        b"true" => Some(true),
        b"false" => Some(false),
        _ => None,
    }
}

fn matches(outcome: Outcome) -> Option<bool> {
    match outcome {
        Outcome::Agrees | Outcome::AgreesAsPayload => Some(true),
        Outcome::Differs(_) => Some(false),
        Outcome::Absent | Outcome::Between => None,
    }
}

#[test]
fn every_real_sample_is_judged_as_its_notes_say() {
    let mut old = 0;
    for file in ["real_messages.json", "real_data.json", "real_batches.json"] {
        let json = sample(file);
        for entry in Document::first(&json).unwrap().root().elements() {
            let items = items(entry).unwrap();
            assert_eq!(items.len(), 1, "{file}");
            let examined = items[0].examine().unwrap();
            let told = outcome(&examined, "hash");
            assert_eq!(matches(told), note(entry, "hashMatches"), "{examined:?}");
            if let Some(expected) = note(entry, "datahashMatches") {
                let told = outcome(&examined, "header.datahash");
                assert_eq!(matches(told), Some(expected), "{examined:?}");
            }
            let is_old = told == Outcome::Differs(Some(Cause::TopicMember));
            assert_eq!(is_old, note(entry, "oldFormatHashMatches") == Some(true), "{examined:?}");
            old += usize::from(is_old);
            let within = examined.hashes.iter().filter(|hashed| hashed.field.contains('['));
            assert!(within.map(|hashed| hashed.outcome).all(|one| one == Outcome::Agrees));
            assert_eq!(examined.faults, []);
        }
    }
    assert!(old > 0, "there are headers of before July 2021");
}

pub(crate) fn shown(batch: &Batch) -> String {
    String::from_utf8(batch.to_json()).unwrap()
}

#[test]
fn a_stored_batch_is_held_to_the_text_of_its_manifest() {
    let batch = good_batch();
    let manifest = batch.manifest().to_string();
    let id = batch.header.id.unwrap();
    let hash = batch.hash.unwrap();
    let stored =
        |manifest: &str| format!(r#"{{"id":"{id}","hash":"{hash}","manifest":{manifest}}}"#);
    assert_eq!(examine(&stored(&manifest)).verdict(), Verdict::Agrees);
    let text = format!("\"{}\"", manifest.replace('"', "\\\""));
    assert_eq!(examine(&stored(&text)).verdict(), Verdict::Agrees, "as a string");
    let other = manifest.replace("\"version\":1", "\"version\":2");
    assert_eq!(outcome(&examine(&stored(&other)), "hash"), Outcome::Differs(None));
    let both = shown(&batch).replace("\"payload\":", &format!("\"manifest\":{other},\"payload\":"));
    assert_eq!(outcome(&examine(&both), "manifest"), Outcome::Differs(None));
    assert_eq!(outcome(&examine(&both), "hash"), Outcome::Agrees);
    let same =
        shown(&batch).replace("\"payload\":", &format!("\"manifest\":{manifest},\"payload\":"));
    assert_eq!(examine(&same).verdict(), Verdict::Agrees);
    let neither = format!(r#"{{"id":"{id}","type":"private","node":"{id}","hash":"{hash}"}}"#);
    assert_eq!(examine(&neither).verdict(), Verdict::NothingToCompare);
}

#[test]
fn what_does_not_fit_in_a_batch_is_named_by_its_place() {
    let faults = |change: fn(&mut Batch)| {
        let mut batch = good_batch();
        change(&mut batch);
        batch.seal();
        let examined = examine(&shown(&batch));
        assert_eq!(outcome(&examined, "hash"), Outcome::Agrees, "it is sealed anew");
        assert_eq!(examined.verdict() == Verdict::Wrong, !examined.faults.is_empty());
        examined.faults
    };
    assert_eq!(faults(|_| {}), []);
    let null = faults(|batch| batch.payload.messages.as_mut().unwrap().push(None));
    assert_eq!(null, [Fault::Null { field: "payload.messages[2]".to_owned() }]);
    let null = faults(|batch| batch.payload.data.as_mut().unwrap().push(None));
    assert_eq!(null, [Fault::Null { field: "payload.data[2]".to_owned() }]);
    let missing = faults(|batch| drop(batch.payload.data.as_mut().unwrap().pop()));
    let fields: Vec<_> = missing
        .iter()
        .map(|fault| match fault {
            Fault::NotThere { field, .. } => field.as_str(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(fields, ["payload.messages[0].data[1]", "payload.messages[1].data[0]"]);
    let other = faults(|batch| {
        let data = batch.payload.data.as_mut().unwrap()[0].as_mut().unwrap();
        data.value = None;
        data.value = Data::from_json(br#"{"value":"other"}"#).unwrap().value;
        data.hash = data.calc_hash().ok();
    });
    assert!(
        matches!(other.as_slice(), [Fault::OtherHash { field, .. }] if field == "payload.messages[0].data[0]")
    );
    let unused = faults(|batch| drop(batch.payload.messages.as_mut().unwrap().remove(0)));
    assert!(
        matches!(unused.as_slice(), [Fault::Unused { field, .. }] if field == "payload.data[0].hash")
    );
}

#[test]
fn what_is_missing_is_never_right() {
    let good = text(&message());
    let hash = message().hash.unwrap();
    let without_hash = good.replace(&format!("\"hash\":\"{hash}\",\"data\""), "\"data\"");
    assert_ne!(without_hash, good);
    assert_eq!(examine(&without_hash).verdict(), Verdict::NothingToCompare);
    let mut message = message();
    message.header.data_hash = None;
    message.hash = Some(message.header.hash());
    assert_eq!(examine(&text(&message)).verdict(), Verdict::NothingToCompare);
    assert_eq!(examine(r#"{"value":1}"#).verdict(), Verdict::NothingToCompare);
    let nothing = format!(r#"{{"hash":"{}","value":null}}"#, Bytes32::sha256(b"null"));
    assert_eq!(examine(&nothing).verdict(), Verdict::NothingToCompare);
}

#[test]
fn a_hash_in_another_spelling_agrees_and_the_spelling_is_told() {
    for spell in [|hash: &str| hash.to_uppercase(), |hash: &str| format!("0x{hash}")] {
        let hash = Bytes32::sha256(b"1").to_string();
        let examined = examine(&format!(r#"{{"hash":"{}","value":1}}"#, spell(&hash)));
        assert_eq!(examined.verdict(), Verdict::Agrees);
        let found = examined.hashes[0].found.clone().unwrap();
        assert_eq!(found.spelled.as_deref(), Some(spell(&hash).as_str()));
    }
    let hash = Bytes32::sha256(b"1").to_string();
    let twice = format!(r#"{{"hash":"{}","hash":"{hash}","value":1}}"#, hash.to_uppercase());
    assert_eq!(examine(&twice).hashes[0].found.clone().unwrap().spelled, None, "the last counts");
    let short = examine(r#"{"hash":"ab","value":1}"#);
    assert_eq!(short.hashes[0].found.as_ref().unwrap().to_string(), "ab");
    assert_eq!(short.verdict(), Verdict::Wrong);
}

#[test]
fn an_object_shows_itself_and_what_it_holds() {
    let kinds = |json: &str| {
        let document = Document::first(json.as_bytes()).unwrap();
        let items = items(document.root())?;
        Ok(items.into_iter().map(|item| (item.kind, item.place)).collect::<Vec<_>>())
    };
    let at = |kind, place: &str| (kind, place.to_owned());
    for (json, expected) in [
        (r#"{"header":{},"data":[{"value":1}]}"#, vec![at(ItemKind::Message, "")]),
        (r#"{"HEADER":{}}"#, vec![at(ItemKind::Message, "")]),
        (r#"{"message":{"header":{}},"note":""}"#, vec![at(ItemKind::Message, "message")]),
        (r#"{"data":{"value":1}}"#, vec![at(ItemKind::Data, "data")]),
        (
            r#"{"value":1,"message":{"header":{}}}"#,
            vec![at(ItemKind::Data, ""), at(ItemKind::Message, "message")],
        ),
        (
            r#"{"messages":[{},{}],"data":[{}]}"#,
            vec![
                at(ItemKind::Message, "messages[0]"),
                at(ItemKind::Message, "messages[1]"),
                at(ItemKind::Data, "data[0]"),
            ],
        ),
        (r#"{"type":"private","node":"x"}"#, vec![at(ItemKind::Batch, "")]),
        (r#"{"payload":{},"group":"x"}"#, vec![at(ItemKind::Batch, "")]),
        (r#"{"members":[],"message":"an id"}"#, vec![at(ItemKind::Group, "")]),
    ] {
        assert_eq!(kinds(json), Ok(expected), "{json}");
    }
    assert_eq!(kinds(r#"{"id":"x"}"#), Err(NoItem::Unknown));
    assert_eq!(kinds("{}"), Err(NoItem::Unknown));
    assert_eq!(kinds("[]"), Err(NoItem::Type { found: "array" }));
    let null = br#"{"messages":[null]}"#;
    let error = items(Document::first(null).unwrap().root()).unwrap()[0].examine().unwrap_err();
    assert_eq!(error.to_string(), "JSON null at byte 13 where message needs object");
}

/// What a message says that is hashed, and the values shown in it: one that is not shown is `None`.
fn said(json: &[u8]) -> (Message, Vec<Option<JsonValue>>) {
    let message = Message::from_json(json).unwrap();
    let hashed = Message { state: None, batch: None, confirmed: None, ..message };
    let document = Document::first(json).unwrap();
    let list = member(document.root(), "data").unwrap();
    (hashed, list.elements().map(|data| Data::from_node(data).unwrap().value).collect())
}

proptest! {
    /// One byte changed anywhere in a good message with its values: it is right only if it says
    /// the same as before, or does not show a value any more.
    #[test]
    fn one_byte_changed_is_right_only_if_nothing_else_is_said(
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let json = sample("real_messages.json");
        let document = Document::first(&json).unwrap();
        let entry = document.root().elements().nth(5).unwrap();
        let good = member(entry, "message").unwrap().bytes();
        let mut changed = good.to_vec();
        changed[at.index(good.len())] = byte;
        let Ok(document) = Document::first(&changed) else { return Ok(()) };
        let node = document.root();
        for item in items(node).unwrap_or_default() {
            let agrees = item.examine().is_ok_and(|one| one.verdict() == Verdict::Agrees);
            if item.kind == ItemKind::Message && agrees {
                let ((message, values), before) = (said(&changed), said(good));
                prop_assert_eq!(message, before.0);
                let kept = values.iter().zip(&before.1).all(|(one, old)| one.is_none() || one == old);
                prop_assert!(kept, "{:?}", values);
            }
        }
    }
}

#[test]
fn every_byte_of_a_value_counts() {
    let json = sample("real_data.json");
    let document = Document::first(&json).unwrap();
    let first = document.root().elements().next().unwrap();
    let node = member(first, "data").unwrap();
    let good = String::from_utf8(node.bytes().to_vec()).unwrap();
    let value = member(node, "value").unwrap();
    let start = value.offset() - node.offset();
    let (mut read, mut white) = (0, 0);
    for at in start..start + value.bytes().len() {
        let mut changed = good.clone().into_bytes();
        if changed[at].is_ascii_whitespace() {
            white += 1;
            continue;
        }
        changed[at] = if changed[at] == b'7' { b'8' } else { b'7' };
        let Ok(document) = Document::first(&changed) else { continue };
        let node = document.root();
        let examined = items(node).unwrap()[0].examine().unwrap();
        assert_eq!(outcome(&examined, "hash"), Outcome::Differs(None), "byte {at}");
        read += 1;
    }
    assert!(read > 100 && white > 0, "{read} changes were read, {white} bytes are white space");
}

proptest! {
    /// Only what is wrong has a fault, whatever stands there.
    #[test]
    fn what_has_a_fault_is_wrong_and_no_tokens_panic(tokens in prop::collection::vec(prop::sample::select(vec![
        "{", "}", "[", "]", ",", ":", "\"", "\\", "null", "true", "1", "-", "e", ".", " ",
        "\"payload\"", "\"manifest\"", "\"messages\"", "\"value\"", "\"blob\"", "\"hash\"", "\"ab\"",
        "\"header\"", "\"data\"", "\"topics\"", "\"id\"", "\"txparent\"", "\"\\u212a\"", "\"\\ud800",
    ]), 0..40)) {
        let text = tokens.concat();
        let Ok(document) = Document::first(text.as_bytes()) else { return Ok(()) };
        let mut crossings = Crossings::new(3);
        for item in items(document.root()).into_iter().flatten() {
            if let Ok(examined) = item.examine() {
                crossings.take(&examined, &());
                prop_assert!(examined.faults.is_empty() || examined.verdict() == Verdict::Wrong);
            }
        }
    }
}
