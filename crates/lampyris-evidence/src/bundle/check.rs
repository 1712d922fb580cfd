//! Whether a bundle proves what it shows: signatures, roots and proofs, in that order.
//! It never looks into a record.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::document::place;
use super::{Bundle, Leaf, Old};
use crate::checkpoint::{CheckpointError, SignedCheckpoint};
use crate::merkle::proof::{ProofError, check_consistency, check_inclusion};
use crate::merkle::{Frontier, Hash, Head};
use crate::note::SignatureError;
use crate::policy::{Policy, PolicyError, Witnessed};

/// What a bundle proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven<'a> {
    /// The checkpoint: signed by a log that the policy knows, and witnessed as it asks.
    pub checkpoint: &'a SignedCheckpoint,
    /// The witnesses of the policy that cosigned it.
    pub witnessed: Vec<Witnessed>,
    /// The records of the log that the bundle shows, in the log's order, and each once.
    pub leaves: Vec<(u64, &'a [u8])>,
    /// The older trees that the log goes on from, in the bundle's order.
    pub old: Vec<Head>,
}

/// A bundle that does not prove what it shows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{rule}", place(member))]
pub struct Failed {
    /// The member, such as `inclusion[3]`.
    pub member: String,
    /// What is wrong with it.
    pub rule: FailedRule,
}

/// What a member of a bundle has to show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FailedRule {
    /// There is no checkpoint.
    #[error("without a checkpoint nobody vouches for what the bundle shows")]
    Bare,
    /// The checkpoint does not satisfy the policy.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// It is not signed as the bundle says.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The old checkpoint is not the log's.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The key that is known is not listed.
    #[error("the known key of the log {origin} that signed the checkpoint is not listed")]
    Unlisted {
        /// The checkpoint's origin.
        origin: String,
    },
    /// Fewer of the listed witnesses cosigned than is claimed.
    #[error("{found} of the listed witnesses cosigned, not {claimed}")]
    Quorum {
        /// How many the bundle claims.
        claimed: u64,
        /// How many did.
        found: u64,
    },
    /// The checkpoint has another origin.
    #[error("the checkpoint's origin is {found}")]
    Origin {
        /// The origin found.
        found: String,
    },
    /// The checkpoint has another size.
    #[error("the checkpoint's size is {found}")]
    Size {
        /// The size found.
        found: u64,
    },
    /// The root is another.
    #[error("the root of the tree is {expected}, not {found}")]
    Root {
        /// The checkpoint's.
        expected: Hash,
        /// The one found.
        found: Hash,
    },
    /// The number of records is another.
    #[error("there are {found}, but the tree has {expected} leaves")]
    Count {
        /// The checkpoint's size.
        expected: u64,
        /// How many there are.
        found: u64,
    },
    /// The records do not stand in the order of the log.
    #[error("the index {index} does not come after {before}")]
    Order {
        /// The index.
        index: u64,
        /// That of the record before.
        before: u64,
    },
    /// Nothing shows that the tree is the log's.
    #[error("a tree of {size} leaves with that root is not shown to be the log's")]
    OtherTree {
        /// Its size.
        size: u64,
    },
    /// The proof does not hold.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

