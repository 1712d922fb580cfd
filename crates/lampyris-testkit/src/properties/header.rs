//! What holds of a header: its canonical bytes are read as the same header, and so is its stored form.
//! Whether it may be sent is not asked here.

use lampyris_message::message::DataRefs;
use lampyris_message::{Bytes32, Header, Message, SealedMessage};

use super::settled;

/// The canonical bytes of what is read are a fixed point, and both readers of headers agree on them.
pub(super) fn header(json: &[u8]) -> bool {
    if let Ok(sealed) = SealedMessage::from_header_bytes(json, None) {
        assert_eq!(sealed.header().canonical_bytes(), json, "accepted, so canonical");
    }
    let Ok(header) = Header::from_json(json) else { return false };
    let canonical = header.canonical_bytes();
    assert_eq!(header.hash().0, Bytes32::sha256(&canonical));
    if settled(header.created) {
        let again = Header::from_json(&canonical).unwrap();
        assert_eq!(again, as_written(header.clone()));
        assert_eq!(again.canonical_bytes(), canonical);
        assert_eq!(again.hash(), header.hash());
    }
    let found = header != Header::default();
    verified_is_stored(header);
    found
}

/// The header as its bytes tell it: what upstream leaves out when it is empty is absent.
pub(super) fn as_written(mut header: Header) -> Header {
    header.tx_type = header.tx_type.filter(|tx_type| !tx_type.is_empty());
    header
}

/// A header that verifies is read from its stored bytes as the same message, and no other is.
fn verified_is_stored(mut header: Header) {
    header.data_hash = Some(DataRefs(None).hash());
    let hash = Some(header.hash());
    let bytes = header.canonical_bytes();
    let message = Message { header, hash, ..Message::default() };
    match (message.verify(), SealedMessage::from_header_bytes(&bytes, None)) {
        (Ok(given), Ok(stored)) => same(&given, &stored),
        (Err(_), Err(_)) => {}
        (given, stored) => panic!("verified: {given:?}, stored: {stored:?}"),
    }
}

/// Every answer of one is that of the other, and what the header says.
fn same(given: &SealedMessage, stored: &SealedMessage) {
    assert_eq!(given, stored);
    let header = stored.header();
    assert_eq!(given.header(), header);
    assert_eq!(header.canonical_bytes(), stored.header_bytes());
    for message in [given, stored] {
        assert_eq!(message.hash(), header.hash());
        assert_eq!(Some(message.id()), header.id);
        assert_eq!(message.author(), header.author);
        assert_eq!(message.key(), header.key);
        assert_eq!(message.group(), header.group);
        assert_eq!(message.topic_count(), header.topics.len());
    }
    assert_eq!(given.pinning(), stored.pinning());
}
