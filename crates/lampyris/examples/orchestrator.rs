//! A small orchestrator: it takes work, crashes on purpose and resumes where it was.
//!
//! Run it without arguments: it starts itself again and again as a process of its own, which ends without a word in
//! the middle of its work, and goes on until every message is confirmed. What it did not get an answer to it simply
//! does again: every report is one that can be made twice.
//!
//! `cargo run --release -p lampyris --example orchestrator`
#![expect(clippy::print_stdout, reason = "an example tells what it does")]

use std::error::Error;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use lampyris::message::Bytes32;
use lampyris::query::{Condition, Field, Query};
use lampyris::{
    BatchId, Confirmation, Lampyris, LedgerPin, MessageId, MessageState, Outcome, Seal, Submission,
    TransactionId, Work,
};

/// How many orders there are, and how many requests a process makes before it crashes.
const ORDERS: u32 = 12;
const REQUESTS_BEFORE_THE_CRASH: u32 = 9;

const AUTHOR: &str = "did:firefly:org/acme";
const KEY: &str = "0x1d14b65d2dd5c13f6cb6d3dc4aa13c795a8f3b28";

/// The code of a process that crashed as it was meant to.
const CRASHED: i32 = 42;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    if let Some(dir) = std::env::args_os().nth(1) {
        work(Path::new(&dir)).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let scratch = tempfile::tempdir()?;
    for start in 1.. {
        let status = Command::new(std::env::current_exe()?).arg(scratch.path()).status()?;
        match status.code() {
            Some(CRASHED) => println!("start {start} crashed in the middle of its work"),
            Some(0) => {
                println!("start {start} found nothing left to do");
                break;
            }
            _ => return Err(format!("start {start} failed: {status}").into()),
        }
    }
    let engine = Lampyris::open(scratch.path())?;
    let is_confirmed = Condition::is(Field::State, MessageState::Confirmed.as_str());
    let query = Query { filter: is_confirmed.into(), count: true, limit: 1, ..Query::default() };
    let confirmed = engine.query(&query)?.total.unwrap_or_default();
    println!("{confirmed} of {ORDERS} orders are confirmed, {} records", engine.head().size);
    Ok(if confirmed == u64::from(ORDERS) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// One process: takes the orders, then leads every message on until there is no work.
async fn work(dir: &Path) -> Result<()> {
    let mut orchestrator = Orchestrator { engine: Lampyris::open(dir)?, requests: 0 };
    for order in 0..ORDERS {
        orchestrator.take(order).await?;
    }
    while orchestrator.go_on().await? {}
    Ok(orchestrator.engine.close().await?)
}

struct Orchestrator {
    engine: Lampyris,
    requests: u32,
}

impl Orchestrator {
    /// Takes an order. The key makes it one message, however often it is taken.
    async fn take(&mut self, order: u32) -> Result<()> {
        let submission = Submission::broadcast(AUTHOR, KEY)
            .topic(format!("order-{order}"))
            .tag("purchase_order")
            .idempotency_key(format!("order-{order}"))
            .build()?;
        let outcome = self.engine.stage(submission).await?;
        self.answered(outcome)
    }

    /// Does the next thing for every message that waits for something; whether there was any.
    async fn go_on(&mut self) -> Result<bool> {
        let work = self.engine.work(Duration::from_mins(1)).await?;
        for task in &work.to_seal {
            let seal = Seal::new(batch_of(task.id), transaction_of(task.id));
            let outcome = self.engine.seal(task.id, seal).await?;
            self.answered(outcome)?;
        }
        for task in &work.to_dispatch {
            // The batch was recorded before anything was sent: sending it again is sending the same batch.
            let batch = task.batch.ok_or("sealed in no batch")?;
            let outcome = self.engine.dispatched(task.id, batch).await?;
            self.answered(outcome)?;
        }
        for task in &work.to_sequence {
            let batch = task.batch.ok_or("sent in no batch")?;
            let pin = LedgerPin::new(batch, ledger_sequence_of(batch), KEY);
            let outcome = self.engine.sequence(task.id, pin).await?;
            self.answered(outcome)?;
        }
        for task in &work.to_confirm {
            let outcome = self.engine.confirm(task.id, Confirmation::now()).await?;
            self.answered(outcome)?;
        }
        Ok(work != Work::default())
    }

    /// Looks at an answer, and crashes when it is time.
    fn answered(&mut self, outcome: Outcome) -> Result<()> {
        let accepted = outcome.accepted()?;
        if !accepted.events.is_empty() {
            self.requests += 1;
        }
        if self.requests >= REQUESTS_BEFORE_THE_CRASH {
            std::process::exit(CRASHED);
        }
        Ok(())
    }
}

/// A batch for each message, the same one however often it is asked for.
fn batch_of(id: MessageId) -> BatchId {
    BatchId::from_bytes(drawn("batch", id.as_bytes()))
}

fn transaction_of(id: MessageId) -> TransactionId {
    TransactionId::from_bytes(drawn("transaction", id.as_bytes()))
}

/// Where the ledger of this example puts a batch.
fn ledger_sequence_of(batch: BatchId) -> u64 {
    u64::from(u32::from_be_bytes(*batch.as_bytes().first_chunk().unwrap_or(&[0; 4])))
}

fn drawn(kind: &str, id: &[u8; 16]) -> [u8; 16] {
    let Bytes32(hash) = Bytes32::sha256(&[kind.as_bytes(), id].concat());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(hash.split_at(16).0);
    bytes
}
