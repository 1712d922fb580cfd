//! The plain model: histories in a map, folded one request at a time. No log, no views, nothing in flight.
//!
//! It asks the table itself, and looks up evidence about other messages by what the documentation says of it.

use std::collections::BTreeMap;

use lampyris_message::event::{Event, EventKind};
use lampyris_message::lifecycle::command::{GAP_FILL_TAG, GapFill, KeyHolder};
use lampyris_message::lifecycle::{Command, CommandKind, Decision, Refusal, Situation, State};
use lampyris_message::lifecycle::{decide, evolve};
use lampyris_message::{BatchId, Bytes32, MessageId, MessageState, Timestamp};

use crate::ask::Ask;
use crate::cast::BEGINNING;

/// What a log tells that was made by the same requests.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Model {
    /// How many records it has.
    pub(crate) size: u64,
    /// What time it is.
    pub(crate) now: i64,
    /// How many data elements were added.
    pub(crate) elements: u64,
    pub(crate) told: BTreeMap<MessageId, Told>,
    pub(crate) keys: BTreeMap<String, (MessageId, Bytes32)>,
}

/// One message.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Told {
    /// Its events, each with its sequence and its time.
    pub(crate) events: Vec<(u64, i64, Event)>,
    pub(crate) state: State,
}

/// What a request is to be answered, and how many records must be durable before anyone hears of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Expected {
    pub(crate) answer: Answer,
    pub(crate) stands_on: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    Accepted {
        id: MessageId,
        state: MessageState,
        events: Vec<EventKind>,
        sequence: Option<u64>,
    },
    Refused {
        id: MessageId,
        state: Option<MessageState>,
        refusal: Refusal,
        detail: String,
        accepts: Vec<CommandKind>,
        noted: Option<u64>,
    },
}

/// A message that waits: its id, its batch, since when.
pub(crate) type Waiting = (MessageId, Option<BatchId>, i64);

impl Default for Model {
    fn default() -> Self {
        // Record 0 is the log's own.
        Self { size: 1, now: BEGINNING, elements: 0, told: BTreeMap::new(), keys: BTreeMap::new() }
    }
}

impl Answer {
    /// Whether something is appended.
    pub(crate) fn appends(&self) -> bool {
        match self {
            Self::Accepted { events, .. } => !events.is_empty(),
            Self::Refused { noted, .. } => noted.is_some(),
        }
    }
}

impl Model {
    /// Takes a request in.
    pub(crate) fn ask(&mut self, ask: &Ask) -> Expected {
        let answer = self.answer(ask);
        let (Answer::Accepted { id, .. } | Answer::Refused { id, .. }) = &answer;
        let stands_on = self.told.get(id).map_or(0, |told| told.last().0 + 1);
        Expected { answer, stands_on }
    }

    fn answer(&mut self, ask: &Ask) -> Answer {
        let id = ask.id();
        let state = self.state(id);
        let mut command = ask.command(Timestamp::from_unix_nanos(self.now));
        let holder = self.give_evidence(ask, &state, &mut command);
        let before = state.message_state();
        match decide(&state, &command) {
            Decision::Step(events) => {
                let kinds = events.iter().map(Event::kind).collect();
                let sequence = self.append(id, events);
                let state = self.state(id).message_state().unwrap();
                Answer::Accepted { id, state, events: kinds, sequence: Some(sequence) }
            }
            Decision::Same => {
                let (id, state) = match (before, holder) {
                    (Some(state), _) => (id, state),
                    (None, holder) => holder.map(|holder| (holder.id, holder.state)).unwrap(),
                };
                Answer::Accepted { id, state, events: Vec::new(), sequence: None }
            }
            Decision::Refused(refused) => Answer::Refused {
                id,
                state: before,
                refusal: refused.refusal,
                detail: refused.to_string(),
                accepts: refused.accepted().collect(),
                noted: refused.noted.map(|noted| self.append(id, vec![Event::Noted(noted)])),
            },
        }
    }

    pub(crate) fn state(&self, id: MessageId) -> State {
        self.told.get(&id).map(|told| told.state.clone()).unwrap_or_default()
    }

    pub(crate) fn situation(&self, id: MessageId) -> Situation {
        self.state(id).situation()
    }

    /// The messages in a situation, the longest waiting first.
    pub(crate) fn waiting(&self, situation: Situation) -> Vec<Waiting> {
        let mut waiting: Vec<_> = self
            .told
            .iter()
            .filter(|(_, told)| told.state.situation() == situation)
            .map(|(id, told)| (*id, told.batch(), told.moved()))
            .collect();
        waiting.sort_by_key(|(id, _, since)| (*since, *id));
        waiting
    }

