//! Batches: what leaves the sender, and what a receiver refuses by place and reason.

use lampyris_message::batch::{BatchEntry, BatchHashForm};
use lampyris_message::{
    Batch, BatchHeader, BatchId, BatchPayload, BatchType, BlobHash, BlobRef, Data, DataRef,
    InvalidBatch, Message, MessageState, Open, TransactionId, TransactionRef, TxType,
};

fn data(id: u8) -> Data {
    let json = format!(
        r#"{{"id":"a0000000-0000-4000-8000-0000000000{id:02}","created":"1652664190",
           "namespace":"local","public":"Qm","value":{{"n": {id}}}}}"#
    );
    let mut data = Data::from_json(json.as_bytes()).unwrap();
    data.seal(None).unwrap();
    data
}

fn message(id: u8, data: &[&Data]) -> Message {
    let json = format!(
        r#"{{"header":{{"id":"d0000000-0000-4000-8000-0000000000{id:02}","created":"1652664190",
           "author":"did:firefly:org/a","key":"0x1","type":"broadcast"}},"state":"ready",
           "localNamespace":"local","idempotencyKey":"k","rejectReason":"r","confirmed":"1652664191",
           "batch":"e0000000-0000-4000-8000-000000000001"}}"#
    );
    let mut message = Message::from_json(json.as_bytes()).unwrap();
    let refer = |data: &&Data| Some(DataRef { id: data.id, hash: data.hash });
    message.data = Some(data.iter().map(refer).collect());
    message.seal().unwrap();
    message
}

/// Two messages that share one of two elements.
pub(crate) fn good() -> Batch {
    let (one, two) = (data(1), data(2));
    let messages = [message(1, &[&one, &two]), message(2, &[&two])];
    let tx = TransactionRef {
        tx_type: TxType::BatchPin.into(),
        id: Some(TransactionId::from_bytes([5; 16])),
    };
    let broadcast = Open::from(BatchType::Broadcast);
    let mut batch = Batch {
        header: BatchHeader {
            id: Some(BatchId::from_bytes([6; 16])),
            author: "did:firefly:org/a".to_owned(),
            key: "0x1".to_owned(),
            ..BatchHeader::default()
        },
        payload: BatchPayload::assemble(&broadcast, tx, messages, [one, two]),
        ..Batch::default()
    };
    batch.seal();
    batch
}

#[test]
fn what_is_local_stays_local() {
    let batch = good();
    let json = String::from_utf8(batch.to_json()).unwrap();
    for local in ["local", "idempotencyKey", "state", "confirmed", "rejectReason", "public", "Qm"] {
        assert!(!json.contains(local), "{local} in {json}");
    }
    assert_eq!(Batch::from_json(json.as_bytes()).as_ref(), Ok(&batch), "read as it is written");
    let message = batch.payload.messages.as_ref().unwrap()[0].clone().unwrap();
    assert_eq!((message.state, message.batch), (None::<Open<MessageState>>, None));
}

#[test]
fn only_a_private_batch_hides_where_a_blob_lies() {
    let hash = Some(BlobHash::from_bytes([1; 32]));
    let text = |text: &str| text.to_owned();
    let blob = BlobRef { hash, size: 3, name: text("n"), path: text("/p"), public: text("Qm") };
    let data = Data { blob: Some(blob.clone()), ..data(1) };
    let assembled = |batch_type: &str| {
        let tx = TransactionRef::default();
        let payload = BatchPayload::assemble(&Open::from_text(batch_type), tx, [], [data.clone()]);
        payload.data.unwrap()[0].clone().unwrap().blob
    };
    let hidden = BlobRef { path: text(""), public: text(""), ..blob.clone() };
    assert_eq!(assembled("PRIVATE"), Some(hidden));
    assert_eq!(assembled("broadcast"), Some(blob.clone()));
    assert_eq!(assembled("other"), Some(blob));
}

/// The batch after `change` is refused, sealed anew or not.
#[track_caller]
fn refuses(change: impl FnOnce(&mut Batch), seal: bool, words: &str) -> InvalidBatch {
    let mut batch = good();
    change(&mut batch);
    if seal {
        batch.seal();
    }
    let error = batch.verify().unwrap_err();
    assert_eq!(error.to_string(), words);
    error
}

