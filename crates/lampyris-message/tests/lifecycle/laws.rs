//! The rules that hold for every history, as far as they concern one message.

use std::collections::BTreeSet;

use lampyris_message::event::{Event, Parent, ParentKind, Sealed};
use lampyris_message::lifecycle::command::{Cancel, Release};
use lampyris_message::lifecycle::{Command, Decision, Situation, State, decide, evolve};
use lampyris_message::{MessageState, Pinning};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::cast::{B0, OTHER_HASH, T0, Waits, at, text};
use crate::lives::{Life, appended, life};
use crate::story::Story;

/// How far a message is; equal for the final states.
const fn progress(state: MessageState) -> u8 {
    match state {
        MessageState::Staged => 0,
        MessageState::Ready => 1,
        MessageState::Sent => 2,
        MessageState::Pending => 3,
        MessageState::Confirmed | MessageState::Rejected | MessageState::Cancelled => 4,
    }
}

/// The states of a life that is known, one after each command.
fn states(life: &Life) -> impl Iterator<Item = (&State, MessageState)> {
    life.steps.iter().filter_map(|step| match &step.after {
        State::Known(facts) => Some((&step.after, facts.state)),
        State::Absent | State::Imported(_) => None,
    })
}

const fn is_final(event: &Event) -> bool {
    matches!(event, Event::Confirmed(_) | Event::Rejected(_) | Event::Cancelled(_))
}

proptest! {
    #[test]
    fn final_states_are_final(life in life()) {
        let mut after_final = states(&life).map(|(_, state)| state).skip_while(|s| progress(*s) < 4);
        if let Some(last) = after_final.next() {
            prop_assert!(after_final.all(|state| state == last));
        }
    }

    #[test]
    fn state_only_moves_forward(life in life()) {
        let progress: Vec<_> = states(&life).map(|(_, state)| progress(state)).collect();
        prop_assert!(progress.is_sorted());
    }

    #[test]
    fn replaying_a_history_gives_the_state_that_was_served(life in life()) {
        let mut state = State::Absent;
        for event in &life.events {
            state = evolve(state, event)?;
        }
        prop_assert_eq!(state, life.state);
    }

    #[test]
    fn the_same_report_twice_gives_one_event(life in life()) {
        for step in &life.steps {
            let again = decide(&step.after, &step.command);
            prop_assert!(appended(&again).is_empty(), "{} gives {:?}", step.command, again);
        }
    }

    #[test]
    fn a_contradiction_is_noted_once_and_at_most_sixteen_are(life in life()) {
        let noted = life.state.noted();
        prop_assert!(noted.len() <= 16);
        prop_assert_eq!(noted.iter().collect::<BTreeSet<_>>().len(), noted.len());
        for step in &life.steps {
            if let Decision::Refused(refused) = &step.decision {
                let full = step.after.noted().len() == 16;
                let stands = |evidence| step.after.noted().contains(&(refused.refusal, evidence));
                let noted = refused.noted.as_ref();
                prop_assert!(full || noted.is_none_or(|noted| stands(noted.evidence)));
            }
        }
    }

    #[test]
    fn what_a_message_is_never_changes_and_its_pins_never_once_assigned(life in life()) {
        let mut first = None;
        let mut pins = None;
        for step in &life.steps {
            if let Some(hash) = step.after.hash() {
                prop_assert_eq!(*first.get_or_insert(hash), hash);
            }
            if let State::Known(facts) = &step.after && facts.batch.is_some() {
                prop_assert_eq!(pins.get_or_insert_with(|| facts.pins.clone()), &facts.pins);
            }
        }
    }

    #[test]
    fn a_message_is_confirmed_rejected_or_cancelled_once(life in life()) {
        prop_assert!(life.events.iter().filter(|event| is_final(event)).count() <= 1);
        let messages = life.events.iter().filter(|event| event.message().is_some()).count();
        prop_assert!(messages <= 1, "a history begins once");
    }

    #[test]
    fn a_message_with_an_unmet_wait_has_an_exit(life in life()) {
        for (state, _) in states(&life).filter(|(_, state)| *state == MessageState::Staged) {
            let (code, by) = (text("NotWanted"), "operator".to_owned());
            let cancel = Cancel { at: at(1), code, reason: None, by: by.clone(), gap_fill: None };
            prop_assert!(matches!(decide(state, &Command::Cancel(cancel)), Decision::Step(_)));
            let State::Known(facts) = state else { unreachable!() };
            let awaited = facts.awaits.expect("it waits for something");
            let parent = Parent {
                kind: ParentKind::TokenTransfer,
                id: awaited.id.unwrap_or(T0),
                message_hash: Some(OTHER_HASH),
            };
            let release = Release { parent: Some(parent), at: at(1), by };
            let Decision::Step(events) = decide(state, &Command::Release(release)) else {
                return Err(TestCaseError::fail("a parent that carries another message"));
            };
            prop_assert!(is_final(&events[0]));
        }
    }

    #[test]
    fn deciding_is_a_function(life in life()) {
        let again = Life::lead(life.steps.iter().map(|step| step.command.clone()).collect());
        for (once, twice) in life.steps.iter().zip(again.steps) {
            prop_assert_eq!(&once.decision, &twice.decision);
        }
    }
}

/// The laws above would hold of lives that never get anywhere.
#[test]
fn random_lives_reach_every_situation() {
    let mut runner = TestRunner::deterministic();
    let mut reached = BTreeSet::from([Situation::Absent]);
    for _ in 0..2_000 {
        let life = life().new_tree(&mut runner).unwrap().current();
        reached.extend(life.steps.iter().map(|step| step.after.situation()));
        if reached.len() == Situation::ALL.len() {
            break;
        }
    }
    let all = Situation::ALL.iter();
    let missed: Vec<_> = all.filter(|situation| !reached.contains(situation)).collect();
    assert!(missed.is_empty(), "{missed:?}");
}

#[test]
fn a_seventeenth_contradiction_is_refused_and_not_noted() {
    let sealed = Story::absent(Pinning::Private, 2).staged(Waits::Not, false).readied().sealed();
    let contradiction = |number: u8| {
        let tx_id = [number; 16].into();
        Command::Seal(Sealed { batch: B0, tx_id, pins: sealed.pins.clone() })
    };
    let mut state = sealed.state.clone();
    for number in 1..=20 {
        let Decision::Refused(refused) = decide(&state, &contradiction(number)) else {
            panic!("not refused")
        };
        assert_eq!(refused.noted.is_some(), number <= 16);
        if let Some(noted) = refused.noted {
            state = evolve(state, &Event::Noted(noted)).unwrap();
        }
    }
}
