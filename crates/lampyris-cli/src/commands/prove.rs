//! `prove`: the history of one message as a bundle that anyone can check, or one record as a tlog-proof.
//!
//! Everything is read from the log; a record that the checkpoint does not cover is in no proof.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lampyris_evidence::bundle::{Bundle, Consistency, Inclusion, Leaf, MAX_BUNDLE_BYTES, Old};
use lampyris_evidence::checkpoint::SignedCheckpoint;
use lampyris_evidence::key::VerifierKey;
use lampyris_evidence::merkle::{Hash, Head};
use lampyris_evidence::tlog_proof::TlogProof;
use lampyris_log::{LOG_KIND, Log, Record};
use lampyris_message::MessageId;
use lampyris_projection::record::MESSAGE;
use serde_json::json;

use crate::args::{Global, Prove};
use crate::failure::Failure;
use crate::{output, signing, store};

pub(crate) fn run(global: &Global, prove: &Prove) -> Result<ExitCode, Failure> {
    let needed = prove.checkpoint.iter().chain(&prove.from).chain(&prove.key.key_file);
    let needed: Vec<_> = needed.map(PathBuf::as_path).collect();
    signing::check_out(global, prove.out.as_deref(), &needed)?;
    // A record is held against the root. That a history has all its records is not: who reads every one knows it.
    let log = match prove.tlog_proof {
        Some(_) => store::open_to_look(global)?,
        None => store::open_reader(global, |_| {})?,
    };
    let text = match (prove.tlog_proof, prove.id) {
        (Some(sequence), _) => one(global, prove, &log, sequence)?,
        (None, Some(id)) => history(global, prove, &log, id)?,
        (None, None) => return Err(Failure::Senseless(vec!["no message is named".to_owned()])),
    };
    output::put(prove.out.as_deref(), text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// A tlog-proof of one record, with its bytes.
fn one(global: &Global, prove: &Prove, log: &Log, sequence: u64) -> Result<String, Failure> {
    if sequence >= log.head().size {
        let size = log.head().size;
        return Err(Failure::no(format!("the log has {size} records, and none is {sequence}")));
    }
    let checkpoint = checkpoint(global, prove, log, sequence)?;
    let (leaf, proof) = leaf(log, sequence, &checkpoint)?;
    let proof = TlogProof { extra: leaf, index: sequence, proof, checkpoint };
    if global.json && prove.out.is_none() {
        return Ok(json!({ "tlogProof": proof.encode() }).to_string() + "\n");
    }
    Ok(proof.encode())
}

/// A bundle of all records of a message, and of those that say which log it is and which rules were in force; with
/// each recovery under the checkpoint, and the tree that it was of.
fn history(global: &Global, prove: &Prove, log: &Log, id: MessageId) -> Result<String, Failure> {
    let namespace = &prove.namespace.namespace;
    let message = log.stream_history(namespace, MESSAGE, id.as_bytes())?;
    let Some(last) = message.last().map(|record| record.sequence) else {
        return Err(super::get::unknown(namespace, id));
    };
    let own = log.stream_history("", LOG_KIND, &log.log_id())?;
    let sequence = |record: &Record| record.sequence;
    let checkpoint = checkpoint(global, prove, log, last)?;
    let Head { size, .. } = checkpoint.checkpoint().head;
    let mut recovered: Vec<Head> = log.recoveries().iter().map(|it| it.head).collect();
    recovered.retain(|head| head.size < size);
    let needed = recovered.last().map_or(last, |head| last.max(head.size + 1));
    let own = own.iter().map(sequence).take_while(|sequence| *sequence < needed);
    let mut shown: Vec<u64> = own.chain(message.iter().map(sequence)).collect();
    shown.sort_unstable();
    let inclusion = shown.iter().map(|sequence| {
        let (leaf, proof) = leaf(log, *sequence, &checkpoint)?;
        let leaf = Leaf::Bytes(leaf);
        Ok(Inclusion { index: *sequence, leaf, proof, tree_size: None, root_hash: None })
    });
    let inclusion = inclusion.collect::<Result<_, Failure>>()?;
    let recovered = recovered.iter().map(|head| goes_on(log, plain(*head), *head, size));
    let mut consistency = recovered.collect::<Result<Vec<_>, Failure>>()?;
    if let Some(path) = &prove.from {
        consistency.push(held(log, path, &keys(global, prove, log)?, &checkpoint)?);
    }
    let origin = Some(checkpoint.checkpoint().origin.clone());
    let signers = Bundle { checkpoint: Some(checkpoint), consistency, ..Bundle::default() };
    let log_keys = listed(&signers, &keys(global, prove, log)?);
    if log_keys.is_empty() {
        let why = "no key is known that signed the checkpoint: name its file by --key-file";
        return Err(Failure::no(why));
    }
    let bundle = Bundle { log_keys, origin, inclusion, ..signers };
    let mut text = bundle.to_json();
    text.push('\n');
    if text.len() > MAX_BUNDLE_BYTES {
        let (bytes, most) = (text.len(), MAX_BUNDLE_BYTES);
        return Err(Failure::no(format!("the bundle would have {bytes} bytes, more than {most}")));
    }
    Ok(text)
}

/// The checkpoint to prove under, which covers a record: the one that was asked for, the newest, or a new one.
fn checkpoint(
    global: &Global,
    prove: &Prove,
    log: &Log,
    last: u64,
) -> Result<SignedCheckpoint, Failure> {
    let Some(path) = &prove.checkpoint else {
        return match log.last_checkpoint()? {
            Some(newest) if newest.checkpoint().head.size > last => Ok(newest),
            Some(_) | None => {
                let key = signing::key(global, &prove.key)?;
                Ok(store::open_to_sign(global)?.checkpoint(&key)?)
            }
        };
    };
    let asked = signing::signed_checkpoint(path, &keys(global, prove, log)?)?;
    log.agrees_with(&asked)?;
    let size = asked.checkpoint().head.size;
    if size <= last {
        let path = path.display();
        let why = format!("{path} covers {size} records, and record {last} is to be proven");
        return Err(Failure::no(why));
    }
    Ok(asked)
}

/// The log's keys: those that are stored with its checkpoints, and the one whose file is there.
fn keys(global: &Global, prove: &Prove, log: &Log) -> Result<Vec<VerifierKey>, Failure> {
    let mut keys = log.verifier_keys();
    match signing::key(global, &prove.key) {
        Ok(key) if !keys.contains(key.verifier()) => keys.push(key.verifier().clone()),
        Err(failure) if keys.is_empty() => return Err(failure),
        Ok(_) | Err(_) => {}
    }
    Ok(keys)
}

/// Those of the keys that signed the bundle's checkpoint; if there are any, also those that signed an older one.
fn listed(bundle: &Bundle, keys: &[VerifierKey]) -> Vec<VerifierKey> {
    let newest = |key: &VerifierKey| {
        bundle.checkpoint.as_ref().is_some_and(|signed| signed.verify(key).is_ok())
    };
    let older = |key: &VerifierKey| {
        bundle.consistency.iter().any(|part| match &part.old {
            Old::Checkpoint { old_checkpoint } => old_checkpoint.verify(key).is_ok(),
            Old::Head { .. } => false,
        })
    };
    if !keys.iter().any(newest) {
        return Vec::new();
    }
    keys.iter().filter(|key| newest(key) || older(key)).cloned().collect()
}

/// A record's bytes and its proof.
fn leaf(
    log: &Log,
    sequence: u64,
    checkpoint: &SignedCheckpoint,
) -> Result<(Vec<u8>, Vec<Hash>), Failure> {
    let proof = log.inclusion_proof(sequence, checkpoint.checkpoint().head.size)?;
    let found = log.leaf_bytes(sequence)?.zip(proof);
    found.ok_or_else(|| Failure::no(format!("there is no record {sequence} under the checkpoint")))
}

/// The proof that the log goes on from a checkpoint that someone holds. One under a name that the log had before it was
/// recovered stands there by its size and root: its key is that of the lost log.
fn held(
    log: &Log,
    path: &Path,
    keys: &[VerifierKey],
    checkpoint: &SignedCheckpoint,
) -> Result<Consistency, Failure> {
    let given = signing::checkpoint(path)?;
    let (head, size) = (given.checkpoint().head, checkpoint.checkpoint().head.size);
    log.agrees_with(&given)?;
    if head.size > size {
        let (path, old) = (path.display(), head.size);
        let why = format!("{path} covers {old} records, the checkpoint to prove under {size}");
        return Err(Failure::no(why));
    }
    if given.checkpoint().origin != checkpoint.checkpoint().origin {
        return goes_on(log, plain(head), head, size);
    }
    let old_checkpoint = signing::signed_checkpoint(path, keys)?;
    goes_on(log, Old::Checkpoint { old_checkpoint }, head, size)
}

/// The proof that the log of so many records goes on from an older tree.
fn goes_on(log: &Log, old: Old, head: Head, size: u64) -> Result<Consistency, Failure> {
    let proof = log.consistency_proof(head.size, size)?;
    let why = || format!("the log has no {size} records that go on from {}", head.size);
    let proof = proof.ok_or_else(|| Failure::no(why()))?;
    Ok(Consistency { old, proof, new_size: None, new_root: None })
}

/// A tree by its size and root alone.
fn plain(Head { size, root }: Head) -> Old {
    Old::Head { old_size: size, old_root: root }
}
