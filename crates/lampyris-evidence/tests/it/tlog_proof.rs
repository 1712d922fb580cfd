//! A proof file shows its record and no other, and has one spelling.
//! The proofs themselves are asked in `proofs`, whom to believe in `policy`.

use core::convert::Infallible;

use lampyris_evidence::checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint};
use lampyris_evidence::merkle::proof::{Nodes, ProofError, inclusion};
use lampyris_evidence::merkle::{Frontier, Hash};
use lampyris_evidence::note::NoteError;
use lampyris_evidence::policy::{Policy, PolicyError, Witnessed};
use lampyris_evidence::tlog_proof::{
    MAX_HASHES, MAX_TLOG_PROOF_BYTES, MalformedTlogProof, TlogProof, TlogProofError,
};
use proptest::prelude::*;

use crate::signers::{ORIGIN, TIME, changed, changes, log_key, witness};

struct Leaves(u64);

fn leaf(index: u64) -> Vec<u8> {
    format!("record {index}").into_bytes()
}

impl Nodes for Leaves {
    type Error = Infallible;

    fn node(&self, height: u8, index: u64) -> Result<Hash, Infallible> {
        assert!((index + 1) << height <= self.0);
        if height == 0 {
            return Ok(Hash::leaf(&leaf(index)));
        }
        let (left, right) =
            (self.node(height - 1, 2 * index)?, self.node(height - 1, 2 * index + 1)?);
        Ok(Hash::node(&left, &right))
    }
}

/// The proof of a record, under a checkpoint that witness 1 cosigned.
fn proof(index: u64, size: u64) -> TlogProof {
    let mut frontier = Frontier::new();
    (0..size).for_each(|index| frontier.push(Hash::leaf(&leaf(index))));
    let checkpoint = Checkpoint::new(ORIGIN, frontier.head());
    let mut checkpoint = SignedCheckpoint::sign(checkpoint, &log_key()).unwrap();
    checkpoint.add(witness(1).cosign(&checkpoint, TIME).unwrap()).unwrap();
    let proof = inclusion(&Leaves(size), index, size).unwrap().unwrap();
    TlogProof { extra: Vec::new(), index, proof, checkpoint }
}

fn policy() -> Policy {
    let witnesses = [1, 2].map(|number| witness(number).verifier().clone());
    Policy::of(&[log_key().verifier().clone()], &witnesses, 1).unwrap()
}

#[test]
fn a_proof_shows_its_record_and_no_other() {
    let witnessed = vec![Witnessed { name: witness(1).name().to_owned(), seconds: TIME }];
    for size in 1..20 {
        for index in 0..size {
            let written = proof(index, size);
            let read = TlogProof::parse(&written.encode()).unwrap();
            assert_eq!(read, written);
            assert_eq!(read.check(&leaf(index), &policy()), Ok(witnessed.clone()));
            let other = read.check(&leaf(index + 1), &policy());
            assert!(matches!(other, Err(TlogProofError::Proof(ProofError::Root { .. }))));
        }
    }
    let mut elsewhere = proof(3, 7);
    elsewhere.index = 2;
    assert!(matches!(elsewhere.check(&leaf(3), &policy()), Err(TlogProofError::Proof(_))));
    elsewhere.index = 7;
    let out = ProofError::OutOfTree { part: 7, size: 7 };
    assert_eq!(elsewhere.check(&leaf(3), &policy()), Err(TlogProofError::Proof(out)));
    let nobody = Policy::of(&[], &[], 0).unwrap();
    let unknown = PolicyError::UnknownLog { origin: ORIGIN.to_owned() };
    assert_eq!(proof(3, 7).check(&leaf(3), &nobody), Err(TlogProofError::Policy(unknown)));
}

/// The order of the specification: title, extra data, index, hashes, an empty line, the checkpoint.
#[test]
fn a_proof_has_the_lines_of_the_specification() {
    let mut proof = proof(0, 2);
    let text = proof.encode();
    let sibling = text.lines().nth(2).unwrap();
    let checkpoint = proof.checkpoint.encode();
    let lines = format!("index 0\n{sibling}\n\n{checkpoint}");
    assert_eq!(proof.encode(), format!("c2sp.org/tlog-proof@v1\n{lines}"));
    assert_eq!(sibling.len(), 44);
    proof.extra = b"extra information".to_vec();
    let text = format!("c2sp.org/tlog-proof@v1\nextra ZXh0cmEgaW5mb3JtYXRpb24=\n{lines}");
    assert_eq!(proof.encode(), text);
    assert_eq!(TlogProof::parse(&text).unwrap(), proof);
}

