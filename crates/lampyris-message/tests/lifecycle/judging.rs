//! The judge: what was decided stands, and what was tampered with falls or would be legal too.

use lampyris_message::event::codec::{VERSION, encode};
use lampyris_message::event::{Awaited, Event, EventKind, ParentKind, Readiness};
use lampyris_message::judge::{Fault, Judge, Stored, know_rules};
use lampyris_message::lifecycle::{Rule, State, evolve, rules};
use lampyris_message::{MessageId, Pinning};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::cast::{OTHER_BATCH, OTHER_KEY, OTHER_PARENT, OTHER_TX, Waits, pin};
use crate::lives::life;
use crate::referee::Referee;
use crate::story::{self, Story};

/// The next event of message `number`, as the log holds it.
fn step(judge: &mut Judge, number: usize, id: MessageId, event: &Event) -> Result<(), Fault> {
    let (kind, content) = (event.kind(), encode(event));
    judge.step(number, id, Stored { name: kind.name(), version: VERSION, content: &content })
}

/// How many events of a history stand before one that may not.
fn judged(id: MessageId, events: &[Event]) -> usize {
    let mut judge = Judge::new();
    events.iter().take_while(|event| step(&mut judge, 0, id, event).is_ok()).count()
}

fn refereed(events: &[Event]) -> usize {
    let mut referee = Referee::default();
    events.iter().take_while(|event| referee.allows(event)).count()
}

/// One thing that someone does to a history.
#[derive(Debug, Clone)]
enum Tampering {
    Repeat(Index, Index),
    Drop(Index),
    Swap(Index, Index),
    Alter(Index, u8),
}

fn tampering() -> impl Strategy<Value = Tampering> {
    let at = || any::<Index>();
    prop_oneof![
        1 => (at(), at()).prop_map(|(at, to)| Tampering::Repeat(at, to)),
        1 => at().prop_map(Tampering::Drop),
        1 => (at(), at()).prop_map(|(one, other)| Tampering::Swap(one, other)),
        4 => (at(), any::<u8>()).prop_map(|(at, how)| Tampering::Alter(at, how)),
    ]
}

impl Tampering {
    fn with(&self, events: &mut Vec<Event>) {
        let count = events.len();
        match self {
            Self::Repeat(at, to) => {
                events.insert(to.index(count + 1), events[at.index(count)].clone());
            }
            Self::Drop(at) => drop(events.remove(at.index(count))),
            Self::Swap(one, other) => events.swap(one.index(count), other.index(count)),
            Self::Alter(at, how) => alter(&mut events[at.index(count)], *how),
        }
    }
}

