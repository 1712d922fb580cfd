//! The cause of a wrong hash: told exactly where it makes the hash that was found.

use lampyris_message::check::{Cause, Outcome, Verdict};
use lampyris_message::json::Document;
use lampyris_message::message::DataRefs;
use lampyris_message::{Batch, Bytes32, Data, Group, Message};

use crate::batches::good as good_batch;
use crate::checks::{examine, outcome, shown};
use crate::real::{member, sample};

#[track_caller]
fn caused(json: &str, field: &str, cause: Cause) {
    assert_eq!(outcome(&examine(json), field), Outcome::Differs(Some(cause)), "{json}");
}

/// A message with a value in line, and two of its topics named.
pub(crate) fn message() -> Message {
    let json = r#"{"header":{"id":"0f1c6e05-2a5f-4d0d-a9b1-8f8a5e6d2b11","type":"private",
        "txtype":"batch_pin","author":"did:firefly:org/a","key":"a&b <x@y>","created":"1652664190",
        "namespace":"ns1","topics":["one","two"],"tag":"blue"},"data":[]}"#;
    let mut message = Message::from_json(json.as_bytes()).unwrap();
    message.data = DataRefs::from_json(format!("[{}]", element(VALUE)).as_bytes()).unwrap().0;
    message.seal().unwrap();
    message
}

const VALUE: &str = r#"{"b":1, "a":"<tag>"}"#;

