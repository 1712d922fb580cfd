//! Proofs from kept tiles against a plain recomputation, across the edges of tiles and levels.

use super::{TILE_HASHES, TilePlace, Tree, entries};
use crate::disk::StdDisk;
use crate::merkle::{Frontier, Hash, Head};
use lampyris_evidence::merkle::proof::{
    Nodes, check_consistency, check_inclusion, consistency, inclusion, root,
};
use std::convert::Infallible;
use std::sync::Arc;

/// Every node of a tree, in memory.
struct Plain(Vec<Vec<Hash>>);

impl Plain {
    fn new(leaves: &[Hash]) -> Plain {
        let mut levels = vec![leaves.to_vec()];
        while let Some(below) = levels.last().filter(|below| below.len() > 1) {
            let pairs = below.chunks_exact(2);
            levels.push(pairs.map(|pair| Hash::node(&pair[0], &pair[1])).collect());
        }
        Plain(levels)
    }
}

impl Nodes for Plain {
    type Error = Infallible;

    fn node(&self, height: u8, index: u64) -> Result<Hash, Infallible> {
        Ok(self.0[usize::from(height)][usize::try_from(index).unwrap()])
    }
}

fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|number| Hash::leaf(&number.to_be_bytes())).collect()
}

fn fill(tree: &Tree, leaves: &[Hash]) -> Vec<Head> {
    let (mut frontier, mut heads) = (Frontier::new(), vec![Frontier::new().head()]);
    for leaf in leaves {
        let mut news = Vec::new();
        frontier.push_with(*leaf, entries(&mut news));
        tree.take(&news);
        heads.push(frontier.head());
    }
    heads
}

fn places(folder: &std::path::Path) -> [TilePlace; 2] {
    [TilePlace::Memory, TilePlace::Folder(Arc::new(StdDisk), folder.join("tiles"))]
}

#[test]
fn every_proof_at_sizes_about_whole_tiles_is_that_of_a_plain_tree() {
    let scratch = tempfile::tempdir().unwrap();
    let leaves = leaves(2 * TILE_HASHES as u64 + 9);
    let plain = Plain::new(&leaves);
    for place in places(scratch.path()) {
        let tree = Tree::new(place);
        let heads = fill(&tree, &leaves);
        assert_eq!(tree.adopt(false), 0);
        for head in heads.iter().filter(|head| head.size % TILE_HASHES as u64 <= 9) {
            assert_eq!(root(&tree, head.size).unwrap(), head.root);
            for part in 0..head.size {
                let found = inclusion(&tree, part, head.size).unwrap();
                assert_eq!(found, inclusion(&plain, part, head.size).unwrap());
                let found = consistency(&tree, part, head.size).unwrap();
                assert_eq!(found, consistency(&plain, part, head.size).unwrap());
            }
        }
    }
}

#[test]
fn proofs_across_the_edges_of_levels_verify() {
    let scratch = tempfile::tempdir().unwrap();
    let edge = (TILE_HASHES * TILE_HASHES) as u64;
    let leaves = leaves(edge + 300);
    for place in places(scratch.path()) {
        let tree = Tree::new(place);
        let heads = fill(&tree, &leaves);
        let sizes = [1, 255, 256, 257, 511, 512, edge - 1, edge, edge + 1, edge + 255, edge + 300];
        for size in sizes {
            let head = heads[usize::try_from(size).unwrap()];
            assert_eq!(root(&tree, size).unwrap(), head.root);
            for part in sizes.into_iter().filter(|part| *part <= size) {
                let leaf = leaves[usize::try_from(part - 1).unwrap()];
                let proof = inclusion(&tree, part - 1, size).unwrap().unwrap();
                check_inclusion(leaf, part - 1, head, &proof).unwrap();
                let proof = consistency(&tree, part, size).unwrap().unwrap();
                let old = heads[usize::try_from(part).unwrap()];
                check_consistency(old, head, &proof).unwrap();
            }
        }
    }
}
