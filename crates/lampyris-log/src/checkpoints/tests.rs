//! The state machine of signing, on a log and a disk that are made up.
//! What the tests share stands here; each file below tests one promise.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![allow(clippy::indexing_slicing, reason = "so is a failed index")]

mod damage;
mod disk;
mod faults;
mod model;
mod rules;

use super::{CheckpointError, Checkpoints, Place, Rooted};
use crate::error::ReadError;
use crate::identity::{Identity, LAYOUT, Rules};
use crate::merkle::{Frontier, Hash, Head};
use disk::MadeUpDisk;
use lampyris_evidence::checkpoint::SignedCheckpoint;
use lampyris_evidence::key::{SigningKey, WitnessKey};
use std::path::PathBuf;
use std::sync::Arc;

const ORIGIN: &str = "acme.example/log";

fn identity() -> Identity {
    let rules = Rules { version: 1, hash: [0; 32] };
    let origin = ORIGIN.to_owned();
    Identity { log_id: [1; 16], origin, rules, layout: LAYOUT, recoveries: Vec::new() }
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(ORIGIN, [seed; 32]).unwrap()
}

fn witness(seed: u8) -> WitnessKey {
    WitnessKey::from_seed(format!("witness-{seed}.example"), [100 + seed; 32]).unwrap()
}

/// A log of made-up leaves: the roots over its first 0, 1, 2 and so on.
#[derive(Debug, Clone)]
struct Grown {
    frontier: Frontier,
    leaves: Vec<Hash>,
    heads: Vec<Head>,
}

impl Grown {
    fn new() -> Grown {
        let frontier = Frontier::default();
        Grown { heads: vec![frontier.head()], leaves: Vec::new(), frontier }
    }

    fn of(leaves: impl IntoIterator<Item = u64>) -> Grown {
        let mut log = Grown::new();
        leaves.into_iter().for_each(|leaf| log.grow(leaf));
        log
    }

    fn grow(&mut self, leaf: u64) {
        self.push(Hash::leaf(&leaf.to_be_bytes()));
    }

    fn push(&mut self, leaf: Hash) {
        self.leaves.push(leaf);
        self.frontier.push(leaf);
        self.heads.push(self.frontier.head());
    }
}

impl Rooted for Grown {
    fn origin_at(&self, _size: u64) -> String {
        ORIGIN.to_owned()
    }

    fn head(&self) -> Head {
        *self.heads.last().unwrap()
    }

    fn root_at(&self, size: u64) -> Result<Option<Hash>, ReadError> {
        Ok(self.heads.get(usize::try_from(size).unwrap()).map(|head| head.root))
    }
}

/// Opens what is on a disk, beside a log that is read from its first record on.
fn open(disk: &Arc<MadeUpDisk>, log: &Grown) -> Result<Checkpoints, ReadError> {
    let disk = Arc::clone(disk) as Arc<dyn crate::Disk>;
    let place = Place::File { disk, path: PathBuf::from("data/checkpoints") };
    let checkpoints = Checkpoints::read(place)?;
    // As if every other record ended a frame.
    log.heads
        .iter()
        .skip(1)
        .step_by(2)
        .try_for_each(|head| checkpoints.passed(Some(&identity()), *head))?;
    checkpoints.adopt(log, false)?;
    Ok(checkpoints)
}

/// All that is stored.
fn stored(checkpoints: &Checkpoints) -> Result<Vec<SignedCheckpoint>, CheckpointError> {
    let mut found = Vec::new();
    let mut next = 0;
    while let Some(index) = checkpoints.signed_from(next) {
        found.extend(checkpoints.get(index)?);
        next = index + 1;
    }
    Ok(found)
}
