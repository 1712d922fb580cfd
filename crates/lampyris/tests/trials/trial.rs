//! A trial: an engine, and the model that it is held against after every step.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use lampyris::query::{Condition, Field, Query};
use lampyris::{Lampyris, Outcome, Pending, Task};
use lampyris_log::{Log, VerifiedRecord};
use lampyris_message::event::Event;
use lampyris_message::lifecycle::Situation;
use lampyris_message::{Bytes32, MessageId, MessageState};
use lampyris_projection::{Audit, View, rebuild};
use lampyris_testkit::{Polled, wait};

use crate::ask::Ask;
use crate::cast::{NAMESPACE, key};
use crate::model::{Answer, Expected, Model, Told, Waiting};
use crate::place::{Place, SetClock, SetIds};

/// What becomes of the future of a request that is one of many in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Awaited,
    /// Dropped after it was polled once: the request was made.
    Dropped,
    /// Dropped before anyone polled it: nothing was asked for.
    NeverPolled,
}

/// An engine under trial.
#[derive(Debug)]
pub(crate) struct Trial<P> {
    place: P,
    clock: Arc<SetClock>,
    ids: Arc<SetIds>,
    engine: Option<Lampyris>,
}

impl<P: Place> Trial<P> {
    pub(crate) fn new() -> Self {
        let (clock, ids) = (Arc::<SetClock>::default(), Arc::<SetIds>::default());
        let mut trial = Self { place: P::new(), clock, ids, engine: None };
        trial.open();
        trial
    }

    fn open(&mut self) {
        // So few that most final messages have to be found in the log again.
        let builder = Lampyris::builder().recent_messages(2);
        let builder = builder.clock(self.clock.clone()).ids(self.ids.clone());
        self.engine = Some(self.place.open(builder).unwrap());
    }

    pub(crate) fn engine(&self) -> &Lampyris {
        self.engine.as_ref().unwrap()
    }

    /// One request, and the same once more.
    pub(crate) fn ask(&self, now: i64, ask: &Ask, expected: &[Expected]) {
        self.clock.set(now);
        for expected in expected {
            self.ids.lay_out(ask.id());
            let outcome = wait(self.engine().submit(ask.request())).unwrap();
            assert_answered(&outcome, expected);
        }
    }

    /// Many requests in flight at a time; nothing becomes durable before the last is decided on.
    pub(crate) fn burst(
        &self,
        now: i64,
        asks: &[(Ask, Fate)],
        expected: &[Expected],
        model: &Model,
    ) {
        self.clock.set(now);
        let engine = self.engine();
        let before = engine.position();
        self.shut(true);
        let mut pending: Vec<(Pending, &Expected)> = Vec::new();
        let mut expected = expected.iter();
        for (ask, fate) in asks {
            if *fate == Fate::NeverPolled {
                drop(engine.submit(ask.request()));
                continue;
            }
            self.ids.lay_out(ask.id());
            let answer = wait(engine.enqueue(ask.request())).unwrap();
            let expected = expected.next().unwrap();
            if *fate == Fate::Awaited {
                pending.push((answer, expected));
            }
        }
        assert_eq!(expected.next(), None);
        let mut work = Polled::new(engine.work(Duration::ZERO));
        if self.place.gate().is_some() {
            assert_eq!(engine.position(), before, "what is shown is durable");
            let told = work.poll().is_some();
            assert!(!told || model.size == before, "and so is what is told of work");
        }
        pending.retain_mut(|(answer, expected)| {
            let Some(answer) = Polled::new(answer).poll() else { return true };
            let shut = self.place.gate().is_some();
            assert!(!shut || expected.stands_on <= before, "answered before it is durable");
            assert_answered(&answer.unwrap(), expected);
            false
        });
        self.shut(false);
        for (answer, expected) in pending {
            assert_answered(&wait(answer).unwrap(), expected);
        }
        // Those that were dropped, too.
        wait(engine.work(Duration::ZERO)).unwrap();
    }

    fn shut(&self, shut: bool) {
        if let Some(gate) = self.place.gate() {
            gate.send_replace(!shut);
        }
    }

    /// Ends the engine and opens it again.
    pub(crate) fn reopen(&mut self, close: bool) {
        let engine = self.engine.take().unwrap();
        if close {
            wait(engine.close()).unwrap();
        }
        drop(engine);
        self.open();
    }

    /// Holds all that can be read against the model.
    pub(crate) fn check(&self, model: &Model) {
        let engine = self.engine();
        assert_eq!((engine.position(), engine.head().size), (model.size, model.size));
        let mut by_first: Vec<_> = model.told.iter().collect();
        by_first.sort_by_key(|(_, told)| told.first());
        let views: Vec<_> = by_first.iter().map(|(_, told)| view(told)).collect();
        for ((id, told), view) in by_first.iter().zip(&views) {
            assert_eq!(engine.get(**id).as_ref(), Some(view));
            assert_eq!(engine.state(**id), told.state.message_state());
            check_history(engine, **id, told);
        }
        assert_eq!(pages(engine, None), views);
        for (state, count) in engine.counts() {
            let found = pages(engine, Some(state));
            let wanted = |view: &&View| view.message().state.as_ref() == Some(&state.into());
            let wanted: Vec<_> = views.iter().filter(wanted).cloned().collect();
            assert_eq!((found, count), (wanted.clone(), wanted.len() as u64));
        }
        for number in 0..4 {
            let holder = model.keys.get(&key(number)).map(|(id, _)| *id);
            assert_eq!(engine.by_key(&key(number)), holder);
        }
        self.check_fingerprints(model);
        self.check_work(model);
    }

