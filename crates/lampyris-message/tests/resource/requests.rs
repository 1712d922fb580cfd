//! What clients ask for: data in line, lengths, sizes and requests for a reply.

use std::collections::BTreeMap;

use lampyris_message::data::inline::{InlineData, InlineEntry, entries};
use lampyris_message::limits::BATCH_PAYLOAD_BYTES;
use lampyris_message::validate::request;
use lampyris_message::{
    BlobHash, DataId, DecodeErrorKind, GroupHash, Message, MessageId, StoredBlob,
};

const BLOB: BlobHash = BlobHash::from_bytes([7; 32]);

fn ask(json: &str) -> Result<Vec<InlineEntry>, (String, u16)> {
    let data = InlineData::list_from_json(json.as_bytes()).unwrap();
    let blobs = BTreeMap::from([(BLOB, StoredBlob { hash: Some(BLOB), size: 9 })]);
    entries(&data, &blobs).map_err(|error| {
        assert!(error.to_string().starts_with(error.code()));
        (error.to_string(), error.status())
    })
}

#[test]
fn an_entry_refers_to_an_element_or_makes_one() {
    let id = "a0000000-0000-4000-8000-000000000001";
    let json = format!(
        r#"[{{"ID":"{id}","value":1}},{{"value":{{"filename":"f"}},"blob":{{"hash":"{BLOB}"}}}}]"#
    );
    let found = ask(&json).unwrap();
    assert_eq!(found[0], InlineEntry::Existing(DataId::parse(id).unwrap(), None));
    let InlineEntry::New(data, blob) = &found[1] else { panic!("{found:?}") };
    let mut data = data.clone();
    data.id = DataId::parse(id).ok();
    data.created = Some(lampyris_message::Timestamp::from_unix_nanos(1));
    data.seal(blob.as_ref()).unwrap();
    assert_eq!((data.blob.unwrap().name.as_str(), blob.unwrap().size), ("f", 9));
    assert_eq!((ask("null"), ask("[]")), (Ok(vec![]), Ok(vec![])));
}

#[test]
fn an_entry_that_asks_for_nothing_that_can_be_is_refused() {
    let refuses = |json: &str, words: &str, status: u16| {
        assert_eq!(ask(json), Err((words.to_owned(), status)), "{json}");
    };
    let empty = "FF10205: Data entry 1 has neither 'id' to refer to existing data, or 'value' to include in-line JSON data";
    refuses(r#"[{"value":1},{"validator":"x"}]"#, empty, 400);
    refuses(r#"[{"value":1},null]"#, empty, 400);
    refuses(r#"[{"value":1},{"value":null}]"#, empty, 400);
    refuses(r#"[{"value":1,"validator":"x"}]"#, "FF00108: Unknown validator type: 'x'", 400);
    let datatype = "FF10195: Datatype 'w/' not found";
    refuses(r#"[{"value":1,"datatype":{"name":"w"}}]"#, datatype, 400);
    assert!(ask(r#"[{"value":1,"validator":"none","datatype":{"name":"w"}}]"#).is_ok());
    let unknown = format!(
        "FF10239: No blob has been uploaded or confirmed received, with hash={}",
        "01".repeat(32)
    );
    refuses(&format!(r#"[{{"blob":{{"hash":"{}"}}}}]"#, "01".repeat(32)), &unknown, 404);
    let kind = InlineData::list_from_json(b"[1]").unwrap_err().kind();
    assert_eq!(kind, DecodeErrorKind::Type);
}

fn message(change: impl FnOnce(&mut Message)) -> Message {
    let mut message = Message::default();
    change(&mut message);
    message
}

#[test]
fn lengths_are_counted_in_characters() {
    let words = |change: fn(&mut Message)| {
        request::sendable(&message(change)).map_err(|error| error.to_string())
    };
    assert_eq!(words(|m| m.idempotency_key = "é".repeat(256)), Ok(()));
    let key = "FF00135: Field 'idempotencyKey' maximum length is 256".to_owned();
    assert_eq!(words(|m| m.idempotency_key = "é".repeat(257)), Err(key));
    assert_eq!(words(|m| m.header.key = "é".repeat(1024)), Ok(()));
    let key = "FF00135: Field 'header.key' maximum length is 1,024".to_owned();
    assert_eq!(words(|m| m.header.key = "k".repeat(1025)), Err(key));
    let author = "FF00135: Field 'header.author' maximum length is 1,024".to_owned();
    assert_eq!(words(|m| m.header.author = "k".repeat(1025)), Err(author));
    let did = "FF10206: Invalid author specified: FF10349: DID resolver unknown for DID: did:web:x";
    assert_eq!(words(|m| m.header.author = "did:web:x".to_owned()), Err(did.to_owned()));
    assert_eq!(words(|m| m.header.author = "org_0".to_owned()), Ok(()));
    assert_eq!(words(|m| m.header.author = "did:firefly:org/a".to_owned()), Ok(()));
}

#[test]
fn a_request_has_a_tag_and_a_group_and_answers_nothing() {
    let good = || {
        message(|m| {
            m.header.tag = "t".to_owned();
            m.header.group = Some(GroupHash::from_bytes([1; 32]));
        })
    };
    assert_eq!(request::can_ask_for_reply(&good()), Ok(()));
    let code = |change: fn(&mut Message)| {
        let mut message = good();
        change(&mut message);
        let error = request::can_ask_for_reply(&message).unwrap_err();
        assert!(error.to_string().starts_with(error.code()));
        (error.code(), error.status())
    };
    assert_eq!(code(|m| *m = Message::default()), ("FF10261", 400));
    assert_eq!(code(|m| m.header.cid = Some(MessageId::from_bytes([1; 16]))), ("FF10262", 400));
    assert_eq!(code(|m| m.header.group = None), ("FF10271", 400));
}

#[test]
fn a_message_that_fits_no_batch_is_refused_with_both_sizes() {
    let broadcast = message(|_| ());
    let private = message(|m| m.header.group = Some(GroupHash::from_bytes([1; 32])));
    let words = |message: &Message, values, limit| {
        request::size(message, values, limit).map_err(|error| error.to_string())
    };
    assert_eq!(words(&broadcast, BATCH_PAYLOAD_BYTES - 1024, 819_200), Ok(()));
    let too_large =
        "FF10327: Message size 800.01kb is too large for the max broadcast batch size of 800.00kb";
    assert_eq!(words(&broadcast, 819_200 - 1014, 819_200), Err(too_large.to_owned()));
    let too_large =
        "FF10328: Message size 1,234.50kb is too large for the max private message size of 0.12kb";
    // 128 bytes are 0.125 units, halfway between 0.12 and 0.13.
    assert_eq!(words(&private, 1_264_128 - 1024, 128), Err(too_large.to_owned()));
    assert!(words(&private, usize::MAX, 10).is_err());
}
