//! The messages of one namespace: their slots, what these refer to, and what they are found by.

use lampyris_log::snapshot::Chunks;
use lampyris_message::event::{Beginning, Event};
use lampyris_message::lifecycle::command::GapFill;
use lampyris_message::{
    BatchId, MessageId, MessageState, Pin, SealedRef, Timestamp, TransactionId, data_list_hash,
};
use roaring::RoaringBitmap;

use super::columns::Columns;
use super::dictionary::{NO_WORD, add};
use super::ends::{self, Ends};
use super::gap_fills::GapFills;
use super::index::{Index, Place};
use super::keys::Keys;
use super::rare::Rare;
use super::slot::{Moment, Slot, Step, Traits};
use super::words::parts;
use super::zones::Zones;

/// The messages of a namespace, numbered in the order of their first events.
#[derive(Debug)]
pub(super) struct Namespace {
    pub(super) name: Box<str>,
    pub(super) slots: Chunks<Slot>,
    /// What they refer to, one after the other.
    pub(super) data: Chunks<SealedRef>,
    pub(super) rares: Chunks<Rare>,
    pub(super) columns: Columns,
    /// The rows in each state.
    pub(super) states: [RoaringBitmap; MessageState::ALL.len()],
    /// The rows that have no time at which they became final.
    pub(super) open: RoaringBitmap,
    pub(super) zones: Zones,
    /// The message that first used an idempotency key.
    pub(super) keys: Keys,
    /// The rows whose keys are none of those: a source claims them, or another message used them first.
    pub(super) claimed_keys: RoaringBitmap,
    pub(super) gap_fills: GapFills,
    pub(super) ends: Ends,
    index: Index,
}