fn first_message(batch: &mut Batch) -> &mut Message {
    batch.payload.messages.as_mut().unwrap()[0].as_mut().unwrap()
}

#[test]
fn a_good_batch_is_taken_in_by_either_hash() {
    let mut batch = good();
    assert_eq!(batch.verify(), Ok(BatchHashForm::Manifest));
    batch.hash = Some(batch.payload.legacy_hash());
    assert_eq!(batch.verify(), Ok(BatchHashForm::Payload));
    let data = batch.payload.data.as_mut().unwrap()[0].as_mut().unwrap();
    data.validator = Open::from_text("none");
    assert!(batch.verify().is_err(), "the payload is hashed to the last byte");
}

#[test]
fn each_fault_of_a_batch_is_named_by_its_place() {
    refuses(|b| b.header.id = None, true, "batch has no id");
    refuses(|b| b.payload.tx.id = None, true, "batch has no payload.tx.id");
    refuses(
        |b| b.payload.tx.tx_type = TxType::TokenPool.into(),
        true,
        "batch cannot go with a transaction of type 'token_pool'",
    );
    refuses(|b| b.payload.messages = Some(vec![]), true, "batch has no messages");
    let hash = good().hash.unwrap();
    let none = format!("batch hash is '', its manifest hashes to {hash}");
    refuses(|b| b.hash = None, false, &none);
    let null = refuses(
        |b| b.payload.messages.as_mut().unwrap().push(None),
        true,
        "message 2 of the batch is null",
    );
    assert_eq!(null, InvalidBatch::Absent { at: BatchEntry::Message(2) });
    refuses(|b| b.payload.data.as_mut().unwrap()[0] = None, true, "data 0 of the batch is null");
    let key = "message 0 of the batch has not the author and the key of the batch";
    refuses(|b| b.header.key = "0x2".to_owned(), true, key);
    refuses(|b| b.header.author = "x".to_owned(), true, key);
    let reference = "message 0 of the batch refers in data 1 to what is not in the batch";
    refuses(|b| drop(b.payload.data.as_mut().unwrap().pop()), true, reference);
    let unused = "no message of the batch refers to its data a0000000-0000-4000-8000-000000000003";
    refuses(|b| b.payload.data.as_mut().unwrap().push(Some(data(3))), true, unused);
}

#[test]
fn what_is_wrong_within_an_entry_keeps_its_code() {
    let mut batch = good();
    first_message(&mut batch).header.tag = "changed".to_owned();
    batch.seal();
    let error = batch.verify().unwrap_err();
    assert_eq!(error.code(), Some("FF00132"), "{error}");
    let mut batch = good();
    batch.payload.data.as_mut().unwrap()[1].as_mut().unwrap().value = data(1).value;
    batch.seal();
    let error = batch.verify().unwrap_err();
    assert_eq!(error.code(), Some("FF10201"), "{error}");
}

#[test]
fn a_repeated_member_is_read_over_the_one_before_it() {
    let json = br#"{"tx":{"type":"unpinned"},"messages":[{"hash":"0xab","pins":["p"]}],
        "TX":{"id":"e0000000-0000-4000-8000-000000000001"},"Messages":[{"header":{"tag":"t"}},null],
        "data":[{"value":1}],"data":null}"#;
    let payload = BatchPayload::from_json(json).unwrap();
    let hash = format!("ab{}", "0".repeat(62));
    let expected = format!(
        r#"{{"tx":{{"type":"unpinned","id":"e0000000-0000-4000-8000-000000000001"}},"messages":[{{"header":{{"type":"","tag":"t"}},"hash":"{hash}","data":null,"pins":["p"]}},null],"data":null}}"#
    );
    assert_eq!(String::from_utf8(payload.to_json()).unwrap(), expected);
    assert_eq!(
        payload.manifest(None).to_string(),
        r#"{"version":1,"id":null,"tx":{"type":"unpinned","id":"e0000000-0000-4000-8000-000000000001"},"messages":[],"data":[]}"#
    );
}
