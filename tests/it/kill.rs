//! `kill -9` while `apply` has 64 requests in flight: what was answered is there, once, and the log is whole.
//!
//! `LAMPYRIS_TEST_SCALE` multiplies the number of kills.

use lampyris::query::Query;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use lampyris::{Entry, Lampyris};
use serde_json::Value;

use crate::apply::{id, life, text};
use crate::dice::{Dice, samples};
use crate::program::Program;

/// Kills that CI runs.
const KILLS: usize = 20;
/// Kills in one directory.
const IN_ONE: usize = 10;
const IN_FLIGHT: u64 = 64;
/// Lives that are told side by side.
const ABREAST: u64 = 16;
/// Requests of one life.
const STEPS: u64 = 5;
/// More requests than one run answers.
const AHEAD: u64 = 2_000;
/// How long a missing answer is waited for until the test fails: no measure of anything.
const PATIENCE: Duration = Duration::from_mins(2);
const EVENTS: [&[&str]; 5] =
    [&["staged", "readied"], &["sealed"], &["sent"], &["sequenced"], &["confirmed"]];

/// What was answered, over all runs in one directory.
#[derive(Debug, Default)]
struct Answered {
    /// By the number of the request; the sequence of its last event, where it brought one about.
    requests: BTreeMap<u64, Option<u64>>,
}

/// Which message the request of this number is about, and which step of its life it is.
fn place(request: u64) -> (u64, usize) {
    let (block, within) = (request / (ABREAST * STEPS), request % (ABREAST * STEPS));
    (block * ABREAST + within % ABREAST, usize::try_from(within / ABREAST).unwrap())
}

fn line(request: u64) -> Value {
    let (message, step) = place(request);
    life(message)[step].clone()
}

impl Answered {
    /// Where the next run begins: all that may be kept and was not answered is asked for again.
    fn goes_on(&self) -> u64 {
        self.requests.keys().next_back().map_or(0, |last| last.saturating_sub(IN_FLIGHT))
    }

    /// Takes in an answer to a run that began with this request.
    #[track_caller]
    fn hear(&mut self, first: u64, answer: &Value) {
        let request = first + answer["line"].as_u64().unwrap() - 1;
        let (message, step) = place(request);
        assert_eq!((&answer["ok"], answer["id"].as_str()), (&true.into(), Some(&*id(message))));
        let sequence = answer["sequence"].as_u64();
        if sequence.is_some() {
            assert_eq!(answer["events"], serde_json::json!(EVENTS[step]), "{answer}");
            let before = self.requests.get(&request);
            assert_eq!(before, None, "it was answered before, and brings it about again: {answer}");
        }
        self.requests.entry(request).or_insert(sequence);
    }

    /// Holds a data directory against all answers.
    #[track_caller]
    fn check(&self, data: &Path) {
        let engine = Lampyris::builder().existing().open(data).unwrap();
        let mut histories = BTreeMap::new();
        for view in engine.query(&Query::in_log_order()).unwrap().messages {
            let id = view.message().header.id.unwrap();
            let history = engine.history(id).unwrap();
            let told = |entry: &Entry| (entry.event.kind().name(), entry.sequence);
            let history: Vec<_> = history.iter().map(told).collect();
            let whole = EVENTS.concat();
            let kinds: Vec<_> = history.iter().map(|(kind, _)| *kind).collect();
            assert!(whole.starts_with(&kinds) && kinds.len() > 1, "{kinds:?}");
            histories.insert(id.to_string(), history);
        }
        for (request, sequence) in &self.requests {
            let (message, step) = place(*request);
            let history = histories.get(&id(message)).map(Vec::as_slice).unwrap_or_default();
            let last = EVENTS[step].last().unwrap();
            let place = history.iter().find(|(kind, _)| kind == last).map(|(_, at)| *at);
            assert!(place.is_some(), "request {request} is lost: {history:?}");
            assert!(sequence.is_none() || *sequence == place, "request {request}: {history:?}");
        }
    }
}

/// Starts `apply`, and kills it after some answers, or after some time if that is 0.
fn run_and_kill(program: &Program, answered: &mut Answered, dice: &mut Dice) {
    let first = answered.goes_on();
    let lines: Vec<_> = (first..first + AHEAD).map(line).collect();
    let wanted = if dice.below(5) == 0 { 0 } else { dice.below(800) };
    apply_and_kill(program, IN_FLIGHT, text(&lines), wanted, dice, |answer| {
        answered.hear(first, answer);
    });
}

/// Starts `apply` with these lines, more than it will answer, and kills it after so many answers, or after some time
/// if that is 0; all answers that it gave are handed on.
pub(crate) fn apply_and_kill(
    program: &Program,
    in_flight: u64,
    lines: String,
    wanted: u64,
    dice: &mut Dice,
    mut hear: impl FnMut(&Value),
) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lampyris"))
        .args(["apply", "-", "--in-flight", &in_flight.to_string(), "--data"])
        .arg(program.data())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (mut stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    // It ends when nobody reads any more. The pipe stays open until then: no end of input comes.
    let asking = thread::spawn(move || drop(stdin.write_all(lines.as_bytes())));
    let (sender, answers) = channel();
    thread::spawn(move || {
        let (mut out, mut line) = (BufReader::new(stdout), String::new());
        // An answer that was cut short was not given.
        while out.read_line(&mut line).is_ok_and(|length| length > 0) && line.ends_with('\n') {
            let answer: Value = serde_json::from_str(&std::mem::take(&mut line)).unwrap();
            if sender.send(answer).is_err() {
                return;
            }
        }
    });
    for _ in 0..wanted {
        hear(&answers.recv_timeout(PATIENCE).expect("an answer comes"));
    }
    if wanted == 0 {
        // In the midst of creating, opening, or the first appends.
        let time = Duration::from_micros(dice.below(60_000));
        match answers.recv_timeout(time) {
            Ok(answer) => hear(&answer),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => panic!("it ended by itself"),
        }
    }
    child.kill().unwrap();
    for answer in answers {
        hear(&answer);
    }
    child.wait().unwrap();
    asking.join().unwrap();
}

/// A copy of a folder of files and folders.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (entry, to) = (entry.as_ref().unwrap(), to.join(entry.as_ref().unwrap().file_name()));
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[test]
fn what_apply_answered_outlives_kill_9_once_and_verified() {
    let mut dice = Dice::of("apply");
    let (mut kills, mut answers, kills_wanted) = (0, 0, samples(KILLS));
    while kills < kills_wanted {
        let (program, mut answered) = (Program::new(), Answered::default());
        for kill in 0..IN_ONE {
            run_and_kill(&program, &mut answered, &mut dice);
            kills += 1;
            // Half of the runs find the log as the kill left it, the others as it was closed after the checks.
            let data = if kill % 2 == 0 { program.path("copy") } else { program.data() };
            if !program.data().exists() {
                continue;
            }
            if kill % 2 == 0 {
                copy(&program.data(), &data);
            }
            if !answered.requests.is_empty() {
                let replay = program.run_on(&data, &["replay"], "").exits(0);
                assert!(replay.out.contains("VERIFIED"), "{}", replay.out);
                answered.check(&data);
            }
            if kill % 2 == 0 {
                std::fs::remove_dir_all(&data).unwrap();
            }
        }
        answers += answered.requests.len();
    }
    println!("{kills} kills, {answers} requests answered: 0 lost, 0 doubled, VERIFIED each time");
    assert!(answers > kills * 20, "only {answers} were answered");
}
