//! Notes have one spelling, and are those that another implementation opens and makes.
//! What a checkpoint's text may say is asked in `checkpoint`.

use lampyris_evidence::key::SigningKey;
use lampyris_evidence::name::NameError;
use lampyris_evidence::note::{
    LineRule, MAX_NOTE_BYTES, MAX_SIGNATURES, NoteError, Signature, SignatureError, SignedNote,
};
use proptest::prelude::*;
use signed_note::{Note, Signer, StandardSigner, StandardVerifier, VerifierList};

use crate::key::{PETER_SIGNS, name};
use crate::signers::{changed, changes, with_unused_bit};

const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n";
const PETERS: &str = "\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec("[^\\x00-\\x1f]{0,20}", 1..5).prop_map(|lines| lines.join("\n") + "\n")
}

fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(format!("k{number}"), [number; 32]).unwrap()
}

fn signature(key: &SigningKey, text: &str) -> Signature {
    SignedNote::sign(text.to_owned(), key).unwrap().signatures()[0].clone()
}

#[test]
fn a_known_note_is_made_and_opened() {
    let key = SigningKey::parse(PETER_SIGNS).unwrap();
    let note = SignedNote::sign(TEXT.to_owned(), &key).unwrap();
    assert_eq!(note.encode(), format!("{TEXT}\n{PETERS}"));
    let parsed = SignedNote::parse(&note.encode()).unwrap();
    assert_eq!((&parsed, parsed.text()), (&note, TEXT));
    parsed.verify(key.verifier()).unwrap();
}

/// The note of the specification: an empty line stands in its text, and nobody says its key.
#[test]
fn the_last_empty_line_separates() {
    let text = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n";
    let note = format!(
        "{text}\n\u{2014} quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
    );
    let parsed = SignedNote::parse(&note).unwrap();
    assert_eq!((parsed.text(), parsed.encode()), (text, note));
}

proptest! {
    #[test]
    fn another_implementation_opens_our_notes_and_we_open_its(
        text in text(),
        keys in prop::collection::btree_map(name(), any::<[u8; 32]>(), 1..4),
    ) {
        let keys: Vec<_> =
            keys.into_iter().map(|(name, seed)| SigningKey::from_seed(name, seed).unwrap()).collect();
        let signatures = keys.iter().map(|key| signature(key, &text)).collect();
        let ours = SignedNote::new(text.clone(), signatures).unwrap();

        let signers: Vec<_> =
            keys.iter().map(|key| StandardSigner::new(&key.encode()).unwrap()).collect();
        let mut theirs = Note::new(text.as_bytes(), &[]).unwrap();
        theirs.add_sigs(&signers.iter().map(|signer| signer as &dyn Signer).collect::<Vec<_>>()).unwrap();
        prop_assert_eq!(ours.encode().into_bytes(), theirs.to_bytes());

        let opened = Note::from_bytes(ours.encode().as_bytes()).unwrap();
        prop_assert_eq!(opened.text(), text.as_bytes());
        let verifiers = keys.iter().map(|key| {
            Box::new(StandardVerifier::new(&key.verifier().to_string()).unwrap()) as _
        });
        let (verified, rest) = opened.verify(&VerifierList::new(verifiers.collect())).unwrap();
        prop_assert_eq!((verified.len(), rest.len()), (keys.len(), 0));

        let opened = SignedNote::parse(core::str::from_utf8(&theirs.to_bytes()).unwrap()).unwrap();
        prop_assert_eq!(opened.text(), &text);
        for key in &keys {
            opened.verify(key.verifier()).unwrap();
        }
    }

    #[test]
    fn a_changed_note_is_refused_or_has_its_one_spelling(changes in changes(), more in text()) {
        let text = changed(&format!("{TEXT}{more}\n{PETERS}"), changes);
        let Ok(note) = SignedNote::parse(&text) else { return Ok(()) };
        prop_assert_eq!(note.encode(), text.clone());
        prop_assert!(Note::from_bytes(text.as_bytes()).is_ok(), "accepted here and nowhere else");
    }

    #[test]
    fn any_text_is_refused_or_has_its_one_spelling(text in ".{0,40}\n\n(\u{2014} [a-z]{1,3} [A-Za-z0-9+/]{8,12}={0,2}\n){1,3}") {
        if let Ok(note) = SignedNote::parse(&text) {
            prop_assert_eq!(note.encode(), text);
        }
    }
}

