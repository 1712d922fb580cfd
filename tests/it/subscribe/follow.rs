//! `subscribe --follow` beside a process that writes: all events, in order, and an end when it is asked to.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use serde_json::Value;

use super::sequences;
use crate::apply::{life, stage, text};
use crate::dialogue::{Dialogue, PATIENCE};
use crate::program::{Program, SAMPLES};

/// A running `subscribe --follow` that moves the cursor `billing`.
struct Following(Child);

impl Following {
    fn begin(program: &Program) -> (Self, ChildStdout) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lampyris"))
            .args(["subscribe", "--follow", "--json", "--cursor", "billing", "--data"])
            .arg(program.data())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        (Self(child), stdout)
    }

    fn signal(&self, name: &str) {
        let pid = self.0.id().to_string();
        let sent = Command::new("sh").args(["-c", "kill -s $0 $1", name, &pid]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits until it has ended, and expects that it says all is well.
    fn ends_well(mut self) {
        assert_eq!(self.0.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let _ended_already = self.0.kill();
        let _status = self.0.wait();
    }
}

/// The lines that come, as JSON.
fn lines(stdout: ChildStdout) -> Receiver<Value> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let _nobody_waits = sender.send(serde_json::from_str(&line).unwrap());
        }
    });
    receiver
}

fn all(program: &Program) -> Vec<Value> {
    program.run(&["subscribe", "--json"]).exits(0).json()
}

fn position(program: &Program) -> u64 {
    let cursors = program.run(&["subscribe", "cursors", "--json"]).exits(0).json();
    cursors[0]["position"].as_u64().unwrap()
}

#[test]
fn who_follows_sees_exactly_what_apply_appends_and_goes_on_with_a_cursor() {
    let program = Program::new();
    program.run(&["import", SAMPLES]).exits(0);
    let (mut seen, mut number) = (Vec::new(), 0);
    for signal in ["INT", "TERM"] {
        let (following, stdout) = Following::begin(&program);
        let events = lines(stdout);
        let mut dialogue = Dialogue::with(&program);
        for _ in 0..4 {
            // What was answered is shown while `apply` still waits for lines.
            for request in (0..3).flat_map(|_| {
                number += 1;
                life(number)
            }) {
                assert_eq!(dialogue.ask(&request)["ok"], true);
            }
            let expected = all(&program);
            while seen.len() < expected.len() {
                seen.push(events.recv_timeout(PATIENCE).expect("each event is shown by itself"));
            }
            assert_eq!(seen, expected);
        }
        following.signal(signal);
        following.ends_well();
        // It has ended, so there is nothing to wait for.
        assert_eq!(events.iter().count(), 0, "nothing is shown twice");
        assert_eq!(position(&program), sequences(&seen).last().unwrap() + 1);
        drop(dialogue);
        program.run_with_input(&["apply", "-"], &text(&[stage(1_000 + number)])).exits(0);
    }
    assert_eq!(seen.len(), 4 + 24 * 6 + 2);
}

#[test]
fn a_reader_that_goes_away_ends_it_and_gets_again_what_it_did_not_take() {
    let program = Program::new();
    program.run(&["import", SAMPLES]).exits(0);
    let (following, stdout) = Following::begin(&program);
    let mut taken = BufReader::new(stdout).lines();
    for sequence in 1..=4 {
        let line: Value = serde_json::from_str(&taken.next().unwrap().unwrap()).unwrap();
        assert_eq!(line["sequence"], sequence);
    }
    drop(taken);
    program.run_with_input(&["apply", "-"], &text(&[stage(1)])).exits(0);
    following.ends_well();
    let again = program.run(&["subscribe", "--json", "--cursor", "billing"]).exits(0).json();
    assert_eq!(again.last(), all(&program).last());
}

#[test]
fn a_reader_that_reads_nothing_does_not_hold_up_the_end() {
    let program = Program::new();
    let requests: Vec<Value> = (1..=1_000).map(stage).collect();
    let requests = program.write("requests", &text(&requests));
    program.run(&["apply", requests.to_str().unwrap()]).exits(0);
    let (following, mut stdout) = Following::begin(&program);
    // Its first byte says that it listens for signals; then the pipe fills up.
    let mut out = vec![0];
    stdout.read_exact(&mut out).unwrap();
    following.signal("TERM");
    following.ends_well();
    stdout.read_to_end(&mut out).unwrap();
    let whole = out.split(|byte| *byte == b'\n').count() as u64 - 1;
    assert!((1..1_000).contains(&whole), "{whole} lines fit the pipe");
    assert!(position(&program) <= whole + 1, "the cursor is ahead of what the pipe took");
}
