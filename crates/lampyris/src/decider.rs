//! The decider: answers prepared requests in the order in which they come, by what will be once all that is
//! queued is durable. It never reads the log: what it needs and does not have, it asks for.

use std::collections::{HashMap, VecDeque};

use lampyris_message::event::{DataAdded, Event};
use lampyris_message::hash::Bytes32;
use lampyris_message::kind::MessageState;
use lampyris_message::lifecycle::command::{GapFill, KeyHolder};
use lampyris_message::lifecycle::{self, Command, Decision};
use lampyris_message::{DataId, MessageId};
use lampyris_projection::Live;

use crate::elements::Elements;
use crate::error::Error;
use crate::known::Known;
use crate::prepared::Prepared;

/// How many messages that are not open are kept at hand, unless it is said otherwise.
pub(crate) const WARM: usize = 16_384;

/// What is known while deciding: of open messages, of what is queued, and of some others.
#[derive(Debug)]
pub(crate) struct Decider {
    known: HashMap<MessageId, Known>,
    /// Idempotency keys whose first use is queued.
    keys: HashMap<Box<str>, Holder>,
    /// Gap-fills whose confirmation is queued, and the number of records after it.
    gap_fills: VecDeque<(u64, GapFill)>,
    /// Data elements that are queued.
    pub(crate) elements: Elements,
    /// What is queued: the number of records after it, the message, the key.
    queued: VecDeque<(u64, MessageId, Option<Box<str>>)>,
    /// Messages that may be forgotten, oldest first.
    warm: VecDeque<MessageId>,
    /// How many of them are kept.
    warm_limit: usize,
}

/// The first use of an idempotency key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Holder {
    pub(crate) id: MessageId,
    pub(crate) fingerprint: Bytes32,
}

/// What was read of the log because the decider asked for it.
#[derive(Debug, Default)]
pub(crate) struct LookedUp {
    pub(crate) message: Option<Known>,
    pub(crate) key: Option<Holder>,
    pub(crate) elements: HashMap<DataId, DataAdded>,
}

/// What the decider has to be told before it can decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Missing {
    /// The history of the message.
    Message,
    /// Who holds the key.
    Key,
    /// What was recorded of these data elements.
    Elements(Vec<DataId>),
    /// The values of the new elements, in the data store.
    Values,
}

/// Why a request cannot be decided on.
#[derive(Debug)]
pub(crate) enum Unsettled {
    /// Something must be read first.
    Missing(Missing),
    /// The request is at fault, as judged by what may still be queued.
    Wrong(Error),
}

impl From<Missing> for Unsettled {
    fn from(missing: Missing) -> Self {
        Self::Missing(missing)
    }
}

/// A decision, and all that an answer needs.
#[derive(Debug)]
pub(crate) struct Decided {
    pub(crate) decision: Decision,
    /// The state that the request met.
    pub(crate) before: Option<MessageState>,
    /// The message that holds the key, where that is the answer.
    pub(crate) holder: Option<KeyHolder>,
    /// How many records must be durable before anyone hears of it, as far as this is known.
    pub(crate) stands_on: u64,
}

impl Decider {
    /// A decider that knows of nothing, and keeps so many messages that are not open at hand.
    pub(crate) fn new(warm_limit: usize) -> Self {
        Self {
            known: HashMap::new(),
            keys: HashMap::new(),
            gap_fills: VecDeque::new(),
            elements: Elements::default(),
            queued: VecDeque::new(),
            warm: VecDeque::new(),
            warm_limit,
        }
    }

    /// Takes in an open message as the log tells of it.
    pub(crate) fn open(&mut self, id: MessageId, known: Known) {
        self.known.insert(id, known);
    }

    /// The messages at hand.
    pub(crate) fn ids(&self) -> Vec<MessageId> {
        self.known.keys().copied().collect()
    }

    /// What is known of a message at hand.
    pub(crate) fn known(&self, id: MessageId) -> Option<&Known> {
        self.known.get(&id)
    }

    /// The open messages.
    pub(crate) fn open_messages(&self) -> impl Iterator<Item = (MessageId, &Known)> {
        self.known.iter().filter(|(_, known)| known.is_open()).map(|(id, known)| (*id, known))
    }

