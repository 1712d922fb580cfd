//! `verify`: checks a bundle or a tlog-proof with nothing but the keys that are trusted.
//!
//! It opens no log. The answer is VERIFIED, FAILED or MALFORMED, and so is the exit code: 0, 1, 2.

use std::cmp::Ordering;
use std::io::{self, Write};
use std::process::ExitCode;

use lampyris_evidence::bundle::MAX_BUNDLE_BYTES;
use lampyris_evidence::checkpoint::{Checkpoint, SignedCheckpoint};
use lampyris_evidence::identity::Recovered;
use lampyris_evidence::merkle::Head;
use lampyris_evidence::policy::{MAX_POLICY_BYTES, Policy, Witnessed};
use lampyris_evidence::record::RecordRef;
use lampyris_evidence::tlog_proof::TlogProof;
use lampyris_message::Timestamp;
use lampyris_verify::{NOT_SHOWN, Refused, Step, Verdict};
use serde_json::{Value, json};
use uuid::Uuid;

use super::inspect;
use crate::args::{Global, Verify};
use crate::failure::Failure;
use crate::input::Source;
use crate::output::{self, plain};
use crate::{recoveries, signing};

/// What a tlog-proof begins with.
const TLOG_PROOF: &[u8] = b"c2sp.org/tlog-proof@";

