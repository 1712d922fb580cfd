//! Data elements: what is hashed, what sealing takes from a stored blob, which references hold.

use lampyris_message::data::references::Elements;
use lampyris_message::{
    BlobHash, BlobRef, Bytes32, Data, DataHash, DataId, InvalidData, SealedRef, StoredBlob,
};

const BLOB: BlobHash = BlobHash::from_bytes([7; 32]);

fn element(members: &str) -> Data {
    let json = format!(
        r#"{{"id":"a0000000-0000-4000-8000-000000000001","created":"2022-05-16T01:23:10Z"{members}}}"#
    );
    Data::from_json(json.as_bytes()).unwrap()
}

fn with_blob(value: &str) -> Data {
    element(&format!(r#","value":{value},"blob":{{"hash":"{BLOB}","name":"old"}}"#))
}

/// The name that sealing gives the blob beside `value`.
fn sealed_name(value: &str) -> String {
    let mut data = with_blob(value);
    data.seal(Some(&StoredBlob { hash: Some(BLOB), size: 9 })).unwrap();
    let blob = data.blob.unwrap();
    assert_eq!(blob.size, 9);
    blob.name
}

#[test]
fn a_blob_is_named_by_the_value_beside_it() {
    for (value, name) in [
        (r#"{"name":"n","path":"p","filename":"f"}"#, "n"),
        (r#"{"name":"","path":"p","filename":"f"}"#, "p/f"),
        (r#"{"path":"p"}"#, "old"),
        (r#"{"filename":"f"}"#, "f"),
        (r#"{"name":{"x":1},"filename":["f"]}"#, "old"),
        (r#"{"name":"a","name":"b"}"#, "b"),
        (r#"{"name":"a","name":null,"filename":"f"}"#, "f"),
        (r#"{"Name":"a"}"#, "old"),
        (r#"{"n\u0061me":"\u00e9\/"}"#, "é/"),
        (r#"{"name":true}"#, "true"),
        (r#"{"name":1e21}"#, "1000000000000000000000"),
        (r#"{"name":0.10}"#, "0.1"),
        (r#"{"name":"n","x":[1e400]}"#, "old"),
        (r#"{"name":"n","x":"1e400","y":1e-400}"#, "n"),
        (r#"{"name":"n","x":"\"1e400","y":"\\"}"#, "n"),
        (r#"["name"]"#, "old"),
        (r#""name""#, "old"),
    ] {
        assert_eq!(sealed_name(value), name, "{value}");
    }
}

#[test]
fn a_seal_is_refused_in_upstreams_words_and_order() {
    let refuses = |mut data: Data, blob: Option<StoredBlob>, words: &str, status: u16| {
        let before = data.clone();
        let error = data.seal(blob.as_ref()).unwrap_err();
        assert_eq!((error.to_string().as_str(), error.status()), (words, status));
        assert!(words.starts_with(error.code()));
        assert_eq!(data, before);
    };
    let mismatch = "FF00110: Blob mismatch when sealing data";
    let other = Some(StoredBlob { hash: Some(BlobHash::from_bytes([8; 32])), size: 1 });
    refuses(element(r#","blob":{}"#), other, mismatch, 500);
    refuses(with_blob("1"), other, mismatch, 500);
    refuses(with_blob("1"), None, mismatch, 500);
    refuses(element(r#","validator":"x""#), None, "FF00109: Data value is null", 400);
    let unknown = "FF00108: Unknown validator type: 'wibble'";
    refuses(element(r#","value":1,"validator":"WIBBLE""#), None, unknown, 400);
    let data = Data { id: None, ..element(r#","value":1"#) };
    refuses(data, None, "FF10140: Field 'data.id' is required", 400);
    let data = Data { created: None, ..element(r#","value":1"#) };
    refuses(data, None, "FF10140: Field 'data.created' is required", 400);
}

#[test]
fn a_blob_without_a_hash_is_no_blob() {
    let mut data = element(r#","value":"x","blob":{"size":5}"#);
    let hash = data.seal(None).unwrap();
    assert_eq!(hash.0, Bytes32::sha256(b"\"x\""));
    let mut data = element(r#","value":"x","blob":{"size":5}"#);
    assert_eq!(data.seal(Some(&StoredBlob { hash: None, size: 6 })), Ok(hash));
    assert_eq!(data.blob, Some(BlobRef { size: 6, ..BlobRef::default() }));
    assert_eq!(element(r#","blob":{"size":5}"#).calc_hash(), Err(InvalidData::NoValue));
}

#[test]
fn a_received_element_is_held_to_its_hash() {
    let mut data = element(r#","value":{"a":1}"#);
    let expected = data.calc_hash().unwrap();
    assert_eq!(data.check_hash(), Err(InvalidData::HashMismatch { found: None, expected }));
    let words = data.check_hash().unwrap_err().to_string();
    assert_eq!(
        words,
        format!("FF10201: Invalid data: hashes do not match Hash= Expected={expected}")
    );
    data.hash = Some(expected);
    assert_eq!(data.check_hash(), Ok(expected));
    data.value = element(r#","value":{"a":1.0}"#).value;
    assert!(data.check_hash().is_err());
}

#[test]
fn a_size_is_a_whole_number_of_sixty_four_bits() {
    let size = |size: &str| {
        Data::from_json(format!(r#"{{"blob":{{"size":{size}}}}}"#).as_bytes())
            .map(|data| data.blob.unwrap().size)
            .ok()
    };
    assert_eq!(size("9223372036854775807"), Some(i64::MAX));
    assert_eq!((size("-0"), size("null"), size("-5")), (Some(0), Some(0), Some(-5)));
    for bad in ["1.0", "1e3", "9223372036854775808", "\"5\"", "true", "[]"] {
        assert_eq!(size(bad), None, "{bad}");
    }
}

#[test]
fn a_reference_holds_only_for_an_element_of_its_id_and_hash() {
    let (one, two) = (element(r#","value":1"#), with_blob("2"));
    let refer =
        |id: &Data, hash: &Data| SealedRef { id: id.id.unwrap(), hash: hash.calc_hash().unwrap() };
    let other = Data { id: Some(DataId::from_bytes([9; 16])), ..one.clone() };
    let lies = Data { hash: Some(DataHash::from_bytes([1; 32])), ..two.clone() };
    let empty = Data::default();
    let elements = Elements::new([&one, &lies, &other, &empty]);
    let found = elements.resolve(&[refer(&other, &one), refer(&two, &two), refer(&one, &one)]);
    assert_eq!(found, Ok(vec![&other, &lies, &one]), "two elements may share an id or a hash");

    let error = elements.resolve(&[refer(&one, &one), refer(&other, &two)]).unwrap_err();
    assert_eq!(error.to_string(), "FF10204: Data reference 1 cannot be resolved");
    assert_eq!(error.found, Some(one.calc_hash().unwrap()));
    let absent = SealedRef { id: DataId::from_bytes([3; 16]), ..refer(&one, &one) };
    let error = elements.resolve(&[absent]).unwrap_err();
    assert_eq!((error.index, error.found, error.code()), (0, None, "FF10204"));
}
