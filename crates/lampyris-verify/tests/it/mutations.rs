//! No bundle that was changed anywhere is believed, by our verifier or by the one that shares no code with it.
//! A change that leaves a document right, only shorter, is no such change: see `verdict`.

use lampyris_evidence::bundle::Bundle;
use lampyris_testkit::SampleLog;
use lampyris_testkit::sample_log::{key, message_id, policy, witnesses};
use lampyris_verify::verify;
use serde_json::{Value, json};

use crate::outside::{self, Trust};

/// Who can know of a change that it was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Known {
    /// Whoever checks signatures and proofs.
    Both,
    /// Who knows what a record is, or reads each member of the document.
    Ours,
}

/// Counts what was refused.
#[derive(Default)]
struct Refusals {
    both: usize,
    ours: usize,
}

fn outside(json: &[u8]) -> Result<(), String> {
    let witnesses = witnesses().map(|key| key.verifier().to_string());
    let witnesses: Vec<&str> = witnesses.iter().map(String::as_str).collect();
    let log = key().verifier().to_string();
    outside::verify(json, &Trust { log: &log, witnesses: &witnesses, quorum: 2 })
}

impl Refusals {
    fn expect(&mut self, json: &[u8], known: Known, what: &str) {
        let refusal = verify(json, &policy());
        assert!(refusal.is_err(), "we believe it: {what}");
        match known {
            Known::Ours => self.ours += 1,
            Known::Both => {
                assert!(outside(json).is_err(), "the outside verifier believes it: {what}");
                self.both += 1;
            }
        }
    }
}

fn bundles() -> [Bundle; 2] {
    let log = SampleLog::of(3);
    [log.bundle(&log.history(message_id(1))), SampleLog::of(2).full_bundle()]
}

#[test]
fn what_was_not_changed_is_believed_by_both() {
    let log = SampleLog::of(20);
    let mut documents: Vec<_> = bundles().into();
    documents.extend((0..20).map(|number| log.bundle(&log.history(message_id(number)))));
    for bundle in documents {
        let json = bundle.to_json();
        assert_eq!(Bundle::parse(json.as_bytes()).as_ref(), Ok(&bundle));
        verify(json.as_bytes(), &policy()).unwrap();
        outside(json.as_bytes()).unwrap();
    }
}

#[test]
fn every_mutation_is_refused() {
    let mut refusals = Refusals::default();
    for bundle in bundles() {
        let document: Value = serde_json::from_str(&bundle.to_json()).unwrap();
        for pointer in pointers(&document) {
            bend_value(&document, &pointer, &mut refusals);
            bend_list(&document, &pointer, &mut refusals);
            bend_members(&document, &pointer, &mut refusals);
        }
    }
    let Refusals { both, ours } = refusals;
    println!("refused by both: {both}; by ours, which alone can know: {ours}");
    assert!(both >= 10_000, "only {both}");
}

