//! One record's proof as a file: its place, the way to the root, and a checkpoint (<https://c2sp.org/tlog-proof>).
//! It does not hold the record: who checks it brings the bytes.

use crate::checkpoint::{CheckpointError, MAX_SIZE, SignedCheckpoint};
use crate::merkle::Hash;
use crate::merkle::proof::{ProofError, check_inclusion};
use crate::note::MAX_NOTE_BYTES;
use crate::policy::{Policy, PolicyError, Witnessed};
use crate::spelling::{base64, decimal, fixed_from_base64, from_base64};
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

/// Most bytes of a proof: the largest note, and as much again for extra data.
pub const MAX_TLOG_PROOF_BYTES: usize = 2 * MAX_NOTE_BYTES;
/// Most hashes of a proof: a tree of [`MAX_SIZE`] leaves is no higher.
pub const MAX_HASHES: usize = 63;

const TITLE: &str = "c2sp.org/tlog-proof@v1";

/// The proof that a record stands in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    /// What came along: nothing vouches for it. Empty if nothing did.
    pub extra: Vec<u8>,
    /// The record's place, counted from 0.
    pub index: u64,
    /// The hashes from the record's sibling up to the root's child.
    pub proof: Vec<Hash>,
    /// The size and root that the proof leads to, signed.
    pub checkpoint: SignedCheckpoint,
}

/// A text that is no proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MalformedTlogProof {
    /// It is too long.
    #[error("the proof has {found} bytes, more than {MAX_TLOG_PROOF_BYTES}")]
    Long {
        /// Bytes found.
        found: usize,
    },
    /// The first line is another.
    #[error("line 1 of the proof is not `{TITLE}`")]
    Title,
    /// The line of extra data has none, or another spelling.
    #[error("line 2 of the proof is not `extra` and padded base64 of at least one byte")]
    Extra,
    /// The index is missing, or has another spelling.
    #[error("the proof has no line of `index` and a number below {MAX_SIZE} in decimal digits")]
    Index,
    /// A line that is no hash.
    #[error("line {line} of the proof is not padded base64 of the 32 bytes of a hash")]
    Hash {
        /// The line, counted from 1.
        line: usize,
    },
    /// There are too many hashes.
    #[error("the proof has more than {MAX_HASHES} hashes")]
    Hashes,
    /// There is nothing behind the hashes.
    #[error("the proof has no empty line with a checkpoint after it")]
    End,
    /// What follows is no checkpoint.
    #[error("the proof's checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
}

/// A proof that does not prove what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlogProofError {
    /// The checkpoint is not to be believed.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The record does not stand there.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

impl TlogProof {
    /// Reads a proof; [`encode`](Self::encode) gives back the same text. Nothing is checked.
    ///
    /// # Errors
    /// [`MalformedTlogProof`] if the text is none.
    pub fn parse(text: &str) -> Result<TlogProof, MalformedTlogProof> {
        if text.len() > MAX_TLOG_PROOF_BYTES {
            return Err(MalformedTlogProof::Long { found: text.len() });
        }
        let (head, checkpoint) = text.split_once("\n\n").ok_or(MalformedTlogProof::End)?;
        let mut lines = (1..).zip(head.split('\n')).peekable();
        lines.next_if(|(_, line)| *line == TITLE).ok_or(MalformedTlogProof::Title)?;
        let extra = lines.peek().and_then(|(_, line)| line.strip_prefix("extra "));
        let extra = match extra.map(from_base64) {
            None => Vec::new(),
            Some(Some(extra)) if !extra.is_empty() => {
                lines.next();
                extra
            }
            Some(_) => return Err(MalformedTlogProof::Extra),
        };
        let index = lines.next().and_then(|(_, line)| decimal(line.strip_prefix("index ")?));
        let index = index.filter(|index| *index < MAX_SIZE).ok_or(MalformedTlogProof::Index)?;
        let mut proof = Vec::new();
        for (line, hash) in lines {
            if proof.len() == MAX_HASHES {
                return Err(MalformedTlogProof::Hashes);
            }
            proof.push(Hash(fixed_from_base64(hash).ok_or(MalformedTlogProof::Hash { line })?));
        }
        Ok(TlogProof { extra, index, proof, checkpoint: SignedCheckpoint::parse(checkpoint)? })
    }

    /// The proof as text.
    pub fn encode(&self) -> String {
        let mut lines = vec![TITLE.to_owned()];
        if !self.extra.is_empty() {
            lines.push(format!("extra {}", base64(&self.extra)));
        }
        lines.push(format!("index {}", self.index));
        lines.extend(self.proof.iter().map(|hash| base64(&hash.0)));
        lines.push(String::new());
        lines.push(self.checkpoint.encode());
        lines.join("\n")
    }

    /// Checks that the record with these exact bytes stands there, under a checkpoint that satisfies the policy, and
    /// says who witnessed it.
    ///
    /// # Errors
    /// [`TlogProofError`] if the proof does not show it.
    pub fn check(&self, leaf: &[u8], policy: &Policy) -> Result<Vec<Witnessed>, TlogProofError> {
        let witnessed = policy.check(&self.checkpoint)?;
        let head = self.checkpoint.checkpoint().head;
        check_inclusion(Hash::leaf(leaf), self.index, head, &self.proof)?;
        Ok(witnessed)
    }
}
