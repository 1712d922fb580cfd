//! Keys have one spelling, and are the keys that other implementations read and write.
//! What they sign is tested with notes and cosignatures.

use lampyris_evidence::key::{Algorithm, KeyError, SigningKey, VerifierKey, WitnessKey};
use lampyris_evidence::name::{NameError, check_name};
use proptest::prelude::*;
use signed_note::{Signer as _, StandardSigner, StandardVerifier, Verifier as _};

use crate::signers::{Changes, changed, changes, with_unused_bit};

/// The pair of keys of the documentation of Go's `golang.org/x/mod/sumdb/note`.
pub(crate) const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
pub(crate) const PETER_SIGNS: &str =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
/// A witness that cosigns public logs.
pub(crate) const REMORA: &str =
    "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2";

pub(crate) fn name() -> impl Strategy<Value = String> {
    "[a-z]{1,10}(\\.[a-z]{2,3})?(/[\\PC&&[^+]]{0,8})?"
        .prop_map(|name| name.replace(char::is_whitespace, "_"))
}

#[test]
fn known_keys_are_read_and_written() {
    let key = SigningKey::parse(PETER_SIGNS).unwrap();
    assert_eq!(key.encode(), PETER_SIGNS);
    assert_eq!(key.verifier().to_string(), PETER);
    let verifier = VerifierKey::parse(PETER).unwrap();
    assert_eq!(verifier, *key.verifier());
    assert_eq!((verifier.name(), verifier.id()), ("PeterNeumann", 0xc74f_20a3));
    assert_eq!(verifier.algorithm(), Algorithm::Ed25519);

    let witness = VerifierKey::parse(REMORA).unwrap();
    assert_eq!(witness.to_string(), REMORA);
    assert_eq!(witness.algorithm(), Algorithm::CosignatureV1);
}

proptest! {
    #[test]
    fn keys_are_those_of_another_implementation(name in name(), seed in any::<[u8; 32]>()) {
        let key = SigningKey::from_seed(name.clone(), seed).unwrap();
        let verifier = key.verifier();
        prop_assert_eq!(&VerifierKey::parse(&verifier.to_string()).unwrap(), verifier);
        prop_assert_eq!(SigningKey::parse(&key.encode()).unwrap().encode(), key.encode());

        let theirs = StandardVerifier::new(&verifier.to_string()).unwrap();
        prop_assert_eq!((theirs.name(), theirs.key_id()), (verifier.name(), verifier.id()));
        let theirs = StandardSigner::new(&key.encode()).unwrap();
        prop_assert_eq!((theirs.name(), theirs.key_id()), (verifier.name(), verifier.id()));

        let witness = WitnessKey::from_seed(name.clone(), seed).unwrap();
        let bytes = [&[4], witness.verifier().public().as_slice()].concat();
        prop_assert_eq!(witness.verifier().id(), signed_note::key_id(&name, &bytes));
        prop_assert_eq!(&VerifierKey::parse(&witness.verifier().to_string()).unwrap(), witness.verifier());
        prop_assert_eq!(WitnessKey::parse(&witness.encode()).unwrap().encode(), witness.encode());
    }

    #[test]
    fn a_changed_key_is_refused(changes in changes()) {
        changed_key_is_refused(changes)?;
    }

    #[test]
    fn names_are_those_of_another_implementation(name in ".{0,8}") {
        let control = name.contains(|character| character < ' ');
        prop_assert_eq!(check_name(&name).is_ok(), signed_note::is_key_name_valid(&name) && !control);
    }
}

/// The id is made of all the rest: no change leaves a key.
fn changed_key_is_refused(edits: Changes) -> Result<(), TestCaseError> {
    for text in [PETER, REMORA] {
        let changed = changed(text, edits.clone());
        if let Ok(key) = VerifierKey::parse(&changed) {
            prop_assert_eq!(key.to_string(), changed.clone());
            prop_assert_eq!(changed, text);
        }
    }
    let changed = changed(PETER_SIGNS, edits);
    if let Ok(key) = SigningKey::parse(&changed) {
        prop_assert_eq!(key.encode(), changed.clone());
        prop_assert_eq!(changed, PETER_SIGNS);
    }
    Ok(())
}

