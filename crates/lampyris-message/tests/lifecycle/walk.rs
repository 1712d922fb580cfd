//! The walk: every command in every story, the answer held against the grid.

use std::collections::{BTreeMap, BTreeSet};

use lampyris_message::event::{Event, EventKind};
use lampyris_message::lifecycle::{
    Command, CommandKind, Decision, Refusal, Situation, State, decide, evolve,
};

use crate::cases::{self, Case, told};
use crate::grid::{Answer, Facts, Grid, after};
use crate::story::{self, Story};

#[test]
fn every_command_in_every_state_answers_as_the_grid_says() {
    let grid = Grid::read();
    let (mut hit, mut pairs, mut walked) = (BTreeSet::new(), BTreeSet::new(), 0_u32);
    for story in story::all() {
        for case in cases::all(&story) {
            let command = case.command.kind();
            let number = grid.find(command, story.situation, &case.facts);
            let line = &grid.0[number];
            let decision = decide(&story.state, &case.command);
            assert_eq!(answer(&decision), line.answer, "\n{}\n{case:#?}\n{story:#?}", line.text);
            assert_eq!(decision, decide(&story.state, &case.command), "deciding is a function");
            consequences(&story, &case, &decision);
            hit.insert(number);
            pairs.insert((command, story.situation));
            walked += 1;
        }
    }
    let missed = (0..grid.0.len()).filter(|n| !hit.contains(n));
    let missed: Vec<_> = missed.map(|n| grid.0[n].text).collect();
    assert!(missed.is_empty(), "lines never met: {missed:#?}");
    assert_eq!(pairs.len(), CommandKind::ALL.len() * Situation::ALL.len());
    println!("{walked} commands, {} lines of the grid", hit.len());
}

/// What was answered, in the words of the grid.
fn answer(decision: &Decision) -> Answer {
    match decision {
        Decision::Step(events) => Answer::Append(events.iter().map(Event::kind).collect()),
        Decision::Same => Answer::Same,
        Decision::Refused(refused) => match &refused.noted {
            None => Answer::Refuse(refused.refusal),
            Some(noted) => {
                assert_eq!(noted.kind, refused.refusal, "the note is of the refusal");
                Answer::Note(refused.refusal)
            }
        },
    }
}

/// What must follow from an answer, whatever it is.
fn consequences(story: &Story, case: &Case, decision: &Decision) {
    match decision {
        Decision::Step(events) => stepped(story, case, events),
        Decision::Same => {}
        Decision::Refused(refused) => {
            assert_eq!(
                (refused.command, refused.situation),
                (case.command.kind(), story.situation)
            );
            if let Some(noted) = &refused.noted {
                let noted = Event::Noted(noted.clone());
                noted_once(story, &case.command, &noted, refused.refusal);
            }
        }
    }
}

fn stepped(story: &Story, case: &Case, events: &[Event]) {
    assert!(!events.is_empty(), "a step appends something");
    let (mut state, mut situation) = (story.state.clone(), story.situation);
    for event in events {
        told_truly(story, case, event);
        state = evolve(state, event).unwrap();
        situation = after(situation, event.kind());
        assert_eq!(state.situation(), situation, "after {event:?}");
    }
    if let Answer::Append(_) | Answer::Note(_) = answer(&decide(&state, &case.command)) {
        panic!("{} appends again when it is repeated: {story:#?}", case.command)
    }
}

/// An event carries what the command said, and claims nothing that was not checked.
fn told_truly(story: &Story, case: &Case, event: &Event) {
    match (event, &case.command) {
        (Event::Sealed(sealed), Command::Seal(seal)) => assert_eq!(sealed, seal),
        (Event::Sent(sent), _) => {
            assert_eq!(Some(sent.tx_id), told(story, None));
            assert!(case.facts.contains("b0"));
        }
        (Event::Sequenced(sequenced), Command::Sequence(sequence)) => {
            assert_eq!(Some(sequenced.tx_id), told(story, sequence.tx_id));
            assert_eq!(sequenced.batch, sequence.batch);
            assert_eq!(sequenced.position, sequence.position);
            assert_eq!(sequenced.signer, sequence.signer);
        }
        (Event::Rejected(rejected), Command::Reject(reject)) => assert_eq!(rejected, reject),
        (Event::Cancelled(cancelled), command) => {
            assert_eq!(cancelled.gap_fill.is_some(), case.facts.contains("gf"), "{case:#?}");
            if let Command::Release(_) = command {
                assert_eq!(cancelled.code.as_str(), "ParentMismatch");
            }
        }
        (_, _) => {}
    }
}

