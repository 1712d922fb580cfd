//! An audit: opens a log for reading and judges every step that it tells of.
//! It appends nothing; opening lets the store tidy its own files, so judge a copy if no byte may change.
//!
//! `cargo run --release -p lampyris --example audit -- DIR`; without a directory it makes a small log first.
#![expect(clippy::print_stdout, reason = "an example tells what it found")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lampyris::log::{Log, Options};
use lampyris::projection::Audit;
use lampyris::{Lampyris, Submission};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let scratch = tempfile::tempdir()?;
    let dir = if let Some(dir) = std::env::args_os().nth(1) {
        PathBuf::from(dir)
    } else {
        make(scratch.path())?;
        scratch.path().to_owned()
    };

    // Opening verifies every byte: frames, spelling, order, the tree. The audit judges what the records say.
    let mut audit = Audit::new();
    let log = Log::open_with(&dir, &Options::reader(), |record| audit.take(record))?;
    let head = log.head();
    if let Some(fault) = audit.fault() {
        println!("FAULT {fault}");
        return Ok(ExitCode::FAILURE);
    }
    println!("VERIFIED {} events, {} messages", audit.events(), audit.messages());
    println!("size {} root {}", head.size, head.root);
    for (state, count) in audit.counts().filter(|(_, count)| *count > 0) {
        println!("{count:>8} {state}");
    }
    Ok(ExitCode::SUCCESS)
}

/// A log with two messages.
fn make(dir: &Path) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        let engine = Lampyris::open(dir)?;
        for topic in ["orders", "invoices"] {
            let submission = Submission::broadcast("did:firefly:org/acme", "0x1d14").topic(topic);
            engine.stage(submission.build()?).await?.accepted()?;
        }
        engine.close().await?;
        Ok(())
    })
}
