//! A log, its witnesses and what they sign, for all subjects; and changes of a text that a property tries.
//! Every key is made of a number, so each run has the same.

use lampyris_evidence::checkpoint::{Checkpoint, SignedCheckpoint};
use lampyris_evidence::key::{SigningKey, WitnessKey};
use lampyris_evidence::merkle::{Hash, Head};
use proptest::prelude::*;

pub(crate) const ORIGIN: &str = "lampyris.local/test";
pub(crate) const TIME: u64 = 1_790_000_000;

pub(crate) fn log_key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, [1; 32]).unwrap()
}

pub(crate) fn witness(number: u8) -> WitnessKey {
    WitnessKey::from_seed(format!("witness.example/w{number}"), [100 + number; 32]).unwrap()
}

pub(crate) fn head() -> Head {
    Head { size: 42, root: Hash::of(b"root") }
}

pub(crate) fn signed() -> SignedCheckpoint {
    SignedCheckpoint::sign(Checkpoint::new(ORIGIN, head()), &log_key()).unwrap()
}

/// The same, cosigned by the witnesses of these numbers.
pub(crate) fn cosigned(numbers: impl IntoIterator<Item = u8>) -> SignedCheckpoint {
    let mut checkpoint = signed();
    for number in numbers {
        let signature = witness(number).cosign(&checkpoint, TIME + u64::from(number)).unwrap();
        checkpoint.add(signature).unwrap();
    }
    checkpoint
}

/// A few characters put in, taken out or replaced.
pub(crate) type Changes = Vec<(prop::sample::Index, char, u8)>;

pub(crate) fn changes() -> impl Strategy<Value = Changes> {
    let character = prop_oneof![
        prop::sample::select("A/+=\n \t0\u{2014}a\u{0}\u{85}".chars().collect::<Vec<_>>()),
        any::<char>(),
    ];
    prop::collection::vec((any::<prop::sample::Index>(), character, 0..3u8), 1..4)
}

pub(crate) fn changed(text: &str, changes: Changes) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for (at, character, change) in changes {
        let at = at.index(characters.len());
        match change {
            0 => characters[at] = character,
            1 => characters.insert(at, character),
            _ => drop(characters.remove(at)),
        }
    }
    characters.into_iter().collect()
}

/// The same bytes with the lowest unused bit of the last base64 character set: a decoder that ignores it reads the same.
pub(crate) fn with_unused_bit(base64: &str) -> String {
    let text = base64.trim_end_matches('=');
    let (head, last) = text.split_at(text.len() - 1);
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let next = alphabet.chars().nth(alphabet.find(last).unwrap() + 1).unwrap();
    format!("{head}{next}{}", &base64[text.len()..])
}
