//! Proofs against `ct-merkle`, an implementation of RFC 6962 that shares no code with ours but SHA-256.
//! No tree is made by the code under test but through its proofs.

use std::convert::Infallible;

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use lampyris_evidence::merkle::proof::{
    Nodes, ProofError, check_consistency, check_inclusion, consistency, inclusion, root,
};
use lampyris_evidence::merkle::{Hash, Head};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use sha2::Sha256;

type Theirs = MemoryBackedTree<Sha256, Vec<u8>>;

/// All full subtrees, by height.
struct Ours(Vec<Vec<Hash>>);

fn leaf(index: u64) -> Vec<u8> {
    format!("leaf {index}").into_bytes()
}

impl Ours {
    fn of(size: u64) -> Ours {
        let mut levels: Vec<Vec<Hash>> = vec![(0..size).map(|at| Hash::leaf(&leaf(at))).collect()];
        while levels.last().unwrap().len() > 1 {
            let pairs = levels.last().unwrap().chunks_exact(2);
            levels.push(pairs.map(|pair| Hash::node(&pair[0], &pair[1])).collect());
        }
        Ours(levels)
    }

    fn head(&self, size: u64) -> Head {
        let Ok(root) = root(self, size);
        Head { size, root }
    }

    fn inclusion(&self, index: u64, size: u64) -> Vec<Hash> {
        let Ok(proof) = inclusion(self, index, size);
        proof.unwrap()
    }

    fn consistency(&self, old: u64, new: u64) -> Vec<Hash> {
        let Ok(proof) = consistency(self, old, new);
        proof.unwrap()
    }
}

impl Nodes for Ours {
    type Error = Infallible;

    fn node(&self, height: u8, index: u64) -> Result<Hash, Infallible> {
        Ok(self.0[usize::from(height)][usize::try_from(index).unwrap()])
    }
}

fn bytes(proof: &[Hash]) -> Vec<u8> {
    proof.iter().flat_map(|hash| hash.0).collect()
}

fn hashes(bytes: &[u8]) -> Vec<Hash> {
    bytes.chunks_exact(32).map(|hash| Hash(hash.try_into().unwrap())).collect()
}

fn their_root(head: Head) -> RootHash<Sha256> {
    RootHash::new(head.root.0.into(), head.size)
}

fn they_include(index: u64, head: Head, proof: &[Hash]) -> bool {
    let proof = InclusionProof::from_bytes(bytes(proof));
    their_root(head).verify_inclusion(&leaf(index), index, &proof).is_ok()
}

fn they_agree(old: Head, new: Head, proof: &[Hash]) -> bool {
    let proof = ConsistencyProof::try_from_bytes(bytes(proof)).unwrap();
    their_root(new).verify_consistency(&their_root(old), &proof).is_ok()
}

fn we_include(index: u64, head: Head, proof: &[Hash]) -> bool {
    check_inclusion(Hash::leaf(&leaf(index)), index, head, proof).is_ok()
}

/// Both trees have the same root, make the same proof, and accept the other's.
fn both_include(ours: &Ours, theirs: &Theirs, index: u64) {
    let head = ours.head(theirs.len());
    assert_eq!(head.root.0, <[u8; 32]>::from(*theirs.root().as_bytes()), "{head:?}");
    let (proof, their_proof) =
        (ours.inclusion(index, head.size), theirs.prove_inclusion(usize::try_from(index).unwrap()));
    assert_eq!(bytes(&proof), their_proof.as_bytes(), "index {index} of {}", head.size);
    assert!(they_include(index, head, &proof), "index {index} of {}", head.size);
    let leaf = Hash::leaf(&leaf(index));
    assert_eq!(check_inclusion(leaf, index, head, &hashes(their_proof.as_bytes())), Ok(()));
}

fn both_agree(ours: &Ours, theirs: &Theirs, old: u64) {
    let (old, new) = (ours.head(old), ours.head(theirs.len()));
    let added = usize::try_from(new.size - old.size).unwrap();
    let (proof, their_proof) =
        (ours.consistency(old.size, new.size), theirs.prove_consistency(added));
    assert_eq!(bytes(&proof), their_proof.as_bytes(), "{} to {}", old.size, new.size);
    assert!(they_agree(old, new, &proof), "{} to {}", old.size, new.size);
    assert_eq!(check_consistency(old, new, &hashes(their_proof.as_bytes())), Ok(()));
}

#[test]
fn every_proof_to_128_is_the_one_of_ct_merkle() {
    let (ours, mut theirs) = (Ours::of(128), Theirs::new());
    for size in 1..=128 {
        theirs.push(leaf(size - 1));
        (0..size).for_each(|index| both_include(&ours, &theirs, index));
        (1..=size).for_each(|old| both_agree(&ours, &theirs, old));
    }
}

