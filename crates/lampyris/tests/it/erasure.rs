//! Erasing data elements: what is recorded, what goes, who else is asked about, and what a crash leaves.
//!
//! What stands in files is looked for in `tests/it/erase.rs` of the workspace, and in the log's own tests.

mod model;
mod retention;

use std::path::Path;

use lampyris::log::{Append, Hash, Log, Options, Rules};
use lampyris::message::data::inline::derived_id;
use lampyris::message::event::{DataErased, DataEvent};
use lampyris::message::json::JsonValue;
use lampyris::message::lifecycle::rules;
use lampyris::message::text::ErasureReason;
use lampyris::message::{BlobRef, Data};
use lampyris::projection::element::{Missing, Part};
use lampyris::projection::{Audit, record};
use lampyris::{DataHash, DataId, Draft, ElementName, Error, Lampyris, Submission};

use crate::cast::{AUTHOR, KEY, message};

pub(crate) fn id(number: u8) -> DataId {
    DataId::from_bytes([number; 16])
}

pub(crate) fn text(text: &str) -> JsonValue {
    JsonValue::text(text)
}

/// An element with this value.
pub(crate) fn element(number: u8, value: &str) -> Data {
    Data { id: Some(id(number)), value: Some(text(value)), ..Data::default() }
}

pub(crate) fn asked() -> ErasureReason {
    ErasureReason::new("asked for").unwrap()
}

pub(crate) fn name(number: u8) -> ElementName {
    ElementName { namespace: "default".to_owned(), id: id(number) }
}

fn hash(value: &str) -> Hash {
    Hash(text(value).hash().0)
}

fn draft(number: u32) -> Draft {
    Submission::broadcast(AUTHOR, KEY).topic("orders").id(message(number))
}

/// Whether the bytes of the value are in the store.
fn is_held(engine: &Lampyris, number: u8) -> bool {
    let (data, parts) = engine.data(id(number)).unwrap().unwrap();
    match parts.value {
        Part::Held(_) => data.value.is_some(),
        Part::Erased(_) => {
            assert_eq!(data.value, None, "an erased value is shown");
            false
        }
        other => panic!("{other:?}"),
    }
}

/// The store beside an engine that was ended has exactly these values, and the log is legal.
#[track_caller]
fn holds_exactly(dir: &Path, values: &[&str]) {
    let mut audit = Audit::new();
    let log = Log::open_with(dir, &Options::reader(), |record| audit.take(record)).unwrap();
    assert_eq!(audit.fault(), None);
    let mut found = Vec::new();
    log.data().for_each(|object| found.push(object.hash)).unwrap();
    let mut expected: Vec<Hash> = values.iter().map(|value| hash(value)).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    assert_eq!(log.data().announced().unwrap(), []);
}

#[tokio::test]
async fn an_erased_element_keeps_its_hashes_and_its_messages_and_loses_its_bytes() {
    let scratch = tempfile::tempdir().unwrap();
    let engine = Lampyris::open(scratch.path()).unwrap();
    let blob = engine.put_blob(&b"a picture"[..]).unwrap();
    let blob = BlobRef { hash: blob.hash, path: "/private".into(), ..BlobRef::default() };
    let added = engine.add_data(Data { blob: Some(blob), ..element(1, "a secret") }).await.unwrap();
    engine.add_data(element(2, "kept")).await.unwrap();
    let order = draft(1).data(id(1), added.hash).data(id(2), DataHash(text("kept").hash()));
    engine.stage(order.build().unwrap()).await.unwrap();
    let size = engine.head().size;
    let eve = engine.with_actor("eve");
    let erased = eve.erase(id(1), asked(), false).await.unwrap();
    assert_eq!((erased.elements, erased.objects, erased.position), (vec![name(1)], 3, size + 1));
    let (data, parts) = engine.data(id(1)).unwrap().unwrap();
    assert_eq!((data.hash, data.value, &*data.public), (Some(added.hash), None, ""));
    assert!(parts.named().iter().all(|(_, part)| matches!(part, Part::Erased(_))), "{parts:?}");
    assert!(is_held(&engine, 2));
    let missing = engine.missing_data(message(1)).unwrap().unwrap();
    assert_eq!(missing.len(), 1);
    assert_eq!((missing[0].0.id, &missing[0].1), (Some(id(1)), &Missing::Erased));
    let again = eve.erase(id(1), asked(), false).await.unwrap();
    assert_eq!((again.elements.len(), again.objects, again.position), (0, 0, size + 1));
    let unknown = engine.erase(id(9), asked(), true).await.unwrap_err();
    assert!(matches!(unknown, Error::ElementUnknown { .. }) && unknown.is_of_the_request());
    engine.close().await.unwrap();
    drop((engine, eve));
    holds_exactly(scratch.path(), &["kept"]);
    let log = Log::open(scratch.path(), &Options::reader()).unwrap();
    let element = lampyris::projection::Element::read(&log, "default", id(1)).unwrap().unwrap();
    let erasure = element.erasure().unwrap();
    assert_eq!((erasure.sequence, &*erasure.actor, &erasure.reason), (size, "eve", &asked()));
}

