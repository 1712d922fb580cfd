//! A small log and its witnesses, and what they sign: what the properties compare with, and what their targets begin with.
//! The keys are made of numbers and known to all: they vouch for nothing.

use std::convert::Infallible;
use std::sync::LazyLock;

use lampyris_evidence::checkpoint::{Checkpoint, SignedCheckpoint};
use lampyris_evidence::key::{SigningKey, WitnessKey};
use lampyris_evidence::merkle::proof::{Nodes, inclusion};
use lampyris_evidence::merkle::{Frontier, Hash, Head};
use lampyris_evidence::note::{Signature, SignedNote};
use lampyris_evidence::policy::Policy;
use lampyris_evidence::tlog_proof::TlogProof;

/// Records of the log.
pub(super) const LEAVES: u64 = 5;

const WITNESSES: u8 = 3;
const ORIGIN: &str = "log.example/1";
const TIME: u64 = 1_790_000_000;

/// The key of the log.
pub(super) fn log_key() -> &'static SigningKey {
    static KEY: LazyLock<SigningKey> =
        LazyLock::new(|| SigningKey::from_seed(ORIGIN, [1; 32]).unwrap());
    &KEY
}

/// The key of a witness, by its number.
pub(super) fn witness(number: u8) -> WitnessKey {
    WitnessKey::from_seed(format!("w.example/{number}"), [100 + number; 32]).unwrap()
}

/// A record of the log.
pub(super) fn leaf(index: u64) -> Vec<u8> {
    format!("record {index}").into_bytes()
}

/// The log's tree of so many records, at most all.
pub(super) fn tree(size: u64) -> Head {
    let mut frontier = Frontier::new();
    (0..size.min(LEAVES)).for_each(|index| frontier.push(Hash::leaf(&leaf(index))));
    frontier.head()
}

/// The whole log's checkpoint: cosigned by no witness, by one, and by one more each.
pub(super) fn cosigned() -> &'static [SignedCheckpoint] {
    static COSIGNED: LazyLock<Vec<SignedCheckpoint>> = LazyLock::new(|| {
        let mut checkpoint = signed(LEAVES);
        let more = (0..WITNESSES).map(|number| {
            let line = witness(number).cosign(&checkpoint, TIME + u64::from(number)).unwrap();
            checkpoint.add(line).unwrap();
            checkpoint.clone()
        });
        let more: Vec<_> = more.collect();
        [vec![signed(LEAVES)], more].concat()
    });
    &COSIGNED
}

/// A policy that the log's own signature satisfies.
pub(super) fn known_policy() -> &'static Policy {
    static POLICY: LazyLock<Policy> = LazyLock::new(|| {
        let witnesses: Vec<_> =
            (0..WITNESSES).map(|number| witness(number).verifier().clone()).collect();
        Policy::of(&[log_key().verifier().clone()], &witnesses, 0).unwrap()
    });
    &POLICY
}

/// Notes with one signature and with many, of known and unknown kinds.
pub(super) fn notes() -> Vec<String> {
    let unknown = Signature { name: "é.example".to_owned(), id: 6, bytes: vec![6; 30] };
    let texts = ["\n", "one line\n", "two\n\nlines, é\n", "log.example/1\n0\n"];
    let mut notes: Vec<_> =
        texts.map(|text| SignedNote::sign(text.to_owned(), log_key()).unwrap()).into();
    notes[1].add(unknown).unwrap();
    let checkpoints = cosigned().iter().map(SignedCheckpoint::encode);
    notes.iter().map(SignedNote::encode).chain(checkpoints).collect()
}

/// Checkpoints, signed and not, and keys.
pub(super) fn checkpoints() -> Vec<String> {
    let mut extended = Checkpoint::new(ORIGIN, tree(LEAVES));
    extended.extensions.push("more".to_owned());
    let signed = [SignedCheckpoint::sign(extended, log_key()).unwrap(), signed(0), signed(1)];
    let signed = signed.iter().chain(cosigned()).map(SignedCheckpoint::encode);
    let bodies = (0..3).map(|size| Checkpoint::new(ORIGIN, tree(size)).text());
    let keys = [
        log_key().encode(),
        log_key().verifier().to_string(),
        witness(0).encode(),
        witness(0).verifier().to_string(),
    ];
    signed.chain(bodies).chain(keys).collect()
}

/// A proof of each record in each size of the log.
pub(super) fn proofs() -> Vec<String> {
    let places = (1..=LEAVES).flat_map(|size| (0..size).map(move |index| (index, size)));
    let proof = |(index, size): (u64, u64)| TlogProof {
        extra: vec![7; usize::try_from(index).unwrap()],
        index,
        proof: inclusion(&Records, index, size).unwrap().unwrap(),
        checkpoint: if size == LEAVES { cosigned()[1].clone() } else { signed(size) },
    };
    places.map(|place| proof(place).encode()).collect()
}

/// Policies of all shapes, with the log and its witnesses in them.
pub(super) fn policies() -> Vec<String> {
    let log = format!("# the log\nlog {} https://log.example/\n", log_key().verifier());
    let witnesses =
        (0..WITNESSES).map(|number| format!("witness w{number} {}\n", witness(number).verifier()));
    let witnesses = witnesses.collect::<Vec<_>>().concat();
    let rules = [
        "quorum none\n",
        "quorum w0\n",
        "group g any w0 w1\nquorum g\n",
        "group g all w0 w1 w2\nquorum g\n",
        "group g 1 w1 w2\ngroup h 2 g w0\n\nquorum\th\n",
    ];
    let all = rules.map(|rule| format!("{log}{witnesses}{rule}"));
    [format!("{log}quorum none\n"), "quorum none\n".to_owned()].into_iter().chain(all).collect()
}

struct Records;

impl Nodes for Records {
    type Error = Infallible;

    fn node(&self, height: u8, index: u64) -> Result<Hash, Infallible> {
        let Some(below) = height.checked_sub(1) else { return Ok(Hash::leaf(&leaf(index))) };
        Ok(Hash::node(&self.node(below, 2 * index)?, &self.node(below, 2 * index + 1)?))
    }
}

fn signed(size: u64) -> SignedCheckpoint {
    SignedCheckpoint::sign(Checkpoint::new(ORIGIN, tree(size)), log_key()).unwrap()
}
