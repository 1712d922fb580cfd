//! The family `data_hash`.

use lampyris_message::json::JsonValue;
use lampyris_message::{Bytes32, Data, StoredBlob};

use crate::{Case, Outcome, text};

/// The operations of ours.
pub(crate) const OPS: &[&str] = &["calcHash", "seal"];

/// Runs one case.
pub(crate) fn run(case: &Case) -> Outcome {
    let data = Data::from_json(&case.raw("data").unwrap())?;
    assert_eq!(Data::from_json(&data.to_json()).as_ref(), Ok(&data), "read as it is written");
    match case.op() {
        "calcHash" => calc_hash(&data),
        "seal" => seal(data, case.raw("blob").as_deref()),
        other => unreachable!("{other} is not ours"),
    }
}

fn calc_hash(data: &Data) -> Outcome {
    let hash = data.calc_hash()?;
    let value = data.value_bytes();
    assert_eq!(JsonValue::parse(value).unwrap().as_bytes(), value, "a stored value stays");
    let value_hash = text("valueHash", Bytes32::sha256(value));
    Ok(vec![("value", value.to_vec()), value_hash, text("hash", hash)])
}

fn seal(mut data: Data, blob: Option<&[u8]>) -> Outcome {
    let blob = blob.map(StoredBlob::from_json).transpose()?;
    let before = data.clone();
    let sealed = data.seal(blob.as_ref());
    if sealed.is_err() {
        assert_eq!(data, before, "a refused seal changes nothing");
    }
    let hash = sealed?;
    assert_eq!(data.check_hash(), Ok(hash), "what was sealed verifies");
    let size = text("valueSize", data.value_size());
    Ok(vec![text("hash", hash), size, ("data", data.to_json())])
}
