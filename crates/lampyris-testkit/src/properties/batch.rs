//! What holds of a batch: one that verifies verifies again, in the same form, from what is written of it.
//! Nothing of it is taken in.

use lampyris_message::batch::BatchHashForm;
use lampyris_message::{Batch, BatchPayload, Data, Message};

use super::message::is_settled;
use super::settled;

/// What is written is a fixed point; so are the manifest and both hashes.
pub(super) fn batch(json: &[u8]) -> bool {
    let payload = BatchPayload::from_json(json);
    if let Ok(payload) = &payload
        && are_settled(payload)
    {
        let written = payload.to_json();
        let again = BatchPayload::from_json(&written).unwrap();
        assert_eq!(again.to_json(), written);
        assert_eq!(again.legacy_hash(), payload.legacy_hash());
        assert_eq!(again.manifest(None), payload.manifest(None));
    }
    let Ok(batch) = Batch::from_json(json) else { return false };
    let found = batch != Batch::default();
    round_trip(&batch);
    let mut sealed = batch;
    let manifest = sealed.seal();
    assert_eq!(sealed.check_hash(), Ok(BatchHashForm::Manifest));
    assert_eq!(Some(manifest.hash()), sealed.hash);
    assert_eq!(sealed.seal(), manifest, "sealing again changes nothing");
    round_trip(&sealed);
    sealed.hash = Some(sealed.payload.legacy_hash());
    assert!(sealed.check_hash().is_ok());
    round_trip(&sealed);
    found
}

fn round_trip(batch: &Batch) {
    if settled(batch.header.created) && are_settled(&batch.payload) {
        let written = batch.to_json();
        let again = Batch::from_json(&written).unwrap();
        assert_eq!(again.to_json(), written);
        assert_eq!(again.manifest(), batch.manifest());
        assert_eq!(again.check_hash(), batch.check_hash());
        assert_eq!(again.verify(), batch.verify());
    }
}

fn are_settled(payload: &BatchPayload) -> bool {
    let messages = payload.messages.iter().flatten().flatten();
    let data = payload.data.iter().flatten().flatten();
    messages.into_iter().all(|message: &Message| is_settled(message))
        && data.into_iter().all(|data: &Data| settled(data.created))
}
