//! What holds of a message: it is read as it is written, and a sealed one verifies.
//! Its lifecycle is not asked here.

use lampyris_message::message::DataRefs;
use lampyris_message::{Message, Posted, SealedMessage};

use super::header::as_written as header_as_written;
use super::settled;

/// What is written of what is read is a fixed point, and sealing keeps its word.
pub(super) fn message(json: &[u8]) -> bool {
    if let Ok(list) = DataRefs::from_json(json) {
        assert_eq!(DataRefs::from_json(&list.canonical_bytes()), Ok(list));
    }
    let Ok(message) = Message::from_json(json) else { return false };
    round_trip(&message);
    let posted = Posted::new(message.clone());
    let again = Posted::new(posted.message.clone());
    assert_eq!(
        (again.message, again.ignored),
        (posted.message, vec![]),
        "nothing is left to ignore"
    );
    let mut sealed = message.clone();
    match sealed.seal() {
        Ok(seal) => {
            assert_eq!(sealed.verify().as_ref(), Ok(&seal));
            assert_eq!(sealed.seal().as_ref(), Ok(&seal), "sealing again changes nothing");
            kept(&seal);
            round_trip(&sealed);
        }
        Err(_) => assert_eq!(sealed, message, "a refused seal changes nothing"),
    }
    if let Ok(verified) = message.verify() {
        assert_eq!(message.check_hashes(), Ok(()));
        kept(&verified);
    }
    message != Message::default()
}

fn round_trip(message: &Message) {
    if is_settled(message) {
        let written = message.to_json();
        let again = Message::from_json(&written).unwrap();
        assert_eq!(again.to_json(), written);
        assert_eq!(again.verify().ok(), message.verify().ok());
        assert_eq!(again, as_written(message.clone()));
    }
}

/// What is stored of a sealed message is the whole of it.
fn kept(sealed: &SealedMessage) {
    let data = sealed.data_list().map(<[_]>::to_vec);
    assert_eq!(SealedMessage::from_header_bytes(sealed.header_bytes(), data).as_ref(), Ok(sealed));
}

/// Whether its times are read again from what is written of them.
pub(super) fn is_settled(message: &Message) -> bool {
    settled(message.header.created) && settled(message.confirmed)
}

fn as_written(message: Message) -> Message {
    let state = message.state.filter(|state| !state.is_empty());
    Message { header: header_as_written(message.header), state, ..message }
}