    /// The state of a message after all that is queued, if it is at hand.
    pub(crate) fn state(&self, id: MessageId) -> Option<MessageState> {
        self.known.get(&id).and_then(|known| known.state.message_state())
    }

    /// Decides on a request, or says what is missing; `live` are the views of what is durable.
    pub(crate) fn decide(
        &mut self,
        prepared: &mut Prepared,
        looked_up: &mut LookedUp,
        namespace: &str,
        live: &Live,
    ) -> Result<Decided, Missing> {
        let id = prepared.id;
        self.take_in(id, looked_up, namespace, live)?;
        if prepared.undated.is_some()
            && let Some(known) = self.known.get_mut(&id)
        {
            if known.created.is_none() {
                // It was open when the engine was, and its header was not looked at.
                known.created = looked_up.message.take().ok_or(Missing::Message)?.created;
            }
            if let Some(created) = known.created {
                prepared.date(created, namespace);
            }
        }
        let absent = Known::absent();
        let known = self.known.get(&id).unwrap_or(&absent);
        let mut stands_on = if self.known.contains_key(&id) { known.last + 1 } else { 0 };
        let holder = match key_of(&prepared.command) {
            Some(key) => self.holder(key, id, looked_up, namespace, live)?,
            None => None,
        };
        if holder.is_some() {
            stands_on = self.end();
        }
        if let (Command::Stage(stage), Some(holder)) = (&mut prepared.command, holder) {
            stage.key_holder = Some(holder);
        }
        if let Command::Stage(stage) = &prepared.command {
            let end = self.elements.end_of(stage.staged().message.data());
            stands_on = stands_on.max(end.unwrap_or_default());
        }
        let fills = self.gap_fills(prepared, namespace, live);
        if !fills.is_empty() {
            stands_on = self.end();
        }
        let decision = decide_with(known, &mut prepared.command, fills);
        Ok(Decided { decision, before: known.state.message_state(), holder, stands_on })
    }

    /// Makes what was read of the message known, or says that it must be read first.
    fn take_in(
        &mut self,
        id: MessageId,
        looked_up: &mut LookedUp,
        namespace: &str,
        live: &Live,
    ) -> Result<(), Missing> {
        if self.known.contains_key(&id) {
            return Ok(());
        }
        // Nothing of it is queued, so the views tell whether there is anything at all.
        let last = live.read(|views| views.row(namespace, id).map(|row| row.position()));
        let Some(last) = last else { return Ok(()) };
        match looked_up.message.take().filter(|known| known.last == last) {
            Some(known) => {
                self.known.insert(id, Known { warm: true, ..known });
                self.warm.push_back(id);
                Ok(())
            }
            None => Err(Missing::Message),
        }
    }

    /// Who holds a key, if that is another message.
    fn holder(
        &self,
        key: &str,
        id: MessageId,
        looked_up: &LookedUp,
        namespace: &str,
        live: &Live,
    ) -> Result<Option<KeyHolder>, Missing> {
        let holder = match self.keys.get(key) {
            Some(holder) => Some(*holder),
            None if live.read(|views| views.by_key(namespace, key)).is_some() => {
                Some(looked_up.key.ok_or(Missing::Key)?)
            }
            None => None,
        };
        Ok(holder.filter(|holder| holder.id != id).and_then(|Holder { id, fingerprint }| {
            let state = match self.known.get(&id) {
                Some(known) => known.state.message_state(),
                None => live.read(|views| views.state(namespace, id)),
            };
            state.map(|state| KeyHolder { id, state, fingerprint })
        }))
    }

