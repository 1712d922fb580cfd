//! What the fuzz targets hold every reader to, in the few cases that CI has time for.
//! Documents far beyond the usual have a file of their own.

mod extremes;

use std::sync::LazyLock;

use lampyris_testkit::properties::seeds;
use lampyris_testkit::{PROPERTIES, Property};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// The readers of JSON documents.
fn documents() -> impl Iterator<Item = Property> {
    let names = ["header", "message", "data", "group", "batch", "identity"];
    PROPERTIES.into_iter().filter(move |property| names.contains(&property.name))
}

fn property() -> impl Strategy<Value = Property> {
    select(PROPERTIES.to_vec())
}

#[derive(Debug, Clone)]
enum Change {
    Set(Index, u8),
    Insert(Index, u8),
    Remove(Index),
    Cut(Index),
    Repeat(Index, Index),
    Splice(Index, &'static str),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        (at(), any::<u8>()).prop_map(|(at, byte)| Change::Insert(at, byte)),
        at().prop_map(Change::Remove),
        at().prop_map(Change::Cut),
        (at(), at()).prop_map(|(from, to)| Change::Repeat(from, to)),
        (at(), select(SCRAPS)).prop_map(|(at, scrap)| Change::Splice(at, scrap)),
    ]
}

fn changed(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        let place = |at: &Index| at.index(bytes.len());
        match change {
            _ if bytes.is_empty() => {}
            Change::Set(at, byte) => {
                let at = place(at);
                bytes[at] = *byte;
            }
            Change::Insert(at, byte) => bytes.insert(place(at), *byte),
            Change::Remove(at) => drop(bytes.remove(place(at))),
            Change::Cut(at) => bytes.truncate(place(at)),
            Change::Repeat(from, to) => {
                let (from, to) = (place(from), place(to));
                let part = bytes[from.min(to)..from.max(to)].to_vec();
                bytes.splice(from..from, part);
            }
            Change::Splice(at, scrap) => {
                let at = place(at);
                bytes.splice(at..at, scrap.bytes());
            }
        }
    }
    bytes
}

/// Pieces of JSON and of single values that readers have rules about.
#[rustfmt::skip]
const SCRAPS: &[&str] = &[
    "{", "}", "[", "]", ",", ":", "\"", "\\", "null", "true", "1", "-0.0", "1e400", "e", ".", " ", "{}", "[]",
    "\\ud800", "\\udc00", "\\ud83c\\udf89", "\\u0000", "\\u212a", "\u{2028}", "\u{212a}", "\u{17f}", "<", "&", "\u{7f}",
    "0x", "urn:uuid:", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "-62135596800", "+", "\"created\":null,",
];

const NAMES: &[&str] = &[
    "header",
    "id",
    "cid",
    "type",
    "TYPE",
    "txtype",
    "author",
    "key",
    "\\u006bey",
    "\u{212a}ey",
    "created",
    "namespace",
    "group",
    "topics",
    "topicS",
    "topic\u{17f}",
    "tag",
    "datahash",
    "txparent",
    "data",
    "pins",
    "state",
    "confirmed",
    "hash",
    "batch",
    "txid",
    "value",
    "validator",
    "datatype",
    "version",
    "name",
    "blob",
    "size",
    "path",
    "public",
    "members",
    "identity",
    "node",
    "message",
    "localNamespace",
    "payload",
    "tx",
    "messages",
    "rejectReason",
    "idempotencyKey",
    "no field",
];

/// Texts as they stand in JSON, escapes included.
const TEXTS: &[&str] = &[
    "",
    "a",
    "default",
    "private",
    "Broadcast",
    "batch_pin",
    "unpinned",
    "none",
    "json",
    "staged",
    "0f1c6e05-2a5f-4d0d-a9b1-8f8a5e6d2b11",
    "781caa6738a604344ae86ee336ada1b48a404a85e7041cf75b864e50e3b14a22",
    "0xAB",
    "2022-05-16T01:23:10.5+02:00",
    "0001-01-01T00:00:00Z",
    "0000-01-01T00:00:00+23:59",
    "1652664190",
    "\\ud800",
    "\\ud83c\\udf89",
    "\\u003c\\/\\b",
    "\u{2028}<&>",
    "did:firefly:org/a",
];

const NUMBERS: &[&str] =
    &["0", "-1", "1.0", "1e5", "1e400", "9223372036854775807", "18446744073709551616"];

/// A document of members that readers know, in any order, repeated, and holding anything.
fn document() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        6 => select(TEXTS).prop_map(|text| format!("\"{text}\"")),
        1 => select(NUMBERS).prop_map(str::to_owned),
        1 => select(&["null", "true", "false", "{}", "[]"][..]).prop_map(str::to_owned),
    ];
    let nested = leaf.prop_recursive(5, 64, 12, |inner| {
        let member = (select(NAMES), inner.clone());
        let member = member.prop_map(|(name, value)| format!("\"{name}\" :{value}"));
        let object = vec(member, 0..12).prop_map(|members| format!("{{{}}}", members.join(",")));
        prop_oneof![4 => object, 1 => vec(inner, 0..4).prop_map(|all| format!("[{}]", all.join(" ,")))]
    });
    (vec((select(NAMES), nested), 0..12)).prop_map(|members| {
        let members: Vec<_> =
            members.into_iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", members.join(","))
    })
}

/// A property and what its reader accepts, each property as often as any other.
fn good() -> impl Strategy<Value = (Property, Vec<u8>)> {
    static SEEDS: LazyLock<Vec<(Property, Vec<Vec<u8>>)>> =
        LazyLock::new(|| PROPERTIES.map(|property| (property, seeds(property.name))).into());
    (0..SEEDS.len(), any::<Index>()).prop_map(|(property, seed)| {
        let (property, seeds) = &SEEDS[property];
        (*property, seeds[seed.index(seeds.len())].clone())
    })
}

proptest! {
    #[test]
    fn any_bytes_are_refused_or_read(property in property(), bytes in vec(any::<u8>(), 0..200)) {
        (property.holds)(&bytes);
    }

    #[test]
    fn any_scraps_are_refused_or_read(property in property(), scraps in vec(select(SCRAPS), 0..40)) {
        (property.holds)(scraps.concat().as_bytes());
    }

    #[test]
    fn any_document_is_refused_or_read(json in document()) {
        for property in documents() {
            (property.holds)(json.as_bytes());
        }
    }

    #[test]
    fn any_text_is_refused_or_read(property in property(), text in "\\PC{0,70}") {
        (property.holds)(text.as_bytes());
    }

    #[test]
    fn what_is_good_is_refused_or_read_after_a_change(
        (property, seed) in good(),
        changes in vec(change(), 0..4),
    ) {
        (property.holds)(&changed(seed, &changes));
    }
}

/// A property that accepts nothing would hold of anything.
#[test]
fn each_property_begins_with_much_that_is_accepted() {
    for property in PROPERTIES {
        let seeds = seeds(property.name);
        assert!(seeds.len() >= 4, "{property:?} has {} seeds", seeds.len());
        assert!(seeds.iter().all(|seed| (property.holds)(seed)));
        println!("{property:?}: {} seeds", seeds.len());
    }
}
