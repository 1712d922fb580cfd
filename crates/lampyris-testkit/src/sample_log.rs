//! A log of real lives in memory, with all that a bundle of it needs: tree, proofs, keys, checkpoints.
//! Its records can be changed before anything is signed, as an operator could who lies.

mod records;

pub use records::{element, erased, event, life, message_id, opened, own};

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use lampyris_evidence::bundle::{Bundle, Consistency, Inclusion, Leaf, LeafProof, Old};
use lampyris_evidence::checkpoint::{Checkpoint, SignedCheckpoint};
use lampyris_evidence::identity::{OwnEvent, Recovered};
use lampyris_evidence::key::{SigningKey, VerifierKey, WitnessKey};
use lampyris_evidence::merkle::proof::{Nodes, consistency, inclusion, root};
use lampyris_evidence::merkle::{Hash, Head};
use lampyris_evidence::policy::Policy;
use lampyris_evidence::record::Record;
use lampyris_evidence::tlog_proof::TlogProof;
use lampyris_message::MessageId;
use lampyris_verify::stream::MESSAGE;

/// The origin of every sample log.
pub const ORIGIN: &str = "example.com/lampyris/sample";
/// What a sample log is called that was recovered.
pub const RECOVERED_ORIGIN: &str = "example.com/lampyris/recovered";

/// Records of a log, and the tree over them or over more.
#[derive(Debug, Clone, Default)]
pub struct SampleLog {
    /// The records by their sequence; where one is missing, the tree has a leaf that is no record.
    pub records: BTreeMap<u64, Record>,
    /// The names that it took when it was recovered, and the sequences of the records that say so.
    names: Vec<(u64, String)>,
    /// Fewest leaves of the tree.
    leaves: u64,
    /// All full subtrees, by height.
    levels: Vec<Vec<Hash>>,
}

impl Nodes for SampleLog {
    type Error = Infallible;

    fn node(&self, height: u8, index: u64) -> Result<Hash, Infallible> {
        Ok(self.levels[usize::from(height)][usize::try_from(index).unwrap()])
    }
}

impl SampleLog {
    /// A log of that many messages' whole lives, a record of each in turn, and a data element at the end.
    pub fn of(messages: u8) -> SampleLog {
        let lives: Vec<_> = (0..messages).map(life).collect();
        let mut log = SampleLog::default();
        log.push(opened());
        for step in 0..lives.iter().map(Vec::len).max().unwrap_or(0) {
            for (number, life) in (0..).zip(&lives) {
                log.push(event(message_id(number), &life[step]));
            }
        }
        log.push(element());
        log.sealed()
    }

    /// A log of one life among that many leaves, of which the others are no records: too many to be made here.
    pub fn scattered(leaves: u64) -> SampleLog {
        let life = life(0);
        let mut log = SampleLog::default();
        log.push(opened());
        for (step, told) in (1..).zip(&life) {
            log.push_at(leaves / (life.len() as u64 + 1) * step, event(message_id(0), told));
        }
        log.leaves = leaves;
        log.sealed()
    }

    /// Puts a record at the log's end; its place, its version and its link follow from that.
    pub fn push(&mut self, record: Record) {
        let next = self.records.last_key_value().map_or(0, |(last, _)| last + 1);
        self.push_at(next, record);
    }

    /// A log of that many messages' whole lives, recovered in the middle, when `lost` records more are known of.
    pub fn recovered(messages: u8, lost: Option<u64>) -> SampleLog {
        let whole = SampleLog::of(messages);
        let mut log = SampleLog::default();
        for (sequence, record) in whole.records {
            if sequence == 4 * u64::from(messages) {
                log = log.sealed();
                log.recover(RECOVERED_ORIGIN, lost);
            }
            log.push(record);
        }
        log.sealed()
    }

    /// Puts a record at the end that this log is a copy and takes the place of one that was lost; its tree has to be
    /// made before, and after.
    pub fn recover(&mut self, origin: &str, lost: Option<u64>) {
        let head = self.head(self.size());
        let recovered = Recovered {
            old_origin: self.origin_at(u64::MAX).to_owned(),
            new_origin: origin.to_owned(),
            head,
            lost: lost.map(|more| match more {
                0 => head,
                more => Head { size: head.size + more, root: Hash([0xee; 32]) },
            }),
        };
        self.push(own(&OwnEvent::Recovered(recovered)));
        self.names.push((head.size, origin.to_owned()));
    }

    /// The log's name in a checkpoint of so many records.
    pub fn origin_at(&self, size: u64) -> &str {
        let taken = self.names.iter().rev().find(|(sequence, _)| size > *sequence);
        taken.map_or(ORIGIN, |(_, name)| name)
    }

    fn push_at(&mut self, sequence: u64, record: Record) {
        let mut same =
            self.records.values().rev().filter(|other| {
                other.stream == record.stream && other.namespace == record.namespace
            });
        let last = same.next();
        let record = Record {
            sequence,
            version: last.map_or(0, |last| last.version + 1),
            previous: last.map(|last| last.sequence),
            append_id: u128::from(sequence).to_be_bytes(),
            time: i64::try_from(sequence).unwrap(),
            ..record
        };
        self.records.insert(sequence, record);
    }

    /// The same with its tree made anew: after its records were changed.
    #[must_use]
    pub fn sealed(mut self) -> SampleLog {
        let last = self.records.last_key_value().map_or(0, |(last, _)| last + 1);
        let leaves = self.leaves.max(last);
        let leaf = |at| match self.records.get(&at) {
            Some(record) => Hash::leaf(&record.encode()),
            None => Hash::leaf(&at.to_be_bytes()),
        };
        let mut levels: Vec<Vec<Hash>> = vec![(0..leaves).map(leaf).collect()];
        while levels.last().unwrap().len() > 1 {
            let pairs = levels.last().unwrap().chunks_exact(2);
            levels.push(pairs.map(|pair| Hash::node(&pair[0], &pair[1])).collect());
        }
        self.levels = levels;
        self
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.levels[0].len() as u64
    }

