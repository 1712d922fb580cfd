//! What holds of an identity: one that is as it must be goes by the DID that its type and name make, or by
//! the one that once was.
//! Nobody's parent is looked up.

use lampyris_message::{Bytes32, Identity};

/// The checks of an identity agree with each other.
pub(super) fn identity(json: &[u8]) -> bool {
    let Ok(identity) = Identity::from_json(json) else { return false };
    assert_eq!(identity.topic(), Bytes32::sha256(identity.did.as_bytes()).to_string());
    if identity.check_fields().is_ok() {
        let required = identity.required_did().unwrap();
        assert!(identity.did == required || identity.did.starts_with("did:firefly:ns/"));
    }
    identity != Identity::default()
}