fn noted_once(story: &Story, command: &Command, noted: &Event, refusal: Refusal) {
    let state = evolve(story.state.clone(), noted).unwrap();
    assert_eq!(without_notes(&state), without_notes(&story.state), "a note changes nothing else");
    assert_eq!(state.noted().len(), story.state.noted().len() + 1);
    assert_eq!(answer(&decide(&state, command)), Answer::Refuse(refusal), "noted once");
    assert!(evolve(state, noted).is_err(), "noted twice");
}

fn without_notes(state: &State) -> State {
    let mut state = state.clone();
    match &mut state {
        State::Absent => {}
        State::Imported(evidence) => evidence.noted.clear(),
        State::Known(facts) => facts.noted.clear(),
    }
    state
}

/// Where a message stands, as finely as an event's right to follow depends on it.
///
/// A note changes nothing, so it is judged by the situation alone.
type Place = (Situation, Option<&'static str>, &'static str);

fn place(situation: Situation, facts: &Facts, kind: EventKind) -> Place {
    if kind == EventKind::Noted {
        return (situation, None, "any");
    }
    let origin = ["L", "R"].into_iter().find(|origin| facts.contains(origin));
    let pinning = ["U", "B", "PP"].into_iter().find(|pinning| facts.contains(pinning)).unwrap();
    (situation, origin.filter(|_| situation != Situation::Absent), pinning)
}

/// A place, an event that follows there, and what is noted if it is a note.
type Step = (Place, EventKind, Option<Refusal>);

/// Every step that some line of the grid takes, from where it takes it.
fn derivable(stories: &[Story]) -> BTreeSet<Step> {
    let (grid, mut steps) = (Grid::read(), BTreeSet::new());
    for story in stories {
        for mut case in cases::all(story) {
            let number = grid.find(case.command.kind(), story.situation, &case.facts);
            let (kinds, noted) = match &grid.0[number].answer {
                Answer::Append(kinds) => (kinds.clone(), None),
                Answer::Note(refusal) => (vec![EventKind::Noted], Some(*refusal)),
                Answer::Same | Answer::Refuse(_) => continue,
            };
            let mut situation = story.situation;
            for kind in kinds {
                steps.insert((place(situation, &case.facts, kind), kind, noted));
                situation = after(situation, kind);
                case.facts.extend(match kind {
                    EventKind::Staged => Some("L"),
                    EventKind::Received => Some("R"),
                    _ => None,
                });
            }
        }
    }
    steps
}

#[test]
fn no_event_is_accepted_that_the_grid_does_not_lead_to() {
    let stories = story::all();
    let steps = derivable(&stories);
    let events: BTreeMap<_, _> = stories
        .iter()
        .flat_map(|story| story.events.iter().cloned().chain(noted(story)))
        .map(|event| (format!("{event:?}"), event))
        .collect();
    let (mut accepted, mut refused) = (BTreeSet::new(), 0_u32);
    for story in &stories {
        let facts = cases::facts(story);
        for event in events.values() {
            if evolve(story.state.clone(), event).is_err() {
                refused += 1;
                continue;
            }
            let noted = if let Event::Noted(noted) = event { Some(noted.kind) } else { None };
            let kind = event.kind();
            let step = (place(story.situation, &facts, kind), kind, noted);
            assert!(steps.contains(&step), "{event:?} is accepted in {story:#?}");
            accepted.insert(step);
        }
    }
    let missed: Vec<_> = steps.difference(&accepted).collect();
    assert!(missed.is_empty(), "steps that no event of the stories takes: {missed:#?}");
    println!("{} kinds of step, {refused} events refused", steps.len());
}

/// Every note that is made in a story.
fn noted(story: &Story) -> Vec<Event> {
    let decisions = cases::all(story).into_iter().map(|case| decide(&story.state, &case.command));
    decisions
        .filter_map(|decision| match decision {
            Decision::Refused(refused) => refused.noted.map(Event::Noted),
            Decision::Step(_) | Decision::Same => None,
        })
        .collect()
}
