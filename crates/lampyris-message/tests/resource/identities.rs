//! Identities: which DID goes with which type and name, and what is refused in which words.

use lampyris_message::{Bytes32, DecodeErrorKind, Identity, IdentityId, IdentityType, Open};

fn identity(of: &str, did: &str) -> Identity {
    Identity {
        id: Some(IdentityId::from_bytes([1; 16])),
        did: did.to_owned(),
        identity_type: Open::from_text(of),
        parent: Some(IdentityId::from_bytes([2; 16])),
        namespace: "ns1".to_owned(),
        name: "n".to_owned(),
        ..Identity::default()
    }
}

#[track_caller]
fn refuses(identity: &Identity, words: &str, status: u16) {
    let error = identity.check_fields().unwrap_err();
    assert_eq!((error.to_string().as_str(), error.status()), (words, status));
    assert!(words.starts_with(error.code()));
}

#[test]
fn the_did_follows_from_type_and_name() {
    for (of, did) in [
        ("org", "did:firefly:org/n"),
        ("node", "did:firefly:node/n"),
        ("custom", "did:firefly:n"),
        ("Custom", "did:firefly:ns/ns1/n"),
    ] {
        assert_eq!(identity(of, did).check_fields(), Ok(()), "{did}");
    }
    let words = "FF00120: Invalid FireFly DID 'did:firefly:ns/ns1/n' for type='org' namespace='ns1' name='n'";
    refuses(&identity("org", "did:firefly:ns/ns1/n"), words, 400);
    let words = "FF00120: Invalid FireFly DID '' for type='custom' namespace='ns1' name='n'";
    refuses(&identity("custom", ""), words, 400);
    refuses(&identity("x", ""), "FF00126: Unknown identity type: x", 400);
    let topic = Bytes32::sha256(b"did:firefly:org/n").to_string();
    assert_eq!(identity("org", "did:firefly:org/n").topic(), topic);
}

#[test]
fn each_bad_field_is_refused_in_upstreams_order() {
    let custom = || identity("custom", "did:firefly:n");
    refuses(&Identity { id: None, name: String::new(), ..custom() }, "FF00114: ID is nil", 500);
    let uuid = "0f1c6e05-2a5f-4d0d-a9b1-8f8a5e6d2b11".to_owned();
    refuses(&Identity { name: uuid, ..custom() }, "FF00141: Field 'name' must not be a UUID", 400);
    let system = Identity { namespace: "ff_system".to_owned(), parent: None, ..custom() };
    let words = "FF00121: Custom identities cannot be defined in the 'ff_system' namespace";
    refuses(&system, words, 400);
    for of in [IdentityType::Node, IdentityType::Custom] {
        let words = format!("FF00124: Identity of type '{of}' must have a valid parent");
        refuses(&Identity { parent: None, identity_type: of.into(), ..custom() }, &words, 400);
    }
    let long = |bytes| Identity { description: "d".repeat(bytes), ..custom() };
    assert_eq!(long(4096).check_fields(), Ok(()));
    refuses(&long(4097), "FF00135: Field 'description' maximum length is 4,096", 400);
}

#[test]
fn every_field_has_its_type() {
    let kind = |json: &str| Identity::from_json(json.as_bytes()).map_err(|error| error.kind());
    for bad in [
        r#"{"profile":[]}"#,
        r#"{"profile":{"a":[1e400]}}"#,
        r#"{"messages":[]}"#,
        r#"{"messages":{"claim":1}}"#,
        r#"{"description":1}"#,
        "[]",
    ] {
        assert_eq!(kind(bad), Err(DecodeErrorKind::Type), "{bad}");
    }
    assert_eq!(kind(r#"{"messages":{"update":"x"}}"#), Err(DecodeErrorKind::Value));
    assert_eq!(kind(r#"{"created":"x"}"#), Err(DecodeErrorKind::Coded));
    let read = kind(r#"{"DID":"d","profile":{"a": "1e400"},"messages":null}"#).unwrap();
    assert_eq!(
        (read.did.as_str(), read.profile.unwrap().as_bytes()),
        ("d", &br#"{"a":"1e400"}"#[..])
    );
    assert_eq!(kind("null"), Ok(Identity::default()));
}
