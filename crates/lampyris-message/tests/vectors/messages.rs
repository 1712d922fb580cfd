//! The families `message_hash` and `message_seal`.

use lampyris_message::check::{Examined, Verdict, items};
use lampyris_message::json::Document;
use lampyris_message::message::DataRefs;
use lampyris_message::{DecodeError, Header, InvalidMessage, Message, SealedMessage};

use crate::{Case, Outcome, text, valid};

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
    let document = [b"{\"header\":", Document::first(json)?.root().bytes(), b"}"].concat();
    let checked = examined(&document)?;
    let own = checked.hashes.iter().find(|hashed| hashed.field == "hash").unwrap();
    assert_eq!(own.bytes, Some(header.canonical_bytes()), "checking hashes the same");
    Ok(vec![("headerBytes", header.canonical_bytes()), text("headerHash", header.hash())])
}

fn data_refs(json: Option<&[u8]>) -> Outcome {
    let data = json.map(DataRefs::from_json).transpose()?.unwrap_or_default();
    Ok(vec![("dataBytes", data.canonical_bytes()), text("dataHash", data.hash())])
}

fn seal(json: &[u8]) -> Outcome {
    let mut message = Message::from_json(json)?;
    let sealed = message.seal()?;
    assert_eq!(message.verify().as_ref(), Ok(&sealed), "what was sealed verifies");
    stored_and_back(&sealed);
    Ok(vec![
        ("headerBytes", sealed.header_bytes().to_vec()),
        text("hash", sealed.hash()),
        text("datahash", sealed.header().data_hash.unwrap()),
        ("message", message.to_json()),
    ])
}

fn verify(json: &[u8]) -> Outcome {
    let message = Message::from_json(json)?;
    let checked = message.check_hashes();
    match &checked {
        Ok(()) => assert_eq!(examined(json)?.verdict(), Verdict::Agrees),
        Err(InvalidMessage::HashMismatch(_)) => {
            assert_eq!(examined(json)?.verdict(), Verdict::Wrong);
        }
        Err(_) => {}
    }
    checked?;
    if message.header.id.is_some() {
        stored_and_back(&message.verify()?);
    }
    Ok(valid())
}

/// What checking finds in a message.
fn examined(json: &[u8]) -> Result<Examined, DecodeError> {
    items(Document::first(json)?.root()).unwrap()[0].examine()
}

/// A sealed message comes back from its own bytes.
fn stored_and_back(sealed: &SealedMessage) {
    let data = sealed.data_list().map(<[_]>::to_vec);
    let again = SealedMessage::from_header_bytes(sealed.header_bytes(), data);
    assert_eq!(again.as_ref(), Ok(sealed), "what was sealed can be stored");
}
