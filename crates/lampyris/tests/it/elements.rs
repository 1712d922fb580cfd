//! Data elements that come in line with a message: what is recorded of them, what is kept, what is refused.

mod limits;

use std::path::Path;

use lampyris::log::{Append, Hash, Log, Options, Record, Rules};
use lampyris::message::data::inline::{InlineData, derived_id};
use lampyris::message::event::{DataAdded, DataEvent};
use lampyris::message::json::JsonValue;
use lampyris::message::lifecycle::rules;
use lampyris::message::{BlobHash, BlobRef, Bytes32, DatatypeRef};
use lampyris::projection::{Audit, record};
use lampyris::stream::BadLine;
use lampyris::{DataHash, DataId, Draft, Error, Lampyris, MessageState, Submission, Timestamp};

use crate::cast::{AUTHOR, KEY, message};

/// A value with what JSON leaves open: it is kept as it was written, but for white space and `<`.
const VALUE: &str = r#"{ "price": 1.50, "item": "<lamp>", "item": null }"#;

fn draft(number: u32) -> Draft {
    Submission::broadcast(AUTHOR, KEY).topic("orders").id(message(number))
}

fn value(json: &str) -> JsonValue {
    JsonValue::parse(json.as_bytes()).unwrap()
}

/// Two values, one of them twice.
fn order(number: u32) -> Submission {
    draft(number).value(value(VALUE)).text("a note").text("a note").build().unwrap()
}

/// The log beside an engine that was ended: every record of it, judged.
fn records(dir: &Path) -> (Log, Vec<Record>, Audit) {
    let (mut audit, mut records) = (Audit::new(), Vec::new());
    let log = Log::open_with(dir, &Options::reader(), |verified| {
        audit.take(verified);
        records.push(verified.record.to_record());
    });
    assert_eq!(audit.fault(), None);
    (log.unwrap(), records, audit)
}

async fn accepted(engine: &Lampyris, submission: Submission) -> lampyris::Accepted {
    engine.stage(submission).await.unwrap().accepted().unwrap()
}

#[tokio::test]
async fn values_in_line_become_elements_that_the_message_refers_to() {
    let scratch = tempfile::tempdir().unwrap();
    let engine = Lampyris::open(scratch.path()).unwrap();
    let staged = accepted(&engine, order(1)).await;
    assert_eq!((staged.events.len(), staged.sequence, staged.position), (2, Some(5), 6));
    let view = engine.get(message(1)).unwrap();
    assert_eq!(engine.history(message(1)).unwrap()[0].sequence, 4);
    engine.close().await.unwrap();
    drop(engine);

    let (log, records, audit) = records(scratch.path());
    let kinds: Vec<_> = records.iter().map(|record| &*record.stream.kind).collect();
    assert_eq!(kinds, ["log", "data", "data", "data", "message", "message"]);
    assert_eq!((audit.events(), audit.messages(), audit.elements()), (2, 1, 3));
    let references = view.message().data.clone().unwrap();
    let values = [value(VALUE), JsonValue::text("a note"), JsonValue::text("a note")];
    for (index, (record, value)) in records[1..4].iter().zip(&values).enumerate() {
        assert_eq!((&*record.command, record.append_count), ("stage", 5), "one append");
        let DataEvent::Added(added) = record::data_event(record).unwrap() else { panic!() };
        let (id, hash) = (record::data_id(&record.borrow()).unwrap(), DataHash(value.hash()));
        assert_eq!(id, derived_id(message(1), index, hash));
        assert_eq!(id.as_uuid().get_version_num(), 8);
        let reference = references[index].unwrap();
        assert_eq!((reference.id, reference.hash), (Some(id), Some(hash)));
        assert_eq!((added.hash(), Some(added.created)), (hash, view.message().header.created));
        let Bytes32(name) = value.hash();
        let kept = log.data().read(&Hash(name)).unwrap().unwrap();
        let data = added.to_data(id, "default", Some(&kept), None).unwrap();
        assert_eq!((data.value.as_ref(), data.check_hash()), (Some(value), Ok(hash)));
        assert_eq!(data.validator.as_str(), "json");
        let secret = b"price";
        let told = |record: &Record| record.content.windows(5).any(|part| part == secret);
        assert!(!records.iter().any(told), "no value stands in the log");
    }
    assert_ne!(references[1], references[2], "two elements of one value");
}

