//! Random lives: commands over few batches, hashes and pins, answered one after the other.

use lampyris_message::event::Event;
use lampyris_message::lifecycle::{Command, CommandKind, Decision, State, decide, evolve};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::cases;
use crate::cast::{PINNINGS, Waits};
use crate::story::Story;

/// What happened to one message.
#[derive(Debug, Clone)]
pub(crate) struct Life {
    /// Each command, what was answered, and the state after it.
    pub steps: Vec<Step>,
    pub events: Vec<Event>,
    pub state: State,
}

#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub command: Command,
    pub decision: Decision,
    pub after: State,
}

impl Life {
    /// Gives the commands in turn and appends what is answered, notes included.
    pub(crate) fn lead(commands: Vec<Command>) -> Self {
        let mut life = Self { steps: Vec::new(), events: Vec::new(), state: State::Absent };
        for command in commands {
            let decision = decide(&life.state, &command);
            for event in appended(&decision) {
                life.state = evolve(life.state, &event).expect("what is decided is legal");
                life.events.push(event);
            }
            life.steps.push(Step { command, decision, after: life.state.clone() });
        }
        life
    }
}

/// The events that an answer appends.
pub(crate) fn appended(decision: &Decision) -> Vec<Event> {
    match decision {
        Decision::Step(events) => events.clone(),
        Decision::Same => Vec::new(),
        Decision::Refused(refused) => refused.noted.iter().cloned().map(Event::Noted).collect(),
    }
}

/// The ordinary ways of a message, of ours and of others.
const ROADS: [&[CommandKind]; 3] = {
    use CommandKind::{Confirm, Dispatched, Receive, Reject, Release, Seal, Sequence, Stage};
    [
        &[Stage, Release, Seal, Dispatched, Sequence, Confirm],
        &[Stage, Release, Seal, Dispatched, Sequence, Reject],
        &[Receive, Sequence, Confirm],
    ]
};

/// A life of up to sixty commands: most go down a road, some are out of place or out of line.
pub(crate) fn life() -> impl Strategy<Value = Life> {
    let message = (0..PINNINGS.len(), 1..4_usize, 0..Waits::ALL.len());
    (message, 0..ROADS.len()).prop_flat_map(|((pinning, topics, waits), road)| {
        let menu = menu(&Story::absent(PINNINGS[pinning], topics), Waits::ALL[waits]);
        let astray = prop_oneof![2 => Just(None), 1 => any::<Index>().prop_map(Some)];
        let unusual = prop_oneof![3 => Just(None), 1 => any::<Index>().prop_map(Some)];
        prop::collection::vec((astray, unusual), 1..60).prop_map(move |picks| {
            let mut road = ROADS[road].iter();
            let mut command = |astray: Option<Index>, unusual: Option<Index>| {
                let kind = match astray {
                    None => *road.next()?,
                    Some(index) => *index.get(CommandKind::ALL),
                };
                let same_kind = menu.iter().find(|list| list[0].kind() == kind).unwrap();
                Some(unusual.map_or(&same_kind[0], |index| index.get(same_kind)).clone())
            };
            let commands =
                picks.into_iter().filter_map(|(astray, unusual)| command(astray, unusual));
            Life::lead(commands.collect())
        })
    })
}

/// All commands for a message, by kind, the most ordinary of each kind first.
fn menu(absent: &Story, waits: Waits) -> Vec<Vec<Command>> {
    let sealed = absent.staged(waits, false).readied().sealed();
    let mut menu: Vec<Vec<Command>> = Vec::new();
    for command in cases::all(absent).into_iter().chain(cases::all(&sealed)) {
        let command = command.command;
        match menu.iter_mut().find(|list| list[0].kind() == command.kind()) {
            Some(list) if list.contains(&command) => {}
            Some(list) => list.push(command),
            None => menu.push(vec![command]),
        }
    }
    menu
}