/// The places of all values in a document.
fn pointers(document: &Value) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut at = 0;
    while at < all.len() {
        let pointer = all[at].clone();
        match document.pointer(&pointer).unwrap() {
            Value::Object(members) => {
                all.extend(members.keys().map(|name| format!("{pointer}/{name}")));
            }
            Value::Array(list) => {
                all.extend((0..list.len()).map(|index| format!("{pointer}/{index}")));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
        at += 1;
    }
    all
}

fn with(document: &Value, pointer: &str, value: Value) -> Vec<u8> {
    let mut document = document.clone();
    *document.pointer_mut(pointer).unwrap() = value;
    document.to_string().into_bytes()
}

/// Each value replaced by one of another type, each number by others, each text changed at many places.
fn bend_value(document: &Value, pointer: &str, refusals: &mut Refusals) {
    let value = document.pointer(pointer).unwrap();
    let others = match value {
        Value::Number(number) => {
            let number = number.as_u64().unwrap();
            let larger = [number + 1, number + 64, u64::MAX, 1 << 63].map(|number| json!(number));
            let smaller = number.checked_sub(1).filter(|_| pointer != "/quorum");
            let kinds = [json!(number.to_string()), json!(-1), json!(0.5), json!([number])];
            larger.into_iter().chain(kinds).chain(smaller.map(|number| json!(number))).collect()
        }
        Value::String(text) => bent_texts(text).map(Value::String).chain([json!(1)]).collect(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => vec![json!("text")],
    };
    for other in others.into_iter().chain([Value::Null, json!(true), json!({"a": 1})]) {
        let what = format!("{pointer} is {other}");
        refusals.expect(&with(document, pointer, other), Known::Both, &what);
    }
}

/// A text with a character changed, left out or put in: each character of a short one, and of a note.
fn bent_texts(text: &str) -> impl Iterator<Item = String> {
    let is_note = text.contains('\n');
    let stride = if is_note { 1 } else { text.len() / 24 + 1 };
    let places = text.char_indices().step_by(stride).enumerate();
    let bent = places.flat_map(move |(number, (at, character))| {
        let (before, rest) = text.split_at(at);
        let after = &rest[character.len_utf8()..];
        let other = if character == 'a' { 'b' } else { 'a' };
        let changed = format!("{before}{other}{after}");
        let more = [
            format!("{before}{}{after}", character.to_ascii_uppercase()),
            format!("{before}{after}"),
            format!("{before}{character}{character}{after}"),
        ];
        let more = more.into_iter().filter(move |_| number % 4 == 0);
        std::iter::once(changed).chain(more)
    });
    let ends = [String::new(), format!("{text}0"), format!("{text}00"), format!(" {text}")];
    bent.chain(ends).filter(move |bent| *bent != text)
}

/// Each element of a list left out, doubled, exchanged with the next; and one too many.
fn bend_list(document: &Value, pointer: &str, refusals: &mut Refusals) {
    let Some(list) = document.pointer(pointer).unwrap().as_array() else { return };
    let has_all = document.get("leaves").is_some();
    let name = pointer.rsplit('/').next().unwrap();
    for at in 0..list.len() {
        let (mut shorter, mut doubled) = (list.clone(), list.clone());
        shorter.remove(at);
        doubled.insert(at, list[at].clone());
        let (shorter, doubled) = (json!(shorter), json!(doubled));
        let what = format!("{pointer} without {at}");
        match name {
            // What is shown by every leaf, or is the newest, may be left out; so may what was said of older trees.
            "inclusion" if has_all || at + 1 == list.len() => {}
            "consistency" if at + 1 == list.len() => {}
            "tlog_proofs" => {}
            "inclusion" => refusals.expect(&with(document, pointer, shorter), Known::Ours, &what),
            _ => refusals.expect(&with(document, pointer, shorter), Known::Both, &what),
        }
        let what = format!("{pointer} with {at} twice");
        match name {
            "consistency" | "tlog_proofs" => {}
            "inclusion" => refusals.expect(&with(document, pointer, doubled), Known::Ours, &what),
            _ => refusals.expect(&with(document, pointer, doubled), Known::Both, &what),
        }
        let mut swapped = list.clone();
        if at > 0 && name != "witness_keys" {
            swapped.swap(at, at - 1);
            let known = if name == "inclusion" { Known::Ours } else { Known::Both };
            let what = format!("{pointer} with {at} before its neighbour");
            refusals.expect(&with(document, pointer, json!(swapped)), known, &what);
        }
    }
    let longer: Vec<_> = list.iter().cloned().chain([Value::Null]).collect();
    refusals.expect(&with(document, pointer, json!(longer)), Known::Both, pointer);
}

/// Each member left out, renamed or doubled; and one too many.
fn bend_members(document: &Value, pointer: &str, refusals: &mut Refusals) {
    let Some(object) = document.pointer(pointer).unwrap().as_object() else { return };
    for (name, value) in object {
        let mut fewer = object.clone();
        fewer.remove(name);
        let mut renamed = fewer.clone();
        renamed.insert(format!("{name}s"), value.clone());
        let what = format!("{pointer}/{name} renamed");
        refusals.expect(&with(document, pointer, renamed.into()), Known::Both, &what);

        let what = format!("{pointer}/{name} left out");
        let fewer = with(document, pointer, fewer.into());
        let says_less = ["origin", "quorum", "tree_size", "root_hash", "leaves", "leaf_hashes"];
        match name.as_str() {
            name if pointer.is_empty() && says_less.contains(&name) => {}
            "tlog_proofs" => {}
            "inclusion" if document.get("leaves").is_some() => {}
            "inclusion" => refusals.expect(&fewer, Known::Ours, &what),
            _ => refusals.expect(&fewer, Known::Both, &what),
        }

        let text = Value::Object(object.clone()).to_string();
        let doubled = format!("{{{}:{value},{}", json!(name), &text[1..]);
        let whole = with(document, pointer, json!("the place of it"));
        let whole = String::from_utf8(whole).unwrap();
        let doubled = whole.replacen("\"the place of it\"", &doubled, 1);
        let what = format!("{pointer}/{name} twice");
        refusals.expect(doubled.as_bytes(), Known::Ours, &what);
    }
    let mut more = object.clone();
    more.insert("another".to_owned(), json!(1));
    refusals.expect(&with(document, pointer, more.into()), Known::Both, pointer);
}

/// The document around its value: nothing may follow, and nothing may be missing.
#[test]
fn a_document_with_something_after_it_or_cut_off_is_refused() {
    let mut refusals = Refusals::default();
    let json = bundles()[0].to_json();
    for end in ["x", "{}", ",", "null", "\u{0}"] {
        refusals.expect(format!("{json}{end}").as_bytes(), Known::Both, end);
    }
    for length in (0..json.len()).step_by(97) {
        refusals.expect(&json.as_bytes()[..length], Known::Both, "cut off");
    }
    assert!(verify(format!(" {json}\n").as_bytes(), &policy()).is_ok(), "white space is no text");
}