    /// The gap-fills that may count for this request, the first confirmed first.
    fn gap_fills(&self, prepared: &Prepared, namespace: &str, live: &Live) -> Vec<GapFill> {
        let named = match &prepared.command {
            Command::Receive(_) => None,
            Command::Cancel(_) if prepared.gap_fill.is_some() => prepared.gap_fill,
            Command::Stage(_)
            | Command::Import(_)
            | Command::Release(_)
            | Command::Seal(_)
            | Command::Dispatched(_)
            | Command::Sequence(_)
            | Command::Confirm(_)
            | Command::Reject(_)
            | Command::Cancel(_) => return Vec::new(),
        };
        let counts = |fill: &&GapFill| {
            fill.cid == Some(prepared.id) && named.is_none_or(|named| fill.id == named)
        };
        let mut fills: Vec<_> = live.read(|views| {
            views.gap_fills_for(namespace, prepared.id).iter().filter(counts).cloned().collect()
        });
        fills.extend(self.gap_fills.iter().map(|(_, fill)| fill).filter(counts).cloned());
        fills
    }

    /// Takes in the events of an append that is queued; the first of them has the sequence `first`.
    ///
    /// # Errors
    /// If the table does not allow them, which a decision never brings about.
    pub(crate) fn queued(
        &mut self,
        id: MessageId,
        key: Option<(Box<str>, Bytes32)>,
        events: &[Event],
        first: u64,
        now: i64,
    ) -> Result<(), String> {
        let end = first + events.len() as u64;
        let known = self.known.entry(id).or_insert_with(Known::absent);
        for event in events {
            known.take(event)?;
        }
        known.last = end.saturating_sub(1);
        if events.iter().any(|event| !matches!(event, Event::Noted(_))) {
            known.since = now;
        }
        let confirmed = events.iter().any(|event| matches!(event, Event::Confirmed(_)));
        if let Some(fill) = known.gap_fill.as_deref().filter(|_| confirmed) {
            self.gap_fills.push_back((end, fill.clone()));
        }
        let key = key.map(|(key, fingerprint)| {
            self.keys.insert(key.clone(), Holder { id, fingerprint });
            key
        });
        self.queued.push_back((end, id, key));
        Ok(())
    }

    /// Forgets what the views show by now, of `shown` records.
    pub(crate) fn forget(&mut self, shown: u64) {
        while let Some((_, id, key)) = self.queued.pop_front_if(|(end, ..)| *end <= shown) {
            if let Some(key) = key {
                self.keys.remove(&key);
            }
            if let Some(known) = self.known.get_mut(&id)
                && !known.warm
                && !known.is_open()
            {
                known.warm = true;
                self.warm.push_back(id);
            }
        }
        self.elements.forget(shown);
        while self.gap_fills.pop_front_if(|(end, _)| *end <= shown).is_some() {}
        while self.warm.len() > self.warm_limit
            && let Some(id) = self.warm.pop_front()
        {
            if self.known.get(&id).is_some_and(|known| known.last < shown) {
                self.known.remove(&id);
            } else {
                self.warm.push_back(id);
                break;
            }
        }
    }

    /// Number of records after all that is queued; 0 if nothing is.
    fn end(&self) -> u64 {
        self.queued.back().map_or(0, |(end, ..)| *end)
    }
}

fn key_of(command: &Command) -> Option<&str> {
    let Command::Stage(stage) = command else { return None };
    stage.staged().idempotency.as_ref().map(|idempotency| idempotency.key.as_str())
}

/// Decides with the first gap-fill that the table accepts, if there is one.
fn decide_with(known: &Known, command: &mut Command, fills: Vec<GapFill>) -> Decision {
    for fill in fills {
        with_evidence(command, Some(fill));
        let decision = lifecycle::decide(&known.state, command);
        let fits = |event: &Event| matches!(event, Event::Cancelled(it) if it.gap_fill.is_some());
        if matches!(&decision, Decision::Step(events) if events.iter().any(fits)) {
            return decision;
        }
    }
    with_evidence(command, None);
    lifecycle::decide(&known.state, command)
}

fn with_evidence(command: &mut Command, fill: Option<GapFill>) {
    match command {
        Command::Receive(receive) => receive.gap_fill = fill,
        Command::Cancel(cancel) => cancel.gap_fill = fill,
        Command::Stage(_)
        | Command::Import(_)
        | Command::Release(_)
        | Command::Seal(_)
        | Command::Dispatched(_)
        | Command::Sequence(_)
        | Command::Confirm(_)
        | Command::Reject(_) => {}
    }
}