#[test]
fn what_is_no_note_is_refused_by_line_and_rule() {
    let line = |line: usize, rule: LineRule| NoteError::Line { line, rule };
    let below = |lines: &str| format!("text\n\n{lines}");
    #[rustfmt::skip]
    let table = [
        (String::new(), NoteError::Unsigned),
        (TEXT.to_owned(), NoteError::Unsigned),
        (format!("{TEXT}\n"), NoteError::Unsigned),
        (format!("{TEXT}{PETERS}"), NoteError::Unsigned),
        (format!("{TEXT}\n{PETERS}\n"), NoteError::Unsigned),
        (format!("\n{PETERS}"), NoteError::Unsigned),
        (format!("{TEXT}\n{}", PETERS.trim_end()), NoteError::Ending),
        (format!("a\tb\n\n{PETERS}"), NoteError::Control { line: 1 }),
        (format!("a\nb\r\n\n{PETERS}"), NoteError::Control { line: 2 }),
        (below("x\n"), line(3, LineRule::Parts)),
        (below("- name AAAAAAA=\n"), line(3, LineRule::Parts)),
        (below("\u{2014} name\n"), line(3, LineRule::Parts)),
        (below("\u{2014}  AAAAAAA=\n"), line(3, LineRule::Name(NameError::Empty))),
        (below("\u{2014} a+b AAAAAAA=\n"), line(3, LineRule::Name(NameError::Plus))),
        (below("\u{2014} a\u{a0}b AAAAAAA=\n"), line(3, LineRule::Name(NameError::Space))),
        (below("\u{2014} a\u{1}b AAAAAAA=\n"), line(3, LineRule::Name(NameError::Control))),
        (below("\u{2014} name AAAAAAA=\r\n"), line(3, LineRule::Base64)),
        (below("\u{2014} name  AAAAAAA=\n"), line(3, LineRule::Base64)),
        (below("\u{2014} name AAAAAAA= \n"), line(3, LineRule::Base64)),
        (below("\u{2014} name AAAAAAA\n"), line(3, LineRule::Base64)),
        (below("\u{2014} name AAAAAAB=\n"), line(3, LineRule::Base64)),
        (below("\u{2014} name AAAA-AA=\n"), line(3, LineRule::Base64)),
        (below("\u{2014} name AAAA\n"), line(3, LineRule::Short)),
        (below("\u{2014} name AAAAAA==\n"), line(3, LineRule::Short)),
        (below("\u{2014} name AAAAAAA=\nx\n"), line(4, LineRule::Parts)),
    ];
    for (text, error) in table {
        assert_eq!(SignedNote::parse(&text).unwrap_err(), error, "{text:?}");
    }
    SignedNote::parse(&below("\u{2014} name AAAAAAA=\n")).unwrap();
    let unused_bit = with_unused_bit(PETERS.trim_end());
    let unused_bit = format!("{TEXT}\n{unused_bit}\n");
    assert_eq!(SignedNote::parse(&unused_bit).unwrap_err(), line(4, LineRule::Base64));
}

#[test]
fn lines_of_others_are_kept_and_ignored() {
    let key = key(1);
    let id = key.verifier().id();
    let mine = signature(&key, TEXT);
    let other = |name: &str, id: u32| Signature { name: name.to_owned(), id, bytes: vec![6; 2420] };
    let lines = [other("k1", id ^ 1), other("k2", id), mine, other("k2", id)];
    let note = SignedNote::new(TEXT.to_owned(), lines.to_vec()).unwrap();
    let parsed = SignedNote::parse(&note.encode()).unwrap();
    assert_eq!(parsed.signatures(), lines);
    parsed.verify(key.verifier()).unwrap();
}

#[test]
fn a_note_counts_if_a_known_key_signed_it_once_and_well() {
    let (known, other) = (key(1), key(2));
    let (name, id) = ("k1".to_owned(), known.verifier().id());
    let good = signature(&known, TEXT);
    let of_another_text = signature(&known, "Another text\n");
    let by_another = Signature { bytes: signature(&other, TEXT).bytes, ..good.clone() };
    let short = Signature { bytes: good.bytes[..63].to_vec(), ..good.clone() };
    let verify = |lines: &[&Signature]| {
        let lines = lines.iter().copied().cloned().collect();
        SignedNote::new(TEXT.to_owned(), lines).unwrap().verify(known.verifier())
    };
    assert_eq!(verify(&[&good]), Ok(()));
    let wrong = SignatureError::Wrong { name: name.clone(), id };
    for bad in [of_another_text, by_another, short] {
        assert_eq!(verify(&[&bad]), Err(wrong.clone()));
        let repeated = SignatureError::Repeated { name: name.clone(), id };
        assert_eq!(verify(&[&good, &bad]), Err(repeated));
    }
    let missing = SignatureError::Missing { name, id };
    assert_eq!(verify(&[&signature(&other, TEXT)]), Err(missing));
}