/// Changes one fact that an event carries; `how` chooses among those it has.
fn alter(event: &mut Event, how: u8) {
    match (event, how % 3) {
        (Event::Staged(staged), 0) => staged.tx_id = Some(OTHER_TX),
        (Event::Staged(staged), _) => {
            let (kind, id) = (ParentKind::TokenApproval, None);
            staged.awaits = Some(Awaited { kind, id });
        }
        (Event::Received(received), 0) => received.batch = OTHER_BATCH,
        (Event::Received(received), _) => received.pins.clear(),
        (Event::Imported(imported), _) => imported.source.push('s'),
        (Event::Readied(readied), 0) => readied.why = Readiness::NothingToWaitFor,
        (Event::Readied(readied), _) => {
            let (mut parent, _) = Waits::ForParent.parents()[0];
            parent.id = OTHER_PARENT;
            readied.why = Readiness::Released(Some(parent));
        }
        (Event::Sealed(sealed), 0) => sealed.batch = OTHER_BATCH,
        (Event::Sealed(sealed), 1) => sealed.tx_id = OTHER_TX,
        (Event::Sealed(sealed), _) => sealed.pins.push(pin(40)),
        (Event::Sent(sent), 0) => sent.batch = OTHER_BATCH,
        (Event::Sent(sent), _) => sent.tx_id = OTHER_TX,
        (Event::Sequenced(sequenced), 0) => sequenced.batch = OTHER_BATCH,
        (Event::Sequenced(sequenced), 1) => sequenced.tx_id = OTHER_TX,
        (Event::Sequenced(sequenced), _) => OTHER_KEY.clone_into(&mut sequenced.signer),
        (Event::Confirmed(confirmed), _) => confirmed.correlator = Some("theirs".to_owned()),
        (Event::Rejected(rejected), _) => rejected.code = crate::cast::text("FF10999"),
        (Event::Cancelled(cancelled), _) => {
            let other = Some(MessageId::from_bytes([7; 16]));
            cancelled.gap_fill = if cancelled.gap_fill.is_some() { None } else { other };
        }
        (Event::Noted(noted), 0) => noted.detail.push('d'),
        (Event::Noted(noted), _) => noted.kind = lampyris_message::lifecycle::Refusal::AlreadySent,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_history_that_was_decided_stands(life in life()) {
        prop_assert_eq!(judged(crate::cast::ID, &life.events), life.events.len());
        prop_assert_eq!(refereed(&life.events), life.events.len());
    }

    #[test]
    fn a_history_that_was_tampered_with_stands_as_far_as_it_is_legal(
        life in life(),
        tampering in tampering(),
    ) {
        let mut events = life.events;
        prop_assume!(!events.is_empty());
        tampering.with(&mut events);
        prop_assert_eq!(judged(crate::cast::ID, &events), refereed(&events), "{:#?}", events);
    }
}

#[test]
fn every_story_is_judged_as_the_referee_does_with_every_event_of_the_others() {
    let stories = story::all();
    let endings: Vec<_> = stories.iter().filter_map(|story| story.events.last()).collect();
    for story in stories.iter().filter(|story| story.topics == 1) {
        for event in &endings {
            let events: Vec<_> = story.events.iter().chain([*event]).cloned().collect();
            let state = evolve(story.state.clone(), event);
            let refereed = refereed(&events) == events.len();
            assert_eq!(state.is_ok(), refereed, "{event:#?}\n{state:?}\n{:#?}", story.events);
        }
    }
}

#[test]
fn a_judge_keeps_each_message_and_counts_them() {
    let ours = Story::absent(Pinning::Broadcast, 1).staged(Waits::Not, false).readied();
    let id = ours.message.id();
    let mut judge = Judge::new();
    for event in &ours.events {
        step(&mut judge, 0, id, event).unwrap();
    }
    let imported =
        Story::absent(Pinning::Broadcast, 1).imported(lampyris_message::MessageState::Confirmed);
    step(&mut judge, 1, id, &imported.events[0]).unwrap();
    let counts: Vec<_> = judge
        .counts()
        .filter(|(_, count)| *count > 0)
        .map(|(state, n)| (state.as_str(), n))
        .collect();
    assert_eq!(counts, [("ready", 1), ("confirmed", 1)]);
    assert_eq!((judge.events(), judge.messages()), (3, 2));
    assert_eq!(judge.state(0).map(State::name), Some("ready"));
}

#[test]
fn a_judge_ends_at_its_first_fault() {
    let ours = Story::absent(Pinning::Broadcast, 1).staged(Waits::Not, false);
    let (id, staged) = (ours.message.id(), &ours.events[0]);
    let mut judge = Judge::new();
    step(&mut judge, 0, id, staged).unwrap();
    let fault = step(&mut judge, 0, id, staged).unwrap_err();
    assert_eq!(fault.illegal(), Some(EventKind::Staged));
    let Fault::Step(illegal) = fault else { panic!("{fault}") };
    assert_eq!(illegal.rule, Rule::NoSuchStep);
    assert_eq!(step(&mut judge, 0, id, staged), Err(Fault::Ended), "not even from the beginning");
}

#[test]
fn a_stream_holds_its_own_message_and_numbers_have_no_gap() {
    let ours = Story::absent(Pinning::Broadcast, 1).staged(Waits::Not, false);
    let (id, other) = (ours.message.id(), MessageId::from_bytes([8; 16]));
    let fault = step(&mut Judge::new(), 0, other, &ours.events[0]).unwrap_err();
    assert_eq!(fault, Fault::OtherMessage { stream: other, message: id });
    let fault = step(&mut Judge::new(), 1, id, &ours.events[0]).unwrap_err();
    assert_eq!(fault, Fault::Number { number: 1, next: 0 });
}

#[test]
fn a_judge_knows_only_the_rules_of_this_program() {
    let mut hash = rules::hash().0;
    assert_eq!(know_rules(1, &hash), Ok(()));
    assert_eq!(know_rules(2, &hash), Err(Fault::Rules { version: 2 }));
    hash[0] ^= 1;
    assert_eq!(know_rules(1, &hash), Err(Fault::Rules { version: 1 }));
}