#[tokio::test]
async fn nothing_new_refers_to_an_erased_element_and_what_was_asked_before_is_answered_as_before() {
    let scratch = tempfile::tempdir().unwrap();
    let engine = Lampyris::open(scratch.path()).unwrap();
    let order = || draft(1).text("in line").build().unwrap();
    let keyed = |value: &str| {
        let order = Submission::broadcast(AUTHOR, KEY).topic("orders").idempotency_key("key-1");
        order.text(value).build().unwrap()
    };
    engine.stage(order()).await.unwrap();
    let first = engine.stage(keyed("under a key")).await.unwrap().accepted().unwrap();
    let in_line = derived_id(message(1), 0, DataHash(text("in line").hash()));
    let under_key = engine.get(first.id).unwrap().message().data.clone().unwrap();
    let under_key = under_key[0].unwrap().id.unwrap();
    for id in [in_line, under_key] {
        engine.erase(id, asked(), false).await.unwrap();
    }
    let size = engine.head().size;
    // The same submissions again, with the values in them.
    assert!(engine.stage(order()).await.unwrap().accepted().unwrap().events.is_empty());
    assert_eq!(engine.stage(keyed("under a key")).await.unwrap().accepted().unwrap().id, first.id);
    assert!(engine.stage(keyed("another value")).await.unwrap().accepted().is_err());
    let given = draft(2).data(in_line, DataHash(text("in line").hash())).build().unwrap();
    let refused = engine.stage(given).await.unwrap_err();
    assert!(matches!(refused, Error::ElementErased { index: Some(0), id } if id == in_line));
    assert_eq!(refused.to_string(), format!("data[0]: data element {in_line} was erased"));
    let same = Data { id: Some(in_line), value: Some(text("in line")), ..Data::default() };
    let refused = engine.add_data(same).await.unwrap_err();
    assert!(matches!(refused, Error::ElementErased { index: None, .. }));
    assert!(refused.is_of_the_request());
    assert_eq!(engine.head().size, size);
    drop(engine);
    holds_exactly(scratch.path(), &[]);
    // Under another id it is another element, with bytes of its own.
    let engine = Lampyris::open(scratch.path()).unwrap();
    engine.add_data(element(1, "in line")).await.unwrap();
    assert_eq!(engine.erase(in_line, asked(), false).await.unwrap().objects, 0);
    assert!(is_held(&engine, 1));
    assert_eq!(engine.data(in_line).unwrap().unwrap().0.value, None);
    drop(engine);
    holds_exactly(scratch.path(), &["in line"]);
}

/// Three elements in a chain: the first two have a value in common, the last two a blob.
async fn chain(engine: &Lampyris) {
    let hash = engine.put_blob(&b"a picture"[..]).unwrap().hash;
    let blob = || Some(BlobRef { hash, ..BlobRef::default() });
    engine.add_data(element(1, "shared")).await.unwrap();
    engine.add_data(Data { blob: blob(), ..element(2, "shared") }).await.unwrap();
    engine.add_data(Data { blob: blob(), ..element(3, "own") }).await.unwrap();
    engine.add_data(element(4, "apart")).await.unwrap();
}

#[tokio::test]
async fn who_shares_is_listed_and_all_are_erased_together_or_none() {
    let scratch = tempfile::tempdir().unwrap();
    let engine = Lampyris::open(scratch.path()).unwrap();
    chain(&engine).await;
    let size = engine.head().size;
    let refused = engine.erase(id(1), asked(), false).await.unwrap_err();
    assert!(matches!(&refused, Error::ElementShared { others, .. } if *others == [name(2)]));
    assert!(refused.to_string().contains(&name(2).to_string()), "{refused}");
    assert_eq!(engine.head().size, size);
    assert!((1..=4).all(|number| is_held(&engine, number)));
    let erased = engine.erase(id(1), asked(), true).await.unwrap();
    assert_eq!(erased.elements, [1, 2, 3].map(name));
    assert_eq!(erased.objects, 3);
    assert!((1..=3).all(|number| !is_held(&engine, number)));
    // Sharing with an erased element is no sharing.
    engine.add_data(element(5, "shared")).await.unwrap();
    assert_eq!(engine.erase(id(5), asked(), false).await.unwrap().elements, [name(5)]);
    drop(engine);
    holds_exactly(scratch.path(), &["apart"]);
}