/// A thousand proofs of each kind at 100,000 leaves, and a thousand at random sizes on the way there.
#[test]
fn random_proofs_at_100_000_leaves_are_those_of_ct_merkle() {
    const SIZE: u64 = 100_000;
    let pairs = prop::collection::vec((1..=SIZE, any::<prop::sample::Index>()), 2_000);
    let mut pairs = pairs.new_tree(&mut TestRunner::deterministic()).unwrap().current();
    pairs[..1_000].iter_mut().for_each(|(size, _)| *size = SIZE);
    pairs.sort_by_key(|(size, _)| *size);
    let (ours, mut theirs) = (Ours::of(SIZE), Theirs::new());
    for (size, part) in pairs {
        (theirs.len()..size).for_each(|index| theirs.push(leaf(index)));
        let part = part.index(usize::try_from(size).unwrap()) as u64;
        both_include(&ours, &theirs, part);
        both_agree(&ours, &theirs, part + 1);
    }
}

/// Every proof with one hash changed, left out, put in, or two exchanged.
fn bent(proof: &[Hash]) -> Vec<Vec<Hash>> {
    let mut all = Vec::new();
    let mut with = |change: &dyn Fn(&mut Vec<Hash>)| {
        let mut changed = proof.to_vec();
        change(&mut changed);
        all.push(changed);
    };
    for at in 0..proof.len() {
        with(&|proof| proof[at].0[at % 32] ^= 1 << (at % 8));
        with(&|proof| {
            proof.remove(at);
        });
        with(&|proof| proof.insert(at, proof[at]));
        if at > 0 {
            with(&|proof| proof.swap(at, at - 1));
        }
    }
    for at in 0..=proof.len() {
        with(&|proof| proof.insert(at, Hash::of(&[])));
    }
    all
}

#[test]
fn a_bent_proof_is_refused() {
    let ours = Ours::of(128);
    let mut refused = 0;
    for size in 1..=128 {
        let new = ours.head(size);
        for index in 0..size {
            for proof in bent(&ours.inclusion(index, size)) {
                assert!(!we_include(index, new, &proof), "index {index} of {size}: {proof:?}");
                refused += 1;
            }
        }
        for old in 0..=size {
            for proof in bent(&ours.consistency(old, size)) {
                let refusal = check_consistency(ours.head(old), new, &proof);
                assert!(refusal.is_err(), "{old} to {size}: {proof:?}");
                refused += 1;
            }
        }
    }
    assert!(refused > 100_000, "only {refused}");
}

#[test]
fn a_proof_of_another_leaf_root_or_older_root_is_refused() {
    let ours = Ours::of(128);
    let bend = |head: Head| Head { root: Hash::of(&head.root.0), ..head };
    for size in 1..=128 {
        let head = ours.head(size);
        for index in 0..size {
            let proof = ours.inclusion(index, size);
            assert!(!we_include(index, bend(head), &proof));
            let other = Hash::leaf(b"another");
            assert!(check_inclusion(other, index, head, &proof).is_err());
            let neighbour = Hash::leaf(&leaf(index ^ 1));
            assert!(check_inclusion(neighbour, index, head, &proof).is_err());
        }
        for old in 0..=size {
            let (proof, old) = (ours.consistency(old, size), ours.head(old));
            assert_eq!(check_consistency(old, head, &proof), Ok(()));
            assert!(check_consistency(bend(old), head, &proof).is_err(), "{old:?} to {size}");
            let refusal = check_consistency(old, bend(head), &proof);
            assert_eq!(refusal.is_err(), old.size > 0, "any tree goes on from the empty one");
        }
    }
}

/// Where the sizes do not fit, both say the same; a path can fit more than one size.
#[test]
fn wrong_sizes_are_refused_where_ct_merkle_refuses_them() {
    let ours = Ours::of(34);
    for size in 1..=34 {
        let new = ours.head(size);
        for wrong in 0..=40 {
            let claimed = Head { size: wrong, ..new };
            for index in 0..size {
                let proof = ours.inclusion(index, size);
                let ours = we_include(index, claimed, &proof);
                assert_eq!(ours, they_include(index, claimed, &proof), "{index}, {size}: {wrong}");
            }
            for old in 1..=size {
                let (proof, old) = (ours.consistency(old, size), ours.head(old));
                let ours = check_consistency(old, claimed, &proof).is_ok();
                assert_eq!(ours, they_agree(old, claimed, &proof), "{old:?}, {size}: {wrong}");
                if wrong > 0 {
                    let old = Head { size: wrong, ..old };
                    let ours = check_consistency(old, new, &proof).is_ok();
                    assert_eq!(ours, they_agree(old, new, &proof), "{old:?}, {size}: {wrong}");
                }
            }
        }
    }
}