proptest! {
    #[test]
    fn a_proof_is_read_as_it_was_written(
        extra in prop::collection::vec(any::<u8>(), 0..40),
        index in 0..=i64::MAX as u64 - 1,
        hashes in prop::collection::vec(any::<[u8; 32]>(), 0..=MAX_HASHES),
    ) {
        let proof = TlogProof { extra, index, proof: hashes.into_iter().map(Hash).collect(), ..proof(0, 1) };
        prop_assert_eq!(TlogProof::parse(&proof.encode()).unwrap(), proof);
    }

    #[test]
    fn a_changed_proof_is_refused_or_has_its_one_spelling(changes in changes(), extra in 0..3usize) {
        let mut proof = proof(2, 5);
        proof.extra = vec![7; extra];
        let text = changed(&proof.encode(), changes);
        if let Ok(read) = TlogProof::parse(&text) {
            prop_assert_eq!(read.encode(), text.clone());
            let holds = read.check(&leaf(2), &policy()).is_ok();
            // Nothing vouches for the extra data, and lines of unknown keys say nothing.
            let said = |proof: &TlogProof| {
                (proof.index, proof.proof.clone(), proof.checkpoint.note().text().to_owned())
            };
            prop_assert!(!holds || said(&read) == said(&proof));
        }
    }
}

#[test]
fn what_is_no_proof_is_refused_by_line_and_rule() {
    let good = proof(2, 5);
    let text = good.encode();
    let hash = text.lines().nth(2).unwrap();
    let with = |from: &str, to: &str| text.replacen(from, to, 1);
    let title = "c2sp.org/tlog-proof@v1\n";
    let extra = |line: &str| with(title, &format!("{title}{line}\n"));
    let index = |line: &str| (with("index 2", line), MalformedTlogProof::Index);
    #[rustfmt::skip]
    let table = [
        (String::new(), MalformedTlogProof::End),
        (title.to_owned(), MalformedTlogProof::End),
        (text.replace("\n\n", "\n"), MalformedTlogProof::End),
        (with("@v1", "@v2"), MalformedTlogProof::Title),
        (format!("\n\n{text}"), MalformedTlogProof::Title),
        (extra("extra "), MalformedTlogProof::Extra),
        (extra("extra AB=="), MalformedTlogProof::Extra),
        (extra("extra AA"), MalformedTlogProof::Extra),
        (extra("extra AA== "), MalformedTlogProof::Extra),
        (extra("extra"), MalformedTlogProof::Index),
        (extra("extra AA==\nextra AA=="), MalformedTlogProof::Index),
        (with("index 2\n", ""), MalformedTlogProof::Index),
        index("index 02"),
        index("index +2"),
        index("index -2"),
        index("index  2"),
        index("index 2 "),
        index("index"),
        index("index 9223372036854775807"),
        index("index 18446744073709551616"),
        (with("index 2\n", "index 2\nextra AA==\n"), MalformedTlogProof::Hash { line: 3 }),
        (with(hash, &hash[..43]), MalformedTlogProof::Hash { line: 3 }),
        (with(hash, "AAAA"), MalformedTlogProof::Hash { line: 3 }),
        (with(hash, &format!("{hash}\n{}", hash.replace('=', "\r"))), MalformedTlogProof::Hash { line: 4 }),
        (with(hash, &format!("{hash}\n").repeat(MAX_HASHES + 1)), MalformedTlogProof::Hashes),
        (with(&good.checkpoint.encode(), "x\n"), MalformedTlogProof::Checkpoint(CheckpointError::Note(NoteError::Unsigned))),
        (with("\n5\n", "\n05\n"), MalformedTlogProof::Checkpoint(CheckpointError::Size)),
    ];
    for (text, error) in table {
        assert_eq!(TlogProof::parse(&text).unwrap_err(), error, "{text}");
    }
    let found = MAX_TLOG_PROOF_BYTES + 1;
    let long = MalformedTlogProof::Long { found };
    assert_eq!(TlogProof::parse(&"x".repeat(found)).unwrap_err(), long);
    assert_eq!(TlogProof::parse(&"x".repeat(found - 1)).unwrap_err(), MalformedTlogProof::End);
}