impl Bundle {
    /// Checks everything that the bundle shows against a policy of the reader's. The bundle's own keys are not
    /// believed, but what it says of them has to be right.
    ///
    /// # Errors
    /// [`Failed`] names the first member that does not hold.
    pub fn check(&self, policy: &Policy) -> Result<Proven<'_>, Failed> {
        let checkpoint = self.checkpoint.as_ref();
        let checkpoint = checkpoint.ok_or(FailedRule::Bare.of("checkpoint"))?;
        let witnessed = self.check_signatures(policy, checkpoint, "checkpoint")?;
        self.check_plain(checkpoint)?;
        let mut trees = Vec::from([checkpoint.checkpoint().head]);
        self.check_consistency(policy, &mut trees)?;
        let mut leaves = BTreeMap::new();
        self.check_all_leaves(&trees, &mut leaves)?;
        self.check_inclusion(&trees, &mut leaves)?;
        self.check_tlog_proofs(policy, &trees, &mut leaves)?;
        let old = trees.split_off(1);
        Ok(Proven { checkpoint, witnessed, leaves: leaves.into_iter().collect(), old })
    }

    /// Who signed a checkpoint, by the policy and by what the bundle says of itself.
    fn check_signatures(
        &self,
        policy: &Policy,
        checkpoint: &SignedCheckpoint,
        member: &str,
    ) -> Result<Vec<Witnessed>, Failed> {
        let witnessed = policy.check(checkpoint).map_err(|error| error.of(member))?;
        let (note, origin) = (checkpoint.note(), &checkpoint.checkpoint().origin);
        let is_signer = |key| matches!(note.signature_of(key), Ok(Some(_)));
        let listed = policy.logs().iter().filter(|key| key.name() == origin && is_signer(key));
        if !listed.into_iter().any(|key| self.log_keys.contains(key)) {
            return Err(FailedRule::Unlisted { origin: origin.clone() }.of("log_keys"));
        }
        // What the policy knows has been verified.
        for key in self.log_keys.iter().filter(|key| !policy.logs().contains(key)) {
            if note.signature_of(key).map_err(|error| error.of(member))?.is_some() {
                note.verify(key).map_err(|error| error.of(member))?;
            }
        }
        let mut found = 0;
        for key in &self.witness_keys {
            let time = checkpoint.cosigned_by(key).map_err(|error| error.of(member))?;
            found += u64::from(time.is_some());
        }
        match self.quorum.unwrap_or(0) {
            claimed if claimed > found => Err(FailedRule::Quorum { claimed, found }.of(member)),
            _ => Ok(witnessed),
        }
    }

    /// What is said apart from the checkpoint agrees with it.
    fn check_plain(&self, checkpoint: &SignedCheckpoint) -> Result<(), Failed> {
        let said = checkpoint.checkpoint();
        if self.origin.as_ref().is_some_and(|origin| *origin != said.origin) {
            return Err(FailedRule::Origin { found: said.origin.clone() }.of("origin"));
        }
        let Head { size, root } = said.head;
        if self.tree_size.is_some_and(|found| found != size) {
            return Err(FailedRule::Size { found: size }.of("tree_size"));
        }
        match self.root_hash {
            Some(found) if found != root => {
                Err(FailedRule::Root { expected: root, found }.of("root_hash"))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn check_consistency(&self, policy: &Policy, trees: &mut Vec<Head>) -> Result<(), Failed> {
        let newest = trees.first().copied();
        for (index, consistency) in self.consistency.iter().enumerate() {
            let member = || format!("consistency[{index}]");
            let old = match &consistency.old {
                Old::Head { old_size, old_root } => Head { size: *old_size, root: *old_root },
                Old::Checkpoint { old_checkpoint } => {
                    self.check_old(policy, old_checkpoint)
                        .map_err(|rule| rule.of(&format!("{}.old_checkpoint", member())))?;
                    old_checkpoint.checkpoint().head
                }
            };
            let new = tree(newest, consistency.new_size, consistency.new_root, trees)
                .map_err(|rule| rule.of(&member()))?;
            check_consistency(old, new, &consistency.proof).map_err(|error| error.of(&member()))?;
            trees.push(old);
        }
        Ok(())
    }

    /// An older checkpoint is of the same log, and signed by a key that the policy knows; no witness is asked for.
    fn check_old(&self, policy: &Policy, old: &SignedCheckpoint) -> Result<(), FailedRule> {
        let (said, mut signed) = (old.checkpoint(), false);
        let origin = self.checkpoint.as_ref().map(|checkpoint| &checkpoint.checkpoint().origin);
        if origin != Some(&said.origin) {
            return Err(FailedRule::Origin { found: said.origin.clone() });
        }
        for key in policy.logs().iter().filter(|key| key.name() == said.origin) {
            if old.note().signature_of(key)?.is_some() {
                old.verify(key)?;
                signed = true;
            }
        }
        for key in policy.witnesses() {
            old.cosigned_by(key)?;
        }
        let origin = said.origin.clone();
        if signed { Ok(()) } else { Err(PolicyError::Unsigned { origin }.into()) }
    }

    /// The root of all records, or of all their hashes, is the checkpoint's.
    fn check_all_leaves<'a>(
        &'a self,
        trees: &[Head],
        leaves: &mut BTreeMap<u64, &'a [u8]>,
    ) -> Result<(), Failed> {
        let Some(newest) = trees.first() else { return Ok(()) };
        if let Some(all) = &self.leaves {
            let hashes = all.iter().map(|leaf| Hash::leaf(leaf));
            check_root(hashes, *newest).map_err(|rule| rule.of("leaves"))?;
            leaves.extend((0..).zip(all.iter().map(Vec::as_slice)));
        }
        if let Some(hashes) = &self.leaf_hashes {
            check_root(hashes.iter().copied(), *newest).map_err(|rule| rule.of("leaf_hashes"))?;
        }
        Ok(())
    }

    fn check_inclusion<'a>(
        &'a self,
        trees: &[Head],
        leaves: &mut BTreeMap<u64, &'a [u8]>,
    ) -> Result<(), Failed> {
        let mut before = None;
        for (at, inclusion) in self.inclusion.iter().enumerate() {
            let failed = |rule: FailedRule| rule.of(&format!("inclusion[{at}]"));
            let index = inclusion.index;
            if let Some(before) = before.replace(index).filter(|before| *before >= index) {
                return Err(failed(FailedRule::Order { index, before }));
            }
            let newest = trees.first().copied();
            let head = tree(newest, inclusion.tree_size, inclusion.root_hash, trees);
            check_inclusion(inclusion.leaf.hash(), index, head.map_err(failed)?, &inclusion.proof)
                .map_err(|error| failed(error.into()))?;
            if let Leaf::Bytes(bytes) = &inclusion.leaf {
                leaves.insert(index, bytes);
            }
        }
        Ok(())
    }

    fn check_tlog_proofs<'a>(
        &'a self,
        policy: &Policy,
        trees: &[Head],
        leaves: &mut BTreeMap<u64, &'a [u8]>,
    ) -> Result<(), Failed> {
        for (at, leaf) in self.tlog_proofs.iter().enumerate() {
            let member = format!("tlog_proofs[{at}].text");
            let checkpoint = &leaf.proof.checkpoint;
            self.check_signatures(policy, checkpoint, &member)?;
            let Head { size, root } = checkpoint.checkpoint().head;
            let head = tree(None, Some(size), Some(root), trees);
            let head = head.map_err(|rule| rule.of(&member))?;
            check_inclusion(Hash::leaf(&leaf.leaf), leaf.proof.index, head, &leaf.proof.proof)
                .map_err(|error| error.of(&member))?;
            leaves.insert(leaf.proof.index, &leaf.leaf);
        }
        Ok(())
    }
}