#[test]
fn what_is_no_key_is_refused_by_its_rule() {
    let (_, key64) = PETER.rsplit_once('+').unwrap();
    let with = |name: &str, id: &str, key: &str| VerifierKey::parse(&format!("{name}+{id}+{key}"));
    let point = |point: [u8; 32], y_has_sign: bool| {
        let mut bytes = [[1].as_slice(), &point].concat();
        bytes[32] |= u8::from(y_has_sign) << 7;
        let id = format!("{:08x}", signed_note::key_id("name", &bytes));
        with("name", &id, &base64(&bytes)).unwrap_err()
    };
    let mut not_reduced = [0xff; 32]; // 2^255 - 18 = p + 1, which is 1 again: a point of order 1
    (not_reduced[0], not_reduced[31]) = (0xee, 0x7f);
    let mut two = [0; 32]; // no x goes with y = 2
    two[0] = 2;
    let mut three_again = not_reduced; // p + 3: the same point as y = 3, in another spelling
    three_again[0] = 0xf0;
    let mut three = [0; 32];
    three[0] = 3;

    let name = |name: &str| with(name, "c74f20a3", key64).unwrap_err();
    let short = base64(&[1; 32]);
    let public = VerifierKey::parse(PETER).unwrap().public();
    let peter = signed_note::key_id("Peter", &[[1].as_slice(), &public].concat());
    #[rustfmt::skip]
    let table = [
        (VerifierKey::parse("").unwrap_err(), KeyError::Parts),
        (VerifierKey::parse("name+00000000").unwrap_err(), KeyError::Parts),
        (VerifierKey::parse(PETER_SIGNS).unwrap_err(), KeyError::Private),
        (SigningKey::parse(PETER).map(drop).unwrap_err(), KeyError::NotPrivate),
        (WitnessKey::parse(PETER_SIGNS).map(drop).unwrap_err(), KeyError::Algorithm { found: 1 }),
        (name(""), KeyError::Name(NameError::Empty)),
        (name("a b"), KeyError::Name(NameError::Space)),
        (name("a\u{2003}b"), KeyError::Name(NameError::Space)),
        (name("a\u{1}b"), KeyError::Name(NameError::Control)),
        (name(&"n".repeat(256)), KeyError::Name(NameError::Long { found: 256 })),
        (name("Peter"), KeyError::Id { expected: peter, found: 0xc74f_20a3 }),
        (with("PeterNeumann", "C74F20A3", key64).unwrap_err(), KeyError::IdSpelling),
        (with("PeterNeumann", "+74f20a3", key64).unwrap_err(), KeyError::IdSpelling),
        (with("PeterNeumann", "c74f20a", key64).unwrap_err(), KeyError::IdSpelling),
        (with("PeterNeumann", "0c74f20a3", key64).unwrap_err(), KeyError::IdSpelling),
        (with("PeterNeumann", "c74f20a3", &key64[..43]).unwrap_err(), KeyError::Base64),
        (with("PeterNeumann", "c74f20a3", &format!("{key64}\n")).unwrap_err(), KeyError::Base64),
        (with("PeterNeumann", "c74f20a3", &short).unwrap_err(), KeyError::Base64),
        (with("name", "00000000", &base64(&[6; 33])).unwrap_err(), KeyError::Algorithm { found: 6 }),
        (point(not_reduced, false), KeyError::Point),
        (point([0; 32], false), KeyError::Point),
        (point(two, false), KeyError::Point),
        (point(three_again, false), KeyError::Point),
    ];
    for (row, (found, expected)) in table.into_iter().enumerate() {
        assert_eq!(found, expected, "row {row}");
    }
    // So that the row above is refused for its spelling and nothing else.
    let bytes = [[1].as_slice(), &three].concat();
    let id = format!("{:08x}", signed_note::key_id("name", &bytes));
    with("name", &id, &base64(&bytes)).unwrap();
}

#[test]
fn no_text_for_readers_holds_a_seed() {
    let key = SigningKey::parse(PETER_SIGNS).unwrap();
    let secret = PETER_SIGNS.rsplit_once('+').unwrap().1;
    let witness = WitnessKey::from_seed("w", [7; 32]).unwrap();
    assert_eq!(format!("{key:?}"), format!("SigningKey({PETER})"));
    assert_eq!(format!("{witness:?}"), format!("WitnessKey({})", witness.verifier()));
    let wrong = PETER_SIGNS.replace("c74f20a3", "c74f20a4");
    for error in [VerifierKey::parse(PETER_SIGNS).err(), SigningKey::parse(&wrong).err()] {
        let error = error.unwrap();
        assert!(!format!("{error} {error:?}").contains(&secret[..8]), "{error}");
    }
}

#[test]
fn unused_bits_of_a_key_are_refused() {
    let key = base64(&[1; 31]);
    assert!(key.ends_with('='), "33 bytes have no unused bit, 31 have");
    let text = format!("name+00000000+{}", with_unused_bit(&key));
    assert_eq!(VerifierKey::parse(&text).unwrap_err(), KeyError::Base64);
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
