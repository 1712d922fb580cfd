//! Checkpoints have one spelling, and no byte of a signed one can be another.
//! What a witness signs of them is asked in `cosignature`.

use core::slice::from_ref;

use lampyris_evidence::checkpoint::{Checkpoint, CheckpointError, MAX_SIZE, SignedCheckpoint};
use lampyris_evidence::key::{SigningKey, VerifierKey};
use lampyris_evidence::merkle::{Hash, Head};
use lampyris_evidence::name::NameError;
use lampyris_evidence::note::SignatureError;
use lampyris_evidence::policy::Policy;
use proptest::prelude::*;

use crate::key::{REMORA, name};
use crate::signers::{ORIGIN, changed, changes, cosigned, head, log_key, signed, witness};

/// A checkpoint of a public log as it was published, with a signature of type 0x05 and four witnesses.
const PUBLISHED: &str = "\
arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

\u{2014} arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
\u{2014} arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
\u{2014} transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
\u{2014} witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
\u{2014} remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
\u{2014} witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
";
const PUBLISHER: &str =
    "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f";

#[test]
fn a_published_checkpoint_is_opened_with_its_witness() {
    let checkpoint = SignedCheckpoint::parse(PUBLISHED).unwrap();
    assert_eq!(checkpoint.encode(), PUBLISHED);
    assert_eq!(checkpoint.checkpoint().head.size, 1_432_088_532);
    assert_eq!(checkpoint.note().signatures().len(), 6);
    let (log, remora) =
        (VerifierKey::parse(PUBLISHER).unwrap(), VerifierKey::parse(REMORA).unwrap());
    checkpoint.verify(&log).unwrap();
    assert_eq!(checkpoint.cosigned_by(&remora), Ok(Some(1_779_573_024)));
    let witnessed = Policy::of(from_ref(&log), from_ref(&remora), 1).unwrap().check(&checkpoint);
    assert_eq!(witnessed.unwrap().len(), 1);

    let another = SignedCheckpoint::parse(&PUBLISHED.replace("1432088532", "1432088533")).unwrap();
    assert!(matches!(
        another.verify(&log),
        Err(CheckpointError::Signature(SignatureError::Wrong { .. }))
    ));
    assert!(matches!(another.cosigned_by(&remora), Err(SignatureError::Wrong { .. })));
}

fn checkpoint() -> impl Strategy<Value = Checkpoint> {
    let size = prop_oneof![0..20u64, 0..=MAX_SIZE];
    let extensions = prop::collection::vec("[^\\x00-\\x1f]{1,20}", 0..3);
    (name(), size, any::<[u8; 32]>(), extensions).prop_map(|(origin, size, root, extensions)| {
        Checkpoint { origin, head: Head { size, root: Hash(root) }, extensions }
    })
}

proptest! {
    #[test]
    fn a_checkpoint_is_read_as_it_was_written(checkpoint in checkpoint(), seed in any::<[u8; 32]>()) {
        prop_assert_eq!(&Checkpoint::parse(&checkpoint.text()).unwrap(), &checkpoint);
        let key = SigningKey::from_seed(checkpoint.origin.clone(), seed).unwrap();
        let signed = SignedCheckpoint::sign(checkpoint.clone(), &key).unwrap();
        let parsed = SignedCheckpoint::parse(&signed.encode()).unwrap();
        prop_assert_eq!(&parsed, &signed);
        prop_assert_eq!(parsed.checkpoint(), &checkpoint);
        parsed.verify(key.verifier()).unwrap();
    }

    #[test]
    fn a_changed_checkpoint_is_refused_or_has_its_one_spelling(
        checkpoint in checkpoint(),
        changes in changes(),
    ) {
        let text = changed(&checkpoint.text(), changes.clone());
        if let Ok(checkpoint) = Checkpoint::parse(&text) {
            prop_assert_eq!(checkpoint.text(), text);
        }
        let text = changed(PUBLISHED, changes);
        if let Ok(checkpoint) = SignedCheckpoint::parse(&text) {
            prop_assert_eq!(checkpoint.encode(), text);
        }
    }
}

/// Every byte, each of its other values, and every byte left out: none is the same checkpoint in another spelling.
#[test]
fn no_byte_of_a_signed_checkpoint_can_be_another() {
    let text = cosigned([1]).encode().into_bytes();
    let policy = Policy::of(&[log_key().verifier().clone()], &[witness(1).verifier().clone()], 1);
    let policy = policy.unwrap();
    let accepted = |bytes: &[u8]| {
        let text = core::str::from_utf8(bytes).ok();
        let checkpoint = text.and_then(|text| SignedCheckpoint::parse(text).ok());
        checkpoint.is_some_and(|checkpoint| policy.check(&checkpoint).is_ok())
    };
    assert!(accepted(&text));
    for at in 0..text.len() {
        let mut other = text.clone();
        for change in 1..=255 {
            other[at] = text[at] ^ change;
            assert!(!accepted(&other), "byte {at}: {:02x} for {:02x}", other[at], text[at]);
        }
        other.remove(at);
        assert!(!accepted(&other), "byte {at} left out");
    }
}

