//! What holds of checkpoints, and of the keys that sign and cosign them: each has one spelling.
//! No policy is asked here.

use std::str::from_utf8;

use lampyris_evidence::checkpoint::{Checkpoint, SignedCheckpoint};
use lampyris_evidence::key::{SigningKey, VerifierKey, WitnessKey};
use lampyris_evidence::note::Signature;

use super::signed::{log_key, witness};

/// A text that is read as a checkpoint, signed or not, or as a key, is written again to the same bytes.
pub(super) fn checkpoint(bytes: &[u8]) -> bool {
    let Some(text) = from_utf8(bytes).ok() else { return false };
    let body = Checkpoint::parse(text).map(|body| assert_eq!(body.text(), text)).is_ok();
    let signed = SignedCheckpoint::parse(text).map(|checkpoint| signed(text, &checkpoint)).is_ok();
    body || signed || key(text)
}

fn signed(text: &str, checkpoint: &SignedCheckpoint) {
    assert_eq!(checkpoint.encode(), text, "accepted, so in its one spelling");
    assert_eq!(checkpoint.checkpoint().text(), checkpoint.note().text());
    let mut merged = checkpoint.clone();
    assert_eq!(merged.merge(checkpoint), Ok(()));
    assert_eq!(merged, *checkpoint, "nothing is new in the same");
    let made_again = |made: Signature| assert!(checkpoint.note().signatures().contains(&made));
    if checkpoint.verify(log_key().verifier()).is_ok() {
        let again = SignedCheckpoint::sign(checkpoint.checkpoint().clone(), log_key()).unwrap();
        made_again(again.note().signatures()[0].clone());
    }
    if let Ok(Some(seconds)) = checkpoint.cosigned_by(witness(0).verifier()) {
        made_again(witness(0).cosign(checkpoint, seconds).unwrap());
    }
}

fn key(text: &str) -> bool {
    let known =
        |key: &VerifierKey| assert_eq!(VerifierKey::parse(&key.to_string()).as_ref(), Ok(key));
    let verifier = VerifierKey::parse(text).map(|key| assert_eq!(key.to_string(), text));
    let signing = SigningKey::parse(text).map(|key| {
        assert_eq!(key.encode(), text);
        known(key.verifier());
    });
    let witness = WitnessKey::parse(text).map(|key| {
        assert_eq!(key.encode(), text);
        known(key.verifier());
    });
    let kinds = [verifier.is_ok(), signing.is_ok(), witness.is_ok()];
    assert!(kinds.iter().filter(|kind| **kind).count() <= 1, "one text is one kind of key");
    kinds.contains(&true)
}
