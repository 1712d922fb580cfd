//! A cosignature is what the specification says is signed, by another implementation's hand, and holds its time.
//! Which witnesses count is asked in `policy`.

use lampyris_evidence::checkpoint::{Checkpoint, SignedCheckpoint};
use lampyris_evidence::cosignature::{MAX_TIME, TooLate};
use lampyris_evidence::key::SigningKey;
use lampyris_evidence::note::{Signature, SignatureError};
use proptest::prelude::*;
use signed_note::{Signer as _, StandardSigner};

use crate::signers::{ORIGIN, TIME, cosigned, head, log_key, signed, witness};

/// What the specification says, signed by another implementation with the seed of witness 1.
fn by_hand(text: &str, seconds: u64, said: &str) -> Signature {
    let name = witness(1).name().to_owned();
    let signer = SigningKey::from_seed(name.clone(), [101; 32]).unwrap();
    let signer = StandardSigner::new(&signer.encode()).unwrap();
    let message = format!("cosignature/v1\ntime {said}\n{text}");
    let signature = signer.sign(message.as_bytes()).unwrap();
    let id =
        signed_note::key_id(&name, &[&[4], witness(1).verifier().public().as_slice()].concat());
    Signature { name, id, bytes: [seconds.to_be_bytes().as_slice(), &signature].concat() }
}

fn with(line: Signature) -> SignedCheckpoint {
    let mut checkpoint = signed();
    checkpoint.add(line).unwrap();
    checkpoint
}

proptest! {
    #[test]
    fn a_cosignature_is_what_another_implementation_makes(seconds in 0..=MAX_TIME, more in "[a-z]{0,5}") {
        let mut checkpoint = Checkpoint::new(ORIGIN, head());
        checkpoint.extensions.extend((!more.is_empty()).then_some(more));
        let mut signed = SignedCheckpoint::sign(checkpoint, &log_key()).unwrap();
        let ours = witness(1).cosign(&signed, seconds).unwrap();
        prop_assert_eq!(&ours, &by_hand(signed.note().text(), seconds, &seconds.to_string()));
        signed.add(ours).unwrap();
        let parsed = SignedCheckpoint::parse(&signed.encode()).unwrap();
        prop_assert_eq!(parsed.cosigned_by(witness(1).verifier()), Ok(Some(seconds)));
        parsed.note().verify(witness(1).verifier()).unwrap();
    }
}

#[test]
fn another_time_or_text_under_a_cosignature_is_refused() {
    let key = witness(1);
    let id = key.verifier().id();
    let wrong = Err(SignatureError::Wrong { name: key.name().to_owned(), id });
    let text = signed().note().text().to_owned();
    let good = key.cosign(&signed(), TIME).unwrap();
    assert_eq!(with(good.clone()).cosigned_by(key.verifier()), Ok(Some(TIME)));

    let changed = |change: fn(&mut Vec<u8>)| {
        let mut line = good.clone();
        change(&mut line.bytes);
        line
    };
    let lines = [
        by_hand(&text, TIME + 1, &TIME.to_string()),
        by_hand(&text, TIME, &(TIME + 1).to_string()),
        by_hand(&text, TIME, &format!("0{TIME}")),
        by_hand(text.trim_end(), TIME, &TIME.to_string()),
        by_hand(&text, MAX_TIME + 1, &(MAX_TIME + 1).to_string()),
        changed(|bytes| bytes[8] ^= 1),
        changed(|bytes| bytes.truncate(71)),
        changed(|bytes| bytes.push(0)),
        changed(|bytes| bytes.truncate(7)),
        changed(|bytes| drop(bytes.drain(..8))),
    ];
    for (row, line) in lines.into_iter().enumerate() {
        let checkpoint = with(line);
        assert_eq!(checkpoint.cosigned_by(key.verifier()), wrong, "row {row}");
        assert_eq!(
            checkpoint.note().verify(key.verifier()),
            wrong.clone().map(|_: Option<u64>| ())
        );
    }
    assert_eq!(key.cosign(&signed(), MAX_TIME + 1), Err(TooLate(MAX_TIME + 1)));
}

#[test]
fn a_witness_counts_once_and_only_as_a_witness() {
    let key = witness(1);
    assert_eq!(signed().cosigned_by(key.verifier()), Ok(None));
    assert_eq!(cosigned([2]).cosigned_by(key.verifier()), Ok(None));
    let text = cosigned([1]).encode();
    let line = key.cosign(&signed(), TIME + 60).unwrap();
    let twice = SignedCheckpoint::parse(&format!("{text}{line}\n")).unwrap();
    assert!(matches!(twice.cosigned_by(key.verifier()), Err(SignatureError::Repeated { .. })));
    // The log's own signature has no time.
    assert!(matches!(
        signed().cosigned_by(log_key().verifier()),
        Err(SignatureError::Wrong { .. })
    ));
}
