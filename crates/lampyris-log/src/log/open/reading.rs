//! Reading a store while it is opened: from its first record on, or from where a snapshot ends.
//! A snapshot is never an error: whatever is wrong behind it, the whole log is read, and that says what it is.

use super::tile_place;
use crate::checkpoints::Checkpoints;
use crate::error::{Broken, OpenError};
use crate::merkle::{Hash, Head};
use crate::options::{Options, Verify};
use crate::pass::Pass;
use crate::recent::RecentReader;
use crate::record::RecordRef;
use crate::shard::ShardLog;
use crate::snapshot::{Consumer, Snapshot, Start, Unfit};
use crate::tree::{TilePlace, Tree};
use crate::verify::{Verified, Verifier};
use std::ops::ControlFlow;

/// A log that is being opened.
pub(super) struct Opening<'o> {
    pub(super) shard: &'o dyn ShardLog,
    pub(super) checkpoints: Checkpoints,
    /// What the store says was acknowledged.
    pub(super) acknowledged: Head,
    pub(super) options: &'o Options,
}

/// What was read.
pub(super) struct Found {
    pub(super) verified: Verified,
    pub(super) tree: Tree,
    pub(super) recent: RecentReader,
}

/// What became of the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resumed {
    /// The log was opened by one of so many records.
    At(u64),
    /// There is none, or nobody wanted it.
    NotTried,
    /// The one that is there is of no use.
    Unfit,
}

impl Resumed {
    /// Sequence of the first record that was read.
    pub(super) fn from(self) -> u64 {
        match self {
            Resumed::At(size) => size,
            Resumed::NotTried | Resumed::Unfit => 0,
        }
    }
}

impl Opening<'_> {
    /// Reads what has to be read and hands it out.
    pub(super) fn read<P>(
        &self,
        prepare: &(impl Fn(&RecordRef<'_>) -> P + Sync),
        consumer: &mut (impl Consumer<P> + Send),
    ) -> Result<(Found, Resumed), OpenError> {
        let resumed = match self.begin(consumer) {
            Ok(None) => Resumed::NotTried,
            Ok(Some((found, size))) => match self.pass(found, prepare, consumer) {
                Ok(found) => return Ok((found, Resumed::At(size))),
                Err(OpenError::Broken(broken)) => {
                    self.ignore(&broken);
                    Resumed::Unfit
                }
                Err(error) => return Err(error),
            },
            Err(unfit) => {
                self.ignore(&unfit);
                Resumed::Unfit
            }
        };
        self.checkpoints.restart();
        consumer.restart();
        let tree = Tree::new(tile_place(self.options));
        let verified = Verifier::new().finish();
        let found = Found { verified, tree, recent: RecentReader::default() };
        Ok((self.pass(found, prepare, consumer)?, resumed))
    }

    fn ignore(&self, why: &dyn std::fmt::Display) {
        let path = self.options.snapshot.as_deref().unwrap_or_else(|| std::path::Path::new(""));
        let path = path.display();
        tracing::warn!(%path, %why, "the snapshot is ignored, and the whole log is read");
    }

    /// Where a snapshot ends, and of how many records it is; nothing if there is none, or it is not asked for.
    fn begin<P>(&self, consumer: &mut impl Consumer<P>) -> Result<Option<(Found, u64)>, Unfit> {
        let path = self.options.snapshot.as_ref();
        let Some(path) = path.filter(|_| self.options.verify == Verify::New) else {
            return Ok(None);
        };
        let Some(snapshot) = Snapshot::open(self.options.disk.as_ref(), path)? else {
            return Ok(None);
        };
        let head = snapshot.head();
        if head.size > self.acknowledged.size {
            return Err(Unfit("is of more records than were acknowledged"));
        }
        if head.size == self.acknowledged.size && head.root != self.acknowledged.root {
            return Err(Unfit("is of another log, or of another past of this one"));
        }
        let Start { verified, recent, tiles, compared } = Start::read(&snapshot)?;
        let tree = match (tile_place(self.options), tiles) {
            (TilePlace::Nowhere, _) => Tree::new(TilePlace::Nowhere),
            (_, None) => return Err(Unfit("has no tiles")),
            (place, Some(tiles)) => Tree::resume(place, tiles, &verified.frontier)
                .ok_or(Unfit("has other tiles than are there"))?,
        };
        consumer.resume(&snapshot)?;
        self.checkpoints.resume(head.size, compared);
        Ok(Some((Found { verified, tree, recent }, head.size)))
    }

    /// Reads the store from where `found` ends, and holds it against what the store says was acknowledged.
    fn pass<P>(
        &self,
        found: Found,
        prepare: &(impl Fn(&RecordRef<'_>) -> P + Sync),
        consumer: &mut (impl Consumer<P> + Send),
    ) -> Result<Found, OpenError> {
        let Found { verified, tree, mut recent } = found;
        let mut verifier = Verifier::resume(verified);
        if tree.is_kept() {
            verifier = verifier.with_entries();
        }
        let acknowledged = self.acknowledged;
        let mut at_mark = (verifier.size() == acknowledged.size).then(|| verifier.head().root);
        let (begin, threads) = (verifier.size(), self.options.verify_threads);
        let pass = Pass { shard: self.shard, begin, end: u64::MAX, threads };
        pass.run(prepare, |arrival| {
            if arrival.key > verifier.size() && acknowledged.size > 0 {
                let (have, want) = (verifier.size(), arrival.key.max(acknowledged.size));
                return Err(OpenError::from(Broken::LogRolledBack { have, want }));
            }
            let flow = arrival.accept(&mut verifier, |record, prepared| {
                recent.observe(&record.record);
                consumer.take(record, prepared);
                ControlFlow::Continue(())
            });
            let flow = flow.map_err(Broken::from)?;
            tree.take(&verifier.take_entries());
            let head = verifier.head();
            self.checkpoints.passed(verifier.identity(), head)?;
            if head.size == acknowledged.size {
                at_mark = Some(head.root);
            }
            Ok(flow)
        })?;
        let have = verifier.size();
        match at_mark {
            _ if have < acknowledged.size => {
                Err(Broken::LogRolledBack { have, want: acknowledged.size }.into())
            }
            Some(root) if root == acknowledged.root => {
                Ok(Found { verified: verifier.finish(), tree, recent })
            }
            found => {
                let have = found.unwrap_or(Hash([0; 32]));
                let Head { size, root: want } = acknowledged;
                Err(Broken::LogDiverged { size, have, want }.into())
            }
        }
    }
}