/// The tree that a proof names, which has to be one of those shown before; what it does not name is the checkpoint's.
fn tree(
    newest: Option<Head>,
    size: Option<u64>,
    root: Option<Hash>,
    shown: &[Head],
) -> Result<Head, FailedRule> {
    let head = newest.unwrap_or(Head { size: 0, root: Hash::of(&[]) });
    let head = Head { size: size.unwrap_or(head.size), root: root.unwrap_or(head.root) };
    if shown.contains(&head) { Ok(head) } else { Err(FailedRule::OtherTree { size: head.size }) }
}

fn check_root(hashes: impl ExactSizeIterator<Item = Hash>, head: Head) -> Result<(), FailedRule> {
    let found = hashes.len() as u64;
    if found != head.size {
        return Err(FailedRule::Count { expected: head.size, found });
    }
    let mut frontier = Frontier::new();
    hashes.for_each(|leaf| frontier.push(leaf));
    match frontier.root() {
        found if found != head.root => Err(FailedRule::Root { expected: head.root, found }),
        _ => Ok(()),
    }
}

/// Says of which member something is wrong.
trait Of {
    fn of(self, member: &str) -> Failed;
}

impl<E: Into<FailedRule>> Of for E {
    fn of(self, member: &str) -> Failed {
        Failed { member: member.to_owned(), rule: self.into() }
    }
}
