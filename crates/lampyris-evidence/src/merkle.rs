//! The Merkle tree of RFC 6962 over the exact bytes of the records.
//! A growing tree keeps only its frontier, at most 64 hashes, and never a leaf; where nodes are kept, [`proof`] reads them.

pub mod proof;

use alloc::vec::Vec;
use core::fmt;
use sha2::{Digest, Sha256};

/// A SHA-256 hash: of a leaf, of a node, or of a whole tree.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash(pub [u8; 32]);

/// The size of a log and the root of its Merkle tree: all that a reader must remember to notice a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Number of records; the next record has this sequence.
    pub size: u64,
    /// RFC 6962 root over these records.
    pub root: Hash,
}

/// The right edge of a growing tree: the roots of its full subtrees, largest first.
#[derive(Debug, Clone, Default)]
pub struct Frontier {
    // Invariant: peaks.len() == size.count_ones().
    peaks: Vec<Hash>,
    size: u64,
}

impl Frontier {
    /// The frontier of the empty tree.
    pub fn new() -> Frontier {
        Frontier::default()
    }

    /// The frontier of a tree of so many leaves with these roots of full subtrees, largest first; nothing if another
    /// number of them makes up that size. Whether they are those of any tree is for the caller to check, by its root.
    pub fn from_peaks(size: u64, peaks: Vec<Hash>) -> Option<Frontier> {
        (peaks.len() == size.count_ones() as usize).then_some(Frontier { peaks, size })
    }

    /// The roots of the full subtrees, largest first.
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// Adds the next leaf, given by its hash (see [`Hash::leaf`]).
    pub fn push(&mut self, leaf: Hash) {
        self.push_with(leaf, |_, _| {});
    }

    /// Adds the next leaf and tells of each full subtree that ends with it: its height, from 0 for the leaf itself,
    /// and its root.
    pub fn push_with(&mut self, leaf: Hash, mut full: impl FnMut(u8, Hash)) {
        let mut node = leaf;
        full(0, node);
        for height in (1..).take(self.size.trailing_ones() as usize) {
            if let Some(left) = self.peaks.pop() {
                node = Hash::node(&left, &node);
            }
            full(height, node);
        }
        self.peaks.push(node);
        self.size += 1;
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root; for the empty tree the hash of nothing.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        match peaks.next() {
            None => Hash::of(&[]),
            Some(last) => peaks.fold(*last, |right, left| Hash::node(left, &right)),
        }
    }

    /// Size and root together.
    pub fn head(&self) -> Head {
        Head { size: self.size, root: self.root() }
    }
}

impl Hash {
    /// Plain SHA-256 of some bytes.
    pub fn of(bytes: &[u8]) -> Hash {
        Hash(Sha256::digest(bytes).into())
    }

    /// SHA-256 of `0x00` and the record's bytes.
    pub fn leaf(record: &[u8]) -> Hash {
        Hash(Sha256::new().chain_update([0]).chain_update(record).finalize().into())
    }

    /// SHA-256 of `0x01` and both children.
    pub fn node(left: &Hash, right: &Hash) -> Hash {
        Hash(
            Sha256::new()
                .chain_update([1])
                .chain_update(left.0)
                .chain_update(right.0)
                .finalize()
                .into(),
        )
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
