//! The batches that messages are in: a batch holds many messages, so each pair of ids is kept once.

use lampyris_log::snapshot::Chunks;
use lampyris_message::{BatchId, TransactionId};

use super::index::Index;

/// A batch and its transaction.
pub(super) type Batch = (BatchId, TransactionId);

/// Batches, numbered in the order in which they first appear.
#[derive(Debug, Default)]
pub(super) struct Batches {
    pairs: Chunks<Batch>,
    index: Index,
    /// The batch asked for last: neighbours mostly share one.
    latest: u32,
}

/// What a row holds in place of a number when no event put its message into a batch.
pub(super) const NO_BATCH: u32 = u32::MAX;

impl Batches {
    /// The number of a batch, which is added if it is new; [`NO_BATCH`] if there is no room.
    pub(super) fn number(&mut self, batch: Batch) -> u32 {
        let Self { pairs, index, latest } = self;
        if pairs.get(*latest) == Some(&batch) {
            return *latest;
        }
        *latest = match index.find(&batch, |number| pairs.get(number) == Some(&batch)) {
            Ok(number) => number,
            Err(place) => {
                let number = u32::try_from(pairs.len()).unwrap_or(NO_BATCH);
                if number != NO_BATCH {
                    pairs.push(batch);
                    index.add(place, number);
                }
                number
            }
        };
        *latest
    }

    /// The batch with this number.
    pub(super) fn get(&self, number: u32) -> Option<Batch> {
        self.pairs.get(number).copied()
    }

    /// All of them, in the order of their numbers.
    pub(super) fn list(&self) -> &Chunks<Batch> {
        &self.pairs
    }

    /// Whether so many more can be added.
    pub(super) fn has_room(&self, more: usize) -> bool {
        self.pairs.len().saturating_add(more) < NO_BATCH as usize
    }
}
