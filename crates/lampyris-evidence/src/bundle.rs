//! Bundles: one JSON document with what somebody else needs to check records of a log, and nothing of the store.
//! It never says that a record tells the truth, that no newer one exists, or that others were shown the same log.
//!
//! Reading takes nothing that has a second spelling but white space, the order of members, escapes in texts, and
//! base64 in place of hexadecimal digits for a hash.

mod check;
mod document;
mod hex;
mod json;
mod write;

pub use check::{Failed, FailedRule, Proven};
pub use document::{Malformed, MalformedRule};

use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use crate::checkpoint::SignedCheckpoint;
use crate::key::VerifierKey;
use crate::merkle::Hash;
use crate::tlog_proof::TlogProof;

/// Most bytes of a bundle: a hundred of the largest records fit, in hexadecimal digits.
pub const MAX_BUNDLE_BYTES: usize = 16 << 20;
/// Most older trees: each can cost a signature to check.
pub const MAX_CONSISTENCY: usize = 64;
/// Most proofs that bring a checkpoint of their own: each costs its signatures to check.
pub const MAX_TLOG_PROOFS: usize = 1_000;

/// What a bundle holds; each field is the member of that name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Bundle {
    /// The log's keys. They are not believed: a policy says which are.
    #[serde(serialize_with = "write::texts", skip_serializing_if = "Vec::is_empty")]
    pub log_keys: Vec<VerifierKey>,
    /// The log's name, if it is said apart from the checkpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The keys of witnesses.
    #[serde(serialize_with = "write::texts", skip_serializing_if = "Vec::is_empty")]
    pub witness_keys: Vec<VerifierKey>,
    /// How many of these witnesses cosigned the checkpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quorum: Option<u64>,
    /// What everything else is shown to belong to.
    #[serde(serialize_with = "write::checkpoint", skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<SignedCheckpoint>,
    /// The checkpoint's size, said apart from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tree_size: Option<u64>,
    /// The checkpoint's root, said apart from it.
    #[serde(serialize_with = "write::text", skip_serializing_if = "Option::is_none")]
    pub root_hash: Option<Hash>,
    /// Every record of the log.
    #[serde(serialize_with = "write::leaves", skip_serializing_if = "Option::is_none")]
    pub leaves: Option<Vec<Vec<u8>>>,
    /// The hash of every record of the log.
    #[serde(serialize_with = "write::hashes", skip_serializing_if = "Option::is_none")]
    pub leaf_hashes: Option<Vec<Hash>>,
    /// Records and where they stand, in the order of the log.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inclusion: Vec<Inclusion>,
    /// Older trees that the log goes on from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub consistency: Vec<Consistency>,
    /// Records, each with a proof that brings its own checkpoint.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tlog_proofs: Vec<LeafProof>,
}

/// A record and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inclusion {
    /// Its place, counted from 0.
    pub index: u64,
    /// The record.
    #[serde(flatten)]
    pub leaf: Leaf,
    /// The hashes from its sibling up to the root's child.
    #[serde(serialize_with = "write::texts")]
    pub proof: Vec<Hash>,
    /// The size of the tree, if it is not the checkpoint's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tree_size: Option<u64>,
    /// The root of the tree, if it is not the checkpoint's.
    #[serde(serialize_with = "write::text", skip_serializing_if = "Option::is_none")]
    pub root_hash: Option<Hash>,
}

/// A record, or its hash where the record itself is not shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Leaf {
    /// The record's exact bytes.
    #[serde(rename = "leaf", serialize_with = "write::bytes")]
    Bytes(Vec<u8>),
    /// Its hash.
    #[serde(rename = "leaf_hash", serialize_with = "write::hash")]
    Hash(Hash),
}

/// An older tree that the log goes on from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Consistency {
    /// The older tree.
    #[serde(flatten)]
    pub old: Old,
    /// The hashes that show it.
    #[serde(serialize_with = "write::texts")]
    pub proof: Vec<Hash>,
    /// The size of the newer tree, if it is not the checkpoint's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_size: Option<u64>,
    /// The root of the newer tree, if it is not the checkpoint's.
    #[serde(serialize_with = "write::text", skip_serializing_if = "Option::is_none")]
    pub new_root: Option<Hash>,
}

/// An older tree, signed or bare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Old {
    /// A checkpoint of the log.
    Checkpoint {
        /// It.
        #[serde(serialize_with = "write::note")]
        old_checkpoint: SignedCheckpoint,
    },
    /// A size and a root that the reader remembers.
    Head {
        /// The size.
        old_size: u64,
        /// The root.
        #[serde(serialize_with = "write::hash")]
        old_root: Hash,
    },
}

/// A record with a proof that brings its own checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeafProof {
    /// The record's exact bytes.
    #[serde(serialize_with = "write::bytes")]
    pub leaf: Vec<u8>,
    /// The proof.
    #[serde(rename = "text", serialize_with = "write::proof")]
    pub proof: TlogProof,
}

impl Bundle {
    /// Reads a bundle. Nothing is checked but its form.
    ///
    /// # Errors
    /// [`Malformed`] names the first member that is not as it should be.
    pub fn parse(json: &[u8]) -> Result<Bundle, Malformed> {
        document::read(json)
    }

    /// The bundle as one line of JSON.
    pub fn to_json(&self) -> String {
        match serde_json::to_string(self) {
            Ok(json) => json,
            Err(_) => unreachable!("every member is a text, a number, a list or an object"),
        }
    }
}

impl Leaf {
    /// The record's hash.
    pub fn hash(&self) -> Hash {
        match self {
            Leaf::Bytes(bytes) => Hash::leaf(bytes),
            Leaf::Hash(hash) => *hash,
        }
    }
}