    /// Holds the log itself against what the engine tells of it.
    pub(crate) fn check_log(&self, elements: u64) {
        if let Some(log) = self.place.beside() {
            check_log(&log, &pages(self.engine(), None), elements);
        }
    }

    /// The fingerprints of two submissions are equal where the model says so, and only there.
    fn check_fingerprints(&self, model: &Model) {
        let told: Vec<(Bytes32, Bytes32)> = model
            .keys
            .values()
            .map(|(id, fingerprint)| {
                let history = self.engine().history(*id).unwrap();
                let Event::Staged(staged) = &history[0].event else { panic!("{history:?}") };
                (staged.idempotency.as_ref().unwrap().fingerprint, *fingerprint)
            })
            .collect();
        for (one, other) in told.iter().flat_map(|one| told.iter().map(move |other| (one, other))) {
            assert_eq!(one.0 == other.0, one.1 == other.1);
        }
    }

    fn check_work(&self, model: &Model) {
        self.clock.set(model.now + 1);
        let work = wait(self.engine().work(Duration::ZERO)).unwrap();
        let lists = [
            (work.overdue, Situation::Staged),
            (work.to_seal, Situation::ReadyUnsealed),
            (work.to_dispatch, Situation::ReadySealed),
            (work.to_sequence, Situation::Sent),
            (work.to_confirm, Situation::PendingPinned),
            (work.unpinned_arrivals, Situation::PendingNoPin),
        ];
        for (list, situation) in lists {
            let list: Vec<_> = list.iter().map(waiting).collect();
            assert_eq!(list, model.waiting(situation), "{situation}");
        }
    }
}

fn waiting(task: &Task) -> Waiting {
    (task.id, task.batch, task.since.unix_nanos())
}

/// An outcome as the model tells it.
pub(crate) fn told(outcome: &Outcome) -> Answer {
    match outcome.clone() {
        Outcome::Accepted(it) => Answer::Accepted {
            id: it.id,
            state: it.state,
            events: it.events,
            sequence: it.sequence,
        },
        Outcome::Refused(it) => Answer::Refused {
            id: it.id,
            state: it.state,
            refusal: it.refusal,
            detail: it.detail,
            accepts: it.accepts,
            noted: it.noted,
        },
    }
}

#[track_caller]
fn assert_answered(outcome: &Outcome, expected: &Expected) {
    let found = told(outcome);
    assert_eq!(found, expected.answer);
    assert!(outcome.position() >= expected.stands_on);
    let (Answer::Accepted { sequence, .. } | Answer::Refused { noted: sequence, .. }) = found;
    assert!(sequence.is_none_or(|sequence| outcome.position() == sequence + 1));
}

/// The view that folding the model's events gives.
fn view(told: &Told) -> View {
    let mut events = told.events.iter();
    let (sequence, _, first) = events.next().unwrap();
    let mut view = View::begin(first, *sequence).unwrap();
    for (sequence, _, event) in events {
        view.apply(event, *sequence);
    }
    view
}

fn check_history(engine: &Lampyris, id: MessageId, told: &Told) {
    let history = engine.history(id).unwrap();
    let found: Vec<_> = history
        .into_iter()
        .map(|entry| (entry.sequence, entry.time.unix_nanos(), without_fingerprint(entry.event)))
        .collect();
    let wanted = |(sequence, time, event): &(u64, i64, Event)| {
        (*sequence, *time, without_fingerprint(event.clone()))
    };
    assert_eq!(found, told.events.iter().map(wanted).collect::<Vec<_>>());
}

/// The model does not know how fingerprints are made.
fn without_fingerprint(mut event: Event) -> Event {
    if let Event::Staged(staged) = &mut event
        && let Some(idempotency) = &mut staged.idempotency
    {
        idempotency.fingerprint = Bytes32([0; 32]);
    }
    event
}

/// All pages of a list.
fn pages(engine: &Lampyris, state: Option<MessageState>) -> Vec<View> {
    let filter = match state {
        Some(state) => Condition::is(Field::State, state.as_str()).into(),
        None => lampyris::query::Filter::everything(),
    };
    let (mut views, mut query) = (Vec::new(), Query { filter, limit: 2, ..Query::in_log_order() });
    loop {
        let page = engine.query(&query).unwrap();
        views.extend(page.messages);
        match page.next {
            Some(next) => query.after = Some(next),
            None => return views,
        }
    }
}

/// The log itself: every record judged, and the views made anew.
fn check_log(log: &Log, views: &[View], elements: u64) {
    let mut audit = Audit::new();
    log.for_each(0, |verified: &VerifiedRecord<'_>| {
        audit.take(verified);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(audit.fault(), None);
    assert_eq!((audit.messages(), audit.elements()), (views.len(), elements));
    let rebuilt = rebuild(log, |_| ControlFlow::Continue(())).unwrap();
    let rebuilt: Vec<_> = rebuilt.list(NAMESPACE, None, None).map(|row| row.view()).collect();
    assert_eq!(rebuilt, views);
}