#[test]
fn the_empty_tree_has_one_root_and_no_proof() {
    let empty = Head { size: 0, root: Hash::of(&[]) };
    let (other, three) = (Head { size: 0, root: Hash::of(&[0]) }, Ours::of(3).head(3));
    assert_eq!(Ours::of(1).head(0), empty);
    assert_eq!(check_consistency(empty, empty, &[]), Ok(()));
    assert_eq!(check_consistency(empty, three, &[]), Ok(()));
    assert!(matches!(check_consistency(other, three, &[]), Err(ProofError::OldRoot { .. })));
    assert!(matches!(check_consistency(other, other, &[]), Err(ProofError::OldRoot { .. })));
    assert!(matches!(check_consistency(empty, other, &[]), Err(ProofError::OldRoot { .. })));
    assert!(matches!(check_consistency(three, empty, &[]), Err(ProofError::OutOfTree { .. })));
    let length = Err(ProofError::Length { found: 1 });
    assert_eq!(check_consistency(empty, three, &[three.root]), length);
    assert_eq!(check_consistency(three, three, &[three.root]), length);
    let refusal = check_inclusion(Hash::leaf(&leaf(0)), 0, empty, &[]);
    assert!(matches!(refusal, Err(ProofError::OutOfTree { part: 0, size: 0 })), "{refusal:?}");
    let Ok(none) = inclusion(&Ours::of(3), 3, 3);
    assert_eq!(none, None);
    let Ok(none) = consistency(&Ours::of(3), 4, 3);
    assert_eq!(none, None);
}

/// A number near a power of two, or any.
fn size() -> impl Strategy<Value = u64> {
    let near = (0..=64u32, -2..=2i64)
        .prop_map(|(height, by)| 1u64.checked_shl(height).unwrap_or(0).wrapping_add_signed(by));
    prop_oneof![near, any::<u64>()]
}

/// A tree that has any node: what it proves is checked at sizes that no memory holds.
struct Endless;

impl Nodes for Endless {
    type Error = Infallible;

    fn node(&self, height: u8, index: u64) -> Result<Hash, Infallible> {
        let first = index.checked_shl(height.into());
        let is_there = height < 64 && first.is_some_and(|first| first >> height == index);
        assert!(is_there, "no tree has node {index} of height {height}");
        Ok(Hash::of(format!("{height} {index}").as_bytes()))
    }
}

proptest! {
    #[test]
    fn any_sizes_are_refused_without_a_panic(
        (index, old, new) in (size(), size(), size()),
        proof in prop::collection::vec(any::<[u8; 32]>().prop_map(Hash), 0..70),
        root in any::<[u8; 32]>().prop_map(Hash),
    ) {
        let (old, new) = (Head { size: old, root }, Head { size: new, root });
        prop_assert!(check_inclusion(root, index, new, &proof).is_err() || new.size == 1);
        prop_assert!(check_consistency(old, new, &proof).is_err() || old.size == new.size);
    }

    /// The proof has as many hashes as a check at that size takes, no more and no fewer.
    #[test]
    fn a_proof_at_any_size_has_the_length_that_its_check_wants(a in size(), b in size()) {
        let (small, large) = (a.min(b), a.max(b));
        let Ok(proof) = inclusion(&Endless, small, large);
        let head = Head { size: large, root: Hash::of(&[]) };
        let wrong_root = |refusal: Result<(), ProofError>| matches!(
            refusal, Err(ProofError::Root { .. } | ProofError::OldRoot { .. })
        );
        if let Some(proof) = proof {
            prop_assert!(wrong_root(check_inclusion(Hash::of(&[]), small, head, &proof)));
        }
        let Ok(Some(proof)) = consistency(&Endless, small, large) else { unreachable!() };
        let old = Head { size: small, root: Hash::of(&[1]) };
        prop_assert!(wrong_root(check_consistency(old, head, &proof)), "{small} to {large}");
    }
}

#[test]
fn the_highest_trees_are_climbed_to_the_top() {
    let hash = Hash::of(&[]);
    for size in [(1 << 63) + 1, u64::MAX - 1, u64::MAX] {
        for index in [0, 1 << 63, size - 1] {
            for length in [0, 1, 63, 64, 65] {
                let (head, proof) = (Head { size, root: hash }, vec![hash; length]);
                assert!(check_inclusion(hash, index, head, &proof).is_err());
                let old = Head { size: index.max(1), root: hash };
                assert!(old == head || check_consistency(old, head, &proof).is_err());
            }
        }
    }
}
