//! The walk: for each line of the grid, some of the stories and commands that it holds for.

use std::collections::BTreeMap;
use std::sync::Arc;

use lampyris::{Lampyris, stream};
use lampyris_log::shard::MemoryShard;
use lampyris_message::MessageId;
use lampyris_message::event::EventKind;
use lampyris_message::lifecycle::{Command, CommandKind, Refusal, Situation};
use lampyris_testkit::wait;
use serde_json::{Value, json};

use crate::cases::{self, Case};
use crate::cast::ID;
use crate::evidence::{Chronicle, NAMESPACE};
use crate::grid::{Answer, Grid};
use crate::line;
use crate::story::{self, Story};

/// How many scenarios each line of the grid is shown with, for each way of being ordered.
const SCENARIOS: usize = 2;

const HOLDER: MessageId = MessageId::from_bytes([3; 16]);

/// What `LAMPYRIS_TEST_SCALE` says, or 1.
fn scale() -> usize {
    std::env::var("LAMPYRIS_TEST_SCALE").ok().and_then(|scale| scale.parse().ok()).unwrap_or(1)
}

#[test]
fn every_cell_answers_lines_of_json_as_the_grid_says_and_again_without_an_event() {
    let grid = Grid::read();
    let mut shown = BTreeMap::<(usize, u8), usize>::new();
    for story in story::all() {
        for case in cases::all(&story) {
            let command = case.command.kind();
            let number = grid.find(command, story.situation, &case.facts);
            let count = shown.entry((number, story.pinning() as u8)).or_default();
            if *count < SCENARIOS * scale()
                && let Some(line) = line::of(&case.command)
            {
                *count += 1;
                show(&story, &case, &line, &grid.0[number].answer);
            }
        }
    }
    let lines: Vec<_> = shown.iter().filter(|(_, count)| **count > 0).map(|(it, _)| it.0).collect();
    let missed = (0..grid.0.len()).filter(|number| !lines.contains(number));
    let missed: Vec<_> = missed.map(|number| grid.0[number].text).collect();
    assert!(missed.is_empty(), "lines never shown: {missed:#?}");
    let cells = lines.iter().map(|number| (grid.0[*number].command, grid.0[*number].situation));
    let cells: std::collections::BTreeSet<_> =
        cells.map(|(c, s)| (c as usize, s as usize)).collect();
    assert_eq!(cells.len(), CommandKind::ALL.len() * Situation::ALL.len());
    let scenarios: usize = shown.values().sum();
    println!("{scenarios} scenarios, {} lines of the grid, {} cells", grid.0.len(), cells.len());
}

/// Tells the story, says the line twice, and holds both answers against the grid.
fn show(story: &Story, case: &Case, line: &Value, expected: &Answer) {
    let shard = MemoryShard::new();
    let mut chronicle = Chronicle::new(&shard);
    chronicle.tell_evidence(&case.command);
    chronicle.tell(ID, &story.events);
    drop(chronicle);
    let engine = Lampyris::builder().namespace(NAMESPACE).open_on(Arc::new(shard)).unwrap();
    let said = format!("{line}\n{case:#?}\n{story:#?}");
    let other = holder(story, case, line);
    if let Some(other) = &other {
        assert_eq!(answer(&engine, other)["ok"], true, "{other}\n{said}");
    }
    let before = engine.position();
    assert_eq!(told(&answer(&engine, line)), shape(case.command.kind(), expected, false), "{said}");
    let after = engine.position();
    let appended = match expected {
        Answer::Append(events) => events.len(),
        Answer::Note(_) => 1,
        Answer::Same | Answer::Refuse(_) => 0,
    };
    assert_eq!(after, before + appended as u64, "{said}");
    let again = answer(&engine, line);
    assert_eq!(told(&again), shape(case.command.kind(), expected, true), "again: {said}");
    assert_eq!(engine.position(), after, "again: {said}");
    let held = other.is_some() && *expected == Answer::Same;
    assert_eq!(again["id"], json!(if held { HOLDER } else { ID }.to_string()), "{said}");
}

/// The line by which another message came to hold the key, where that matters.
fn holder(story: &Story, case: &Case, line: &Value) -> Option<Value> {
    let Command::Stage(stage) = &case.command else { return None };
    if stage.key_holder.is_none() || story.situation != Situation::Absent {
        return None;
    }
    let mut other = line.clone();
    other["message"]["header"]["id"] = json!(HOLDER.to_string());
    if case.facts.contains("key-other") {
        other["message"]["header"]["tag"] = json!("other");
    }
    other["message"].as_object_mut().unwrap().remove("hash");
    Some(other)
}

fn answer(engine: &Lampyris, line: &Value) -> Value {
    let request =
        stream::parse(line.to_string().as_bytes()).unwrap_or_else(|bad| panic!("{bad}: {line}"));
    let outcome = wait(engine.submit(request)).unwrap();
    serde_json::from_slice(&stream::answer(1, Ok(&outcome))).unwrap()
}

/// What an answer says of its kind, of events and of a refusal.
fn told(answer: &Value) -> (Value, Value, Value) {
    (answer["ok"].clone(), answer["events"].clone(), answer["refusal"].clone())
}

/// The same, as the grid has it; asked again, nothing is appended.
fn shape(command: CommandKind, expected: &Answer, again: bool) -> (Value, Value, Value) {
    match expected {
        Answer::Append(events) if !again => {
            let names: Vec<_> = events.iter().map(|kind| kind.name()).collect();
            (json!(true), json!(names), Value::Null)
        }
        // A parent that carries another message has cancelled this one: it is released no more.
        Answer::Append(events)
            if command == CommandKind::Release && events[..] == [EventKind::Cancelled] =>
        {
            (json!(false), Value::Null, json!(Refusal::AlreadyFinal.name()))
        }
        Answer::Append(_) | Answer::Same => (json!(true), json!([]), Value::Null),
        Answer::Note(refusal) if !again => (json!(false), json!(["noted"]), json!(refusal.name())),
        Answer::Note(refusal) | Answer::Refuse(refusal) => {
            (json!(false), Value::Null, json!(refusal.name()))
        }
    }
}
