//! What holds of a signed note: its bytes are those that are written for it, and no signature has another spelling.
//! What a checkpoint's text says is not asked here.

use std::str::from_utf8;

use lampyris_evidence::note::SignedNote;

use super::signed::log_key;

/// A note that is read is written again to the same bytes; one that verifies has the very signature that its key makes.
pub(super) fn note(bytes: &[u8]) -> bool {
    let Some(text) = from_utf8(bytes).ok() else { return false };
    let Ok(note) = SignedNote::parse(text) else { return false };
    assert_eq!(note.encode(), text, "accepted, so in its one spelling");
    let again = SignedNote::new(note.text().to_owned(), note.signatures().to_vec());
    assert_eq!(again.as_ref(), Ok(&note));
    if note.verify(log_key().verifier()).is_ok() {
        let made = SignedNote::sign(note.text().to_owned(), log_key()).unwrap();
        assert!(note.signatures().contains(&made.signatures()[0]));
    }
    true
}
