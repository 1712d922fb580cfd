//! How fast a bundle of one message's life is checked at a million leaves, beside the SHA-256 and the signatures in it.
//! It never compares with an earlier run: all sides take turns in this one.

#![allow(clippy::print_stdout, reason = "a bench reports to whoever runs it")]
#![allow(clippy::unwrap_used, reason = "a bench may stop at the first surprise")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use lampyris_evidence::bundle::{Bundle, Leaf};
use lampyris_evidence::merkle::Hash;
use lampyris_evidence::policy::Policy;
use lampyris_testkit::SampleLog;
use lampyris_testkit::sample_log::{key, message_id};
use lampyris_verify::verify;

const LEAVES: u64 = 1_000_000;
const ROUNDS: usize = 1_000;
const CALLS: u32 = 10;

fn main() {
    let log = SampleLog::scattered(LEAVES);
    let witnessed = log.bundle(&log.history(message_id(0)));
    let policy = Policy::of(&[key().verifier().clone()], &[], 0).unwrap();
    let bundle = Bundle {
        witness_keys: Vec::new(),
        quorum: None,
        checkpoint: Some(log.unwitnessed(LEAVES)),
        ..witnessed
    };
    let json = bundle.to_json();
    let checkpoint = bundle.checkpoint.as_ref().unwrap();
    let hashes: usize = bundle.inclusion.iter().map(|inclusion| inclusion.proof.len()).sum();

    let mut times = [Duration::MAX; 5];
    for _ in 0..ROUNDS {
        let round = [
            time(|| hash_alone(black_box(&bundle))),
            time(|| black_box(checkpoint).verify(key_of(&bundle)).unwrap()),
            time(|| drop(black_box(Bundle::parse(black_box(json.as_bytes()))).unwrap())),
            time(|| drop(black_box(black_box(&bundle).check(&policy)).unwrap())),
            time(|| drop(black_box(verify(black_box(json.as_bytes()), &policy)).unwrap())),
        ];
        for (best, this) in times.iter_mut().zip(round) {
            *best = this.min(*best);
        }
    }
    let names = [
        "SHA-256 alone",
        "one Ed25519 verification",
        "the document read",
        "signature and proofs checked",
        "the whole check",
    ];
    let (records, bytes) = (bundle.inclusion.len(), json.len());
    println!("{records} records and {hashes} hashes of {LEAVES} leaves, {bytes} bytes of JSON");
    println!("best of {ROUNDS} rounds of {CALLS} calls");
    for (name, time) in names.iter().zip(times) {
        println!("{name:<29} {:>7.1} us", time.as_secs_f64() * 1e6 / f64::from(CALLS));
    }
}

fn key_of(bundle: &Bundle) -> &lampyris_evidence::key::VerifierKey {
    bundle.log_keys.first().unwrap()
}

/// The hashes that the proofs cost, and nothing else.
fn hash_alone(bundle: &Bundle) {
    for inclusion in &bundle.inclusion {
        let leaf = match &inclusion.leaf {
            Leaf::Bytes(bytes) => Hash::leaf(bytes),
            Leaf::Hash(hash) => *hash,
        };
        black_box(inclusion.proof.iter().fold(leaf, |below, hash| Hash::node(hash, &below)));
    }
}

#[expect(clippy::disallowed_methods, reason = "measuring is what a bench reads a clock for")]
fn time(mut call: impl FnMut()) -> Duration {
    let start = Instant::now();
    for _ in 0..CALLS {
        call();
    }
    start.elapsed()
}