pub(crate) fn run(global: &Global, verify: &Verify) -> Result<ExitCode, Failure> {
    let policy = policy(verify)?;
    let bytes = Source::whole(&verify.file, MAX_BUNDLE_BYTES)?;
    let said = if bytes.starts_with(TLOG_PROOF) {
        record(verify, &policy, &bytes)?
    } else {
        bundle(verify, &policy, &bytes)?
    };
    let mut out = output::answers();
    match &said {
        _ if global.json => output::json_line(&mut out, &told(&said))?,
        Said::Bundle(verdict) => lines(&mut out, verdict)?,
        Said::Record(proven) => {
            let Proven { proof, witnessed, leaf } = proven.as_ref();
            let said = proof.checkpoint.checkpoint();
            writeln!(out, "VERIFIED")?;
            writeln!(out, "log          {}", plain(&said.origin))?;
            about(&mut out, said.head, witnessed)?;
            writeln!(out, "record       {}, {} bytes", proof.index, leaf.len())?;
            inspect::lines(&mut out, &inspect::told(leaf))?;
        }
        Said::No { word, reason, .. } => writeln!(out, "{word} {}", plain(reason))?,
    }
    let flushed = out.flush();
    match said {
        // The exit code says it even if nobody reads on.
        Said::No { code, .. } => Ok(ExitCode::from(code)),
        Said::Bundle(_) | Said::Record(_) => {
            flushed?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The answer.
enum Said {
    Bundle(Verdict),
    Record(Box<Proven>),
    No { word: &'static str, code: u8, reason: String },
}

/// A record that a tlog-proof shows.
struct Proven {
    proof: TlogProof,
    witnessed: Vec<Witnessed>,
    leaf: Vec<u8>,
}

impl Said {
    fn failed(reason: &impl ToString) -> Said {
        Said::No { word: "FAILED", code: 1, reason: reason.to_string() }
    }

    fn malformed(reason: &impl ToString) -> Said {
        Said::No { word: "MALFORMED", code: 2, reason: reason.to_string() }
    }
}

fn policy(verify: &Verify) -> Result<Policy, Failure> {
    let senseless = |why: String| Failure::Senseless(vec![why]);
    let Some(path) = &verify.policy else {
        let keys = signing::verifier_keys("--key", &verify.key)?;
        let witnesses = signing::verifier_keys("--witness", &verify.witness)?;
        let quorum = verify.quorum.unwrap_or(witnesses.len());
        let policy = Policy::of(&keys, &witnesses, quorum);
        return policy.map_err(|why| senseless(why.to_string()));
    };
    let text = Source::whole(path, MAX_POLICY_BYTES)?;
    Policy::parse(&text).map_err(|why| senseless(format!("{}: {why}", path.display())))
}

fn bundle(verify: &Verify, policy: &Policy, bytes: &[u8]) -> Result<Said, Failure> {
    if verify.leaf.is_some() {
        let why = "a bundle has its records in it: --leaf is for tlog-proofs";
        return Err(Failure::Senseless(vec![why.to_owned()]));
    }
    let verdict = match lampyris_verify::verify(bytes, policy) {
        Ok(verdict) => verdict,
        Err(Refused::Malformed(why)) => return Ok(Said::malformed(&why)),
        Err(Refused::Failed(why)) => return Ok(Said::failed(&why)),
    };
    let namespace = &verify.namespace.namespace;
    let shown = |id| {
        verdict.messages.iter().any(|message| message.id == id && message.namespace == *namespace)
    };
    if let Some(id) = verify.message.filter(|id| !shown(*id)) {
        let why =
            format!("it does not show the history of message {id} in namespace '{namespace}'");
        return Ok(Said::failed(&why));
    }
    if verdict.messages.is_empty() && verdict.elements.is_empty() {
        return Ok(Said::failed(&"it shows the history of no message"));
    }
    let missing = match &verify.from {
        Some(path) => match signing::signed_checkpoint(path, policy.logs()) {
            Ok(held) => lost(&held, &verdict).or_else(|| {
                let origin = verdict.origin_at(held.checkpoint().head.size);
                not_from(&held, origin, verdict.head, &verdict.old)
            }),
            Err(Failure::No(why)) => Some(why),
            Err(failure) => return Err(failure),
        },
        None => None,
    };
    Ok(missing.map_or(Said::Bundle(verdict), |why| Said::failed(&why)))
}

/// Why a checkpoint that is held was of records that were lost, if it is one of the log before it was recovered.
fn lost(held: &SignedCheckpoint, verdict: &Verdict) -> Option<String> {
    let Checkpoint { origin, head, .. } = held.checkpoint();
    let is_of_it = |it: &&Recovered| it.old_origin == *origin && head.size > it.head.size;
    let recovered = verdict.recovered.iter().find(is_of_it)?;
    Some(format!(
        "LOST: {} of the {} records of {origin} under what is held were recovered as {}: keep it, it proves that there \
         were more",
        recovered.head.size, head.size, recovered.new_origin
    ))
}

/// Why a checkpoint with these older ones is not shown to go on from one that is held, if it is not.
pub(super) fn not_from(
    held: &SignedCheckpoint,
    origin: &str,
    newest: Head,
    older: &[Head],
) -> Option<String> {
    let said = held.checkpoint();
    let held = said.head;
    if said.origin != origin {
        return Some(format!("what is held is of {}, this is of {origin}", said.origin));
    }
    if held == newest || older.contains(&held) {
        return None;
    }
    Some(match held.size.cmp(&newest.size) {
        Ordering::Equal => format!(
            "FORK: {origin} signed two roots of its first {} records, {} and {}: keep both checkpoints, they prove it",
            held.size, held.root, newest.root
        ),
        Ordering::Greater => {
            format!(
                "its checkpoint of {} records is smaller than the one held, of {}",
                newest.size, held.size
            )
        }
        Ordering::Less => format!(
            "it does not show that the log goes on from the {} records of the checkpoint held: ask for a proof \
             with --from that checkpoint; a log that cannot give one was changed",
            held.size
        ),
    })
}

fn record(verify: &Verify, policy: &Policy, bytes: &[u8]) -> Result<Said, Failure> {
    if verify.from.is_some() || verify.message.is_some() {
        let why = "a tlog-proof shows one record: --from and --message are for bundles";
        return Err(Failure::Senseless(vec![why.to_owned()]));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string());
    let proof = text.and_then(|text| TlogProof::parse(text).map_err(|why| why.to_string()));
    let proof = match proof {
        Ok(proof) => proof,
        Err(why) => return Ok(Said::malformed(&why)),
    };
    let leaf = match (&verify.leaf, proof.extra.as_slice()) {
        (Some(path), _) => inspect::file(path)?,
        (None, extra @ [_, ..]) => extra.to_vec(),
        (None, []) => {
            let why = "the proof has no `extra` line with the record's bytes: give them by --leaf";
            return Err(Failure::Senseless(vec![why.to_owned()]));
        }
    };
    let witnessed = match proof.check(&leaf, policy) {
        Ok(witnessed) => witnessed,
        Err(why) => return Ok(Said::failed(&why)),
    };
    Ok(match RecordRef::decode(&leaf).map(|record| record.sequence) {
        Ok(sequence) if sequence == proof.index => {
            Said::Record(Box::new(Proven { proof, witnessed, leaf }))
        }
        Ok(sequence) => Said::failed(&format!(
            "the record says that it stands at {sequence}, and it is shown at {}",
            proof.index
        )),
        Err(why) => Said::failed(&why),
    })
}

fn about(out: &mut impl Write, head: Head, witnessed: &[Witnessed]) -> io::Result<()> {
    writeln!(out, "checkpoint   {} records, root {}", head.size, head.root)?;
    for Witnessed { name, seconds } in witnessed {
        writeln!(out, "witness      {} at {}", plain(name), seen(*seconds))?;
    }
    Ok(())
}

fn lines(out: &mut impl Write, verdict: &Verdict) -> io::Result<()> {
    writeln!(out, "VERIFIED")?;
    writeln!(out, "log          {}", plain(&verdict.origin))?;
    for recovered in &verdict.recovered {
        writeln!(out, "recovered    {}", recoveries::line(recovered))?;
    }
    about(out, verdict.head, &verdict.witnessed)?;
    for old in &verdict.old {
        writeln!(out, "goes on from {} records, root {}", old.size, old.root)?;
    }
    for message in &verdict.messages {
        let (id, namespace) = (message.id, plain(&message.namespace));
        writeln!(out, "message      {id} in namespace '{namespace}': {}", message.state)?;
        steps(out, &message.steps)?;
    }
    for element in &verdict.elements {
        let (id, namespace) = (element.id, plain(&element.namespace));
        writeln!(out, "data element {id} in namespace '{namespace}'")?;
        steps(out, &element.steps)?;
    }
    writeln!(out, "But {NOT_SHOWN}.")
}

fn steps(out: &mut impl Write, steps: &[Step]) -> io::Result<()> {
    for step in steps {
        let time = Timestamp::from_unix_nanos(step.time).to_string();
        let (event, actor) = (plain(&step.event), plain(&step.actor));
        writeln!(out, "{:>12} {time:<30}  {event:<10}  by {actor}", step.sequence)?;
    }
    Ok(())
}

fn told(said: &Said) -> Value {
    match said {
        Said::No { word, reason, .. } => json!({ "verdict": word, "reason": reason }),
        Said::Record(proven) => json!({
            "verdict": "VERIFIED",
            "origin": proven.proof.checkpoint.checkpoint().origin,
            "checkpoint": head_json(proven.proof.checkpoint.checkpoint().head),
            "witnesses": witnesses(&proven.witnessed),
            "index": proven.proof.index,
            "record": inspect::told(&proven.leaf),
        }),
        Said::Bundle(verdict) => json!({
            "verdict": "VERIFIED",
            "notShown": NOT_SHOWN,
            "origin": verdict.origin,
            "logId": Uuid::from_bytes(verdict.log_id).to_string(),
            "recovered": verdict.recovered.iter().map(recoveries::told).collect::<Vec<_>>(),
            "checkpoint": head_json(verdict.head),
            "witnesses": witnesses(&verdict.witnessed),
            "goesOnFrom": verdict.old.iter().copied().map(head_json).collect::<Vec<_>>(),
            "records": verdict.records,
            "messages": verdict.messages.iter().map(|message| json!({
                "id": message.id.to_string(),
                "namespace": message.namespace,
                "state": message.state.as_str(),
                "steps": message.steps.iter().map(step).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
            "dataElements": verdict.elements.iter().map(|element| json!({
                "id": element.id.to_string(),
                "namespace": element.namespace,
                "steps": element.steps.iter().map(step).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
        }),
    }
}

fn head_json(head: Head) -> Value {
    json!({ "size": head.size, "root": head.root.to_string() })
}

fn witnesses(witnessed: &[Witnessed]) -> Vec<Value> {
    let one = |it: &Witnessed| json!({ "name": it.name, "time": seen(it.seconds) });
    witnessed.iter().map(one).collect()
}

fn step(step: &Step) -> Value {
    json!({
        "sequence": step.sequence,
        "time": Timestamp::from_unix_nanos(step.time).to_string(),
        "version": step.version,
        "event": step.event,
        "command": step.command,
        "actor": step.actor,
    })
}

/// A witness's time, in RFC 3339; the seconds as they are if no calendar has them.
fn seen(seconds: u64) -> String {
    let nanos = i64::try_from(seconds).ok().and_then(|seconds| seconds.checked_mul(1_000_000_000));
    nanos.map_or_else(
        || format!("{seconds} seconds after 1970"),
        |nanos| Timestamp::from_unix_nanos(nanos).to_string(),
    )
}
