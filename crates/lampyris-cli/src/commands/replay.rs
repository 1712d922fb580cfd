//! `replay`: reads the whole log, judges it, and gives a verdict.
//!
//! One pass: the log verifies frames, chain and order, and each record is audited as it comes, read by whichever
//! thread is free.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use lampyris_evidence::checkpoint::SignedCheckpoint;
use lampyris_evidence::identity::Recovered;
use lampyris_evidence::key::VerifierKey;
use lampyris_log::{Log, Options};
use lampyris_projection::Audit;
use serde_json::{Map, Value, json};

use crate::args::{Global, Replay};
use crate::failure::{Failure, chain};
use crate::{output, recoveries, signing};

pub(crate) fn run(global: &Global, replay: &Replay) -> Result<ExitCode, Failure> {
    let options = if replay.exclusive { Options::exclusive() } else { Options::reader() };
    judge(global, replay, options).map(|(code, _)| code)
}

/// Judges the log, or the backup, that the options open; it is handed back if all of it is right.
#[expect(clippy::disallowed_methods, reason = "events a second are measured by the wall clock")]
pub(super) fn judge(
    global: &Global,
    replay: &Replay,
    options: Options,
) -> Result<(ExitCode, Option<Log>), Failure> {
    let held = held(replay)?;
    let keys = signing::verifier_keys("--key", &replay.key)?;
    let bar = output::progress(global, None, "records");
    let began = Instant::now();
    let mut audit = Audit::new();
    let options = match replay.threads {
        Some(threads) => options.verify_threads(threads.into()),
        None => options,
    };
    let opened = Log::open_prepared(&global.data, &options, Audit::read, |record, read| {
        audit.take_read(record, read);
        if record.record.sequence % 4096 == 0 {
            bar.set_position(record.record.sequence);
        }
    });
    let seconds = began.elapsed().as_secs_f64();
    bar.finish_and_clear();
    // A log that does not open has no other verdict; but a fault found before that is the first one.
    let agreed = match (audit.fault(), opened) {
        (Some(fault), _) => Err(fault.to_string()),
        (None, Err(error)) => return Err(error.into()),
        // Mended is not undamaged: whoever audits has to know.
        (None, Ok(log)) => match log.repaired() {
            Some(repaired) => Err(repaired.to_string()),
            None => checkpoints(&log, &held, &keys, replay)
                .map(|checkpoints| (Agreed { checkpoints, recoveries: log.recoveries() }, log)),
        },
    };
    let (agreed, log) = match agreed {
        Ok((agreed, log)) => (Ok(agreed), Some(log)),
        Err(fault) => (Err(fault), None),
    };
    let mut out = output::answers();
    let told = print(&audit, &agreed, global, seconds, &mut out).and_then(|()| out.flush());
    if agreed.is_err() {
        // The exit code says it even if nobody reads on.
        return Ok((ExitCode::from(1), None));
    }
    told?;
    Ok((ExitCode::SUCCESS, log))
}

/// What is said of a log without a fault.
struct Agreed {
    /// How many checkpoints agree with it.
    checkpoints: u64,
    recoveries: Vec<Recovered>,
}

/// The checkpoints that are held outside.
fn held(replay: &Replay) -> Result<Vec<SignedCheckpoint>, Failure> {
    replay.checkpoint.iter().map(|path| signing::checkpoint(path)).collect()
}

/// How many checkpoints, held outside or kept with the log, agree with it; or the first that does not, and why.
fn checkpoints(
    log: &Log,
    held: &[SignedCheckpoint],
    keys: &[VerifierKey],
    replay: &Replay,
) -> Result<u64, String> {
    for (signed, path) in held.iter().zip(&replay.checkpoint) {
        let wrong = |why: &str| Err(format!("checkpoint {}: {why}", path.display()));
        if !keys.iter().any(|key| signed.verify(key).is_ok()) {
            return wrong("it is signed by none of the keys");
        }
        if let Err(error) = log.agrees_with(signed) {
            return wrong(&chain(&error));
        }
    }
    // Opening compared the bodies; their signatures are read here.
    let mut kept = log.checkpoints();
    let kept = kept.try_fold(0, |count, signed| signed.map(|_| count + 1));
    let told = |error| format!("a checkpoint that is kept with the log: {}", chain(&error));
    Ok(held.len() as u64 + kept.map_err(told)?)
}

fn print(
    audit: &Audit,
    agreed: &Result<Agreed, String>,
    global: &Global,
    seconds: f64,
    out: &mut impl Write,
) -> io::Result<()> {
    let (events, messages, elements) = (audit.events(), audit.messages(), audit.elements());
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = (events as f64 / seconds.max(1e-9)).round();
    let counts = audit.counts().filter(|(_, count)| *count > 0);
    if global.json {
        let states: Map<String, Value> =
            counts.map(|(state, count)| (state.as_str().to_owned(), json!(count))).collect();
        let mut verdict = json!({
            "verdict": if agreed.is_ok() { "VERIFIED" } else { "FAULT" },
            "events": events,
            "messages": messages,
            "dataElements": elements,
            "states": states,
            "eventsPerSecond": rate,
        });
        if let Value::Object(members) = &mut verdict {
            match agreed {
                Ok(Agreed { checkpoints, recoveries }) => {
                    let told: Vec<Value> = recoveries.iter().map(recoveries::told).collect();
                    members.insert("recoveries".to_owned(), json!(told));
                    members.insert("checkpoints".to_owned(), json!(checkpoints))
                }
                Err(fault) => members.insert("fault".to_owned(), json!(fault)),
            };
        }
        return output::json_line(out, &verdict);
    }
    for (state, count) in counts {
        writeln!(out, "{:<10} {count:>10}", state.as_str())?;
    }
    writeln!(out, "{rate:.0} events/s")?;
    if let Ok(Agreed { checkpoints, recoveries }) = agreed {
        for recovered in recoveries {
            writeln!(out, "recovered {}", recoveries::line(recovered))?;
        }
        if *checkpoints > 0 {
            writeln!(out, "{checkpoints} checkpoints agree")?;
        }
    }
    match agreed {
        Ok(_) if elements > 0 => {
            writeln!(out, "VERIFIED {events} events, {messages} messages, {elements} data elements")
        }
        Ok(_) => writeln!(out, "VERIFIED {events} events, {messages} messages"),
        Err(fault) => writeln!(out, "FAULT {}", output::plain(fault)),
    }
}
