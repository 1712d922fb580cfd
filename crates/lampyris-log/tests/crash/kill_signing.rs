//! `kill -9` while the log is appended to and signed.
//!
//! What could be lost: the consistency of what was signed. A signature that left the process binds the log for ever;
//! so does one that was made and lost. The program signs as fast as it can, on two threads, and says each checkpoint
//! once it has it; it is killed after a random number of them. Every checkpoint that was ever said must be stored, and
//! every one that was ever stored must go with the log, by its root and by a consistency proof, because a body is on
//! the disk before its signature is made.

use crate::child::{FIRST, SIGN};
use crate::dice::{Dice, samples};
use crate::files::copy;
use crate::ledger::Ledger;
use crate::process::{Process, command};
use crate::workload::{RULES, signing_key};
use lampyris_evidence::checkpoint::SignedCheckpoint;
use lampyris_evidence::merkle::proof::{self, Nodes};
use lampyris_log::{Chain, Hash, Head, Log, Options};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::Path;

/// Kills in one directory.
const KILLS: usize = 5;

/// All that was said or stored, by size.
type Held = BTreeMap<u64, SignedCheckpoint>;

#[test]
fn what_was_signed_goes_with_the_later_log() {
    let mut dice = Dice::of("kill_signing");
    let (mut kills, mut said, mut stored) = (0, 0, 0);
    for _ in 0..samples(KILLS).div_ceil(KILLS) {
        let scratch = tempfile::tempdir().unwrap();
        let directory = scratch.path().join("log");
        let (mut ledger, mut held) = (Ledger::default(), Held::new());
        for kill in 0..KILLS {
            run_and_kill(&directory, &mut ledger, &mut held, &mut dice);
            said += held.len();
            // The next run finds the files as the kill left them, or as this comparison closed them.
            if kill % 2 == 0 {
                let beside = scratch.path().join("copy");
                copy(&directory, &beside);
                compare(&beside, &mut held);
                std::fs::remove_dir_all(&beside).unwrap();
            } else {
                compare(&directory, &mut held);
            }
            kills += 1;
        }
        ledger.check(&directory, 0);
        stored += held.len();
    }
    println!("{kills} kills, {stored} checkpoints, each compared with every later log");
    assert!(said > kills && stored > kills, "only {stored} checkpoints");
}

fn run_and_kill(directory: &Path, ledger: &mut Ledger, held: &mut Held, dice: &mut Dice) {
    let mut command = command("append", directory, &[]);
    command.env(FIRST, ledger.go_on_from()).env(SIGN, (1 + dice.below(20)).to_string());
    let mut process = Process::start(command);
    // The first time it lives until there is a log to compare with.
    let mut wanted = dice.below(12).max(u64::from(held.is_empty()));
    while wanted > 0 {
        let line = process.next_line();
        let line = line.unwrap_or_else(|| panic!("the program ended by itself"));
        assert!(!line.starts_with("unopened") && !line.starts_with("failed"), "{line}");
        wanted -= u64::from(hear(&line, ledger, held));
    }
    process.kill();
    for line in process.rest().0 {
        hear(&line, ledger, held);
    }
}

/// Takes a line in; returns whether it is a new checkpoint.
fn hear(line: &str, ledger: &mut Ledger, held: &mut Held) -> bool {
    let Some(note) = line.strip_prefix("signed ") else {
        ledger.hear(line);
        return false;
    };
    let checkpoint = SignedCheckpoint::parse(&note.replace('|', "\n")).unwrap();
    hold(held, &checkpoint)
}

fn hold(held: &mut Held, checkpoint: &SignedCheckpoint) -> bool {
    checkpoint.verify(signing_key().verifier()).unwrap();
    let before = held.insert(checkpoint.checkpoint().head.size, checkpoint.clone());
    assert!(before.as_ref().is_none_or(|before| before == checkpoint), "two of one size");
    before.is_none()
}

/// Opens a log, takes over what it has stored, and holds everything against it.
fn compare(directory: &Path, held: &mut Held) {
    let (mut chain, mut tree) = (Chain::default(), Tree::default());
    let mut heads = vec![chain.head()];
    let log = Log::open_with(directory, &Options::writer(RULES), |verified| {
        chain.leaf(verified.bytes);
        heads.push(chain.head());
        tree.push(verified.leaf);
    })
    .unwrap();
    let stored: Vec<SignedCheckpoint> = log.checkpoints().collect::<Result<_, _>>().unwrap();
    for checkpoint in held.values() {
        assert!(stored.contains(checkpoint), "not stored: {}", checkpoint.encode());
    }
    for checkpoint in &stored {
        hold(held, checkpoint);
    }
    let now = log.head();
    let mut before = Head { size: 0, root: Hash::of(&[]) };
    for checkpoint in held.values() {
        let signed = checkpoint.checkpoint().head;
        assert_eq!(heads[usize::try_from(signed.size).unwrap()], signed);
        for (old, new) in [(before, signed), (signed, now)] {
            let Ok(path) = proof::consistency(&tree, old.size, new.size);
            proof::check_consistency(old, new, &path.unwrap()).unwrap();
        }
        before = signed;
    }
    if let Some(last) = held.values().last() {
        log.agrees_with(last).unwrap();
    }
}

/// Every full subtree, by height.
#[derive(Debug, Default)]
struct Tree(Vec<Vec<Hash>>);

impl Tree {
    fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        for height in 0.. {
            if self.0.len() == height {
                self.0.push(Vec::new());
            }
            let level = &mut self.0[height];
            level.push(node);
            match level.as_slice() {
                [.., left, right] if level.len().is_multiple_of(2) => {
                    node = Hash::node(left, right);
                }
                _ => return,
            }
        }
    }
}

impl Nodes for Tree {
    type Error = Infallible;

    fn node(&self, height: u8, index: u64) -> Result<Hash, Infallible> {
        Ok(self.0[usize::from(height)][usize::try_from(index).unwrap()])
    }
}
