//! Inclusion and consistency proofs of RFC 6962: made from the tree's nodes, and checked with nothing but the proof.
//! It never looks at a leaf's bytes, and trusts no length that it is given.

use super::{Hash, Head};
use alloc::vec::Vec;

/// Where the nodes of a tree are read from.
pub trait Nodes {
    /// Why a node cannot be read.
    type Error;

    /// The root of the full subtree over the leaves `index << height` to `(index + 1) << height`; height 0 is a leaf.
    ///
    /// # Errors
    /// If the node cannot be read.
    fn node(&self, height: u8, index: u64) -> Result<Hash, Self::Error>;
}

/// A proof that does not prove what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The leaf is not in a tree of that size, or the older tree is larger than the newer one.
    #[error("a tree of {size} leaves has no part {part}")]
    OutOfTree {
        /// Index of the leaf, or size of the older tree.
        part: u64,
        /// Size of the tree.
        size: u64,
    },
    /// The proof has too few or too many hashes.
    #[error("{found} hashes are not the number that a proof for these sizes has")]
    Length {
        /// Hashes found.
        found: usize,
    },
    /// The proof leads to another root than the tree's.
    #[error("the proof leads to the root {found}, not to {expected}")]
    Root {
        /// Root of the tree.
        expected: Hash,
        /// Root that the proof leads to.
        found: Hash,
    },
    /// The proof of a newer tree does not contain the older tree.
    #[error("the proof leads to the old root {found}, not to {expected}")]
    OldRoot {
        /// Root of the older tree.
        expected: Hash,
        /// Root that the proof leads to.
        found: Hash,
    },
}

/// The root of the tree's first `size` leaves.
///
/// # Errors
/// If a node cannot be read.
pub fn root<N: Nodes>(nodes: &N, size: u64) -> Result<Hash, N::Error> {
    if size == 0 { Ok(Hash::of(&[])) } else { span(nodes, 0, size) }
}

/// The hashes from a leaf's sibling up to the root's child (RFC 6962 §2.1.1); nothing if the leaf is not in the tree.
///
/// # Errors
/// If a node cannot be read.
pub fn inclusion<N: Nodes>(
    nodes: &N,
    index: u64,
    size: u64,
) -> Result<Option<Vec<Hash>>, N::Error> {
    if index >= size {
        return Ok(None);
    }
    let (mut start, mut end, mut path) = (0, size, Vec::new());
    while end - start > 1 {
        let middle = middle(start, end);
        if index < middle {
            path.push(span(nodes, middle, end)?);
            end = middle;
        } else {
            path.push(span(nodes, start, middle)?);
            start = middle;
        }
    }
    path.reverse();
    Ok(Some(path))
}

/// The hashes that show a tree to go on from its first `old` leaves (RFC 6962 §2.1.2); nothing if it has not that many.
///
/// # Errors
/// If a node cannot be read.
pub fn consistency<N: Nodes>(nodes: &N, old: u64, new: u64) -> Result<Option<Vec<Hash>>, N::Error> {
    if old > new {
        return Ok(None);
    }
    let (mut start, mut end, mut path) = (0, new, Vec::new());
    if old == 0 {
        return Ok(Some(path));
    }
    while old != end {
        let middle = middle(start, end);
        if old <= middle {
            path.push(span(nodes, middle, end)?);
            end = middle;
        } else {
            path.push(span(nodes, start, middle)?);
            start = middle;
        }
    }
    if start != 0 {
        path.push(span(nodes, start, end)?);
    }
    path.reverse();
    Ok(Some(path))
}

/// Checks that a leaf stands at an index of a tree.
///
/// # Errors
/// [`ProofError`] if the proof does not show it.
pub fn check_inclusion(
    leaf: Hash,
    index: u64,
    head: Head,
    proof: &[Hash],
) -> Result<(), ProofError> {
    let Some(last) = head.size.checked_sub(1).filter(|last| index <= *last) else {
        return Err(ProofError::OutOfTree { part: index, size: head.size });
    };
    let length = ProofError::Length { found: proof.len() };
    let (mut climb, mut found) = (Climb { place: index, last }, leaf);
    for sibling in proof {
        found = match climb.up().ok_or(length)? {
            Side::Left => Hash::node(sibling, &found),
            Side::Right => Hash::node(&found, sibling),
        };
    }
    climb.end().ok_or(length)?;
    if found != head.root {
        return Err(ProofError::Root { expected: head.root, found });
    }
    Ok(())
}

