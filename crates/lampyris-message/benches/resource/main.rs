//! How fast data, manifests and pins are made, beside SHA-256 over the same bytes.
//! It never compares with an earlier run: all sides take turns in this one.

#![allow(clippy::print_stdout, reason = "a bench reports to whoever runs it")]
#![allow(clippy::unwrap_used, reason = "a bench may stop at the first surprise")]

mod values;

use std::hint::black_box;
use std::time::{Duration, Instant};

use lampyris_message::pin::assign::{PinRequest, StoredNonces, assign};
use lampyris_message::{
    BatchId, BatchPayload, BatchType, Bytes32, Data, GroupHash, Message, MessageId, Open,
    TransactionRef,
};

/// Rounds of about a millisecond a side: one that nobody else disturbed is enough.
const ROUNDS: usize = 150;

fn main() {
    println!("best of {ROUNDS} rounds; ratio: SHA-256 alone over the same bytes / this");
    data("entries", &values::entries(1_000));
    for (name, value) in values::shapes(1_000_000) {
        data(name, &value);
    }
    let few = manifest(200);
    let many = manifest(2_000);
    grows("manifest", few, many);
    let few = pins(200);
    let many = pins(2_000);
    grows("pin assignment", few, many);
}

fn data(name: &str, value: &str) {
    let json = format!(r#"{{"value":{value}}}"#);
    let data = Data::from_json(json.as_bytes()).unwrap();
    let canonical = data.value_bytes().to_vec();
    let calls = if value.len() > 10_000 { 1 } else { 500 };
    let mut best = [Duration::MAX; 3];
    for _ in 0..ROUNDS {
        let round = [
            time(calls, || {
                black_box(Bytes32::sha256(black_box(&canonical)));
            }),
            time(calls, || drop(black_box(black_box(&data).calc_hash()))),
            time(calls, || {
                drop(black_box(Data::from_json(black_box(json.as_bytes())).unwrap().calc_hash()));
            }),
        ];
        keep_best(&mut best, round);
    }
    let [alone, hash, read] = best;
    println!("data, {name}: {} bytes as sent, {} as hashed", value.len(), canonical.len());
    report("SHA-256 alone", alone, alone);
    report("data hash", alone, hash);
    report("read from JSON + data hash", alone, read);
}

fn manifest(messages: usize) -> Duration {
    let message = |n: usize| {
        let json = format!(
            r#"{{"header":{{"id":"d0000000-0000-4000-8000-{n:012}","type":"broadcast",
               "author":"did:firefly:org/acme","created":"1652664190","topics":["t{n}"]}}}}"#
        );
        let mut message = Message::from_json(json.as_bytes()).unwrap();
        message.seal().unwrap();
        message
    };
    let data = |n: usize| {
        let json = format!(
            r#"{{"id":"a0000000-0000-4000-8000-{n:012}","created":"1652664190","value":{n}}}"#
        );
        let mut data = Data::from_json(json.as_bytes()).unwrap();
        data.seal(None).unwrap();
        data
    };
    let payload = BatchPayload::assemble(
        &Open::from(BatchType::Broadcast),
        TransactionRef::default(),
        (0..messages).map(message),
        (0..messages).map(data),
    );
    let id = Some(BatchId::from_bytes([1; 16]));
    let bytes = payload.manifest(id).as_bytes().to_vec();
    let mut best = [Duration::MAX; 2];
    for _ in 0..ROUNDS {
        let round = [
            time(2, || {
                black_box(Bytes32::sha256(black_box(&bytes)));
            }),
            time(2, || {
                black_box(black_box(&payload).manifest(id).hash());
            }),
        ];
        keep_best(&mut best, round);
    }
    let [alone, whole] = best;
    println!("manifest of {messages} messages and as many data, {} bytes", bytes.len());
    report("SHA-256 alone", alone, alone);
    report("manifest + hash", alone, whole);
    whole
}

fn pins(messages: usize) -> Duration {
    const AUTHOR: &str = "did:firefly:org/acme";
    let group = GroupHash::from_bytes([7; 32]);
    let topics: Vec<Vec<String>> =
        (0..messages).map(|n| (0..10).map(|t| format!("topic{}", n * 3 + t)).collect()).collect();
    let requests: Vec<_> = (0_u128..)
        .zip(&topics)
        .map(|(n, topics)| {
            let id = MessageId::from_bytes(n.to_be_bytes());
            PinRequest { id, author: AUTHOR, group: Some(group), topics, pins: &[] }
        })
        .collect();
    let stored = StoredNonces::new();
    // What has to be hashed at the least: a nonce key and a pin for each topic.
    let inputs: Vec<Vec<u8>> = topics
        .iter()
        .flatten()
        .flat_map(|topic| {
            let key = [topic.as_bytes(), group.as_bytes(), AUTHOR.as_bytes()].concat();
            [key.clone(), [key, vec![0; 8]].concat()]
        })
        .collect();
    let mut best = [Duration::MAX; 2];
    for _ in 0..ROUNDS {
        let round = [
            time(1, || {
                for input in black_box(&inputs) {
                    black_box(Bytes32::sha256(input));
                }
            }),
            time(1, || drop(black_box(assign(black_box(&requests), &stored).unwrap()))),
        ];
        keep_best(&mut best, round);
    }
    let [alone, whole] = best;
    println!("pins of {messages} messages of 10 topics, no nonces stored");
    report("SHA-256 alone", alone, alone);
    report("pin assignment", alone, whole);
    whole
}

fn keep_best<const N: usize>(best: &mut [Duration; N], round: [Duration; N]) {
    for (best, this) in best.iter_mut().zip(round) {
        *best = this.min(*best);
    }
}

fn report(name: &str, alone: Duration, this: Duration) {
    let micros = this.as_secs_f64() * 1e6;
    let ratio = alone.as_secs_f64() / this.as_secs_f64();
    println!("  {name:<28} {micros:>10.1} us  ratio {ratio:.3}");
}

fn grows(name: &str, few: Duration, many: Duration) {
    let times = many.as_secs_f64() / few.as_secs_f64();
    println!("{name}: 2,000 messages take {times:.1} times as long as 200");
}

/// The time of one call, measured over `calls`.
#[expect(clippy::disallowed_methods, reason = "measuring is what a bench reads a clock for")]
fn time(calls: u32, mut call: impl FnMut()) -> Duration {
    let start = Instant::now();
    for _ in 0..calls {
        call();
    }
    start.elapsed() / calls
}
