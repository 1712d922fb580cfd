//! The messages of one namespace: their slots and states, and what they are found by.

use std::ops::Range;

use lampyris_log::snapshot::{Chunks, SectionReader, SectionWriter, Unfit};
use lampyris_message::event::{Beginning, Event};
use lampyris_message::lifecycle::command::GapFill;
use lampyris_message::{MessageId, MessageState};

use super::batches::Batches;
use super::gap_fills::GapFills;
use super::index::{Index, Place};
use super::keys::{KeyList, Keys};
use super::slot::Slot;
use crate::stored::{read_state, write_state};

/// The messages of a namespace, numbered in the order of their first events.
#[derive(Debug)]
pub(super) struct Namespace {
    name: Box<str>,
    slots: Chunks<Slot>,
    /// The state of each, apart: a list of one state then reads a byte a message.
    states: Chunks<MessageState>,
    index: Index,
    counts: [u64; MessageState::ALL.len()],
    /// The message that first used an idempotency key.
    keys: Keys,
    gap_fills: GapFills,
}

/// A namespace as it was at one position.
#[derive(Debug)]
pub(super) struct NamespaceCut {
    name: Box<str>,
    slots: Chunks<Slot>,
    states: Chunks<MessageState>,
    keys: KeyList,
    gap_fills: GapFills,
}

impl NamespaceCut {
    pub(super) fn write(&self, out: &mut SectionWriter<'_>) {
        out.text(&self.name);
        out.u32(u32::try_from(self.slots.len()).unwrap_or(u32::MAX));
        for (slot, state) in self.slots.iter().zip(self.states.iter()) {
            slot.write(out);
            write_state(out, *state);
        }
        self.keys.write(out);
        self.gap_fills.write(out);
    }
}

impl Namespace {
    /// The namespace as it is now; what comes later does not change it.
    pub(super) fn cut(&self) -> NamespaceCut {
        NamespaceCut {
            name: self.name.clone(),
            slots: self.slots.clone(),
            states: self.states.clone(),
            keys: self.keys.list.clone(),
            gap_fills: self.gap_fills.clone(),
        }
    }

    /// Reads one of a log of so many records, with so many batches.
    pub(super) fn read(
        from: &mut SectionReader<'_>,
        size: u64,
        batches: u32,
    ) -> Result<Self, Unfit> {
        let (mut namespace, mut before) = (Self::new(from.text()?), None);
        for number in 0..from.u32()? {
            let (slot, state) = (Slot::read(from, size, batches)?, read_state(from)?);
            let place = namespace.find(slot.id).err().filter(|_| before < Some(slot.first));
            namespace.index.add(place.ok_or(Unfit("holds a message twice"))?, number);
            before = Some(slot.first);
            namespace.slots.push(slot);
            namespace.states.push(state);
            namespace.count(state, 1);
        }
        namespace.keys = Keys::read(from, namespace.len())?;
        namespace.gap_fills = GapFills::read(from)?;
        Ok(namespace)
    }

    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            slots: Chunks::default(),
            states: Chunks::default(),
            index: Index::default(),
            counts: [0; MessageState::ALL.len()],
            keys: Keys::default(),
            gap_fills: GapFills::default(),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn len(&self) -> usize {
        self.states.len()
    }

    /// Whether so many more messages can be numbered.
    pub(super) fn has_room(&self, more: usize) -> bool {
        u32::try_from(self.len().saturating_add(more)).is_ok()
    }

    /// The number of a message, or the place where it belongs.
    pub(super) fn find(&self, id: MessageId) -> Result<u32, Place> {
        self.index.find(&id, |number| self.slots.get(number).is_some_and(|slot| slot.id == id))
    }

    pub(super) fn slot(&self, number: u32) -> Option<(&Slot, MessageState)> {
        self.slots.get(number).zip(self.states.get(number).copied())
    }

