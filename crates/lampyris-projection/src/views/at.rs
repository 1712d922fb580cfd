//! A row at a position: what its slot says of that moment.
//!
//! What changes only once is told by where the change stands; what may change more often is kept with its sequences.

use lampyris_message::hash::DataListHash;
use lampyris_message::{
    MessageId, MessageState, Pin, SealedRef, Timestamp, TransactionId, data_list_hash,
};

use super::columns::Batch;
use super::dictionary::NO_WORD;
use super::namespace::Namespace;
use super::rare::{Rare, Rarer};
use super::slot::{Slot, Step, Traits};
use super::words::{Parts, parts};

/// A row of a namespace, after so many records of the log.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'v> {
    namespace: &'v Namespace,
    number: u32,
    slot: &'v Slot,
    position: u64,
}

impl<'v> At<'v> {
    /// The row with a number, if the message began within so many records.
    pub(super) fn new(namespace: &'v Namespace, number: u32, position: u64) -> Option<Self> {
        let slot = namespace.slot(number).filter(|slot| slot.first < position)?;
        Some(Self { namespace, number, slot, position })
    }

    pub(super) const fn slot(&self) -> &'v Slot {
        self.slot
    }

    pub(super) const fn number(&self) -> u32 {
        self.number
    }

    pub(super) fn namespace(&self) -> &'v str {
        &self.namespace.name
    }

    fn rare(&self) -> Option<&'v Rare> {
        self.namespace.rare(self.slot)
    }

    fn rarer(&self) -> Option<&'v Rarer> {
        self.rare()?.rarer.as_deref()
    }

    /// Whether nothing came of the message after this position.
    fn is_last(&self) -> bool {
        self.slot.last() < self.position
    }

    fn came(&self, step: Step) -> bool {
        self.slot.step_before(step, self.position).is_some()
    }

    pub(super) fn state(&self) -> MessageState {
        if self.is_last() { self.slot.state } else { self.slot.state_at(self.position) }
    }

    /// Sequence of its last event by then.
    pub(super) fn last(&self) -> u64 {
        if self.is_last() {
            return self.slot.last();
        }
        let steps = Step::ALL.iter().filter_map(|step| self.slot.step_before(*step, self.position));
        let notes = self.rarer().map(|rarer| rarer.notes.as_slice()).unwrap_or_default();
        let notes = notes.iter().copied().filter(|note| *note < self.position);
        steps.chain(notes).max().unwrap_or(self.slot.first)
    }

    /// Sequence of the event that brought its state.
    pub(super) fn since(&self) -> u64 {
        let changes = [Step::Final, Step::Sequenced, Step::Sent, Step::Readied];
        let change = changes.iter().find_map(|step| self.slot.step_before(*step, self.position));
        change.unwrap_or(self.slot.first)
    }

    pub(super) fn created(&self) -> Option<Timestamp> {
        self.slot.created.get(|| self.rarer()?.created)
    }

    pub(super) fn confirmed(&self) -> Option<Timestamp> {
        let is_told = self.slot.traits.has(Traits::EVIDENCE) || self.came(Step::Final);
        self.slot.confirmed.get(|| self.rarer()?.confirmed).filter(|_| is_told)
    }

    pub(super) fn reject_reason(&self) -> &'v str {
        let is_told = self.slot.traits.has(Traits::EVIDENCE) || self.came(Step::Final);
        self.rare().filter(|_| is_told).map(|rare| &*rare.reject_reason).unwrap_or_default()
    }

    /// The batch and the transaction.
    pub(super) fn batch(&self) -> Batch {
        self.namespace.columns.batch(self.batch_word())
    }

    fn batch_word(&self) -> u32 {
        let slot = self.slot;
        if self.is_last() || slot.batch == NO_WORD {
            return slot.batch;
        }
        let earlier = self.rarer().map(|rarer| rarer.batches.as_slice()).unwrap_or_default();
        let then = earlier.iter().find(|(until, _)| *until >= self.position);
        let is_in = !earlier.is_empty()
            || slot.traits.has(Traits::BATCH)
            || match slot.step(Step::Sealed) {
                Some(sealed) => sealed < self.position,
                None => self.came(Step::Sequenced),
            };
        match then {
            Some((_, batch)) => *batch,
            None if is_in => slot.batch,
            None => NO_WORD,
        }
    }

    pub(super) fn pins(&self) -> &'v [Pin] {
        let Some(rare) = self.rare() else { return &[] };
        if self.came(Step::Sealed) && !rare.pins.is_empty() { &rare.pins } else { &rare.first_pins }
    }

    pub(super) fn idempotency_key(&self) -> &'v str {
        let claimed = self.rare().map(|rare| &*rare.key).filter(|key| !key.is_empty());
        claimed.or_else(|| self.namespace.keys.of_row(self.number)).unwrap_or_default()
    }

    /// What its confirmation is correlated with, if that was reported by then.
    pub(super) fn correlator(&self) -> Option<&'v str> {
        let told = self.rarer().filter(|_| self.came(Step::Final)).map(|rarer| &*rarer.correlator);
        told.filter(|correlator| !correlator.is_empty())
    }

    pub(super) fn parent(&self) -> Option<TransactionId> {
        self.rarer()?.parent
    }

    /// Whether the sender wrote a list of data, be it an empty one.
    pub(super) const fn has_data_list(&self) -> bool {
        self.slot.traits.has(Traits::DATA_LIST)
    }

    /// The hash of the list of data, if the header has one.
    pub(super) fn data_hash(&self) -> Option<DataListHash> {
        if !self.slot.traits.has(Traits::DATA_HASH) {
            return None;
        }
        let told = self.rarer().and_then(|rarer| rarer.data_hash);
        Some(told.unwrap_or_else(|| data_list_hash(self.has_data_list().then(|| self.data()))))
    }

    /// Whether it was taken in as evidence.
    pub(super) const fn is_evidence(&self) -> bool {
        self.slot.traits.has(Traits::EVIDENCE)
    }

    pub(super) fn data(&self) -> impl Iterator<Item = SealedRef> + use<'v> {
        let (begin, data) = (self.slot.data, &self.namespace.data);
        (begin..begin.saturating_add(self.slot.data_count))
            .filter_map(|number| data.get(number).copied())
    }

    /// The types of the message, its transaction and its parent, and its namespaces.
    pub(super) fn kind(&self) -> Parts<'v> {
        parts(self.namespace.columns.kinds.words.list.get(self.slot.kind))
    }

    /// The author and the key.
    pub(super) fn sender(&self) -> (&'v str, &'v str) {
        let mut sender = parts(self.namespace.columns.senders.words.list.get(self.slot.sender));
        (sender.text(), sender.text())
    }

    pub(super) fn topics(&self) -> impl Iterator<Item = &'v str> + use<'v> {
        parts(self.namespace.columns.topics.words.list.get(self.slot.topics)).flatten()
    }

    pub(super) fn tag(&self) -> &'v str {
        std::str::from_utf8(self.namespace.columns.tags.words.list.get(self.slot.tag))
            .unwrap_or_default()
    }

    pub(super) fn group(&self) -> Option<[u8; 32]> {
        self.namespace.columns.groups.words.list.get(self.slot.group).try_into().ok()
    }

    pub(super) fn cid(&self) -> Option<MessageId> {
        self.namespace
            .columns
            .cids
            .words
            .list
            .get(self.slot.cid)
            .try_into()
            .ok()
            .map(MessageId::from_bytes)
    }
}
