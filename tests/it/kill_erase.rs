//! `kill -9` in the middle of `erase`: what was recorded is finished by the next opening, and nothing else is lost.
//!
//! `LAMPYRIS_TEST_SCALE` multiplies the number of kills.

use std::process::{Command, Stdio};

use lampyris::log::{Log, Options};
use lampyris::message::Bytes32;
use lampyris::projection::Element;
use lampyris::projection::element::referred_objects;
use lampyris::{DataId, Lampyris};
use serde_json::json;

use crate::dice::{Dice, samples};
use crate::program::Program;

/// Kills that CI runs.
const KILLS: usize = 24;
/// Elements of one log; every third has a value of its own, the others share.
const ELEMENTS: u64 = 30;

fn id(number: u64) -> String {
    format!("6a2f3c74-0c5e-4d0b-8a6e-{number:012x}")
}

fn value(number: u64) -> String {
    let number = if number.is_multiple_of(3) { number } else { number / 6 };
    json!(format!("value {number} ").repeat(1 + 4000 * usize::from(number.is_multiple_of(5))))
        .to_string()
}

fn fill(program: &Program) {
    let elements: Vec<_> = (0..ELEMENTS)
        .map(|number| {
            let value = value(number);
            let hash = Bytes32::sha256(value.as_bytes()).to_string();
            format!(
                r#"{{"id":"{}","validator":"json","created":"2022-05-16T01:23:10Z","hash":"{hash}","value":{value}}}"#,
                id(number)
            )
        })
        .collect();
    let file = program.write("elements.json", &format!("[{}]", elements.join(",")));
    program.run(&["data", "put", "--elements", "--strict", file.to_str().unwrap()]).exits(0);
}

/// Erases an element and its like, and kills the program after so many looks at its announcement, or once there is
/// none any more; returns whether it was still running.
fn erase_and_kill(program: &Program, number: u64, looks: u64) -> bool {
    let id = id(number);
    let announcement = program.data().join("data/erasing");
    let mut child = Command::new(env!("CARGO_BIN_EXE_lampyris"))
        .args(["erase", &id, "--reason", "asked for", "--all-references", "--data"])
        .arg(program.data())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut seen = 0;
    while seen < looks && child.try_wait().unwrap().is_none() {
        if announcement.exists() {
            seen += 1;
        } else if seen > 0 {
            break;
        }
    }
    let is_running = child.try_wait().unwrap().is_none();
    let _gone = child.kill();
    child.wait().unwrap();
    is_running
}

/// After an opening for writing, the store has the objects of elements that were not erased, and no other.
#[track_caller]
fn check(program: &Program) -> u64 {
    drop(Lampyris::builder().existing().open(program.data()).unwrap());
    let log = Log::open(program.data(), &Options::reader()).unwrap();
    let mut held = Vec::new();
    log.data().for_each(|object| held.push(object.hash.0)).unwrap();
    held.sort_unstable();
    assert_eq!(held, referred_objects(&log).unwrap(), "erased and there, or there and lost");
    let mut erased = 0;
    for number in 0..ELEMENTS {
        let id = DataId::parse(&id(number)).unwrap();
        let element = Element::read(&log, "default", id).unwrap().unwrap();
        if element.erasure().is_some() {
            erased += 1;
            continue;
        }
        let (data, parts) = element.load(log.data()).unwrap();
        assert_eq!(parts.absent(), None);
        assert_eq!(data.value_bytes(), value(number).as_bytes());
    }
    erased
}

#[test]
fn an_erasure_that_was_recorded_is_finished_after_kill_9() {
    let mut dice = Dice::of("erase and kill");
    let (mut kills, mut erased, mut left) = (0, 0, 0_u64);
    while kills < samples(KILLS) {
        let program = Program::new();
        fill(&program);
        for _ in 0..6 {
            let most = 1 << dice.below(17);
            let looks = 1 + dice.below(most);
            let number = dice.below(ELEMENTS);
            let was_announced = erase_and_kill(&program, number, looks);
            kills += usize::from(was_announced);
            left += u64::from(program.data().join("data/erasing").exists());
            // Some are left for the kill after, as a crash at opening leaves them.
            if dice.below(2) == 0 {
                check(&program);
            }
        }
        erased += check(&program);
        program.run(&["replay"]).exits(0);
        program.run(&["data", "verify"]).exits(0);
    }
    println!(
        "{kills} kills, {left} announcements left, {erased} elements erased: 0 objects of them left, 0 others lost"
    );
    assert!(left > 0 && erased > 0, "no kill fell between");
}
