//! An attacker who can write to the data directory and has not the key.
//!
//! What could be lost: that a record was changed, dropped, moved or slipped in, because every hash in the directory
//! can be computed anew. Each record of a log is attacked in each way; sequences, versions, links, times, frames,
//! roots, journal and stored bodies are rebuilt, so that the forged log opens as sound. It must hold because the
//! root under a checkpoint that is held outside is of the records as they were, and cannot be signed again.

use crate::checkpoints::key_of;
use crate::scratch::{LOG_ID, RULES, append, event, open, records};
use lampyris_evidence::checkpoint::{Checkpoint, SignedCheckpoint};
use lampyris_evidence::key::{SigningKey, VerifierKey};
use lampyris_evidence::merkle::proof;
use lampyris_log::frame::FrameWriter;
use lampyris_log::{
    Broken, CheckpointError, Frontier, Hash, Head, Log, OpenError, Options, Record, ShardLog,
    SledShard, block_on, directory, shard::SealedFrame,
};
use std::collections::HashMap;
use std::convert::Infallible;
use std::fs;
use std::path::Path;

/// A way to change one record.
type Change = fn(&mut Record);

const CHANGES: [(&str, Change); 8] = [
    ("content", |record| record.content.push(1)),
    ("event", |record| record.event.push('x')),
    ("event version", |record| record.event_version += 1),
    ("command", |record| record.command.push('x')),
    ("actor", |record| record.actor = "someone else".into()),
    ("append id", |record| record.append_id[0] ^= 1),
    ("stream", |record| record.stream.id[0] ^= 1),
    ("time", |record| record.time += 1),
];

/// The log that is attacked: a few messages, and appends of two records.
fn written(path: &Path) -> (Vec<Record>, SignedCheckpoint, VerifierKey) {
    let log = open(path).unwrap();
    for number in 0..6 {
        let mut append = append(number, number % 3, vec![number; 20]);
        if number == 4 {
            append = append.event(event(1, "second of its append"));
        }
        log.append_blocking(append).unwrap();
        if number == 2 {
            log.checkpoint(&key_of(&log)).unwrap();
        }
    }
    let held = log.checkpoint(&key_of(&log)).unwrap();
    (records(&log), held, log.verifier_keys().remove(0))
}

/// All forgeries of a log, each with what was done.
fn forgeries(original: &[Record]) -> Vec<(String, Vec<Record>)> {
    let mut all = Vec::new();
    for at in 1..original.len() {
        for (field, change) in CHANGES {
            let mut forged = original.to_vec();
            change(&mut forged[at]);
            all.push((format!("{field} of {at}"), forged));
        }
        let mut forged = original.to_vec();
        forged.remove(at);
        all.push((format!("without {at}"), forged));
        let mut forged = original.to_vec();
        let mut new = forged[at].clone();
        (new.append_id, new.content) = ([99; 16], b"slipped in".to_vec());
        forged.insert(at, new);
        all.push((format!("one more at {at}"), forged));
        if at + 1 < original.len() {
            let mut forged = original.to_vec();
            forged.swap(at, at + 1);
            all.push((format!("{at} and the next swapped"), forged));
        }
    }
    for (at, (_, forged)) in all.iter_mut().enumerate() {
        rebuild(forged, at.is_multiple_of(2));
    }
    all
}

/// Makes a row of records one that a log could have written; with `alone`, each in an append of its own.
fn rebuild(records: &mut [Record], alone: bool) {
    let mut streams: HashMap<(String, Vec<u8>), (u64, u64)> = HashMap::new();
    let (mut time, count) = (i64::MIN, records.len());
    let follows = |one: &Record, other: &Record| one.append_id == other.append_id;
    let mut parts = vec![(0, 1); count];
    for at in 1..count {
        if !alone && follows(&records[at], &records[at - 1]) {
            parts[at].0 = parts[at - 1].0 + 1;
        }
    }
    for at in (0..count).rev() {
        let is_last = at + 1 == count || parts[at + 1].0 == 0;
        parts[at].1 = if is_last { parts[at].0 + 1 } else { parts[at + 1].1 };
    }
    for ((sequence, record), part) in (0..).zip(records.iter_mut()).zip(parts) {
        let stream = (record.stream.kind.to_string(), record.stream.id.clone());
        let before = streams.get(&stream).copied();
        record.sequence = sequence;
        record.version = before.map_or(0, |(version, _)| version + 1);
        record.previous = before.map(|(_, last)| last);
        (record.append_index, record.append_count) = part;
        time = time.max(record.time);
        record.time = time;
        streams.insert(stream, (record.version, sequence));
    }
}

/// Writes a log of these records, with every hash and mark, and returns its heads.
fn write(path: &Path, records: &[Record]) -> Vec<Head> {
    let shard = SledShard::open_in(path, LOG_ID).unwrap();
    let (mut frontier, mut writer) = (Frontier::new(), FrameWriter::new());
    let (mut heads, mut frames) = (vec![frontier.head()], Vec::new());
    for append in records.chunk_by(|_, next| next.append_index > 0) {
        let (first, before, mut raw) = (frontier.size(), frontier.root(), Vec::new());
        for record in append {
            let bytes = record.encode();
            raw.extend_from_slice(&u32::try_from(bytes.len()).unwrap().to_be_bytes());
            raw.extend_from_slice(&bytes);
            frontier.push(Hash::leaf(&bytes));
            heads.push(frontier.head());
        }
        let count = u32::try_from(append.len()).unwrap();
        let bytes = writer.seal(first, count, before, &raw).into();
        frames.push(SealedFrame { first_sequence: first, bytes, after: frontier.head() });
    }
    block_on(shard.fence(Head { size: 0, root: Hash::of(&[]) })).unwrap();
    block_on(shard.append(&frames)).unwrap();
    heads
}

