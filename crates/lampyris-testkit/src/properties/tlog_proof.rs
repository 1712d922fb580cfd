//! What holds of a proof file: its bytes are those that are written for it, and it proves the record it was made for.
//! The checkpoint in it is asked for in `checkpoint`.

use std::str::from_utf8;

use lampyris_evidence::merkle::Hash;
use lampyris_evidence::tlog_proof::TlogProof;

use super::signed::{LEAVES, known_policy, leaf, tree};

/// A proof that is read is written again to the same bytes; one that holds is of a record that stands there.
pub(super) fn tlog_proof(bytes: &[u8]) -> bool {
    let Some(text) = from_utf8(bytes).ok() else { return false };
    let Ok(proof) = TlogProof::parse(text) else { return false };
    assert_eq!(proof.encode(), text, "accepted, so in its one spelling");
    for index in 0..LEAVES {
        if proof.check(&leaf(index), known_policy()).is_ok() {
            let head = proof.checkpoint.checkpoint().head;
            assert_eq!(proof.index, index, "{}", Hash::leaf(&leaf(index)));
            assert_eq!(tree(head.size), head);
        }
    }
    true
}
