//! Verifying a log that was opened by a snapshot from its first byte on, while it runs, and what it holds with it.
//! It reads and appends nothing; a snapshot that lied is removed, so that the next opening reads the whole log.

use super::read::{differs, missing};
use super::{Log, Shared};
use crate::error::{Broken, ReadError};
use crate::merkle::Head;
use crate::pass::Pass;
use crate::recent::RecentReader;
use crate::record::RecordRef;
use crate::snapshot::IndexCut;
use crate::verify::{VerifiedRecord, Verifier};
use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

/// What a log held at one moment, to be compared with its records: see [`Log::reverify`].
pub struct Reverify {
    shared: Arc<Shared>,
    head: Head,
    index: IndexCut,
}

impl Log {
    /// Takes down what the log holds now, to verify it later and elsewhere: for a log that was opened by a snapshot.
    /// What is appended meanwhile changes nothing of it.
    pub fn reverify(&self) -> Reverify {
        let (_, head, index) = self.shared.index_cut();
        Reverify { shared: Arc::clone(&self.shared), head, index }
    }

    /// Removes the log's snapshot, and writes none any more until it is opened again: for who finds that it does not
    /// say what the records do. Does nothing to a log that was opened for reading.
    pub fn distrust_snapshot(&self) {
        self.shared.distrust_snapshot();
    }
}

impl Reverify {
    /// Size and root of the log at that moment.
    pub fn head(&self) -> Head {
        self.head
    }

    /// Verifies every record up to that moment, on one thread, and that they lead to the log's head and to what it
    /// held: its name, rules, streams, claims and newest appends. `visit` gets each record, and may break off. Returns
    /// how many records were verified.
    ///
    /// After [`ReadError::Broken`] there is no snapshot any more, and none is written until the log is opened again.
    ///
    /// # Errors
    /// [`ReadError`] at the first record that cannot be read or breaks a rule; [`Broken::SnapshotLied`] names what the
    /// log holds and the records do not say.
    pub fn run(
        self,
        visit: impl FnMut(&VerifiedRecord<'_>) -> ControlFlow<()> + Send,
    ) -> Result<u64, ReadError> {
        let found = self.compare(visit);
        if let Err(ReadError::Broken(_)) = found {
            self.shared.distrust_snapshot();
        }
        found
    }

    fn compare(
        &self,
        mut visit: impl FnMut(&VerifiedRecord<'_>) -> ControlFlow<()> + Send,
    ) -> Result<u64, ReadError> {
        let end = self.head;
        let pass = Pass { shard: self.shared.shard.as_ref(), begin: 0, end: end.size, threads: 1 };
        let (mut verifier, mut recent) =
            (Verifier::under(self.shared.secret), RecentReader::default());
        let mut broken_off = false;
        pass.run(&|_: &RecordRef<'_>| (), |arrival| {
            let flow = arrival.accept(&mut verifier, |record, ()| {
                recent.observe(&record.record);
                visit(record)
            })?;
            broken_off = flow.is_break();
            Ok::<_, ReadError>(if verifier.size() < end.size {
                flow
            } else {
                ControlFlow::Break(())
            })
        })?;
        let size = verifier.size();
        if broken_off {
            return Ok(size);
        }
        if size < end.size {
            return Err(missing(size).into());
        }
        if verifier.head() != end {
            return Err(differs(end, verifier.head()));
        }
        match self.index.difference(&verifier.finish(), &recent) {
            None => Ok(size),
            Some(what) => Err(Broken::SnapshotLied { size, what }.into()),
        }
    }
}

impl Shared {
    fn distrust_snapshot(&self) {
        if let Some(keeper) = &self.keeper {
            keeper.give_up();
        }
    }
}

impl fmt::Debug for Reverify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reverify").field("head", &self.head).finish_non_exhaustive()
    }
}