/// A file of checkpoints with nothing in it but the bodies that the forged log needs.
fn bodies(origin: &str, heads: &[Head]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for head in heads.iter().skip(1) {
        let text = Checkpoint::new(origin, *head).text();
        let start = bytes.len();
        bytes.extend_from_slice(b"LMPC\x02");
        bytes.extend_from_slice(&u32::try_from(text.len()).unwrap().to_be_bytes());
        let sum = crc(&[&bytes[start..], text.as_bytes()].concat());
        bytes.extend_from_slice(&sum.to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    bytes
}

/// CRC-32 (IEEE), bit by bit.
fn crc(bytes: &[u8]) -> u32 {
    let step = |sum: u32| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 };
    let byte = |sum: u32, byte: &u8| (0..8).fold(sum ^ u32::from(*byte), |sum, _| step(sum));
    !bytes.iter().fold(!0, byte)
}

struct Leaves(Vec<Hash>);

impl proof::Nodes for Leaves {
    type Error = Infallible;

    fn node(&self, height: u8, index: u64) -> Result<Hash, Infallible> {
        let width = 1 << height;
        let start = usize::try_from(index).unwrap() * width;
        let mut frontier = Frontier::new();
        self.0[start..start + width].iter().for_each(|leaf| frontier.push(*leaf));
        Ok(frontier.root())
    }
}

/// No proof that can be made of the forged records leads to the root that is held.
fn no_proof_leads_to(held: Head, original: &[Record], forged: &[Record]) {
    let leaves = |records: &[Record]| -> Vec<Hash> {
        records.iter().map(|record| Hash::leaf(&record.encode())).collect()
    };
    let (was, now) = (leaves(original), leaves(forged));
    for (index, leaf) in (0..held.size).zip(&now) {
        if was.get(usize::try_from(index).unwrap()) == Some(leaf) {
            continue;
        }
        for tree in [&was, &now] {
            let size = held.size.min(tree.len() as u64);
            let Ok(path) = proof::inclusion(&Leaves(tree.clone()), index, size);
            if let Some(path) = path {
                assert!(proof::check_inclusion(*leaf, index, held, &path).is_err());
            }
        }
    }
}

fn exposes(log: &Log, held: &SignedCheckpoint) {
    match log.agrees_with(held) {
        Err(CheckpointError::Broken(
            Broken::CheckpointDiverged { .. } | Broken::LogRolledBack { .. },
        )) => {}
        other => panic!("not exposed: {other:?}"),
    }
}

/// Attacks a directory of its own with one forgery.
fn attack(
    number: usize,
    name: &str,
    forged: &[Record],
    original: &[Record],
    held: &SignedCheckpoint,
    vkey: &VerifierKey,
    files: &Path,
) {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("log");
    let heads = write(&path, forged);
    let file = path.join(directory::CHECKPOINTS);
    let origin = &held.checkpoint().origin;
    // The stored bodies as they were: the log is refused by what it stored itself.
    fs::copy(files, &file).unwrap();
    match Log::open(&path, &Options::exclusive()) {
        Err(OpenError::Broken(
            Broken::CheckpointDiverged { .. } | Broken::LogRolledBack { .. },
        )) => {}
        other => panic!("{name}: {other:?}"),
    }
    // The stored bodies rewritten, or taken away: the log opens as sound.
    if number.is_multiple_of(2) {
        fs::write(&file, bodies(origin, &heads)).unwrap();
    } else {
        fs::remove_file(&file).unwrap();
    }
    let log = Log::open(&path, &Options::writer(RULES));
    let log = log.unwrap_or_else(|error| panic!("{name} is not sound: {error}"));
    assert_eq!((log.origin(), log.log_id()), (origin.clone(), LOG_ID));
    exposes(&log, held);
    // A key of the attacker's own has the right name and signs; it is not the one that is known outside.
    let own = SigningKey::from_seed(origin.clone(), [66; 32]).unwrap();
    let signed = log.checkpoint(&own).unwrap();
    assert!(signed.verify(vkey).is_err(), "{name}: a forged checkpoint verifies");
    no_proof_leads_to(held.checkpoint().head, original, forged);
}

#[test]
fn a_checkpoint_that_is_held_outside_exposes_every_forgery() {
    const THREADS: usize = 4;
    let scratch = tempfile::tempdir().unwrap();
    let (original, held, vkey) = written(scratch.path());
    let files = scratch.path().join(directory::CHECKPOINTS);
    let forgeries = forgeries(&original);
    assert!(forgeries.len() > 70, "{} forgeries", forgeries.len());
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (forgeries, original) = (&forgeries, &original);
            let (held, vkey, files) = (&held, &vkey, &files);
            scope.spawn(move || {
                for (number, (name, forged)) in forgeries.iter().enumerate() {
                    if number % THREADS == thread {
                        attack(number, name, forged, original, held, vkey, files);
                    }
                }
            });
        }
    });
}

/// The same records written again by the attacker's means are the same log: what exposes a forgery is the forgery.
#[test]
fn the_same_records_written_again_are_not_exposed() {
    let scratch = tempfile::tempdir().unwrap();
    let (original, held, _) = written(&scratch.path().join("original"));
    let path = scratch.path().join("again");
    let mut again = original.clone();
    rebuild(&mut again, false);
    assert_eq!(again, original);
    write(&path, &again);
    let file = scratch.path().join("original").join(directory::CHECKPOINTS);
    fs::copy(file, path.join(directory::CHECKPOINTS)).unwrap();
    let log = Log::open(&path, &Options::exclusive()).unwrap();
    log.agrees_with(&held).unwrap();
    assert_eq!(log.last_checkpoint().unwrap(), Some(held));
}