/// Whoever has a key can make signatures with a point of small order in them. Some implementations take them and some
/// do not, and a log could show a note that half of its readers believe: here they are refused.
#[test]
fn a_signature_that_only_some_would_take_is_refused() {
    let key = key(1);
    let mut bytes = vec![0; 32];
    bytes[0] = 1; // R is the neutral element, and S the hash times the secret scalar of the seed, for "text\n"
    bytes.extend([
        55, 119, 87, 25, 64, 238, 123, 233, 248, 255, 78, 9, 225, 251, 111, 7, 64, 210, 202, 78,
        128, 106, 106, 180, 192, 214, 243, 91, 221, 241, 156, 15,
    ]);
    let (name, id) = (key.name().to_owned(), key.verifier().id());
    let line = Signature { name: name.clone(), id, bytes };
    let note = SignedNote::new("text\n".to_owned(), vec![line]).unwrap();
    assert_eq!(note.verify(key.verifier()), Err(SignatureError::Wrong { name, id }));

    let lenient = StandardVerifier::new(&key.verifier().to_string()).unwrap();
    let lenient = VerifierList::new(vec![Box::new(lenient)]);
    Note::from_bytes(note.encode().as_bytes()).unwrap().verify(&lenient).unwrap();
}

#[test]
fn a_note_keeps_its_bounds() {
    let line = |number: usize| Signature { name: format!("k{number}"), id: 7, bytes: vec![0; 68] };
    let most: Vec<_> = (0..MAX_SIGNATURES).map(line).collect();
    let mut note = SignedNote::new(TEXT.to_owned(), most).unwrap();
    let text = note.encode();
    assert_eq!(SignedNote::parse(&text).unwrap(), note);

    let found = MAX_SIGNATURES + 1;
    let more = line(found);
    assert_eq!(note.add(more.clone()).unwrap_err(), NoteError::Signatures { found });
    assert_eq!(note.add(line(0)).unwrap_err(), NoteError::Again { id: 7 });
    assert_eq!(note.encode(), text, "as it was");
    assert_eq!(
        SignedNote::parse(&format!("{text}{more}\n")).unwrap_err(),
        NoteError::Signatures { found }
    );

    let room = MAX_NOTE_BYTES - format!("\n\n{PETERS}").len();
    let longest = format!("{}\n\n{PETERS}", "x".repeat(room));
    assert_eq!(SignedNote::parse(&longest).unwrap().encode(), longest);
    let found = MAX_NOTE_BYTES + 1;
    assert_eq!(SignedNote::parse(&format!("x{longest}")).unwrap_err(), NoteError::Long { found });
    let text = format!("{}\n", "x".repeat(room + 1));
    let lines = SignedNote::parse(&longest).unwrap().signatures().to_vec();
    assert_eq!(SignedNote::new(text, lines).unwrap_err(), NoteError::Long { found });
}

#[test]
fn what_makes_no_note_is_not_made() {
    let key = key(1);
    let sign = |text: &str| SignedNote::sign(text.to_owned(), &key).unwrap_err();
    assert_eq!(sign(""), NoteError::Text);
    assert_eq!(sign("text"), NoteError::Text);
    assert_eq!(sign("te\txt\n"), NoteError::Control { line: 1 });
    assert_eq!(SignedNote::new("text\n".to_owned(), Vec::new()).unwrap_err(), NoteError::Unsigned);
    let line = Signature { name: "a b".to_owned(), id: 1, bytes: vec![1] };
    let rule = LineRule::Name(NameError::Space);
    assert_eq!(
        SignedNote::new("text\n".to_owned(), vec![line]).unwrap_err(),
        NoteError::Line { line: 3, rule }
    );
    let line = Signature { name: "a".to_owned(), id: 1, bytes: Vec::new() };
    let mut note = SignedNote::sign("text\n".to_owned(), &key).unwrap();
    assert_eq!(note.add(line).unwrap_err(), NoteError::Line { line: 4, rule: LineRule::Short });
    assert_eq!(note.signatures().len(), 1);
}