impl Namespace {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            slots: Chunks::default(),
            data: Chunks::default(),
            rares: Chunks::default(),
            columns: Columns::default(),
            states: Default::default(),
            open: RoaringBitmap::new(),
            zones: Zones::default(),
            keys: Keys::default(),
            claimed_keys: RoaringBitmap::new(),
            gap_fills: GapFills::default(),
            ends: Ends::default(),
            index: Index::default(),
        }
    }

    pub(super) fn len(&self) -> u32 {
        // `has_room` keeps it below 2^32.
        u32::try_from(self.slots.len()).unwrap_or(u32::MAX)
    }

    /// Whether so many more messages can be numbered, each with as much data as a record can name.
    pub(super) fn has_room(&self, more: usize) -> bool {
        const DATA_OF_ONE: usize = 2_048;
        let references = self.data.len().saturating_add(more.saturating_mul(DATA_OF_ONE));
        u32::try_from(self.slots.len().saturating_add(more)).is_ok()
            && u32::try_from(references).is_ok()
    }

    /// The number of a message, or the place where it belongs.
    pub(super) fn find(&self, id: MessageId) -> Result<u32, Place> {
        self.index.find(&id, |number| self.slots.get(number).is_some_and(|slot| slot.id == id))
    }

    pub(super) fn slot(&self, number: u32) -> Option<&Slot> {
        self.slots.get(number)
    }

    pub(super) fn rare(&self, slot: &Slot) -> Option<&Rare> {
        self.rares.get(slot.rare)
    }

    /// Takes in a message that is not here; the caller has looked for it, and for room.
    ///
    /// Its place need not be given if it is the first one.
    pub(super) fn begin(&mut self, place: Option<Place>, beginning: &Beginning<'_>, position: u64) {
        let Some(place) = place.or_else(|| self.find(beginning.id).err()) else { return };
        let number = self.len();
        let header = &beginning.header;
        let mut slot = Slot::new(beginning.id, position, beginning.state);
        slot.hash = *beginning.hash.as_bytes();
        self.columns.fill(&mut slot, beginning);
        let mut rare = Rare { first_pins: beginning.pins.to_vec().into(), ..Rare::default() };
        if let Some(parent) = header.tx_parent.as_ref().and_then(|parent| parent.id) {
            rare.rarer().parent = Some(parent);
        }
        let claimed = beginning.claimed.as_ref();
        let confirmed = claimed.and_then(|claimed| claimed.confirmed);
        if let Some(claimed) = claimed {
            rare.reject_reason = claimed.reject_reason.unwrap_or_default().into();
            rare.key = claimed.idempotency_key.unwrap_or_default().into();
        }
        slot.traits = slot
            .traits
            .with(Traits::EVIDENCE, claimed.is_some())
            .with(Traits::DATA_LIST, beginning.data.is_some())
            .with(Traits::DATA_HASH, header.data_hash.is_some())
            .with(Traits::BATCH, slot.batch != NO_WORD);
        // What the list of data hashes to is not kept: it is made again, unless the header says otherwise.
        if header.data_hash.is_some_and(|hash| {
            hash != data_list_hash(beginning.data.as_ref().map(|data| data.iter().copied()))
        }) {
            rare.rarer().data_hash = header.data_hash;
        }
        let (created, confirmed_rare);
        (slot.created, created) = moment(header.created);
        (slot.confirmed, confirmed_rare) = moment(confirmed);
        if created.is_some() || confirmed_rare.is_some() {
            (rare.rarer().created, rare.rarer().confirmed) = (created, confirmed_rare);
        }
        slot.data = u32::try_from(self.data.len()).unwrap_or(u32::MAX);
        for reference in beginning.data.iter().flat_map(|data| data.iter()) {
            self.data.push(*reference);
            slot.data_count += 1;
        }
        if let Some(key) = beginning.idempotency_key
            && !self.keys.add(key, number)
        {
            rare.key = key.into();
        }
        if let Some(gap_fill) = beginning.gap_fill() {
            self.gap_fills.begin(number, gap_fill);
        }
        if rare != Rare::default() {
            slot.rare = self.add_rare(rare);
        }
        self.place(place, slot, header.created, confirmed);
    }

    /// Puts a slot behind all others, where it is found from then on.
    pub(super) fn place(
        &mut self,
        place: Place,
        slot: Slot,
        created: Option<Timestamp>,
        confirmed: Option<Timestamp>,
    ) {
        let number = self.len();
        self.columns.add(&slot, number);
        self.zones.begin(number, created, confirmed);
        if confirmed.is_none() {
            add(&mut self.open, number);
        }
        if let Some(rows) = self.states.get_mut(slot.state as usize) {
            add(rows, number);
        }
        if self.rares.get(slot.rare).is_some_and(|rare| !rare.key.is_empty()) {
            self.claimed_keys.insert(number);
        }
        self.slots.push(slot);
        self.index.add(place, number);
    }

    fn add_rare(&mut self, rare: Rare) -> u32 {
        let number = u32::try_from(self.rares.len()).unwrap_or(NO_WORD);
        self.rares.push(rare);
        number
    }

    /// Takes in a later event of a message that can take it.
    pub(super) fn follow(&mut self, number: u32, event: &Event, position: u64) {
        let Some(step) = step(event) else {
            if matches!(event, Event::Noted(_)) {
                self.change(number, |slot| slot.set_last(position));
                self.change_rare(number, |rare| rare.rarer().notes.push(position));
            }
            return;
        };
        let state = match event {
            Event::Readied(_) => Some(MessageState::Ready),
            Event::Sent(_) => Some(MessageState::Sent),
            Event::Sealed(sealed) => {
                self.set_batch(number, (sealed.batch, sealed.tx_id), position);
                if !sealed.pins.is_empty() {
                    self.change_rare(number, |rare| rare.pins = sealed.pins.clone().into());
                }
                None
            }
            Event::Sequenced(sequenced) => {
                self.set_batch(number, (sequenced.batch, sequenced.tx_id), position);
                Some(MessageState::Pending)
            }
            Event::Confirmed(confirmed) => {
                if let Some(correlator) = &confirmed.correlator {
                    self.change_rare(number, |rare| {
                        rare.rarer().correlator = correlator.as_str().into();
                    });
                }
                self.end(number, confirmed.at);
                Some(MessageState::Confirmed)
            }
            Event::Rejected(rejected) => {
                let reason = format!("{}: {}", rejected.code, rejected.reason);
                self.change_rare(number, |rare| rare.reject_reason = reason.into());
                self.end(number, rejected.at);
                Some(MessageState::Rejected)
            }
            Event::Cancelled(cancelled) => {
                self.end(number, cancelled.at);
                Some(MessageState::Cancelled)
            }
            Event::Noted(_) | Event::Staged(_) | Event::Received(_) | Event::Imported(_) => None,
        };
        self.change(number, |slot| {
            slot.set_last(position);
            slot.set_step(step, position);
        });
        if let Some(state) = state {
            self.set_state(number, state);
        }
        if step == Step::Final {
            self.ended(number);
        }
    }

    fn change(&mut self, number: u32, change: impl FnOnce(&mut Slot)) {
        if let Some(slot) = self.slots.get_mut(number) {
            change(slot);
        }
    }

    fn change_rare(&mut self, number: u32, change: impl FnOnce(&mut Rare)) {
        let Some(slot) = self.slots.get(number) else { return };
        let mut at = slot.rare;
        if at == NO_WORD {
            at = self.add_rare(Rare::default());
            self.change(number, |slot| slot.rare = at);
        }
        if let Some(rare) = self.rares.get_mut(at) {
            change(rare);
        }
    }

    fn set_state(&mut self, number: u32, state: MessageState) {
        let Some(slot) = self.slots.get_mut(number) else { return };
        let before = std::mem::replace(&mut slot.state, state);
        if let Some(rows) = self.states.get_mut(before as usize) {
            rows.remove(number);
        }
        if let Some(rows) = self.states.get_mut(state as usize) {
            rows.insert(number);
        }
    }

    fn set_batch(
        &mut self,
        number: u32,
        (batch, transaction): (BatchId, TransactionId),
        position: u64,
    ) {
        let Some(slot) = self.slots.get(number) else { return };
        let (before, began_with, sealed) =
            (slot.batch, slot.traits.has(Traits::BATCH), slot.step(Step::Sealed));
        let has_changed = self.rare(slot).is_some_and(Rare::has_changed_batch);
        let batch = self.columns.number_batch((Some(batch), Some(transaction)));
        if batch == before {
            return;
        }
        if before != NO_WORD {
            self.columns.batches.remove(before, number);
            self.change_rare(number, |rare| {
                // What the steps alone would tell no more.
                if let Some(sealed) = sealed.filter(|_| !began_with && !has_changed) {
                    rare.rarer().batches.push((sealed, NO_WORD));
                }
                rare.rarer().batches.push((position, before));
            });
        }
        self.columns.batches.add(batch, number);
        self.change(number, |slot| slot.batch = batch);
    }

    fn end(&mut self, number: u32, at: Timestamp) {
        let (confirmed, rare) = moment(Some(at));
        if rare.is_some() {
            self.change_rare(number, |kept| kept.rarer().confirmed = rare);
        }
        self.change(number, |slot| slot.confirmed = confirmed);
        self.zones.end(number, at);
        self.open.remove(number);
    }

    fn ended(&mut self, number: u32) {
        let Some(slot) = self.slots.get(number) else { return };
        let pins = self.rares.get(slot.rare).map_or(&[] as &[Pin], |rare| &rare.pins);
        self.gap_fills.end(number, slot.state, pins);
        if matches!(slot.state, MessageState::Confirmed | MessageState::Rejected) {
            let topics = parts(self.columns.topics.words.list.get(slot.topics)).count();
            self.ends.add(number, topics);
        }
    }

    /// How many messages are in each state.
    pub(super) fn counts(&self) -> [u64; MessageState::ALL.len()] {
        std::array::from_fn(|state| self.states.get(state).map_or(0, RoaringBitmap::len))
    }

    /// How many messages began within so many records.
    pub(super) fn begun_before(&self, position: u64) -> u32 {
        let count = self.len();
        if self.slots.get(count.wrapping_sub(1)).is_none_or(|last| last.first < position) {
            return count;
        }
        ends::first(count, |number| {
            self.slots.get(number).is_some_and(|slot| slot.first >= position)
        })
    }

    pub(super) fn state(&self, number: u32) -> Option<MessageState> {
        self.slots.get(number).map(|slot| slot.state)
    }

    /// The row of the message that first used this idempotency key.
    pub(super) fn by_key(&self, key: &str) -> Option<u32> {
        self.keys.get(key)
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

/// The step that an event is; `None` for a first one and a note.
pub(super) const fn step(event: &Event) -> Option<Step> {
    match event {
        Event::Readied(_) => Some(Step::Readied),
        Event::Sealed(_) => Some(Step::Sealed),
        Event::Sent(_) => Some(Step::Sent),
        Event::Sequenced(_) => Some(Step::Sequenced),
        Event::Confirmed(_) | Event::Rejected(_) | Event::Cancelled(_) => Some(Step::Final),
        Event::Noted(_) | Event::Staged(_) | Event::Received(_) | Event::Imported(_) => None,
    }
}

/// A time as a slot has it, and the time again if it must be kept elsewhere.
fn moment(time: Option<Timestamp>) -> (Moment, Option<Timestamp>) {
    let (moment, is_rare) = Moment::of(time);
    (moment, time.filter(|_| is_rare))
}