/// Checks that a newer tree goes on from an older one; that it goes on from the empty tree needs no proof.
///
/// # Errors
/// [`ProofError`] if the proof does not show it.
pub fn check_consistency(old: Head, new: Head, proof: &[Hash]) -> Result<(), ProofError> {
    let length = ProofError::Length { found: proof.len() };
    let empty = Hash::of(&[]);
    if old.size > new.size {
        return Err(ProofError::OutOfTree { part: old.size, size: new.size });
    }
    if old.size == 0 && old.root != empty {
        return Err(ProofError::OldRoot { expected: old.root, found: empty });
    }
    if old.size == new.size && old.root != new.root {
        return Err(ProofError::OldRoot { expected: old.root, found: new.root });
    }
    if old.size == 0 || old.size == new.size {
        return if proof.is_empty() { Ok(()) } else { Err(length) };
    }
    // An older tree that is one full subtree is its own first hash, and is left out of the proof.
    let (first, rest) = if old.size.is_power_of_two() {
        (old.root, proof)
    } else {
        proof.split_first().map(|(first, rest)| (*first, rest)).ok_or(length)?
    };
    // The largest full subtree that ends where the older tree ends is where the climb begins.
    let height = (old.size - 1).trailing_ones();
    let mut climb = Climb { place: (old.size - 1) >> height, last: (new.size - 1) >> height };
    let (mut old_root, mut new_root) = (first, first);
    for sibling in rest {
        match climb.up().ok_or(length)? {
            Side::Left => {
                old_root = Hash::node(sibling, &old_root);
                new_root = Hash::node(sibling, &new_root);
            }
            Side::Right => new_root = Hash::node(&new_root, sibling),
        }
    }
    climb.end().ok_or(length)?;
    if old_root != old.root {
        return Err(ProofError::OldRoot { expected: old.root, found: old_root });
    }
    if new_root != new.root {
        return Err(ProofError::Root { expected: new.root, found: new_root });
    }
    Ok(())
}

/// The way from a node of a tree up to its root.
struct Climb {
    /// The node's place among those of its height.
    place: u64,
    /// The place of the last node of that height.
    last: u64,
}

/// On which side of a node its sibling stands.
enum Side {
    Left,
    Right,
}

impl Climb {
    /// Steps up past the next sibling, and says where that stands; nothing at the root.
    fn up(&mut self) -> Option<Side> {
        if self.last == 0 {
            return None;
        }
        // The last node of a height, where it is no right child, is also that of the heights above, up to where it is one.
        let is_last = self.place == self.last;
        let lifted = if is_last { self.place.trailing_zeros() } else { 0 };
        let is_right = is_last || self.place & 1 == 1;
        // In two steps: the tree may be as high as the numbers are long.
        (self.place, self.last) = (self.place >> lifted >> 1, self.last >> lifted >> 1);
        Some(if is_right { Side::Left } else { Side::Right })
    }

    /// Whether the root is reached.
    fn end(&self) -> Option<()> {
        (self.last == 0).then_some(())
    }
}

/// The root of a full subtree, given the roots of the subtrees of one height that it is made of, a power of two of
/// them; nothing if there is none.
pub fn full(mut nodes: Vec<Hash>) -> Option<Hash> {
    while nodes.len() > 1 {
        let (pairs, _) = nodes.as_chunks::<2>();
        nodes = pairs.iter().map(|[left, right]| Hash::node(left, right)).collect();
    }
    nodes.pop()
}

/// Where RFC 6962 splits a range of at least two leaves: after the largest power of two that is less than all.
fn middle(start: u64, end: u64) -> u64 {
    start + (1 << (end - start - 1).ilog2())
}

/// The root over a range that a proof names: it begins at a multiple of the power of two that is not less than it.
fn span<N: Nodes>(nodes: &N, start: u64, end: u64) -> Result<Hash, N::Error> {
    let (mut end, mut right) = (end, None);
    // The full subtrees of the range, the smallest and last one first.
    while end > start {
        let height = (end - start).trailing_zeros();
        end -= 1 << height;
        #[expect(clippy::cast_possible_truncation, reason = "a height is below 64")]
        let left = nodes.node(height as u8, end >> height)?;
        right = Some(right.map_or(left, |right| Hash::node(&left, &right)));
    }
    Ok(right.unwrap_or_else(|| Hash::of(&[])))
}
