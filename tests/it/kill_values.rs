//! `kill -9` while `apply` stages messages with values in line: what was answered has all its values, and what the kill
//! left beside the log is gone after a collection.
//!
//! `LAMPYRIS_TEST_SCALE` multiplies the number of kills.

use std::collections::{BTreeMap, BTreeSet};

use lampyris::log::{Log, Options};
use lampyris::message::hash::Bytes32;
use lampyris::projection::element::referred_objects;
use lampyris::{Lampyris, MessageId};
use serde_json::{Value, json};

use crate::apply::{id, stage};
use crate::dice::{Dice, samples};
use crate::kill::apply_and_kill;
use crate::program::Program;

/// Kills that CI runs.
const KILLS: usize = 15;
/// Kills in one directory.
const IN_ONE: usize = 5;
pub(crate) const IN_FLIGHT: u64 = 16;
/// More requests than one run answers.
pub(crate) const AHEAD: u64 = 60;
const LEAST: u64 = 1 << 10;
const MOST: u64 = 4 << 20;

/// The values of a message: up to three of 1 KB to 4 MB, mostly small; every fourth message shares one.
fn values(message: u64) -> Vec<String> {
    let mut dice = Dice::new(message);
    let count = 1 + dice.below(3);
    let mut values: Vec<String> = (0..count)
        .map(|index| {
            let most = LEAST << dice.below((MOST / LEAST).ilog2().into());
            let size = LEAST + dice.below(most);
            let text = format!("{message} {index} {} ", dice.below(u64::MAX));
            text.chars().cycle().take(usize::try_from(size.min(MOST)).unwrap()).collect()
        })
        .collect();
    if message.is_multiple_of(4) {
        values.push("shared".repeat(400));
    }
    values
}

pub(crate) fn line(message: u64) -> String {
    let mut line = stage(message);
    let data: Vec<Value> =
        values(message).into_iter().map(|value| json!({ "value": value })).collect();
    line["message"]["data"] = data.into();
    line.to_string() + "\n"
}

/// Holds every message that was answered against its values, and the store against the log after a collection.
#[track_caller]
fn check(program: &Program, answered: &BTreeSet<u64>) -> u64 {
    let engine = Lampyris::builder().existing().open(program.data()).unwrap();
    for message in answered {
        let id = MessageId::parse(&id(*message)).unwrap();
        let view = engine.get(id).unwrap_or_else(|| panic!("message {message} is lost"));
        let references: Vec<_> = view.message().data.iter().flatten().flatten().collect();
        let values = values(*message);
        assert_eq!(references.len(), values.len());
        for (reference, value) in references.iter().zip(values) {
            let (data, parts) = engine.data(reference.id.unwrap()).unwrap().unwrap();
            assert_eq!(parts.absent(), None, "message {message}: {parts:?}");
            assert_eq!(data.check_hash().ok(), reference.hash);
            let expected = format!("\"{value}\"");
            assert!(data.value_bytes() == expected.as_bytes(), "message {message}: another value");
        }
    }
    let collected = engine.collect_data().unwrap();
    drop(engine);
    let log = Log::open(program.data(), &Options::reader()).unwrap();
    let (mut held, mut sizes) = (BTreeSet::new(), BTreeMap::new());
    let took = log.data().for_each(|object| {
        held.insert(object.hash.0);
        sizes.insert(object.hash.0, object.size);
    });
    took.unwrap();
    let referred: BTreeSet<[u8; 32]> = referred_objects(&log).unwrap().into_iter().collect();
    assert_eq!(held, referred, "an orphan survives, or a value is lost");
    for hash in &held {
        let bytes = log.data().read(&lampyris::log::Hash(*hash)).unwrap().unwrap();
        assert_eq!((Bytes32::sha256(&bytes).0, bytes.len() as u64), (*hash, sizes[hash]));
    }
    collected.objects
}

#[test]
fn what_apply_answered_has_all_its_values_after_kill_9_and_no_orphan_survives() {
    let mut dice = Dice::of("apply with values");
    let (mut kills, mut answers, mut orphans) = (0, 0, 0);
    while kills < samples(KILLS) {
        let (program, mut answered) = (Program::new(), BTreeSet::new());
        for _ in 0..IN_ONE {
            // What may be kept and was not answered is asked for again.
            let first = answered.last().map_or(0, |last: &u64| last.saturating_sub(IN_FLIGHT));
            let lines: String = (first..first + AHEAD).map(line).collect();
            let wanted = if dice.below(5) == 0 { 0 } else { dice.below(AHEAD / 2) };
            apply_and_kill(&program, IN_FLIGHT, lines, wanted, &mut dice, |answer| {
                assert_eq!(answer["ok"], true, "{answer}");
                answered.insert(first + answer["line"].as_u64().unwrap() - 1);
            });
            kills += 1;
            if answered.is_empty() {
                continue;
            }
            if dice.below(3) > 0 {
                orphans += check(&program, &answered);
                program.run(&["replay"]).exits(0);
            }
        }
        if !answered.is_empty() {
            orphans += check(&program, &answered);
        }
        answers += answered.len();
    }
    println!(
        "{kills} kills, {answers} messages answered: 0 values lost; {orphans} orphans collected, 0 left"
    );
    assert!(answers > kills * 4, "only {answers} were answered");
}
