//! `checkpoint`: signs the durable head of the log, shows the checkpoints there are, takes over cosignatures.
//!
//! Nothing is printed that is not kept beside the log first.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use lampyris_evidence::checkpoint::SignedCheckpoint;
use lampyris_evidence::key::Algorithm;
use lampyris_log::Log;
use serde_json::{Value, json};

use crate::args::{Checkpoint, Global};
use crate::failure::Failure;
use crate::{output, signing, store};

pub(crate) fn run(global: &Global, asked: &Checkpoint) -> Result<ExitCode, Failure> {
    let needed: Vec<_> =
        asked.add.iter().chain(&asked.key.key_file).map(PathBuf::as_path).collect();
    signing::check_out(global, asked.out.as_deref(), &needed)?;
    let witnesses = signing::verifier_keys("--witness", &asked.witness)?;
    if let Some(key) = witnesses.iter().find(|key| key.algorithm() != Algorithm::CosignatureV1) {
        let why =
            format!("--witness: the key of {} is not one of a witness (type 0x04)", key.name());
        return Err(Failure::Senseless(vec![why]));
    }
    if asked.list {
        return list(global, &store::open_to_look(global)?);
    }
    let signed = if asked.last {
        let last = store::open_to_look(global)?.last_checkpoint()?;
        last.ok_or_else(|| Failure::no("the log has no checkpoint yet"))?
    } else if let Some(file) = &asked.add {
        let checkpoint = signing::checkpoint(file)?;
        store::open_to_sign(global)?.add_cosignatures(&checkpoint, &witnesses)?
    } else {
        let key = signing::key(global, &asked.key)?;
        store::open_to_sign(global)?.checkpoint(&key)?
    };
    if global.json && asked.out.is_none() {
        let mut out = output::answers();
        output::json_line(&mut out, &told(&signed))?;
        out.flush()?;
    } else {
        output::put(asked.out.as_deref(), signed.encode().as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn list(global: &Global, log: &Log) -> Result<ExitCode, Failure> {
    let mut out = output::answers();
    for signed in log.checkpoints() {
        let signed = signed?;
        if global.json {
            output::json_line(&mut out, &told(&signed))?;
        } else {
            let head = signed.checkpoint().head;
            let signers = signed.note().signatures().iter();
            let signers: Vec<_> =
                signers.map(|line| format!("{}+{:08x}", line.name, line.id)).collect();
            writeln!(out, "{:>12}  {}  {}", head.size, head.root, signers.join(", "))?;
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// A checkpoint as JSON; `note` is the text that others check.
pub(super) fn told(signed: &SignedCheckpoint) -> Value {
    let checkpoint = signed.checkpoint();
    let signers = signed.note().signatures().iter().map(|line| line.name.as_str());
    json!({
        "origin": checkpoint.origin,
        "size": checkpoint.head.size,
        "root": checkpoint.head.root.to_string(),
        "signers": signers.collect::<Vec<_>>(),
        "note": signed.encode(),
    })
}