#[tokio::test]
async fn elements_of_another_namespace_are_found_and_erased_too() {
    let scratch = tempfile::tempdir().unwrap();
    let other = Lampyris::builder().namespace("other").open(scratch.path()).unwrap();
    other.add_data(element(7, "shared")).await.unwrap();
    drop(other);
    let engine = Lampyris::open(scratch.path()).unwrap();
    engine.add_data(element(1, "shared")).await.unwrap();
    let theirs = ElementName { namespace: "other".to_owned(), id: id(7) };
    let refused = engine.erase(id(1), asked(), false).await.unwrap_err();
    assert!(matches!(&refused, Error::ElementShared { others, .. } if *others == [theirs.clone()]));
    let erased = engine.erase(id(1), asked(), true).await.unwrap();
    assert_eq!(erased.elements, [name(1), theirs]);
    engine.close().await.unwrap();
    drop(engine);
    holds_exactly(scratch.path(), &[]);
    Lampyris::open(scratch.path()).unwrap();
}

/// Leaves a log as a crash does after so many steps of an erasure: announced, recorded, keys dropped.
fn cut_short(dir: &Path, number: u8, value: &str, steps: usize) {
    let rules = Rules { version: rules::VERSION, hash: rules::hash().0 };
    let log = Log::open(dir, &Options::writer(rules)).unwrap();
    log.data().announce(&[hash(value)]).unwrap();
    if steps > 1 {
        let event = DataEvent::Erased(DataErased { reason: asked() });
        let event = record::new_data_event(id(number), &event);
        let append = Append::new([9; 16], "default", "erase", "someone").event(event);
        log.append_blocking(append).unwrap();
    }
    if steps > 2 {
        log.data().erase(&[hash(value)]).unwrap();
    }
}

#[tokio::test]
async fn what_a_crash_cut_short_is_finished_when_it_was_recorded_and_forgotten_when_not() {
    for steps in 1..=3 {
        let scratch = tempfile::tempdir().unwrap();
        let engine = Lampyris::open(scratch.path()).unwrap();
        engine.add_data(element(1, "a secret")).await.unwrap();
        engine.add_data(element(2, "kept")).await.unwrap();
        drop(engine);
        cut_short(scratch.path(), 1, "a secret", steps);
        let engine = Lampyris::open(scratch.path()).unwrap();
        assert_eq!(is_held(&engine, 1), steps == 1);
        assert!(is_held(&engine, 2));
        drop(engine);
        let all = ["a secret", "kept"];
        holds_exactly(scratch.path(), if steps == 1 { &all } else { &all[1..] });
    }
}

#[tokio::test]
async fn a_collection_and_a_second_erasure_finish_what_was_recorded() {
    for collect in [true, false] {
        let scratch = tempfile::tempdir().unwrap();
        let engine = Lampyris::open(scratch.path()).unwrap();
        engine.add_data(element(1, "a secret")).await.unwrap();
        drop(engine);
        cut_short(scratch.path(), 1, "a secret", 2);
        // Without the announcement, opening knows of nothing.
        std::fs::remove_file(scratch.path().join("data/erasing")).unwrap();
        let engine = Lampyris::open(scratch.path()).unwrap();
        if collect {
            assert_eq!(engine.collect_data().unwrap().objects, 1);
        } else {
            assert_eq!(engine.erase(id(1), asked(), false).await.unwrap().objects, 1);
        }
        drop(engine);
        holds_exactly(scratch.path(), &[]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_adds_the_same_value_meanwhile_keeps_it() {
    let scratch = tempfile::tempdir().unwrap();
    let engine = Lampyris::open(scratch.path()).unwrap();
    for round in 0..40u8 {
        let value = format!("value {round}");
        let (old, new) = (2 * round, 2 * round + 1);
        engine.add_data(element(old, &value)).await.unwrap();
        let adding = {
            let (engine, value) = (engine.clone(), value.clone());
            tokio::spawn(async move { engine.add_data(element(new, &value)).await })
        };
        let staging = {
            let (engine, number) = (engine.clone(), u32::from(round));
            let order = draft(number).value(text(&value)).build().unwrap();
            tokio::spawn(async move { engine.stage(order).await })
        };
        let erased = engine.erase(id(old), asked(), false).await;
        adding.await.unwrap().unwrap();
        staging.await.unwrap().unwrap();
        match erased {
            Ok(erased) => assert_eq!(erased.elements, [name(old)]),
            Err(Error::ElementShared { others, .. }) => assert!(!others.is_empty()),
            Err(error) => panic!("{error}"),
        }
        assert!(is_held(&engine, new), "round {round}");
        assert_eq!(engine.missing_data(message(round.into())).unwrap().unwrap(), []);
    }
}
