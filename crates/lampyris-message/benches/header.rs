//! How fast a header is serialised, hashed and read back, beside SHA-256 over the same bytes.
//! It never compares with an earlier run: both sides take turns in this one.

#![allow(clippy::print_stdout, reason = "a bench reports to whoever runs it")]
#![allow(clippy::unwrap_used, reason = "a bench may stop at the first surprise")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use lampyris_message::{Bytes32, Message, SealedMessage};

const MESSAGE: &str = r#"{"header":{"id":"4ea27cce-a103-4187-b318-f7b20fd87bf3",
 "cid":"00d20cba-76ed-431d-b9ff-f04b4cbee55c","type":"private","author":"did:firefly:org/acme",
 "key":"0xD53B0294B6a596D404809b1d51D1b4B3d1aD4945","created":"2022-05-16T01:23:10.123456789Z",
 "namespace":"ns1","topics":["topic1"],"tag":"blue_message",
 "group":"781caa6738a604344ae86ee336ada1b48a404a85e7041cf75b864e50e3b14a22"},
 "data":[{"id":"fdf9f118-eb81-4086-a63d-b06715b3bb4e",
 "hash":"34cf848d896c83cdf433ea7bd9490c71800b316a96aac3c3a78a42a4c455d67d"}]}"#;

const ROUNDS: usize = 40;
const CALLS: u32 = 20_000;

fn main() {
    let mut message = Message::from_json(MESSAGE.as_bytes()).unwrap();
    let sealed = message.seal().unwrap();
    let bytes = sealed.header_bytes();
    let data = sealed.data().to_vec();
    let header = sealed.header();

    let mut times = [Duration::MAX; 4];
    for _ in 0..ROUNDS {
        let round = [
            time(|| {
                black_box(Bytes32::sha256(black_box(bytes)));
            }),
            time(|| drop(black_box(black_box(header).canonical_bytes()))),
            time(|| {
                black_box(black_box(header).hash());
            }),
            time(|| {
                let data = Some(black_box(&data).clone());
                SealedMessage::from_header_bytes(black_box(bytes), data).map(drop).unwrap();
            }),
        ];
        for (best, this) in times.iter_mut().zip(round) {
            *best = this.min(*best);
        }
    }
    report(bytes.len(), times);
}

fn report(bytes: usize, times: [Duration; 4]) {
    let nanos = times.map(|time| time.as_secs_f64() * 1e9 / f64::from(CALLS));
    let names = ["SHA-256 alone", "canonical bytes", "canonical bytes + hash", "from_header_bytes"];
    println!("header of {bytes} bytes, best of {ROUNDS} rounds of {CALLS} calls");
    for (name, nanos) in names.iter().zip(nanos) {
        println!("{name:<24} {nanos:>8.1} ns  {:>8.3} million a second", 1e3 / nanos);
    }
    let [alone, _, both, _] = nanos;
    println!("ratio of canonical bytes + hash to SHA-256 alone: {:.3}", alone / both);
}

#[expect(clippy::disallowed_methods, reason = "measuring is what a bench reads a clock for")]
fn time(mut call: impl FnMut()) -> Duration {
    let start = Instant::now();
    for _ in 0..CALLS {
        call();
    }
    start.elapsed()
}
