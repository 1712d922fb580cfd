//! Pins: nonces are spent once and in order, and refused where they would be spent twice.

use lampyris_message::pin::assign::{
    AssignError, Assigned, PinRequest, StoredNonces, assign, rows_needed,
};
use lampyris_message::pin::context;
use lampyris_message::{GroupHash, MessageId, Pin, ScalarError};
use proptest::prelude::*;

const GROUP: GroupHash = GroupHash::from_bytes([7; 32]);

fn request<'a>(id: u8, topics: &'a [String], pins: &'a [String]) -> PinRequest<'a> {
    let id = MessageId::from_bytes([id; 16]);
    PinRequest { id, author: "did:firefly:org/a", group: Some(GROUP), topics, pins }
}

fn topics(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn a_message_that_has_pins_keeps_them() {
    let topics = topics(&["t", "u"]);
    let first = assign(&[request(1, &topics, &[])], &StoredNonces::new()).unwrap();
    let pins: Vec<_> = first.message_pins[0].iter().flatten().map(ToString::to_string).collect();
    let stored: StoredNonces = first.nonces.iter().map(|(key, nonce)| (key.0, *nonce)).collect();
    let again = assign(&[request(1, &topics, &pins)], &stored).unwrap();
    assert_eq!(again.batch_pins, first.batch_pins);
    assert_eq!((again.message_pins, again.nonces.len()), (vec![None], 0));
}

#[test]
fn a_message_twice_in_a_batch_is_refused() {
    let topics = topics(&["t"]);
    let (one, two) = (request(1, &topics, &[]), request(2, &topics, &[]));
    let error = assign(&[one, two, one], &StoredNonces::new()).unwrap_err();
    assert_eq!(error, AssignError::RepeatedMessage { index: 2, id: one.id });
}

#[test]
fn nonces_end_where_upstreams_column_does() {
    let topics = topics(&["t"]);
    let key = context::nonce_key("t", &GROUP, "did:firefly:org/a");
    let last = u64::try_from(i64::MAX).unwrap();
    let from = |nonce| assign(&[request(1, &topics, &[])], &StoredNonces::from([(key.0, nonce)]));
    assert_eq!(from(last - 1).unwrap().nonces[&key], last);
    assert_eq!(from(last), Err(AssignError::NoncesRunOut { index: 0, key }));
    assert_eq!(from(u64::MAX), Err(AssignError::NoncesRunOut { index: 0, key }));
}

#[test]
fn a_row_by_the_context_counts_only_without_one_by_the_key() {
    let topics = topics(&["t"]);
    let key = context::nonce_key("t", &GROUP, "did:firefly:org/a");
    let old = context::private("t", &GROUP);
    let from = |rows: &[_]| {
        let stored = rows.iter().copied().collect();
        assign(&[request(1, &topics, &[])], &stored).unwrap().nonces[&key]
    };
    assert_eq!(from(&[(old.0, 6)]), 7);
    assert_eq!(from(&[(old.0, 6), (key.0, 2)]), 3);
    assert_eq!(from(&[]), 0);
    let needed = rows_needed(&[request(1, &topics, &[])]);
    assert_eq!(needed, [old.0, key.0].into_iter().collect());
}

#[test]
fn of_a_pin_that_is_there_only_the_hash_counts() {
    let hash = "148de9c5a7a44d19e56cd9ae1a554bf67847afb0c58f6e12fa29ac7ddfca9940";
    for text in [hash.to_owned(), format!("{hash}:"), format!("{hash}:x:y"), format!("0x{hash}")] {
        assert_eq!(Pin::parse_hash(&text).unwrap().to_string(), hash, "{text}");
    }
    // A short text is not taken apart.
    let short = format!("{}:0", &hash[..62]);
    assert!(matches!(Pin::parse_hash(&short), Err(ScalarError::Hex(_))));
    assert_eq!(Pin::parse_hash("ab:1"), Err(ScalarError::HexLength));
    let (topics, pins) = (topics(&["t"]), vec![hash.to_owned(), "ab".to_owned()]);
    let error = assign(&[request(1, &topics, &pins)], &StoredNonces::new()).unwrap_err();
    assert_eq!(error, AssignError::Pin { index: 0, pin: 1, why: ScalarError::HexLength });
    assert_eq!(error.code(), Some("FF00107"));
}

proptest! {
    /// However messages are cut into batches, the pins and the last nonces are the same.
    #[test]
    fn one_batch_or_many_spend_the_same_nonces(
        messages in prop::collection::vec(prop::collection::vec("[a-c]", 0..4), 0..12),
        cut in any::<prop::sample::Index>(),
    ) {
        let requests: Vec<_> =
            (0_u8..).zip(&messages).map(|(id, topics)| request(id, topics, &[])).collect();
        let whole = assign(&requests, &StoredNonces::new()).unwrap();
        let (front, back) = requests.split_at(cut.index(requests.len() + 1));
        let front = assign(front, &StoredNonces::new()).unwrap();
        let stored = front.nonces.iter().map(|(key, nonce)| (key.0, *nonce)).collect();
        let back = assign(back, &stored).unwrap();
        let mut nonces = front.nonces;
        nonces.extend(back.nonces);
        prop_assert_eq!(whole, Assigned {
            batch_pins: [front.batch_pins, back.batch_pins].concat(),
            message_pins: [front.message_pins, back.message_pins].concat(),
            nonces,
        });
    }

    #[test]
    fn no_pin_is_made_twice(
        messages in prop::collection::vec(prop::collection::vec("[a-c]", 0..4), 0..12),
    ) {
        let requests: Vec<_> =
            (0_u8..).zip(&messages).map(|(id, topics)| request(id, topics, &[])).collect();
        let mut pins = assign(&requests, &StoredNonces::new()).unwrap().batch_pins;
        let count = pins.len();
        pins.sort_unstable();
        pins.dedup();
        prop_assert_eq!(pins.len(), count);
    }
}
