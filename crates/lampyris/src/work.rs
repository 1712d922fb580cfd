//! Work: what a restarted orchestrator has to pick up, by what each message waits for.

use std::time::Duration;

use lampyris_message::lifecycle::{Situation, State};
use lampyris_message::{BatchId, MessageId, Timestamp};

use crate::Lampyris;
use crate::error::Error;
use crate::known::Known;

/// Open messages by what is to be done next; each list has the longest waiting first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Work {
    /// Staged for longer than was allowed: the parent they wait for has not arrived.
    pub overdue: Vec<Task>,
    /// Ready and in no batch.
    pub to_seal: Vec<Task>,
    /// In a batch that was not reported as handed over: it may or may not have been.
    pub to_dispatch: Vec<Task>,
    /// Handed over, and no pin of them was seen on the ledger.
    pub to_sequence: Vec<Task>,
    /// Their pin is on the ledger, and nothing was decided about them.
    pub to_confirm: Vec<Task>,
    /// They came from the network, and no pin of them was seen on the ledger.
    pub unpinned_arrivals: Vec<Task>,
}

/// A message that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Task {
    /// The message.
    pub id: MessageId,
    /// The batch that it is in.
    pub batch: Option<BatchId>,
    /// When the last event that moved it was appended; a contradiction that was noted moves nothing.
    pub since: Timestamp,
}

impl Lampyris {
    /// The open messages of the namespace by what is to be done next, of staged ones those that have waited for
    /// longer than `patience`. All that it tells of is durable.
    ///
    /// ```
    /// # use lampyris::{BatchId, Lampyris, Seal, Submission, TransactionId, block_on};
    /// # use std::time::Duration;
    /// # let dir = tempfile::tempdir()?;
    /// # let engine = Lampyris::open(dir.path())?;
    /// # let order = Submission::broadcast("did:firefly:org/acme", "0x9f3b").build()?;
    /// # let id = block_on(engine.stage(order))?.id();
    /// # let batch = BatchId::from_bytes([1; 16]);
    /// # block_on(engine.seal(id, Seal::new(batch, TransactionId::from_bytes([2; 16]))))?;
    /// let work = block_on(engine.work(Duration::from_mins(5)))?;
    /// for task in &work.to_dispatch {
    ///     // Send the batch, again perhaps: it is the one that was recorded.
    ///     block_on(engine.dispatched(task.id, task.batch.unwrap()))?;
    /// }
    /// # assert_eq!(work.to_dispatch.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error`] if what is queued cannot be made durable.
    pub async fn work(&self, patience: Duration) -> Result<Work, Error> {
        let engine = &self.engine;
        let patience = i64::try_from(patience.as_nanos()).unwrap_or(i64::MAX);
        let staged_before = engine.clock.now_ns().saturating_sub(patience);
        let (mut work, settled) = {
            let decider = engine.decider.lock();
            let mut work = Work::default();
            for (id, known) in decider.open_messages() {
                work.note(id, known, staged_before);
            }
            (work, engine.log.settled())
        };
        let nobody = MessageId::from_bytes([0; 16]);
        settled.await.map_err(|error| engine.not_kept(nobody, error))?;
        for list in work.lists() {
            list.sort_by_key(|task| (task.since.unix_nanos(), task.id));
        }
        Ok(work)
    }
}

impl Work {
    fn note(&mut self, id: MessageId, known: &Known, staged_before: i64) {
        let batch = if let State::Known(facts) = &known.state { facts.batch } else { None };
        let since = Timestamp::from_unix_nanos(known.since);
        let task = Task { id, batch: batch.map(|(batch, _)| batch), since };
        let list = match known.state.situation() {
            Situation::Staged if known.since < staged_before => &mut self.overdue,
            Situation::ReadyUnsealed => &mut self.to_seal,
            Situation::ReadySealed => &mut self.to_dispatch,
            Situation::Sent => &mut self.to_sequence,
            Situation::PendingPinned => &mut self.to_confirm,
            Situation::PendingNoPin => &mut self.unpinned_arrivals,
            Situation::Staged
            | Situation::Absent
            | Situation::Confirmed
            | Situation::Rejected
            | Situation::Cancelled
            | Situation::Imported => return,
        };
        list.push(task);
    }

    fn lists(&mut self) -> [&mut Vec<Task>; 6] {
        let Self { overdue, to_seal, to_dispatch, to_sequence, to_confirm, unpinned_arrivals } =
            self;
        [overdue, to_seal, to_dispatch, to_sequence, to_confirm, unpinned_arrivals]
    }
}
