//! What holds of a data element and of its value: the value is kept, and hashed, byte for byte.
//! Nothing here is checked against a datatype.

use std::collections::BTreeMap;

use lampyris_message::data::inline::{InlineData, entries};
use lampyris_message::json::JsonValue;
use lampyris_message::{BlobRef, Bytes32, Data, StoredBlob};

use super::settled;

/// An element, a value on its own, and a list of elements in line: each is read from what is written.
pub(super) fn data(json: &[u8]) -> bool {
    value(json);
    if let Ok(list) = InlineData::list_from_json(json)
        && let Ok(asked) = entries(&list, &BTreeMap::new())
    {
        assert_eq!(asked.len(), list.len());
    }
    if let Ok(stored) = StoredBlob::from_json(json) {
        described(&stored);
    }
    let Ok(data) = Data::from_json(json) else { return false };
    if settled(data.created) {
        let written = data.to_json();
        let again = Data::from_json(&written).unwrap();
        assert_eq!(again, data);
        assert_eq!(again.to_json(), written);
    }
    let blob = data.blob.as_ref().map(|blob| StoredBlob { hash: blob.hash, size: blob.size });
    let mut sealed = data.clone();
    match sealed.seal(blob.as_ref()) {
        Ok(hash) => {
            assert_eq!(sealed.check_hash(), Ok(hash));
            assert_eq!(data.calc_hash(), Ok(hash), "sealing changes nothing that is hashed");
            assert_eq!(sealed.seal(blob.as_ref()), Ok(hash));
        }
        Err(_) => assert_eq!(sealed, data, "a refused seal changes nothing"),
    }
    data != Data::default()
}

/// A value that is read is its own compact form, and hashes to those bytes wherever it stands.
fn value(json: &[u8]) {
    let Ok(value) = JsonValue::parse(json) else { return };
    assert_eq!(JsonValue::parse(value.as_bytes()).as_ref(), Ok(&value));
    assert_eq!(value.hash(), Bytes32::sha256(value.as_bytes()));
    // A value may be nested as deep as a document, but not deeper: an element adds a level.
    let document = [b"{\"value\":", value.as_bytes(), b"}"].concat();
    if let Ok(data) = Data::from_json(&document) {
        assert_eq!(data.value.as_ref(), Some(&value).filter(|value| !value.is_null()));
        assert_eq!(data.value_bytes(), value.as_bytes());
        let hash = data.calc_hash().ok().map(|hash| Bytes32(*hash.as_bytes()));
        assert_eq!(hash, data.value.as_ref().map(JsonValue::hash));
    } else {
        assert!(value.as_bytes().len() > 9_999, "only depth is refused");
    }
}

/// An element that refers to a stored blob takes over what is known of it.
fn described(stored: &StoredBlob) {
    let blob = BlobRef { hash: stored.hash, ..BlobRef::default() };
    let mut data = Data { blob: Some(blob), ..Data::default() };
    if data.seal(Some(stored)).is_ok() {
        assert_eq!(data.blob.map(|blob| (blob.hash, blob.size)), Some((stored.hash, stored.size)));
    }
}