    /// Takes in a message that is not here; the caller has looked for it, and for room.
    ///
    /// Its place need not be given if it is the first one.
    pub(super) fn begin(&mut self, place: Option<Place>, beginning: &Beginning<'_>, position: u64) {
        let Some(place) = place.or_else(|| self.find(beginning.id()).err()) else { return };
        let Ok(number) = u32::try_from(self.len()) else { return };
        self.slots.push(Slot::new(beginning.id(), position));
        self.states.push(beginning.state());
        self.index.add(place, number);
        self.count(beginning.state(), 1);
        if let Some(key) = beginning.idempotency_key() {
            self.keys.add(key, number);
        }
        if let Some(gap_fill) = beginning.gap_fill() {
            self.gap_fills.begin(number, gap_fill);
        }
    }

    /// Takes in a later event of a message.
    pub(super) fn follow(
        &mut self,
        number: u32,
        event: &Event,
        position: u64,
        batches: &mut Batches,
    ) {
        let Some(slot) = self.slots.get_mut(number) else { return };
        slot.position = position;
        let state = match event {
            Event::Readied(_) => MessageState::Ready,
            Event::Sealed(sealed) => {
                slot.batch = batches.number((sealed.batch, sealed.tx_id));
                slot.set_pins(&sealed.pins);
                return;
            }
            Event::Sent(_) => MessageState::Sent,
            Event::Sequenced(sequenced) => {
                slot.batch = batches.number((sequenced.batch, sequenced.tx_id));
                MessageState::Pending
            }
            Event::Confirmed(confirmed) => {
                slot.set_confirmed(confirmed.at);
                MessageState::Confirmed
            }
            Event::Rejected(rejected) => {
                slot.set_confirmed(rejected.at);
                slot.set_reject_reason(format!("{}: {}", rejected.code, rejected.reason));
                MessageState::Rejected
            }
            Event::Cancelled(cancelled) => {
                slot.set_confirmed(cancelled.at);
                MessageState::Cancelled
            }
            Event::Noted(_) | Event::Staged(_) | Event::Received(_) | Event::Imported(_) => return,
        };
        if slot.confirmed().is_some() {
            self.gap_fills.end(number, state, slot.pins());
        }
        self.set(number, state);
    }

    fn set(&mut self, number: u32, state: MessageState) {
        let Some(slot) = self.states.get_mut(number) else { return };
        let before = std::mem::replace(slot, state);
        self.count(before, -1);
        self.count(state, 1);
    }

    fn count(&mut self, state: MessageState, change: i64) {
        if let Some(count) = self.counts.get_mut(state as usize) {
            *count = count.saturating_add_signed(change);
        }
    }

    /// How many messages are in each state.
    pub(super) const fn counts(&self) -> [u64; MessageState::ALL.len()] {
        self.counts
    }

    /// The numbers of the messages whose first events stand after this sequence.
    pub(super) fn after(&self, sequence: Option<u64>) -> Range<u32> {
        // `has_room` keeps the numbers below 2^32.
        let end = u32::try_from(self.len()).unwrap_or(u32::MAX);
        let Some(sequence) = sequence else { return 0..end };
        let (mut low, mut high) = (0, end);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.slots.get(middle).is_some_and(|slot| slot.first <= sequence) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low..end
    }

    pub(super) fn state(&self, number: u32) -> Option<MessageState> {
        self.states.get(number).copied()
    }

    /// The message that first used this idempotency key.
    pub(super) fn by_key(&self, key: &str) -> Option<MessageId> {
        self.slots.get(self.keys.get(key)?).map(|slot| slot.id)
    }

    /// The confirmed gap-fills that name this message.
    pub(super) fn gap_fills(&self, message: MessageId) -> &[GapFill] {
        self.gap_fills.naming(message)
    }

    /// Whether both are found by the same keys and fill the same gaps.
    pub(super) fn finds_the_same(&self, other: &Self) -> bool {
        self.name == other.name && self.keys == other.keys && self.gap_fills == other.gap_fills
    }
}
