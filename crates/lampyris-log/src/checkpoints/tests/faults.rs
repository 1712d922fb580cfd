//! A disk that fails: whatever operation does, nothing is handed out that a loss of power could take back, and
//! no signature is written whose body was not durable before.

use super::disk::{MadeUpDisk, State, entries};
use super::{Grown, key, open, stored, witness};
use crate::checkpoints::{Checkpoints, Kind};
use lampyris_evidence::checkpoint::SignedCheckpoint;
use std::sync::Arc;

/// Signs three heads and takes a cosignature in; notes what was handed out.
fn work(disk: &Arc<MadeUpDisk>, log: &mut Grown, out: &mut Vec<SignedCheckpoint>) {
    let Ok(checkpoints) = open(disk, log) else { return };
    for _ in 0..3 {
        log.grow(log.heads.len() as u64);
        if let Some(note) = sign(disk, &checkpoints, log) {
            out.push(note);
        }
    }
    if let Some(mut note) = out.last().cloned() {
        note.add(witness(1).cosign(&note, 5).unwrap()).unwrap();
        out.extend(checkpoints.add_cosignatures(&note, &[witness(1).verifier().clone()]));
    }
}

/// Signs, and checks that who gets a checkpoint can rely on it, and who gets none is told so until the end.
fn sign(
    disk: &Arc<MadeUpDisk>,
    checkpoints: &Checkpoints,
    log: &Grown,
) -> Option<SignedCheckpoint> {
    let before = disk.state();
    match checkpoints.sign(log, &key(1)) {
        Ok(note) => Some(note),
        Err(error) => {
            let now = disk.state();
            check_bodies(&now);
            if before.live != now.live && now.live.is_some_and(|live| !live.is_empty()) {
                let again = checkpoints.sign(log, &key(1)).unwrap_err().to_string();
                let told =
                    format!("no checkpoint is signed since a failure: {error}; open the log again");
                assert_eq!(again, told);
            }
            None
        }
    }
}

/// A note that is anywhere, whole or torn, has its body on the disk.
fn check_bodies(state: &State) {
    let live = entries(state.live.as_deref().unwrap_or_default());
    let durable = entries(state.durable.as_deref().unwrap_or_default());
    let bodies: Vec<&String> =
        durable.iter().filter(|(kind, _)| *kind == Kind::Body).map(|(_, text)| text).collect();
    for (kind, text) in &live {
        if *kind == Kind::Note {
            let note = SignedCheckpoint::parse(text).unwrap();
            assert!(bodies.iter().any(|body| *body == note.note().text()), "{text}");
        }
    }
    // Half a note may be there: then all bodies that are whole are durable.
    let is_torn =
        state.live.as_ref().is_some_and(|live| live.windows(5).any(|it| it == b"LMPC\x03"));
    if is_torn {
        let count = live.iter().filter(|(kind, _)| *kind == Kind::Body).count();
        assert!(count <= bodies.len() + 1);
    }
}

#[test]
fn no_failing_operation_takes_back_a_checkpoint_or_leaves_a_signature_without_its_body() {
    for lasting in [false, true] {
        let mut operation = 1;
        while fail_one(operation, lasting) {
            operation += 1;
        }
        assert!(operation > 25, "the work has only {operation} operations");
    }
}

/// Fails one operation; returns whether it was reached.
fn fail_one(operation: usize, lasting: bool) -> bool {
    let (disk, mut log) = (MadeUpDisk::with(None), Grown::of(0..3));
    let mut out = Vec::new();
    disk.fail_at(operation, lasting);
    work(&disk, &mut log, &mut out);
    let state = disk.state();
    let reached = state.fails_at == 0 || (lasting && state.fails_at == 1);
    for loses_power in [false, true] {
        // Opening what a failure left may fail itself; what it leaves then is opened in the end.
        for second in 0..12 {
            let disk = if loses_power {
                MadeUpDisk::with(state.durable.clone())
            } else {
                MadeUpDisk::go_on(state.clone())
            };
            disk.fail_at(second, false);
            let first = open(&disk, &log);
            disk.fail_at(0, false);
            let checkpoints = match first {
                Ok(checkpoints) => checkpoints,
                Err(_) => open(&disk, &log).unwrap(),
            };
            // What is given out now is on the disk by now.
            let State { live, durable, .. } = disk.state();
            assert_eq!(live.unwrap_or_default(), durable.unwrap_or_default(), "{operation}");
            let found = stored(&checkpoints).unwrap();
            for note in &out {
                let text = note.note().text();
                let kept = found.iter().find(|kept| kept.note().text() == text);
                let kept = kept.unwrap_or_else(|| panic!("operation {operation}: {text} is lost"));
                let lines = kept.note().signatures();
                assert!(note.note().signatures().iter().all(|line| lines.contains(line)));
            }
            let note = checkpoints.sign(&log, &key(1)).unwrap();
            assert_eq!(note.checkpoint().head, *log.heads.last().unwrap());
            check_bodies(&disk.state());
        }
    }
    if !reached {
        assert_eq!(out.len(), 4);
    }
    reached
}
