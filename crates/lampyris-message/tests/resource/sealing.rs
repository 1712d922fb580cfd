//! Sealing, verifying, and coming back from storage: what is refused, and in which words.

use lampyris_message::{
    DataHash, DataId, DataRef, InvalidMessage, Message, MessageType, NotCanonical, Pinning,
    SealedMessage, SealedRef, Timestamp, TxType,
};

const ID: &str = "0f1c6e05-2a5f-4d0d-a9b1-8f8a5e6d2b11";
const GROUP: &str = "781caa6738a604344ae86ee336ada1b48a404a85e7041cf75b864e50e3b14a22";

/// A message that can be sealed.
fn good() -> Message {
    let json = format!(r#"{{"header":{{"id":"{ID}","type":"broadcast","created":"1652664190"}}}}"#);
    Message::from_json(json.as_bytes()).unwrap()
}

#[expect(clippy::unnecessary_wraps, reason = "an entry of `data` may be absent")]
fn entry(id: u8, hash: u8) -> Option<DataRef> {
    let (id, hash) = (DataId::from_bytes([id; 16]), DataHash::from_bytes([hash; 32]));
    Some(DataRef { id: Some(id), hash: Some(hash) })
}

/// Sealing the message after `change` is refused in these words, and leaves it as it was.
#[track_caller]
fn refuses(change: impl FnOnce(&mut Message), words: &str) {
    let mut message = good();
    change(&mut message);
    let before = message.clone();
    let error = message.seal().unwrap_err();
    assert_eq!(error.to_string(), words);
    assert!(words.starts_with(error.code()), "the code of {error:?}");
    assert_eq!(message, before);
}

#[test]
fn sealing_fills_in_what_is_left_out() {
    let mut message = good();
    let sealed = message.seal().unwrap();
    assert_eq!(message.header.topics, ["default"]);
    assert_eq!(sealed.header().tx_type, Some(TxType::BatchPin.into()));
    assert_eq!(sealed.header().message_type.known(), Some(MessageType::Broadcast));
    assert_eq!((sealed.data(), sealed.data_list()), (&[][..], Some(&[][..])));
    assert_eq!(message.verify().as_ref(), Ok(&sealed));
}

#[test]
fn what_only_a_caller_can_know_must_be_there() {
    refuses(|m| m.header.id = None, "FF10140: Field 'header.id' is required");
    refuses(|m| m.header.created = None, "FF10140: Field 'header.created' is required");
}

#[test]
fn two_elements_may_have_one_hash() {
    let mut message = good();
    message.data = Some(vec![entry(1, 1), entry(2, 1)]);
    let sealed = message.seal().unwrap();
    assert_eq!(message.verify().as_ref(), Ok(&sealed));
    let data = sealed.data_list().map(<[_]>::to_vec);
    assert_eq!(SealedMessage::from_header_bytes(sealed.header_bytes(), data), Ok(sealed));
}

#[test]
fn too_many_topics_are_refused_with_the_true_limit() {
    let topics = |count| (0..count).map(|n| format!("t{n}")).collect();
    let mut message = good();
    message.header.topics = topics(10);
    assert!(message.seal().is_ok());
    refuses(
        |m| m.header.topics = topics(11),
        "FF00134: Maximum number of header.topics items is 10 (supplied=11)",
    );
}

#[test]
fn the_first_bad_reference_is_named() {
    let incomplete =
        |index| format!("FF00128: Invalid message: nil data reference at index {index}");
    let repeated = |i| format!("FF00129: Invalid message: duplicate data reference at index {i}");
    refuses(|m| m.data = Some(vec![entry(1, 1), None]), &incomplete(1));
    refuses(|m| m.data = Some(vec![Some(DataRef::default()), None]), &incomplete(0));
    refuses(|m| m.data = Some(vec![entry(1, 1), entry(2, 2), entry(1, 3), None]), &repeated(2));
    let mut long: Vec<_> = (0..40).map(|n| entry(n, n)).collect();
    long.push(entry(39, 99));
    refuses(|m| m.data = Some(long), &repeated(40));
}

#[test]
fn a_message_without_an_id_has_right_hashes_and_cannot_be_sealed() {
    let mut message = good();
    message.seal().unwrap();
    message.header.id = None;
    message.hash = Some(message.header.hash());
    assert_eq!(message.check_hashes(), Ok(()));
    assert_eq!(message.verify(), Err(InvalidMessage::Missing { field: "header.id" }));
}

#[test]
fn stored_bytes_do_not_go_with_other_data() {
    let mut message = good();
    message.data = Some(vec![entry(1, 1)]);
    let sealed = message.seal().unwrap();
    let (bytes, data) = (sealed.header_bytes(), sealed.data().to_vec());
    assert_eq!(SealedMessage::from_header_bytes(bytes, Some(data.clone())).as_ref(), Ok(&sealed));
    let other = SealedRef { hash: DataHash::from_bytes([2; 32]), ..data[0] };
    for wrong in [None, Some(vec![]), Some(vec![other])] {
        let error = SealedMessage::from_header_bytes(bytes, wrong).unwrap_err();
        assert!(matches!(error, NotCanonical::OtherData { .. }), "{error}");
    }
    let error = SealedMessage::from_header_bytes(bytes, Some(vec![data[0], data[0]])).unwrap_err();
    assert_eq!(error, NotCanonical::Invalid(InvalidMessage::DataRepeated { index: 1 }));
}

#[test]
fn stored_bytes_of_what_could_not_be_sealed_are_refused() {
    for (bytes, words) in [
        (r#"{"type":""}"#, "FF00130"),
        (r#"{"type":"","txtype":"batch_pin"}"#, "FF10140"),
        (r#"{"type":"","txtype":"batch_pin","tag":"!"}"#, "FF00140"),
        (r#"{"type":"", "txtype":"batch_pin"}"#, "not in canonical form"),
        (r#"{"txtype":"batch_pin","type":""}"#, "not in canonical form"),
        (r#"{"type":"","txtype":"BATCH_PIN"}"#, "not in canonical form"),
        (r#"{"type":"","tag":""}"#, "not in canonical form"),
        (r#"{"type":"\u0041"}"#, "not in canonical form"),
        ("", "not in canonical form"),
    ] {
        let error = SealedMessage::from_header_bytes(bytes.as_bytes(), None).unwrap_err();
        assert!(error.to_string().contains(words), "{bytes}: {error}");
    }
}

#[test]
fn the_header_says_how_a_message_is_pinned() {
    for (tx_type, group, pinning) in [
        (TxType::Unpinned, true, Pinning::Unpinned),
        (TxType::Unpinned, false, Pinning::Unpinned),
        (TxType::BatchPin, true, Pinning::Private),
        (TxType::BatchPin, false, Pinning::Broadcast),
        (TxType::ContractInvokePin, true, Pinning::Private),
        (TxType::ContractInvokePin, false, Pinning::Broadcast),
    ] {
        let mut message = good();
        message.header.tx_type = Some(tx_type.into());
        message.header.group = group.then(|| lampyris_message::GroupHash::parse(GROUP).unwrap());
        assert_eq!(message.seal().unwrap().pinning(), pinning, "{tx_type}");
    }
}

#[test]
fn a_long_list_is_said_with_commas() {
    let topics: Vec<String> = (0..1100).map(|n| format!("topic{n}")).collect();
    refuses(
        |m| m.header.topics = topics,
        "FF00134: Maximum number of header.topics items is 10 (supplied=1,100)",
    );
}

/// An offset can move a moment out of the years that a text can name; evidence of it would be
/// refused by every later replay.
#[test]
fn a_time_that_could_not_be_read_back_is_refused_before_it_is_kept() {
    for text in ["9999-12-31T23:59:59-01:00", "0000-01-01T00:00:00+01:00"] {
        let created = Timestamp::parse(text).unwrap();
        let mut unsealed = good();
        unsealed.header.created = Some(created);
        assert_eq!(unsealed.seal().unwrap_err().code(), "FF00136");
        let mut message = good();
        message.seal().unwrap();
        message.header.created = Some(created);
        message.hash = Some(message.header.hash());
        assert!(message.check_hashes().is_ok(), "upstream takes it");
        assert!(message.verify().unwrap_err().to_string().contains("years 0 to 9999"));
    }
    for text in ["9999-12-31T23:59:59.999999999Z", "0000-01-01T00:00:00Z"] {
        let mut message = good();
        message.header.created = Some(Timestamp::parse(text).unwrap());
        let sealed = message.seal().unwrap();
        let stored = SealedMessage::from_header_bytes(sealed.header_bytes(), Some(Vec::new()));
        assert_eq!(stored.unwrap(), sealed);
    }
}
