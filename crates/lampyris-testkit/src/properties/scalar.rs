//! What holds of the texts of single values: times, ids, hashes and pins.
//! None of them is read in a document here: the documents that hold them are.

use std::str::from_utf8;

use lampyris_message::id::parse_uuid;
use lampyris_message::{Bytes32, MessageId, Pin, PinHash, Timestamp};

use super::has_four_digits;

/// A time that is read is printed as the same time, and again so.
pub(super) fn time(bytes: &[u8]) -> bool {
    let Some(time) = from_utf8(bytes).ok().and_then(|text| Timestamp::parse(text).ok()) else {
        return false;
    };
    let printed = time.to_string();
    if time.is_zero() {
        assert_eq!(printed, "");
    } else if has_four_digits(time) {
        assert_eq!(Timestamp::parse(&printed), Ok(time));
        assert!(printed.ends_with('Z') && !printed.contains(".Z"));
    } else {
        assert!(Timestamp::parse(&printed).is_err(), "{printed}");
    }
    let (seconds, nanos) = (time.unix_seconds(), time.subsec_nanos());
    assert_eq!(Timestamp::from_unix_seconds(seconds, nanos), Some(time));
    if let Some(nanos) = time.unix_nanos_exact() {
        assert_eq!(Timestamp::from_unix_nanos(nanos), time);
        assert_eq!(time.unix_nanos(), nanos);
    }
    true
}

/// An id that is read is printed as the same id, in 36 characters of lower case.
pub(super) fn uuid(bytes: &[u8]) -> bool {
    let read = parse_uuid(bytes).map(MessageId::from_bytes);
    if let Ok(text) = from_utf8(bytes) {
        assert_eq!(MessageId::parse(text).ok(), read.clone().ok());
    }
    let Ok(id) = read else { return false };
    let printed = id.to_string();
    assert_eq!(printed.len(), 36);
    assert_eq!(printed, printed.to_lowercase());
    let bare = printed.replace('-', "");
    for text in [&printed, &bare, &format!("urn:uuid:{printed}"), &printed.to_uppercase()] {
        assert_eq!(MessageId::parse(text), Ok(id));
    }
    let mut json = Vec::new();
    id.write_json(&mut json);
    assert_eq!(json, format!("\"{printed}\"").into_bytes());
    true
}

/// A hash that is read is printed as the 64 digits it was read from, in lower case.
pub(super) fn bytes32(bytes: &[u8]) -> bool {
    lenient(bytes);
    let Some((text, hash)) = from_utf8(bytes).ok().and_then(|text| Some((text, hash(text)?)))
    else {
        return false;
    };
    let printed = hash.to_string();
    assert_eq!(printed, text.strip_prefix("0x").unwrap_or(text).to_lowercase());
    assert_eq!(Bytes32::parse(&printed), Ok(hash));
    assert_eq!(Bytes32::parse(&format!("0x{printed}")), Ok(hash));
    let mut body = Bytes32::default();
    assert_eq!((body.overwrite_from_hex(bytes), body), (Ok(()), hash), "a body is read alike");
    true
}

fn hash(text: &str) -> Option<Bytes32> {
    Bytes32::parse(text).ok()
}

/// As a body is read: bytes behind the last pair of digits stay as they were.
fn lenient(bytes: &[u8]) {
    let (mut over_zeros, mut over_ones) = (Bytes32([0; 32]), Bytes32([0xff; 32]));
    let read = over_zeros.overwrite_from_hex(bytes);
    assert_eq!(over_ones.overwrite_from_hex(bytes), read);
    let same = over_zeros.0.iter().zip(over_ones.0).take_while(|(zero, one)| *zero == one).count();
    assert!(over_zeros.0[same..].iter().all(|byte| *byte == 0));
    assert!(over_ones.0[same..].iter().all(|byte| *byte == 0xff));
    if read.is_ok() {
        let digits = bytes.strip_prefix(b"0x").unwrap_or(bytes);
        assert_eq!(same * 2, digits.len());
        assert!(over_zeros.to_string().as_bytes()[..same * 2].eq_ignore_ascii_case(digits));
    }
}

/// A pin that is read is printed as the same pin, and its hash is found without its nonce.
pub(super) fn pin(bytes: &[u8]) -> bool {
    let Ok(text) = from_utf8(bytes) else { return false };
    let (pin, hash) = (Pin::parse(text), Pin::parse_hash(text));
    let Ok(pin) = pin else { return false };
    let printed = pin.to_string();
    assert_eq!(Pin::parse(&printed), Ok(pin));
    assert_eq!(Pin::parse_hash(&printed), Ok(pin.hash));
    assert_eq!(PinHash::parse(&pin.hash.to_string()), Ok(pin.hash));
    if let Ok(hash) = hash {
        assert_eq!(hash, pin.hash);
    }
    true
}