/// An element with this value and its right hash.
fn element(value: &str) -> String {
    let mut data = Data::from_json(format!(r#"{{"value":{value}}}"#).as_bytes()).unwrap();
    data.hash = data.calc_hash().ok();
    format!(
        r#"{{"id":"a0000000-0000-4000-8000-000000000001","hash":"{}","value":{value}}}"#,
        data.hash.unwrap()
    )
}

pub(crate) fn text(message: &Message) -> String {
    String::from_utf8(message.to_json()).unwrap()
}

/// The message in JSON with another of its hashes.
fn with_hash(message: &Message, bytes: &[u8]) -> String {
    let hash = message.hash.unwrap().to_string();
    text(message).replace(&hash, &Bytes32::sha256(bytes).to_string())
}

/// The message sealed over this data hash, whatever its data.
fn with_data_hash(list: &str) -> String {
    let mut message = message();
    message.header.data_hash = Some(Bytes32::sha256(list.as_bytes()).into());
    message.hash = Some(message.header.hash());
    text(&message)
}

#[test]
fn each_cause_of_a_message_is_told_by_what_makes_its_hash() {
    let good = message();
    assert_eq!(examine(&text(&good)).verdict(), Verdict::Agrees);
    let canonical = String::from_utf8(good.header.canonical_bytes()).unwrap();

    let old = canonical.replace("\"topics\":", "\"topic\":");
    caused(&with_hash(&good, old.as_bytes()), "hash", Cause::TopicMember);
    let shown_old = with_hash(&good, old.as_bytes()).replace("\"topics\":", "\"topic\":");
    caused(&shown_old, "hash", Cause::TopicMember);

    let unescaped = r"a&b <x@y>";
    let plain = canonical.replace(r"a\u0026b \u003cx@y\u003e", unescaped);
    assert_ne!(plain, canonical);
    caused(&with_hash(&good, plain.as_bytes()), "hash", Cause::NotEscaped);

    let newer = canonical.replace("\"tag\":", "\"later\":7,\"tag\":");
    let shown = with_hash(&good, newer.as_bytes()).replace(&canonical, &newer);
    caused(&shown, "hash", Cause::AsShown);
    let spaced = canonical.replace("\"tag\":", "\"tag\" : ");
    let shown = with_hash(&good, spaced.as_bytes()).replace(&canonical, &spaced);
    caused(&shown, "hash", Cause::WithWhiteSpace);

    let mut edited = good.clone();
    edited.header.data_hash = Some(Bytes32::default().into());
    let shown = examine(&text(&edited));
    assert_eq!(outcome(&shown, "hash"), Outcome::Differs(Some(Cause::OtherDataHash)));
    assert_eq!(outcome(&shown, "header.datahash"), Outcome::Differs(None));

    let mut edited = good;
    edited.header.tag = "red".to_owned();
    assert_eq!(outcome(&examine(&text(&edited)), "hash"), Outcome::Differs(None));
}

#[test]
fn each_cause_of_a_data_hash_is_told_by_what_makes_it() {
    caused(&with_data_hash("null"), "header.datahash", Cause::NoList);
    caused(&with_data_hash("[]"), "header.datahash", Cause::EmptyList);
    let refs = String::from_utf8(DataRefs(message().data).canonical_bytes()).unwrap();
    let turned = refs.replace(r#"[{"id":"#, r#"[{"x":0,"id":"#);
    let shown = with_data_hash(&turned).replace(&refs, &turned);
    caused(&shown, "header.datahash", Cause::AsShown);

    // The value is the sealed one, the hash beside it is not.
    let good = element(VALUE);
    let hash = &good[good.find("\"hash\":\"").unwrap() + 8..][..64];
    let shown = text(&message()).replace(&refs, &format!("[{good}]"));
    assert_eq!(examine(&shown).verdict(), Verdict::Agrees);
    let header_end = shown.find("\"data\":").unwrap();
    let (header, data) = shown.split_at(header_end);
    let shown = format!("{header}{}", data.replace(hash, &"0".repeat(64)));
    caused(&shown, "header.datahash", Cause::OtherReferenceHashes);
    assert_eq!(outcome(&examine(&shown), "data[0].hash"), Outcome::Differs(None));
    assert_eq!(outcome(&examine(&shown), "hash"), Outcome::Agrees);
}

#[test]
fn each_cause_of_an_element_is_told_by_what_makes_its_hash() {
    let shown = |value: &str, bytes: &str, more: &str| {
        format!(r#"{{"hash":"{}","value":{value}{more}}}"#, Bytes32::sha256(bytes.as_bytes()))
    };
    caused(&shown(VALUE, VALUE, ""), "hash", Cause::WithWhiteSpace);
    caused(&shown(VALUE, r#"{"b":1,"a":"<tag>"}"#, ""), "hash", Cause::NotEscaped);
    caused(&shown(r#""a\tb""#, "a\tb", ""), "hash", Cause::TextOfString);
    let reordered = examine(&shown(VALUE, r#"{"a":"\u003ctag\u003e","b":1}"#, ""));
    assert_eq!(outcome(&reordered, "hash"), Outcome::Differs(None), "no order is guessed");
    let escape = examine(&shown(r#""\\u003c""#, r#""\<""#, ""));
    assert_eq!(outcome(&escape, "hash"), Outcome::Differs(None), "an escaped backslash is none");

    let blob = Bytes32::sha256(b"blob");
    let more = format!(r#","blob":{{"hash":"{blob}"}}"#);
    caused(&shown("1", "1", &more), "hash", Cause::ValueAlone);
    caused(&shown("1", "blob", &more), "hash", Cause::BlobAlone);
    let both = format!("{}{blob}", Bytes32::sha256(b"1"));
    assert_eq!(examine(&shown("1", &both, &more)).verdict(), Verdict::Agrees);
    let alone = format!(r#"{{"hash":"{blob}","blob":{{"hash":"{blob}"}}}}"#);
    assert_eq!(examine(&alone).verdict(), Verdict::Agrees);
    let other = alone.replacen(&blob.to_string(), &Bytes32::default().to_string(), 1);
    assert_eq!(outcome(&examine(&other), "hash"), Outcome::Differs(None));
}

#[test]
fn the_cause_of_a_group_is_told_by_what_makes_its_hash() {
    let json = r#"{"namespace":"ns1","name":"g","members":[{"identity":"b"},{"identity":"a"}]}"#;
    let mut group = Group::from_json(json.as_bytes()).unwrap();
    let shown = |group: &Group| String::from_utf8(group.to_json()).unwrap();
    group.hash = Some(group.calc_hash());
    assert_eq!(examine(&shown(&group)).verdict(), Verdict::Agrees, "members stand as they stand");
    group.hash = group.clone().seal().ok();
    caused(&shown(&group), "hash", Cause::MembersSorted);
    group.name = "other".to_owned();
    assert_eq!(outcome(&examine(&shown(&group)), "hash"), Outcome::Differs(None));
}

#[test]
fn each_cause_of_a_batch_is_told_by_what_makes_its_hash() {
    let mut batch = good_batch();
    assert_eq!(examine(&shown(&batch)).verdict(), Verdict::Agrees);
    batch.hash = Some(batch.payload.legacy_hash());
    let legacy = examine(&shown(&batch));
    assert_eq!(outcome(&legacy, "hash"), Outcome::AgreesAsPayload);
    assert_eq!(legacy.verdict(), Verdict::Agrees);

    let payload = String::from_utf8(batch.payload.to_json()).unwrap();
    let local = payload
        .replace("\"pins\"", "\"local\":true,\"pins\"")
        .replace("\"tx\":", "\"local\":1,\"tx\":");
    batch.hash = Some(Bytes32::sha256(local.as_bytes()).into());
    caused(&shown(&batch).replace(&payload, &local), "hash", Cause::PayloadAsShown);

    let mut edited = good_batch();
    let first = edited.payload.messages.as_mut().unwrap()[0].as_mut().unwrap();
    first.hash = Some(Bytes32::default().into());
    let told = examine(&shown(&edited));
    assert_eq!(outcome(&told, "hash"), Outcome::Differs(Some(Cause::OtherEntryHashes)));
    assert_eq!(outcome(&told, "payload.messages[0].hash"), Outcome::Differs(None));
}

/// The hash that upstream's own test shows for a batch is the one from before the batch was filled.
#[test]
fn the_real_batch_that_does_not_reproduce_has_the_hash_of_an_empty_manifest() {
    let json = sample("real_batches.json");
    let document = Document::first(&json).unwrap();
    let entry = document.root().elements().nth(1).unwrap();
    let batch = member(entry, "batch").unwrap();
    caused(std::str::from_utf8(batch.bytes()).unwrap(), "hash", Cause::EmptyManifest);
    let empty = r#"{"version":1,"id":null,"tx":{"type":""},"messages":[],"data":[]}"#;
    let hash = Batch::from_node(batch).unwrap().hash.unwrap();
    assert_eq!(hash, Bytes32::sha256(empty.as_bytes()).into());
}
