//! The columns of a namespace whose values many rows share: what words a message gets, and who has them.
//!
//! What a word means is told by the column; the rows are the namespace's.

use lampyris_message::event::Beginning;
use lampyris_message::{BatchId, TransactionId};

use super::dictionary::{Dictionary, NO_WORD};
use super::slot::Slot;
use super::words::joined;

/// The columns whose values many rows share.
#[derive(Debug, Default)]
pub(super) struct Columns {
    /// The types of the message, its transaction and its parent, and its namespaces.
    pub(super) kinds: Dictionary,
    /// Author and key; also found by the author.
    pub(super) senders: Dictionary,
    /// All topics; also found by each if there are several.
    pub(super) topics: Dictionary,
    pub(super) tags: Dictionary,
    pub(super) groups: Dictionary,
    pub(super) cids: Dictionary,
    /// Batch and transaction; also found by each.
    pub(super) batches: Dictionary,
}

/// A batch and a transaction, as far as there are any.
pub(super) type Batch = (Option<BatchId>, Option<TransactionId>);

/// What a word is found by that has this batch.
pub(super) fn batch_part(batch: &[u8; 16]) -> [u8; 17] {
    part(b'b', batch)
}

/// What a word is found by that has this transaction.
pub(super) fn transaction_part(transaction: &[u8; 16]) -> [u8; 17] {
    part(b't', transaction)
}

fn part(kind: u8, id: &[u8; 16]) -> [u8; 17] {
    let mut part = [kind; 17];
    if let Some((_, rest)) = part.split_first_mut() {
        rest.copy_from_slice(id);
    }
    part
}

/// The parts of a word for a batch and a transaction.
pub(super) fn batch_parts(word: &[u8]) -> impl Iterator<Item = &[u8]> {
    word.chunks(17)
}

impl Columns {
    /// All columns, in the order in which they are stored.
    pub(super) const fn all(&self) -> [&Dictionary; 7] {
        let Self { kinds, senders, topics, tags, groups, cids, batches } = self;
        [kinds, senders, topics, tags, groups, cids, batches]
    }

    pub(super) fn number_batch(&mut self, (batch, transaction): Batch) -> u32 {
        let mut word = Vec::with_capacity(34);
        word.extend(batch.iter().flat_map(|batch| batch_part(batch.as_bytes())));
        word.extend(
            transaction.iter().flat_map(|transaction| transaction_part(transaction.as_bytes())),
        );
        if word.is_empty() { NO_WORD } else { self.batches.number(&word, batch_parts(&word)) }
    }

    /// The batch and the transaction with this number.
    pub(super) fn batch(&self, number: u32) -> Batch {
        let mut found = (None, None);
        for part in batch_parts(self.batches.words.list.get(number)) {
            match part.split_first_chunk::<1>() {
                Some(([b'b'], id)) => found.0 = id.try_into().ok().map(BatchId::from_bytes),
                Some((_, id)) => found.1 = id.try_into().ok().map(TransactionId::from_bytes),
                None => {}
            }
        }
        found
    }

    /// Takes note of all words that a row has.
    pub(super) fn add(&mut self, slot: &Slot, row: u32) {
        let Self { kinds, senders, topics, tags, groups, cids, batches } = self;
        let words = [
            (kinds, slot.kind),
            (senders, slot.sender),
            (topics, slot.topics),
            (tags, slot.tag),
            (groups, slot.group),
            (cids, slot.cid),
            (batches, slot.batch),
        ];
        for (column, word) in words {
            if word != NO_WORD {
                column.add(word, row);
            }
        }
    }

    /// Gives a row the words of a header.
    pub(super) fn fill(&mut self, slot: &mut Slot, beginning: &Beginning<'_>) {
        let header = &beginning.header;
        let tx_type = header.tx_type.as_ref().map(lampyris_message::Open::as_str);
        let parent = header.tx_parent.as_ref().map(|parent| parent.tx_type.as_str());
        let kind = joined([
            Some(header.message_type.as_str()),
            tx_type,
            parent,
            Some(&*header.namespace),
            beginning.local_namespace,
        ]);
        slot.kind = self.kinds.number(&kind, []);
        let sender = joined([Some(&*header.author), Some(&*header.key)]);
        slot.sender = self.senders.number(&sender, [header.author.as_bytes()]);
        let several = if header.topics.len() > 1 { header.topics.as_slice() } else { &[] };
        let topics = joined(header.topics.iter().map(|topic| Some(topic.as_str())));
        slot.topics = self.topics.number(&topics, several.iter().map(String::as_bytes));
        slot.tag = self.tags.number(header.tag.as_bytes(), []);
        if let Some(group) = header.group {
            slot.group = self.groups.number(group.as_bytes(), []);
        }
        if let Some(cid) = header.cid {
            slot.cid = self.cids.number(cid.as_bytes(), []);
        }
        slot.batch = self.number_batch((beginning.batch, beginning.tx_id));
    }
}
