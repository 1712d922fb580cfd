//! Snapshots of an open log: a cut of it where log, index and observer stand at the same record, written elsewhere.
//! The cut is taken by the thread that commits, which waits for no disk here.

use super::Shared;
use crate::merkle::{Hash, Head};
use crate::snapshot::{IndexCut, Section};
use std::sync::Arc;

/// All that a snapshot says, at one size of the log.
struct Cut {
    log_id: [u8; 16],
    head: Head,
    index: IndexCut,
    others: Vec<Box<dyn Section>>,
}

impl Shared {
    /// Takes a cut, if it is time for one, and has it written. Called where nothing else becomes durable.
    pub(super) fn snapshot_if_due(self: &Arc<Self>) {
        let size = self.head().size;
        let Some(keeper) = self.keeper.as_ref().filter(|keeper| keeper.is_due(size)) else {
            return;
        };
        let Some(cut) = self.cut() else { return };
        let shared = Arc::clone(self);
        keeper.spawn(size, move || shared.write_snapshot(cut));
    }

    /// Writes what is left when the log is closed, unless that failed.
    pub(super) fn last_snapshot(self: &Arc<Self>, is_whole: bool) {
        let Some(keeper) = &self.keeper else { return };
        keeper.wait();
        if is_whole
            && keeper.is_last_due(self.head().size)
            && let Some(cut) = self.cut()
        {
            self.write_snapshot(cut);
        }
    }

    /// Nothing if the observer cannot say now what it holds.
    fn cut(self: &Arc<Self>) -> Option<Cut> {
        let (log_id, head, index) = self.index_cut();
        let observer = self.observer.as_ref();
        let others = observer.map_or_else(|| Some(Vec::new()), |it| it.cut(head.size))?;
        Some(Cut { log_id, head, index, others })
    }

    /// What the log holds now: of which log, at which head.
    pub(super) fn index_cut(self: &Arc<Self>) -> ([u8; 16], Head, IndexCut) {
        let durable = self.durable.read();
        let (size, claims) = (durable.head.size, Arc::clone(self));
        let index = IndexCut {
            identity: durable.identity.clone(),
            frontier: durable.frontier.clone(),
            time: durable.time,
            record_bytes: durable.record_bytes,
            recent: durable.recent.clone(),
            tiles: self.tree.tiles(),
            streams: durable.streams.cut(),
            compared: (0, Hash::of(&[])),
            secret: self.secret,
            claims: durable.claims.len() as u64,
            // Claims only come: those of a later time that are as old as the cut are those of the cut.
            parts: Box::new(move |part| claims.durable.read().claims.part(part, size)),
        };
        (durable.identity.log_id, durable.head, index)
    }

    fn write_snapshot(&self, mut cut: Cut) {
        let Some(keeper) = &self.keeper else { return };
        // A snapshot says that the tiles are there, so they must be before it is.
        if let Err(error) = self.tree.sync() {
            return tracing::warn!(%error, "the snapshot was not written");
        }
        cut.index.compared = self.checkpoints.compared(cut.head.size);
        let mut sections: Vec<&dyn Section> = vec![&cut.index];
        sections.extend(cut.others.iter().map(|section| &**section));
        keeper.write(cut.log_id, cut.head, &sections);
    }
}
