//! The families `message_hash` and `message_seal`.

use lampyris_message::message::DataRefs;
use lampyris_message::{Header, Message, SealedMessage};

use crate::{Case, Outcome, lossy, outcome, valid};

/// The operations of ours.
pub(crate) const OPS: &[&str] = &["header", "datarefs", "seal", "verify"];

/// Runs one case.
pub(crate) fn run(case: &Case) -> Outcome {
    match case.op() {
        "header" => header(&case.raw("header").unwrap()),
        "datarefs" => data_refs(case.raw("data").as_deref()),
        "seal" => seal(&case.raw("message").unwrap()),
        "verify" => verify(&case.raw("message").unwrap()),
        other => unreachable!("{other} is not ours"),
    }
}

fn header(json: &[u8]) -> Outcome {
    let header = Header::from_json(json)?;
    let bytes = lossy(&header.canonical_bytes());
    Ok(outcome([("headerBytes", bytes), ("headerHash", header.hash().to_string())]))
}

fn data_refs(json: Option<&[u8]>) -> Outcome {
    let data = json.map(DataRefs::from_json).transpose()?.unwrap_or_default();
    let bytes = lossy(&data.canonical_bytes());
    Ok(outcome([("dataBytes", bytes), ("dataHash", data.hash().to_string())]))
}

fn seal(json: &[u8]) -> Outcome {
    let mut message = Message::from_json(json)?;
    let sealed = message.seal()?;
    assert_eq!(message.verify().as_ref(), Ok(&sealed), "what was sealed verifies");
    stored_and_back(&sealed);
    Ok(outcome([
        ("headerBytes", lossy(sealed.header_bytes())),
        ("hash", sealed.hash().to_string()),
        ("datahash", sealed.header().data_hash.unwrap().to_string()),
        ("message", lossy(&message.to_json())),
    ]))
}

fn verify(json: &[u8]) -> Outcome {
    let message = Message::from_json(json)?;
    message.check_hashes()?;
    if message.header.id.is_some() {
        stored_and_back(&message.verify()?);
    }
    Ok(valid())
}

/// A sealed message comes back from its own bytes.
fn stored_and_back(sealed: &SealedMessage) {
    let data = sealed.data_list().map(<[_]>::to_vec);
    let again = SealedMessage::from_header_bytes(sealed.header_bytes(), data);
    assert_eq!(again.as_ref(), Ok(sealed), "what was sealed can be stored");
}