    fn append(&mut self, id: MessageId, events: Vec<Event>) -> u64 {
        for event in events {
            let told = self.told.entry(id);
            let told = told.or_insert_with(|| Told { events: Vec::new(), state: State::Absent });
            told.state = evolve(std::mem::take(&mut told.state), &event).unwrap();
            if let Event::Staged(staged) = &event {
                // Its data elements were added before it, a record for each.
                let elements = staged.message.data().len() as u64;
                self.size += elements;
                self.elements += elements;
                if let Some(used) = &staged.idempotency {
                    let holder = (id, used.fingerprint);
                    assert_eq!(self.keys.insert(used.key.to_string(), holder), None, "used twice");
                }
            }
            told.events.push((self.size, self.now, event));
            self.size += 1;
        }
        self.size - 1
    }

    /// Fills in what the command has to say about other messages; answers who holds its key.
    fn give_evidence(&self, ask: &Ask, state: &State, command: &mut Command) -> Option<KeyHolder> {
        match command {
            Command::Stage(submission) => {
                let key = submission.staged().idempotency.as_ref()?.key.as_str();
                let (id, fingerprint) = *self.keys.get(key)?;
                let state = self.state(id).message_state()?;
                let holder = KeyHolder { id, state, fingerprint };
                submission.key_holder = Some(holder).filter(|holder| holder.id != ask.id());
                submission.key_holder
            }
            Command::Receive(receive) => {
                let (author, group) = {
                    let message = &receive.received.message;
                    (message.author().into_owned(), message.group())
                };
                receive.gap_fill = self.fills(ask.id()).into_iter().find(|fill| {
                    (&fill.author, fill.group) == (&author, group)
                        && fill.pins == receive.received.pins
                        && !fill.pins.is_empty()
                });
                None
            }
            Command::Cancel(cancel) => {
                let Ask::Cancel { gap_fill: Some(named), .. } = ask else { return None };
                let State::Known(facts) = state else { return None };
                cancel.gap_fill = self.fills(ask.id()).into_iter().find(|fill| {
                    fill.id == named.id()
                        && fill.author == facts.sender.author()
                        && fill.group == facts.group
                        && *fill.pins == *facts.pins
                });
                None
            }
            _ => None,
        }
    }

    /// The confirmed gap-fills that name a message, the first confirmed first.
    fn fills(&self, id: MessageId) -> Vec<GapFill> {
        let mut fills: Vec<_> = self.told.values().filter_map(|told| told.gap_fill(id)).collect();
        fills.sort_by_key(|(confirmed, _)| *confirmed);
        fills.into_iter().map(|(_, fill)| fill).collect()
    }
}

impl Told {
    /// When the last event that is no note was decided on.
    fn moved(&self) -> i64 {
        let moves = |(_, _, event): &&(u64, i64, Event)| !matches!(event, Event::Noted(_));
        self.events.iter().rev().find(moves).map(|(_, time, _)| *time).unwrap()
    }

    pub(crate) fn last(&self) -> (u64, i64) {
        let (sequence, time, _) = self.events.last().unwrap();
        (*sequence, *time)
    }

    pub(crate) fn first(&self) -> u64 {
        self.events[0].0
    }

    fn batch(&self) -> Option<BatchId> {
        let State::Known(facts) = &self.state else { return None };
        facts.batch.map(|(batch, _)| batch)
    }

    /// The evidence that this is for a message, and when it was confirmed.
    fn gap_fill(&self, filled: MessageId) -> Option<(u64, GapFill)> {
        let State::Known(facts) = &self.state else { return None };
        let is_confirmation = |event: &Event| matches!(event, Event::Confirmed(_));
        let confirmed = self.events.iter().find(|(.., event)| is_confirmation(event))?;
        let (.., first) = &self.events[0];
        let header = first.message()?.header();
        let fill = GapFill {
            id: header.id?,
            cid: header.cid,
            tag: header.tag.clone(),
            author: header.author.clone(),
            group: header.group,
            pins: facts.pins.to_vec(),
            state: facts.state,
        };
        let names = fill.tag == GAP_FILL_TAG && fill.cid == Some(filled);
        (names && fill.state == MessageState::Confirmed).then_some((confirmed.0, fill))
    }
}