#[tokio::test]
async fn the_same_submission_again_is_the_same_message_with_the_same_elements() {
    let scratch = tempfile::tempdir().unwrap();
    let other = || draft(1).value(value(VALUE)).text("a note").text("another").build().unwrap();
    for round in 0..3 {
        let engine = Lampyris::open(scratch.path()).unwrap();
        for _ in 0..2 {
            let staged = accepted(&engine, order(1)).await;
            assert_eq!((staged.id, staged.state), (message(1), MessageState::Ready));
            assert_eq!(engine.head().size, 6, "round {round}");
        }
        let refused = engine.stage(other()).await.unwrap().accepted().unwrap_err();
        assert_eq!(refused.refusal.name(), "DuplicateId");
        assert_eq!(engine.head().size, 6);
    }
}

#[tokio::test]
async fn a_key_stands_for_what_came_and_not_for_the_ids_it_got() {
    let scratch = tempfile::tempdir().unwrap();
    let engine = Lampyris::open(scratch.path()).unwrap();
    let keyed = |entries: &[InlineData]| {
        let draft = Submission::broadcast(AUTHOR, KEY).idempotency_key("once");
        entries.iter().cloned().fold(draft, Draft::entry).build().unwrap()
    };
    let entry = InlineData { value: Some(value(VALUE)), ..InlineData::default() };
    let text = InlineData { value: Some(JsonValue::text("x")), ..InlineData::default() };
    let explicit = InlineData { validator: "json".parse_open(), ..entry.clone() };
    let respelled = InlineData {
        value: Some(value(r#"{"price":1.50,"item":"\u003clamp>","item":null}"#)),
        ..entry.clone()
    };
    let first = accepted(&engine, keyed(&[entry.clone(), text.clone()])).await;
    let size = engine.head().size;
    assert_eq!(size, 5);
    for same in [&entry, &explicit, &respelled] {
        let again = accepted(&engine, keyed(&[same.clone(), text.clone()])).await;
        assert_eq!((again.id, again.events.len()), (first.id, 0));
    }
    engine.close().await.unwrap();
    drop(engine);
    let engine = Lampyris::open(scratch.path()).unwrap();
    let again = accepted(&engine, keyed(&[entry.clone(), text.clone()])).await;
    assert_eq!((again.id, again.events.len()), (first.id, 0), "the key is found in the log");
    let datatype = Some(DatatypeRef { name: "order".into(), version: "1".into() });
    for other in [
        vec![entry.clone()],
        vec![text.clone(), entry.clone()],
        vec![InlineData { validator: "none".parse_open(), ..entry.clone() }, text.clone()],
        vec![InlineData { datatype, ..entry.clone() }, text.clone()],
        vec![InlineData { value: Some(value("1.50")), ..entry.clone() }, text.clone()],
    ] {
        let refused = engine.stage(keyed(&other)).await.unwrap().accepted().unwrap_err();
        assert_eq!(refused.refusal.name(), "IdempotencyKeyUsed", "{other:?}");
    }
    assert_eq!(engine.head().size, size);
}

trait ParseOpen<T> {
    fn parse_open(&self) -> T;
}

impl<T: lampyris::message::open::Vocabulary> ParseOpen<lampyris::message::Open<T>> for str {
    fn parse_open(&self) -> lampyris::message::Open<T> {
        lampyris::message::Open::from_text(self)
    }
}

#[tokio::test]
async fn a_reference_is_held_against_the_element_that_is_there() {
    let scratch = tempfile::tempdir().unwrap();
    let engine = Lampyris::open(scratch.path()).unwrap();
    accepted(&engine, order(1)).await;
    let (hash, other) = (DataHash(value(VALUE).hash()), DataHash::from_bytes([9; 32]));
    let (there, nowhere) = (derived_id(message(1), 0, hash), DataId::from_bytes([5; 16]));
    let by_id = |id| InlineData { id: Some(id), ..InlineData::default() };
    let unresolved = |result: Result<_, Error>, found| match result {
        Err(Error::Unresolved(it)) => assert_eq!((it.index, it.found), (1, found)),
        other => panic!("{other:?}"),
    };
    drop(engine);
    for round in 0..2 {
        let engine = Lampyris::open(scratch.path()).unwrap();
        let number = 10 * round;
        let with = |number| draft(number).text("new");
        let named = with(number + 2).entry(by_id(there)).build().unwrap();
        accepted(&engine, named).await;
        let view = engine.get(message(number + 2)).unwrap();
        assert_eq!(view.message().data.as_ref().unwrap()[1].unwrap().hash, Some(hash));
        accepted(&engine, with(number + 3).data(there, hash).build().unwrap()).await;
        accepted(&engine, with(number + 4).data(nowhere, other).build().unwrap()).await;
        let size = engine.head().size;
        let wrong = with(number + 5).data(there, other).build().unwrap();
        unresolved(engine.stage(wrong).await, Some(hash));
        let unknown = with(number + 6).entry(by_id(nowhere)).build().unwrap();
        unresolved(engine.stage(unknown).await, None);
        assert_eq!(engine.head().size, size, "nothing came of it");
    }
    let repeated = draft(7).entry(by_id(there)).data(there, hash).build().unwrap_err();
    assert_eq!(repeated.code(), Some("FF00129"));
}

/// Writes the first event of an element into a log.
fn add(dir: &Path, id: DataId, added: DataAdded) {
    let rules = Rules { version: rules::VERSION, hash: rules::hash().0 };
    let log = Log::open(dir, &Options::writer(rules).create([1; 16])).unwrap();
    let event = record::new_data_event(id, &DataEvent::Added(added));
    let append = Append::new(*id.as_bytes(), "default", "add", "someone").event(event);
    log.append_blocking(append).unwrap();
}

#[tokio::test]
async fn an_element_that_is_there_is_left_out_if_it_is_the_same_and_refused_if_not() {
    let created = Timestamp::from_unix_nanos(1_700_000_000_000_000_000);
    let (lamp, note) = (value(r#""a lamp""#), value(r#""a note""#));
    let id = |index, value: &JsonValue| derived_id(message(1), index, DataHash(value.hash()));
    let element = |index, value: &JsonValue, created| {
        let json = format!(
            r#"{{"id":"{}","validator":"json","created":"{created}","value":{}}}"#,
            id(index, value),
            String::from_utf8_lossy(value.as_bytes())
        );
        let data = lampyris::message::Data::from_json(json.as_bytes()).unwrap();
        DataAdded::from_data(&data).unwrap().0
    };
    let order = || {
        let draft = draft(1).created(created).value(lamp.clone()).value(note.clone());
        draft.build().unwrap()
    };
    let scratch = tempfile::tempdir().unwrap();
    add(scratch.path(), id(1, &note), element(1, &note, created));
    let engine = Lampyris::open(scratch.path()).unwrap();
    accepted(&engine, order()).await;
    assert_eq!(engine.head().size, 5, "one element, two events");
    assert!(accepted(&engine, order()).await.events.is_empty());
    drop(engine);
    let (_, _, audit) = records(scratch.path());
    assert_eq!(audit.elements(), 2);

    let scratch = tempfile::tempdir().unwrap();
    let later = Timestamp::from_unix_nanos(1_700_000_000_000_000_001);
    add(scratch.path(), id(1, &note), element(1, &note, later));
    let engine = Lampyris::open(scratch.path()).unwrap();
    let error = engine.stage(order()).await.unwrap_err();
    assert!(
        matches!(&error, Error::ElementTaken { index: Some(1), id: found } if *found == id(1, &note))
    );
    assert!(error.is_of_the_request() && error.to_string().starts_with("data[1]: data element "));
    assert_eq!((engine.head().size, engine.state(message(1))), (2, None));
}

/// Copies what a directory holds, as a crash would leave it.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[tokio::test]
async fn the_values_of_what_was_acknowledged_survive_a_crash() {
    for round in 0..8 {
        let scratch = tempfile::tempdir().unwrap();
        let (alive, crashed) = (scratch.path().join("alive"), scratch.path().join("crashed"));
        let engine = Lampyris::open(&alive).unwrap();
        let texts = [b'a', b'b'].map(|letter| {
            let large = vec![letter + round; 700_000];
            JsonValue::text(std::str::from_utf8(&large).unwrap())
        });
        let order = texts.iter().cloned().fold(draft(1), Draft::value).build().unwrap();
        accepted(&engine, order).await;
        copy(&alive, &crashed);
        let (log, ..) = records(&crashed);
        for text in texts {
            let Bytes32(name) = text.hash();
            let kept = log.data().read(&Hash(name)).unwrap();
            assert_eq!(kept.as_deref(), Some(text.as_bytes()), "round {round}");
        }
    }
}

#[tokio::test]
async fn a_blob_must_be_stored_and_is_as_large_as_it_is() {
    let scratch = tempfile::tempdir().unwrap();
    let bytes = b"the bytes of a picture";
    let hash = BlobHash(Bytes32::sha256(bytes));
    let blob =
        BlobRef { hash: Some(hash), size: 5, path: "/pictures".into(), ..BlobRef::default() };
    let entry = InlineData {
        value: Some(value(r#"{"filename":"lamp.png"}"#)),
        blob: Some(blob),
        ..InlineData::default()
    };
    let order = || draft(1).text("first").entry(entry.clone()).build().unwrap();
    let engine = Lampyris::open(scratch.path()).unwrap();
    let error = engine.stage(order()).await.unwrap_err();
    assert!(error.is_of_the_request());
    assert_eq!(BadLine::undecided(None, &error).code, Some("FF10239"));
    assert!(error.to_string().starts_with("data[1]: FF10239: "), "{error}");
    assert_eq!(engine.head().size, 1);
    drop(engine);
    {
        let rules = Rules { version: rules::VERSION, hash: rules::hash().0 };
        let log = Log::open(scratch.path(), &Options::writer(rules)).unwrap();
        let put = log.data().put(bytes).unwrap();
        log.data().wait(put.ticket).unwrap();
    }
    let engine = Lampyris::open(scratch.path()).unwrap();
    accepted(&engine, order()).await;
    drop(engine);
    let (log, records, _) = records(scratch.path());
    let DataEvent::Added(added) = record::data_event(&records[2]).unwrap() else { panic!() };
    assert_eq!(added.content.blob().map(|blob| (blob.hash, blob.size)), Some((hash.0, 22)));
    let read = |held: lampyris::message::event::Held| {
        log.data().read(&Hash(held.hash.0)).unwrap().unwrap()
    };
    let (value, details) = (added.content.value().map(read), added.details.map(read));
    let id = record::data_id(&records[2].borrow()).unwrap();
    let data = added.to_data(id, "default", value.as_deref(), details.as_deref()).unwrap();
    let blob = data.blob.unwrap();
    assert_eq!((&*blob.name, &*blob.path, blob.size), ("lamp.png", "/pictures", 22));
    let told = String::from_utf8(details.unwrap()).unwrap();
    assert_eq!(told, format!(r#"{{"id":"{id}","blob":{{"path":"/pictures"}}}}"#));
}
