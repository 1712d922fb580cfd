//! The grid of `grid.txt`: what each command is to answer, by what is known of the scenario.

use std::collections::BTreeSet;
use std::fmt;

use lampyris_message::event::EventKind;
use lampyris_message::lifecycle::{CommandKind, Refusal, Situation};

/// What is known of a scenario because it was made that way.
pub(crate) type Facts = BTreeSet<&'static str>;

/// What a command is to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Append(Vec<EventKind>),
    Same,
    Refuse(Refusal),
    Note(Refusal),
}

/// One line of the grid.
#[derive(Debug)]
pub(crate) struct Line {
    pub command: CommandKind,
    pub situation: Situation,
    pub conditions: Vec<&'static str>,
    pub answer: Answer,
    pub text: &'static str,
}

/// All lines, in order.
#[derive(Debug)]
pub(crate) struct Grid(pub Vec<Line>);

impl Grid {
    pub(crate) fn read() -> Self {
        let lines = include_str!("grid.txt").lines();
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self(lines.map(Line::parse).collect())
    }

    /// The number of the first line that holds for this scenario.
    pub(crate) fn find(&self, command: CommandKind, situation: Situation, facts: &Facts) -> usize {
        let holds = |line: &Line| {
            (line.command, line.situation) == (command, situation)
                && line.conditions.iter().all(|condition| facts.contains(condition))
        };
        self.0.iter().position(holds).unwrap_or_else(|| {
            panic!("no line of the grid holds for {command} | {situation} | {facts:?}")
        })
    }
}

impl Line {
    fn parse(text: &'static str) -> Self {
        let parts: Vec<_> = text.split(" | ").collect();
        let [command, situation, conditions, answer] = parts[..] else {
            panic!("not four parts: {text}")
        };
        Self {
            command: CommandKind::from_name(command).expect(text),
            situation: Situation::from_name(situation).expect(text),
            conditions: conditions.split(' ').filter(|condition| *condition != "-").collect(),
            answer: Answer::parse(answer),
            text,
        }
    }
}

impl Answer {
    fn parse(text: &str) -> Self {
        let refusal = |name| Refusal::from_name(name).expect(text);
        if let Some(names) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let kinds = names.split(", ").map(|name| EventKind::from_name(name).expect(text));
            return Self::Append(kinds.collect());
        }
        match (text.strip_prefix('!'), text.strip_suffix("+n")) {
            (Some(_), Some(noted)) => Self::Note(refusal(&noted[1..])),
            (Some(refused), None) => Self::Refuse(refusal(refused)),
            (None, _) => {
                assert_eq!(text, "✓");
                Self::Same
            }
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Append(kinds) => {
                let names: Vec<_> = kinds.iter().map(|kind| kind.name()).collect();
                write!(f, "[{}]", names.join(", "))
            }
            Self::Same => f.write_str("✓"),
            Self::Refuse(refusal) => write!(f, "!{refusal}"),
            Self::Note(refusal) => write!(f, "!{refusal}+n"),
        }
    }
}

/// Where a message is after an event; the page says so in the list of events.
pub(crate) fn after(situation: Situation, event: EventKind) -> Situation {
    match event {
        EventKind::Staged => Situation::Staged,
        EventKind::Received => Situation::PendingNoPin,
        EventKind::Imported => Situation::Imported,
        EventKind::Readied => Situation::ReadyUnsealed,
        EventKind::Sealed => Situation::ReadySealed,
        EventKind::Sent => Situation::Sent,
        EventKind::Sequenced => Situation::PendingPinned,
        EventKind::Confirmed => Situation::Confirmed,
        EventKind::Rejected => Situation::Rejected,
        EventKind::Cancelled => Situation::Cancelled,
        EventKind::Noted => situation,
    }
}

#[test]
fn every_command_has_a_line_for_every_situation() {
    let grid = Grid::read();
    for command in CommandKind::ALL {
        for situation in Situation::ALL {
            let held = |line: &Line| (line.command, line.situation) == (*command, *situation);
            assert!(grid.0.iter().any(held), "no line for {command} | {situation}");
        }
    }
}