    /// Size and root of the first leaves.
    pub fn head(&self, size: u64) -> Head {
        let Ok(root) = root(self, size);
        Head { size, root }
    }

    /// The way from a leaf up to the root.
    pub fn inclusion(&self, index: u64, size: u64) -> Vec<Hash> {
        let Ok(proof) = inclusion(self, index, size);
        proof.unwrap()
    }

    /// What shows that the log goes on from its first `old` leaves.
    pub fn consistency(&self, old: u64, new: u64) -> Vec<Hash> {
        let Ok(proof) = consistency(self, old, new);
        proof.unwrap()
    }

    /// The checkpoint of the first leaves, signed by the log alone.
    pub fn unwitnessed(&self, size: u64) -> SignedCheckpoint {
        let origin = self.origin_at(size);
        SignedCheckpoint::sign(Checkpoint::new(origin, self.head(size)), &key_of(origin)).unwrap()
    }

    /// The checkpoint of the first leaves, signed by the log and by both witnesses.
    pub fn checkpoint(&self, size: u64) -> SignedCheckpoint {
        let mut signed = self.unwitnessed(size);
        for witness in witnesses() {
            let cosignature = witness.cosign(&signed, 1_790_000_000 + size).unwrap();
            signed.add(cosignature).unwrap();
        }
        signed
    }

    /// The sequences of a message's records.
    pub fn history(&self, id: MessageId) -> Vec<u64> {
        let of =
            |record: &&Record| record.stream.kind == MESSAGE && record.stream.id == id.as_bytes();
        self.records.values().filter(of).map(|record| record.sequence).collect()
    }

    /// A bundle of record 0, of each recovery, and of these records, under the checkpoint of all leaves.
    pub fn bundle(&self, sequences: &[u64]) -> Bundle {
        let recoveries = self.names.iter().map(|(sequence, _)| *sequence);
        let own = std::iter::once(0).chain(recoveries.clone());
        let shown: BTreeSet<u64> = own.chain(sequences.iter().copied()).collect();
        let consistency = recoveries.map(|size| Consistency {
            old: Old::Head { old_size: size, old_root: self.head(size).root },
            proof: self.consistency(size, self.size()),
            new_size: None,
            new_root: None,
        });
        let inclusion = shown.into_iter().map(|index| Inclusion {
            index,
            leaf: Leaf::Bytes(self.records[&index].encode()),
            proof: self.inclusion(index, self.size()),
            tree_size: None,
            root_hash: None,
        });
        Bundle {
            log_keys: vec![key_of(self.origin_at(self.size())).verifier().clone()],
            witness_keys: witnesses().map(|key| key.verifier().clone()).into(),
            quorum: Some(2),
            checkpoint: Some(self.checkpoint(self.size())),
            inclusion: inclusion.collect(),
            consistency: consistency.collect(),
            ..Bundle::default()
        }
    }

    /// A bundle with every member that there is: the whole log, each member said in each way.
    pub fn full_bundle(&self) -> Bundle {
        let records: Vec<u64> = self.records.keys().copied().skip(1).collect();
        let mut bundle = self.bundle(&records);
        let (size, half) = (self.size(), self.size() / 2);
        let head = self.head(size);
        bundle.origin = Some(ORIGIN.into());
        (bundle.tree_size, bundle.root_hash) = (Some(size), Some(head.root));
        bundle.leaves = Some(self.records.values().map(Record::encode).collect());
        bundle.leaf_hashes = Some(self.levels[0].clone());
        let old_checkpoint = self.unwitnessed(half);
        let old = self.head(half - 1);
        bundle.consistency = vec![
            Consistency {
                old: Old::Checkpoint { old_checkpoint },
                proof: self.consistency(half, size),
                new_size: None,
                new_root: None,
            },
            Consistency {
                old: Old::Head { old_size: old.size, old_root: old.root },
                proof: self.consistency(half - 1, half),
                new_size: Some(half),
                new_root: Some(self.head(half).root),
            },
        ];
        bundle.inclusion[0].proof = self.inclusion(0, half);
        bundle.inclusion[0].tree_size = Some(half);
        bundle.inclusion[0].root_hash = Some(self.head(half).root);
        let last = bundle.inclusion.last_mut().unwrap();
        last.leaf = Leaf::Hash(last.leaf.hash());
        bundle.tlog_proofs = vec![LeafProof {
            leaf: self.records[&0].encode(),
            proof: TlogProof {
                extra: Vec::new(),
                index: 0,
                proof: self.inclusion(0, half),
                checkpoint: self.checkpoint(half),
            },
        }];
        bundle
    }
}

/// The key of every sample log.
pub fn key() -> SigningKey {
    key_of(ORIGIN)
}

/// The key that signs under this name.
pub fn key_of(origin: &str) -> SigningKey {
    SigningKey::from_seed(origin, [1; 32]).unwrap()
}

/// Its witnesses.
pub fn witnesses() -> [WitnessKey; 2] {
    [2, 3].map(|seed| WitnessKey::from_seed(format!("witness.example/{seed}"), [seed; 32]).unwrap())
}

/// Whom its readers believe: the log, and both witnesses together.
pub fn policy() -> Policy {
    policy_of(ORIGIN)
}

/// The same, of a log of this name.
pub fn policy_of(origin: &str) -> Policy {
    let witnesses: Vec<VerifierKey> = witnesses().map(|key| key.verifier().clone()).into();
    Policy::of(&[key_of(origin).verifier().clone()], &witnesses, witnesses.len()).unwrap()
}
