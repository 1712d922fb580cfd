//! A program that writes a line to `apply` and waits for its answer before it writes the next.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::apply::{BATCH, TX, id, stage};
use crate::program::Program;

/// How long a missing answer is waited for until the test fails: no measure of anything.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// A running `apply -` and both ends of its pipes.
pub(crate) struct Dialogue {
    child: Child,
    requests: ChildStdin,
    answers: Receiver<Value>,
}

impl Dialogue {
    pub(crate) fn with(program: &Program) -> Self {
        Self::asking(program, &[])
    }

    fn asking(program: &Program, options: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lampyris"))
            .args(["apply", "-"])
            .args(options)
            .arg("--data")
            .arg(program.data())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (requests, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, answers) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _nobody_waits = sender.send(serde_json::from_str(&line).unwrap());
            }
        });
        Self { child, requests, answers }
    }

    fn say(&mut self, text: &str) {
        self.requests.write_all(text.as_bytes()).unwrap();
        self.requests.flush().unwrap();
    }

    /// Says a line and waits for its answer.
    pub(crate) fn ask(&mut self, line: &Value) -> Value {
        self.say(&format!("{line}\n"));
        self.answers.recv_timeout(PATIENCE).expect("each line is answered by itself")
    }
}

impl Drop for Dialogue {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _status = self.child.wait();
    }
}

#[test]
fn a_checkpoint_is_signed_while_lines_still_come() {
    let program = Program::new();
    program.run(&["key"]).exits(0);
    let mut dialogue = Dialogue::asking(&program, &["--checkpoint-records", "4"]);
    let is_signed = || {
        let kept = std::fs::read(program.data().join("checkpoints")).unwrap_or_default();
        String::from_utf8_lossy(&kept).contains("\u{2014} lampyris.local/")
    };
    // However late its thread is, it comes while lines are answered.
    let signed = (1..20_000).find(|number| {
        dialogue.ask(&stage(*number));
        is_signed()
    });
    assert!(signed.is_some(), "nothing was signed before the end");
}

#[test]
fn each_line_is_answered_though_no_other_comes() {
    let program = Program::new();
    let mut dialogue = Dialogue::with(&program);
    for number in 1..=3 {
        let answer = dialogue.ask(&stage(number));
        assert_eq!((&answer["line"], &answer["ok"]), (&json!(number * 2 - 1), &json!(true)));
        let seal = json!({ "do": "seal", "id": id(number), "batch": BATCH, "txid": TX });
        assert_eq!(dialogue.ask(&seal)["events"], json!(["sealed"]));
    }
    let half = stage(4).to_string();
    let (begin, end) = half.split_at(20);
    dialogue.say(begin);
    assert_eq!(dialogue.ask(&json!(end))["ok"], json!(false), "one line, however it is written");
}

#[test]
fn what_was_answered_outlives_the_process() {
    let program = Program::new();
    let mut dialogue = Dialogue::with(&program);
    for number in 1..=3 {
        assert_eq!(dialogue.ask(&stage(number))["ok"], true);
    }
    drop(dialogue);
    for number in 1..=3 {
        let shown = program.run(&["get", &id(number), "--json"]).exits(0).json();
        assert_eq!(shown[0]["state"], "ready");
    }
}

#[test]
fn a_second_engine_on_the_same_log_is_refused() {
    let program = Program::new();
    let mut dialogue = Dialogue::with(&program);
    dialogue.ask(&stage(1));
    let said = program.run_with_input(&["apply", "-"], &stage(2).to_string()).exits(1);
    assert!(said.err.contains("locked"), "{}", said.err);
    assert_eq!(said.out, "");
    assert_eq!(dialogue.ask(&stage(3))["ok"], true);
}
