//! Bringing a log that is open for reading up to date: what came since is read, verified and shown.
//! It never shows a record before its frame, and the root that follows it, were checked.

use super::read::READ_BYTES;
use super::{Durable, Log, Shared};
use crate::block_on::block_on;
use crate::error::{Broken, ReadError};
use crate::frame;
use crate::merkle::{Hash, Head};
use crate::shard::StoredFrame;
use crate::verify::{Verified, Verifier};
use std::ops::ControlFlow;

impl Log {
    /// Shows what was acknowledged since a log was opened with [`Options::reader`](crate::Options::reader) or
    /// refreshed last, and answers size and root of what is shown now. Followers go on, and the observer is told.
    /// A log that was opened in another way shows all that there is already: then this is its head.
    ///
    /// All that was acknowledged before the call is shown after it, and nothing that a crash could take back; only
    /// what is new is read and verified, and the writer notices nothing. If nothing came, a few blocks are read.
    /// Checkpoints that were signed meanwhile are not, nor are values that were put after [`Log::data`] was first used.
    ///
    /// # Errors
    /// [`ReadError`] if what is there cannot be read or breaks a rule: the records that were shown before still are, and are all; streams and claims that
    /// the refused ones touch may be refused too. A log
    /// that went back, or another one in its place, is named ([`Broken::LogRolledBack`], [`Broken::LogDiverged`],
    /// [`Broken::OtherLog`]). After [`ReadError::Unavailable`] the next call goes on; once a new record has broken
    /// a rule, every call says so, and the log is to be opened again.
    pub fn refresh(&self) -> Result<Head, ReadError> {
        let shared = self.shared.as_ref();
        let Some(turn) = &shared.refreshing else { return Ok(shared.head()) };
        let mut broken = turn.lock();
        if let Some(broken) = broken.clone() {
            return Err(broken.into());
        }
        let tail = block_on(shared.shard.tail()).map_err(ReadError::from)?;
        let before = shared.head();
        check(before, tail)?;
        while shared.head().size < tail.size {
            let mut frames = block_on(shared.shard.read(shared.head().size, READ_BYTES))?;
            // A store may hold more than it acknowledged.
            frames.retain(|stored| frame::end(&stored.bytes).is_none_or(|end| end <= tail.size));
            let after = shared.after(&frames, tail)?;
            shared.show_read(&frames, after).inspect_err(|found| *broken = Some(found.clone()))?;
        }
        Ok(shared.head())
    }
}

/// Checks that a store that ends at `tail` can have been one that ended at `before`.
fn check(before: Head, tail: Head) -> Result<(), Broken> {
    if tail.size < before.size {
        return Err(Broken::LogRolledBack { have: tail.size, want: before.size });
    }
    if tail.size == before.size && tail.root != before.root {
        return Err(diverged(before, tail.root));
    }
    Ok(())
}

fn diverged(Head { size, root: want }: Head, have: Hash) -> Broken {
    Broken::LogDiverged { size, have, want }
}

impl Shared {
    /// Size and root of the log after some frames, as the frame behind them says, or the store of its tail.
    fn after(&self, frames: &[StoredFrame], tail: Head) -> Result<Head, ReadError> {
        let have = self.head().size;
        let end = frames.last().and_then(|last| frame::end(&last.bytes)).filter(|end| *end > have);
        let rolled_back = || Broken::LogRolledBack { have, want: tail.size };
        let end = end.ok_or_else(rolled_back)?;
        if end >= tail.size {
            return Ok(tail);
        }
        let next = block_on(self.shard.read(end, 1))?.into_iter().next();
        let before = next.and_then(|next| frame::before(&next.bytes));
        Ok(before.filter(|before| before.size == end).ok_or_else(rolled_back)?)
    }

    /// Verifies frames that follow what is shown and lead to a head, and shows them.
    fn show_read(&self, frames: &[StoredFrame], after: Head) -> Result<(), Broken> {
        {
            let mut durable = self.durable.write();
            let mut verifier = Verifier::resume(durable.take());
            if self.tree.is_kept() {
                verifier = verifier.with_entries();
            }
            let judged = durable.verify(&mut verifier, frames, after);
            // First, so that whoever sees the new size finds the tree of it.
            if judged.is_ok() {
                self.tree.take(&verifier.take_entries());
            }
            durable.put_back(verifier.finish(), judged.is_ok());
            judged?;
        }
        self.growth.grew(after.size);
        self.size.send_replace(after.size);
        if let Some(observer) = &self.observer {
            observer.durable(after.size);
        }
        Ok(())
    }
}

impl Durable {
    /// What a verifier goes on with. The index is taken, so nobody else may look until it is put back.
    fn take(&mut self) -> Verified {
        Verified {
            frontier: self.frontier.clone(),
            streams: std::mem::take(&mut self.streams),
            claims: std::mem::take(&mut self.claims),
            identity: Some(self.identity.clone()),
            time: self.time,
            record_bytes: self.record_bytes,
        }
    }

    fn verify(
        &mut self,
        verifier: &mut Verifier,
        frames: &[StoredFrame],
        after: Head,
    ) -> Result<(), Broken> {
        for stored in frames {
            let accepted = verifier.frame(stored.first_sequence, &stored.bytes, |record| {
                self.recent.observe(&record.record);
                ControlFlow::Continue(())
            });
            accepted.map(drop)?;
        }
        let found = verifier.head();
        if found == after { Ok(()) } else { Err(diverged(after, found.root)) }
    }

    /// Puts the index back, and the rest too if all of it was verified.
    fn put_back(&mut self, verified: Verified, is_whole: bool) {
        let Verified { frontier, streams, claims, identity, time, record_bytes } = verified;
        (self.streams, self.claims) = (streams, claims);
        if is_whole {
            self.head = frontier.head();
            (self.frontier, self.time, self.record_bytes) = (frontier, time, record_bytes);
            self.identity = identity.unwrap_or_else(|| self.identity.clone());
        }
    }
}