#[test]
fn what_is_no_checkpoint_is_refused_by_its_line() {
    let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
    let of = |origin: &str, size: &str, root: &str| format!("{origin}\n{size}\n{root}\n");
    let sized = |size: &str| (of("log", size, root), CheckpointError::Size);
    let rooted = |root: &str| (of("log", "1", root), CheckpointError::Root);
    let table = [
        (String::new(), CheckpointError::Lines),
        ("log\n1\n".to_owned(), CheckpointError::Lines),
        (of("log", "1", root).trim_end().to_owned(), CheckpointError::Lines),
        (of("", "1", root), CheckpointError::Origin(NameError::Empty)),
        (of("a log", "1", root), CheckpointError::Origin(NameError::Space)),
        (of("a+log", "1", root), CheckpointError::Origin(NameError::Plus)),
        sized(""),
        sized("01"),
        sized("00"),
        sized("+1"),
        sized("-1"),
        sized("1 "),
        sized("0x1"),
        sized("\u{661}"),
        sized("9223372036854775808"),
        sized("18446744073709551616"),
        rooted(""),
        rooted(&root[..43]),
        rooted("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J="),
        rooted("AAAA"),
        (of("log", "1", root) + "\n", CheckpointError::Extension { line: 4 }),
        (of("log", "1", root) + "more\n\n", CheckpointError::Extension { line: 5 }),
        (of("log", "1", root) + "mo\tre\n", CheckpointError::Extension { line: 4 }),
    ];
    for (text, error) in table {
        assert_eq!(Checkpoint::parse(&text).unwrap_err(), error, "{text:?}");
    }
    for size in ["0", "1", "10", "9223372036854775807"] {
        assert_eq!(Checkpoint::parse(&of("log", size, root)).unwrap().head.size.to_string(), size);
    }
}

#[test]
fn only_the_logs_own_key_signs_and_verifies() {
    let other = SigningKey::from_seed("another.example/log", [1; 32]).unwrap();
    let refused = CheckpointError::OtherKey {
        key: "another.example/log".to_owned(),
        origin: ORIGIN.to_owned(),
    };
    let checkpoint = signed().checkpoint().clone();
    assert_eq!(SignedCheckpoint::sign(checkpoint.clone(), &other).unwrap_err(), refused);
    let mut note = signed();
    let line = {
        let theirs = Checkpoint::new("another.example/log", head());
        SignedCheckpoint::sign(theirs, &other).unwrap().note().signatures()[0].clone()
    };
    note.add(line).unwrap();
    assert_eq!(note.verify(other.verifier()).unwrap_err(), refused);
    note.verify(log_key().verifier()).unwrap();
    assert!(matches!(note.verify(witness(1).verifier()), Err(CheckpointError::OtherKey { .. })));

    let mut without_origin = checkpoint;
    without_origin.origin.clear();
    let error = SignedCheckpoint::sign(without_origin, &other).unwrap_err();
    assert_eq!(error, CheckpointError::Origin(NameError::Empty));
}

#[test]
fn copies_of_one_checkpoint_are_merged() {
    let names = |checkpoint: &SignedCheckpoint| -> Vec<String> {
        checkpoint.note().signatures().iter().map(|line| line.name.clone()).collect()
    };
    let mut checkpoint = cosigned([1]);
    checkpoint.merge(&cosigned([3, 1, 2])).unwrap();
    let [w1, w2, w3] = [1, 2, 3].map(|number| format!("witness.example/w{number}"));
    assert_eq!(names(&checkpoint), [ORIGIN.to_owned(), w1, w3, w2]);
    let before = checkpoint.clone();

    let mut later = signed();
    later.add(witness(1).cosign(&later, 1).unwrap()).unwrap();
    checkpoint.merge(&later).unwrap();
    assert_eq!(checkpoint, before, "the line that was there first stays");

    let other = Checkpoint::new(ORIGIN, Head { size: 43, ..head() });
    let other = SignedCheckpoint::sign(other, &log_key()).unwrap();
    assert_eq!(checkpoint.merge(&other).unwrap_err(), CheckpointError::OtherText);
    assert_eq!(checkpoint, before);

    let (mut first, second) = (cosigned(0..40), cosigned(40..80));
    let before = first.clone();
    assert!(matches!(first.merge(&second), Err(CheckpointError::Note(_))), "no room");
    assert_eq!(first, before);
}
