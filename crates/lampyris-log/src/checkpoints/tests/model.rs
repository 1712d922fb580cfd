//! Random growth, signatures, cosignatures, failures, reopenings and exchanged logs, against a plain model: a map
//! from sizes to the lines that were handed out.

use super::disk::{MadeUpDisk, entries};
use super::{Grown, key, open, stored, witness};
use crate::checkpoints::{Checkpoints, Kind};
use crate::error::{Broken, ReadError};
use lampyris_evidence::checkpoint::{Checkpoint, SignedCheckpoint};
use lampyris_evidence::note::Signature;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Debug, Clone)]
enum Step {
    Grow(u8),
    Sign(u8),
    Cosign(u8),
    /// An operation of the next signature fails; then what is live, or durable, is opened.
    Fail {
        operation: usize,
        loses_power: bool,
    },
    Reopen {
        loses_power: bool,
    },
    /// Another log is put in place: the same first records, others behind them.
    Exchange {
        keep: usize,
        then: u8,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0u8..4).prop_map(Step::Grow),
        4 => (1u8..3).prop_map(Step::Sign),
        2 => (1u8..4).prop_map(Step::Cosign),
        2 => (1usize..12, any::<bool>())
            .prop_map(|(operation, loses_power)| Step::Fail { operation, loses_power }),
        1 => any::<bool>().prop_map(|loses_power| Step::Reopen { loses_power }),
        2 => (0usize..30, 0u8..6).prop_map(|(keep, then)| Step::Exchange { keep, then }),
    ];
    prop::collection::vec(step, 1..60)
}

struct World {
    disk: Arc<MadeUpDisk>,
    log: Grown,
    leaf: u64,
    checkpoints: Checkpoints,
    /// What was handed out, by size.
    held: BTreeMap<u64, Vec<Signature>>,
}

impl World {
    fn new() -> World {
        let (disk, log) = (MadeUpDisk::with(None), Grown::of([0]));
        let checkpoints = open(&disk, &log).unwrap();
        World { disk, log, leaf: 1, checkpoints, held: BTreeMap::new() }
    }

    fn grow(&mut self, count: u8) {
        for _ in 0..count {
            self.log.grow(self.leaf);
            self.leaf += 1;
        }
    }

    fn hold(&mut self, note: &SignedCheckpoint) {
        let lines = self.held.entry(note.checkpoint().head.size).or_default();
        for line in note.note().signatures() {
            if !lines.contains(line) {
                lines.push(line.clone());
            }
        }
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Grow(count) => self.grow(count),
            Step::Sign(seed) => {
                let note = self.checkpoints.sign(&self.log, &key(seed)).unwrap();
                note.verify(key(seed).verifier()).unwrap();
                self.hold(&note);
            }
            Step::Cosign(seed) => {
                let Some(mut note) = self.checkpoints.last().unwrap() else { return };
                let line = witness(seed).cosign(&note, self.leaf).unwrap();
                // It may have cosigned before.
                note.add(line).unwrap_or_default();
                let vkeys = [witness(seed).verifier().clone()];
                let kept = self.checkpoints.add_cosignatures(&note, &vkeys).unwrap();
                self.hold(&kept);
            }
            Step::Fail { operation, loses_power } => {
                self.disk.fail_at(operation, false);
                let signed = self.checkpoints.sign(&self.log, &key(1));
                self.disk.fail_at(0, false);
                if let Ok(note) = signed {
                    self.hold(&note);
                }
                self.reopen(loses_power);
            }
            Step::Reopen { loses_power } => self.reopen(loses_power),
            Step::Exchange { keep, then } => self.exchange(keep, then),
        }
    }

    fn reopen(&mut self, loses_power: bool) {
        let state = self.disk.state();
        self.disk =
            if loses_power { MadeUpDisk::with(state.durable) } else { MadeUpDisk::go_on(state) };
        self.checkpoints = open(&self.disk, &self.log).unwrap();
    }

    /// An exchanged log is opened exactly if it has every stored body.
    fn exchange(&mut self, keep: usize, then: u8) {
        let mut other = Grown::new();
        let keep = keep.clamp(1, self.log.leaves.len());
        self.log.leaves[..keep].iter().for_each(|leaf| other.push(*leaf));
        (0..then).for_each(|number| other.grow(self.leaf + u64::from(number)));
        let live = self.disk.state().live;
        let bodies = entries(live.as_deref().unwrap_or_default());
        let bodies = bodies.iter().filter(|(kind, _)| *kind == Kind::Body);
        let fits = bodies.map(|(_, text)| Checkpoint::parse(text).unwrap().head).all(|head| {
            usize::try_from(head.size).is_ok_and(|size| other.heads.get(size) == Some(&head))
        });
        let disk = MadeUpDisk::with(live);
        match open(&disk, &other) {
            Ok(checkpoints) => {
                assert!(fits, "another log is not refused");
                (self.disk, self.checkpoints) = (disk, checkpoints);
                self.log = other;
                self.leaf += u64::from(then);
            }
            Err(ReadError::Broken(
                Broken::CheckpointDiverged { .. } | Broken::LogRolledBack { .. },
            )) => assert!(!fits, "the log is refused"),
            Err(error) => panic!("{error}"),
        }
    }

    fn check(&self) {
        let found = stored(&self.checkpoints).unwrap();
        assert!(found.is_sorted_by_key(|note| note.checkpoint().head.size));
        for note in &found {
            let head = note.checkpoint().head;
            assert_eq!(self.log.heads[usize::try_from(head.size).unwrap()], head);
        }
        for (size, lines) in &self.held {
            let note = found.iter().find(|note| note.checkpoint().head.size == *size);
            let kept = note.unwrap_or_else(|| panic!("the checkpoint of {size} is gone"));
            let kept = kept.note().signatures();
            assert!(lines.iter().all(|line| kept.contains(line)), "{size} lost a line");
        }
    }
}

proptest! {
    #[test]
    fn what_was_handed_out_stays_and_goes_with_the_log(steps in steps()) {
        let mut world = World::new();
        for step in &steps {
            world.step(step);
            world.check();
        }
    }
}
